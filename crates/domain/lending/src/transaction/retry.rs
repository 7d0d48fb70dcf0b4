//! Trying a failed transaction again.

use florin_ids::{EntryId, TransactionId};
use florin_storage::Tx;
use florin_tenancy::{Caller, Collections, day};

use super::batch::{Effects, answer_on, simulated_reference};
use super::entity::{self, Transaction, TransactionStatus, TransactionType};
use super::resolve;
use crate::LendingError;
use crate::loan::Loan;
use crate::postings::{self, Moment};

/// Makes a failed disbursement or repayment pending again: the same transaction, a new attempt.
///
/// What it is allowed to do is decided anew: the limit for a disbursement, what is owed for a repayment. A repayment
/// by the partner lowers the balance from now on, an automatic one when it is confirmed.
pub(crate) fn retry_in(
    tx: &mut Tx,
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
    let mut effects = Effects::default();
    if is_shown_by_statements(&transaction) {
        effects.past_attempts.push(transaction.clone());
    }
    let entry = EntryId::new();
    transaction.entry = Some(entry);
    match transaction.kind {
        TransactionType::Disbursement => {
            let amount = transaction.amount.minor();
            let again = entity::disburse(&mut loan, transaction.id, amount, moment)?;
            effects.entries.push(florin_ledger::Entry { id: entry, ..again.entry });
        }
        TransactionType::Repayment if transaction.is_automatic => {
            check_owed(&loan, &transaction)?;
        }
        TransactionType::Repayment => {
            check_owed(&loan, &transaction)?;
            let amount = transaction.amount.minor();
            let parts =
                resolve::repay_in(tx, caller.tenant, &mut loan, amount, moment, &mut effects)?;
            transaction.split(parts);
            let (loan, currency) = (loan.id, loan.currency);
            effects
                .entries
                .push(postings::repayment_under_way(entry, loan, currency, parts, moment));
        }
        _ => {
            return Err(LendingError::conflict(
                "Only disbursements and repayments are tried again.",
            ));
        }
    }
    restart(&mut transaction, &loan, moment);
    if transaction.kind == TransactionType::Repayment
        && day::state_in(tx, caller.tenant)?.collections == Collections::Simulated
    {
        transaction.processing_on = Some(answer_on(&loan, moment.on));
        transaction.provider_reference = Some(simulated_reference(entry.uuid()));
    }
    if transaction.is_automatic {
        effects.events.push(resolve::event("repayment_created", &transaction));
    }
    effects.resolved.push(transaction.clone());
    effects.loans.push(loan);
    effects.write_in(tx, caller.tenant)?;
    Ok(transaction)
}

fn restart(transaction: &mut Transaction, loan: &Loan, moment: Moment) {
    transaction.status = TransactionStatus::Pending;
    transaction.failure_reason = String::new();
    transaction.effective_on = moment.on;
    transaction.processing_on = None;
    transaction.provider_reference = None;
    transaction.period = loan.period();
    transaction.resolved_at = None;
    transaction.ended_on = None;
    transaction.ended_period = None;
}

/// Whether statements show the failed attempt: one in which it was made, a later one that gave it back.
fn is_shown_by_statements(failed: &Transaction) -> bool {
    let counted = failed.kind == TransactionType::Repayment && !failed.is_automatic;
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
