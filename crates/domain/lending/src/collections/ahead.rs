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
use crate::loan::dues::Dues;
use crate::postings::{Moment, Parts};
use crate::transaction::{self, Effects, Transaction, TransactionStatus, TransactionType, resolve};

/// Whether the next amount that falls due is to be asked for today: it moves in time if it is asked for now, and it
/// has not been asked for.
pub(crate) fn is_time(loan: &Loan, rails: &Rails, today: Date) -> bool {
    let (Some(instrument), Some(due_on)) = (&loan.instrument, loan.next_due_on) else {
        return false;
    };
    let Ok(rail) = rails.get(instrument.rail) else { return false };
    due_on <= rail.horizon(Direction::Collect, today)
        && loan.collected_for.is_none_or(|last| last < due_on)
}

/// Which of `loans` can be collected from now.
pub(crate) fn collectable_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loans: Vec<Loan>,
) -> Result<BTreeMap<Date, Vec<Uuid>>, LendingError> {
    let mut by_due: BTreeMap<Date, Vec<Uuid>> = BTreeMap::new();
    for loan in loans {
        let (Some(instrument), Some(due_on)) = (&loan.instrument, loan.next_due_on) else {
            continue;
        };
        if is_usable_in(tx, rails, tenant, instrument)? {
            by_due.entry(due_on).or_default().push(loan.id.uuid());
        }
    }
    Ok(by_due)
}

/// The collection of `expected`, less what is under way already; nothing when that covers it.
pub(crate) fn collection(
    loan: &mut Loan,
    expected: Parts,
    under_way: i64,
    moment: Moment,
) -> Result<Option<(Transaction, Asked)>, LendingError> {
    let Some((instrument, due_on)) = loan.instrument.clone().zip(loan.next_due_on) else {
        return Ok(None);
    };
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

/// Takes back what is asked for and not yet with the bank of a loan that owes nothing any more.
pub(crate) fn call_off_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    loan: &Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    for mut pending in transaction::repo::pending_of(tx, tenant, loan.id)? {
        let Some(payment) = pending.payment.filter(|_| pending.is_automatic) else { continue };
        if florin_payments::cancel_in(tx, rails, tenant, moment, payment)? {
            pending.end(TransactionStatus::Cancelled, loan, moment);
            pending.resolved_at = Some(moment.at);
            effects.events.push(resolve::result_event(&pending));
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

/// Whether a loan is behind once what is under way is counted as paid: the time that a provider takes makes nobody
/// late.
pub(crate) fn is_behind(loan: &Loan, dues: &Dues, under_way: i64, today: Date) -> bool {
    let mut dues = dues.clone();
    dues.pay(under_way, today);
    let then = Loan { unpaid_since: dues.unpaid_since(), ..loan.clone() };
    then.falls_behind(today)
}
