//! SQL of sessions.

use florin_ids::{ConnectSessionId, ConnectUserId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::{Mode, Product, Session};
use crate::Purpose;
use crate::codes::WORD;

pub(super) fn insert(
    tx: &mut Tx,
    session: &Session,
    token_hash: [u8; 32],
) -> Result<(), StorageError> {
    let products: Vec<&str> = session.products.iter().map(|product| product.as_str()).collect();
    let purposes: Vec<&str> = session.purposes.iter().map(|purpose| purpose.as_str()).collect();
    tx.execute(
        "INSERT INTO connect_session (tenant_id, id, token_hash, user_id, mode, products, purposes, origin, return_url, language, \
         current_microdeposit, current_member, institution_code, enable_manual_accounts, enable_microdeposits, \
         expires_at, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            session.tenant,
            session.id,
            token_hash,
            session.user,
            session.mode.as_str(),
            products.join(","),
            purposes.join(","),
            session.origin.as_deref(),
            session.return_url.as_deref(),
            session.language.as_str(),
            session.current_microdeposit,
            session.current_member,
            session.institution_code.as_deref(),
            session.enable_manual_accounts,
            session.enable_microdeposits,
            session.expires_at,
            session.created_at
        ],
    )?;
    Ok(())
}

/// The session that a token opens, whoever's it is.
pub(super) fn by_token(tx: &mut Tx, token_hash: [u8; 32]) -> Result<Option<Session>, StorageError> {
    tx.query_opt("SELECT * FROM connect_session WHERE token_hash = ?1", params![token_hash], read)
}

/// The session with this id, whoever's it is.
pub(super) fn by_id(tx: &mut Tx, id: ConnectSessionId) -> Result<Option<Session>, StorageError> {
    tx.query_opt("SELECT * FROM connect_session WHERE id = ?1", params![id], read)
}

/// The session with this id.
pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectSessionId,
) -> Result<Option<Session>, StorageError> {
    let sql = "SELECT * FROM connect_session WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectSessionId,
) -> Result<u64, StorageError> {
    let sql = "DELETE FROM connect_session WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id])
}

/// Forgets a user's sessions that ended before a time.
pub(crate) fn delete_ended(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    before: Timestamp,
) -> Result<u64, StorageError> {
    let sql =
        "DELETE FROM connect_session WHERE tenant_id = ?1 AND user_id = ?2 AND expires_at < ?3";
    tx.execute(sql, params![tenant, user, before])
}

fn read(row: &Row<'_>) -> Result<Session, StorageError> {
    let products: String = row.get("products")?;
    let purposes: String = row.get("purposes")?;
    Ok(Session {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        user: row.get("user_id")?,
        mode: row.parse("mode", WORD, Mode::parse)?,
        products: products.split(',').filter_map(Product::parse).collect(),
        purposes: purposes.split(',').filter_map(Purpose::parse).collect(),
        origin: row.get("origin")?,
        return_url: row.get("return_url")?,
        language: row.get("language")?,
        current_microdeposit: row.get("current_microdeposit")?,
        current_member: row.get("current_member")?,
        institution_code: row.get("institution_code")?,
        enable_manual_accounts: row.get("enable_manual_accounts")?,
        enable_microdeposits: row.get("enable_microdeposits")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
    })
}
