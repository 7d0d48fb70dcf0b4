//! SQL of consents.

use florin_ids::{ConnectUserId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};

use super::entity::{Consent, Purpose, Revoker};

const WORD: &str = "a word of its list";

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, it: &Consent) -> Result<(), StorageError> {
    let purposes: Vec<&str> = it.purposes.iter().map(|purpose| purpose.as_str()).collect();
    tx.execute(
        "INSERT INTO connect_consent (tenant_id, id, user_id, session_id, text_version, purposes, given_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tenant,
            it.id,
            it.user,
            it.session,
            it.text_version.as_str(),
            purposes.join(","),
            it.given_at
        ],
    )?;
    Ok(())
}

pub(super) fn update(tx: &mut Tx, tenant: TenantId, it: &Consent) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE connect_consent SET revoked_at = ?3, revoked_by = ?4 WHERE tenant_id = ?1 AND id = ?2",
        params![
            tenant,
            it.id,
            it.revoked.map(|(at, _)| at),
            it.revoked.map(|(_, by)| by.as_str())
        ],
    )?;
    Ok(())
}

/// Every consent of an end user, oldest first.
pub(super) fn of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Consent>, StorageError> {
    let sql = "SELECT * FROM connect_consent WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id";
    tx.query(sql, params![tenant, user], read)
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_consent WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Consent, StorageError> {
    let revoked_at = row.get("revoked_at")?;
    let revoked = match revoked_at {
        Some(at) => Some((at, row.parse("revoked_by", WORD, Revoker::parse)?)),
        None => None,
    };
    Ok(Consent {
        id: row.get("id")?,
        user: row.get("user_id")?,
        session: row.get("session_id")?,
        text_version: row.get("text_version")?,
        purposes: row
            .parse("purposes", WORD, |words| words.split(',').map(Purpose::parse).collect())?,
        given_at: row.get("given_at")?,
        revoked,
    })
}
