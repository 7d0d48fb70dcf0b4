//! `florin quote`: the schedule of a term loan, by the function that books it.

use florin_calendar::Calendar;
use florin_lending::schedule::{
    HolidayRule, Method, RepaymentDay, Schedule, ScheduleError, Terms, schedule,
};
use florin_money::{Currency, DayCount, Money, Rate};
use serde_json::{Value, json};

use super::print_json;
use crate::cli::{self, HolidayScheduling, Quote};
use crate::failure::Failure;
use crate::output::{amount, table};
use crate::settings::File;
use crate::wiring;

/// Where the table shows fees.
const FEE_COLUMN: usize = 4;

pub fn run(args: &Quote, file: &File) -> Result<(), Failure> {
    wiring::install_holidays(&args.calendar_files, file)?;
    let currency = Currency::from_code(&args.currency)
        .map_err(|error| bad("--currency", &args.currency).because(error))?;
    let terms = terms(args, currency)?;
    let schedule = schedule(&terms).map_err(|error| refused(&error))?;
    if args.json {
        return print_json(&as_json(&schedule, currency)?);
    }
    print_table(&schedule, currency);
    Ok(())
}

fn bad(flag: &str, value: &str) -> Failure {
    Failure::usage(format!("{flag} {value} is not understood"))
}

fn terms(args: &Quote, currency: Currency) -> Result<Terms, Failure> {
    let amount = Money::parse(&args.amount, currency)
        .map_err(|error| bad("--amount", &args.amount).because(error))?;
    let rate = Rate::parse(&args.rate).map_err(|error| bad("--rate", &args.rate).because(error))?;
    let day_count = DayCount::parse(&args.day_count)
        .map_err(|error| bad("--day-count", &args.day_count).because(error))?;
    let calendar = Calendar::parse(&args.calendar)
        .map_err(|error| bad("--calendar", &args.calendar).because(error))?;
    Ok(Terms {
        principal_minor: amount.minor(),
        rate,
        instalments: args.installments,
        method: match args.method {
            cli::Method::EqualPrincipal => Method::EqualPrincipal,
            cli::Method::EqualInstalments => Method::EqualInstalments,
            cli::Method::Exact => Method::ExactInstalments,
        },
        disbursed_on: args.disbursement_date,
        first_repayment_on: args.first_repayment_date,
        day_rule: day_rule(args)?,
        holiday_rule: match args.holiday_scheduling {
            HolidayScheduling::OnDay => HolidayRule::OnDay,
            HolidayScheduling::Before => HolidayRule::BusinessDayBefore,
            HolidayScheduling::After => HolidayRule::BusinessDayAfter,
        },
        calendar,
        day_count,
        interest_on_holidays: !args.no_interest_on_holidays,
        grace_instalments: args.grace_instalments,
        principal_grace: args.principal_repayment_grace,
        fees_minor: fees_minor(&args.disbursement_fee, amount)?,
    })
}

/// The fees of the disbursement, each on the balance that those before it left, as a product charges them.
fn fees_minor(fees: &[String], lent: Money) -> Result<i64, Failure> {
    let mut balance = lent;
    for text in fees {
        let fault = |error| bad("--disbursement-fee", text).because(error);
        let fee = match text.strip_suffix('%') {
            Some(percent) => {
                let minor = Rate::parse(percent.trim()).and_then(|it| it.of_minor(balance.minor()));
                Money::from_minor(minor.map_err(fault)?, lent.currency())
            }
            None => Money::parse(text, lent.currency()).map_err(fault)?,
        };
        if fee.minor() < 0 {
            return Err(bad("--disbursement-fee", text).advise("A fee is not below 0."));
        }
        balance = balance.checked_add(fee).map_err(fault)?;
    }
    let fees = balance.checked_sub(lent).map_err(|error| bad("--amount", "").because(error))?;
    Ok(fees.minor())
}

/// The repayment day; without one, that of the first repayment or of the disbursement.
fn day_rule(args: &Quote) -> Result<RepaymentDay, Failure> {
    let Some(text) = args.day.as_deref() else {
        let date = args.first_repayment_date.unwrap_or(args.disbursement_date);
        return Ok(RepaymentDay::DayOfMonth(date.day().unsigned_abs()));
    };
    match text {
        "first-business" | "first_day_of_month" => Ok(RepaymentDay::FirstBusinessDay),
        "last-business" | "last_day_of_month" => Ok(RepaymentDay::LastBusinessDay),
        text => match text.parse() {
            Ok(day @ 1..=31) => Ok(RepaymentDay::DayOfMonth(day)),
            _ => Err(bad("--day", text)
                .advise("Expected a day from 1 to 31, first-business or last-business.")),
        },
    }
}

fn refused(error: &ScheduleError) -> Failure {
    let flag = match error.term() {
        "amount" => "--amount",
        "rate" => "--rate",
        "installments" => "--installments",
        "first_repayment_date" => "--first-repayment-date",
        "disbursement_date" => "--disbursement-date",
        "repayment_date_period" => "--day",
        "grace_instalments" => "--grace-instalments",
        "principal_repayment_grace" => "--principal-repayment-grace",
        _ => "these terms",
    };
    Failure::usage(format!("{flag}: {error}"))
}

/// The shape that the API's quote answers.
fn as_json(schedule: &Schedule, currency: Currency) -> Result<Value, Failure> {
    let money = |minor: i64| Money::from_minor(minor, currency).to_string();
    let installments: Vec<Value> = schedule
        .instalments
        .iter()
        .map(|one| {
            json!({
                "number": one.number,
                "due_date": one.due_on.to_string(),
                "principal": money(one.principal_minor),
                "interest": money(one.interest_minor),
                "fee": money(one.fee_minor),
                "total": money(one.total_minor),
                "principal_after": money(one.principal_after_minor),
            })
        })
        .collect();
    let totals = schedule.totals;
    Ok(json!({
        "installments": installments,
        "totals": {
            "principal": money(totals.principal_minor),
            "interest": money(totals.interest_minor),
            "fee": money(totals.fee_minor),
            "total": money(totals.total_minor),
        },
        "apr": schedule.apr().map(|apr| apr.to_string()),
    }))
}

fn print_table(schedule: &Schedule, currency: Currency) {
    let money = |minor: i64| amount(minor, currency.exponent());
    let mut rows: Vec<Vec<String>> = schedule
        .instalments
        .iter()
        .map(|one| {
            vec![
                one.number.to_string(),
                one.due_on.to_string(),
                money(one.principal_minor),
                money(one.interest_minor),
                money(one.fee_minor),
                money(one.total_minor),
                money(one.principal_after_minor),
            ]
        })
        .collect();
    let totals = schedule.totals;
    rows.push(vec![
        String::new(),
        "Total".to_owned(),
        money(totals.principal_minor),
        money(totals.interest_minor),
        money(totals.fee_minor),
        money(totals.total_minor),
        String::new(),
    ]);
    let mut header = vec!["no", "due", "principal", "interest", "fee", "total", "principal after"];
    // A column of zeros tells nobody anything.
    if totals.fee_minor == 0 {
        header.remove(FEE_COLUMN);
        rows.iter_mut().for_each(|row| drop(row.remove(FEE_COLUMN)));
    }
    let amounts: Vec<usize> = std::iter::once(0).chain(2..header.len()).collect();
    println!("{}", table(&header, &amounts, rows));
    match schedule.apr() {
        Some(apr) => println!("Amounts in {}. Annual percentage rate: {apr} %.", currency.code()),
        None => println!("Amounts in {}.", currency.code()),
    }
}
