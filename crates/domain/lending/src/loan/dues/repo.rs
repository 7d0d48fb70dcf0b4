//! SQL of dues.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{LoanId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};

use super::{Due, Dues};

const UPSERT: Insert = Insert {
    table: "loan_due",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("due_on", Type::Text),
        ("billed", Type::Int),
        ("unpaid", Type::Int),
        ("paid_on", Type::Text),
    ],
    on_conflict: "ON CONFLICT (tenant_id, loan_id, due_on) DO UPDATE SET \
                  billed = excluded.billed, unpaid = excluded.unpaid, paid_on = excluded.paid_on",
};

/// The unpaid dues of `loans`.
pub(crate) fn unpaid(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<HashMap<LoanId, Dues>, StorageError> {
    unpaid_or_after(tx, tenant, loans, Date::MAX)
}

/// The dues of `loans` that are unpaid, and the paid ones of days after `today`: more may be asked for then.
pub(crate) fn unpaid_or_after(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
    today: Date,
) -> Result<HashMap<LoanId, Dues>, StorageError> {
    if loans.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.query_keys(
        "SELECT loan_id, due_on, billed, unpaid, paid_on FROM loan_due \
         WHERE tenant_id = ?1 AND loan_id = ANY(?2) AND (unpaid > 0 OR due_on > ?3)",
        params![tenant, loans, today],
        |row| Ok((row.get("loan_id")?, read(row)?)),
    )?;
    let mut by_loan: HashMap<LoanId, Vec<Due>> = HashMap::new();
    for (loan, due) in rows {
        by_loan.entry(loan).or_default().push(due);
    }
    let sorted = by_loan.into_iter().map(|(loan, mut dues)| {
        dues.sort_unstable_by_key(|due| due.due_on);
        (loan, Dues::new(dues))
    });
    Ok(sorted.collect())
}

/// All the dues of a loan that are known, oldest first: those that are unpaid or were paid late.
pub(crate) fn all(tx: &mut Tx, tenant: TenantId, loan: LoanId) -> Result<Vec<Due>, StorageError> {
    tx.query(
        "SELECT due_on, billed, unpaid, paid_on FROM loan_due WHERE tenant_id = ?1 AND loan_id = ?2 ORDER BY due_on",
        params![tenant, loan],
        read,
    )
}

/// Writes dues as they stand now. One that was paid on its day leaves no row, but a row that is there is kept.
pub(crate) fn save_many<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    dues: impl IntoIterator<Item = (LoanId, &'a Due)>,
) -> Result<(), StorageError> {
    let rows = dues.into_iter().map(|(loan, due)| {
        [
            Value::from(tenant),
            loan.into(),
            due.due_on.into(),
            due.billed_minor.into(),
            due.unpaid_minor.into(),
            due.paid_on.into(),
        ]
    });
    tx.insert_many(&UPSERT, rows)?;
    Ok(())
}

/// Puts `dues` in the place of all that is known of the loan.
pub(crate) fn replace(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    dues: &Dues,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM loan_due WHERE tenant_id = ?1 AND loan_id = ?2",
        params![tenant, loan],
    )?;
    let kept = dues.all().iter().filter(|due| due.is_unpaid_or_was_late());
    save_many(tx, tenant, kept.map(|due| (loan, due)))
}

fn read(row: &Row<'_>) -> Result<Due, StorageError> {
    Ok(Due {
        due_on: row.get("due_on")?,
        billed_minor: row.get("billed")?,
        unpaid_minor: row.get("unpaid")?,
        paid_on: row.get("paid_on")?,
    })
}
