//! Tenants: create, read, and the two settings that change.

mod entity;
pub(crate) mod repo;

pub use entity::{Collections, NewTenant, Tenant};

use florin_ids::TenantId;
use florin_storage::{Db, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::key::{self, Credential, NewKey, Surface, TenantKeys};
use crate::{TenancyError, day};

/// At most this many tenants are answered at a time.
pub const LIST_LIMIT_MAX: u32 = 1000;

/// Creates a tenant with one key for every surface, and opens its business day: the date of
/// `clock`, or today's in its time zone. The keys are in the answer and nowhere else.
pub async fn create_tenant(
    db: &Db,
    new: NewTenant,
    now: Timestamp,
) -> Result<(Tenant, TenantKeys), TenancyError> {
    db.write(move |tx| create_tenant_in(tx, new.clone(), now)).await
}

/// [`create_tenant`] inside a caller's transaction.
pub fn create_tenant_in(
    tx: &mut Tx,
    new: NewTenant,
    now: Timestamp,
) -> Result<(Tenant, TenantKeys), TenancyError> {
    let tenant = new.into_tenant(TenantId::new(), now)?;
    repo::insert(tx, &tenant)?;
    let opening = tenant.clock_target.unwrap_or_else(|| tenant.date_at(now));
    day::open_in(tx, tenant.id, opening)?;
    let mut key_for = |surface| -> Result<Credential, TenancyError> {
        let new_key = NewKey::everything(surface);
        let (_, credential) = key::create_key_in(tx, tenant.id, new_key, now)?;
        Ok(credential)
    };
    let keys = TenantKeys {
        lending: key_for(Surface::Lending)?,
        external_accounts: key_for(Surface::ExternalAccounts)?,
        savings: key_for(Surface::Savings)?,
        connect: key_for(Surface::Connect)?,
    };
    Ok((tenant, keys))
}

/// The tenant with this id.
pub async fn get_tenant(db: &Db, id: TenantId) -> Result<Tenant, TenancyError> {
    db.read(move |tx| get_tenant_in(tx, id)).await
}

/// [`get_tenant`] inside a caller's transaction.
pub fn get_tenant_in(tx: &mut Tx, id: TenantId) -> Result<Tenant, TenancyError> {
    repo::find(tx, id)?.ok_or(TenancyError::UnknownTenant(id))
}

/// Tenants in order of creation, after the given one; at most `limit` (1 to 1000) of them.
pub async fn list_tenants(
    db: &Db,
    after: Option<TenantId>,
    limit: u32,
) -> Result<Vec<Tenant>, TenancyError> {
    db.read(move |tx| list_tenants_in(tx, after, limit)).await
}

/// [`list_tenants`] inside a caller's transaction.
pub fn list_tenants_in(
    tx: &mut Tx,
    after: Option<TenantId>,
    limit: u32,
) -> Result<Vec<Tenant>, TenancyError> {
    let after = after.unwrap_or_else(|| TenantId::from_uuid(Uuid::nil()));
    Ok(repo::list(tx, after, limit.clamp(1, LIST_LIMIT_MAX))?)
}

/// Sends the tenant's clock to a date. The days in between are run by the day runner, which a crash
/// does not make forget where it was going. Refused backwards.
///
/// A clock that was the real one is a simulated one from now on, and so is the collecting of
/// repayments: whoever asks is trying things out (the caller sees to it that this is a sandbox).
pub fn set_clock_target_in(tx: &mut Tx, id: TenantId, target: Date) -> Result<(), TenancyError> {
    let tenant = repo::find_for_update(tx, id)?.ok_or(TenancyError::UnknownTenant(id))?;
    let current = match tenant.clock_target {
        Some(current) => current,
        None => day::state_in(tx, id)?.business_date,
    };
    if target < current {
        return Err(TenancyError::ClockBackwards { target: current, asked: target });
    }
    if !tenant.is_simulated() {
        repo::set_collections(tx, id, Collections::Simulated)?;
    }
    repo::set_clock_target(tx, id, target)?;
    Ok(())
}

/// Chooses how due instalments are collected from now on.
pub async fn set_collections(
    db: &Db,
    id: TenantId,
    collections: Collections,
) -> Result<(), TenancyError> {
    let touched = db
        .write(move |tx| Ok::<_, TenancyError>(repo::set_collections(tx, id, collections)?))
        .await?;
    match touched {
        0 => Err(TenancyError::UnknownTenant(id)),
        _ => Ok(()),
    }
}
