//! SQL of whose customers are.

use florin_external_accounts::CustomerId;
use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, params};
use uuid::Uuid;

/// Whose a customer is: the one who had it, else from now on `holder`.
pub(super) fn claim(
    tx: &mut Tx,
    tenant: TenantId,
    customer: CustomerId,
    holder: Uuid,
) -> Result<Uuid, StorageError> {
    let sql = "INSERT INTO savings_payer (tenant_id, customer_id, holder_id) VALUES (?1, ?2, ?3) \
               ON CONFLICT (tenant_id, customer_id) DO NOTHING";
    tx.execute(sql, params![tenant, customer, holder])?;
    let sql = "SELECT holder_id FROM savings_payer WHERE tenant_id = ?1 AND customer_id = ?2";
    tx.query_one(sql, params![tenant, customer], |row| row.get("holder_id"))
}
