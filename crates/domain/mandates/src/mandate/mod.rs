//! Mandates: what end users have allowed, followed by the provider's news.

mod entity;
pub(crate) mod repo;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{EndUserId, MandateId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{Mandate, MandateNews, MandateStatus};
pub use repo::FIELDS;

use crate::{Mandates, MandatesError};

const MANDATE: &str = "mandate";

impl Mandates {
    /// One mandate.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`].
    pub async fn get_mandate(
        &self,
        caller: &Caller,
        id: MandateId,
    ) -> Result<Mandate, MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| get_in(tx, tenant, id)).await
    }

    /// A page of the mandates that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_mandates(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Mandate>, MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every mandate that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_mandate(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Mandate) -> bool + Send + 'static,
    ) -> Result<(), MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }
}

/// One mandate, in the caller's transaction.
///
/// # Errors
/// [`MandatesError::NotFound`].
pub fn get_in(tx: &mut Tx, tenant: TenantId, id: MandateId) -> Result<Mandate, MandatesError> {
    repo::get(tx, tenant, id)?.ok_or(MandatesError::NotFound(MANDATE))
}

/// One mandate, which nobody else can change until the transaction ends.
///
/// # Errors
/// [`MandatesError::NotFound`].
pub fn lock_in(tx: &mut Tx, tenant: TenantId, id: MandateId) -> Result<Mandate, MandatesError> {
    repo::get_for_update(tx, tenant, id)?.ok_or(MandatesError::NotFound(MANDATE))
}

/// The newest mandate of an end user that money can be collected over: active or on its way there, not disabled, and
/// of the tenant's active provider account.
///
/// # Errors
/// Storage only.
pub fn active_of_in(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<Mandate>, MandatesError> {
    Ok(repo::newest_usable(tx, tenant, end_user)?)
}

/// Puts a mandate out of use or back into it. Whoever knows what it is used for (lending: its loans) asks first.
///
/// # Errors
/// [`MandatesError::NotFound`]; [`MandatesError::Conflict`] when one that has ended is to be enabled.
pub fn manage_state_in(
    tx: &mut Tx,
    caller: &Caller,
    id: MandateId,
    is_disabled: bool,
) -> Result<Mandate, MandatesError> {
    let mut mandate = lock_in(tx, caller.tenant, id)?;
    if mandate.manage(is_disabled)? {
        repo::update(tx, caller.tenant, &mandate)?;
        let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
        tell_in(tx, caller.tenant, at, kinds::MANDATE_UPDATED, &mandate)?;
    }
    Ok(mandate)
}

/// Tells listeners of a mandate.
pub(crate) fn tell_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    kind: &'static str,
    mandate: &Mandate,
) -> Result<(), MandatesError> {
    let event = NewEvent {
        kind,
        resource: format!("mandate:{}", mandate.id),
        occurred_at: at,
        data: mandate.event_data(),
    };
    Ok(append_in(tx, tenant, &[event])?)
}
