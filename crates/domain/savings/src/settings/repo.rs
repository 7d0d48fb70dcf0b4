//! SQL of what a tenant has set up.

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, Value, params};

pub(crate) fn funding_account(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<String>, StorageError> {
    let sql = "SELECT funding_account FROM savings_settings WHERE tenant_id = ?1";
    let found = tx.query_opt(sql, params![tenant], |row| row.get("funding_account"))?;
    Ok(found.flatten())
}

pub(super) fn set_funding_account(
    tx: &mut Tx,
    tenant: TenantId,
    account: Option<&str>,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_settings (tenant_id, funding_account) VALUES (?1, ?2) \
               ON CONFLICT (tenant_id) DO UPDATE SET funding_account = excluded.funding_account";
    let account = account.map(str::to_owned);
    tx.execute(sql, &[Value::from(tenant), Value::from(account)])?;
    Ok(())
}
