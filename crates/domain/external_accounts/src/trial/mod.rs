//! Trial deposits: two small credits to an external account and the debit that takes both back, as three payments.

mod entity;
mod owner;
pub(crate) mod repo;

use florin_crypto::random_bytes;
use florin_ids::EntryId;
use florin_money::Money;
use florin_payments::{
    Direction, Instrument, NewPayment, OwnerRef, Payment, PaymentState, PaymentsError, Purpose,
    RailKind, cancel_in, create_many_in,
};
use florin_storage::Tx;
use jiff::ToSpan;

pub use entity::{MICRODEPOSITS, Sizes, TRIAL_DEPOSITS, Trial, random_amounts};
pub use owner::{OWNER, TrialPayments};

pub(crate) use owner::speaks_against;

use crate::account::ExternalAccount;
use crate::postings::{self, Stage};
use crate::program::CURRENCY;
use crate::rejection;
use crate::transfer::Booked;
use crate::transfer::booking::{Books, step};
use crate::{ExternalAccounts, ExternalAccountsError, Scene};
use repo::Leg;

/// What the account's statement says beside a trial deposit (NACHA Operating Rules, "Micro-Entries").
const NOTE: &str = "ACCTVERIFY";

/// Asks for the trial deposits of a new account, of these sizes.
///
/// # Errors
/// 59003 when no ACH rail runs here, 63013 when it refuses the account.
pub(crate) fn send_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    account: &ExternalAccount,
    sizes: Sizes,
) -> Result<(), ExternalAccountsError> {
    let days = i64::from(scene.program.settings.verify_days);
    let amounts_minor = if service.is_sandbox {
        sizes.sandbox_minor
    } else {
        random_amounts(random_bytes(), sizes)
    };
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

/// Takes deposits back that have not left. False, and nothing is to be committed, when one of them has.
///
/// # Errors
/// The payments' or the ledger's.
pub(crate) fn call_off_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    payments: &[Payment],
) -> Result<bool, ExternalAccountsError> {
    let (tenant, moment) = (scene.tenant, scene.moment);
    for payment in payments {
        if !cancel_in(tx, &service.rails, tenant, moment, payment.id)? {
            return Ok(false);
        }
    }
    let ids = payments.iter().map(|payment| payment.id.uuid()).collect();
    let mut legs = repo::lock_legs(tx, tenant, ids)?;
    let mut books = Books::default();
    for leg in &mut legs {
        let Some(payment) = payments.iter().find(|it| it.id == leg.payment) else { continue };
        let is_credit = payment.direction == Direction::Pay;
        let state = PaymentState::Cancelled;
        step(&mut books, &mut leg.booked, &mut leg.entry, state, moment, |id, stage| {
            postings::trial(id, is_credit, payment.amount, stage, moment)
        });
    }
    books.write_in(tx, tenant)?;
    repo::update_legs(tx, tenant, &legs)?;
    Ok(true)
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
