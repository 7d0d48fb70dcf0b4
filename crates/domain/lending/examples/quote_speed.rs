//! How many schedules of 360 instalments one core makes a second, with and without the annual percentage rate.
//!
//! `cargo run --release -p florin-lending --example quote_speed`

use std::hint::black_box;

use florin_calendar::{Calendar, monotonic};
use florin_lending::schedule::{HolidayRule, Method, RepaymentDay, Terms, schedule};
use florin_money::{DayCount, Rate};
use jiff::civil::date;

const QUOTES: u32 = 50_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for method in [Method::EqualPrincipal, Method::EqualInstalments, Method::ExactInstalments] {
        for day_count in [DayCount::Actual365, DayCount::ActualActual] {
            for interest_on_holidays in [true, false] {
                let terms = Terms {
                    principal_minor: 25_000_000,
                    rate: Rate::parse("4.75")?,
                    instalments: 360,
                    method,
                    disbursed_on: date(2026, 11, 21),
                    first_repayment_on: None,
                    day_rule: RepaymentDay::DayOfMonth(28),
                    holiday_rule: HolidayRule::BusinessDayAfter,
                    calendar: Calendar::GbEng,
                    day_count,
                    interest_on_holidays,
                    grace_instalments: 0,
                    principal_grace: 0,
                    fees_minor: 0,
                };
                let mark = if interest_on_holidays { "" } else { ", no interest on holidays" };
                let plain = a_second(|| schedule(black_box(&terms)).is_ok());
                let with_apr =
                    a_second(|| schedule(black_box(&terms)).map(|made| made.apr()).is_ok());
                println!(
                    "{method:?}, {day_count}{mark}: {plain:.0} schedules/s, {with_apr:.0} with rate/s"
                );
            }
        }
    }
    Ok(())
}

fn a_second(mut quote: impl FnMut() -> bool) -> f64 {
    black_box(quote()); // builds the calendar's table
    let start = monotonic();
    (0..QUOTES).for_each(|_| _ = black_box(quote()));
    f64::from(QUOTES) / start.elapsed().as_secs_f64()
}
