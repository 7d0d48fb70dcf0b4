//! Dates as day numbers.

use jiff::ToSpan;
use jiff::civil::Date;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Days from 1970-01-01 to `date`, negative before it.
#[inline]
pub fn epoch_day(date: Date) -> i32 {
    const SECONDS_A_DAY: i64 = 86_400;
    // Dates span 20,000 years, a few million days.
    (date.duration_since(EPOCH).as_secs() / SECONDS_A_DAY) as i32
}

/// The date of a day number, or `None` outside the years -9999 to 9999.
pub fn date_of_epoch_day(epoch_day: i32) -> Option<Date> {
    EPOCH.checked_add(epoch_day.days()).ok()
}

/// Saturday or Sunday. 1970-01-01 was a Thursday.
#[inline]
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
            assert_eq!(date_of_epoch_day(number), Some(day));
            let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(is_weekend(number), weekend, "{day}");
            day = day.tomorrow().unwrap();
        }
        assert_eq!(epoch_day(Date::MAX) - epoch_day(Date::MIN), 7_304_483);
        assert_eq!(date_of_epoch_day(epoch_day(Date::MAX) + 1), None);
    }
}
