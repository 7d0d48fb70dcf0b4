//! Payments that a partner asks for, beside those that the schedule makes.

use florin_ids::ContributionId;
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::civil::Date;

use super::{CONTRIBUTION, Contribution, fund_in, repo};
use crate::transaction::{self, Transaction, TransactionStatus, pay};
use crate::{Savings, SavingsError};

impl Savings {
    /// Makes the next payment of a contribution now: for partners who schedule payments themselves. The schedule goes on
    /// with the payment after it. The same `key` (or, without one, the same business date) makes one payment; a payment
    /// that the schedule has made counts until the day of the next one is nearer than its own.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`]; [`SavingsError::Impossible`] for a contribution that has no further payment, a fund
    /// that is not established, or a key that named a payment of another amount.
    pub async fn create_payment(
        &self,
        caller: &Caller,
        id: ContributionId,
        key: Option<String>,
    ) -> Result<Contribution, SavingsError> {
        let (savings, caller) = (self.clone(), caller.clone());
        self.db()
            .write(move |tx| create_payment_in(tx, &savings, &caller, id, key.as_deref()))
            .await
    }
}

fn create_payment_in(
    tx: &mut Tx,
    savings: &Savings,
    caller: &Caller,
    id: ContributionId,
    key: Option<&str>,
) -> Result<Contribution, SavingsError> {
    let tenant = caller.tenant;
    let state = day::lock_shared_in(tx, tenant)?;
    let held = repo::get_for_update(tx, tenant, id)?;
    let mut contribution = held.ok_or(SavingsError::NotFound(CONTRIBUTION))?;
    let today = state.business_date;
    let source_key = match key {
        Some(key) => format!("key:{key}"),
        None => format!("day:{today}"),
    };
    if is_made_in(tx, caller, &contribution, (&source_key, key), today)? {
        return Ok(contribution);
    }
    contribution.check_scheduled()?;
    let fund = fund_in(tx, savings, caller, contribution.fund)?;
    if !fund.is_established() {
        return Err(SavingsError::impossible("the fund is not established"));
    }
    let moment = Moment { on: today, at: state.stamp(caller.now) };
    let new = vec![pay::PayIn {
        fund: &fund,
        source: id.uuid(),
        source_key,
        frequency: contribution.terms.frequency,
        amount_minor: contribution.amount_minor,
        account: contribution.account,
        giver: None,
    }];
    let made = pay::make_many_in(tx, savings.rails(), tenant, moment, state.collections, new)?;
    if let Some(failed) = made.iter().find(|it| it.status == TransactionStatus::Failed) {
        return Err(SavingsError::impossible(format!(
            "the payment cannot be made: {}",
            failed.reason
        )));
    }
    contribution.pay(today);
    repo::update_many(tx, tenant, std::slice::from_ref(&contribution))?;
    Ok(contribution)
}

/// Whether the payment that is asked for has been made: under this key, today without one, or by the schedule.
fn is_made_in(
    tx: &mut Tx,
    caller: &Caller,
    contribution: &Contribution,
    (source_key, key): (&str, Option<&str>),
    today: Date,
) -> Result<bool, SavingsError> {
    let (tenant, id) = (caller.tenant, contribution.id);
    if let Some(made) = transaction::of_source_in(tx, tenant, id.uuid(), source_key)? {
        let amount = made.amount_minor;
        if key.is_some() && amount != contribution.amount_minor {
            let why = format!("Idempotency-Key was used for a payment of {amount} cents");
            return Err(SavingsError::impossible(why));
        }
        return Ok(true);
    }
    if let Some(key) = key
        && repo::is_key_known(tx, tenant, id, key)?
    {
        return Ok(true);
    }
    let Some(slot) = contribution.paid else { return Ok(false) };
    let made = transaction::of_source_in(tx, tenant, id.uuid(), &slot.key())?;
    let Some(made) = made.filter(|made| stands(made, contribution, today)) else {
        return Ok(false);
    };
    if let Some(key) = key {
        repo::insert_key(tx, tenant, id, key, made.id)?;
    }
    Ok(true)
}

/// Whether a payment that the schedule has made is the one that is meant today, rather than the next one early. What
/// did not come is no payment.
fn stands(made: &Transaction, contribution: &Contribution, today: Date) -> bool {
    let has_come = matches!(made.status, TransactionStatus::Pending | TransactionStatus::Settled);
    let is_nearer = contribution
        .next
        .is_none_or(|next| made.occurred_on.duration_until(today) <= today.duration_until(next.on));
    has_come && is_nearer
}
