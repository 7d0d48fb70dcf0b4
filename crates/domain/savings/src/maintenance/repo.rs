//! SQL of maintenance: one row, of the nil tenant, while it is on.

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, params};
use jiff::Timestamp;

pub(super) fn since(tx: &mut Tx) -> Result<Option<Timestamp>, StorageError> {
    let sql = "SELECT since FROM savings_maintenance WHERE tenant_id = ?1";
    tx.query_opt(sql, params![TenantId::EVERYBODY], |row| row.get("since"))
}

pub(super) fn begin(tx: &mut Tx, since: Timestamp) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_maintenance (tenant_id, since) VALUES (?1, ?2) \
               ON CONFLICT (tenant_id) DO NOTHING";
    tx.execute(sql, params![TenantId::EVERYBODY, since])?;
    Ok(())
}

pub(super) fn end(tx: &mut Tx) -> Result<(), StorageError> {
    let sql = "DELETE FROM savings_maintenance WHERE tenant_id = ?1";
    tx.execute(sql, params![TenantId::EVERYBODY])?;
    Ok(())
}
