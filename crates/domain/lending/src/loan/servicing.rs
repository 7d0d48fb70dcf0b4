//! What happens to a loan account, one thing at a time; pure.
//!
//! The same functions serve the postings of today, the business day, and the retelling of a loan's whole story
//! (`retell.rs`), so that a correction comes to what would have happened.

use jiff::civil::Date;

use florin_money::{MoneyError, denominator};

use super::dues::Dues;
use super::entity::Loan;
use super::schedule_terms;
use crate::LendingError;
use crate::postings::Parts;
use crate::product::{EarlyRepaymentRecalculation, Product, ProductType, next_statement_on};
use crate::schedule::{self, Instalment};

/// What a loan is asked for: its instalments, past and to come, and what fell due and is unpaid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations {
    /// The schedule as it stands, in the order of the due dates; empty for revolving products.
    pub instalments: Vec<Instalment>,
    /// What fell due and is unpaid.
    pub dues: Dues,
}

/// Money has reached the borrower: it is owed from `on`, and the instalments to come are made anew for all the
/// principal that they have to repay, on the dates that are left.
pub(crate) fn disburse(
    loan: &mut Loan,
    instalments: &mut Vec<Instalment>,
    product: &Product,
    amount: i64,
    on: Date,
) -> Result<(), LendingError> {
    freshen(loan, instalments, product)?;
    loan.accrue_to(on)?;
    loan.take(Parts { principal: -amount, ..Parts::default() })?;
    loan.disbursed_minor =
        loan.disbursed_minor.checked_add(amount).ok_or(MoneyError::OutOfRange)?;
    if loan.is_term() {
        loan.planned_minor =
            loan.planned_minor.checked_add(amount).ok_or(MoneyError::OutOfRange)?;
        loan.keeps_totals = false;
        let unbilled = unbilled(loan, loan.balances.interest.posted)?;
        replan(loan, instalments, product, on, unbilled)?;
        loan.next_due_on = due_after(instalments, on);
    } else if loan.next_statement_on.is_none() && product.kind == ProductType::RevolvingCredit {
        loan.statement_on = Some(on);
        loan.next_statement_on =
            Some(next_statement_on(product.statement_terms().statement_day, on));
    }
    Ok(())
}

/// Shows the fees that are owed in the first instalment that will ask for them.
pub(crate) fn show_fees(loan: &Loan, instalments: &mut [Instalment], today: Date) {
    let next =
        instalments.iter_mut().find(|it| it.due_on > today && it.number > loan.grace_instalments);
    if let Some(next) = next {
        next.fee_minor = loan.balances.fee.posted.max(0);
        next.total_minor = next.principal_minor + next.interest_minor + next.fee_minor;
    }
}

/// Takes a repayment (or a waiver) off what is owed and what fell due, and answers what it paid. Principal repaid
/// before it is due is noted: the instalments to come follow when they are next needed (see [`freshen`]), so that a
/// repayment needs nothing but the loan.
pub(crate) fn repay(
    loan: &mut Loan,
    dues: &mut Dues,
    amount: i64,
    on: Date,
) -> Result<Parts, MoneyError> {
    let parts = Parts::allocate(loan.balances.owed(), amount);
    if parts.principal > 0 {
        loan.accrue_to(on)?;
    }
    loan.take(parts)?;
    if loan.unpaid_since.is_some() {
        dues.pay(amount, on);
        loan.unpaid_since = dues.unpaid_since();
    }
    let principal = loan.balances.principal.posted;
    if loan.is_term() && principal < loan.planned_minor {
        loan.early_minor = loan.early_minor.saturating_add(loan.planned_minor - principal);
        loan.planned_minor = principal;
        if principal == 0 {
            loan.next_due_on = None;
        }
    }
    loan.cure(on);
    Ok(parts)
}

/// Money that was given back to the borrower and was not owed to them is owed by them, at once.
pub(crate) fn ask_back(
    loan: &mut Loan,
    dues: &mut Dues,
    amount: i64,
    on: Date,
) -> Result<(), MoneyError> {
    if amount <= 0 {
        return Ok(());
    }
    loan.accrue_to(on)?;
    loan.take(Parts { principal: -amount, ..Parts::default() })?;
    dues.raise(on, amount);
    loan.unpaid_since = dues.unpaid_since();
    Ok(())
}

/// Brings the instalments to come up to date after principal was repaid early, in one of the document's two ways. To
/// be called before they are looked at, and before anything but a repayment changes the loan's interest.
pub(crate) fn freshen(
    loan: &mut Loan,
    instalments: &mut Vec<Instalment>,
    product: &Product,
) -> Result<(), LendingError> {
    let early = std::mem::take(&mut loan.early_minor);
    // Interest was last accrued when principal was last repaid.
    let Some(on) = loan.accrued.map(|accrued| accrued.from).filter(|_| early > 0) else {
        return Ok(());
    };
    match product.early_repayment_recalculation {
        EarlyRepaymentRecalculation::FromLastInstalment => {
            loan.keeps_totals = true;
            let past = past(instalments, on);
            take_from_last(instalments, past, early, loan.planned_minor);
            Ok(())
        }
        // What had accrued was paid before any principal was.
        EarlyRepaymentRecalculation::ReducedInstalments => {
            replan(loan, instalments, product, on, unbilled(loan, 0)?)
        }
    }
}

/// Takes `early` off the principal of the last instalment, then of the one before it, and so on; those left
/// without principal go.
fn take_from_last(instalments: &mut Vec<Instalment>, past: usize, mut early: i64, principal: i64) {
    while early > 0 && instalments.len() > past {
        let Some(last) = instalments.last_mut() else { break };
        let taken = last.principal_minor.min(early);
        early -= taken;
        last.principal_minor -= taken;
        last.total_minor -= taken;
        if last.principal_minor > 0 {
            break;
        }
        instalments.pop();
    }
    // Also those before it that have nothing but interest to ask for: nothing is left to bear any.
    while instalments.len() > past && instalments.last().is_some_and(|it| it.principal_minor == 0) {
        instalments.pop();
    }
    let mut left = principal;
    for instalment in instalments.iter_mut().skip(past) {
        left -= instalment.principal_minor;
        instalment.principal_after_minor = left;
    }
}

/// Makes the instalments to come anew for the planned principal: on the dates that are left or, at the first
/// disbursement, on those that follow from the product. `unbilled` is what of the running period the next one is still to bill.
fn replan(
    loan: &Loan,
    instalments: &mut Vec<Instalment>,
    product: &Product,
    on: Date,
    unbilled: i128,
) -> Result<(), LendingError> {
    let past = past(instalments, on);
    let left: Vec<Date> = instalments[past..].iter().map(|it| it.due_on).collect();
    instalments.truncate(past);
    if loan.planned_minor == 0 {
        return Ok(());
    }
    let terms = schedule_terms(loan, product, on, past);
    let due_on = if left.is_empty() { schedule::due_dates(&terms) } else { Ok(left) };
    let made = due_on.and_then(|due_on| schedule::schedule_on(&terms, &due_on, unbilled));
    let made =
        made.map_err(|error| LendingError::conflict(format!("No schedule can be made: {error}.")))?;
    let past = u32::try_from(past).unwrap_or(u32::MAX);
    let numbered =
        made.instalments.into_iter().map(|it| Instalment { number: it.number + past, ..it });
    instalments.extend(numbered);
    Ok(())
}

/// The numerator of the running period that the next instalment is still to bill: what has accrued, less what of
/// it has been paid already, when `owed` minor units of interest are owed.
fn unbilled(loan: &Loan, owed: i64) -> Result<i128, MoneyError> {
    let Some(accrued) = loan.accrued else { return Ok(0) };
    let posted = loan.terms.rounded(accrued.base)?;
    let paid = posted - posted.min(owed);
    Ok(accrued.base - i128::from(paid) * denominator(loan.terms.day_count))
}

/// How many instalments have fallen due by `date`.
fn past(instalments: &[Instalment], date: Date) -> usize {
    instalments.partition_point(|it| it.due_on <= date)
}

/// The first due date after `date`.
fn due_after(instalments: &[Instalment], date: Date) -> Option<Date> {
    instalments.get(past(instalments, date)).map(|it| it.due_on)
}

/// An instalment falls due: its period ends, and what it asks for, beyond what was asked for before, is a due.
/// Answers all that is asked for today.
pub(crate) fn fall_due(
    loan: &mut Loan,
    dues: &mut Dues,
    instalment: &Instalment,
    following: Option<Date>,
) -> Parts {
    let on = instalment.due_on;
    if !loan.is_in_grace(instalment) {
        loan.end_period(on);
    }
    let asked = loan.due_parts(instalment);
    loan.planned_minor = instalment.principal_after_minor;
    loan.next_due_on = following;
    let total = asked.principal + asked.interest + asked.fee;
    dues.raise(on, total - dues.unpaid());
    loan.unpaid_since = dues.unpaid_since();
    asked
}

/// A statement that has been made: what it asks for beyond what was asked for before, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Billed {
    /// In minor units.
    pub amount: i64,
    /// When it is to be paid.
    pub due_on: Date,
}

/// A statement is closed on `on`: its period ends and what it bills is a due.
pub(crate) fn close_statement(
    loan: &mut Loan,
    dues: &mut Dues,
    product: &Product,
    billed: Billed,
    on: Date,
) {
    loan.end_period(on);
    dues.raise(billed.due_on, billed.amount);
    loan.unpaid_since = dues.unpaid_since();
    // Where the due date of the statement before it was moved by holidays it may still be to come.
    let next = dues.next_after(on).map_or(billed.due_on, |next| next.min(billed.due_on));
    loan.next_due_on = (dues.unpaid() > 0).then_some(next);
    loan.statements = loan.statements.saturating_add(1);
    loan.statement_on = Some(on);
    loan.next_statement_on = Some(next_statement_on(product.statement_terms().statement_day, on));
}
