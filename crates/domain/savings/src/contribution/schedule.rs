//! When a contribution is paid. Pure.
//!
//! A recurring contribution has one payment a month or a year, or two a month, each with a place of its own ([`Slot`]): so a
//! payment that has been made is never made twice, however the days are changed afterwards. A day that a month lacks is
//! its last day. Money moves on business days of the Federal Reserve only: a payment whose day is none is made on the next
//! one, even if that is in another month. The payment day that a contribution shows is always one after today.

use florin_calendar::Calendar;
use jiff::civil::Date;

use florin_storage::words;

words! {
    /// How often a contribution is paid.
    pub enum Frequency {
        /// Once.
        Onetime = "onetime",
        /// On a day of every month.
        Monthly = "monthly",
        /// On two days of every month.
        Semimonthly = "semimonthly",
        /// On a day of a month of every year.
        Annually = "annually",
    }
}

const CALENDAR: Calendar = Calendar::UsFed;
/// Enough months to meet a yearly payment after one that has just been made.
const MONTHS_AHEAD: i32 = 26;

/// Which payment of a contribution: the month, and the first or second of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Months since January of the year 0.
    pub period: i32,
    /// 0 for the earlier one of the month, 1 for the later.
    pub index: u8,
}

impl Slot {
    /// Names the payment that the schedule makes among those of its contribution.
    pub(crate) fn key(self) -> String {
        format!("slot:{}.{}", self.period, self.index)
    }
}

/// A payment that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which one.
    pub slot: Slot,
    /// On which business day.
    pub on: Date,
}

/// What the days of a contribution follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How often.
    pub frequency: Frequency,
    /// 1 to 31; of recurring contributions.
    pub first_day: Option<i8>,
    /// 1 to 31, perhaps before `first_day`, never equal to it; of semimonthly contributions.
    pub second_day: Option<i8>,
    /// The day of a onetime contribution; of a recurring one, the day before which nothing is paid.
    pub starts_on: Option<Date>,
    /// 1 to 12: the month of a yearly contribution, once its first payment is known.
    pub month: Option<i8>,
}

impl Terms {
    /// The next payment after today, for a contribution that begins or has been changed; `paid` is the last one made.
    pub fn first_due(&self, paid: Option<Slot>, today: Date) -> Option<Due> {
        let from = self.starts_on.map_or(today, |start| start.max(today));
        if self.frequency == Frequency::Onetime {
            let on = CALENDAR.on_or_after(from.max(today.tomorrow().ok()?));
            return Some(Due { slot: Slot { period: period_of(from), index: 0 }, on });
        }
        // A day of the month before can have moved into the one in which it begins.
        self.first(period_of(from) - 1, |slot, nominal, on| {
            nominal >= today
                && on > today
                && self.has_begun(on)
                && paid.is_none_or(|paid| slot > paid)
        })
    }

    /// The payment after the one just made; what was due before today is passed over.
    pub fn next_due(&self, paid: Slot, today: Date) -> Option<Due> {
        if self.frequency == Frequency::Onetime {
            return None;
        }
        // A day of the last month can have moved into this one.
        let begin = paid.period.max(period_of(today) - 1);
        self.first(begin, |slot, _, on| slot > paid && on >= today && self.has_begun(on))
    }

    /// Whether money may move on a day: not before the one from which on it may.
    fn has_begun(&self, on: Date) -> bool {
        self.starts_on.is_none_or(|start| on >= start)
    }

    /// The first payment from the month `begin` on that is `wanted`.
    fn first(&self, begin: i32, wanted: impl Fn(Slot, Date, Date) -> bool) -> Option<Due> {
        for period in begin..=begin + MONTHS_AHEAD {
            let first_of_month = first_of(period)?;
            if self.month.is_some_and(|month| month != first_of_month.month())
                && self.frequency == Frequency::Annually
            {
                continue;
            }
            for (index, day) in self.days().enumerate() {
                let last = first_of_month.days_in_month();
                let nominal = first_of_month.with().day(day.min(last)).build().ok()?;
                let slot = Slot { period, index: u8::try_from(index).ok()? };
                let on = CALENDAR.on_or_after(nominal);
                if wanted(slot, nominal, on) {
                    return Some(Due { slot, on });
                }
            }
        }
        None
    }

    /// The days of a month, the earlier first.
    fn days(&self) -> impl Iterator<Item = i8> {
        let second = self.second_day.filter(|_| self.frequency == Frequency::Semimonthly);
        let mut days = [self.first_day, second];
        if let [Some(first), Some(second)] = days
            && second < first
        {
            days.swap(0, 1);
        }
        days.into_iter().flatten()
    }
}

/// Months since January of the year 0.
pub(crate) fn period_of(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The month of the year, 1 to 12, of a period.
pub(crate) fn month_of(period: i32) -> i8 {
    // Between 1 and 12.
    i8::try_from(period.rem_euclid(12) + 1).unwrap_or(1)
}

fn first_of(period: i32) -> Option<Date> {
    let year = i16::try_from(period.div_euclid(12)).ok()?;
    Date::new(year, month_of(period), 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn terms(frequency: Frequency, first: i8, second: Option<i8>) -> Terms {
        Terms {
            frequency,
            first_day: Some(first),
            second_day: second,
            starts_on: None,
            month: None,
        }
    }

    fn onetime(on: &str) -> Terms {
        let starts_on = Some(date(on));
        Terms { starts_on, first_day: None, ..terms(Frequency::Onetime, 1, None) }
    }

    #[test]
    fn the_first_payment() {
        use Frequency::{Annually, Monthly, Semimonthly};
        let check = |terms: Terms, today: &str, expected: &str| {
            let due = terms.first_due(None, date(today)).expect("a payment");
            assert_eq!(due.on, date(expected), "{terms:?} on {today}");
        };
        // The example of the document: the 14th, made at the end of September or in early October.
        check(terms(Monthly, 14, None), "2022-10-01", "2022-10-14");
        check(terms(Monthly, 14, None), "2022-10-13", "2022-10-14");
        // Today's own day has been run; so the next month.
        check(terms(Monthly, 14, None), "2022-10-14", "2022-11-14");
        check(terms(Monthly, 14, None), "2022-10-20", "2022-11-14");
        // A Saturday moves to Monday, and can still be met on the Saturday, but not on the Sunday.
        check(terms(Monthly, 15, None), "2022-10-14", "2022-10-17");
        check(terms(Monthly, 15, None), "2022-10-15", "2022-10-17");
        check(terms(Monthly, 15, None), "2022-10-16", "2022-11-15");
        // Columbus Day is the 10th; Thanksgiving the 24th.
        check(terms(Monthly, 10, None), "2022-10-01", "2022-10-11");
        check(terms(Monthly, 24, None), "2022-11-01", "2022-11-25");
        // A month that lacks the day; a last day that moves into the next month; New Year's Day.
        check(terms(Monthly, 31, None), "2023-02-01", "2023-02-28");
        check(terms(Monthly, 30, None), "2024-02-01", "2024-02-29");
        check(terms(Monthly, 31, None), "2022-12-30", "2023-01-03");
        check(terms(Monthly, 31, None), "2022-12-31", "2023-01-03");
        check(terms(Monthly, 30, None), "2022-04-29", "2022-05-02");
        // Twice a month, in either order.
        check(terms(Semimonthly, 1, Some(15)), "2026-11-21", "2026-12-01");
        check(terms(Semimonthly, 25, Some(5)), "2026-11-01", "2026-11-05");
        check(terms(Semimonthly, 25, Some(5)), "2026-11-05", "2026-11-25");
        check(terms(Semimonthly, 25, Some(5)), "2026-11-25", "2026-12-07");
        check(terms(Annually, 29, None), "2024-02-01", "2024-02-29");
        let of_march = Terms { month: Some(3), ..terms(Annually, 31, None) };
        check(of_march, "2026-11-21", "2027-03-31");
        let later = Terms { starts_on: Some(date("2027-02-10")), ..terms(Monthly, 9, None) };
        check(later, "2026-11-21", "2027-03-09");
        check(onetime("2022-10-15"), "2022-10-01", "2022-10-17");
        check(onetime("2022-10-14"), "2022-10-14", "2022-10-17");
        check(onetime("2026-12-25"), "2026-12-24", "2026-12-28");
    }

    #[test]
    fn a_change_after_the_day_has_passed_pays_no_month_twice() {
        use Frequency::{Annually, Monthly, Semimonthly};
        let check = |terms: Terms, paid: &str, index: u8, today: &str, expected: &str| {
            let paid = Slot { period: period_of(date(paid)), index };
            let due = terms.first_due(Some(paid), date(today)).expect("a payment");
            assert_eq!(due.on, date(expected), "{terms:?} on {today}");
        };
        check(terms(Monthly, 25, None), "2026-11-14", 0, "2026-11-20", "2026-12-28");
        check(terms(Monthly, 10, None), "2026-10-14", 0, "2026-11-20", "2026-12-10");
        check(terms(Monthly, 25, None), "2026-10-14", 0, "2026-11-20", "2026-11-25");
        check(terms(Semimonthly, 3, Some(25)), "2026-11-05", 0, "2026-11-20", "2026-11-25");
        check(terms(Semimonthly, 3, Some(27)), "2026-11-20", 1, "2026-11-20", "2026-12-03");
        check(terms(Monthly, 28, None), "2026-11-20", 1, "2026-11-20", "2026-12-28");
        let yearly = Terms { month: Some(11), ..terms(Annually, 25, None) };
        check(yearly, "2026-11-14", 0, "2026-11-20", "2027-11-26");
    }

    #[test]
    fn what_was_missed_is_passed_over() {
        let monthly = terms(Frequency::Monthly, 14, None);
        let paid = Slot { period: period_of(date("2026-05-14")), index: 0 };
        let due = monthly.next_due(paid, date("2026-11-20")).expect("a payment");
        assert_eq!((due.on, due.slot.period), (date("2026-12-14"), paid.period + 7));
        assert_eq!(onetime("2026-05-14").next_due(paid, date("2026-05-14")), None);
    }

    /// The payments within a number of years, as the day's run makes them.
    fn years_of(terms: &mut Terms, today: Date, years: i32) -> Vec<Due> {
        let mut due = terms.first_due(None, today).expect("a payment");
        if terms.frequency == Frequency::Annually {
            terms.month = Some(month_of(due.slot.period));
        }
        let until = due.slot.period + 12 * years;
        let mut dues = Vec::new();
        while due.slot.period < until {
            dues.push(due);
            due = terms.next_due(due.slot, due.on).expect("another payment");
        }
        dues
    }

    proptest! {
        #[test]
        fn ten_years_have_every_payment_once(
            days_on in 0..4_000i32, first in 1..=31i8, second in 1..=31i8, kind in 0..3usize,
        ) {
            let today = date("2022-01-01") + days_on.days();
            let frequency = Frequency::ALL[kind + 1];
            let second = (frequency == Frequency::Semimonthly && second != first).then_some(second);
            let mut terms = terms(frequency, first, second);
            let dues = years_of(&mut terms, today, 10);
            let a_year = match (frequency, second) {
                (Frequency::Annually, _) => 1,
                (_, Some(_)) => 24,
                _ => 12,
            };
            let is_second = dues[0].slot.index == 1;
            prop_assert_eq!(dues.len(), 10 * a_year - usize::from(is_second));
            for due in &dues {
                prop_assert!(CALENDAR.is_business_day(due.on) && due.on > today);
                let day = terms.days().nth(usize::from(due.slot.index)).expect("its day");
                let month = first_of(due.slot.period).expect("its month");
                let nominal = month.with().day(day.min(month.days_in_month())).build().unwrap();
                prop_assert_eq!(CALENDAR.on_or_after(nominal), due.on);
            }
            prop_assert!(dues.windows(2).all(|pair| pair[0].slot < pair[1].slot));
            prop_assert!(dues.windows(2).all(|pair| pair[0].on <= pair[1].on));
        }

        #[test]
        fn nothing_earlier_would_have_been_possible(
            days_on in 0..4_000i32, first in 1..=31i8, start in 0..100i32,
        ) {
            let today = date("2022-01-01") + days_on.days();
            let starts_on = Some(today + start.days());
            let terms = Terms { starts_on, ..terms(Frequency::Monthly, first, None) };
            let due = terms.first_due(None, today).expect("a payment");
            let mut day = today + start.days();
            while CALENDAR.on_or_after(day) < due.on {
                let is_its_day = day.day() == first.min(day.days_in_month());
                prop_assert!(!is_its_day || CALENDAR.on_or_after(day) <= today, "{}", day);
                day = day.tomorrow().unwrap();
            }
        }
    }
}
