//! Exact interest: an integer numerator over a fixed denominator, rounded only where money is posted.
//!
//! Interest in minor units = sum of [`numerator`] over the days / [`denominator`]. Numerators add; rounding
//! happens once, when the sum is turned into money with [`round_half_up`]. What is posted each day is the
//! rounded sum so far less what was posted before, so the postings of a period add up to the rounded interest
//! of the period.

use crate::{DayCount, MoneyError, Rate};

/// principal (minor units) x rate (millionths of a percent) x weight ([`DayCount::weight`]).
///
/// A product beyond `i128` is held at its greatest value, which [`round_half_up`] then refuses as out of
/// range; a principal, a rate and a period of dates that exist cannot reach it.
#[inline]
pub fn numerator(principal_minor: i64, rate: Rate, weight: i64) -> i128 {
    let yearly = i128::from(principal_minor) * i128::from(rate.micro_percent());
    yearly.saturating_mul(i128::from(weight))
}

/// What a numerator is divided by to give minor units: 100 % x 10^6 x the weight of a year.
pub const fn denominator(day_count: DayCount) -> i128 {
    100 * 1_000_000 * day_count.denominator() as i128
}

/// `numerator / denominator` to the nearest integer; a tie goes away from zero, so that
/// `round_half_up(-n, d) == -round_half_up(n, d)`. The one rounding rule of the house.
///
/// # Errors
/// [`MoneyError::OutOfRange`] when the result does not fit or `denominator` is not positive.
#[inline]
pub fn round_half_up(numerator: i128, denominator: i128) -> Result<i64, MoneyError> {
    if denominator <= 0 {
        return Err(MoneyError::OutOfRange);
    }
    // Nearly every division fits 64 bits, which the processor divides several times faster.
    if let (Ok(numerator), Ok(denominator)) = (i64::try_from(numerator), i64::try_from(denominator))
    {
        let (quotient, rest) = (numerator / denominator, (numerator % denominator).unsigned_abs());
        let up = rest >= denominator.unsigned_abs() - rest;
        return Ok(if up { quotient + numerator.signum() } else { quotient });
    }
    let (quotient, rest) = (numerator / denominator, (numerator % denominator).unsigned_abs());
    let up = rest >= denominator.unsigned_abs() - rest;
    let rounded = if up { quotient + numerator.signum() } else { quotient };
    i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounding_table() {
        let cases = [
            (0, 2, Ok(0)),
            (1, 2, Ok(1)),
            (-1, 2, Ok(-1)),
            (3, 2, Ok(2)),
            (5, 10, Ok(1)),
            (4, 10, Ok(0)),
            (-4, 10, Ok(0)),
            (-5, 10, Ok(-1)),
            (1, 3, Ok(0)),
            (2, 3, Ok(1)),
            (7, 1, Ok(7)),
            (i128::from(i64::MAX), 1, Ok(i64::MAX)),
            (i128::from(i64::MAX) * 2 + 1, 2, Err(MoneyError::OutOfRange)),
            (i128::MAX, 36_500_000_000, Err(MoneyError::OutOfRange)),
            (i128::MIN, 1, Err(MoneyError::OutOfRange)),
            (1, 0, Err(MoneyError::OutOfRange)),
            (1, -2, Err(MoneyError::OutOfRange)),
        ];
        for (numerator, denominator, expected) in cases {
            let rounded = round_half_up(numerator, denominator);
            assert_eq!(rounded, expected, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn a_month_of_the_golden_table() {
        let rate = Rate::parse("12").unwrap();
        let weight = DayCount::Actual365.weight(date(2023, 1, 1), date(2023, 2, 1));
        let accrued = numerator(1_200_000, rate, weight);
        assert_eq!(round_half_up(accrued, denominator(DayCount::Actual365)), Ok(12_230));
    }

    proptest! {
        #[test]
        fn rounding_is_symmetric_and_nearest(numerator in -(1_i128 << 90)..(1_i128 << 90), denominator in 1_i128..(1_i128 << 70)) {
            let Ok(rounded) = round_half_up(numerator, denominator) else { return Ok(()) };
            prop_assert_eq!(round_half_up(-numerator, denominator), Ok(-rounded));
            let off = (i128::from(rounded) * denominator - numerator).abs();
            prop_assert!(off * 2 <= denominator);
            prop_assert!(off * 2 != denominator || rounded.unsigned_abs() as i128 * denominator > numerator.abs());
        }

        #[test]
        fn daily_postings_add_up(principal in 0..100_000_000_000_i64, micro in 0..10_000_000_000_i64, start in 0..40_000_i32, days in 0..400_i32, which in 0..4_usize) {
            let (rate, day_count) = (Rate::from_micro_percent(micro)?, DayCount::ALL[which]);
            let divisor = denominator(day_count);
            let first = date(1970, 1, 1).checked_add(start.days())?;
            let (mut accrued, mut posted) = (0_i128, 0_i64);
            for day in first.series(1.day()).take(days as usize) {
                accrued += numerator(principal, rate, day_count.weight(day, day.tomorrow()?));
                let due = round_half_up(accrued, divisor)? - posted;
                prop_assert!(due >= 0);
                posted += due;
            }
            let whole = day_count.weight(first, first.checked_add(days.days())?);
            prop_assert_eq!(Ok(posted), round_half_up(numerator(principal, rate, whole), divisor));
        }
    }
}
