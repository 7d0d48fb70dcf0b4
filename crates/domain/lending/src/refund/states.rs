//! What becomes of a refund.

use florin_ids::{EntryId, TenantId, TransactionId};
use florin_ledger::Outcome;
use florin_payments::{Change, Rails};
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::check_refund;
use crate::LendingError;
use crate::collections::ahead;
use crate::loan::retell::Story;
use crate::loan::{CloseSubstatus, Loan, LoanStatus};
use crate::postings::{self, Moment, Parts};
use crate::transaction::kept::{self, Kept};
use crate::transaction::{
    self, Effects, Transaction, TransactionStatus, TransactionType, correct, resolve,
};

/// Why a refund was called off whose money had come back from the borrower's bank.
const NO_LONGER_OWED: &str = "no_longer_owed";

pub(super) fn cancel_in(
    tx: &mut Tx,
    rails: &Rails,
    caller: &Caller,
    id: TransactionId,
) -> Result<Transaction, LendingError> {
    let (refund, mut loan, moment) = resolve::hold_in(tx, caller, id)?;
    check_refund(&refund)?;
    refund.check_pending("cancelled")?;
    if !is_called_off_in(tx, rails, caller.tenant, &refund, moment)? {
        return Err(LendingError::conflict(
            "The refund is with the bank: it can't be cancelled any more.",
        ));
    }
    let end = (TransactionStatus::Cancelled, "");
    end_in(tx, rails, caller.tenant, &mut loan, refund, end, moment)
}

/// Whether the money of a pending refund does not go out any more.
fn is_called_off_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    refund: &Transaction,
    moment: Moment,
) -> Result<bool, LendingError> {
    match refund.payment {
        Some(payment) => Ok(florin_payments::cancel_in(tx, rails, tenant, moment, payment)?),
        None => Ok(true),
    }
}

/// Ends a pending refund that was not paid, and writes it.
fn end_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &mut Loan,
    refund: Transaction,
    (status, reason): (TransactionStatus, &str),
    moment: Moment,
) -> Result<Transaction, LendingError> {
    let mut effects = Effects::default();
    effects.resolutions.push(resolve::resolution(&refund, Outcome::Voided, moment));
    not_given_back(tx, tenant, loan, refund, (status, reason), moment, &mut effects)?;
    let ended = effects.resolved.last().cloned();
    ahead::finish_paid_in(tx, rails, tenant, loan, moment, &mut effects)?;
    effects.loans.push(loan.clone());
    effects.write_in(tx, tenant)?;
    ended.ok_or(LendingError::NotFound("refund"))
}

/// What a refund would have given back, or had, is owed to the borrower again: it pays what the loan owes by now.
fn not_given_back(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut refund: Transaction,
    (status, reason): (TransactionStatus, &str),
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let change = Kept { refunded: -refund.amount.minor(), ..Kept::default() };
    let story = |story: Story| story.without(&[refund.id]);
    retell_in(tx, tenant, loan, (story, change), moment, effects)?;
    refund.end(status, loan, moment);
    refund.failure_reason = reason.to_owned();
    refund.resolved_at = Some(moment.at);
    effects.events.push(resolve::result_event(&refund));
    effects.resolved.push(refund);
    Ok(())
}

/// Brings the loan to its story with a change of what is owed to the borrower.
pub(crate) fn retell_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    (story, change): (impl FnOnce(Story) -> Story, Kept),
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if loan.close_substatus == Some(CloseSubstatus::WrittenOff) {
        let change = (Parts::default(), change);
        return correct::settle_loss_in(tx, tenant, loan, change, moment, effects);
    }
    if loan.status == LoanStatus::Cancelled {
        return Ok(());
    }
    let closed = loan.close_substatus.map(|substatus| (loan.close_reason.clone(), substatus));
    loan.reopen();
    let mut told = correct::story_in(tx, tenant, loan.id)?;
    told.set_aside = kept::set_aside_in(tx, tenant, loan.id, &told.booked)?;
    let story = story(told);
    let retold = correct::retell_in(tx, tenant, loan, &story, moment.on)?;
    correct::settle(loan, retold, moment, effects)?;
    if let Some((reason, substatus)) = closed.filter(|_| loan.balances.owed().is_zero()) {
        loan.close(&reason, substatus);
    }
    Ok(())
}

/// The rail has told of a refund's payment.
pub(crate) fn told_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    refund: Transaction,
    change: &Change,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let failed = (TransactionStatus::Failed, change.payment.reason.as_str());
    let is_pending = refund.status == TransactionStatus::Pending;
    if change.has_moved() && is_pending {
        resolve::apply(tx, tenant, loan, refund, moment, effects)?;
    } else if change.has_moved() && !refund.counts() {
        return paid_after_all(tx, tenant, loan, refund, moment, effects);
    } else if change.has_failed() && is_pending {
        effects.resolutions.push(resolve::resolution(&refund, Outcome::Voided, moment));
        not_given_back(tx, tenant, loan, refund, failed, moment, effects)?;
    } else if (change.has_failed() || change.has_come_back())
        && refund.status == TransactionStatus::Applied
    {
        effects.entries.push(resolve::undo(loan, &refund, moment)?);
        not_given_back(tx, tenant, loan, refund, failed, moment, effects)?;
    } else {
        effects.resolved.push(refund);
    }
    Ok(())
}

/// A refund that had failed or was called off has reached the borrower all the same.
fn paid_after_all(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &mut Loan,
    mut refund: Transaction,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    transaction::retry::begin_again(&mut refund, loan, moment, effects);
    refund.entry = Some(EntryId::new());
    let amount = refund.amount.minor();
    let id = refund.entry_id();
    let entry = postings::refund(id, loan.id, loan.currency, (amount, false), moment);
    effects.entries.push(entry);
    let change = Kept { refunded: amount, ..Kept::default() };
    let story = |story: Story| story.with_refund(&refund);
    retell_in(tx, tenant, loan, (story, change), moment, effects)?;
    refund.status = TransactionStatus::Applied;
    refund.resolved_at = Some(moment.at);
    effects.events.push(resolve::result_event(&refund));
    effects.resolved.push(refund);
    Ok(())
}

/// Calls off the refunds that have not gone out, the newest first, as far as they give back more than will be owed to
/// the borrower once `transaction` no longer counts, or `lost` of what is set aside is gone.
pub(crate) fn call_off_uncovered_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &mut Loan,
    (transaction, lost): (Option<&Transaction>, i64),
    moment: Moment,
) -> Result<(), LendingError> {
    let pending = transaction::repo::pending_of(tx, tenant, loan.id)?.into_iter();
    let refunds: Vec<_> = pending.filter(|it| it.kind == TransactionType::Refund).collect();
    for refund in refunds.into_iter().rev() {
        if short_in(tx, tenant, loan, (transaction, lost), moment)? <= 0 {
            return Ok(());
        }
        if is_called_off_in(tx, rails, tenant, &refund, moment)? {
            let end = (TransactionStatus::Cancelled, NO_LONGER_OWED);
            end_in(tx, rails, tenant, loan, refund, end, moment)?;
        }
    }
    Ok(())
}

/// What is given back beyond what will be owed to the borrower, in minor units.
fn short_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    (transaction, lost): (Option<&Transaction>, i64),
    moment: Moment,
) -> Result<i64, LendingError> {
    if loan.close_substatus == Some(CloseSubstatus::WrittenOff) {
        let repaid = -transaction.map_or(0, Transaction::beyond_minor);
        let change = Kept { repaid, refunded: 0, set_aside: -lost };
        return Ok(-kept::kept_of(tx, tenant, loan.id)?.with(change).left());
    }
    let mut story = correct::story_in(tx, tenant, loan.id)?;
    story.set_aside -= lost;
    let gone: Vec<TransactionId> = transaction.map(|it| it.id).into_iter().collect();
    Ok(correct::retell_in(tx, tenant, loan, &story.without(&gone), moment.on)?.short)
}
