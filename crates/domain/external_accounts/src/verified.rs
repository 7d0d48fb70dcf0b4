//! What other domains ask of external accounts: lending pays out to them and collects from them, Connect adds them
//! verified. Everything here joins the caller's transaction.

use florin_crypto::KeyRing;
use florin_ids::{EndUserId, TenantId};
use florin_payments::{Instrument, RailKind};
use florin_storage::Tx;
use florin_tenancy::Caller;

use crate::account::{self, AccountKind, AccountStatus, Door, ExternalAccount, NewAccount};
use crate::customer::{self, Customer, NewCustomer};
use crate::rejection;
use crate::words::AccountId;
use crate::{ExternalAccounts, ExternalAccountsError, Scene, tell, trial};

/// The account, when money can be moved over it.
///
/// # Errors
/// 66201 when the tenant has no such account, 63004, 63005 or 63013 when it is not verified, locked or without numbers.
pub fn verified_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: i64,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let id = AccountId::from_number(account);
    let found = account::repo::get(tx, keys, tenant, id)?.filter(ExternalAccount::is_active);
    let found = found.ok_or_else(|| rejection::get_unknown(account))?;
    if found.is_usable() {
        return Ok(found);
    }
    Err(if found.is_locked() {
        rejection::transfer_account_locked(id)
    } else if !found.has_numbers() {
        rejection::transfer_unusable(id, "It has no routing number and account number.")
    } else {
        rejection::transfer_not_verified(id)
    }
    .into())
}

/// The same, of one of this borrower's customers.
///
/// # Errors
/// As [`verified_in`]; 66201 also when it is somebody else's.
pub fn verified_of_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    end_user: EndUserId,
    account: i64,
) -> Result<ExternalAccount, ExternalAccountsError> {
    let found = verified_in(tx, keys, tenant, account)?;
    let owners = customer::repo::of_end_user(tx, keys, tenant, end_user)?;
    if owners.iter().any(|owner| owner.id == found.customer) {
        Ok(found)
    } else {
        Err(rejection::get_unknown(account).into())
    }
}

/// The customer who holds an account.
///
/// # Errors
/// 60001 when there is none.
pub fn holder_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &ExternalAccount,
) -> Result<Customer, ExternalAccountsError> {
    customer::find_in(tx, keys, tenant, account.customer.number())
}

/// The newest account of a borrower that money can be collected from and paid to.
///
/// # Errors
/// Storage only.
pub fn newest_of_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<ExternalAccount>, ExternalAccountsError> {
    let mut newest: Option<ExternalAccount> = None;
    for owner in customer::repo::of_end_user(tx, keys, tenant, end_user)? {
        let accounts = account::repo::of_customer(tx, keys, tenant, owner.id)?;
        let usable =
            accounts.into_iter().filter(|it| it.is_usable() && it.debits_refused.is_none());
        newest = newest.into_iter().chain(usable).max_by_key(|account| account.id);
    }
    Ok(newest)
}

impl ExternalAccount {
    /// What payments over it name it by.
    pub fn instrument(&self) -> Instrument {
        Instrument { rail: RailKind::Ach, reference: self.id.to_string() }
    }
}

/// An account whose holder is known from elsewhere.
#[derive(Debug, Clone)]
pub struct VerifiedAccount {
    /// The lending borrower who holds it, when there is one: the account goes to its customer, who is made when there
    /// is none.
    pub end_user: Option<EndUserId>,
    /// The customer who holds it, when it is known.
    pub customer: Option<i64>,
    /// The holder's first name.
    pub first_name: String,
    /// The holder's last name.
    pub last_name: String,
    /// Nine digits.
    pub routing_number: String,
    /// At most 17 characters.
    pub account_number: String,
    /// Checking or savings.
    pub kind: AccountKind,
    /// The bank's name, where the program asks no directory or the directory does not list it.
    pub bank_name: Option<String>,
}

/// An account that was added for Connect.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The account, Verified.
    pub account: ExternalAccount,
    /// Whether it was Verified before, by something else.
    pub was_verified: bool,
}

/// Adds an account that is Verified without trial deposits, whatever the program's verification type and limits. A
/// customer who has one with the same numbers keeps it; it becomes Verified, unless it was denied or locked.
///
/// # Errors
/// 60001 to 60005, 60201, 60202, 62005 to 62007, 69203 to 69206, 59956; 62203 or 62202 when the account was denied or
/// locked before.
pub fn create_verified_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    new: &VerifiedAccount,
) -> Result<ExternalAccount, ExternalAccountsError> {
    link_in(tx, service, caller, new).map(|linked| linked.account)
}

/// The same, and tells whether the account owes it to this that it is Verified.
///
/// # Errors
/// As [`create_verified_in`].
pub fn link_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    new: &VerifiedAccount,
) -> Result<Linked, ExternalAccountsError> {
    let scene = service.begin_in(tx, caller)?;
    let owner = owner_in(tx, service, &scene, new)?;
    let numbers = (new.routing_number.trim(), new.account_number.trim());
    let known = account::repo::of_numbers(tx, &service.keys, scene.tenant, owner.id, numbers)?;
    if let Some(known) = known.into_iter().rfind(ExternalAccount::is_active) {
        let was_verified = known.status == AccountStatus::Verified;
        let account = confirm_in(tx, service, &scene, known)?;
        return Ok(Linked { account, was_verified });
    }
    let account = account::add_in(tx, service, &scene, &owner, new.asked(&owner), Door::Linked)?;
    Ok(Linked { account, was_verified: false })
}

/// Puts an account away for good whose holder no longer agrees to its use: nothing more moves over it, and what the bank
/// does not have yet fails for it. Answers whether it was Verified until now.
///
/// # Errors
/// Storage only.
pub fn retire_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    caller: &Caller,
    account: AccountId,
) -> Result<bool, ExternalAccountsError> {
    let scene = service.begin_in(tx, caller)?;
    let held = account::repo::get_for_update(tx, &service.keys, scene.tenant, account)?;
    let Some(mut held) = held else { return Ok(false) };
    if held.archive(scene.moment.on, scene.moment.at).is_err() {
        return Ok(false);
    }
    account::save_in(tx, service, scene.tenant, scene.moment.at, &held)?;
    Ok(true)
}

/// An account as it stands, its numbers included; `None` when there is none.
///
/// # Errors
/// Storage only.
pub fn account_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<ExternalAccount>, ExternalAccountsError> {
    Ok(account::repo::get(tx, keys, tenant, account)?)
}

/// Where an account stands; `None` when there is none.
///
/// # Errors
/// Storage only.
pub fn status_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<AccountStatus>, ExternalAccountsError> {
    Ok(account::repo::get(tx, keys, tenant, account)?.map(|account| account.status))
}

impl VerifiedAccount {
    /// What `create` would have said.
    pub(crate) fn asked(&self, owner: &Customer) -> NewAccount {
        NewAccount {
            customer: owner.id.number(),
            routing_number: Some(self.routing_number.clone()),
            account_number: Some(self.account_number.clone()),
            first_name: Some(self.first_name.clone()),
            last_name: Some(self.last_name.clone()),
            kind: Some(self.kind.as_str().to_owned()),
            name: self.bank_name.clone(),
            ..NewAccount::default()
        }
    }
}

/// The customer that the account is for, held, when it may act.
pub(crate) fn owner_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    new: &VerifiedAccount,
) -> Result<Customer, ExternalAccountsError> {
    if let Some(customer) = new.customer {
        return customer::acting_in(tx, &service.keys, scene, customer);
    }
    if let Some(end_user) = new.end_user {
        let owners = customer::repo::of_end_user(tx, &service.keys, scene.tenant, end_user)?;
        if let Some(owner) = owners.iter().find(|owner| owner.program == scene.program.id) {
            return customer::acting_in(tx, &service.keys, scene, owner.id.number());
        }
    }
    let asked = NewCustomer {
        first_name: Some(new.first_name.clone()),
        last_name: Some(new.last_name.clone()),
        ..NewCustomer::default()
    };
    let mut owner = customer::create_in(tx, &service.keys, scene, asked)?;
    if new.end_user.is_some() {
        owner.end_user = new.end_user;
        customer::repo::update(tx, &service.keys, scene.tenant, &owner)?;
    }
    Ok(owner)
}

/// An account that the customer has already: it is known now to be its own.
fn confirm_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    known: ExternalAccount,
) -> Result<ExternalAccount, ExternalAccountsError> {
    use AccountStatus as Status;
    let held = account::repo::get_for_update(tx, &service.keys, scene.tenant, known.id)?;
    let mut account = held.unwrap_or(known);
    if account.is_locked() {
        return Err(rejection::verify_locked().into());
    }
    match account.status {
        Status::Verified => return Ok(account),
        Status::Denied => return Err(rejection::verify_denied().into()),
        Status::Unverified | Status::VerifyLocked | Status::Expired | Status::Archived => {}
    }
    account.become_verified(scene.moment.at);
    account::repo::update(tx, &service.keys, scene.tenant, &account)?;
    trial::repo::close(tx, scene.tenant, vec![account.id.number()])?;
    tell::account_in(tx, scene.tenant, scene.moment.at, &account)?;
    Ok(account)
}
