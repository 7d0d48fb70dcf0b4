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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

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
}
