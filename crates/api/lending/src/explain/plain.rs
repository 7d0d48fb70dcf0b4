//! An explanation as text to read.

use std::fmt::{Display, Write};

use super::{BalanceBody, ExplanationBody, InterestBody, LineBody, PeriodBody, SplitBody};

/// The explanation, a line a fact.
pub(super) fn written(body: &ExplanationBody) -> String {
    let mut text =
        format!("Loan {} at the end of {}, in {}.\n", body.loan, body.date, body.currency);
    if let Some(note) = &body.note {
        line(&mut text, format_args!("The interest cannot be told by periods: {note}"));
    }
    if let Some(principal) = &body.principal {
        balance(&mut text, "PRINCIPAL", principal);
    }
    if let Some(interest) = &body.interest {
        balance(&mut text, "INTEREST", &interest.balance);
        periods(&mut text, interest);
    }
    if let Some(fee) = &body.fee {
        balance(&mut text, "FEES", fee);
    }
    if !body.repayments.is_empty() {
        line(&mut text, "\nREPAYMENTS");
    }
    for repayment in &body.repayments {
        split(&mut text, repayment);
    }
    text
}

fn line(text: &mut String, of: impl Display) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "{of}");
}

fn balance(text: &mut String, title: &str, body: &BalanceBody) {
    line(text, format_args!("\n{title}: {}\n{}", body.balance.0, body.formula));
    if let (Some(again), false) = (&body.told_again, body.why.is_empty()) {
        line(text, format_args!("As told now: {}. {}", again.0, body.why));
    }
    for step in &body.lines {
        line(text, step_of(step));
    }
}

fn step_of(step: &LineBody) -> String {
    let date = step.date.map_or_else(|| "?".to_owned(), |date| date.to_string());
    let mut what = step.what.to_owned();
    if let (Some(from), Some(postings)) = (step.from, step.postings) {
        what = format!("interest of the nights since {from} ({postings} postings)");
    }
    for more in [&step.name, &step.formula].into_iter().filter(|more| !more.is_empty()) {
        what = format!("{what}, {more}");
    }
    if let Some(id) = step.transaction {
        what = format!("{what} [{id}]");
    }
    let (amount, balance) = (step.amount.0.to_string(), step.balance.0.to_string());
    format!("{date:<10} {amount:>14} {balance:>14}  {what}")
}

fn periods(text: &mut String, body: &InterestBody) {
    for period in &body.periods {
        line(text, period_of(period));
        for spell in &period.spells {
            let (nights, formula) = (spell.nights, &spell.formula);
            let exact = if spell.no_interest.is_some() {
                String::new()
            } else {
                format!(" = {}", spell.exact.decimal)
            };
            line(
                text,
                format_args!(
                    "    {} to {} ({nights} nights): {formula}{exact}",
                    spell.from, spell.to
                ),
            );
        }
    }
    if let (Some(explained), Some(posted), Some(corrections), Some(left)) =
        (&body.explained, &body.posted, &body.corrections, &body.unreconciled)
    {
        line(
            text,
            format_args!(
                "  All periods: {}. Posted by days: {}; by corrections: {}; difference: {}.",
                explained.0, posted.0, corrections.0, left.0
            ),
        );
    }
}

fn period_of(period: &PeriodBody) -> String {
    let end = if period.is_ended { "ended" } else { "running" };
    let (exact, interest) = (&period.exact.decimal, period.interest.0);
    let posted = if period.difference.0.minor() == 0 {
        String::new()
    } else {
        format!("; its days posted {}", period.posted.0)
    };
    format!(
        "  Period {} to {} ({end}): {exact}, rounded {interest}{posted}",
        period.from, period.to
    )
}

fn split(text: &mut String, body: &SplitBody) {
    line(
        text,
        format_args!(
            "{} {} of {} [{}]: fees {}, interest {}, principal {}. {}",
            body.date,
            body.kind,
            body.amount.0,
            body.transaction,
            body.paid.fee.0,
            body.paid.interest.0,
            body.paid.principal.0,
            body.why
        ),
    );
}
