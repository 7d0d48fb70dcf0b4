//! Trying a failed transaction again.

use florin_ids::{EntryId, TenantId, TransactionId};
use florin_payments::{Payment, PaymentState, Rails};
use florin_storage::Tx;
use florin_tenancy::{Caller, Collections, day};

use super::batch::{Effects, answer_on, simulated_reference};
use super::entity::{self, Transaction, TransactionStatus, TransactionType};
use super::{resolve, reversing};
use crate::LendingError;
use crate::collections::Asked;
use crate::collections::ahead::{self, Uncollected};
use crate::loan::Loan;
use crate::postings::{self, Moment};

/// Makes a failed disbursement or repayment pending again: the same transaction, a new attempt.
///
/// What it is allowed to do is decided anew: the limit for a disbursement, what is owed for a repayment. A repayment
/// by the partner lowers the balance from now on, an automatic one when it is confirmed.
pub(crate) fn retry_in(
    tx: &mut Tx,
    rails: &Rails,
    caller: &Caller,
    id: TransactionId,
) -> Result<Transaction, LendingError> {
    let (mut transaction, mut loan, moment) = resolve::hold_in(tx, caller, id)?;
    if transaction.status != TransactionStatus::Failed {
        return Err(LendingError::conflict(format!(
            "The transaction is {}: only a failed transaction can be tried again.",
            transaction.status
        )));
    }
    let (tenant, mut effects) = (caller.tenant, Effects::default());
    begin_again(&mut transaction, &loan, moment, &mut effects);
    book_again_in(tx, tenant, &mut loan, &mut transaction, moment, &mut effects)?;
    effects.resolved.push(transaction.clone());
    let is_asked = ask_again_in(tx, rails, tenant, (&transaction, &loan), moment, &mut effects)?;
    if !is_asked {
        let answer = effects.resolved.last_mut().filter(|it| it.is_collection());
        if let Some(transaction) = answer
            && day::state_in(tx, tenant)?.collections == Collections::Simulated
        {
            transaction.processing_on = Some(answer_on(&loan, moment.on));
            transaction.provider_reference =
                Some(simulated_reference(transaction.entry_id().uuid()));
        }
        effects.announce_automatic();
    }
    ahead::call_off_paid_in(tx, rails, tenant, &mut loan, moment, &mut effects)?;
    effects.loans.push(loan);
    effects.write_in(tx, tenant)?;
    effects.resolved.into_iter().next().ok_or(LendingError::NotFound("transaction"))
}

/// A failed automatic collection over a rail is presented again.
pub(crate) fn collect_again_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    (mut transaction, loan): (Transaction, &Loan),
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    begin_again(&mut transaction, loan, moment, effects);
    effects.resolved.push(transaction.clone());
    ask_again_in(tx, rails, tenant, (&transaction, loan), moment, effects)?;
    Ok(())
}

/// Books what the new attempt changes at once.
fn book_again_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &mut Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let amount = transaction.amount.minor();
    match transaction.kind {
        TransactionType::Disbursement => {
            let reversing = reversing::principal_of_in(tx, tenant, loan)?;
            let again = entity::disburse(loan, transaction.id, amount, reversing, moment)?;
            let id = EntryId::new();
            transaction.entry = Some(id);
            effects.entries.push(florin_ledger::Entry { id, ..again.entry });
        }
        TransactionType::Repayment => {
            check_owed(loan, transaction)?;
            if transaction.is_automatic {
                return check_not_under_way_in(tx, tenant, loan, transaction, moment);
            }
            let parts = resolve::repay_in(tx, tenant, loan, amount, moment, effects)?;
            transaction.split(parts);
            let id = EntryId::new();
            transaction.entry = Some(id);
            let entry = postings::repayment_under_way(id, loan.id, loan.currency, parts, moment);
            effects.entries.push(entry);
        }
        _ => {
            return Err(LendingError::conflict(
                "Only disbursements and repayments are tried again.",
            ));
        }
    }
    Ok(())
}

/// Has a rail move the money again, where one does: the same payment, or a new one when what the loan is collected
/// with, or what is left to be collected, has changed. Answers whether one does.
fn ask_again_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    (transaction, loan): (&Transaction, &Loan),
    moment: Moment,
    effects: &mut Effects,
) -> Result<bool, LendingError> {
    let Some(asked) = Asked::for_transaction_in(tx, rails, tenant, transaction, loan, moment.on)?
    else {
        return Ok(false);
    };
    let first = match transaction.payment {
        Some(id) => florin_payments::get_in(tx, tenant, id)?,
        None => None,
    };
    let is_same = |it: &Payment| {
        it.instrument == asked.instrument
            && it.amount == transaction.amount
            && it.state == PaymentState::Failed
    };
    let again = first.filter(is_same);
    match again {
        Some(first) => {
            let wanted_on = asked.wanted_on;
            let again = florin_payments::retry_in(tx, rails, tenant, moment, first.id, wanted_on)?;
            effects.note_payment(&again);
        }
        None => {
            effects.asked.push(asked);
            effects.ask_in(tx, rails, tenant, moment)?;
        }
    }
    Ok(true)
}

/// Makes a transaction that has failed pending again, and keeps the attempt that failed where statements show it.
pub(crate) fn begin_again(
    transaction: &mut Transaction,
    loan: &Loan,
    moment: Moment,
    effects: &mut Effects,
) {
    if is_shown_by_statements(transaction) {
        effects.past_attempts.push(transaction.clone());
    }
    transaction.status = TransactionStatus::Pending;
    transaction.failure_reason = String::new();
    transaction.effective_on = moment.on;
    transaction.processing_on = None;
    transaction.provider_reference = None;
    transaction.period = loan.period();
    transaction.entry = None;
    transaction.resolved_at = None;
    transaction.ended_on = None;
    transaction.ended_period = None;
}

/// Whether statements show the failed attempt: one in which it was made, a later one that gave it back.
fn is_shown_by_statements(failed: &Transaction) -> bool {
    let counted = failed.kind == TransactionType::Repayment
        && (!failed.is_automatic || failed.entry.is_some());
    counted && failed.period.is_some() && failed.period < failed.ended_period
}

fn check_owed(loan: &Loan, transaction: &Transaction) -> Result<(), LendingError> {
    loan.check_open("a repayment")?;
    let owed = loan.balances.owed().total()?;
    if transaction.amount.minor() > owed {
        return Err(LendingError::conflict(format!(
            "The loan owes {}: less than the repayment of {}.",
            loan.money(owed),
            transaction.amount
        )));
    }
    Ok(())
}

/// Refuses what another collection asks for already: it would be taken twice.
fn check_not_under_way_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    transaction: &Transaction,
    moment: Moment,
) -> Result<(), LendingError> {
    let Uncollected { unpaid, under_way } = ahead::uncollected_in(tx, tenant, loan, moment.on)?;
    let left = (unpaid - under_way).max(0);
    if under_way == 0 || left >= transaction.amount.minor() {
        return Ok(());
    }
    Err(LendingError::conflict(format!(
        "Collections of {} are under way: they leave {} of what is overdue to be tried again, less than {}.",
        loan.money(under_way),
        loan.money(left),
        transaction.amount
    )))
}
