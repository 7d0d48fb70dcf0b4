//! SQL of a partner's own list of institutions.

use std::collections::HashMap;

use florin_ids::{InstitutionId, TenantId};
use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use super::file;

const INSERT: Insert = Insert {
    table: "connect_institution",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("code", Type::Text),
        ("body", Type::Text),
        ("is_discontinued", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, code) DO UPDATE SET body = excluded.body, is_discontinued = 0",
};

/// How often the tenant has loaded a list; 0 for never.
pub(super) fn version(tx: &mut Tx, tenant: TenantId) -> Result<i64, StorageError> {
    let sql = "SELECT version FROM connect_institution_list WHERE tenant_id = ?1";
    Ok(tx.query_opt(sql, params![tenant], |row| row.get("version"))?.unwrap_or(0))
}

/// The partner's rows, each with whether it has left the file. A row that cannot be read is passed over.
pub(super) fn all(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(file::Row, bool)>, StorageError> {
    let sql =
        "SELECT body, is_discontinued FROM connect_institution WHERE tenant_id = ?1 ORDER BY id";
    let rows = tx.query(sql, params![tenant], |row| {
        let body: String = row.get("body")?;
        Ok((serde_json::from_str(&body).ok(), row.get("is_discontinued")?))
    })?;
    Ok(rows.into_iter().filter_map(|(row, left)| Some((row?, left))).collect())
}

/// Puts these rows in the place of all that were there; what is not among them has left the file.
pub(super) fn replace(
    tx: &mut Tx,
    tenant: TenantId,
    rows: &[file::Row],
) -> Result<(), StorageError> {
    let sql = "INSERT INTO connect_institution_list (tenant_id, version) VALUES (?1, 1) \
         ON CONFLICT (tenant_id) DO UPDATE SET version = connect_institution_list.version + 1";
    tx.execute(sql, params![tenant])?;
    let sql = "UPDATE connect_institution SET is_discontinued = 1 WHERE tenant_id = ?1";
    tx.execute(sql, params![tenant])?;
    let values = rows.iter().map(|row| {
        vec![
            Value::from(tenant),
            Value::from(row.id(tenant)),
            Value::from(row.code.as_str()),
            Value::from(serde_json::to_string(row).unwrap_or_default()),
            Value::from(false),
        ]
    });
    tx.insert_many(&INSERT, values.collect::<Vec<_>>())?;
    Ok(())
}

/// So many of the newest members say what is linked most.
const LINKS_LOOKED_AT: u32 = 10_000;

/// How many of the tenant's newest members each institution has.
pub(super) fn links(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<HashMap<InstitutionId, i64>, StorageError> {
    let sql = "SELECT n.institution_id, COUNT(*) AS links FROM (SELECT m.institution_id FROM connect_member AS m \
         WHERE m.tenant_id = ?1 ORDER BY m.id DESC LIMIT ?2) AS n GROUP BY n.institution_id";
    let rows = tx.query(sql, params![tenant, LINKS_LOOKED_AT], |row| {
        Ok((row.get::<InstitutionId>("institution_id")?, row.get::<i64>("links")?))
    })?;
    Ok(rows.into_iter().collect())
}
