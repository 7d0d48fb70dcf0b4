//! Asking for payments, and hearing what became of them. Everything here joins the caller's transaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{PaymentId, TenantId};
use florin_storage::Tx;
use florin_tenancy::day;

use crate::payment::repo;
use crate::{
    Change, Instrument, Moment, NewPayment, Owners, Payment, PaymentState, PaymentsError, RailKind,
    Rails, Update,
};

/// The tenant's moment: its business date, and `now` on its clock. The day cannot turn until the transaction ends.
///
/// # Errors
/// An unknown tenant, or the database's.
pub fn moment_in(tx: &mut Tx, tenant: TenantId, now: Timestamp) -> Result<Moment, PaymentsError> {
    let state = day::lock_shared_in(tx, tenant)?;
    Ok(Moment { on: state.business_date, at: state.stamp(now) })
}

/// Asks for payments; answers them in their order, each with the day on which it moves.
///
/// # Errors
/// [`PaymentsError::NoRail`], or what the rail refuses.
pub fn create_many_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    moment: Moment,
    new: Vec<NewPayment>,
) -> Result<Vec<Payment>, PaymentsError> {
    let mut payments: Vec<Payment> =
        new.into_iter().map(|new| Payment::new(PaymentId::new(), new, moment.at)).collect();
    start_many_in(tx, rails, tenant, moment, &mut payments)?;
    repo::insert_many(tx, tenant, &payments)?;
    Ok(payments)
}

/// Tries a payment again that has failed: a new attempt on the first possible day from `wanted_on`.
///
/// # Errors
/// [`PaymentsError::Unknown`]; [`PaymentsError::Conflict`] when it has not failed; what the rail refuses.
pub fn retry_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    moment: Moment,
    id: PaymentId,
    wanted_on: Date,
) -> Result<Payment, PaymentsError> {
    let mut payment = lock_in(tx, tenant, id)?;
    if payment.state != PaymentState::Failed {
        return Err(PaymentsError::Conflict(format!(
            "The payment is {}: only a failed payment can be tried again.",
            payment.state
        )));
    }
    let rail = rails.get(payment.instrument.rail)?;
    rail.check_usable_in(tx, tenant, &payment.instrument, payment.direction)?;
    payment.state = PaymentState::Pending;
    payment.attempt = payment.attempt.saturating_add(1);
    payment.reason = String::new();
    payment.wanted_on = wanted_on;
    start_many_in(tx, rails, tenant, moment, std::slice::from_mut(&mut payment))?;
    repo::update_many(tx, tenant, std::slice::from_ref(&payment))?;
    Ok(payment)
}

/// Takes back a payment that is not yet with the bank. False when it is too late; it is then as it was.
///
/// The owner is not told: it is the one who asks.
///
/// # Errors
/// [`PaymentsError::Unknown`], or the database's.
pub fn cancel_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    moment: Moment,
    id: PaymentId,
) -> Result<bool, PaymentsError> {
    let mut payment = lock_in(tx, tenant, id)?;
    if payment.state != PaymentState::Pending
        || !rails.get(payment.instrument.rail)?.cancel_in(tx, tenant, moment, &payment)?
    {
        return Ok(false);
    }
    payment.state = PaymentState::Cancelled;
    repo::update_many(tx, tenant, std::slice::from_ref(&payment))?;
    Ok(true)
}

/// Takes in what a rail tells of payments, and hands what has changed to their owners; answers the changes.
///
/// # Errors
/// What stops an owner, or the database's. Nothing is recorded then.
pub fn tell_many_in(
    tx: &mut Tx,
    owners: &Owners,
    tenant: TenantId,
    moment: Moment,
    updates: &[Update],
) -> Result<Vec<Change>, PaymentsError> {
    let ids = updates.iter().map(|update| update.payment.uuid()).collect();
    let held = repo::lock_many(tx, tenant, ids)?;
    let mut held: BTreeMap<PaymentId, Payment> = held.into_iter().map(|it| (it.id, it)).collect();
    let mut changes = Vec::new();
    for update in updates {
        let Some(payment) = held.get_mut(&update.payment) else { continue };
        let before = payment.state;
        if payment.take_in(update) {
            changes.push(Change { payment: payment.clone(), before });
        }
    }
    let held: Vec<Payment> = held.into_values().collect();
    repo::update_many(tx, tenant, &held)?;
    owners.tell_in(tx, tenant, moment, &changes)?;
    Ok(changes)
}

/// [`tell_many_in`] of one.
///
/// # Errors
/// As there.
pub fn tell_in(
    tx: &mut Tx,
    owners: &Owners,
    tenant: TenantId,
    moment: Moment,
    update: Update,
) -> Result<Option<Change>, PaymentsError> {
    Ok(tell_many_in(tx, owners, tenant, moment, &[update])?.pop())
}

/// The payment of this id.
///
/// # Errors
/// The database's.
pub fn get_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: PaymentId,
) -> Result<Option<Payment>, PaymentsError> {
    Ok(repo::get(tx, tenant, id)?)
}

/// The payments of these owners' ids, oldest first.
///
/// # Errors
/// The database's.
pub fn of_owners_in(
    tx: &mut Tx,
    tenant: TenantId,
    owners: Vec<Uuid>,
) -> Result<Vec<Payment>, PaymentsError> {
    Ok(repo::of_owners(tx, tenant, owners)?)
}

/// What of the payments of these owners' ids, all of one currency, is being taken back, in minor units
/// ([`Payment::is_going_back`]).
///
/// # Errors
/// The database's.
pub fn going_back_in(
    tx: &mut Tx,
    tenant: TenantId,
    owners: Vec<Uuid>,
) -> Result<i64, PaymentsError> {
    if owners.is_empty() {
        return Ok(0);
    }
    let payments = repo::of_owners(tx, tenant, owners)?;
    let going_back = payments.iter().filter(|it| it.is_going_back());
    Ok(going_back.map(|it| it.amount.minor()).sum())
}

/// The payments that the provider knows under these references.
///
/// # Errors
/// The database's.
pub fn by_references_in(
    tx: &mut Tx,
    tenant: TenantId,
    rail: RailKind,
    references: Vec<String>,
) -> Result<Vec<Payment>, PaymentsError> {
    Ok(repo::by_references(tx, tenant, rail, references)?)
}

/// Payments of a rail that move on one of these days, both included, in the order of their ids: a page after `after`.
///
/// # Errors
/// The database's.
pub fn charged_between_in(
    tx: &mut Tx,
    tenant: TenantId,
    rail: RailKind,
    days: (Date, Date),
    after: Option<PaymentId>,
    limit: u32,
) -> Result<Vec<Payment>, PaymentsError> {
    Ok(repo::charged_between(tx, tenant, rail, days, after, limit)?)
}

/// The payments with this instrument whose outcome is open.
///
/// # Errors
/// The database's.
pub fn under_way_in(
    tx: &mut Tx,
    tenant: TenantId,
    instrument: &Instrument,
) -> Result<Vec<Payment>, PaymentsError> {
    Ok(repo::under_way(tx, tenant, instrument)?)
}

fn lock_in(tx: &mut Tx, tenant: TenantId, id: PaymentId) -> Result<Payment, PaymentsError> {
    repo::lock_many(tx, tenant, vec![id.uuid()])?.pop().ok_or(PaymentsError::Unknown)
}

/// Hands each rail its payments, which stay in their order.
fn start_many_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    moment: Moment,
    payments: &mut [Payment],
) -> Result<(), PaymentsError> {
    payments.sort_by_key(|payment| (payment.instrument.rail, payment.id));
    for of_rail in payments.chunk_by_mut(|one, other| one.instrument.rail == other.instrument.rail)
    {
        let Some(kind) = of_rail.first().map(|payment| payment.instrument.rail) else { continue };
        rails.get(kind)?.start_many_in(tx, tenant, moment, of_rail)?;
    }
    payments.sort_by_key(|payment| payment.id);
    Ok(())
}
