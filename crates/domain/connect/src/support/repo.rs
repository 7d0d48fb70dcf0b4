//! SQL of support tickets.

use florin_ids::{ConnectUserId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};

use super::entity::SupportTicket;

/// The fields that tickets can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "guid", column: "id", kind: Kind::Uuid },
    Field { name: "user_guid", column: "user_id", kind: Kind::Uuid },
    Field { name: "email", column: "email", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    it: &SupportTicket,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_support_ticket (tenant_id, id, user_id, email, title, message, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tenant,
            it.id,
            it.user,
            it.email.as_str(),
            it.title.as_str(),
            it.message.as_str(),
            it.created_at
        ],
    )?;
    Ok(())
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<SupportTicket>, StorageError> {
    tx.list(
        "SELECT * FROM connect_support_ticket WHERE tenant_id = ?1",
        params![tenant],
        query,
        read,
    )
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_support_ticket WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<SupportTicket, StorageError> {
    Ok(SupportTicket {
        id: row.get("id")?,
        user: row.get("user_id")?,
        email: row.get("email")?,
        title: row.get("title")?,
        message: row.get("message")?,
        created_at: row.get("created_at")?,
    })
}
