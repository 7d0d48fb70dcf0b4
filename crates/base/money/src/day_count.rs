//! Day counts: how much of a year lies between two dates.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::MoneyError;

const SECONDS_A_DAY: i64 = 86_400;

/// How the fraction of a year between two dates is counted. The default, actual/365, reproduces the repayment
/// tables of the lending document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DayCount {
    /// Days over 365, in leap years too (ISDA "actual/365 fixed").
    #[default]
    Actual365,
    /// Days over 360.
    Actual360,
    /// Every day is a 365th of a common year or a 366th of a leap year (ISDA "actual/actual").
    ActualActual,
    /// Months of 30 days, years of 360; the 31st counts as the 30th (ISDA "30E/360", Eurobond basis).
    Thirty360,
}

impl DayCount {
    /// Every day count, in the order of the documentation.
    pub const ALL: [Self; 4] =
        [Self::Actual365, Self::Actual360, Self::ActualActual, Self::Thirty360];

    /// Reads `actual/365`, `actual/360`, `actual/actual` or `30/360`.
    ///
    /// # Errors
    /// [`MoneyError::UnknownDayCount`].
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let found = Self::ALL.into_iter().find(|day_count| day_count.as_str() == text);
        found.ok_or(MoneyError::UnknownDayCount)
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Actual365 => "actual/365",
            Self::Actual360 => "actual/360",
            Self::ActualActual => "actual/actual",
            Self::Thirty360 => "30/360",
        }
    }

    /// The time from `from` to `to` in units of a year divided by [`DayCount::denominator`].
    ///
    /// Additive: the weights of the days of a period add up to the weight of the period, because each is the
    /// difference of a position that depends on one date only. Negative when `to` comes first.
    #[inline]
    pub fn weight(self, from: Date, to: Date) -> i64 {
        match self {
            Self::Actual365 | Self::Actual360 => to.duration_since(from).as_secs() / SECONDS_A_DAY,
            Self::ActualActual => actual_position(to) - actual_position(from),
            Self::Thirty360 => thirty_position(to) - thirty_position(from),
        }
    }

    /// The weight of a whole year.
    pub const fn denominator(self) -> i64 {
        match self {
            Self::Actual365 => 365,
            Self::Actual360 | Self::Thirty360 => 360,
            Self::ActualActual => 365 * 366,
        }
    }
}

/// Every year weighs 365 x 366: a day of a common year 366 of it, a day of a leap year 365.
#[inline]
fn actual_position(date: Date) -> i64 {
    let day_weight = if date.in_leap_year() { 365 } else { 366 };
    i64::from(date.year()) * DayCount::ActualActual.denominator()
        + (i64::from(date.day_of_year()) - 1) * day_weight
}

#[inline]
fn thirty_position(date: Date) -> i64 {
    i64::from(date.year()) * 360
        + (i64::from(date.month()) - 1) * 30
        + i64::from(date.day().min(30))
}

impl fmt::Display for DayCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DayCount {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

impl Serialize for DayCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DayCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn check(day_count: &str, from: Date, to: Date, expected: i64) {
        let day_count = DayCount::parse(day_count).unwrap();
        assert_eq!(day_count.weight(from, to), expected, "{day_count} {from} {to}");
    }

    #[test]
    fn weights() {
        check("actual/365", date(2023, 1, 1), date(2023, 2, 1), 31);
        check("actual/365", date(2024, 1, 1), date(2025, 1, 1), 366);
        check("actual/360", date(2024, 2, 28), date(2024, 3, 1), 2);
        check("actual/365", date(2023, 2, 1), date(2023, 1, 1), -31);
        check("actual/actual", date(2023, 1, 1), date(2023, 1, 2), 366);
        check("actual/actual", date(2024, 1, 1), date(2024, 1, 2), 365);
        check("actual/actual", date(2023, 12, 31), date(2024, 1, 2), 366 + 365);
        check("actual/actual", date(2020, 1, 1), date(2030, 1, 1), 10 * 365 * 366);
        check("30/360", date(2023, 1, 1), date(2023, 2, 1), 30);
        check("30/360", date(2023, 1, 30), date(2023, 1, 31), 0);
        check("30/360", date(2023, 1, 31), date(2023, 2, 28), 28);
        check("30/360", date(2023, 2, 28), date(2023, 3, 31), 32);
        check("30/360", date(2024, 1, 1), date(2025, 1, 1), 360);
    }

    #[test]
    fn names_round_trip() {
        for day_count in DayCount::ALL {
            assert_eq!(DayCount::parse(day_count.as_str()), Ok(day_count));
        }
        assert_eq!(DayCount::parse("actual"), Err(MoneyError::UnknownDayCount));
    }

    proptest! {
        #[test]
        fn days_add_up_to_the_period(start in 0..40_000_i32, days in 0..800_i32, which in 0..4_usize) {
            let day_count = DayCount::ALL[which];
            let first = date(1970, 1, 1).checked_add(start.days())?;
            let last = first.checked_add(days.days())?;
            let mut sum = 0;
            for day in first.series(1.day()).take(days as usize) {
                sum += day_count.weight(day, day.tomorrow()?);
            }
            prop_assert_eq!(sum, day_count.weight(first, last));
            prop_assert_eq!(-sum, day_count.weight(last, first));
        }
    }
}
