//! Prints random terms with their schedules, one JSON object a line: what an independent implementation is
//! compared with.
//!
//! `cargo run -p florin-lending --example random_schedules -- COUNT SEED`; `tests/independent/schedule_check.py` runs
//! it.

use std::io::{BufWriter, Write};

use florin_calendar::Calendar;
use florin_lending::schedule::{
    HolidayRule, Method, RepaymentDay, Schedule, ScheduleError, Terms, schedule,
};
use florin_money::{DayCount, Rate};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut dice = Dice(seed);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for _ in 0..count {
        let terms = random_terms(&mut dice)?;
        let made = schedule(&terms);
        serde_json::to_writer(&mut out, &line(&terms, &made))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// A repeatable stream of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `sides - 1`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let index = self.roll(from.len() as u64);
        from[index as usize]
    }
}

/// Mostly usual terms, some at the edges, a few that are refused.
fn random_terms(dice: &mut Dice) -> Result<Terms, Box<dyn std::error::Error>> {
    let disbursed_on = date(2018, 1, 1).checked_add((dice.roll(4_700) as i32).days())?;
    let after = |days: u64| disbursed_on.checked_add((days as i32).days());
    let first_repayment_on = match dice.roll(4) {
        0 => Some(after(dice.roll(75))?),
        _ => None,
    };
    let largest = dice.pick(&[100, 100_000, 10_000_000, 10_000_000_000]);
    let greatest = dice.pick(&[1, 10_000_000, 60_000_000, 500_000_000, 10_000_000_000]);
    let step = dice.pick(&[1, 1_000, 250_000]);
    let longest = dice.pick(&[3, 12, 60, 420]);
    let (grace, principal_grace) = (dice.pick(&[0, 0, 0, 1, 2, 5]), dice.pick(&[0, 0, 0, 1, 2, 5]));
    // Now and then the grace leaves nothing to repay.
    let room = if dice.roll(8) == 0 { 0 } else { grace + principal_grace };
    Ok(Terms {
        principal_minor: dice.roll(largest + 1) as i64,
        rate: Rate::from_micro_percent((dice.roll(greatest) / step * step) as i64)?,
        instalments: 1 + dice.roll(longest) as u32 + room,
        method: dice.pick(&[
            Method::EqualPrincipal,
            Method::EqualInstalments,
            Method::ExactInstalments,
        ]),
        disbursed_on,
        first_repayment_on,
        day_rule: match dice.roll(36) {
            33 | 34 => RepaymentDay::FirstBusinessDay,
            35 => RepaymentDay::LastBusinessDay,
            day => RepaymentDay::DayOfMonth(day as u8),
        },
        holiday_rule: dice.pick(&[
            HolidayRule::OnDay,
            HolidayRule::BusinessDayBefore,
            HolidayRule::BusinessDayAfter,
        ]),
        calendar: dice.pick(&Calendar::ALL),
        day_count: dice.pick(&DayCount::ALL),
        interest_on_holidays: dice.roll(2) == 0,
        grace_instalments: grace,
        principal_grace,
        fees_minor: dice.pick(&[0, 0, 1, 12_345]),
    })
}

fn line(terms: &Terms, made: &Result<Schedule, ScheduleError>) -> Value {
    let (day_type, day) = match terms.day_rule {
        RepaymentDay::DayOfMonth(day) => ("day_of_month", Some(day)),
        RepaymentDay::LastBusinessDay => ("last_day_of_month", None),
        RepaymentDay::FirstBusinessDay => ("first_day_of_month", None),
    };
    let answer = match made {
        Ok(made) => {
            json!({"instalments": rows(made), "apr": made.apr().map(|apr| apr.to_string())})
        }
        Err(error) => json!({"fault": error.term()}),
    };
    json!({
        "terms": {
            "principal_minor": terms.principal_minor,
            "rate": terms.rate.to_string(),
            "instalments": terms.instalments,
            "method": match terms.method {
                Method::EqualPrincipal => "equal_principal_payments",
                Method::EqualInstalments => "equal_instalments",
                Method::ExactInstalments => "exact",
            },
            "disbursed_on": terms.disbursed_on.to_string(),
            "first_repayment_on": terms.first_repayment_on.map(|date| date.to_string()),
            "repayment_date_type": day_type,
            "repayment_date_period": day,
            "holiday_rule": match terms.holiday_rule {
                HolidayRule::OnDay => "on_day",
                HolidayRule::BusinessDayBefore => "last_business_day_before_the_day",
                HolidayRule::BusinessDayAfter => "first_business_day_after_the_day",
            },
            "calendar": terms.calendar.as_str(),
            "day_count": terms.day_count.as_str(),
            "interest_on_holidays": terms.interest_on_holidays,
            "grace_instalments": terms.grace_instalments,
            "principal_grace": terms.principal_grace,
            "fees_minor": terms.fees_minor,
        },
        "schedule": answer,
    })
}

/// `[due date, principal, interest, fee, total, principal afterwards]`.
fn rows(made: &Schedule) -> Vec<Value> {
    let due = |date: Date| date.to_string();
    let row = |one: &florin_lending::schedule::Instalment| {
        let (principal, interest, fee) = (one.principal_minor, one.interest_minor, one.fee_minor);
        let (total, after) = (one.total_minor, one.principal_after_minor);
        json!([due(one.due_on), principal, interest, fee, total, after])
    };
    made.instalments.iter().map(row).collect()
}
