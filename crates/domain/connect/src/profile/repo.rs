//! SQL of profiles.

use florin_external_accounts::CustomerId;
use florin_ids::{ConnectUserId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::UserProfile;

/// Makes the row where there is none yet, and holds it: nobody else acts for the end user until the transaction ends.
pub(super) fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_profile (tenant_id, user_id, flags, updated_at) VALUES (?1, ?2, '{}', ?3) \
         ON CONFLICT (tenant_id, user_id) DO UPDATE SET updated_at = excluded.updated_at",
        params![tenant, user, at],
    )?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<UserProfile>, StorageError> {
    let sql = "SELECT * FROM connect_profile WHERE tenant_id = ?1 AND user_id = ?2";
    tx.query_opt(sql, params![tenant, user], read)
}

pub(super) fn update(tx: &mut Tx, tenant: TenantId, it: &UserProfile) -> Result<(), StorageError> {
    let flags = serde_json::to_string(&it.flags).unwrap_or_else(|_| "{}".to_owned());
    tx.execute(
        "UPDATE connect_profile SET too_small_modal_dismissed_at = ?3, flags = ?4 WHERE tenant_id = ?1 AND user_id = ?2",
        params![tenant, it.user, it.too_small_modal_dismissed_at, flags],
    )?;
    Ok(())
}

/// The customer of external accounts who is this end user.
pub(super) fn customer(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<CustomerId>, StorageError> {
    let sql = "SELECT customer_id FROM connect_profile WHERE tenant_id = ?1 AND user_id = ?2";
    let found = tx.query_opt(sql, params![tenant, user], |row| {
        row.get::<Option<CustomerId>>("customer_id")
    })?;
    Ok(found.flatten())
}

/// Keeps who the end user is; the row is held.
pub(super) fn set_customer(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    customer: CustomerId,
) -> Result<(), StorageError> {
    let sql = "UPDATE connect_profile SET customer_id = ?3 WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user, customer])?;
    Ok(())
}

pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_profile WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<UserProfile, StorageError> {
    let mut profile = UserProfile::new(row.get("user_id")?);
    profile.too_small_modal_dismissed_at = row.get("too_small_modal_dismissed_at")?;
    let text: String = row.get("flags")?;
    let known: std::collections::BTreeMap<String, bool> =
        serde_json::from_str(&text).map_err(|_| StorageError::Column {
            column: "flags".to_owned(),
            expected: "JSON",
            found: "something else".to_owned(),
        })?;
    for (flag, value) in &mut profile.flags {
        *value = known.get(*flag).copied().unwrap_or(false);
    }
    Ok(profile)
}
