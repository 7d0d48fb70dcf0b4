//! SQL of transactions.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{LoanId, TenantId, TransactionId};
use florin_storage::{
    Field, Filter, Insert, Kind, ListQuery, ListSource, Op, Page, Row, StorageError, Tx, Type,
    Update, Value, params,
};

use super::entity::{Transaction, TransactionStatus, TransactionType};
use crate::column;
use crate::loan::explain::TakenBack;
use crate::postings::Parts;
use crate::product::FeeType;

/// What a list of transactions can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "loan", column: "loan_id", kind: Kind::Uuid },
    Field { name: "type", column: "type", kind: Kind::Text },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "amount", column: "amount", kind: Kind::Money },
    Field { name: "principal", column: "principal", kind: Kind::Money },
    Field { name: "interest", column: "interest", kind: Kind::Money },
    Field { name: "fee", column: "fee", kind: Kind::Money },
    Field { name: "name", column: "name", kind: Kind::Text },
    Field { name: "fee_type", column: "fee_type", kind: Kind::Text },
    Field { name: "unique_key", column: "unique_key", kind: Kind::Text },
    Field { name: "is_automatic", column: "is_automatic", kind: Kind::Bool },
    Field { name: "date", column: "effective_on", kind: Kind::Date },
    Field { name: "processing_date", column: "processing_on", kind: Kind::Date },
    Field { name: "provider_transaction_id", column: "provider_reference", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "applied_at", column: "applied_at", kind: Kind::Timestamp },
];

const INSERT: Insert = Insert {
    table: "loan_transaction",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("type", Type::Text),
        ("status", Type::Text),
        ("currency", Type::Text),
        ("amount", Type::Int),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
        ("is_automatic", Type::Int),
        ("effective_on", Type::Text),
        ("created_at", Type::Int),
        ("applied_at", Type::Int),
        ("processing_on", Type::Text),
        ("name", Type::Text),
        ("fee_type", Type::Text),
        ("unique_key", Type::Text),
        ("provider_reference", Type::Text),
        ("failure_reason", Type::Text),
        ("entry_id", Type::Uuid),
        ("period", Type::Int),
        ("payment_id", Type::Uuid),
    ],
    on_conflict: "",
};

const RESOLVE: Update = Update {
    table: "loan_transaction",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[
        ("status", Type::Text),
        ("effective_on", Type::Text),
        ("applied_at", Type::Int),
        ("failure_reason", Type::Text),
        ("amount", Type::Int),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
        ("processing_on", Type::Text),
        ("provider_reference", Type::Text),
        ("entry_id", Type::Uuid),
        ("period", Type::Int),
        ("ended_on", Type::Text),
        ("ended_period", Type::Int),
        ("payment_id", Type::Uuid),
    ],
    add: &[],
};

const INSERT_KEY: Insert = Insert {
    table: "loan_transaction_key",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("unique_key", Type::Text),
        ("transaction_id", Type::Uuid),
        ("request", Type::Bytes),
    ],
    on_conflict: "",
};

const INSERT_COLLECTION: Insert = Insert {
    table: "loan_collection",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("answer_on", Type::Text),
        ("transaction_id", Type::Uuid),
    ],
    on_conflict: "",
};

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT t.id, t.loan_id, t.type, t.status, t.currency, t.amount, t.principal, t.interest, t.fee, t.is_automatic, t.effective_on, \
             t.created_at, t.applied_at, t.processing_on, t.name, t.fee_type, t.unique_key, t.provider_reference, t.failure_reason, t.entry_id, \
             t.period, t.ended_on, t.ended_period, t.payment_id \
             FROM loan_transaction t ",
            $tail
        )
    };
}

pub(crate) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), StorageError> {
    let rows = transactions.iter().map(|it| {
        let optional = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
        [
            Value::from(tenant),
            it.id.into(),
            it.loan.into(),
            Value::fixed(it.kind.as_str()),
            Value::fixed(it.status.as_str()),
            Value::fixed(it.amount.currency().code()),
            it.amount.minor().into(),
            it.principal.minor().into(),
            it.interest.minor().into(),
            it.fee.minor().into(),
            it.is_automatic.into(),
            it.effective_on.into(),
            it.created_at.into(),
            it.resolved_at.into(),
            it.processing_on.into(),
            optional(&it.name),
            it.fee_type.map_or(Value::Null, |fee_type| Value::fixed(fee_type.as_str())),
            it.unique_key.as_deref().into(),
            it.provider_reference.as_deref().into(),
            optional(&it.failure_reason),
            it.entry.into(),
            it.period.into(),
            it.payment.into(),
        ]
    });
    tx.insert_many(&INSERT, rows)?;
    Ok(())
}

/// Writes what can change on transactions: how pending ones ended, or that one was taken back or tried again.
pub(crate) fn resolve_many(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), StorageError> {
    let rows = transactions.iter().map(|it| {
        let reason = if it.failure_reason.is_empty() {
            Value::Null
        } else {
            it.failure_reason.as_str().into()
        };
        [
            Value::from(tenant),
            it.id.into(),
            Value::fixed(it.status.as_str()),
            it.effective_on.into(),
            it.resolved_at.into(),
            reason,
            it.amount.minor().into(),
            it.principal.minor().into(),
            it.interest.minor().into(),
            it.fee.minor().into(),
            it.processing_on.into(),
            it.provider_reference.as_deref().into(),
            it.entry.into(),
            it.period.into(),
            it.ended_on.into(),
            it.ended_period.into(),
            it.payment.into(),
        ]
    });
    tx.update_many(&RESOLVE, rows)?;
    Ok(())
}

/// What is known of the unique keys: the transaction and the request that made it.
pub(crate) fn known_keys(
    tx: &mut Tx,
    tenant: TenantId,
    keys: Vec<String>,
) -> Result<HashMap<String, (TransactionId, [u8; 32])>, StorageError> {
    let rows = tx.query_keys(
        "SELECT unique_key, transaction_id, request FROM loan_transaction_key WHERE tenant_id = ?1 AND unique_key = ANY(?2)",
        params![tenant, Value::Texts(keys)],
        |row| Ok((row.get("unique_key")?, (row.get("transaction_id")?, row.get("request")?))),
    )?;
    Ok(rows.into_iter().collect())
}

pub(crate) fn insert_keys(
    tx: &mut Tx,
    tenant: TenantId,
    keys: &[(String, TransactionId, [u8; 32])],
) -> Result<(), StorageError> {
    let rows = keys.iter().map(|(key, id, request)| {
        [Value::from(tenant), key.as_str().into(), (*id).into(), (*request).into()]
    });
    tx.insert_many(&INSERT_KEY, rows)?;
    Ok(())
}

pub(crate) fn get_many(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query_keys(select!("WHERE t.tenant_id = ?1 AND t.id = ANY(?2)"), params![tenant, ids], read)
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: TransactionId,
) -> Result<Option<Transaction>, StorageError> {
    tx.query_opt(select!("WHERE t.tenant_id = ?1 AND t.id = ?2"), params![tenant, id], read)
}

/// The pending transactions of a loan.
pub(crate) fn pending_of(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query(
        select!("WHERE t.tenant_id = ?1 AND t.loan_id = ?2 AND t.status = 'pending' ORDER BY t.id"),
        params![tenant, loan],
        read,
    )
}

/// What is under way to each of `loans` by automatic repayments, in minor units; those without any are left out.
pub(crate) fn under_way(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, i64>, StorageError> {
    let rows: Vec<(LoanId, i64)> = tx.query_keys(
        "SELECT loan_id, amount FROM loan_transaction WHERE tenant_id = ?1 AND loan_id = ANY(?2) \
         AND type = 'repayment' AND status = 'pending' AND is_automatic = 1",
        params![tenant, loans],
        |row| Ok((row.get("loan_id")?, row.get("amount")?)),
    )?;
    let mut sums: HashMap<LoanId, i64> = HashMap::new();
    for (loan, amount) in rows {
        let sum = sums.entry(loan).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(sums)
}

/// The principal of the repayments of `loans` that count and are moved by payments, in minor units, with their loans; by
/// the repayments' ids.
pub(crate) fn moved_principal(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<Uuid, (LoanId, i64)>, StorageError> {
    let rows: Vec<(Uuid, (LoanId, i64))> = tx.query_keys(
        "SELECT id, loan_id, principal FROM loan_transaction WHERE tenant_id = ?1 AND loan_id = ANY(?2) \
         AND type = 'repayment' AND payment_id IS NOT NULL AND principal > 0 \
         AND (status = 'applied' OR (status = 'pending' AND is_automatic = 0))",
        params![tenant, loans],
        |row| Ok((row.get("id")?, (row.get("loan_id")?, row.get("principal")?))),
    )?;
    Ok(rows.into_iter().collect())
}

/// What repayments of `loans` took beyond what was owed, and what was given back or is being, in minor units; loans
/// without either are left out.
pub(crate) fn beyond(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, (i64, i64)>, StorageError> {
    let rows: Vec<(LoanId, TransactionType, i64)> = tx.query_keys(
        "SELECT loan_id, type, amount - principal - interest - fee AS beyond FROM loan_transaction WHERE tenant_id = ?1 \
         AND loan_id = ANY(?2) AND type IN ('repayment', 'refund') AND amount <> principal + interest + fee \
         AND (status = 'applied' OR (status = 'pending' AND is_automatic = 0))",
        params![tenant, loans],
        |row| {
            let kind = column::word(row, "type", TransactionType::parse)?;
            Ok((row.get("loan_id")?, kind, row.get("beyond")?))
        },
    )?;
    let mut sums: HashMap<LoanId, (i64, i64)> = HashMap::new();
    for (loan, kind, beyond) in rows {
        let (repaid, refunded) = sums.entry(loan).or_default();
        *(if kind == TransactionType::Refund { refunded } else { repaid }) += beyond;
    }
    Ok(sums)
}

/// What a loan owes by the transactions that count: of one that was written off, the loss.
pub(crate) fn owed_by(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<Parts, StorageError> {
    tx.query_one(
        "SELECT CAST(COALESCE(SUM(principal * sign), 0) AS BIGINT) AS principal, CAST(COALESCE(SUM(interest * sign), 0) AS BIGINT) \
         AS interest, CAST(COALESCE(SUM(fee * sign), 0) AS BIGINT) AS fee FROM (SELECT principal, interest, fee, \
         CASE WHEN type IN ('disbursement', 'fee', 'interest') THEN 1 ELSE -1 END AS sign FROM loan_transaction \
         WHERE tenant_id = ?1 AND loan_id = ?2 AND status = 'applied') AS t",
        params![tenant, loan],
        |row| {
            Ok(Parts {
                principal: row.get("principal")?,
                interest: row.get("interest")?,
                fee: row.get("fee")?,
            })
        },
    )
}

/// Notes the repayments that a provider has been asked to collect.
pub(crate) fn insert_collections<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    asked: impl IntoIterator<Item = (Date, &'a Transaction)>,
) -> Result<(), StorageError> {
    let rows = asked.into_iter().map(|(date, it)| [Value::from(tenant), date.into(), it.id.into()]);
    tx.insert_many(&INSERT_COLLECTION, rows)?;
    Ok(())
}

/// Forgets collections that have been answered.
pub(crate) fn delete_collections(
    tx: &mut Tx,
    tenant: TenantId,
    date: Date,
    ids: Vec<Uuid>,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM loan_collection WHERE tenant_id = ?1 AND answer_on = ?2 AND transaction_id = ANY(?3)",
        params![tenant, date, ids],
    )?;
    Ok(())
}

/// The repayments that the provider has answered by `date`, oldest answer first, at most `limit`.
pub(crate) fn answered_by(
    tx: &mut Tx,
    tenant: TenantId,
    date: Date,
    limit: usize,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query(
        select!(
            "JOIN loan_collection c ON c.tenant_id = t.tenant_id AND c.transaction_id = t.id \
             WHERE c.tenant_id = ?1 AND c.answer_on <= ?2 ORDER BY c.answer_on, c.transaction_id LIMIT ?3"
        ),
        params![tenant, date, i64::try_from(limit).unwrap_or(i64::MAX)],
        read,
    )
}

/// What a loan's story is told from: the transactions that count and cannot be worked out (no interest).
pub(crate) fn facts(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query(
        select!(
            "WHERE t.tenant_id = ?1 AND t.loan_id = ?2 AND t.type <> 'interest' \
             AND (t.status = 'applied' OR (t.status = 'pending' AND t.type IN ('repayment', 'refund') AND t.is_automatic = 0)) \
             ORDER BY t.id"
        ),
        params![tenant, loan],
        read,
    )
}

/// The transactions of the loan that count and come on or after `from`, in the order in which they came.
pub(crate) fn counting_from(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    from: Date,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query(
        select!(
            "WHERE t.tenant_id = ?1 AND t.loan_id = ?2 AND t.effective_on >= ?3 \
             AND t.status IN ('applied', 'pending') ORDER BY t.effective_on, t.id"
        ),
        params![tenant, loan, from],
        read,
    )
}

/// The transactions that a loan's balances on `by` consist of, in the order in which they were booked, but for the
/// interest of its nights.
pub(crate) fn counting_by(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    by: Date,
) -> Result<Vec<Transaction>, StorageError> {
    tx.query(
        select!(
            "WHERE t.tenant_id = ?1 AND t.loan_id = ?2 AND t.effective_on <= ?3 AND (t.type <> 'interest' OR t.name IS NOT NULL) \
             AND (t.status = 'applied' OR (t.status = 'pending' AND t.type IN ('repayment', 'refund') AND t.is_automatic = 0)) \
             ORDER BY t.effective_on, COALESCE(t.entry_id, t.id)"
        ),
        params![tenant, loan, by],
        read,
    )
}

/// The interest that a loan's nights posted up to `by`, each by the day on which it ended.
pub(crate) fn nights(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    by: Date,
) -> Result<Vec<(Date, i64)>, StorageError> {
    tx.query(
        "SELECT effective_on, interest FROM loan_transaction WHERE tenant_id = ?1 AND loan_id = ?2 AND effective_on <= ?3 \
         AND type = 'interest' AND name IS NULL AND status = 'applied' ORDER BY effective_on, id",
        params![tenant, loan, by],
        |row| Ok((row.get("effective_on")?, row.get("interest")?)),
    )
}

/// The transactions of a loan that were taken back.
pub(crate) fn taken_back(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<TakenBack>, StorageError> {
    let rows = tx.query(
        "SELECT id, type, name, effective_on, ended_on FROM loan_transaction WHERE tenant_id = ?1 AND loan_id = ?2 \
         AND status = 'reverted' AND ended_on IS NOT NULL ORDER BY effective_on, id",
        params![tenant, loan],
        |row| {
            let kind = column::word(row, "type", TransactionType::parse)?;
            let (name, on): (Option<String>, Date) = (row.get("name")?, row.get("effective_on")?);
            // The interest of a day is that of the night before.
            let is_night = kind == TransactionType::Interest && name.is_none();
            let from = if is_night { on.yesterday().unwrap_or(on) } else { on };
            Ok(TakenBack { id: row.get("id")?, from, on: row.get("ended_on")? })
        },
    )?;
    Ok(rows)
}

const LIST: ListSource =
    ListSource::joined("loan_transaction", "tenant_id = ?1", select!("WHERE t.tenant_id = ?1"));

pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Transaction>, StorageError> {
    let query = by_keys(tx, tenant, query)?;
    tx.list(LIST, params![tenant], &query, read)
}

pub(crate) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Transaction) -> bool,
) -> Result<(), StorageError> {
    let query = by_keys(tx, tenant, query)?;
    tx.list_each(LIST, params![tenant], &query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

/// The same list by what this table has a key for: unique keys are known with their transactions, and ids are given
/// in the order in which transactions are made. An index on either column would slow every transaction down.
fn by_keys(tx: &mut Tx, tenant: TenantId, query: &ListQuery) -> Result<ListQuery, StorageError> {
    let mut query = query.clone();
    for (column, _) in &mut query.order {
        if *column == "created_at" {
            *column = "id";
        }
    }
    for filter in &mut query.filters {
        let Op::In(values) = &filter.op else { continue };
        if filter.column != "unique_key" {
            continue;
        }
        let keys = values.iter().filter_map(|value| match value {
            Value::Text(key) => Some(key.clone()),
            _ => None,
        });
        let known = known_keys(tx, tenant, keys.collect())?;
        let ids = known.into_values().map(|(id, _)| id.into()).collect();
        *filter = Filter { column: "id", op: Op::In(ids) };
    }
    Ok(query)
}

fn read(row: &Row<'_>) -> Result<Transaction, StorageError> {
    let currency = column::currency(row)?;
    let money = |name| column::money(row, name, currency);
    Ok(Transaction {
        id: row.get("id")?,
        loan: row.get("loan_id")?,
        kind: column::word(row, "type", TransactionType::parse)?,
        status: column::word(row, "status", TransactionStatus::parse)?,
        amount: money("amount")?,
        principal: money("principal")?,
        interest: money("interest")?,
        fee: money("fee")?,
        name: row.get::<Option<String>>("name")?.unwrap_or_default(),
        fee_type: column::optional_word(row, "fee_type", FeeType::parse)?,
        unique_key: row.get("unique_key")?,
        is_automatic: row.get("is_automatic")?,
        effective_on: row.get("effective_on")?,
        processing_on: row.get("processing_on")?,
        provider_reference: row.get("provider_reference")?,
        failure_reason: row.get::<Option<String>>("failure_reason")?.unwrap_or_default(),
        created_at: row.get("created_at")?,
        resolved_at: row.get("applied_at")?,
        entry: row.get("entry_id")?,
        period: row.get("period")?,
        payment: row.get("payment_id")?,
        ended_on: row.get("ended_on")?,
        ended_period: row.get("ended_period")?,
    })
}
