//! SQL of statements.

use jiff::civil::Date;

use florin_ids::{LoanId, StatementId, TenantId};
use florin_storage::{
    Field, Insert, Kind, ListQuery, ListSource, Page, Row, StorageError, Tx, Type, Value, params,
};

use super::lines::Booked;
use super::{Statement, StatementNow};
use crate::column;
use crate::loan::servicing::Billed;
use crate::postings::Parts;
use crate::transaction::{Transaction, TransactionType};

/// What a list of statements can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "loan", column: "loan_id", kind: Kind::Uuid },
    Field { name: "number", column: "number", kind: Kind::Int },
    Field { name: "period_from", column: "period_from", kind: Kind::Date },
    Field { name: "period_to", column: "period_to", kind: Kind::Date },
    Field { name: "opening_balance", column: "opening", kind: Kind::Money },
    Field { name: "closing_balance", column: "closing", kind: Kind::Money },
    Field { name: "principal", column: "closing_principal", kind: Kind::Money },
    Field { name: "interest", column: "closing_interest", kind: Kind::Money },
    Field { name: "fee", column: "closing_fee", kind: Kind::Money },
    Field { name: "minimum_repayment", column: "minimum_repayment", kind: Kind::Money },
    Field { name: "due_date", column: "due_on", kind: Kind::Date },
    Field { name: "paid_so_far", column: "paid_so_far", kind: Kind::Money },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

const INSERT: Insert = Insert {
    table: "loan_statement",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("number", Type::Int),
        ("currency", Type::Text),
        ("period_from", Type::Text),
        ("period_to", Type::Text),
        ("opening", Type::Int),
        ("closing_principal", Type::Int),
        ("closing_interest", Type::Int),
        ("closing_fee", Type::Int),
        ("closing", Type::Int),
        ("minimum_repayment", Type::Int),
        ("billed", Type::Int),
        ("due_on", Type::Text),
        ("created_at", Type::Int),
    ],
    on_conflict: "",
};

const INSERT_ATTEMPT: Insert = Insert {
    table: "loan_transaction_attempt",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("transaction_id", Type::Uuid),
        ("period", Type::Int),
        ("ended_period", Type::Int),
        ("effective_on", Type::Text),
        ("ended_on", Type::Text),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
    ],
    on_conflict: "",
};

/// A statement and what was paid towards it: what counts, from the statement to its due date.
macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT s.tenant_id, s.id, s.loan_id, s.number, s.currency, s.period_from, s.period_to, s.opening, s.closing_principal, \
             s.closing_interest, s.closing_fee, s.closing, s.minimum_repayment, s.billed, s.due_on, s.created_at, \
             COALESCE((SELECT CAST(SUM(t.principal + t.interest + t.fee) AS BIGINT) FROM loan_transaction t \
             WHERE t.tenant_id = s.tenant_id AND t.loan_id = s.loan_id AND t.period IS NOT NULL AND t.type <> 'interest' \
             AND t.period > s.number AND t.effective_on <= s.due_on AND t.type IN ('repayment', 'waiver') \
             AND (t.status = 'applied' OR (t.status = 'pending' AND t.is_automatic = 0))), 0) AS paid_so_far \
             FROM loan_statement s ",
            $tail
        )
    };
}

pub(crate) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    statements: &[Statement],
) -> Result<(), StorageError> {
    let rows = statements.iter().map(|it| {
        [
            Value::from(tenant),
            it.id.into(),
            it.loan.into(),
            it.number.into(),
            Value::fixed(it.closing.currency().code()),
            it.period_from.into(),
            it.period_to.into(),
            it.opening.minor().into(),
            it.closing_parts.principal.into(),
            it.closing_parts.interest.into(),
            it.closing_parts.fee.into(),
            it.closing.minor().into(),
            it.minimum_repayment.minor().into(),
            it.billed_minor.into(),
            it.due_on.into(),
            it.created_at.into(),
        ]
    });
    tx.insert_many(&INSERT, rows)?;
    Ok(())
}

/// When the loan's statements were made, and what each asked for.
pub(crate) fn billed(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
) -> Result<Vec<(Date, Billed)>, StorageError> {
    tx.query(
        "SELECT period_to, billed, due_on FROM loan_statement WHERE tenant_id = ?1 AND loan_id = ?2 ORDER BY number",
        params![tenant, loan],
        |row| {
            let billed = Billed { amount: row.get("billed")?, due_on: row.get("due_on")? };
            Ok((row.get("period_to")?, billed))
        },
    )
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: StatementId,
) -> Result<Option<StatementNow>, StorageError> {
    tx.query_opt(select!("WHERE s.tenant_id = ?1 AND s.id = ?2"), params![tenant, id], read)
}

/// What was paid is looked up for the statements of the page.
const LIST: ListSource =
    ListSource::joined("loan_statement", "tenant_id = ?1", select!("WHERE s.tenant_id = ?1"));

pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<StatementNow>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

pub(crate) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(StatementNow) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<StatementNow, StorageError> {
    let currency = column::currency(row)?;
    let money = |name| column::money(row, name, currency);
    let statement = Statement {
        id: row.get("id")?,
        loan: row.get("loan_id")?,
        number: row.get("number")?,
        period_from: row.get("period_from")?,
        period_to: row.get("period_to")?,
        opening: money("opening")?,
        closing_parts: Parts {
            principal: row.get("closing_principal")?,
            interest: row.get("closing_interest")?,
            fee: row.get("closing_fee")?,
        },
        closing: money("closing")?,
        minimum_repayment: money("minimum_repayment")?,
        billed_minor: row.get("billed")?,
        due_on: row.get("due_on")?,
        created_at: row.get("created_at")?,
    };
    Ok(StatementNow { statement, paid_so_far: money("paid_so_far")? })
}

/// What changed the balance in a period, or ended in it. Automatic repayments and disbursements change it only once
/// they are applied (an automatic repayment has its entry then, and keeps it when the money comes back). What was charged before the first disbursement belongs to the first period.
pub(crate) fn booked(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    number: u32,
) -> Result<Vec<Booked>, StorageError> {
    let mut booked = tx.query(
        "SELECT id, type, name, principal, interest, fee, effective_on, COALESCE(period, 1) AS period, ended_on, ended_period \
         FROM loan_transaction WHERE tenant_id = ?1 AND loan_id = ?2 AND (COALESCE(period, 1) = ?3 OR ended_period = ?3) \
         AND (status IN ('applied', 'reverted') OR (status IN ('pending', 'failed') AND type = 'repayment' AND is_automatic = 0) \
         OR (status = 'failed' AND type = 'repayment' AND is_automatic = 1 AND entry_id IS NOT NULL))",
        params![tenant, loan, number],
        read_booked,
    )?;
    // A repayment that is tried again is another one from then on.
    booked.extend(tx.query(
        "SELECT transaction_id AS id, 'repayment' AS type, NULL AS name, principal, interest, fee, effective_on, period, \
         ended_on, ended_period FROM loan_transaction_attempt \
         WHERE tenant_id = ?1 AND loan_id = ?2 AND (period = ?3 OR ended_period = ?3)",
        params![tenant, loan, number],
        read_booked,
    )?);
    Ok(booked)
}

fn read_booked(row: &Row<'_>) -> Result<Booked, StorageError> {
    let ended_on: Option<Date> = row.get("ended_on")?;
    let ended_period: Option<u32> = row.get("ended_period")?;
    let period = row.get("period")?;
    Ok(Booked {
        transaction: row.get("id")?,
        kind: column::word(row, "type", TransactionType::parse)?,
        name: row.get::<Option<String>>("name")?.unwrap_or_default(),
        on: row.get("effective_on")?,
        period,
        ended: ended_on.map(|on| (on, ended_period.unwrap_or(period))),
        parts: Parts {
            principal: row.get("principal")?,
            interest: row.get("interest")?,
            fee: row.get("fee")?,
        },
    })
}

/// Keeps failed repayments as statements show them, before they are tried again.
pub(crate) fn insert_attempts(
    tx: &mut Tx,
    tenant: TenantId,
    attempts: &[Transaction],
) -> Result<(), StorageError> {
    let rows = attempts.iter().map(|it| {
        [
            Value::from(tenant),
            it.loan.into(),
            it.id.into(),
            it.period.into(),
            it.ended_period.into(),
            it.effective_on.into(),
            it.ended_on.into(),
            it.principal.minor().into(),
            it.interest.minor().into(),
            it.fee.minor().into(),
        ]
    });
    tx.insert_many(&INSERT_ATTEMPT, rows)?;
    Ok(())
}
