//! Schedules a second on one core, beside the bare arithmetic of their interest.

use std::hint::black_box;
use std::time::Duration;

use florin_calendar::{Calendar, monotonic};
use florin_lending::schedule::{HolidayRule, Method, RepaymentDay, Terms, schedule};
use florin_money::{DayCount, Rate, denominator, numerator, round_half_up};
use jiff::civil::date;

use super::{Figure, print, print_ratio};
use crate::failure::Failure;

const INSTALMENTS: u32 = 360;
/// How many are made between two looks at the clock.
const AT_A_TIME: u64 = 1_000;

pub fn run(time: Duration) -> Result<(), Failure> {
    let mut terms = Terms {
        principal_minor: 20_000_000,
        rate: Rate::parse("5.25")?,
        instalments: INSTALMENTS,
        method: Method::EqualInstalments,
        disbursed_on: date(2023, 4, 21),
        first_repayment_on: None,
        day_rule: RepaymentDay::DayOfMonth(24),
        holiday_rule: HolidayRule::BusinessDayBefore,
        calendar: Calendar::GbEng,
        day_count: DayCount::Actual365,
        interest_on_holidays: true,
        grace_instalments: 0,
        principal_grace: 0,
        fees_minor: 0,
    };
    let quotes = measure(time, |number| {
        // Every one a different loan, so that nothing can be carried over.
        terms.principal_minor = 20_000_000 + number;
        black_box(schedule(black_box(&terms))?);
        Ok(())
    })?;
    let with_apr = measure(time, |number| {
        terms.principal_minor = 20_000_000 + number;
        black_box(schedule(black_box(&terms))?.apr());
        Ok(())
    })?;
    let limit = measure(time, |number| arithmetic(&terms, number))?;
    print("schedules of 360 instalments, one core", "quotes", quotes);
    print("the same with the annual percentage rate", "quotes", with_apr);
    print("limit: their interest alone, no dates", "quotes", limit);
    print_ratio("the limit", quotes, limit);
    Ok(())
}

/// The exact interest of 360 periods and its rounding, nothing else.
fn arithmetic(terms: &Terms, number: i64) -> Result<(), Failure> {
    let year = denominator(terms.day_count);
    let mut balance = 20_000_000 + number;
    for period in 0..i64::from(INSTALMENTS) {
        let exact = numerator(black_box(balance), terms.rate, 28 + period % 4);
        balance -= round_half_up(exact, year)?.min(1_000);
    }
    black_box(balance);
    Ok(())
}

fn measure(
    time: Duration,
    mut one: impl FnMut(i64) -> Result<(), Failure>,
) -> Result<Figure, Failure> {
    let started = monotonic();
    let mut count = 0;
    while monotonic().saturating_duration_since(started) < time {
        for _ in 0..AT_A_TIME {
            one(i64::try_from(count).unwrap_or(0))?;
            count += 1;
        }
    }
    Ok(Figure::since(started, count))
}
