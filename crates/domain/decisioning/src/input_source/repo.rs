//! SQL of input sources.

use florin_ids::{InputSourceId, TenantId};
use florin_storage::{
    Field, Kind as Column, ListQuery, Page, Row, StorageError, Tx, Value, params,
};

use super::entity::{InputSource, Origin};
use crate::expression::Kind;

/// The fields that input sources can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Column::Uuid },
    Field { name: "name", column: "name", kind: Column::Text },
    Field { name: "type", column: "kind", kind: Column::Text },
    Field { name: "origin", column: "origin", kind: Column::Text },
    Field { name: "provider", column: "provider", kind: Column::Text },
    Field { name: "created_at", column: "created_at", kind: Column::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Column::Timestamp },
];

const LIST: &str = "SELECT * FROM input_source WHERE tenant_id = ?1";

pub(crate) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    source: &InputSource,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO input_source (tenant_id, id, name, kind, description, origin, provider, is_used, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &values(tenant, source),
    )?;
    Ok(())
}

/// Inserts it unless the name is taken.
pub(crate) fn insert_if_new(
    tx: &mut Tx,
    tenant: TenantId,
    source: &InputSource,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO input_source (tenant_id, id, name, kind, description, origin, provider, is_used, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (tenant_id, name) DO NOTHING",
        &values(tenant, source),
    )?;
    Ok(())
}

pub(crate) fn update(
    tx: &mut Tx,
    tenant: TenantId,
    source: &InputSource,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE input_source SET name = ?3, kind = ?4, description = ?5, origin = ?6, provider = ?7, is_used = ?8, \
         created_at = ?9, updated_at = ?10 WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, source),
    )?;
    Ok(())
}

fn values(tenant: TenantId, source: &InputSource) -> Vec<Value> {
    vec![
        tenant.into(),
        source.id.into(),
        source.name.as_str().into(),
        source.kind.as_str().into(),
        source.description.as_str().into(),
        source.origin.as_str().into(),
        source.origin.provider().into(),
        source.is_used.into(),
        source.created_at.into(),
        source.updated_at.into(),
    ]
}

/// Marks input sources as used.
pub(crate) fn mark_used(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<uuid::Uuid>,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE input_source SET is_used = 1 WHERE tenant_id = ?1 AND id = ANY(?2) AND is_used = 0",
        params![tenant, ids],
    )?;
    Ok(())
}

/// The input source, without a lock.
pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: InputSourceId,
) -> Result<Option<InputSource>, StorageError> {
    tx.query_opt(
        "SELECT * FROM input_source WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The input source, which nobody else can change until the transaction ends.
pub(crate) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: InputSourceId,
) -> Result<Option<InputSource>, StorageError> {
    tx.query_opt(
        "SELECT * FROM input_source WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// Every input source, none of which anybody else can change until the transaction ends when `is_held`.
pub(crate) fn all(
    tx: &mut Tx,
    tenant: TenantId,
    is_held: bool,
) -> Result<Vec<InputSource>, StorageError> {
    let sql = if is_held {
        "SELECT * FROM input_source WHERE tenant_id = ?1 ORDER BY id FOR SHARE"
    } else {
        "SELECT * FROM input_source WHERE tenant_id = ?1 ORDER BY id"
    };
    tx.query(sql, params![tenant], read)
}

/// How many input sources of an origin the tenant has.
pub(crate) fn count(tx: &mut Tx, tenant: TenantId, origin: &str) -> Result<usize, StorageError> {
    tx.query_one(
        "SELECT COUNT(*) AS n FROM input_source WHERE tenant_id = ?1 AND origin = ?2",
        params![tenant, origin],
        |row| row.get::<i64>("n"),
    )
    .map(|count| usize::try_from(count).unwrap_or(0))
}

/// Whether another input source has the name.
pub(crate) fn is_name_taken(
    tx: &mut Tx,
    tenant: TenantId,
    name: &str,
    by_other_than: InputSourceId,
) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM input_source WHERE tenant_id = ?1 AND name = ?2",
        params![tenant, name],
        |row| row.get::<InputSourceId>("id"),
    )?;
    Ok(found.is_some_and(|id| id != by_other_than))
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<InputSource>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every input source of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(InputSource) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<InputSource, StorageError> {
    let provider: Option<String> = row.get("provider")?;
    let origin = row.parse("origin", "a word of its list", |word| match word {
        "partner" => Some(Origin::Partner),
        "provider" => Some(Origin::Provider(provider.clone().unwrap_or_default())),
        "built_in" => Some(Origin::BuiltIn),
        _ => None,
    })?;
    Ok(InputSource {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.parse("kind", "a word of its list", Kind::parse)?,
        description: row.get("description")?,
        origin,
        is_used: row.get("is_used")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
