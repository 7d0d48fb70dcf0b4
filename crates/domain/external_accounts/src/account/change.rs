//! What happens to external accounts after they were added: verifying, updating, archiving, locking.

use florin_ids::TenantId;
use florin_ledger::balances_in;
use florin_payments::{Instrument, Payment, Purpose, RailKind, under_way_in};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::entity::{AccountStatus, Attempt, ExternalAccount};
use super::new::AccountUpdate;
use super::repo;
use crate::customer::{self, Customer};
use crate::fields::text;
use crate::postings::CUSTOMER_SETTLEMENT;
use crate::program::CURRENCY;
use crate::rejection::{self, Rejection};
use crate::words::AccountId;
use crate::{ExternalAccounts, ExternalAccountsError, Scene, tell, transfer, trial};

/// What `externalAccount/verify` says.
#[derive(Debug, Clone)]
pub struct VerifyAmounts {
    /// `customerId`.
    pub customer: i64,
    /// `externalAccountId`.
    pub account: i64,
    /// One of the amounts, in dollars.
    pub amount1: Decimal,
    /// The other one.
    pub amount2: Decimal,
}

/// By which of its two names an account is archived: each has codes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    Archive,
    Deactivate,
}

impl ExternalAccounts {
    /// `externalAccount/verify`: the customer tells the amounts of the trial deposits, in either order.
    ///
    /// A wrong answer counts, and the account may be locked or expire by it, though the call is refused.
    ///
    /// # Errors
    /// 59954, 60001 to 60005, 62201 to 62207, 62301, 62302.
    pub async fn verify_account(
        &self,
        caller: &Caller,
        told: VerifyAmounts,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        let outcome = self
            .db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                verify_in(tx, &service, &scene, &told)
            })
            .await?;
        Ok(outcome?)
    }

    /// `externalAccount/update`.
    ///
    /// # Errors
    /// 59956, 60001 to 60005, 62401 to 62403.
    pub async fn update_account(
        &self,
        caller: &Caller,
        update: AccountUpdate,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                update_in(tx, &service, &scene, &update)
            })
            .await
    }

    /// `externalAccount/archive`: puts a Verified account away for good.
    ///
    /// # Errors
    /// 60001 to 60005, 62501, 62505, 62506.
    pub async fn archive_account(
        &self,
        caller: &Caller,
        customer: i64,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.put_away(caller, customer, account, Away::Archive).await
    }

    /// `externalAccount/deactivate`, which the document calls deprecated: the same, with the older codes, and only
    /// for customers on whose account in the program nothing stands.
    ///
    /// # Errors
    /// 60001 to 60005, 62501 to 62503.
    pub async fn deactivate_account(
        &self,
        caller: &Caller,
        customer: i64,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.put_away(caller, customer, account, Away::Deactivate).await
    }

    async fn put_away(
        &self,
        caller: &Caller,
        customer: i64,
        account: i64,
        by: Away,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let scene = service.begin_in(tx, &caller)?;
                let owner = customer::acting_in(tx, &service.keys, &scene, customer)?;
                put_away_in(tx, &service, &scene, &owner, account, by)
            })
            .await
    }

    /// An operator locks an account: nothing moves over it until it is unlocked.
    ///
    /// # Errors
    /// 66201.
    pub async fn lock_account(
        &self,
        caller: &Caller,
        account: i64,
        reason: &str,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let reason = reason.to_owned();
        self.operate(caller, account, move |it, at| it.lock(&reason, at)).await
    }

    /// An operator unlocks an account.
    ///
    /// # Errors
    /// 66201.
    pub async fn unlock_account(
        &self,
        caller: &Caller,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.operate(caller, account, |it, at| it.unlock(at)).await
    }

    /// An operator denies an account that is not verified yet; a verified one is locked.
    ///
    /// # Errors
    /// 66201.
    pub async fn deny_account(
        &self,
        caller: &Caller,
        account: i64,
        reason: &str,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let reason = reason.to_owned();
        self.operate(caller, account, move |it, at| it.deny(&reason, at)).await
    }

    /// An operator says that an account is the customer's, whatever became of its trial deposits.
    ///
    /// # Errors
    /// 66201.
    pub async fn approve_account(
        &self,
        caller: &Caller,
        account: i64,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        self.operate(caller, account, |it, at| it.become_verified(at)).await
    }

    async fn operate(
        &self,
        caller: &Caller,
        account: i64,
        mut act: impl FnMut(&mut ExternalAccount, Timestamp) + Send + 'static,
    ) -> Result<ExternalAccount, ExternalAccountsError> {
        let (service, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
                let id = AccountId::from_number(account);
                let held = repo::get_for_update(tx, &service.keys, caller.tenant, id)?;
                let mut held = held.ok_or_else(|| rejection::get_unknown(account))?;
                act(&mut held, at);
                save_in(tx, &service, caller.tenant, at, &held)?;
                Ok(held)
            })
            .await
    }
}

/// Writes a changed account, closes its verification when that is over, and tells listeners.
pub(crate) fn save_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    tenant: TenantId,
    at: Timestamp,
    account: &ExternalAccount,
) -> Result<(), ExternalAccountsError> {
    repo::update(tx, &service.keys, tenant, account)?;
    if account.status != AccountStatus::Unverified {
        trial::repo::close(tx, tenant, vec![account.id.number()])?;
    }
    tell::account_in(tx, tenant, at, account)
}

pub(crate) type Verified = Result<ExternalAccount, Rejection>;

/// Answers a rejection inside: what the attempt has changed is to be committed with it.
pub(crate) fn verify_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    told: &VerifyAmounts,
) -> Result<Verified, ExternalAccountsError> {
    let owner = customer::acting_in(tx, &service.keys, scene, told.customer)?;
    let mut account = to_verify_in(tx, service, scene, &owner, told.account)?;
    let Some(mut trial) = trial::repo::get(tx, &service.keys, scene.tenant, account.id)? else {
        // It was never to be verified, so it was made Verified.
        return Ok(Err(rejection::verify_done()));
    };
    let (status, attempts) = (account.status, trial.attempts);
    let cents = (cents("amount1", told.amount1)?, cents("amount2", told.amount2)?);
    let accounts = repo::of_customer(tx, &service.keys, scene.tenant, owner.id)?;
    let is_namesake = |it: &ExternalAccount| {
        it.id != account.id && it.status.counts() && it.goes_by(&account.nick_name)
    };
    let has_namesake = account.nick_name != account.name && accounts.iter().any(is_namesake);
    let (today, at) = (scene.moment.on, scene.moment.at);
    if has_namesake && account.status == AccountStatus::Unverified {
        return Ok(Err(rejection::verify_nick_name_taken(&account.nick_name)));
    }
    let most = scene.program.settings.verify_attempts_max;
    let attempt = account.attempt(&mut trial, cents, most, today, at);
    if attempts != trial.attempts {
        trial::repo::update_attempts(tx, scene.tenant, &trial)?;
    }
    if status != account.status {
        save_in(tx, service, scene.tenant, at, &account)?;
    }
    Ok(match attempt {
        Attempt::Right => Ok(account),
        Attempt::Refused(rejection) => Err(rejection),
    })
}

/// The account to verify, held: 62201 when the program has none of this number, 62302 when it is another customer's.
fn to_verify_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    owner: &Customer,
    number: i64,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let id = AccountId::from_number(number);
    let found = repo::get_for_update(tx, &service.keys, scene.tenant, id)?;
    let found = found.filter(|it| it.program == scene.program.id && it.is_active());
    let account = found.ok_or_else(|| rejection::verify_unknown(number))?;
    if account.customer != owner.id {
        return Err(rejection::verify_of_another(number).into());
    }
    Ok(account)
}

/// Dollars as cents; 59954 otherwise.
fn cents(property: &str, dollars: Decimal) -> Result<i64, Rejection> {
    let money = florin_money::Money::from_decimal(dollars, CURRENCY);
    money.map(florin_money::Money::minor).map_err(|_| rejection::not_a_decimal(property))
}

fn update_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    update: &AccountUpdate,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let owner = customer::acting_in(tx, &service.keys, scene, update.customer)?;
    let accounts = repo::of_customer(tx, &service.keys, scene.tenant, owner.id)?;
    let own = accounts.iter().find(|it| it.id.number() == update.account && it.is_active());
    let own = own.ok_or_else(|| rejection::update_unknown(update.account))?.id;
    let nick_name_is_taken = text(&update.nick_name).is_some_and(|nick| {
        accounts.iter().any(|it| it.id != own && it.is_active() && it.goes_by(&nick))
    });
    let tag_is_taken = match text(&update.tag) {
        Some(tag) => {
            let owner = repo::id_of_tag(tx, scene.tenant, scene.program.id, &tag)?;
            owner.is_some_and(|id| id != own)
        }
        None => false,
    };
    let faults = update.faults(nick_name_is_taken, tag_is_taken);
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let held = repo::get_for_update(tx, &service.keys, scene.tenant, own)?;
    let mut account = held.ok_or_else(|| rejection::update_unknown(update.account))?;
    update.apply(&mut account, scene.moment.at);
    repo::update(tx, &service.keys, scene.tenant, &account)?;
    Ok(account)
}

fn put_away_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    owner: &Customer,
    number: i64,
    by: Away,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let id = AccountId::from_number(number);
    let held = repo::get_for_update(tx, &service.keys, scene.tenant, id)?;
    let held = held.filter(|it| it.customer == owner.id);
    let mut account = held.ok_or_else(|| rejection::archive_unknown(number))?;
    if let Err(status) = account.archive(scene.moment.on, scene.moment.at) {
        return Err(match by {
            Away::Archive => rejection::archive_status(status),
            Away::Deactivate => rejection::deactivate_not_verified(),
        }
        .into());
    }
    let instrument = Instrument { rail: RailKind::Ach, reference: id.to_string() };
    // Trial deposits are the program's own: they go their way without the customer.
    let is_customers =
        |it: &Payment| !matches!(it.purpose, Purpose::TrialDeposit | Purpose::TrialOffset);
    let is_outstanding = under_way_in(tx, scene.tenant, &instrument)?.iter().any(is_customers);
    match by {
        Away::Archive if is_outstanding => return Err(rejection::archive_outstanding().into()),
        Away::Deactivate if is_outstanding || is_in_use_in(tx, scene, owner)? => {
            return Err(rejection::deactivate_in_use().into());
        }
        Away::Archive | Away::Deactivate => {}
    }
    save_in(tx, service, scene.tenant, scene.moment.at, &account)?;
    Ok(account)
}

/// Whether anything stands on the customer's account in the program, or is on its way to or from it.
fn is_in_use_in(
    tx: &mut Tx,
    scene: &Scene,
    owner: &Customer,
) -> Result<bool, ExternalAccountsError> {
    let key = owner.id.uuid();
    let balances = balances_in(tx, scene.tenant, vec![key])?;
    let balance = balances.get(&(key, CUSTOMER_SETTLEMENT.no)).copied().unwrap_or_default();
    Ok(balance.posted != 0
        || balance.pending() != 0
        || transfer::repo::any_under_way(tx, scene.tenant, owner.id)?)
}
