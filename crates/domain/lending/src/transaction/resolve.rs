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
use super::kept::{self, Kept};
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
    check_charged_in(tx, caller.tenant, &transaction, moment)?;
    let mut effects = Effects::default();
    let applied = apply(tx, caller.tenant, &mut loan, transaction, moment, &mut effects)?;
    effects.loans.push(loan);
    effects.write_in(tx, caller.tenant)?;
    Ok(applied)
}

/// Refuses a repayment that a provider is to collect on a day to come: its money cannot have moved.
fn check_charged_in(
    tx: &mut Tx,
    tenant: TenantId,
    transaction: &Transaction,
    moment: Moment,
) -> Result<(), LendingError> {
    let Some(payment) = transaction.payment.filter(|_| transaction.is_collection()) else {
        return Ok(());
    };
    let payment = florin_payments::get_in(tx, tenant, payment)?;
    let charge_on = payment.map(|it| it.charge_on.unwrap_or(it.wanted_on));
    match charge_on.filter(|charge_on| *charge_on > moment.on) {
        None => Ok(()),
        Some(charge_on) => Err(LendingError::conflict(format!(
            "The repayment is collected on {charge_on}: it can't be applied before."
        ))),
    }
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
            let is_new = loan.disbursed_minor == 0 || loan.balances.owed().total()? != 0;
            let keeps = !is_new && kept::kept_of(tx, tenant, loan.id)? != Kept::default();
            let product = loan::product_in(tx, tenant, loan.product)?;
            effects.resolutions.push(resolution(&transaction, Outcome::Posted, moment));
            pay_out(tx, tenant, loan, &product, &transaction, moment, effects)?;
            transaction.period = loan.period();
            if keeps || is_out_of_order(tx, tenant, loan, &transaction, moment)? {
                tell_with(tx, tenant, loan, &transaction, moment, effects)?;
            }
        }
        // It counts since it was asked for.
        TransactionType::Refund => {
            effects.resolutions.push(resolution(&transaction, Outcome::Posted, moment));
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

/// Whether a disbursement was asked for before something that was booked today, and so comes before it when the story
/// is told: the schedule is brought to that now, so that no later correction changes it.
fn is_out_of_order(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    transaction: &Transaction,
    moment: Moment,
) -> Result<bool, LendingError> {
    // Only a schedule depends on the order, and nothing can be repaid before the first disbursement.
    if !loan.is_term() || loan.disbursed_minor == transaction.principal.minor() {
        return Ok(false);
    }
    let later = repo::counting_from(tx, tenant, loan.id, moment.on)?;
    let is_first = |it: &Transaction| {
        it.kind == TransactionType::Interest || it.entry_id() < transaction.entry_id()
    };
    Ok(!later.iter().all(|it| !it.counts() || is_first(it) || it.id == transaction.id))
}

/// Brings the loan to its story with a disbursement and its fees: in their order, and paid as far as money is owed to
/// the borrower.
fn tell_with(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let mut story = correct::story_in(tx, tenant, loan.id)?;
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
    if !effects.leaves_pending_in(tx, tenant, loan.id)? {
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
    if loan.close_substatus == Some(CloseSubstatus::WrittenOff) {
        return recovered(tx, tenant, loan, transaction, moment, effects);
    }
    if transaction.effective_on < moment.on {
        return collected_before_today(tx, tenant, loan, transaction, moment, effects);
    }
    let taken = transaction.amount.minor().min(loan.balances.owed().total()?);
    let repaid = repay_in(tx, tenant, loan, taken, moment, effects)?;
    book_collected(loan, transaction, repaid, moment, effects);
    Ok(())
}

/// The money counts from an earlier day: the story is told with it. A loan that is closed stays closed.
fn collected_before_today(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    transaction: &mut Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let closed = loan.close_substatus.map(|substatus| (loan.close_reason.clone(), substatus));
    loan.reopen();
    let (repaid, retold) = correct::repaid_on_in(tx, tenant, loan, transaction, moment)?;
    loan.take(repaid)?;
    book_collected(loan, transaction, repaid, moment, effects);
    correct::settle(loan, retold, moment, effects)?;
    if let Some((reason, substatus)) = closed {
        loan.close(&reason, substatus);
    }
    Ok(())
}

/// Books a collected repayment that took `repaid` off the loan.
fn book_collected(
    loan: &Loan,
    transaction: &mut Transaction,
    repaid: postings::Parts,
    moment: Moment,
    effects: &mut Effects,
) {
    transaction.split(repaid);
    let (id, amounts) = (transaction.entry_id(), (repaid, transaction.beyond_minor()));
    let (currency, arrived) = (loan.currency, arrived(transaction));
    let entry = postings::repayment_collected(id, loan.id, currency, amounts, arrived, moment);
    effects.entries.push(entry);
    effects.cleared.extend(transaction.payment.map(|payment| (payment, id)));
}

/// The loan was written off: the money makes the loss smaller. What exceeds the loss is owed to the borrower.
fn recovered(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    transaction: &mut Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    transaction.effective_on = moment.on;
    let loss = repo::owed_by(tx, tenant, loan.id)?;
    let recovered = postings::Parts::allocate(loss, transaction.amount.minor());
    transaction.split(recovered);
    let amounts = (recovered.total()?, transaction.beyond_minor());
    let (id, arrived) = (transaction.entry_id(), arrived(transaction));
    let entry = postings::recovery(id, loan.id, loan.currency, amounts, arrived, moment);
    effects.entries.push(entry);
    effects.cleared.extend(transaction.payment.map(|payment| (payment, id)));
    Ok(())
}

/// Where the money of a collected repayment is now.
fn arrived(transaction: &Transaction) -> Arrived {
    match transaction.payment {
        Some(_) => Arrived::AtProvider,
        None => Arrived::AtBank,
    }
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
        let undone = undo(loan, &transaction, moment)?;
        effects.cleared.extend(transaction.payment.map(|payment| (payment, undone.id)));
        effects.entries.push(undone);
        let story = correct::story_in(tx, tenant, loan.id)?.without(&[transaction.id]);
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
    effects.resolutions.push(resolution(disbursement, Outcome::Voided, moment));
}

/// How the pending entry of a transaction ends.
pub(crate) fn resolution(of: &Transaction, outcome: Outcome, moment: Moment) -> Resolution {
    Resolution { entry: of.entry_id(), outcome, effective_on: moment.on, recorded_at: moment.at }
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
        TransactionType::Repayment => Undone::Collected,
        TransactionType::Refund => Undone::Refund,
    };
    let raises = matches!(transaction.kind, TransactionType::Repayment | TransactionType::Waiver);
    let sign = if raises { -1 } else { 1 };
    let taken = postings::Parts {
        principal: sign * parts.principal,
        interest: sign * parts.interest,
        fee: sign * parts.fee,
    };
    loan.take(taken)?;
    let overpaid = match transaction.kind {
        TransactionType::Repayment | TransactionType::Refund => transaction.beyond_minor(),
        _ => 0,
    };
    let (id, amounts) = (EntryId::new(), (parts, overpaid));
    Ok(postings::reversal(id, loan.id, loan.currency, amounts, undone, moment))
}

/// `disbursement_result`, `refund_result` or `repayment_result`: the provider or the partner has answered.
pub(crate) fn result_event(transaction: &Transaction) -> NewEvent {
    let kind = match transaction.kind {
        TransactionType::Disbursement => "disbursement_result",
        TransactionType::Refund => "refund_result",
        _ => "repayment_result",
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
