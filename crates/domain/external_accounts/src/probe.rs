//! Accounts that Connect's end users and the givers of savings tell of and prove by deposits: the same accounts, trial
//! deposits and rules, Connect's with smaller amounts. Everything here joins the caller's transaction.

use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_payments::{Direction, Payment, PaymentState, of_owners_in};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::account::{self, Door, ExternalAccount, VerifyAmounts};
use crate::trial::{self, Sizes, Trial};
use crate::verified::{self, VerifiedAccount};
use crate::words::AccountId;
use crate::{ExternalAccounts, ExternalAccountsError, program, rejection};

/// How far the deposits to an account have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Asked for; they can still be called off.
    Asked,
    /// On their way.
    Sent,
    /// Both are on the account.
    Arrived,
}

/// An account and the deposits that prove it.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The account.
    pub account: ExternalAccount,
    /// Failed attempts to tell the amounts.
    pub attempts: u32,
    /// How many attempts are left before the account is locked.
    pub attempts_left: u32,
    /// The last business day on which they can be told.
    pub last_day: Date,
    /// How far the deposits have come.
    pub progress: Progress,
    /// The banking day on which both deposits are on the account.
    pub expected_on: Option<Date>,
    /// Why the bank sent one back, in its word (`R03`), where that speaks against the account.
    pub returned: Option<String>,
}

/// [`begin_of_in`] with Connect's microdeposits.
///
/// # Errors
/// As there.
pub fn begin_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    new: &VerifiedAccount,
) -> Result<ExternalAccount, ExternalAccountsError> {
    begin_of_in(tx, service, caller, new, trial::MICRODEPOSITS)
}

/// Adds an account as Unverified and asks for its deposits of these sizes, whatever the program's verification type and
/// limits.
///
/// # Errors
/// As [`verified::create_verified_in`]; 59001 and 59003 when the program cannot pay deposits, 63013 when the rail
/// refuses the account.
pub fn begin_of_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    new: &VerifiedAccount,
    sizes: Sizes,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let scene = service.begin_in(tx, caller)?;
    let owner = verified::owner_in(tx, service, &scene, new)?;
    account::add_in(tx, service, &scene, &owner, new.asked(&owner), Door::Probed(sizes))
}

/// The account and its deposits as they stand; `None` when there is no such account or it was never to be proven.
///
/// # Errors
/// The database's.
pub fn look_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Probe>, ExternalAccountsError> {
    let found = account::repo::get(tx, keys, tenant, account)?;
    probe_in(tx, keys, tenant, found)
}

/// The same, and the account stays as it is until the transaction ends.
///
/// # Errors
/// The database's.
pub fn hold_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Probe>, ExternalAccountsError> {
    let found = account::repo::get_for_update(tx, keys, tenant, account)?;
    probe_in(tx, keys, tenant, found)
}

fn probe_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    found: Option<ExternalAccount>,
) -> Result<Option<Probe>, ExternalAccountsError> {
    let Some(account) = found else { return Ok(None) };
    let Some(trial) = trial::repo::look(tx, keys, tenant, account.id)? else { return Ok(None) };
    let payments = of_owners_in(tx, tenant, vec![account.id.uuid()])?;
    let program = program::find_default_in(tx, tenant)?;
    let most = program.map_or(0, |program| program.settings.verify_attempts_max);
    Ok(Some(Probe::of(account, &trial, &payments, most)))
}

/// The holder tells the amounts, in cents and either order. A wrong answer counts and may lock the account.
///
/// # Errors
/// 60001 to 60005 when the customer may not act; 62201 for an unknown account.
pub fn tell_amounts_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    account: &ExternalAccount,
    cents: (i64, i64),
) -> Result<(), ExternalAccountsError> {
    let scene = service.begin_in(tx, caller)?;
    let told = VerifyAmounts {
        customer: account.customer.number(),
        account: account.id.number(),
        amount1: Decimal::new(cents.0, 2),
        amount2: Decimal::new(cents.1, 2),
    };
    // Why an answer was refused can be seen of the account afterwards.
    account::verify_in(tx, service, &scene, &told)?.map(drop).or(Ok(()))
}

/// The holder is known otherwise: the account is Verified whatever becomes of its deposits.
///
/// # Errors
/// 66201 for an unknown account.
pub fn approve_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    tenant: TenantId,
    at: Timestamp,
    account: AccountId,
) -> Result<(), ExternalAccountsError> {
    let held = account::repo::get_for_update(tx, &service.keys, tenant, account)?;
    let mut held = held.ok_or_else(|| rejection::get_unknown(account.number()))?;
    held.become_verified(at);
    account::save_in(tx, service, tenant, at, &held)
}

/// Takes the deposits back and lets the account's verification end. False, and the caller's transaction is not to be
/// committed, when one of them has left.
///
/// # Errors
/// 66201 for an unknown account; the payments' and the ledger's.
pub fn call_off_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    account: AccountId,
) -> Result<bool, ExternalAccountsError> {
    let scene = service.begin_in(tx, caller)?;
    let held = account::repo::get_for_update(tx, &service.keys, scene.tenant, account)?;
    let mut held = held.ok_or_else(|| rejection::get_unknown(account.number()))?;
    let payments = of_owners_in(tx, scene.tenant, vec![account.uuid()])?;
    if !trial::call_off_in(tx, service, &scene, &payments)? {
        return Ok(false);
    }
    held.expire(scene.moment.at);
    account::save_in(tx, service, scene.tenant, scene.moment.at, &held)?;
    Ok(true)
}

impl Probe {
    fn of(account: ExternalAccount, trial: &Trial, payments: &[Payment], most: u32) -> Self {
        let credits = || payments.iter().filter(|it| it.direction == Direction::Pay);
        let progress = credits().map(|it| progress(it.state)).min();
        Self {
            attempts: trial.attempts,
            attempts_left: most.saturating_sub(trial.attempts),
            last_day: trial.last_day,
            progress: progress.unwrap_or(Progress::Asked),
            expected_on: credits().filter_map(|it| it.charge_on).max(),
            returned: payments.iter().find(|it| trial::speaks_against(it)).map(returned),
            account,
        }
    }
}

fn progress(state: PaymentState) -> Progress {
    match state {
        PaymentState::Pending | PaymentState::Cancelled => Progress::Asked,
        PaymentState::Submitted | PaymentState::Failed | PaymentState::ChargedBack => {
            Progress::Sent
        }
        PaymentState::Confirmed | PaymentState::PaidOut => Progress::Arrived,
    }
}

fn returned(payment: &Payment) -> String {
    if payment.reason.is_empty() { payment.state.to_string() } else { payment.reason.clone() }
}
