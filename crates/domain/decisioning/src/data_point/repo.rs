//! SQL of data points.

use florin_ids::{ApplicationId, DataPointId, TenantId};
use florin_storage::{
    Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value as Column, params,
};

use super::entity::DataPoint;
use crate::expression::Value;
use crate::json;

/// The fields that data points can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "input_source", column: "input_source_id", kind: Kind::Uuid },
    Field { name: "application", column: "application_id", kind: Kind::Uuid },
    Field { name: "provider", column: "provider", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM data_point WHERE tenant_id = ?1";

pub(crate) fn insert(tx: &mut Tx, tenant: TenantId, point: &DataPoint) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO data_point (tenant_id, id, application_id, input_source_id, value, provider, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &values(tenant, point)?,
    )?;
    Ok(())
}

pub(super) fn update(tx: &mut Tx, tenant: TenantId, point: &DataPoint) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE data_point SET application_id = ?3, input_source_id = ?4, value = ?5, provider = ?6, \
         created_at = ?7, updated_at = ?8 WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, point)?,
    )?;
    Ok(())
}

fn values(tenant: TenantId, point: &DataPoint) -> Result<Vec<Column>, StorageError> {
    Ok(vec![
        tenant.into(),
        point.id.into(),
        point.application.into(),
        point.input_source.into(),
        json::write("value", &point.value)?.into(),
        point.provider.as_deref().into(),
        point.created_at.into(),
        point.updated_at.into(),
    ])
}

/// The data point, without a lock.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: DataPointId,
) -> Result<Option<DataPoint>, StorageError> {
    tx.query_opt(
        "SELECT * FROM data_point WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The data point, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: DataPointId,
) -> Result<Option<DataPoint>, StorageError> {
    tx.query_opt(
        "SELECT * FROM data_point WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// Name and value of every data point of an application, oldest first: of several for a name the last counts.
pub(crate) fn of_application(
    tx: &mut Tx,
    tenant: TenantId,
    application: ApplicationId,
) -> Result<Vec<(String, Value)>, StorageError> {
    tx.query(
        "SELECT s.name AS name, d.value AS value FROM data_point d \
         JOIN input_source s ON s.tenant_id = d.tenant_id AND s.id = d.input_source_id \
         WHERE d.tenant_id = ?1 AND d.application_id = ?2 ORDER BY d.id",
        params![tenant, application],
        |row| Ok((row.get("name")?, json::read(row, "value")?)),
    )
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<DataPoint>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every data point of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(DataPoint) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<DataPoint, StorageError> {
    Ok(DataPoint {
        id: row.get("id")?,
        input_source: row.get("input_source_id")?,
        application: row.get("application_id")?,
        value: json::read(row, "value")?,
        provider: row.get("provider")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
