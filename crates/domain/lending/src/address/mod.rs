//! The addresses of end users, with their history. The current one stands in the end user's own fields too, which is
//! where an application reads it; whichever of the two is written, the other follows in the same transaction.
//!
//! Lock order: the end user's row, which every write takes first; the addresses need no locks of their own.

pub mod entity;
pub mod repo;

use florin_ids::{AddressId, EndUserId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::Caller;

pub use entity::{Address, AddressFields, PostalAddress, PostalFields};
pub use repo::FIELDS;

use crate::end_user::{self, Moment, moment_in};
use crate::{FieldError, Lending, LendingError};

const ADDRESS: &str = "address";

impl Lending {
    /// Adds an address to an end user's history. One without `moved_out` becomes the current one.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the end user; [`LendingError::Invalid`].
    pub async fn create_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        fields: AddressFields,
    ) -> Result<Address, LendingError> {
        let (caller, id) = (caller.clone(), AddressId::new());
        self.db.write(move |tx| create_in(tx, &caller, end_user, id, fields.clone())).await
    }

    /// One address of an end user.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        id: AddressId,
    ) -> Result<Address, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                repo::get(tx, tenant, end_user, id)?.ok_or(LendingError::NotFound(ADDRESS))
            })
            .await
    }

    /// A page of an end user's addresses that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the end user.
    pub async fn list_addresses(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        query: ListQuery,
    ) -> Result<Page<Address>, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                end_user::require_in(tx, tenant, end_user)?;
                Ok(repo::list(tx, tenant, end_user, &query)?)
            })
            .await
    }

    /// Hands every address of an end user that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the end user.
    pub async fn each_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        query: ListQuery,
        mut f: impl FnMut(Address) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                end_user::require_in(tx, tenant, end_user)?;
                Ok(repo::each(tx, tenant, end_user, &query, &mut f)?)
            })
            .await
    }

    /// Writes an address anew: what `fields` leave out becomes unknown.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn replace_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        id: AddressId,
        fields: AddressFields,
    ) -> Result<Address, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                change_in(tx, &caller, end_user, id, |address, other, moment| {
                    address.replaced(fields.clone(), other, moment)
                })
            })
            .await
    }

    /// Changes what `fields` give of an address: a correction, no move.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn update_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        id: AddressId,
        fields: AddressFields,
    ) -> Result<Address, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                change_in(tx, &caller, end_user, id, |address, other, moment| {
                    address.changed(fields.clone(), other, moment)
                })
            })
            .await
    }

    /// Removes an address, as if it had never been: after the current one, the one that was left last is current
    /// again.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn delete_address(
        &self,
        caller: &Caller,
        end_user: EndUserId,
        id: AddressId,
    ) -> Result<(), LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| delete_in(tx, &caller, end_user, id)).await
    }
}

fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    end_user: EndUserId,
    id: AddressId,
    fields: AddressFields,
) -> Result<Address, LendingError> {
    let tenant = caller.tenant;
    let moment = moment_in(tx, caller)?;
    end_user::lock_in(tx, tenant, end_user)?;
    let current = repo::current(tx, tenant, end_user)?;
    let moved = Address::add(id, end_user, fields, current.as_ref(), moment);
    let moved = moved.map_err(LendingError::Invalid)?;
    write_in(tx, tenant, &moved)?;
    // `add` always gives one.
    let address = moved.to.ok_or(LendingError::NotFound(ADDRESS))?;
    if address.is_current() {
        repo::show(tx, tenant, end_user, Some(&address.postal), moment.at)?;
    }
    Ok(address)
}

/// Lets `change` make the new address from the present one and from the end user's current one where that is
/// another, writes it, and shows what is current from then on.
fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    end_user: EndUserId,
    id: AddressId,
    change: impl FnOnce(&Address, Option<&Address>, Moment) -> Result<Address, Vec<FieldError>>,
) -> Result<Address, LendingError> {
    let tenant = caller.tenant;
    let moment = moment_in(tx, caller)?;
    end_user::lock_in(tx, tenant, end_user)?;
    let before = repo::get(tx, tenant, end_user, id)?.ok_or(LendingError::NotFound(ADDRESS))?;
    let other = repo::current(tx, tenant, end_user)?.filter(|current| current.id != id);
    let after = change(&before, other.as_ref(), moment).map_err(LendingError::Invalid)?;
    repo::update(tx, tenant, &after)?;
    if before.is_current() || after.is_current() {
        let current = Some(&after.postal).filter(|_| after.is_current());
        repo::show(tx, tenant, end_user, current, moment.at)?;
    }
    Ok(after)
}

fn delete_in(
    tx: &mut Tx,
    caller: &Caller,
    end_user: EndUserId,
    id: AddressId,
) -> Result<(), LendingError> {
    let tenant = caller.tenant;
    let moment = moment_in(tx, caller)?;
    end_user::lock_in(tx, tenant, end_user)?;
    let address = repo::get(tx, tenant, end_user, id)?.ok_or(LendingError::NotFound(ADDRESS))?;
    repo::delete(tx, tenant, &address)?;
    if address.is_current() {
        let previous = repo::last_left(tx, tenant, end_user)?;
        let previous = previous.map(|previous| previous.returned_to(moment.at));
        if let Some(previous) = &previous {
            repo::update(tx, tenant, previous)?;
        }
        let postal = previous.as_ref().map(|previous| &previous.postal);
        repo::show(tx, tenant, end_user, postal, moment.at)?;
    }
    Ok(())
}

/// Makes the history follow what the end user's own fields say now, when that is something else than `before`. The
/// caller holds the end user's row.
pub(crate) fn follow_in(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
    before: &PostalAddress,
    after: PostalAddress,
    moment: Moment,
) -> Result<(), LendingError> {
    if *before == after {
        return Ok(());
    }
    let current = repo::current(tx, tenant, end_user)?;
    let moved = Address::follow(AddressId::new(), end_user, after, current.as_ref(), moment);
    write_in(tx, tenant, &moved)
}

fn write_in(tx: &mut Tx, tenant: TenantId, moved: &entity::Move) -> Result<(), LendingError> {
    if let Some(from) = &moved.from {
        repo::update(tx, tenant, from)?;
    }
    if let Some(to) = &moved.to {
        repo::insert(tx, tenant, to)?;
    }
    Ok(())
}
