//! SQL of selectors.

use std::collections::HashMap;

use florin_ids::{ProductId, RiskEngineId, RiskEngineSelectorId, TenantId};
use florin_storage::{
    Field, Insert, Kind, ListQuery, Page, Row, StorageError, Tx, Type, Value, params,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::entity::{Selector, WeightedEngine};
use crate::risk_engine;

/// The fields that selectors can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "product", column: "product_id", kind: Kind::Uuid },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM risk_engine_selector WHERE tenant_id = ?1";

const INSERT_CHOICES: Insert = Insert {
    table: "risk_engine_choice",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("selector_id", Type::Uuid),
        ("position", Type::Int),
        ("risk_engine_id", Type::Uuid),
        ("weight", Type::Text),
    ],
    on_conflict: "",
};

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    selector: &Selector,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO risk_engine_selector (tenant_id, id, product_id, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &values(tenant, selector),
    )?;
    insert_choices(tx, tenant, selector)
}

/// Writes the selector and its engines anew.
pub(super) fn update(
    tx: &mut Tx,
    tenant: TenantId,
    selector: &Selector,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE risk_engine_selector SET product_id = ?3, created_at = ?4, updated_at = ?5 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, selector),
    )?;
    tx.execute(
        "DELETE FROM risk_engine_choice WHERE tenant_id = ?1 AND selector_id = ?2",
        params![tenant, selector.id],
    )?;
    insert_choices(tx, tenant, selector)
}

fn values(tenant: TenantId, selector: &Selector) -> Vec<Value> {
    vec![
        tenant.into(),
        selector.id.into(),
        selector.product.into(),
        selector.created_at.into(),
        selector.updated_at.into(),
    ]
}

fn insert_choices(tx: &mut Tx, tenant: TenantId, selector: &Selector) -> Result<(), StorageError> {
    let rows = (0_i64..).zip(&selector.engines).map(|(position, engine)| {
        [
            tenant.into(),
            selector.id.into(),
            position.into(),
            engine.risk_engine.into(),
            engine.weight.into(),
        ]
    });
    tx.insert_many(&INSERT_CHOICES, rows)?;
    Ok(())
}

/// The selector, without a lock.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineSelectorId,
) -> Result<Option<Selector>, StorageError> {
    let sql = "SELECT * FROM risk_engine_selector WHERE tenant_id = ?1 AND id = ?2";
    one(tx, tenant, sql, id.into())
}

/// The selector, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: RiskEngineSelectorId,
) -> Result<Option<Selector>, StorageError> {
    let sql = "SELECT * FROM risk_engine_selector WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    one(tx, tenant, sql, id.into())
}

/// The selector of a product, which stays as it is until the transaction ends.
pub(crate) fn of_product(
    tx: &mut Tx,
    tenant: TenantId,
    product: ProductId,
) -> Result<Option<Selector>, StorageError> {
    let sql =
        "SELECT * FROM risk_engine_selector WHERE tenant_id = ?1 AND product_id = ?2 FOR SHARE";
    one(tx, tenant, sql, product.into())
}

/// A selector that has the engine, if any has.
pub(crate) fn any_with_engine(
    tx: &mut Tx,
    tenant: TenantId,
    engine: RiskEngineId,
) -> Result<Option<RiskEngineSelectorId>, StorageError> {
    tx.query_opt(
        "SELECT selector_id FROM risk_engine_choice WHERE tenant_id = ?1 AND risk_engine_id = ?2 LIMIT 1",
        params![tenant, engine],
        |row| row.get("selector_id"),
    )
}

fn one(
    tx: &mut Tx,
    tenant: TenantId,
    sql: &str,
    key: Value,
) -> Result<Option<Selector>, StorageError> {
    let selector = tx.query_opt(sql, &[tenant.into(), key], read)?;
    let Some(selector) = selector else { return Ok(None) };
    Ok(with_engines(tx, tenant, vec![selector])?.pop())
}

/// The selectors with their engines.
fn with_engines(
    tx: &mut Tx,
    tenant: TenantId,
    mut selectors: Vec<Selector>,
) -> Result<Vec<Selector>, StorageError> {
    let ids: Vec<Uuid> = selectors.iter().map(|selector| selector.id.uuid()).collect();
    let mut rows: Vec<(RiskEngineSelectorId, i64, RiskEngineId, Decimal)> = tx.query_keys(
        "SELECT selector_id, position, risk_engine_id, weight FROM risk_engine_choice \
         WHERE tenant_id = ?1 AND selector_id = ANY(?2)",
        params![tenant, ids],
        |row| {
            Ok((
                row.get("selector_id")?,
                row.get("position")?,
                row.get("risk_engine_id")?,
                row.get("weight")?,
            ))
        },
    )?;
    rows.sort_unstable();
    let mut engines: Vec<Uuid> = rows.iter().map(|(_, _, engine, _)| engine.uuid()).collect();
    engines.sort_unstable();
    engines.dedup();
    let versions = risk_engine::repo::versions(tx, tenant, engines)?;
    let mut by_selector: HashMap<RiskEngineSelectorId, Vec<WeightedEngine>> = HashMap::new();
    for (selector, _, risk_engine, weight) in rows {
        let version = versions.get(&risk_engine).cloned().unwrap_or_default();
        let engine = WeightedEngine { risk_engine, version, weight };
        by_selector.entry(selector).or_default().push(engine);
    }
    for selector in &mut selectors {
        selector.engines = by_selector.remove(&selector.id).unwrap_or_default();
    }
    Ok(selectors)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Selector>, StorageError> {
    let mut page = tx.list(LIST, params![tenant], query, read)?;
    let items = std::mem::take(&mut page.items);
    page.items = with_engines(tx, tenant, items)?;
    Ok(page)
}

/// Every selector of the list, unpaged: a tenant has one a product.
pub(super) fn all(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Vec<Selector>, StorageError> {
    let mut selectors = Vec::new();
    tx.list_each(LIST, params![tenant], query, |row| {
        selectors.push(read(row)?);
        Ok(())
    })?;
    with_engines(tx, tenant, selectors)
}

fn read(row: &Row<'_>) -> Result<Selector, StorageError> {
    Ok(Selector {
        id: row.get("id")?,
        product: row.get("product_id")?,
        engines: Vec::new(),
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
