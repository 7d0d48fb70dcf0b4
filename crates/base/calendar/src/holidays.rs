//! A calendar's days as bits.

use jiff::civil::Date;

use crate::HolidayOverrides;
use crate::day::{date_of_epoch_day, epoch_day, is_weekend};

/// The table covers 1970-01-01 (day 0) to 2150-12-31; other days are worked out when asked for.
const DAYS: i32 = 66_109;

/// Which days are bank holidays and which are business days: one bit a day, so that a schedule of hundreds of
/// instalments costs microseconds. Pure data; [`crate::Calendar`] holds one for each calendar.
#[derive(Debug, Clone)]
pub struct Holidays {
    rules: Option<fasti::Calendar<'static>>,
    bank_holidays: Box<[u64]>,
    closed: Box<[u64]>,
}

impl Holidays {
    /// The days of a calendar's rules (none: weekends only).
    pub(crate) fn from_rules(rules: Option<fasti::Calendar<'static>>) -> Self {
        Self::from_days(rules, |day| is_ruled(rules.as_ref(), day))
    }

    /// The same days, corrected. Corrections outside the years 1970 to 2150 have no effect.
    #[must_use]
    pub fn with(&self, overrides: &HolidayOverrides) -> Self {
        Self::from_days(self.rules, |day| {
            let Some(date) = date_of_epoch_day(day) else { return false };
            let ruled = bit(&self.bank_holidays, day);
            overrides.added.contains(&date) || (ruled && !overrides.removed.contains(&date))
        })
    }

    fn from_days(
        rules: Option<fasti::Calendar<'static>>,
        is_bank_holiday: impl Fn(i32) -> bool,
    ) -> Self {
        let words = (DAYS as usize).div_ceil(64);
        let mut bank_holidays = vec![0; words].into_boxed_slice();
        let mut closed = vec![0; words].into_boxed_slice();
        for day in 0..DAYS {
            let (word, mask) = (day as usize / 64, 1_u64 << (day % 64));
            if is_bank_holiday(day) {
                bank_holidays[word] |= mask;
            }
            if is_weekend(day) {
                closed[word] |= mask;
            }
            closed[word] |= bank_holidays[word] & mask;
        }
        Self { rules, bank_holidays, closed }
    }

    /// A bank holiday of the official list. Never a weekend day: when a holiday falls on one, the list names
    /// the weekday that stands in for it, if any.
    #[inline]
    pub fn is_bank_holiday(&self, date: Date) -> bool {
        let day = epoch_day(date);
        if in_table(day) {
            bit(&self.bank_holidays, day)
        } else {
            is_ruled(self.rules.as_ref(), day)
        }
    }

    /// Neither Saturday nor Sunday nor a bank holiday.
    #[inline]
    pub fn is_business_day(&self, date: Date) -> bool {
        self.is_open(epoch_day(date))
    }

    /// `date`, or the last business day before it.
    #[inline]
    pub fn on_or_before(&self, date: Date) -> Date {
        self.step_to_business_day(date, -1)
    }

    /// `date`, or the first business day after it.
    #[inline]
    pub fn on_or_after(&self, date: Date) -> Date {
        self.step_to_business_day(date, 1)
    }

    /// The first business day after `date`.
    pub fn after(&self, date: Date) -> Date {
        self.on_or_after(date.tomorrow().unwrap_or(date))
    }

    /// The business day `count` business days after `date` (before it when negative); `date` itself for 0.
    pub fn add_business_days(&self, date: Date, count: i32) -> Date {
        let start = epoch_day(date);
        let (mut day, mut left) = (start, count.unsigned_abs());
        while left > 0 {
            day += count.signum();
            if is_no_date(day) {
                return if count > 0 { Date::MAX } else { Date::MIN };
            }
            left -= u32::from(self.is_open(day));
        }
        date_of_epoch_day(day).unwrap_or(date)
    }

    /// How many bank holidays there are among the days (see [`crate::epoch_day`]) from `first` (inclusive) to
    /// `end` (exclusive).
    #[inline]
    pub fn count_bank_holidays(&self, first: i32, end: i32) -> u32 {
        let (table_first, table_end) = (first.clamp(0, DAYS), end.clamp(0, DAYS));
        let ones =
            words(&self.bank_holidays, table_first, table_end).map(|(_, word)| word.count_ones());
        let outside = |from: i32, to: i32| {
            (from..to).filter(|day| is_ruled(self.rules.as_ref(), *day)).count() as u32
        };
        ones.sum::<u32>() + outside(first, end.min(0)) + outside(first.max(DAYS), end)
    }

    /// The bank holidays from `from` (inclusive) to `to` (exclusive), ascending.
    pub fn bank_holidays(&self, from: Date, to: Date) -> impl Iterator<Item = Date> {
        let (first, end) = (epoch_day(from), epoch_day(to));
        let (table_first, table_end) = (first.clamp(0, DAYS), end.clamp(0, DAYS));
        let ruled = |day: &i32| is_ruled(self.rules.as_ref(), *day);
        let before = (first..end.min(0)).filter(ruled);
        let after = (first.max(DAYS)..end).filter(ruled);
        before
            .chain(set_bits(&self.bank_holidays, table_first, table_end))
            .chain(after)
            .filter_map(date_of_epoch_day)
    }

    /// Whether the day of this number (see [`crate::epoch_day`]) is a business day.
    #[inline]
    pub fn is_open(&self, day: i32) -> bool {
        if in_table(day) {
            !bit(&self.closed, day)
        } else {
            !is_weekend(day) && !is_ruled(self.rules.as_ref(), day)
        }
    }

    /// The day itself or the nearest business day after it (`step` 1) or before it (`step` -1), by number.
    #[inline]
    pub fn open_from(&self, mut day: i32, step: i32) -> i32 {
        while !self.is_open(day) {
            day += step;
        }
        day
    }

    #[inline]
    fn step_to_business_day(&self, date: Date, step: i32) -> Date {
        let day = epoch_day(date);
        if self.is_open(day) {
            return date;
        }
        // Beyond the first and the last date that there are nothing is left to move to.
        date_of_epoch_day(self.open_from(day, step)).unwrap_or(date)
    }
}

fn is_no_date(day: i32) -> bool {
    !(epoch_day(Date::MIN)..=epoch_day(Date::MAX)).contains(&day)
}

#[inline]
fn in_table(day: i32) -> bool {
    (0..DAYS).contains(&day)
}

#[inline]
fn bit(bits: &[u64], day: i32) -> bool {
    bits[day as usize / 64] >> (day % 64) & 1 == 1
}

/// The words that hold the days `first..end` of the table, with their first day, other days masked out.
#[inline]
fn words(bits: &[u64], first: i32, end: i32) -> impl Iterator<Item = (i32, u64)> {
    let last_word = if end > first { (end - 1) / 64 } else { first / 64 - 1 };
    (first / 64..=last_word).map(move |index| {
        let mut word = bits[index as usize];
        if index == first / 64 {
            word &= u64::MAX << (first % 64);
        }
        if index == end / 64 {
            word &= !(u64::MAX << (end % 64));
        }
        (index * 64, word)
    })
}

/// The set bits of the days `first..end` of the table, ascending.
fn set_bits(bits: &[u64], first: i32, end: i32) -> impl Iterator<Item = i32> {
    words(bits, first, end).flat_map(|(start, mut word)| {
        std::iter::from_fn(move || {
            let position = word.trailing_zeros();
            word &= word.wrapping_sub(1);
            (position < 64).then(|| start + position as i32)
        })
    })
}

/// A bank holiday by the rules, which reach from 1901 to 2199; outside there are only weekends. The rules also
/// name the natural date of a holiday that falls on a weekend, which the official lists do not.
fn is_ruled(rules: Option<&fasti::Calendar<'static>>, day: i32) -> bool {
    const RULES_BEGIN: i32 = -25_202;
    if is_weekend(day) {
        return false;
    }
    let serial = u32::try_from(i64::from(day) - i64::from(RULES_BEGIN)).ok();
    let date = serial.and_then(|serial| fasti::Date::from_serial(serial).ok());
    rules.zip(date).is_some_and(|(rules, date)| rules.is_holiday(date))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::Calendar;

    #[test]
    fn the_table_spans_the_years_it_says() {
        assert_eq!(date_of_epoch_day(DAYS), Some(date(2151, 1, 1)));
    }

    #[test]
    fn days_outside_the_table_follow_the_rules() {
        let holidays = Holidays::from_rules(Some(fasti::calendars::uk::SETTLEMENT));
        assert!(holidays.is_bank_holiday(date(1969, 12, 25)));
        assert!(holidays.is_bank_holiday(date(2198, 12, 25)));
        assert!(!holidays.is_business_day(date(2198, 12, 25)));
        assert!(!holidays.is_bank_holiday(date(2259, 12, 26)), "beyond the rules: weekends only");
        assert_eq!(holidays.on_or_before(Date::MIN), Date::MIN);
        assert_eq!(holidays.add_business_days(Date::MAX, 5), Date::MAX);
        assert_eq!(holidays.add_business_days(Date::MIN, -5), Date::MIN);
    }

    #[test]
    fn holidays_between_are_those_asked_one_by_one() {
        let holidays = Calendar::GbEng.holidays();
        let spans = [
            (date(2022, 1, 1), date(2023, 12, 31)),
            (date(2022, 9, 19), date(2022, 9, 19)),
            (date(2022, 9, 19), date(2022, 9, 20)),
            (date(2022, 9, 20), date(2022, 9, 19)),
            (date(1969, 1, 1), date(1971, 6, 1)),
            (date(2149, 5, 1), date(2152, 2, 1)),
        ];
        for (from, to) in spans {
            let mut expected = Vec::new();
            let mut day = from;
            while day < to {
                expected.extend(holidays.is_bank_holiday(day).then_some(day));
                day = day.tomorrow().unwrap();
            }
            assert_eq!(
                holidays.bank_holidays(from, to).collect::<Vec<_>>(),
                expected,
                "{from} {to}"
            );
        }
    }

    #[test]
    fn overrides_add_and_remove() {
        let overrides = HolidayOverrides::parse("+2035-06-04\n-2035-05-28").unwrap();
        let moved = Calendar::GbEng.holidays().with(&overrides);
        assert!(moved.is_business_day(date(2035, 5, 28)));
        assert!(!moved.is_business_day(date(2035, 6, 4)));
        assert!(Calendar::GbEng.is_business_day(date(2035, 6, 4)));
        assert_eq!(moved.on_or_after(date(2035, 6, 2)), date(2035, 6, 5));
    }
}
