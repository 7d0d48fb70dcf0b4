use florin_ids::TenantId;
use florin_money::Currency;
use florin_storage::{Row, StorageError, Tx, params};
use jiff::civil::Date;

use super::entity::{Collections, Tenant, parse_time_zone};

const COLUMNS: &str = "id, name, currency, time_zone, clock_target, collections, created_at";

pub(super) fn insert(tx: &mut Tx, tenant: &Tenant) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO tenant (id, name, currency, time_zone, clock_target, collections, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tenant.id,
            tenant.name.as_str(),
            tenant.currency.code(),
            tenant.time_zone_name(),
            tenant.clock_target,
            tenant.collections.as_str(),
            tenant.created_at
        ],
    )?;
    Ok(())
}

pub(crate) fn find(tx: &mut Tx, id: TenantId) -> Result<Option<Tenant>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM tenant WHERE id = ?1");
    tx.query_opt(&sql, params![id], read)
}

pub(super) fn find_for_update(tx: &mut Tx, id: TenantId) -> Result<Option<Tenant>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM tenant WHERE id = ?1 FOR UPDATE");
    tx.query_opt(&sql, params![id], read)
}

/// In order of id, which is the order of creation.
pub(super) fn list(tx: &mut Tx, after: TenantId, limit: u32) -> Result<Vec<Tenant>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM tenant WHERE id > ?1 ORDER BY id LIMIT ?2");
    tx.query(&sql, params![after, limit], read)
}

pub(super) fn set_clock_target(
    tx: &mut Tx,
    id: TenantId,
    target: Date,
) -> Result<u64, StorageError> {
    tx.execute("UPDATE tenant SET clock_target = ?2 WHERE id = ?1", params![id, target])
}

pub(super) fn set_collections(
    tx: &mut Tx,
    id: TenantId,
    collections: Collections,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE tenant SET collections = ?2 WHERE id = ?1",
        params![id, collections.as_str()],
    )
}

fn read(row: &Row) -> Result<Tenant, StorageError> {
    let collections: String = row.get("collections")?;
    Ok(Tenant {
        id: row.get("id")?,
        name: row.get("name")?,
        currency: row.parse("currency", "a currency", |code| Currency::from_code(code).ok())?,
        time_zone: row.parse("time_zone", "a time zone", |name| parse_time_zone(name).ok())?,
        clock_target: row.get("clock_target")?,
        collections: Collections::from_column(&collections),
        created_at: row.get("created_at")?,
    })
}
