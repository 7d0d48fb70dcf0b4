//! SQL of scorecards.

use florin_ids::{ScorecardId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};

use super::entity::Scorecard;
use crate::json;

/// The fields that scorecards can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "name", column: "name", kind: Kind::Text },
    Field { name: "stop_on_first_fail", column: "stop_on_first_fail", kind: Kind::Bool },
    Field { name: "is_active", column: "is_active", kind: Kind::Bool },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT scorecard.*, CASE WHEN activated_at IS NULL THEN 0 ELSE 1 END AS is_active \
                    FROM scorecard WHERE tenant_id = ?1";

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, card: &Scorecard) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO scorecard (tenant_id, id, name, threshold, stop_on_first_fail, rules, activated_at, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &values(tenant, card)?,
    )?;
    Ok(())
}

pub(crate) fn update(tx: &mut Tx, tenant: TenantId, card: &Scorecard) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE scorecard SET name = ?3, threshold = ?4, stop_on_first_fail = ?5, rules = ?6, activated_at = ?7, \
         created_at = ?8, updated_at = ?9 WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, card)?,
    )?;
    Ok(())
}

fn values(tenant: TenantId, card: &Scorecard) -> Result<Vec<Value>, StorageError> {
    Ok(vec![
        tenant.into(),
        card.id.into(),
        card.name.as_str().into(),
        card.threshold.into(),
        card.stop_on_first_fail.into(),
        json::write("rules", &card.rules)?.into(),
        card.activated_at.into(),
        card.created_at.into(),
        card.updated_at.into(),
    ])
}

/// The scorecard, without a lock.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ScorecardId,
) -> Result<Option<Scorecard>, StorageError> {
    tx.query_opt(
        "SELECT * FROM scorecard WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The scorecard, which nobody else can change until the transaction ends.
pub(crate) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ScorecardId,
) -> Result<Option<Scorecard>, StorageError> {
    tx.query_opt(
        "SELECT * FROM scorecard WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// The scorecards of a list, in no particular order.
pub(crate) fn get_many(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<uuid::Uuid>,
) -> Result<Vec<Scorecard>, StorageError> {
    tx.query_keys(
        "SELECT * FROM scorecard WHERE tenant_id = ?1 AND id = ANY(?2)",
        params![tenant, ids],
        read,
    )
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Scorecard>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every scorecard of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Scorecard) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Scorecard, StorageError> {
    Ok(Scorecard {
        id: row.get("id")?,
        name: row.get("name")?,
        threshold: row.get("threshold")?,
        stop_on_first_fail: row.get("stop_on_first_fail")?,
        rules: json::read(row, "rules")?,
        activated_at: row.get("activated_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
