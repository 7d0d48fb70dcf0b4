//! SQL of origins.

use std::collections::BTreeMap;

use florin_ach::{RoutingNumber, Text};
use florin_crypto::KeyRing;
use florin_ids::{AchOriginId, TenantId};
use florin_storage::{Row, StorageError, Tx, Value, params};

use super::delivery::{Delivery, sealable};
use super::entity::{Bank, Origin};
use crate::AchError;

const CONTEXT: &str = "ach_origin.delivery";

const COLUMNS: &str = "id, name, odfi, destination, destination_name, immediate_origin, origin_name, company_name, \
     company_id, discretionary, lead_minutes, same_day, retries, retry_days, bank, delivery, is_active, created_at";

pub(crate) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    origin: &Origin,
) -> Result<(), StorageError> {
    let sealed = origin
        .delivery
        .as_ref()
        .and_then(sealable)
        .map(|text| keys.seal(CONTEXT, origin.id.uuid().as_bytes(), text.expose().as_bytes()));
    tx.execute(
        "INSERT INTO ach_origin (tenant_id, id, name, odfi, destination, destination_name, immediate_origin, origin_name, \
         company_name, company_id, discretionary, lead_minutes, same_day, retries, retry_days, bank, delivery, is_active, \
         created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        params![
            tenant,
            origin.id,
            origin.name.as_str(),
            origin.odfi.to_string(),
            origin.destination.to_string(),
            origin.destination_name.as_str(),
            origin.immediate_origin.as_str(),
            origin.origin_name.as_str(),
            origin.company_name.as_str(),
            origin.company_id.as_str(),
            origin.discretionary.as_str(),
            i64::from(origin.lead_minutes),
            origin.same_day,
            i64::from(origin.retries),
            i64::from(origin.retry_days),
            origin.bank.as_str(),
            Value::from(sealed),
            origin.is_active,
            origin.created_at
        ],
    )?;
    Ok(())
}

/// The origin in use, the newest.
pub(crate) fn active(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
) -> Result<Option<Origin>, AchError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ach_origin WHERE tenant_id = ?1 AND is_active = 1 ORDER BY id DESC LIMIT 1"
    );
    let found = tx.query_opt(&sql, params![tenant], read)?;
    found.map(|stored| opened(keys, stored)).transpose()
}

/// Nobody else builds files of it until the transaction ends.
pub(crate) fn lock(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: AchOriginId,
) -> Result<Option<Origin>, AchError> {
    let sql =
        format!("SELECT {COLUMNS} FROM ach_origin WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE");
    let found = tx.query_opt(&sql, params![tenant, id], read)?;
    found.map(|stored| opened(keys, stored)).transpose()
}

/// One of them.
pub(crate) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: AchOriginId,
) -> Result<Option<Origin>, AchError> {
    let sql = format!("SELECT {COLUMNS} FROM ach_origin WHERE tenant_id = ?1 AND id = ?2");
    let found = tx.query_opt(&sql, params![tenant, id], read)?;
    found.map(|stored| opened(keys, stored)).transpose()
}

/// All of them, the newest first.
pub(crate) fn list(tx: &mut Tx, keys: &KeyRing, tenant: TenantId) -> Result<Vec<Origin>, AchError> {
    let sql = format!("SELECT {COLUMNS} FROM ach_origin WHERE tenant_id = ?1 ORDER BY id DESC");
    let found = tx.query(&sql, params![tenant], read)?;
    found.into_iter().map(|stored| opened(keys, stored)).collect()
}

/// The origins of every tenant on the real clock, also those before the one in use: their entries go their way.
pub(crate) fn on_the_real_clock(tx: &mut Tx) -> Result<Vec<(TenantId, AchOriginId)>, StorageError> {
    tx.query(
        "SELECT o.tenant_id, o.id FROM ach_origin o JOIN tenant t ON t.id = o.tenant_id \
         WHERE t.clock_target IS NULL ORDER BY o.tenant_id, o.id",
        params![],
        |row| Ok((row.get("tenant_id")?, row.get("id")?)),
    )
}

pub(crate) fn retire_all(tx: &mut Tx, tenant: TenantId) -> Result<(), StorageError> {
    tx.execute("UPDATE ach_origin SET is_active = 0 WHERE tenant_id = ?1", params![tenant])?;
    Ok(())
}

/// The newest origin at this real bank of each of these tenants.
pub(crate) fn newest_at(
    tx: &mut Tx,
    odfi: RoutingNumber,
    tenants: impl IntoIterator<Item = TenantId>,
) -> Result<BTreeMap<TenantId, AchOriginId>, StorageError> {
    let tenants = tenants.into_iter().map(TenantId::uuid).collect();
    let found = tx.query(
        "SELECT tenant_id, id FROM ach_origin WHERE tenant_id = ANY(?1) AND odfi = ?2 AND bank = 'real' \
         ORDER BY tenant_id, id",
        params![Value::Uuids(tenants), odfi.to_string()],
        |row| Ok((row.get("tenant_id")?, row.get("id")?)),
    )?;
    Ok(found.into_iter().collect())
}

/// An origin whose delivery is still sealed.
type Stored = (Origin, Option<Vec<u8>>);

fn opened(keys: &KeyRing, (mut origin, sealed): Stored) -> Result<Origin, AchError> {
    if let Some(sealed) = sealed {
        let text = keys.open(CONTEXT, origin.id.uuid().as_bytes(), &sealed)?;
        let delivery: Delivery = serde_json::from_slice(&text).map_err(|_| AchError::Stored)?;
        origin.delivery = Some(delivery);
    }
    Ok(origin)
}

fn text<const N: usize>(row: &Row<'_>, column: &str) -> Result<Text<N>, StorageError> {
    row.parse(column, "a text of the network", |text| Text::new(text).ok())
}

fn read(row: &Row<'_>) -> Result<Stored, StorageError> {
    const ROUTING: &str = "a routing number";
    let small = |column: &str| -> Result<i64, StorageError> { row.get(column) };
    let origin = Origin {
        id: row.get("id")?,
        name: row.get("name")?,
        odfi: row.parse("odfi", ROUTING, |text| RoutingNumber::parse(text).ok())?,
        destination: row.parse("destination", ROUTING, |text| RoutingNumber::parse(text).ok())?,
        destination_name: text(row, "destination_name")?,
        immediate_origin: text(row, "immediate_origin")?,
        origin_name: text(row, "origin_name")?,
        company_name: text(row, "company_name")?,
        company_id: text(row, "company_id")?,
        discretionary: text(row, "discretionary")?,
        lead_minutes: u16::try_from(small("lead_minutes")?).unwrap_or(0),
        same_day: row.get("same_day")?,
        retries: u8::try_from(small("retries")?).unwrap_or(0),
        retry_days: u8::try_from(small("retry_days")?).unwrap_or(1),
        bank: row.parse("bank", "a word of its list", Bank::parse)?,
        delivery: None,
        is_active: row.get("is_active")?,
        created_at: row.get("created_at")?,
    };
    Ok((origin, row.get("delivery")?))
}
