//! SQL of what a tenant has set up.

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, Value, params};

use super::Scheduling;
use crate::column;

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

pub(crate) fn scheduling(tx: &mut Tx, tenant: TenantId) -> Result<Scheduling, StorageError> {
    let sql = "SELECT scheduling FROM savings_scheduling WHERE tenant_id = ?1";
    let found = tx.query_opt(sql, params![tenant], |row| {
        column::word(row, "scheduling", Scheduling::parse)
    })?;
    Ok(found.unwrap_or(Scheduling::Florin))
}

pub(super) fn set_scheduling(
    tx: &mut Tx,
    tenant: TenantId,
    who: Scheduling,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_scheduling (tenant_id, scheduling) VALUES (?1, ?2) \
               ON CONFLICT (tenant_id) DO UPDATE SET scheduling = excluded.scheduling";
    tx.execute(sql, params![tenant, who.as_str()])?;
    Ok(())
}
