//! SQL of the counters.

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, params};

use super::Series;

pub(super) fn take(tx: &mut Tx, tenant: TenantId, series: Series) -> Result<i64, StorageError> {
    tx.query_one(
        "INSERT INTO ea_counter (tenant_id, series, last) VALUES (?1, ?2, 1) \
         ON CONFLICT (tenant_id, series) DO UPDATE SET last = ea_counter.last + 1 RETURNING last",
        params![tenant, series.as_str()],
        |row| row.get("last"),
    )
}

pub(super) fn lock(tx: &mut Tx, tenant: TenantId, series: Series) -> Result<(), StorageError> {
    tx.query_one(
        "SELECT last FROM ea_counter WHERE tenant_id = ?1 AND series = ?2 FOR UPDATE",
        params![tenant, series.as_str()],
        |_| Ok(()),
    )
}

pub(super) fn raise(
    tx: &mut Tx,
    tenant: TenantId,
    series: Series,
    last: i64,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ea_counter (tenant_id, series, last) VALUES (?1, ?2, ?3) \
         ON CONFLICT (tenant_id, series) DO UPDATE SET last = excluded.last \
         WHERE ea_counter.last < excluded.last",
        params![tenant, series.as_str(), last],
    )?;
    Ok(())
}
