//! SQL of risk engines.

use std::collections::HashMap;

use florin_ids::{RiskEngineId, ScorecardId, TenantId};
use florin_storage::{
    Field, Insert, Kind, ListQuery, Page, Row, StorageError, Tx, Type, Value, params,
};
use uuid::Uuid;

use super::entity::RiskEngine;

/// The fields that risk engines can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "version", column: "version", kind: Kind::Text },
    Field { name: "is_active", column: "is_active", kind: Kind::Bool },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM risk_engine WHERE tenant_id = ?1";

const INSERT_CARDS: Insert = Insert {
    table: "risk_engine_scorecard",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("risk_engine_id", Type::Uuid),
        ("position", Type::Int),
        ("scorecard_id", Type::Uuid),
    ],
    on_conflict: "",
};

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    engine: &RiskEngine,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO risk_engine (tenant_id, id, version, is_active, activated_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &values(tenant, engine),
    )?;
    insert_cards(tx, tenant, engine)
}

/// Writes the engine and its list of scorecards anew.
pub(super) fn update(
    tx: &mut Tx,
    tenant: TenantId,
    engine: &RiskEngine,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE risk_engine SET version = ?3, is_active = ?4, activated_at = ?5, created_at = ?6, updated_at = ?7 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, engine),
    )?;
    tx.execute(
        "DELETE FROM risk_engine_scorecard WHERE tenant_id = ?1 AND risk_engine_id = ?2",
        params![tenant, engine.id],
    )?;
    insert_cards(tx, tenant, engine)
}

fn values(tenant: TenantId, engine: &RiskEngine) -> Vec<Value> {
    vec![
        tenant.into(),
        engine.id.into(),
        engine.version.as_str().into(),
        engine.is_active.into(),
        engine.activated_at.into(),
        engine.created_at.into(),
        engine.updated_at.into(),
    ]
}

fn insert_cards(tx: &mut Tx, tenant: TenantId, engine: &RiskEngine) -> Result<(), StorageError> {
    let rows = (0_i64..)
        .zip(&engine.scorecards)
        .map(|(position, card)| [tenant.into(), engine.id.into(), position.into(), (*card).into()]);
    tx.insert_many(&INSERT_CARDS, rows)?;
    Ok(())
}

/// The risk engine, without a lock.
pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineId,
) -> Result<Option<RiskEngine>, StorageError> {
    let sql = "SELECT * FROM risk_engine WHERE tenant_id = ?1 AND id = ?2";
    one(tx, tenant, sql, id.into())
}

/// The risk engine, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineId,
) -> Result<Option<RiskEngine>, StorageError> {
    let sql = "SELECT * FROM risk_engine WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    one(tx, tenant, sql, id.into())
}

/// The risk engine, which stays as it is until the transaction ends; others may read it likewise.
pub(crate) fn get_for_share(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineId,
) -> Result<Option<RiskEngine>, StorageError> {
    let sql = "SELECT * FROM risk_engine WHERE tenant_id = ?1 AND id = ?2 FOR SHARE";
    one(tx, tenant, sql, id.into())
}

/// The risk engine of a version, without a lock.
pub(crate) fn of_version(
    tx: &mut Tx,
    tenant: TenantId,
    version: &str,
) -> Result<Option<RiskEngine>, StorageError> {
    let sql = "SELECT * FROM risk_engine WHERE tenant_id = ?1 AND version = ?2";
    one(tx, tenant, sql, version.into())
}

/// The versions of the engines of a list.
pub(crate) fn versions(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<HashMap<RiskEngineId, String>, StorageError> {
    let rows = tx.query_keys(
        "SELECT id, version FROM risk_engine WHERE tenant_id = ?1 AND id = ANY(?2)",
        params![tenant, ids],
        |row| Ok((row.get("id")?, row.get("version")?)),
    )?;
    Ok(rows.into_iter().collect())
}

fn one(
    tx: &mut Tx,
    tenant: TenantId,
    sql: &str,
    key: Value,
) -> Result<Option<RiskEngine>, StorageError> {
    let engine = tx.query_opt(sql, &[tenant.into(), key], read)?;
    let Some(engine) = engine else { return Ok(None) };
    Ok(with_cards(tx, tenant, vec![engine])?.pop())
}

/// The engines with their scorecards.
fn with_cards(
    tx: &mut Tx,
    tenant: TenantId,
    mut engines: Vec<RiskEngine>,
) -> Result<Vec<RiskEngine>, StorageError> {
    let ids: Vec<Uuid> = engines.iter().map(|engine| engine.id.uuid()).collect();
    let mut rows: Vec<(RiskEngineId, i64, ScorecardId)> = tx.query_keys(
        "SELECT risk_engine_id, position, scorecard_id FROM risk_engine_scorecard \
         WHERE tenant_id = ?1 AND risk_engine_id = ANY(?2)",
        params![tenant, ids],
        |row| Ok((row.get("risk_engine_id")?, row.get("position")?, row.get("scorecard_id")?)),
    )?;
    rows.sort_unstable();
    let mut cards: HashMap<RiskEngineId, Vec<ScorecardId>> = HashMap::new();
    for (engine, _, card) in rows {
        cards.entry(engine).or_default().push(card);
    }
    for engine in &mut engines {
        engine.scorecards = cards.remove(&engine.id).unwrap_or_default();
    }
    Ok(engines)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<RiskEngine>, StorageError> {
    let mut page = tx.list(LIST, params![tenant], query, read)?;
    let items = std::mem::take(&mut page.items);
    page.items = with_cards(tx, tenant, items)?;
    Ok(page)
}

/// Every engine of the list, unpaged: a tenant has few.
pub(super) fn all(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Vec<RiskEngine>, StorageError> {
    let mut engines = Vec::new();
    tx.list_each(LIST, params![tenant], query, |row| {
        engines.push(read(row)?);
        Ok(())
    })?;
    with_cards(tx, tenant, engines)
}

fn read(row: &Row<'_>) -> Result<RiskEngine, StorageError> {
    Ok(RiskEngine {
        id: row.get("id")?,
        version: row.get("version")?,
        is_active: row.get("is_active")?,
        scorecards: Vec::new(),
        activated_at: row.get("activated_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
