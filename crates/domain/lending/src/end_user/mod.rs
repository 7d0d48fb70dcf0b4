//! End users: the borrowers, people and companies. Their details can be updated at any time; a change of the address
//! fields goes down in the history of addresses, and a type that people's assignments stand against is refused.

pub mod bank;
pub mod entity;
pub mod repo;
pub(crate) mod uk;
pub mod words;

use florin_crypto::KeyRing;
use florin_ids::{EndUserId, TenantId};
use florin_mandates::modulus;
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::civil::Date;

pub use bank::BankDigits;
pub use entity::{EndUser, EndUserFields, Moment};
pub use repo::FIELDS;
pub use words::EndUserType;

use crate::address::{self, PostalAddress};
use crate::{FieldError, Lending, LendingError, company};

const END_USER: &str = "end user";

impl Lending {
    /// Registers an end user.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] with every faulty field.
    pub async fn create_end_user(
        &self,
        caller: &Caller,
        fields: EndUserFields,
    ) -> Result<EndUser, LendingError> {
        let (caller, keys, id) = (caller.clone(), self.keys.clone(), EndUserId::new());
        self.db.write(move |tx| create_in(tx, &caller, &keys, id, fields.clone())).await
    }

    /// One end user.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_end_user(
        &self,
        caller: &Caller,
        id: EndUserId,
    ) -> Result<EndUser, LendingError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                repo::get(tx, &keys, tenant, id)?.ok_or(LendingError::NotFound(END_USER))
            })
            .await
    }

    /// Refuses an id that the tenant has no end user under.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn require_end_user(
        &self,
        caller: &Caller,
        id: EndUserId,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| require_in(tx, tenant, id)).await
    }

    /// A page of the end users that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_end_users(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<EndUser>, LendingError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db.read(move |tx| Ok(repo::list(tx, &keys, tenant, &query)?)).await
    }

    /// Hands every end user that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_end_user(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(EndUser) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db.read(move |tx| Ok(repo::each(tx, &keys, tenant, &query, &mut f)?)).await
    }

    /// Writes an end user's details anew: what `fields` leave out becomes unknown.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn replace_end_user(
        &self,
        caller: &Caller,
        id: EndUserId,
        fields: EndUserFields,
    ) -> Result<EndUser, LendingError> {
        let (caller, keys) = (caller.clone(), self.keys.clone());
        self.db
            .write(move |tx| {
                change_in(tx, &caller, &keys, id, |user, moment| {
                    user.replaced(fields.clone(), moment)
                })
            })
            .await
    }

    /// Changes what `fields` give of an end user's details.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn update_end_user(
        &self,
        caller: &Caller,
        id: EndUserId,
        fields: EndUserFields,
    ) -> Result<EndUser, LendingError> {
        let (caller, keys) = (caller.clone(), self.keys.clone());
        self.db
            .write(move |tx| {
                change_in(tx, &caller, &keys, id, |user, moment| {
                    user.changed(fields.clone(), moment)
                })
            })
            .await
    }
}

/// Refuses an id that the tenant has no end user under.
pub(crate) fn require_in(tx: &mut Tx, tenant: TenantId, id: EndUserId) -> Result<(), LendingError> {
    if repo::exists(tx, tenant, id)? { Ok(()) } else { Err(LendingError::NotFound(END_USER)) }
}

/// Holds an end user, so that nobody else changes it until the transaction ends.
pub(crate) fn lock_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
) -> Result<EndUserType, LendingError> {
    repo::kind_for_update(tx, tenant, id)?.ok_or(LendingError::NotFound(END_USER))
}

/// Why an end user cannot be given credit on `today`, as sentences; see [`entity::credit_objections`].
///
/// # Errors
/// [`LendingError::NotFound`].
pub fn credit_objections_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
    today: Date,
) -> Result<Vec<String>, LendingError> {
    let facts = repo::credit_facts(tx, tenant, id)?;
    let (kind, birth_date) = facts.ok_or(LendingError::NotFound(END_USER))?;
    Ok(entity::credit_objections(kind, birth_date, today))
}

/// The tenant's business date and the time to store.
pub(crate) fn moment_in(tx: &mut Tx, caller: &Caller) -> Result<Moment, LendingError> {
    let state = day::state_in(tx, caller.tenant)?;
    Ok(Moment { today: state.business_date, at: state.stamp(caller.now) })
}

fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    keys: &KeyRing,
    id: EndUserId,
    fields: EndUserFields,
) -> Result<EndUser, LendingError> {
    let moment = moment_in(tx, caller)?;
    let end_user = EndUser::register(id, fields, moment).map_err(LendingError::Invalid)?;
    check_account_in(tx, None, &end_user)?;
    repo::insert(tx, keys, caller.tenant, &end_user)?;
    let nowhere = PostalAddress::default();
    address::follow_in(tx, caller.tenant, id, &nowhere, end_user.address(), moment)?;
    Ok(end_user)
}

/// Refuses a British account that there cannot be. One that was taken before stays, whatever table has been loaded since.
fn check_account_in(
    tx: &mut Tx,
    before: Option<&EndUser>,
    after: &EndUser,
) -> Result<(), LendingError> {
    let account = after.british_account();
    let Some((code, number)) =
        account.filter(|_| account != before.and_then(EndUser::british_account))
    else {
        return Ok(());
    };
    if modulus::refuses_in(tx, code, number)? {
        return Err(LendingError::invalid("bank_account_number", modulus::NO_SUCH_ACCOUNT));
    }
    Ok(())
}

/// Locks the end user, lets `change` make the new details, and writes them; a new address is a move.
fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    keys: &KeyRing,
    id: EndUserId,
    change: impl FnOnce(&EndUser, Moment) -> Result<EndUser, Vec<FieldError>>,
) -> Result<EndUser, LendingError> {
    let moment = moment_in(tx, caller)?;
    let tenant = caller.tenant;
    let before =
        repo::get_for_update(tx, keys, tenant, id)?.ok_or(LendingError::NotFound(END_USER))?;
    let after = change(&before, moment).map_err(LendingError::Invalid)?;
    check_account_in(tx, Some(&before), &after)?;
    if before.kind != after.kind {
        company::check_kind_in(tx, tenant, id, before.kind, after.kind)?;
    }
    repo::update(tx, keys, tenant, &after)?;
    address::follow_in(tx, tenant, id, &before.address(), after.address(), moment)?;
    Ok(after)
}
