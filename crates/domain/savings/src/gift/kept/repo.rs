//! SQL of kept accounts.

use florin_external_accounts::AccountId;
use florin_ids::TenantId;
use florin_storage::{Row, StorageError, Tx, params};
use jiff::civil::Date;

use super::{HeldSecret, Kept};

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, kept: &Kept) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_kept_account (tenant_id, token_hash, gift_id, account_id, first_name, last_name, \
               email, expires_on) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (first, last, email) = (&*kept.first_name, &*kept.last_name, &*kept.email);
    let token = kept.token.bytes();
    let values =
        params![tenant, token, kept.gift, kept.account, first, last, email, kept.expires_on];
    tx.execute(sql, values)?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    token: HeldSecret,
) -> Result<Option<Kept>, StorageError> {
    let sql = "SELECT * FROM savings_kept_account WHERE tenant_id = ?1 AND token_hash = ?2";
    tx.query_opt(sql, params![tenant, token.bytes()], read)
}

/// The same, and nobody else can use or forget it until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    token: HeldSecret,
) -> Result<Option<Kept>, StorageError> {
    let sql =
        "SELECT * FROM savings_kept_account WHERE tenant_id = ?1 AND token_hash = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, token.bytes()], read)
}

/// It was used: by whom, and until when it is kept now.
pub(super) fn renew(tx: &mut Tx, tenant: TenantId, kept: &Kept) -> Result<(), StorageError> {
    let sql = "UPDATE savings_kept_account SET first_name = ?3, last_name = ?4, email = ?5, expires_on = ?6 \
               WHERE tenant_id = ?1 AND token_hash = ?2";
    let (first, last, email) = (&*kept.first_name, &*kept.last_name, &*kept.email);
    tx.execute(sql, params![tenant, kept.token.bytes(), first, last, email, kept.expires_on])?;
    Ok(())
}

/// Forgets the account, whichever token opens it.
pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM savings_kept_account WHERE tenant_id = ?1 AND account_id = ?2";
    tx.execute(sql, params![tenant, account])?;
    Ok(())
}

/// Forgets what could be used before this day for the last time.
pub(super) fn delete_expired(
    tx: &mut Tx,
    tenant: TenantId,
    before: Date,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM savings_kept_account WHERE tenant_id = ?1 AND expires_on < ?2";
    tx.execute(sql, params![tenant, before])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Kept, StorageError> {
    Ok(Kept {
        token: HeldSecret::from_bytes(row.get("token_hash")?),
        gift: row.get("gift_id")?,
        account: row.get("account_id")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        email: row.get("email")?,
        expires_on: row.get("expires_on")?,
    })
}
