//! Level instalments that are solved over the actual dates.
//!
//! The formula of an annuity takes every month for a twelfth of a year; over real months the last instalment makes
//! up for the difference. Here the instalment is found by the schedule's own arithmetic, in whole minor units, so
//! that the last one comes as close to the others as it can.

use florin_money::{Rate, numerator, round_half_up};

use super::{ScheduleError, level_instalment};

/// Guesses by interpolation before the search falls back on halving. The gap is a straight line but for rounding
/// and for instalments that are smaller than their interest, so three or four nearly always do.
const MAX_GUESSES: u32 = 12;

/// The instalment of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// What every instalment comes to, in minor units.
    pub(super) each_minor: i64,
    /// How many of the first ones that repay principal are one minor unit more.
    pub(super) raised: u32,
}

/// The repayment of a principal, from its first instalment to its last; grace lies behind.
pub(super) struct Course<'a> {
    pub(super) principal_minor: i64,
    pub(super) rate: Rate,
    /// The interest of the first instalment, in minor units.
    pub(super) first_interest_minor: i64,
    /// The weights of the periods that end with the second and the later instalments.
    pub(super) weights: &'a [i64],
    /// The denominator of interest.
    pub(super) year: i128,
}

impl Course<'_> {
    /// The instalment that leaves the last one closest to the others, and no instalment before it the last.
    ///
    /// One amount for all when that brings the last to within as many minor units as there are instalments.
    /// Otherwise (long terms at high rates, where a minor unit more or less has grown to a large sum by the end) the
    /// first ones are one minor unit more, as many of them as bring the last closest. Of two that are equally close
    /// it is the lower.
    pub(super) fn level(&self) -> Result<Level, ScheduleError> {
        let count = self.weights.len() + 1;
        if count == 1 {
            // The only instalment pays whatever is owed.
            return Ok(Level { each_minor: 0, raised: 0 });
        }
        let most = self.principal_minor.checked_add(self.first_interest_minor);
        let most = most.and_then(|most| most.checked_add(1));
        let most = most.ok_or(ScheduleError::AmountOutOfRange)?;
        let spread_over = u32::try_from(count).map_err(|_| ScheduleError::InstalmentCount)?;
        let guess = level_instalment(self.principal_minor, self.rate, spread_over)?;
        let count = i64::from(spread_over);
        let floor = last_not_below_zero(0, most, guess, count, |each| self.gap(each, 0));
        let single = self.closer(floor, |each| (each, 0));
        if self.gap(single, 0).saturating_abs() <= count {
            return Ok(Level { each_minor: single, raised: 0 });
        }
        let others = count - 1;
        let raised =
            last_not_below_zero(0, others, others / 2, 1, |raised| self.gap(floor, raised));
        let raised = self.closer(raised, |raised| (floor, raised));
        let raised = u32::try_from(raised).map_err(|_| ScheduleError::InstalmentCount)?;
        Ok(Level { each_minor: floor, raised })
    }

    /// `low`, whose gap is not below 0, or the next, whose gap is: the one with the smaller gap, unless it repays
    /// the principal before the last instalment.
    fn closer(&self, low: i64, level: impl Fn(i64) -> (i64, i64)) -> i64 {
        let (each, raised) = level(low);
        let low_gap = self.gap(each, raised);
        let (each, raised) = level(low + 1);
        let high_last = self.last(each, raised);
        let is_closer = high_last.saturating_sub(each).saturating_neg() < low_gap;
        if high_last >= 0 && is_closer { low + 1 } else { low }
    }

    /// By how much the last instalment is above the others. It falls as either argument grows, or stays where an
    /// instalment is the interest alone.
    fn gap(&self, each_minor: i64, raised: i64) -> i64 {
        self.last(each_minor, raised).saturating_sub(each_minor)
    }

    /// What the last instalment comes to when the others are `each_minor`, and one more for the first `raised`;
    /// below 0 when they repay more than is owed. What does not fit is the least or the greatest number.
    fn last(&self, each_minor: i64, raised: i64) -> i64 {
        let (mut balance, mut interest) = (self.principal_minor, self.first_interest_minor);
        for (&weight, index) in self.weights.iter().zip(0_i64..) {
            let each = each_minor + i64::from(index < raised);
            let Some(left) = balance.checked_sub(each.saturating_sub(interest).max(0)) else {
                return i64::MIN;
            };
            balance = left;
            match round_half_up(numerator(balance, self.rate, weight), self.year) {
                Ok(rounded) => interest = rounded,
                Err(_) if balance < 0 => return i64::MIN,
                Err(_) => return i64::MAX,
            }
        }
        balance.saturating_add(interest)
    }
}

/// The greatest number from `low` on and below `high` at which `gap` is not below 0. `gap` never rises, and
/// goes from 0 or more at `low` to below 0 at `high`, by about `slope` or more at a time.
fn last_not_below_zero(
    mut low: i64,
    mut high: i64,
    guess: i64,
    slope: i64,
    gap: impl Fn(i64) -> i64,
) -> i64 {
    let (mut low_gap, mut high_gap) = (None, None);
    let (mut next, mut guesses) = (guess, 0);
    while high - low > 1 {
        next = next.clamp(low + 1, high - 1);
        let found = gap(next);
        // A gap beyond the range of numbers is no point of a line.
        let known = (found != i64::MAX && found != i64::MIN).then_some(found);
        if found >= 0 {
            (low, low_gap) = (next, known);
        } else {
            (high, high_gap) = (next, known);
        }
        guesses += 1;
        next = match (low_gap, high_gap) {
            (Some(above), Some(below)) if guesses < MAX_GUESSES => {
                low.saturating_add(crossing(above, below, high - low))
            }
            (Some(above), None) if guesses < MAX_GUESSES => low.saturating_add(above / slope + 1),
            (None, Some(below)) if guesses < MAX_GUESSES => {
                high.saturating_add(below / slope).saturating_sub(1)
            }
            _ => low + (high - low) / 2,
        };
    }
    low
}

/// How far along `width` a line from `above` (0 or more) to `below` (below 0) crosses 0, rounded down.
fn crossing(above: i64, below: i64, width: i64) -> i64 {
    let (above, below) = (i128::from(above), i128::from(below));
    i64::try_from(above * i128::from(width) / (above - below)).unwrap_or(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Months of a 1,200th of the year's rate.
    fn check(principal_minor: i64, rate: &str, weights: &[i64], each_minor: i64, raised: u32) {
        let rate = Rate::parse(rate).unwrap();
        let year = 100 * 1_000_000 * 12;
        let first = round_half_up(numerator(principal_minor, rate, weights[0]), year).unwrap();
        let course = Course {
            principal_minor,
            rate,
            first_interest_minor: first,
            weights: &weights[1..],
            year,
        };
        assert_eq!(course.level(), Ok(Level { each_minor, raised }), "{principal_minor} {rate}");
    }

    #[test]
    fn levels() {
        // Equal months: the formula's own instalment.
        check(1_200_000, "12", &[1; 6], 207_058, 0);
        check(1_000, "0", &[1; 3], 333, 0);
        check(1_001, "0", &[1; 2], 500, 0);
        // A first period of two months costs more, a missing one less.
        check(1_200_000, "12", &[2, 1, 1, 1, 1, 1], 209_108, 0);
        check(1_200_000, "12", &[0, 1, 1, 1, 1, 1], 205_008, 0);
        // The only instalment pays what is owed.
        check(1_200_000, "12", &[1], 0, 0);
        // Less than a minor unit an instalment comes with the last.
        check(4, "0", &[1; 6], 0, 0);
        check(5, "0", &[1; 6], 1, 0);
        check(11, "0", &[1; 7], 1, 0);
        // At 122 the interest of 2.5000 rounds to the whole instalment; a second one raised would repay all too soon.
        check(123, "24.590164", &[1; 84], 3, 1);
    }

    /// The best level by the definition, looked for among all there are.
    fn best_of_all(course: &Course<'_>) -> Level {
        let others = course.weights.len() as i64;
        let best = |levels: &mut dyn Iterator<Item = (i64, i64)>| {
            let possible = levels.filter(|&(each, raised)| course.last(each, raised) >= 0);
            let closest = possible.min_by_key(|&(each, raised)| course.gap(each, raised).abs());
            closest.unwrap()
        };
        let most = course.principal_minor + course.first_interest_minor + 1;
        let (single, _) = best(&mut (0..=most).map(|each| (each, 0)));
        if course.gap(single, 0).abs() <= others + 1 {
            return Level { each_minor: single, raised: 0 };
        }
        let (each_minor, raised) =
            best(&mut (0..=most).flat_map(|each| (0..others).map(move |raised| (each, raised))));
        Level { each_minor, raised: raised as u32 }
    }

    #[test]
    fn no_other_level_is_better() {
        let year = 100 * 1_000_000 * 12;
        let weights = [3, 0, 1, 2, 1, 1, 1, 1];
        for principal_minor in (1..120).chain([1_000, 1_001, 1_002]) {
            for rate in ["0", "12", "240", "1200"] {
                for count in 2..=weights.len() {
                    let rate = Rate::parse(rate).unwrap();
                    let interest = numerator(principal_minor, rate, 1);
                    let course = Course {
                        principal_minor,
                        rate,
                        first_interest_minor: round_half_up(interest, year).unwrap(),
                        weights: &weights[1..count],
                        year,
                    };
                    let found = course.level().unwrap();
                    let best = best_of_all(&course);
                    let gap =
                        |level: Level| course.gap(level.each_minor, i64::from(level.raised)).abs();
                    assert_eq!(gap(found), gap(best), "{principal_minor} {rate} {count}");
                    // Raising one that is the interest alone changes nothing.
                    let is_raised = found.raised + best.raised > 0;
                    assert!(found == best || is_raised, "{found:?} {best:?}");
                }
            }
        }
    }

    #[test]
    fn the_search_finds_the_last_before_the_sign_changes() {
        for zero in [0_i64, 1, 2, 499, 500, 998] {
            for guess in [-5, 0, 1, 500, 999, 5_000] {
                for steepness in [1, 7, 1_000_000] {
                    let line = |x: i64| (zero - x) * steepness;
                    assert_eq!(last_not_below_zero(0, 1_000, guess, 1, line), zero);
                    // Steps, and a cliff beyond the range of numbers.
                    let cliff = |x: i64| if x <= zero { (zero - x) / 3 } else { i64::MIN };
                    assert_eq!(last_not_below_zero(0, 1_000, guess, steepness, cliff), zero);
                    let wall = |x: i64| if x <= zero { i64::MAX } else { -1 };
                    assert_eq!(last_not_below_zero(0, 1_000, guess, steepness, wall), zero);
                }
            }
        }
    }
}
