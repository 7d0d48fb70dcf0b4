//! Exact daily accrual; pure.
//!
//! The interest of a period is `round(numerator / denominator)` with the numerator
//! `sum of principal x rate x day weight` (see [`florin_money`]). It is posted a day at a time as
//! `round(accrued up to today) - round(accrued up to yesterday)`, so that the daily postings add up to the
//! period's rounded interest to the cent. Between two changes of the loan nothing has to be stored for
//! that: the numerator at a change and the days since tell what is accrued.
//!
//! A period ends on a due date: the fraction of a cent that is left then is dropped.

use jiff::civil::Date;

use florin_calendar::Calendar;
use florin_money::{DayCount, MoneyError, Rate, denominator, numerator, round_half_up};

use crate::schedule::accrual_weight;

/// How interest is counted.
#[derive(Debug, Clone, Copy)]
pub struct AccrualTerms {
    /// A year, in percent.
    pub rate: Rate,
    /// How days are counted.
    pub day_count: DayCount,
    /// Where the bank holidays come from.
    pub calendar: Calendar,
    /// Whether a bank holiday bears interest.
    pub interest_on_holidays: bool,
}

/// What has accrued in the period so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accrued {
    /// The day up to which `base` counts.
    pub from: Date,
    /// The numerator on that day.
    pub base: i128,
}

impl AccrualTerms {
    /// The numerator on `date`, with `principal_minor` bearing interest since `accrued.from`.
    pub fn numerator_on(
        &self,
        accrued: Accrued,
        principal_minor: i64,
        date: Date,
    ) -> Result<i128, MoneyError> {
        if date <= accrued.from || principal_minor == 0 {
            return Ok(accrued.base);
        }
        let weight = accrual_weight(
            self.day_count,
            self.calendar,
            self.interest_on_holidays,
            accrued.from,
            date,
        );
        let grown = numerator(principal_minor, self.rate, weight);
        accrued.base.checked_add(grown).ok_or(MoneyError::OutOfRange)
    }

    /// The interest of a numerator, in minor units.
    pub fn rounded(&self, numerator: i128) -> Result<i64, MoneyError> {
        round_half_up(numerator, denominator(self.day_count))
    }

    /// What the day that ends on `date` adds, in minor units.
    pub fn interest_of_day(
        &self,
        accrued: Accrued,
        principal_minor: i64,
        date: Date,
    ) -> Result<i64, MoneyError> {
        let yesterday = date.yesterday().map_err(|_| MoneyError::OutOfRange)?;
        let before = self.rounded(self.numerator_on(accrued, principal_minor, yesterday)?)?;
        let now = self.rounded(self.numerator_on(accrued, principal_minor, date)?)?;
        now.checked_sub(before).ok_or(MoneyError::OutOfRange)
    }
}

/// What happened to a loan that its interest depends on.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Changes of the principal in minor units, on their business dates.
    pub principal: Vec<(Date, i64)>,
    /// The due dates on which a period ended.
    pub period_ends: Vec<Date>,
    /// Spells without interest: from (inclusive) to (exclusive; open when `None`).
    pub pauses: Vec<(Date, Option<Date>)>,
}

/// Replays a loan's history up to `until`: all the interest that it should have borne in minor units, and
/// what has accrued in the running period.
///
/// This is what a loan's state must equal at any time, and how days are recomputed when a repayment that
/// had lowered the balance turns out to have failed.
pub fn replay(
    terms: &AccrualTerms,
    history: &History,
    until: Date,
) -> Result<(i64, Accrued), MoneyError> {
    let mut days: Vec<Date> = history
        .principal
        .iter()
        .map(|(date, _)| *date)
        .chain(history.period_ends.iter().copied())
        .collect();
    days.extend(history.pauses.iter().flat_map(|(from, to)| [Some(*from), *to]).flatten());
    days.retain(|date| *date <= until);
    days.push(until);
    days.sort_unstable();
    days.dedup();
    let (mut principal, mut closed) = (0_i64, 0_i64);
    let mut accrued = Accrued { from: days[0], base: 0 };
    for day in days {
        let paused = history
            .pauses
            .iter()
            .any(|(from, to)| *from <= accrued.from && to.is_none_or(|to| to > accrued.from));
        let bearing = if paused { 0 } else { principal };
        accrued = Accrued { from: day, base: terms.numerator_on(accrued, bearing, day)? };
        if history.period_ends.contains(&day) {
            closed =
                closed.checked_add(terms.rounded(accrued.base)?).ok_or(MoneyError::OutOfRange)?;
            accrued.base = 0;
        }
        for (_, change) in history.principal.iter().filter(|(date, _)| *date == day) {
            principal = principal.checked_add(*change).ok_or(MoneyError::OutOfRange)?;
        }
    }
    let interest =
        closed.checked_add(terms.rounded(accrued.base)?).ok_or(MoneyError::OutOfRange)?;
    Ok((interest, accrued))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn terms(rate: &str) -> AccrualTerms {
        AccrualTerms {
            rate: Rate::parse(rate).expect("a rate"),
            day_count: DayCount::Actual365,
            calendar: Calendar::GbEng,
            interest_on_holidays: true,
        }
    }

    #[test]
    fn days_add_up_to_the_period() {
        // The first instalment of the equal principal example: 12,000.00 at 12 % for 31 days.
        let (terms, start) = (terms("12"), date(2023, 1, 1));
        let accrued = Accrued { from: start, base: 0 };
        let mut day = start;
        let mut posted = 0;
        for _ in 0..31 {
            day = day.tomorrow().expect("a date");
            posted += terms.interest_of_day(accrued, 1_200_000, day).expect("in range");
        }
        assert_eq!(posted, 12_230);
    }

    #[test]
    fn a_spell_without_interest_costs_nothing() {
        let terms = terms("36.5");
        let history = History {
            principal: vec![(date(2023, 1, 1), 100_000)],
            period_ends: vec![],
            pauses: vec![(date(2023, 1, 11), Some(date(2023, 1, 21)))],
        };
        let (interest, _) = replay(&terms, &history, date(2023, 1, 31)).expect("in range");
        assert_eq!(interest, 2_000, "30 days less 10 at 1.00 a day");
    }

    proptest! {
        #[test]
        fn day_by_day_equals_replay(
            changes in prop::collection::vec((0_i16..200, 1_i64..5_000_000), 1..8),
            ends in prop::collection::btree_set(1_i16..200, 0..6),
            rate in 0_i64..90_000_000,
        ) {
            let terms = AccrualTerms { rate: Rate::from_micro_percent(rate).expect("a rate"), ..terms("1") };
            let start = date(2023, 3, 1);
            let on = |days: i16| start.checked_add(jiff::Span::new().days(days)).expect("a date");
            let history = History {
                principal: changes.iter().map(|(day, amount)| (on(*day), *amount)).collect(),
                period_ends: ends.iter().map(|day| on(*day)).collect(),
                pauses: vec![],
            };
            let (mut accrued, mut principal, mut posted) = (Accrued { from: start, base: 0 }, 0_i64, 0_i64);
            for day in 0..=220_i16 {
                let today = on(day);
                if day > 0 {
                    posted += terms.interest_of_day(accrued, principal, today).expect("in range");
                }
                if ends.contains(&day) {
                    accrued = Accrued { from: today, base: 0 };
                }
                for (_, amount) in changes.iter().filter(|(at, _)| *at == day) {
                    accrued = Accrued { from: today, base: terms.numerator_on(accrued, principal, today).expect("in range") };
                    principal += amount;
                }
            }
            let (replayed, state) = replay(&terms, &history, on(220)).expect("in range");
            prop_assert_eq!(replayed, posted);
            prop_assert_eq!(state.base, terms.numerator_on(accrued, principal, on(220)).expect("in range"));
        }
    }
}
