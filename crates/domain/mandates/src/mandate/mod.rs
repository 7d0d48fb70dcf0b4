//! Mandates: what end users have allowed, followed by the provider's news.

mod entity;
pub(crate) mod repo;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{EndUserId, MandateId, ProviderAccountId, TenantId};
use florin_payments::{Instrument, RailKind, under_way_in};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{Mandate, MandateNews, MandateStatus};
pub use repo::FIELDS;

use crate::{Mandates, MandatesError, provider_account};

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
/// [`MandatesError::NotFound`]; [`MandatesError::Conflict`] when one that has ended, or whose provider account is not in
/// use, is to be enabled, or when one is to be disabled over which a payment is under way.
pub fn manage_state_in(
    tx: &mut Tx,
    caller: &Caller,
    id: MandateId,
    is_disabled: bool,
) -> Result<Mandate, MandatesError> {
    let mut mandate = lock_in(tx, caller.tenant, id)?;
    if mandate.manage(is_disabled)? {
        if is_disabled {
            check_idle_in(tx, caller.tenant, id)?;
        } else if !provider_account::is_active_in(tx, caller.tenant, mandate.account)? {
            let text = "The mandate belongs to a direct-debit account that is not in use: it cannot be enabled.";
            return Err(MandatesError::conflict(text));
        }
        repo::update(tx, caller.tenant, &mandate)?;
        let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
        tell_in(tx, caller.tenant, at, kinds::MANDATE_UPDATED, &mandate)?;
    }
    Ok(mandate)
}

/// Money that is under way over a mandate would go on its way all the same.
fn check_idle_in(tx: &mut Tx, tenant: TenantId, id: MandateId) -> Result<(), MandatesError> {
    let instrument = Instrument { rail: RailKind::DirectDebit, reference: id.to_string() };
    let under_way = under_way_in(tx, tenant, &instrument)?;
    let Some(first) = under_way.first() else { return Ok(()) };
    let (amount, currency) = (first.amount, first.amount.currency().code());
    let on = first.charge_on.unwrap_or(first.wanted_on);
    let text = match under_way.len() {
        1 => format!("A payment of {amount} {currency} on {on} is under way over the mandate."),
        count => format!(
            "{count} payments are under way over the mandate, one of {amount} {currency} on {on}."
        ),
    };
    Err(MandatesError::Conflict(text))
}

/// Disables every mandate of an account that goes out of use, and tells listeners of each: what is collected over it
/// needs another one.
pub(crate) fn disable_all_in(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    now: Timestamp,
) -> Result<(), MandatesError> {
    let at = day::state_in(tx, tenant)?.stamp(now);
    let mut mandates = repo::lock_enabled_of_account(tx, tenant, account)?;
    for mandate in &mut mandates {
        mandate.is_disabled = true;
    }
    repo::disable_of_account(tx, tenant, account)?;
    let events: Vec<NewEvent> =
        mandates.iter().map(|mandate| event_of(kinds::MANDATE_UPDATED, at, mandate)).collect();
    Ok(append_in(tx, tenant, &events)?)
}

fn event_of(kind: &'static str, at: Timestamp, mandate: &Mandate) -> NewEvent {
    NewEvent {
        kind,
        resource: format!("mandate:{}", mandate.id),
        occurred_at: at,
        data: mandate.event_data(),
    }
}

/// Tells listeners of a mandate.
pub(crate) fn tell_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    kind: &'static str,
    mandate: &Mandate,
) -> Result<(), MandatesError> {
    Ok(append_in(tx, tenant, &[event_of(kind, at, mandate)])?)
}
