//! SQL of reconciliations.

use florin_ids::{ProviderAccountId, ReconciliationId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use jiff::civil::Date;

use super::entity::{Difference, DifferenceKind, Report, Summary};
use crate::words::WORD;

const LINES: Insert = Insert {
    table: "reconciliation_line",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("reconciliation_id", Type::Uuid),
        ("line", Type::Int),
        ("kind", Type::Text),
        ("payment_id", Type::Uuid),
        ("reference", Type::Text),
        ("ours", Type::Text),
        ("theirs", Type::Text),
    ],
    on_conflict: "",
};

/// The report of these days, if they were compared before, held until the transaction ends.
pub(super) fn lock_of_days(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    (from, to): (Date, Date),
) -> Result<Option<ReconciliationId>, StorageError> {
    let sql = "SELECT id FROM reconciliation WHERE tenant_id = ?1 AND account_id = ?2 AND from_on = ?3 AND to_on = ?4 \
         FOR UPDATE";
    tx.query_opt(sql, params![tenant, account, from, to], |row| row.get("id"))
}

/// Writes a report in the place of an earlier one of the same id.
pub(super) fn replace(tx: &mut Tx, tenant: TenantId, report: &Report) -> Result<(), StorageError> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let id = report.id;
    tx.execute(
        "DELETE FROM reconciliation_line WHERE tenant_id = ?1 AND reconciliation_id = ?2",
        params![tenant, id],
    )?;
    tx.execute("DELETE FROM reconciliation WHERE tenant_id = ?1 AND id = ?2", params![tenant, id])?;
    tx.execute(
        "INSERT INTO reconciliation (tenant_id, id, account_id, from_on, to_on, ours, theirs, differences, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            tenant,
            id,
            report.account,
            report.from,
            report.to,
            count(report.ours),
            count(report.theirs),
            count(report.differences.len() as u64),
            report.created_at
        ],
    )?;
    let rows = report.differences.iter().zip(1_i64..).map(|(it, line)| {
        vec![
            Value::from(tenant),
            Value::from(id),
            Value::from(line),
            Value::fixed(it.kind.as_str()),
            Value::from(it.payment),
            Value::from(it.reference.clone()),
            Value::from(it.ours.as_str()),
            Value::from(it.theirs.as_str()),
        ]
    });
    tx.insert_many(&LINES, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The newest reports.
pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<Summary>, StorageError> {
    let sql = "SELECT * FROM reconciliation WHERE tenant_id = ?1 ORDER BY created_at DESC, to_on DESC, id DESC LIMIT ?2";
    tx.query(sql, params![tenant, limit], read)
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ReconciliationId,
) -> Result<Option<Summary>, StorageError> {
    let sql = "SELECT * FROM reconciliation WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The first differences of a report.
pub(super) fn lines(
    tx: &mut Tx,
    tenant: TenantId,
    id: ReconciliationId,
    limit: u32,
) -> Result<Vec<Difference>, StorageError> {
    let sql = "SELECT * FROM reconciliation_line WHERE tenant_id = ?1 AND reconciliation_id = ?2 ORDER BY line LIMIT ?3";
    tx.query(sql, params![tenant, id, limit], read_line)
}

fn read(row: &Row<'_>) -> Result<Summary, StorageError> {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(Summary {
        id: row.get("id")?,
        account: row.get("account_id")?,
        from: row.get("from_on")?,
        to: row.get("to_on")?,
        ours: count(row.get("ours")?),
        theirs: count(row.get("theirs")?),
        differences: count(row.get("differences")?),
        created_at: row.get("created_at")?,
    })
}

fn read_line(row: &Row<'_>) -> Result<Difference, StorageError> {
    Ok(Difference {
        kind: row.parse("kind", WORD, DifferenceKind::parse)?,
        payment: row.get("payment_id")?,
        reference: row.get("reference")?,
        ours: row.get("ours")?,
        theirs: row.get("theirs")?,
    })
}
