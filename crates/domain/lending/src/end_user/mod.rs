//! End users: the borrowers. Their details can be updated at any time.

pub mod entity;
pub mod repo;
pub mod words;

use florin_crypto::KeyRing;
use florin_ids::EndUserId;
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};

pub use entity::{BankDigits, EndUser, EndUserFields, Moment};
pub use repo::FIELDS;
pub use words::EndUserType;

use crate::{FieldError, Lending, LendingError};

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
        self.db
            .read(move |tx| {
                if repo::exists(tx, tenant, id)? {
                    Ok(())
                } else {
                    Err(LendingError::NotFound(END_USER))
                }
            })
            .await
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

fn moment_in(tx: &mut Tx, caller: &Caller) -> Result<Moment, LendingError> {
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
    repo::insert(tx, keys, caller.tenant, &end_user)?;
    Ok(end_user)
}

/// Locks the end user, lets `change` make the new details, and writes them.
fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    keys: &KeyRing,
    id: EndUserId,
    change: impl FnOnce(&EndUser, Moment) -> Result<EndUser, Vec<FieldError>>,
) -> Result<EndUser, LendingError> {
    let moment = moment_in(tx, caller)?;
    let end_user = repo::get_for_update(tx, keys, caller.tenant, id)?
        .ok_or(LendingError::NotFound(END_USER))?;
    let end_user = change(&end_user, moment).map_err(LendingError::Invalid)?;
    repo::update(tx, keys, caller.tenant, &end_user)?;
    Ok(end_user)
}
