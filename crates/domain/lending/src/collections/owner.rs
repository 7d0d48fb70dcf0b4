//! What lending does when a payment of one of its transactions changes.

use std::error::Error;

use florin_ids::{EntryId, TenantId, TransactionId};
use florin_money::Currency;
use florin_payments::{
    Change, Direction, Moment as Told, Owner, Payment, PaymentState, RailKind, Rails,
};
use florin_storage::Tx;
use florin_tenancy::day;

use super::repo::{self, Retry};
use super::{ahead, came_back, settings};
use crate::LendingError;
use crate::day_end::ORDINAL;
use crate::loan::retell::Story;
use crate::loan::{self, Loan};
use crate::postings::{self, Arrived, Moment, Parts};
use crate::refund::states;
use crate::transaction::kept::{self, Kept};
use crate::transaction::{
    self, Effects, Transaction, TransactionStatus, TransactionType, resolve, retry,
};

/// The kind by which payments know lending's transactions.
pub const OWNER: &str = "loan_transaction";

/// Why a direct debit failed for which it is worth asking again: the money was not there. (A rail of its own
/// knows what may be presented again and does so itself, before it tells that the payment has failed.)
const WORTH_ANOTHER: &[&str] = &["insufficient_funds", "refer_to_payer"];

/// Lending as the owner of its transactions' payments.
#[derive(Debug, Clone, Default)]
pub struct LoanPayments {
    rails: Rails,
}

impl LoanPayments {
    /// With the rails on which what is not wanted any more is called off.
    pub fn new(rails: Rails) -> Self {
        Self { rails }
    }
}

impl Owner for LoanPayments {
    fn kind(&self) -> &'static str {
        OWNER
    }

    fn changed_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Told,
        changes: &[Change],
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        for change in changes {
            changed_in(tx, &self.rails, tenant, moment, change)?;
        }
        Ok(())
    }
}

/// A change of a payment, beside the transaction and the loan that it is of.
struct Changed<'a> {
    change: &'a Change,
    transaction: Transaction,
    loan: Loan,
    moment: Moment,
}

fn changed_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    told: Told,
    change: &Change,
) -> Result<(), LendingError> {
    let id = TransactionId::from_uuid(change.payment.owner.id);
    let Some(found) = transaction::repo::get(tx, tenant, id)? else { return Ok(()) };
    let day = day::lock_shared_in(tx, tenant)?;
    let held = loan::repo::lock_many(tx, tenant, vec![found.loan.uuid()])?.pop();
    let Some(loan) = held else { return Ok(()) };
    // Read again now that the loan is held.
    let Some(transaction) = transaction::repo::get(tx, tenant, id)? else { return Ok(()) };
    // A step of the business day behind lending's tells it in the new day, which is not noted before the step ends.
    let on = day.date_for(ORDINAL, loan.id.uuid()).max(told.on);
    let moment = Moment { on, at: told.at };
    let mut effects = Effects::default();
    let mut changed = Changed { change, transaction, loan, moment };
    changed.call_off_refunds_in(tx, rails, tenant)?;
    act_in(tx, rails, tenant, changed, &mut effects)?;
    effects.write_in(tx, tenant)
}

impl Changed<'_> {
    /// News of a payment that was called off, or in whose place another one was asked for.
    fn is_stray(&self) -> bool {
        // One that was called off too late has moved all the same.
        let has_moved = self.change.has_moved() && self.transaction.moves_late();
        let is_called_off = self.transaction.status == TransactionStatus::Cancelled && !has_moved;
        self.transaction.payment != Some(self.change.payment.id) || is_called_off
    }

    /// Money has come back that may be on its way to the borrower: what has not gone out does not.
    fn call_off_refunds_in(
        &mut self,
        tx: &mut Tx,
        rails: &Rails,
        tenant: TenantId,
    ) -> Result<(), LendingError> {
        let is_gone = self.transaction.is_collection() && has_not_moved(self.change);
        let gone = match self.is_stray() {
            true if self.change.has_come_back() => (None, self.change.payment.amount.minor()),
            false if is_gone && self.transaction.counts() => (Some(&self.transaction), 0),
            _ => return Ok(()),
        };
        let (loan, moment) = (&mut self.loan, self.moment);
        states::call_off_uncovered_in(tx, rails, tenant, loan, gone, moment)
    }
}

fn act_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    changed: Changed<'_>,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    let is_stray = changed.is_stray();
    let Changed { change, mut transaction, mut loan, moment } = changed;
    let payment = &change.payment;
    let is_collected = change.has_moved() && transaction.is_collection();
    if is_stray {
        return book_stray_in(tx, tenant, change, loan, moment, effects);
    }
    let is_pending = transaction.status == TransactionStatus::Pending;
    let is_first = is_pending && transaction.provider_reference.is_none();
    transaction.provider_reference = payment.reference.clone();
    transaction.processing_on = payment.charge_on.or(transaction.processing_on);
    if is_first && transaction.is_automatic && is_made_or_over(payment) {
        effects.events.push(resolve::event("repayment_created", &transaction));
    }
    let has_ended =
        matches!(transaction.status, TransactionStatus::Failed | TransactionStatus::Cancelled);
    if transaction.kind == TransactionType::Refund {
        states::told_in(tx, tenant, &mut loan, transaction, change, moment, effects)?;
        ahead::finish_paid_in(tx, rails, tenant, &mut loan, moment, effects)?;
    } else if change.has_moved() && is_pending {
        settle_if_paid_out(change, loan.currency, moment, effects);
        resolve::apply(tx, tenant, &mut loan, transaction, moment, effects)?;
        ahead::finish_paid_in(tx, rails, tenant, &mut loan, moment, effects)?;
    } else if is_collected && has_ended {
        // A charge-back that was won, or the rail has presented it again by itself.
        retry::begin_again(&mut transaction, &loan, moment, effects);
        transaction.provider_reference = payment.reference.clone();
        transaction.processing_on = payment.charge_on;
        settle_if_paid_out(change, loan.currency, moment, effects);
        resolve::collect_after_all(tx, tenant, &mut loan, transaction, moment, effects)?;
        ahead::finish_paid_in(tx, rails, tenant, &mut loan, moment, effects)?;
    } else if change.has_failed() && is_pending {
        if loan.instrument.as_ref() != Some(&payment.instrument) {
            // Nothing was asked for over what the loan is collected with by now.
            loan.collected_for = None;
        }
        note_retry_in(tx, tenant, change, &transaction, &loan, moment)?;
        resolve::fail_in(tx, tenant, &mut loan, transaction, &payment.reason, moment, effects)?;
    } else if has_not_moved(change) && transaction.status == TransactionStatus::Applied {
        note_retry_in(tx, tenant, change, &transaction, &loan, moment)?;
        came_back::take_back_in(tx, tenant, &mut loan, transaction, change, moment, effects)?;
    } else {
        if transaction.counts() {
            settle_if_paid_out(change, loan.currency, moment, effects);
        }
        effects.resolved.push(transaction);
    }
    effects.loans.push(loan);
    Ok(())
}

/// The provider has the payment; or it will never have it.
fn is_made_or_over(payment: &Payment) -> bool {
    payment.reference.is_some() || !payment.state.is_under_way()
}

/// The money has come back; or it never moved, though the partner said so by `apply`.
fn has_not_moved(change: &Change) -> bool {
    change.has_come_back() || change.has_failed()
}

/// News of a payment that was called off, or in whose place another one was asked for: what it still brings is owed to
/// the borrower.
fn book_stray_in(
    tx: &mut Tx,
    tenant: TenantId,
    change: &Change,
    loan: Loan,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if change.payment.direction != Direction::Collect {
        return Ok(());
    }
    let (id, currency, amount) = (EntryId::new(), loan.currency, change.payment.amount.minor());
    let amounts = (Parts::default(), amount);
    let mut more = 0;
    if change.has_moved() {
        let arrived = Arrived::AtProvider;
        let entry = postings::repayment_collected(id, loan.id, currency, amounts, arrived, moment);
        effects.entries.push(entry);
        more = amount;
    }
    if change.has_come_back() {
        let arrived = came_back::arrived(change);
        let entry = postings::repayment_returned(id, loan.id, currency, amounts, arrived, moment);
        effects.entries.push(entry);
        more = -amount;
    }
    if more != 0 {
        effects.cleared.push((change.payment.id, id));
        set_aside_in(tx, tenant, loan, more, moment, effects)?;
    }
    settle_if_paid_out(change, currency, moment, effects);
    Ok(())
}

/// Refunds take first what is set aside for the borrower: with more or less of it, more or less of what they gave back
/// was owed to the borrower, and the story is another one.
fn set_aside_in(
    tx: &mut Tx,
    tenant: TenantId,
    mut loan: Loan,
    more: i64,
    moment: Moment,
    effects: &mut Effects,
) -> Result<(), LendingError> {
    if kept::kept_of(tx, tenant, loan.id)?.refunded == 0 {
        return Ok(());
    }
    let change = Kept { set_aside: more, ..Kept::default() };
    let story = |story: Story| Story { set_aside: story.set_aside + more, ..story };
    states::retell_in(tx, tenant, &mut loan, (story, change), moment, effects)?;
    effects.loans.push(loan);
    Ok(())
}

/// The provider has paid a collected repayment out: its money is at the bank.
fn settle_if_paid_out(change: &Change, currency: Currency, moment: Moment, effects: &mut Effects) {
    let is_paid_out =
        change.payment.state == PaymentState::PaidOut && change.before != PaymentState::PaidOut;
    if is_paid_out && change.payment.direction == Direction::Collect {
        let (id, amount) = (EntryId::new(), change.payment.amount.minor());
        effects.entries.push(postings::repayment_settled(id, currency, amount, moment));
        effects.cleared.push((change.payment.id, id));
    }
}

/// Notes that a failed collection is to be tried again, as often as the tenant's policy allows.
fn note_retry_in(
    tx: &mut Tx,
    tenant: TenantId,
    change: &Change,
    transaction: &Transaction,
    loan: &Loan,
    moment: Moment,
) -> Result<(), LendingError> {
    let payment = &change.payment;
    let is_worth_it = payment.state == PaymentState::Failed
        && transaction.is_automatic
        && payment.instrument.rail == RailKind::DirectDebit
        && WORTH_ANOTHER.contains(&payment.reason.as_str());
    if !is_worth_it {
        return Ok(());
    }
    let policy = settings::settings_in(tx, tenant)?;
    // What is left of the amount is asked for by another payment of the same transaction.
    let payments = florin_payments::of_owners_in(tx, tenant, vec![transaction.id.uuid()])?;
    let attempts: u32 = payments.iter().map(|it| it.attempt).sum();
    if attempts < policy.attempts {
        let days = i32::try_from(policy.retry_days).unwrap_or(i32::MAX);
        let on = loan.terms.calendar.add_business_days(moment.on, days);
        let retry = Retry { on, transaction: transaction.id };
        repo::insert_retry(tx, tenant, loan.id, &retry)?;
    }
    Ok(())
}
