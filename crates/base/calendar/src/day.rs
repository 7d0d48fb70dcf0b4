//! Dates as day numbers.

use jiff::ToSpan;
use jiff::civil::Date;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Days from 1970-01-01 to `date`, negative before it.
///
/// Counts the days of a year that begins in March, so that the leap day is its last (the usual civil-date
/// arithmetic of the proleptic Gregorian calendar): a few nanoseconds, where a schedule needs hundreds.
pub fn epoch_day(date: Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day number, or `None` outside the years -9999 to 9999.
pub(crate) fn date_of(epoch_day: i32) -> Option<Date> {
    EPOCH.checked_add(epoch_day.days()).ok()
}

/// Saturday or Sunday. 1970-01-01 was a Thursday.
pub(crate) fn is_weekend(epoch_day: i32) -> bool {
    matches!((epoch_day + 4).rem_euclid(7), 0 | 6)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;

    #[test]
    fn day_numbers_agree_with_the_date_library() {
        let mut day = date(1899, 12, 25);
        for number in epoch_day(day)..epoch_day(date(2201, 1, 7)) {
            assert_eq!(epoch_day(day), number, "{day}");
            assert_eq!(date_of(number), Some(day));
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(is_weekend(number), weekend, "{day}");
            day = day.tomorrow().unwrap();
        }
        assert_eq!(epoch_day(Date::MAX) - epoch_day(Date::MIN), 7_304_483);
        assert_eq!(date_of(epoch_day(Date::MAX) + 1), None);
    }
}
