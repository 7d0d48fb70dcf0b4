//! SQL of the built-in provider's open payouts.

use uuid::Uuid;

use florin_ids::TenantId;
use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use crate::Payment;

const INSERT: Insert = Insert {
    table: "payment_transfer",
    columns: &[("tenant_id", Type::Uuid), ("payment_id", Type::Uuid)],
    on_conflict: "ON CONFLICT (tenant_id, payment_id) DO NOTHING",
};

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    payments: &[Payment],
) -> Result<(), StorageError> {
    let rows = payments.iter().map(|it| vec![Value::from(tenant), Value::from(it.id)]);
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The oldest open payouts.
pub(super) fn open(tx: &mut Tx, tenant: TenantId, limit: u32) -> Result<Vec<Uuid>, StorageError> {
    tx.query(
        "SELECT payment_id FROM payment_transfer WHERE tenant_id = ?1 ORDER BY payment_id LIMIT ?2",
        params![tenant, limit],
        |row| row.get("payment_id"),
    )
}

pub(super) fn delete(tx: &mut Tx, tenant: TenantId, ids: Vec<Uuid>) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM payment_transfer WHERE tenant_id = ?1 AND payment_id = ANY(?2)",
        params![tenant, Value::Uuids(ids)],
    )?;
    Ok(())
}
