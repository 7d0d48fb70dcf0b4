//! The calendars against the lists that their owners publish.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use florin_calendar::Calendar;
use jiff::civil::{Date, date};

/// Every day of every listed year is a bank holiday exactly when the list says so.
fn check(calendar: Calendar, list: &str) {
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (year, days) = line.split_once(' ').unwrap();
        let listed: Vec<Date> =
            days.split(' ').map(|day| format!("{year}-{day}").parse().unwrap()).collect();
        let year: i16 = year.parse().unwrap();
        let found: Vec<Date> =
            calendar.holidays().bank_holidays(date(year, 1, 1), date(year + 1, 1, 1)).collect();
        assert_eq!(found, listed, "{calendar} {year}");
        let mut day = date(year, 1, 1);
        while day.year() == year {
            let open = !listed.contains(&day) && !calendar.is_weekend(day);
            assert_eq!(calendar.is_business_day(day), open, "{calendar} {day}");
            assert_eq!(calendar.is_bank_holiday(day), listed.contains(&day), "{calendar} {day}");
            day = day.tomorrow().unwrap();
        }
    }
}

#[test]
fn england_and_wales() {
    check(Calendar::GbEng, include_str!("official/england_and_wales.txt"));
}

#[test]
fn federal_reserve() {
    check(Calendar::UsFed, include_str!("official/federal_reserve.txt"));
}

#[test]
fn weekends_only() {
    let mut day = date(2018, 1, 1);
    while day < date(2031, 1, 1) {
        assert!(!Calendar::WeekendsOnly.is_bank_holiday(day));
        assert_eq!(
            Calendar::WeekendsOnly.is_business_day(day),
            !Calendar::WeekendsOnly.is_weekend(day)
        );
        day = day.tomorrow().unwrap();
    }
}
