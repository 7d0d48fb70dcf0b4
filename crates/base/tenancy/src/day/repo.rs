//! SQL of the business day: one row a tenant.

use jiff::civil::Date;

use florin_ids::TenantId;
use florin_storage::{Row, StorageError, Tx, params};

use super::DayState;
use crate::Collections;

/// How the row is held until the transaction ends.
#[derive(Clone, Copy)]
pub(super) enum Lock {
    None,
    Shared,
    Exclusive,
}

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, date: Date) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO tenant_day (tenant_id, business_date, running_on, step, after_id) VALUES (?1, ?2, NULL, 0, NULL)",
        params![tenant, date],
    )?;
    Ok(())
}

pub(super) fn state(
    tx: &mut Tx,
    tenant: TenantId,
    lock: Lock,
) -> Result<Option<DayState>, StorageError> {
    const SELECT: &str = "SELECT d.tenant_id, d.business_date, d.running_on, d.step, d.after_id, t.clock_target, t.collections \
         FROM tenant_day d JOIN tenant t ON t.id = d.tenant_id WHERE d.tenant_id = ?1";
    const SHARED: &str = "SELECT d.tenant_id, d.business_date, d.running_on, d.step, d.after_id, t.clock_target, t.collections \
         FROM tenant_day d JOIN tenant t ON t.id = d.tenant_id WHERE d.tenant_id = ?1 FOR SHARE";
    if let Lock::Exclusive = lock {
        tx.query_opt(
            "SELECT step FROM tenant_day WHERE tenant_id = ?1 FOR UPDATE",
            params![tenant],
            |_| Ok(()),
        )?;
    }
    let sql = if let Lock::Shared = lock { SHARED } else { SELECT };
    tx.query_opt(sql, params![tenant], read)
}

fn read(row: &Row<'_>) -> Result<DayState, StorageError> {
    let clock_target: Option<Date> = row.get("clock_target")?;
    let collections: String = row.get("collections")?;
    Ok(DayState {
        tenant: row.get("tenant_id")?,
        business_date: row.get("business_date")?,
        running_on: row.get("running_on")?,
        step: row.get("step")?,
        after: row.get("after_id")?,
        simulated: clock_target.is_some(),
        clock_target,
        collections: Collections::from_column(&collections),
    })
}

pub(super) fn save(tx: &mut Tx, state: &DayState) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE tenant_day SET business_date = ?2, running_on = ?3, step = ?4, after_id = ?5 WHERE tenant_id = ?1",
        params![state.tenant, state.business_date, state.running_on, state.step, state.after],
    )?;
    Ok(())
}
