//! SQL of transactions.

use florin_ids::{FundId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::civil::Date;
use uuid::Uuid;

use super::entity::{Transaction, TransactionKind, TransactionStatus};
use crate::column;
use crate::contribution::Frequency;

const INSERT: Insert = Insert {
    table: "savings_transaction",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("fund_id", Type::Uuid),
        ("kind", Type::Text),
        ("source_id", Type::Uuid),
        ("source_key", Type::Text),
        ("frequency", Type::Text),
        ("amount_minor", Type::Int),
        ("description", Type::Text),
        ("occurred_on", Type::Text),
        ("status", Type::Text),
        ("reason", Type::Text),
        ("payment_id", Type::Uuid),
        ("answers_on", Type::Text),
        ("inserted_at", Type::Int),
    ],
    on_conflict: "",
};

pub(super) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), StorageError> {
    let rows = transactions.iter().map(|it| {
        vec![
            tenant.into(),
            it.id.into(),
            it.fund.into(),
            it.kind.as_str().into(),
            it.source.into(),
            it.source_key.as_str().into(),
            it.frequency.as_str().into(),
            it.amount_minor.into(),
            it.description.as_str().into(),
            it.occurred_on.into(),
            it.status.as_str().into(),
            it.reason.as_str().into(),
            it.payment.into(),
            it.answers_on.into(),
            it.inserted_at.into(),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<Vec<Value>>>())?;
    Ok(())
}

const UPDATE: Update = Update {
    table: "savings_transaction",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[("status", Type::Text), ("reason", Type::Text), ("answers_on", Type::Text)],
    add: &[],
};

pub(super) fn update_many(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), StorageError> {
    let rows = transactions.iter().map(|it| {
        vec![
            tenant.into(),
            it.id.into(),
            it.status.as_str().into(),
            it.reason.as_str().into(),
            it.answers_on.into(),
        ]
    });
    tx.update_many(&UPDATE, rows.collect::<Vec<Vec<Value>>>())?;
    Ok(())
}

/// The payment that was made of a source under this key.
pub(super) fn of_source(
    tx: &mut Tx,
    tenant: TenantId,
    source: Uuid,
    key: &str,
) -> Result<Option<Transaction>, StorageError> {
    let sql = "SELECT * FROM savings_transaction WHERE tenant_id = ?1 AND source_id = ?2 AND source_key = ?3";
    tx.query_opt(sql, params![tenant, source, key], read)
}

/// A page of a fund's transactions, the newest first.
pub(super) fn of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    limit: u32,
    offset: i64,
) -> Result<Vec<Transaction>, StorageError> {
    let sql = "SELECT * FROM savings_transaction WHERE tenant_id = ?1 AND fund_id = ?2 \
               ORDER BY id DESC LIMIT ?3 OFFSET ?4";
    tx.query(sql, params![tenant, fund, limit, offset], read)
}

/// The ids of a fund's payments in that have settled.
pub(super) fn settled(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Vec<Uuid>, StorageError> {
    let sql = "SELECT id FROM savings_transaction WHERE tenant_id = ?1 AND fund_id = ?2 AND status = ?3 AND kind <> ?4";
    let (settled, out) =
        (TransactionStatus::Settled.as_str(), TransactionKind::Withdrawal.as_str());
    tx.query(sql, params![tenant, fund, settled, out], |row| row.get("id"))
}

/// These transactions, which nobody else can change until the transaction of the database ends.
pub(super) fn lock_many(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Transaction>, StorageError> {
    let sql = "SELECT * FROM savings_transaction WHERE tenant_id = ?1 AND id = ANY(?2) ORDER BY id FOR UPDATE";
    tx.query(sql, params![tenant, Value::Uuids(ids)], read)
}

/// Transactions that the built-in bank answers by `today`, after `after` in the order of their ids, held.
pub(super) fn answered_after(
    tx: &mut Tx,
    tenant: TenantId,
    today: Date,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Transaction>, StorageError> {
    let sql = "SELECT * FROM savings_transaction WHERE tenant_id = ?1 AND answers_on <= ?2 AND id > ?3 \
               ORDER BY id LIMIT ?4 FOR UPDATE";
    tx.query(sql, params![tenant, today, after.unwrap_or(Uuid::nil()), limit], read)
}

fn read(row: &Row<'_>) -> Result<Transaction, StorageError> {
    Ok(Transaction {
        id: row.get("id")?,
        fund: row.get("fund_id")?,
        kind: column::word(row, "kind", TransactionKind::parse)?,
        source: row.get("source_id")?,
        source_key: row.get("source_key")?,
        frequency: column::word(row, "frequency", Frequency::parse)?,
        amount_minor: row.get("amount_minor")?,
        description: row.get("description")?,
        occurred_on: row.get("occurred_on")?,
        status: column::word(row, "status", TransactionStatus::parse)?,
        reason: row.get("reason")?,
        payment: row.get("payment_id")?,
        answers_on: row.get("answers_on")?,
        inserted_at: row.get("inserted_at")?,
    })
}
