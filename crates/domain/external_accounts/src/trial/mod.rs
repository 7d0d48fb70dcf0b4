//! Trial deposits: two small credits to an external account and the debit that takes both back, as three payments.

mod entity;
mod owner;
pub(crate) mod repo;

use florin_crypto::random_bytes;
use florin_ids::EntryId;
use florin_money::Money;
use florin_payments::{
    Direction, Instrument, NewPayment, OwnerRef, PaymentsError, Purpose, RailKind, create_many_in,
};
use florin_storage::Tx;
use jiff::ToSpan;

pub use entity::{CENTS, SANDBOX_CENTS, Trial, random_amounts};
pub use owner::{OWNER, TrialPayments};

use crate::account::ExternalAccount;
use crate::postings::{self, Stage};
use crate::program::CURRENCY;
use crate::rejection;
use crate::transfer::Booked;
use crate::{ExternalAccounts, ExternalAccountsError, Scene};
use repo::Leg;

/// What the account's statement says beside a trial deposit (NACHA Operating Rules, "Micro-Entries").
const NOTE: &str = "ACCTVERIFY";

/// Asks for the trial deposits of a new account.
///
/// # Errors
/// 59003 when no ACH rail runs here, 63013 when it refuses the account.
pub(crate) fn send_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    account: &ExternalAccount,
) -> Result<(), ExternalAccountsError> {
    let days = i64::from(scene.program.settings.verify_days);
    let amounts_minor =
        if service.is_sandbox { SANDBOX_CENTS } else { random_amounts(random_bytes()) };
    let trial = Trial {
        account: account.id,
        amounts_minor,
        attempts: 0,
        sent_at: scene.moment.at,
        last_day: scene.moment.on.saturating_add(days.days()),
    };
    repo::insert(tx, &service.keys, scene.tenant, &trial)?;
    let new = payments(&trial, account, scene);
    let (tenant, moment) = (scene.tenant, scene.moment);
    let payments = create_many_in(tx, &service.rails, tenant, moment, new)
        .map_err(|error| refused(error, account, scene))?;
    let legs: Vec<Leg> = payments
        .iter()
        .map(|payment| Leg {
            payment: payment.id,
            account: account.id,
            entry: EntryId::new(),
            booked: Booked::Pending,
        })
        .collect();
    repo::insert_legs(tx, tenant, &legs)?;
    let entries: Vec<_> = payments
        .iter()
        .zip(&legs)
        .map(|(payment, leg)| {
            let is_credit = payment.direction == Direction::Pay;
            postings::trial(leg.entry, is_credit, payment.amount, Stage::UnderWay, moment)
        })
        .collect();
    florin_ledger::post_many_in(tx, tenant, &entries)?;
    Ok(())
}

/// The two credits and the debit.
fn payments(trial: &Trial, account: &ExternalAccount, scene: &Scene) -> Vec<NewPayment> {
    let [first, second] = trial.amounts_minor;
    let legs = [
        (Direction::Pay, Purpose::TrialDeposit, first),
        (Direction::Pay, Purpose::TrialDeposit, second),
        (Direction::Collect, Purpose::TrialOffset, trial.offset_minor()),
    ];
    let payment = |(direction, purpose, minor)| NewPayment {
        instrument: Instrument { rail: RailKind::Ach, reference: account.id.to_string() },
        direction,
        purpose,
        amount: Money::from_minor(minor, CURRENCY),
        owner: OwnerRef { kind: OWNER.to_owned(), id: account.id.uuid() },
        wanted_on: scene.moment.on,
        counterparty: account.holder(),
        note: NOTE.to_owned(),
        same_day: false,
    };
    legs.into_iter().map(payment).collect()
}

/// What a rail's refusal means to the caller.
pub(crate) fn refused(
    error: PaymentsError,
    account: &ExternalAccount,
    scene: &Scene,
) -> ExternalAccountsError {
    match error {
        PaymentsError::NoRail(_) => rejection::no_program_external_account(scene.program.id).into(),
        PaymentsError::Unusable(reason) => rejection::transfer_unusable(account.id, &reason).into(),
        error => error.into(),
    }
}
