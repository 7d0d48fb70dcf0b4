//! How pending transactions end: applied when the money has moved, failed when it has not.

use serde_json::json;

use florin_events::NewEvent;
use florin_ids::{EntryId, TenantId, TransactionId};
use florin_ledger::{Outcome, Resolution};
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::batch::Effects;
use super::correct;
use super::entity::{self, FeeToCharge, Transaction, TransactionStatus, TransactionType};
use super::repo;
use crate::LendingError;
use crate::loan::servicing;
use crate::loan::{self, CloseSubstatus, Loan, LoanStatus};
use crate::postings::{self, Arrived, Moment, Undone};
use crate::product::{FeeEvent, Product, charges_on};

/// A transaction, its loan held until the end of the database's transaction, and the moment that the loan lives in.
pub(crate) fn hold_in(
    tx: &mut Tx,
    caller: &Caller,
    id: TransactionId,
) -> Result<(Transaction, Loan, Moment), LendingError> {
    let found = |tx: &mut Tx| {
        repo::get(tx, caller.tenant, id)?.ok_or(LendingError::NotFound("transaction"))
    };
    let loan_id = found(tx)?.loan;
    let (loan, moment) = loan::hold_in(tx, caller, loan_id)?;
    // Read again now that the loan is held: another request may have come first.
    let transaction = found(tx)?;
    Ok((transaction, loan, moment))
}

/// The partner tells that a pending transaction was carried out.
pub(crate) fn apply_in(
    tx: &mut Tx,
    caller: &Caller,
    id: TransactionId,
) -> Result<Transaction, LendingError> {
    let (transaction, mut loan, moment) = hold_in(tx, caller, id)?;
    transaction.check_pending("applied")?;
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
    match transaction.kind {
        TransactionType::Disbursement => {
            transaction.effective_on = moment.on;
            let product = loan::product_in(tx, tenant, loan.product)?;
            effects.resolutions.push(Resolution {
                entry: transaction.entry_id(),
                outcome: Outcome::Posted,
                effective_on: moment.on,
                recorded_at: moment.at,
            });
            pay_out(tx, tenant, loan, &product, &transaction, moment, effects)?;
            transaction.period = loan.period();
            tell_in_order(tx, tenant, loan, &transaction, moment, effects)?;
        }
        _ if transaction.is_automatic => {
            collected(tx, tenant, loan, &mut transaction, moment, effects)?;
        }
        // The balance shows it already, and the provider tells when it pays the money out.
        _ if transaction.payment.is_some() => {}
        _ => effects.entries.push(postings::repayment_settled(
            EntryId::new(),
            loan.currency,
            transaction.amount.minor(),
            moment,
        )),
    }
    effects.events.push(result_event(&transaction));
    effects.resolved.push(transaction.clone());
    close_if_paid(tx, tenant, loan, effects)?;
    Ok(transaction)
}

/// Applies a repayment that had failed and whose money has moved all the same: the balance does not show it.
pub(crate) fn collect_after_all(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut transaction: Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    transaction.status = TransactionStatus::Applied;
    transaction.resolved_at = Some(moment.at);
    collected(tx, tenant, loan, &mut transaction, moment, effects)?;
    effects.events.push(result_event(&transaction));
    effects.resolved.push(transaction);
    close_if_paid(tx, tenant, loan, effects)
}

/// A disbursement that was asked for before something that was booked today comes before it when the story is told:
/// the schedule is brought to that now, so that no later correction changes it.
fn tell_in_order(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    // Only a schedule depends on the order, and nothing can be repaid before the first disbursement.
    if !loan.is_term() || loan.disbursed_minor == transaction.principal.minor() {
        return Ok(());
    }
    let later = repo::counting_from(tx, tenant, loan.id, moment.on)?;
    let is_first = |it: &Transaction| {
        it.kind == TransactionType::Interest || it.entry_id() < transaction.entry_id()
    };
    if later.iter().all(|it| !it.counts() || is_first(it) || it.id == transaction.id) {
        return Ok(());
    }
    let mut story = correct::story_in(tx, tenant, loan.id)?.keeping_excess();
    story.facts.extend(correct::told(transaction));
    story.facts.extend(effects.transactions.iter().filter_map(correct::told));
    let retold = correct::retell_in(tx, tenant, loan, &story, moment.on)?;
    correct::settle(loan, retold, moment, effects)
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

/// The money has reached the borrower: the loan owes it from today with the fees of the event, and a term loan gets
/// its schedule.
fn pay_out(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    product: &Product,
    transaction: &Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let amount = transaction.principal.minor();
    let mut instalments = Vec::new();
    if loan.is_term() {
        instalments = loan::repo::instalments(tx, tenant, loan.id)?;
    }
    loan.balances.principal.pending_debit -= amount;
    if loan.status == LoanStatus::Inactive {
        loan.status = LoanStatus::Active;
    }
    servicing::disburse(loan, &mut instalments, product, amount, moment.on)?;
    charge_fees(loan, product, FeeEvent::Disbursement, moment, effects)?;
    if loan.is_term() {
        effects.schedules.push((loan.id, instalments));
    }
    Ok(())
}

/// Charges the product's fees of an event.
pub(crate) fn charge_fees(
    loan: &mut Loan,
    product: &Product,
    event: FeeEvent,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let balance = loan.balances.owed().total()?;
    for fee in charges_on(&product.default_fees.fees, event, balance)? {
        let (id, amount) = (TransactionId::new(), fee.amount_minor);
        let fee = FeeToCharge { name: fee.name, charge: fee.charge };
        let mut charged = entity::charged(loan, id, fee, amount, moment)?;
        charged.transaction.is_automatic = true;
        effects.transactions.push(charged.transaction);
        effects.entries.push(charged.entry);
    }
    Ok(())
}

/// The provider has collected an automatic repayment, which the balance does not show until now. It counts from the
/// day on which it was charged. What exceeds the debt is owed to the borrower.
fn collected(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &mut Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    transaction.effective_on = charged_on(loan, transaction, moment);
    transaction.period = loan.period();
    // Booked now, after whatever was booked since it was asked for.
    transaction.entry = Some(EntryId::new());
    let amount = transaction.amount.minor();
    let (repaid, retold) = if transaction.effective_on < moment.on && loan.status.is_open() {
        let (repaid, retold) = correct::repaid_on_in(tx, tenant, loan, transaction, moment)?;
        loan.take(repaid)?;
        (repaid, Some(retold))
    } else {
        let taken = amount.min(loan.balances.owed().total()?);
        (repay_in(tx, tenant, loan, taken, moment, effects)?, None)
    };
    transaction.split(repaid);
    let arrived = match transaction.payment {
        Some(_) => Arrived::AtProvider,
        None => Arrived::AtBank,
    };
    let (id, overpaid) = (transaction.entry_id(), amount - repaid.total()?);
    effects.entries.push(postings::repayment_collected(
        id,
        loan.id,
        loan.currency,
        (repaid, overpaid),
        arrived,
        moment,
    ));
    if let Some(retold) = retold {
        correct::settle(loan, retold, moment, effects)?;
    }
    Ok(())
}

/// The day from which a collected repayment counts: the day on which it was charged, as far as no closed statement
/// tells otherwise.
fn charged_on(loan: &Loan, transaction: &Transaction, moment: Moment) -> jiff::civil::Date {
    let charged = transaction.payment.and(transaction.processing_on).unwrap_or(moment.on);
    let closed = loan.statement_on.filter(|_| loan.statements > 0).unwrap_or(charged);
    charged.max(closed).min(moment.on)
}

/// Takes a repayment off a loan whose dues are not at hand.
pub(crate) fn repay_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    amount: i64,
    moment: Moment,
    effects: &mut Effects,
) -> Result<postings::Parts, LendingError> {
    let ids = vec![loan.id.uuid()];
    let stored = loan::dues::repo::unpaid(tx, tenant, ids)?.remove(&loan.id).unwrap_or_default();
    let mut dues = stored.clone();
    let parts = servicing::repay(loan, &mut dues, amount, moment.on)?;
    effects.note_dues(loan.id, &stored, &dues);
    Ok(parts)
}

/// A pending transaction turns out to have failed. A disbursement leaves the limit free again. A repayment that had
/// lowered the balance gives the debt back, and the days that it counted on are recomputed: interest, splits, schedule
/// and what is overdue come to what they would have been without it.
pub(crate) fn fail_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut transaction: Transaction,
    reason: &str,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if transaction.kind == TransactionType::Disbursement {
        call_off(loan, &transaction, moment, effects);
    } else if transaction.counts() {
        effects.entries.push(undo(loan, &transaction, moment)?);
        let story = correct::story_in(tx, tenant, loan.id)?.without(&[transaction.id]);
        let story = story.keeping_excess();
        let retold = correct::retell_in(tx, tenant, loan, &story, moment.on)?;
        correct::settle(loan, retold, moment, effects)?;
    }
    transaction.end(TransactionStatus::Failed, loan, moment);
    transaction.failure_reason = reason.to_owned();
    transaction.resolved_at = Some(moment.at);
    effects.events.push(result_event(&transaction));
    effects.resolved.push(transaction);
    Ok(())
}

/// Calls a pending disbursement off: what it had reserved of the limit is free again.
pub(crate) fn call_off(
    loan: &mut Loan,
    disbursement: &Transaction,
    moment: Moment,
    effects: &mut Effects,
) {
    loan.balances.principal.pending_debit -= disbursement.principal.minor();
    effects.resolutions.push(Resolution {
        entry: disbursement.entry_id(),
        outcome: Outcome::Voided,
        effective_on: moment.on,
        recorded_at: moment.at,
    });
}

/// Takes the effect of a transaction that counts off the balances, and answers the entry that says so.
pub(crate) fn undo(
    loan: &mut Loan,
    transaction: &Transaction,
    moment: Moment,
) -> Result<florin_ledger::Entry, LendingError> {
    let parts = transaction.parts();
    let undone = match transaction.kind {
        TransactionType::Disbursement => Undone::Disbursement,
        TransactionType::Fee => Undone::Fee,
        TransactionType::Interest => Undone::Interest,
        TransactionType::Waiver => Undone::Waiver,
        TransactionType::Repayment if transaction.status == TransactionStatus::Pending => {
            Undone::UnderWay
        }
        TransactionType::Repayment | TransactionType::Refund => Undone::Collected,
    };
    let raises = matches!(
        transaction.kind,
        TransactionType::Repayment | TransactionType::Waiver | TransactionType::Refund
    );
    let sign = if raises { -1 } else { 1 };
    let taken = postings::Parts {
        principal: sign * parts.principal,
        interest: sign * parts.interest,
        fee: sign * parts.fee,
    };
    loan.take(taken)?;
    Ok(postings::reversal(EntryId::new(), loan.id, loan.currency, undone, parts, moment))
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

/// An event about a loan as a whole: the document lists no fields, so that it says what a receiver would look up.
pub(crate) fn loan_event(
    kind: &'static str,
    loan: &Loan,
    overdue: i64,
    moment: Moment,
) -> NewEvent {
    NewEvent {
        kind,
        resource: format!("loan:{}", loan.id),
        occurred_at: moment.at,
        data: json!({
            "loan": loan.id.to_string(),
            "end_user": loan.end_user.to_string(),
            "status": loan.status.as_str(),
            "days_past_due": loan.days_past_due(moment.on),
            "amount_overdue": loan.money(overdue).to_string(),
            "date": moment.on.to_string(),
        }),
    }
}
