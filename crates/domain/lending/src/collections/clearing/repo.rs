//! SQL of the clearing account (1020 of the chart, see `postings.rs`) and the payments in transit.

use uuid::Uuid;

use florin_ids::{EntryId, LoanId, PaymentId, TenantId};
use florin_money::Currency;
use florin_storage::{Insert, StorageError, Tx, Type, Value, params};

use super::InTransit;
use crate::collections::OWNER;
use crate::column;

const INSERT: Insert = Insert {
    table: "loan_payment_entry",
    columns: &[("tenant_id", Type::Uuid), ("payment_id", Type::Uuid), ("entry_id", Type::Uuid)],
    on_conflict: "",
};

/// Notes which payments entries on the account belong to.
pub(crate) fn note_entries(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &[(PaymentId, EntryId)],
) -> Result<(), StorageError> {
    let rows = entries
        .iter()
        .map(|(payment, entry)| [Value::from(tenant), (*payment).into(), (*entry).into()]);
    tx.insert_many(&INSERT, rows)?;
    Ok(())
}

/// What stands on the account, by currency.
pub(super) fn balances(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Vec<(Currency, i64)>, StorageError> {
    tx.query(
        "SELECT currency, posted FROM ledger_balance WHERE tenant_id = ?1 AND owner_id = ?2 AND account_no = 1020",
        params![tenant, Uuid::nil()],
        |row| Ok((column::currency(row)?, row.get("posted")?)),
    )
}

/// What is on its way: what the provider has collected and not paid out, what the partner has said to be done before the
/// provider did, and repayments that lowered a balance and wait.
pub(super) fn in_transit(tx: &mut Tx, tenant: TenantId) -> Result<InTransit, StorageError> {
    let mut sums = InTransit::new();
    tx.for_each(
        "SELECT p.currency, p.id AS payment_id, p.amount_minor AS amount FROM payment p \
         LEFT JOIN loan_transaction t ON t.tenant_id = p.tenant_id AND t.id = p.owner_id AND t.payment_id = p.id \
         WHERE p.tenant_id = ?1 AND p.owner_kind = ?2 AND p.direction = 'collect' \
         AND (p.state = 'confirmed' OR (p.state IN ('pending', 'submitted') AND t.status = 'applied')) \
         UNION ALL \
         SELECT currency, payment_id, amount FROM loan_transaction \
         WHERE tenant_id = ?1 AND status = 'pending' AND type = 'repayment' AND is_automatic = 0",
        params![tenant, OWNER],
        |row| {
            let payment: Option<PaymentId> = row.get("payment_id")?;
            let amount: i64 = row.get("amount")?;
            let sum = sums.entry((column::currency(row)?, payment)).or_default();
            *sum = sum.saturating_add(amount);
            Ok(())
        },
    )?;
    Ok(sums)
}

/// What the entries of each payment leave on the account; those that leave nothing are left out.
pub(super) fn booked(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(PaymentId, i64)>, StorageError> {
    tx.query(
        "SELECT e.payment_id, CAST(SUM(p.amount) AS BIGINT) AS booked FROM loan_payment_entry e \
         JOIN ledger_posting p ON p.tenant_id = e.tenant_id AND p.entry_id = e.entry_id AND p.account_no = 1020 \
         WHERE e.tenant_id = ?1 GROUP BY e.payment_id HAVING SUM(p.amount) <> 0 ORDER BY e.payment_id",
        params![tenant],
        |row| Ok((row.get("payment_id")?, row.get("booked")?)),
    )
}

/// The loan of a transaction.
pub(super) fn loan_of(
    tx: &mut Tx,
    tenant: TenantId,
    transaction: Uuid,
) -> Result<Option<LoanId>, StorageError> {
    tx.query_opt(
        "SELECT loan_id FROM loan_transaction WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, transaction],
        |row| row.get("loan_id"),
    )
}

/// Whether anything was ever booked on the account.
pub(super) fn is_used(tx: &mut Tx, tenant: TenantId) -> Result<bool, StorageError> {
    Ok(!balances(tx, tenant)?.is_empty())
}

/// The differences that were told last, in minor units.
pub(super) fn told(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(Currency, i64)>, StorageError> {
    tx.query(
        "SELECT currency, difference FROM loan_clearing_told WHERE tenant_id = ?1 ORDER BY currency",
        params![tenant],
        |row| Ok((column::currency(row)?, row.get("difference")?)),
    )
}

/// Keeps the differences that are told now.
pub(super) fn keep_told(
    tx: &mut Tx,
    tenant: TenantId,
    differences: &[(Currency, i64)],
) -> Result<(), StorageError> {
    tx.execute("DELETE FROM loan_clearing_told WHERE tenant_id = ?1", params![tenant])?;
    for (currency, difference) in differences {
        tx.execute(
            "INSERT INTO loan_clearing_told (tenant_id, currency, difference) VALUES (?1, ?2, ?3)",
            params![tenant, currency.code(), *difference],
        )?;
    }
    Ok(())
}
