//! The calendars that Florin knows.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use jiff::civil::{Date, Weekday};

use crate::{HolidayOverrides, Holidays};

/// Whose bank holidays count.
///
/// Years 1970 to 2150 come from a table built at first use (from rules that are tested against the official
/// lists of England & Wales 2018-2028 and the Federal Reserve 2018-2030), the rules go on to 2199, and further
/// out only weekends are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Calendar {
    /// England & Wales, as published on gov.uk.
    GbEng,
    /// The Federal Reserve Banks' holiday schedule (K.8): a holiday on a Sunday moves to Monday, one on a
    /// Saturday does not move.
    UsFed,
    /// Saturdays and Sundays only.
    WeekendsOnly,
}

/// What can be wrong with a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The text names no calendar.
    #[error("unknown calendar: expected GB-ENG, US-FED or NONE")]
    Unknown,
    /// Overrides are installed once, before the calendar is first asked.
    #[error("the calendar is already in use")]
    AlreadyInUse,
}

impl Calendar {
    /// Every calendar, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::GbEng, Self::UsFed, Self::WeekendsOnly];

    /// Reads `GB-ENG`, `US-FED` or `NONE`.
    ///
    /// # Errors
    /// [`CalendarError::Unknown`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let found = Self::ALL.into_iter().find(|calendar| calendar.as_str() == text);
        found.ok_or(CalendarError::Unknown)
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GbEng => "GB-ENG",
            Self::UsFed => "US-FED",
            Self::WeekendsOnly => "NONE",
        }
    }

    /// Corrects this calendar for the whole process, at start, before anything has asked it.
    ///
    /// # Errors
    /// [`CalendarError::AlreadyInUse`] afterwards: two parts of a run must not see different calendars.
    pub fn install(self, overrides: &HolidayOverrides) -> Result<(), CalendarError> {
        let corrected = self.ruled().with(overrides);
        self.cell().set(corrected).map_err(|_| CalendarError::AlreadyInUse)
    }

    /// The calendar's days.
    pub fn holidays(self) -> &'static Holidays {
        self.cell().get_or_init(|| self.ruled())
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self, date: Date) -> bool {
        matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// See [`Holidays::is_bank_holiday`].
    pub fn is_bank_holiday(self, date: Date) -> bool {
        self.holidays().is_bank_holiday(date)
    }

    /// Neither a weekend day nor a bank holiday.
    pub fn is_business_day(self, date: Date) -> bool {
        self.holidays().is_business_day(date)
    }

    /// `date`, or the last business day before it.
    pub fn on_or_before(self, date: Date) -> Date {
        self.holidays().on_or_before(date)
    }

    /// `date`, or the first business day after it.
    pub fn on_or_after(self, date: Date) -> Date {
        self.holidays().on_or_after(date)
    }

    /// The first business day after `date`.
    pub fn after(self, date: Date) -> Date {
        self.holidays().after(date)
    }

    /// The business day `count` business days after `date` (before it when negative); `date` itself for 0.
    pub fn add_business_days(self, date: Date, count: i32) -> Date {
        self.holidays().add_business_days(date, count)
    }

    /// The first business day of the month that `date` is in.
    pub fn first_business_day_of_month(self, date: Date) -> Date {
        self.on_or_after(date.first_of_month())
    }

    /// The last business day of the month that `date` is in.
    pub fn last_business_day_of_month(self, date: Date) -> Date {
        self.on_or_before(date.last_of_month())
    }

    fn ruled(self) -> Holidays {
        Holidays::from_rules(match self {
            Self::GbEng => Some(fasti::calendars::uk::SETTLEMENT),
            Self::UsFed => Some(fasti::calendars::us::FEDERAL_RESERVE),
            Self::WeekendsOnly => None,
        })
    }

    fn cell(self) -> &'static OnceLock<Holidays> {
        static CELLS: [OnceLock<Holidays>; 3] = [const { OnceLock::new() }; 3];
        &CELLS[self as usize]
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Calendar {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_round_trip() {
        for calendar in Calendar::ALL {
            assert_eq!(Calendar::parse(calendar.as_str()), Ok(calendar));
        }
        assert_eq!(Calendar::parse("gb-eng"), Err(CalendarError::Unknown));
    }

    #[test]
    fn business_days_around_the_queens_funeral() {
        let calendar = Calendar::GbEng;
        assert_eq!(calendar.on_or_before(date(2022, 9, 19)), date(2022, 9, 16));
        assert_eq!(calendar.on_or_after(date(2022, 9, 17)), date(2022, 9, 20));
        assert_eq!(calendar.after(date(2022, 9, 16)), date(2022, 9, 20));
        assert_eq!(calendar.add_business_days(date(2022, 9, 16), 2), date(2022, 9, 21));
        assert_eq!(calendar.add_business_days(date(2022, 9, 21), -2), date(2022, 9, 16));
        assert_eq!(calendar.add_business_days(date(2022, 9, 18), 0), date(2022, 9, 18));
        assert_eq!(calendar.first_business_day_of_month(date(2022, 1, 20)), date(2022, 1, 4));
        assert_eq!(calendar.last_business_day_of_month(date(2022, 4, 1)), date(2022, 4, 29));
        assert_eq!(Calendar::WeekendsOnly.on_or_after(date(2022, 9, 17)), date(2022, 9, 19));
    }

    #[test]
    fn overrides_come_before_the_first_question_or_not_at_all() {
        let calendar = Calendar::WeekendsOnly;
        calendar.is_business_day(date(2022, 1, 3));
        assert_eq!(
            calendar.install(&HolidayOverrides::default()),
            Err(CalendarError::AlreadyInUse)
        );
    }

    proptest! {
        #[test]
        fn moved_days_are_the_nearest_business_days(start in -5_000..75_000_i32, which in 0..3_usize) {
            let calendar = Calendar::ALL[which];
            let Some(day) = crate::day::date_of_epoch_day(start) else { return Ok(()) };
            let (before, after) = (calendar.on_or_before(day), calendar.on_or_after(day));
            prop_assert!(before <= day && day <= after);
            prop_assert!(calendar.is_business_day(before) && calendar.is_business_day(after));
            let mut between = before.tomorrow()?;
            while between < after {
                prop_assert!(!calendar.is_business_day(between));
                between = between.tomorrow()?;
            }
            prop_assert_eq!(before == after, calendar.is_business_day(day));
        }
    }
}
