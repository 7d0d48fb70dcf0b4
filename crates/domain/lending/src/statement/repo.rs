//! SQL of statements.

use jiff::civil::Date;

use florin_ids::{LoanId, TenantId};
use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use super::Statement;
use crate::loan::servicing::Billed;

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
