//! SQL of users.

use florin_ids::{TenantId, UserId};
use florin_storage::{Row, StorageError, Tx, Value, params};
use uuid::Uuid;

use super::User;

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, user: &User) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO savings_user (tenant_id, id, external_id, email, first_name, middle_name, last_name, photo_url, \
         inserted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            tenant,
            user.id,
            user.external_id.as_str(),
            user.email.as_str(),
            user.first_name.as_str(),
            user.middle_name.clone(),
            user.last_name.as_str(),
            user.photo_url.clone(),
            user.inserted_at
        ],
    )?;
    Ok(())
}

pub(crate) fn get(tx: &mut Tx, tenant: TenantId, id: UserId) -> Result<Option<User>, StorageError> {
    let sql = "SELECT * FROM savings_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

pub(crate) fn by_external_id(
    tx: &mut Tx,
    tenant: TenantId,
    external_id: &str,
) -> Result<Option<User>, StorageError> {
    let sql = "SELECT * FROM savings_user WHERE tenant_id = ?1 AND external_id = ?2";
    tx.query_opt(sql, params![tenant, external_id], read)
}

/// Those of these users that are there.
pub(crate) fn by_ids(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<User>, StorageError> {
    let sql = "SELECT * FROM savings_user WHERE tenant_id = ?1 AND id = ANY(?2)";
    tx.query(sql, params![tenant, Value::Uuids(ids)], read)
}

fn read(row: &Row<'_>) -> Result<User, StorageError> {
    Ok(User {
        id: row.get("id")?,
        external_id: row.get("external_id")?,
        email: row.get("email")?,
        first_name: row.get("first_name")?,
        middle_name: row.get("middle_name")?,
        last_name: row.get("last_name")?,
        photo_url: row.get("photo_url")?,
        inserted_at: row.get("inserted_at")?,
    })
}
