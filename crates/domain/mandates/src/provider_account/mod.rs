//! Tenants' accounts at their direct-debit provider: one is in use at a time, older ones are kept for what was begun
//! on them.

mod entity;
pub(crate) mod repo;

use florin_crypto::{KeyRing, Secret};
use florin_ids::{ProviderAccountId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;

pub use entity::{Environment, NewProviderAccount, Pages, ProviderAccount};

use crate::{FieldFault, Mandates, MandatesError, mandate};
use entity::Secrets;

const ACCOUNT: &str = "direct-debit account";
/// At most this many accounts are listed, the newest first.
const LIST_MAX: u32 = 100;

/// What can change of an account that stays the same at the provider. `None` keeps what is there.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// A new token of the same organisation.
    pub access_token: Option<Secret>,
    /// A new secret of its webhooks.
    pub webhook_secret: Option<Secret>,
    /// Whose pages end users see from now on.
    pub pages: Option<Pages>,
}

impl Mandates {
    /// Sets up an account and puts it in use; the one before it is out of use then, and its mandates are disabled. To
    /// change the secrets of an account, see [`Mandates::change_account`].
    ///
    /// # Errors
    /// [`MandatesError::Invalid`] with every faulty field; also when the account is an organisation at a simulator that
    /// another tenant uses.
    pub async fn set_account(
        &self,
        caller: &Caller,
        new: NewProviderAccount,
    ) -> Result<ProviderAccount, MandatesError> {
        let is_bound = new.environment == Environment::Custom && !self.custom_hosts;
        if is_bound {
            let text = "This server talks to the provider's own systems only.";
            return Err(MandatesError::invalid("environment", text));
        }
        let (account, secrets) =
            new.read(ProviderAccountId::new(), caller.now).map_err(MandatesError::Invalid)?;
        let (tenant, keys, now) = (caller.tenant, self.keys.clone(), caller.now);
        self.db
            .write(move |tx| {
                take_organisation_in(tx, tenant, &account, &secrets)?;
                if let Some(before) = repo::active(tx, tenant)? {
                    mandate::disable_all_in(tx, tenant, before.account.id, now)?;
                }
                repo::deactivate_all(tx, tenant, now)?;
                repo::insert(tx, &keys, tenant, &account, &secrets)?;
                Ok(account.clone())
            })
            .await
    }

    /// Sets up an organisation of its own at the simulated provider beside this server, unless the tenant has an account
    /// in use; answers the one in use.
    ///
    /// # Errors
    /// Storage only.
    pub async fn ensure_simulated_account(
        &self,
        caller: &Caller,
    ) -> Result<ProviderAccount, MandatesError> {
        let (tenant, now, keys) = (caller.tenant, caller.now, self.keys.clone());
        self.db
            .write(move |tx| match active_in(tx, tenant)? {
                Some(account) => Ok(account),
                None => simulated_in(tx, &keys, tenant, now),
            })
            .await
    }

    /// Changes an account that stays the same at the provider: its mandates stay in use.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`]; [`MandatesError::Invalid`].
    pub async fn change_account(
        &self,
        caller: &Caller,
        id: ProviderAccountId,
        change: AccountChange,
    ) -> Result<ProviderAccount, MandatesError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .write(move |tx| {
                let held = repo::get_for_update(tx, tenant, id)?;
                let held = held.ok_or(MandatesError::NotFound(ACCOUNT))?;
                let mut secrets = held.open(&keys)?;
                let mut account = held.account;
                let change = change.clone();
                secrets.access_token = change.access_token.unwrap_or(secrets.access_token);
                secrets.webhook_secret = change.webhook_secret.unwrap_or(secrets.webhook_secret);
                account.pages = change.pages.unwrap_or(account.pages);
                let faults: Vec<FieldFault> = secrets.faults();
                if !faults.is_empty() {
                    return Err(MandatesError::Invalid(faults));
                }
                take_organisation_in(tx, tenant, &account, &secrets)?;
                repo::update(tx, &keys, tenant, &account, &secrets)?;
                Ok(account)
            })
            .await
    }

    /// The tenant's accounts, the newest first; at most 100.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_accounts(
        &self,
        caller: &Caller,
    ) -> Result<Vec<ProviderAccount>, MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, LIST_MAX)?)).await
    }

    /// One account.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`].
    pub async fn get_account(
        &self,
        caller: &Caller,
        id: ProviderAccountId,
    ) -> Result<ProviderAccount, MandatesError> {
        let tenant = caller.tenant;
        let found = self.db.read(move |tx| Ok::<_, MandatesError>(repo::get(tx, tenant, id)?));
        Ok(found.await?.ok_or(MandatesError::NotFound(ACCOUNT))?.account)
    }

    /// Takes an account out of use: nothing new is begun on it, its mandates are disabled, and its webhooks are not
    /// believed any more. What was begun is followed for some weeks by asking the provider.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`].
    pub async fn deactivate_account(
        &self,
        caller: &Caller,
        id: ProviderAccountId,
    ) -> Result<(), MandatesError> {
        let (tenant, now) = (caller.tenant, caller.now);
        self.db
            .write(move |tx| {
                if repo::deactivate(tx, tenant, id, now)? == 0 {
                    return Err(MandatesError::NotFound(ACCOUNT));
                }
                mandate::disable_all_in(tx, tenant, id, now)
            })
            .await
    }
}

/// The account that the tenant uses.
///
/// # Errors
/// Storage only.
pub fn active_in(tx: &mut Tx, tenant: TenantId) -> Result<Option<ProviderAccount>, MandatesError> {
    Ok(repo::active(tx, tenant)?.map(|sealed| sealed.account))
}

/// Whether an account is the one in use.
pub(crate) fn is_active_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ProviderAccountId,
) -> Result<bool, MandatesError> {
    Ok(repo::get(tx, tenant, id)?.is_some_and(|sealed| sealed.account.is_active))
}

/// Sets up an account at the simulated provider for a tenant that has none.
pub(crate) fn simulated_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    now: Timestamp,
) -> Result<ProviderAccount, MandatesError> {
    let new = NewProviderAccount {
        environment: Environment::Simulated,
        base_url: None,
        is_simulator: None,
        access_token: Secret::generate("simulated_"),
        webhook_secret: Secret::generate("simulated_"),
        creditor: None,
        pages: Pages::Own,
    };
    let (account, secrets) =
        new.read(ProviderAccountId::new(), now).map_err(MandatesError::Invalid)?;
    take_organisation_in(tx, tenant, &account, &secrets)?;
    repo::insert(tx, keys, tenant, &account, &secrets)?;
    Ok(account)
}

/// An organisation at a simulator has one clock, which follows one tenant's: it is the tenant's that came first.
fn take_organisation_in(
    tx: &mut Tx,
    tenant: TenantId,
    account: &ProviderAccount,
    secrets: &Secrets,
) -> Result<(), MandatesError> {
    if account.is_simulator
        && repo::take_organisation(tx, tenant, secrets.access_token.hash())? != tenant
    {
        let text =
            "Another tenant uses this token at the simulated provider: choose one of your own.";
        return Err(MandatesError::invalid("access_token", text));
    }
    Ok(())
}
