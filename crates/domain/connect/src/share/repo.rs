//! SQL of shared accounts.

use florin_external_accounts::AccountId;
use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};

use super::Share;

pub(super) fn put(tx: &mut Tx, tenant: TenantId, it: &Share) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_share (tenant_id, account_id, user_id, external_account_id, customer_id, shared_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant_id, account_id) DO UPDATE SET \
         external_account_id = excluded.external_account_id, customer_id = excluded.customer_id",
        params![tenant, it.account, it.user, it.external_account, it.customer, it.shared_at],
    )?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    account: ConnectAccountId,
) -> Result<Option<Share>, StorageError> {
    let sql = "SELECT * FROM connect_share WHERE tenant_id = ?1 AND account_id = ?2";
    tx.query_opt(sql, params![tenant, account], read)
}

pub(super) fn of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Share>, StorageError> {
    let sql =
        "SELECT * FROM connect_share WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY account_id";
    tx.query(sql, params![tenant, user], read)
}

pub(super) fn of_external(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Share>, StorageError> {
    let sql = "SELECT * FROM connect_share WHERE tenant_id = ?1 AND external_account_id = ?2 \
               ORDER BY account_id LIMIT 1";
    tx.query_opt(sql, params![tenant, account], read)
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_share WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Share, StorageError> {
    Ok(Share {
        account: row.get("account_id")?,
        user: row.get("user_id")?,
        external_account: row.get("external_account_id")?,
        customer: row.get("customer_id")?,
        shared_at: row.get("shared_at")?,
    })
}
