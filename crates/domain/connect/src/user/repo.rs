//! SQL of end users.

use florin_ids::{ConnectUserId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::ConnectUser;

/// The fields that end users can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "guid", column: "id", kind: Kind::Uuid },
    Field { name: "id", column: "partner_id", kind: Kind::Text },
    Field { name: "email", column: "email", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM connect_user WHERE tenant_id = ?1";

/// Makes a user known; two at the same time make one.
pub(super) fn insert(tx: &mut Tx, user: &ConnectUser) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_user (tenant_id, id, partner_id, email, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant_id, partner_id) DO NOTHING",
        params![
            user.tenant,
            user.id,
            user.partner_id.as_str(),
            user.email.as_deref(),
            user.created_at,
            user.updated_at
        ],
    )?;
    Ok(())
}

pub(super) fn set_email(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
    email: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    let sql =
        "UPDATE connect_user SET email = ?3, updated_at = ?4 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, email, at])?;
    Ok(())
}

pub(super) fn by_partner_id(
    tx: &mut Tx,
    tenant: TenantId,
    partner_id: &str,
) -> Result<Option<ConnectUser>, StorageError> {
    let sql = "SELECT * FROM connect_user WHERE tenant_id = ?1 AND partner_id = ?2";
    tx.query_opt(sql, params![tenant, partner_id], read)
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
) -> Result<Option<ConnectUser>, StorageError> {
    let sql = "SELECT * FROM connect_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The user, whom nobody deletes until the transaction ends.
pub(crate) fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
) -> Result<Option<ConnectUser>, StorageError> {
    let sql = "SELECT * FROM connect_user WHERE tenant_id = ?1 AND id = ?2 FOR SHARE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The user, for nobody else until the transaction ends.
pub(super) fn hold_for_deletion(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
) -> Result<Option<ConnectUser>, StorageError> {
    let sql = "SELECT * FROM connect_user WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<ConnectUser>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Deletes the user's row and sessions; members and what hangs on them go before.
pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
) -> Result<u64, StorageError> {
    let sql = "DELETE FROM connect_session WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, id])?;
    let sql = "DELETE FROM connect_user WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id])
}

fn read(row: &Row<'_>) -> Result<ConnectUser, StorageError> {
    Ok(ConnectUser {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        partner_id: row.get("partner_id")?,
        email: row.get("email")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
