//! Due amounts are asked for ahead of their day, in time for the rail.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{LoanId, TenantId, TransactionId};
use florin_payments::{Direction, Rails};
use florin_storage::Tx;

use super::{Asked, is_usable_in, repo};
use crate::LendingError;
use crate::loan::Loan;
use crate::loan::dues::{self, Dues};
use crate::postings::{Moment, Parts};
use crate::transaction::{self, Effects, Transaction, TransactionStatus, TransactionType, resolve};

/// The day up to which a loan is to be asked today for what falls due: its next due date when it moves in time if it
/// is asked for now, or today when something is overdue; each unless it was asked for already.
pub(crate) fn asks_up_to(loan: &Loan, rails: &Rails, today: Date) -> Option<Date> {
    let rail = rails.get(loan.instrument.as_ref()?.rail).ok()?;
    let is_new = |due_on: &Date| loan.collected_for.is_none_or(|last| last < *due_on);
    let next = loan.next_due_on.filter(is_new);
    let overdue = loan.unpaid_since.filter(|since| *since <= today && is_new(since));
    next.filter(|due_on| *due_on <= rail.horizon(Direction::Collect, today))
        .or(overdue.map(|_| today))
}

/// Which of `loans` can be collected from now, by the day up to which.
pub(crate) fn collectable_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    (loans, today): (Vec<Loan>, Date),
) -> Result<BTreeMap<Date, Vec<Uuid>>, LendingError> {
    let mut by_due: BTreeMap<Date, Vec<Uuid>> = BTreeMap::new();
    for loan in loans {
        let due_on = asks_up_to(&loan, rails, today);
        let Some((instrument, due_on)) = loan.instrument.as_ref().zip(due_on) else { continue };
        if is_usable_in(tx, rails, tenant, instrument)? {
            by_due.entry(due_on).or_default().push(loan.id.uuid());
        }
    }
    Ok(by_due)
}

/// The collection of `expected` by `due_on`, less what is under way already; nothing when that covers it.
pub(crate) fn collection(
    loan: &mut Loan,
    due_on: Date,
    expected: Parts,
    under_way: i64,
    moment: Moment,
) -> Result<Option<(Transaction, Asked)>, LendingError> {
    let Some(instrument) = loan.instrument.clone() else { return Ok(None) };
    loan.collected_for = Some(due_on);
    let amount = expected.total()? - under_way;
    if amount <= 0 {
        return Ok(None);
    }
    let parts = Parts::allocate(expected, amount);
    let (id, kind) = (TransactionId::new(), TransactionType::Repayment);
    let mut transaction = Transaction::new(id, loan, kind, parts, moment)?;
    transaction.is_automatic = true;
    transaction.status = TransactionStatus::Pending;
    transaction.resolved_at = None;
    let asked = Asked::repayment(&transaction, loan, instrument, due_on);
    Ok(Some((transaction, asked)))
}

/// [`call_off_in`] for a loan on which something was just booked, when it owes nothing any more: tomorrow may be too
/// late.
pub(crate) fn call_off_paid_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &mut Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if loan.instrument.is_none() || !loan.balances.owed().is_zero() {
        return Ok(());
    }
    call_off_in(tx, rails, tenant, loan, moment, effects)
}

/// Something that was just booked may leave nothing owed: what is still to be collected is called off, and the loan is
/// closed.
pub(crate) fn finish_paid_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &mut Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if !loan.status.is_open() {
        return Ok(());
    }
    call_off_paid_in(tx, rails, tenant, loan, moment, effects)?;
    resolve::close_if_paid(tx, tenant, loan, effects)
}

/// Takes back what is asked for and not yet with the bank. Should it be owed after all, it is asked for anew.
pub(crate) fn call_off_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &mut Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    for mut pending in transaction::repo::pending_of(tx, tenant, loan.id)? {
        let Some(payment) = pending.payment.filter(|_| pending.is_automatic) else { continue };
        if florin_payments::cancel_in(tx, rails, tenant, moment, payment)? {
            pending.end(TransactionStatus::Cancelled, loan, moment);
            pending.resolved_at = Some(moment.at);
            loan.collected_for = None;
            // What the provider never heard of was not announced either.
            if pending.provider_reference.is_some() {
                effects.events.push(resolve::result_event(&pending));
            }
            effects.resolved.push(pending);
        }
    }
    Ok(())
}

/// What is under way to `loans`, once nothing is to be tried again for them: the next collection asks for all.
pub(crate) fn under_way_in(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, i64>, LendingError> {
    repo::delete_retries_of(tx, tenant, loans.clone())?;
    Ok(transaction::repo::under_way(tx, tenant, loans)?)
}

/// What is unpaid of a loan, and what automatic repayments are under way to it, in minor units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uncollected {
    pub unpaid: i64,
    pub under_way: i64,
}

/// What is unpaid of what was to be paid by `date`, and what is under way.
pub(crate) fn uncollected_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: &Loan,
    date: Date,
) -> Result<Uncollected, LendingError> {
    let ids = vec![loan.id.uuid()];
    let dues = dues::repo::unpaid(tx, tenant, ids.clone())?.remove(&loan.id);
    let under_way = transaction::repo::under_way(tx, tenant, ids)?.remove(&loan.id);
    let unpaid = dues.map_or(0, |dues| dues.unpaid_by(date));
    Ok(Uncollected { unpaid, under_way: under_way.unwrap_or(0) })
}

/// Whether a loan is behind once what is under way is counted as paid: the time that a provider takes makes nobody
/// late.
pub(crate) fn is_behind(loan: &Loan, dues: &Dues, under_way: i64, today: Date) -> bool {
    let mut dues = dues.clone();
    dues.pay(under_way, today);
    let then = Loan { unpaid_since: dues.unpaid_since(), ..loan.clone() };
    then.falls_behind(today)
}
