//! The sentences of an explanation, for a lender's support agent.

use florin_money::DayCount;

use super::{Silence, Spell};
use crate::loan::Loan;
use crate::postings::Parts;

/// How the principal comes about.
pub const PRINCIPAL_FORMULA: &str = "What was paid out, less what repayments and waivers paid of it. A repayment pays \
    fees first, then interest, and principal with what is left.";

/// How fees come about.
pub const FEE_FORMULA: &str = "What was charged, less what repayments and waivers paid of it. A repayment pays fees \
    first. A fee in percent is the percentage of all that was owed before it, rounded half up.";

/// Why the books may differ from the story as it is told now.
pub const DIFFERENCE: &str = "What is booked counts. It differs from what the loan's story comes to as it is told now, \
    because something was reverted or corrected without a recalculation, or because the correction is booked on a \
    later day.";

pub(super) fn interest_formula(loan: &Loan) -> String {
    let year = match loan.terms.day_count {
        DayCount::Actual365 => "days / 365",
        DayCount::Actual360 => "days / 360",
        DayCount::ActualActual => {
            "days / 365 (days / 366 in a leap year), which is written over 133590 (365 x 366)"
        }
        DayCount::Thirty360 => "days / 360, a month counted as 30 days",
    };
    let holidays = if loan.terms.interest_on_holidays {
        String::new()
    } else {
        format!(" The nights of bank holidays ({}) count for nothing.", loan.terms.calendar)
    };
    format!(
        "Each night costs principal x {} % x {year}.{holidays} The exact interest of a period's nights is added up and \
         rounded half up; every day posts that sum less what the period has posted before. A period ends when an \
         instalment falls due or a statement is closed; the fraction that is left is dropped. Repayments and waivers \
         pay interest after fees and before principal.",
        loan.rate
    )
}

pub(super) fn spell_formula(loan: &Loan, spell: &Spell) -> String {
    match spell.silence {
        Some(Silence::Stopped) => "no interest: its calculation was stopped".to_owned(),
        Some(Silence::Reverted(id)) => {
            format!("no interest: transaction {id} was reverted with all that came after it")
        }
        Some(Silence::NothingOwed) => "no interest: no principal was owed".to_owned(),
        None => format!(
            "{} x {} % x {}/{}",
            loan.money(spell.principal_minor),
            loan.rate,
            spell.weight,
            loan.terms.day_count.denominator()
        ),
    }
}

/// What a correction is for, by its name; empty for anything else.
pub(super) fn correction(name: &str) -> &'static str {
    match name {
        "Recalculation" => {
            "the interest that a change of the past comes to, above or below what had been posted"
        }
        "Reallocation" => {
            "moves what earlier repayments paid between principal, interest, fees and what is owed to the borrower"
        }
        _ => "",
    }
}

/// Why a repayment was split as it was.
pub(super) fn split(
    loan: &Loan,
    owed: Parts,
    paid: Parts,
    amount: i64,
    is_told_otherwise: bool,
) -> String {
    if Parts::allocate(owed, amount) != paid {
        return if is_told_otherwise {
            "It was split by what was known when it was booked. Later corrections are transactions of their own."
                .to_owned()
        } else {
            "It counts on a day before the one on which it was booked, or a correction since changed what was owed \
             on its day: it is split by the story as told again, and the interest in between was corrected by a \
             transaction of its own."
                .to_owned()
        };
    }
    let part = |paid: i64, owed: i64| {
        let (paid, owed) = (loan.money(paid), loan.money(owed));
        if paid == owed {
            format!("{paid}, all that was owed")
        } else {
            format!("{paid} of {owed} owed")
        }
    };
    let part = |paid, owed| if owed == 0 { "none was owed".to_owned() } else { part(paid, owed) };
    format!(
        "Fees first: {}; then interest: {}; then principal: {}.",
        part(paid.fee, owed.fee),
        part(paid.interest, owed.interest),
        part(paid.principal, owed.principal)
    )
}
