//! How pending transactions end: applied when the money has moved, failed when it has not.

use serde_json::json;

use florin_events::NewEvent;
use florin_ids::{EntryId, LoanId, TenantId, TransactionId};
use florin_ledger::{Outcome, Resolution};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use super::batch::Effects;
use super::entity::{Transaction, TransactionStatus, TransactionType, take};
use super::repo;
use crate::LendingError;
use crate::day_end::ORDINAL;
use crate::loan::{self, CloseSubstatus, Loan, LoanStatus};
use crate::postings::{self, Moment, Parts};

/// The partner tells that a pending transaction was carried out.
pub(crate) fn apply_in(
    tx: &mut Tx,
    caller: &Caller,
    id: TransactionId,
) -> Result<Transaction, LendingError> {
    let day = day::lock_shared_in(tx, caller.tenant)?;
    let found = |tx: &mut Tx| {
        repo::get(tx, caller.tenant, id)?.ok_or(LendingError::NotFound("transaction"))
    };
    let loan_id = found(tx)?.loan;
    let mut loan = loan::lock_in(tx, caller.tenant, loan_id)?;
    // Read again now that the loan is held: another answer may have come first.
    let transaction = found(tx)?;
    transaction.check_pending("applied")?;
    let moment = Moment { on: day.date_for(ORDINAL, loan_id.uuid()), at: day.stamp(caller.now) };
    let mut effects = Effects::default();
    let applied = apply(tx, caller.tenant, &mut loan, transaction, moment, &mut effects)?;
    effects.loans.push(loan);
    effects.write_in(tx, caller.tenant)?;
    Ok(applied)
}

/// Applies a pending transaction to its loan, which is held.
pub(crate) fn apply(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut transaction: Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<Transaction, LendingError> {
    transaction.status = TransactionStatus::Applied;
    transaction.resolved_at = Some(moment.at);
    if transaction.kind == TransactionType::Disbursement {
        transaction.effective_on = moment.on;
        pay_out(tx, tenant, loan, &transaction, moment)?;
        effects.resolutions.push(Resolution {
            entry: transaction.entry_id(),
            outcome: Outcome::Posted,
            effective_on: moment.on,
            recorded_at: moment.at,
        });
    } else {
        effects.entries.push(postings::repayment_settled(
            EntryId::new(),
            loan.currency,
            transaction.amount.minor(),
            moment,
        ));
    }
    effects.events.push(result_event(&transaction));
    effects.resolved.push(transaction.clone());
    close_if_paid(tx, tenant, loan, effects)?;
    Ok(transaction)
}

/// Closes a loan that is paid, unless a repayment is still under way and might fail.
pub(crate) fn close_if_paid(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    effects: &Effects,
) -> Result<(), LendingError> {
    if !loan.is_paid() {
        return Ok(());
    }
    let pending = repo::pending_of(tx, tenant, loan.id)?;
    if pending.iter().all(|it| effects.resolved.iter().any(|ended| ended.id == it.id)) {
        loan.close("Account paid in full", CloseSubstatus::PaidInFull);
    }
    Ok(())
}

/// The money has reached the borrower: the loan owes it from today, and a term loan gets its schedule.
fn pay_out(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &Transaction,
    moment: Moment,
) -> Result<(), LendingError> {
    let amount = transaction.principal.minor();
    loan.accrue_to(moment.on)?;
    take(loan, Parts { principal: -amount, ..Parts::default() })?;
    loan.balances.principal.pending_debit -= amount;
    loan.disbursed_minor = loan.disbursed_minor.saturating_add(amount);
    if loan.status == LoanStatus::Inactive {
        loan.status = LoanStatus::Active;
    }
    loan::book_schedule_in(tx, tenant, loan, moment.on)
}

/// A repayment that had lowered the balance turns out to have failed: the debt comes back, and the interest of
/// the days between is what it would have been without it.
pub(crate) fn fail(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut transaction: Transaction,
    reason: &str,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let reversal = florin_ledger::reversal_in(
        tx,
        tenant,
        transaction.entry_id(),
        EntryId::new(),
        moment.on,
        moment.at,
    )?;
    effects.entries.push(reversal);
    let parts = transaction.parts();
    take(loan, Parts { principal: -parts.principal, interest: -parts.interest, fee: -parts.fee })?;
    let mut failed = vec![transaction.id];
    failed.extend(
        effects.resolved.iter().filter(|it| it.status == TransactionStatus::Failed).map(|it| it.id),
    );
    let history = loan::history_in(tx, tenant, loan.id, &failed)?;
    let (interest, accrued) = loan::accrual::replay(&loan.terms, &history, moment.on)?;
    loan.accrued = Some(accrued);
    let correction = interest.saturating_sub(
        repo::interest_posted(tx, tenant, loan.id)?
            .saturating_add(unwritten_interest(effects, loan.id)),
    );
    if correction != 0 {
        charge_interest(loan, correction, moment, effects)?;
    }
    transaction.status = TransactionStatus::Failed;
    transaction.failure_reason = reason.to_owned();
    transaction.resolved_at = Some(moment.at);
    effects.events.push(result_event(&transaction));
    effects.resolved.push(transaction);
    Ok(())
}

/// The interest that the same run has decided and not yet written.
fn unwritten_interest(effects: &Effects, loan: LoanId) -> i64 {
    let of_loan = effects
        .transactions
        .iter()
        .filter(|it| it.loan == loan && it.kind == TransactionType::Interest);
    of_loan.map(|it| it.amount.minor()).sum()
}

/// A correction of a loan's interest, with an entry of its own.
fn charge_interest(
    loan: &mut Loan,
    amount: i64,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    take(loan, Parts { interest: -amount, ..Parts::default() })?;
    let (id, parts) = (TransactionId::new(), Parts { interest: amount, ..Parts::default() });
    let mut transaction =
        Transaction::new(id, loan.id, TransactionType::Interest, loan.currency, parts, moment)?;
    transaction.is_automatic = true;
    effects.entries.push(postings::interest(
        id.into(),
        loan.currency,
        &[(loan.id, amount)],
        amount,
        moment,
    ));
    effects.transactions.push(transaction);
    Ok(())
}

/// `disbursement_result` or `repayment_result`: the provider or the partner has answered.
pub(crate) fn result_event(transaction: &Transaction) -> NewEvent {
    let kind = if transaction.kind == TransactionType::Disbursement {
        "disbursement_result"
    } else {
        "repayment_result"
    };
    event(kind, transaction)
}

/// An event about a transaction, in the fields that the document lists.
pub(crate) fn event(kind: &'static str, transaction: &Transaction) -> NewEvent {
    NewEvent {
        kind,
        resource: format!("loan:{}", transaction.loan),
        occurred_at: transaction.resolved_at.unwrap_or(transaction.created_at),
        data: json!({
            "id": transaction.id.to_string(),
            "provider_transaction_id": transaction.provider_reference,
            "processing_date": transaction.processing_on.map(|date| date.to_string()),
            "amount": transaction.amount.to_string(),
            "created_at": transaction.created_at.to_string(),
            "loan": transaction.loan.to_string(),
            "status": transaction.status.as_str(),
        }),
    }
}
