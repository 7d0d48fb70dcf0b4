//! SQL of withdrawals. Where they stand is told by the fund's transactions of the same ids.

use florin_ids::{FundId, TenantId};
use florin_storage::{Row, StorageError, Tx, Value, params};
use uuid::Uuid;

use super::entity::{Withdrawal, WithdrawalStatus};
use super::limit::ExpenseType;
use crate::column;
use crate::transaction::TransactionStatus;

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    withdrawal: &Withdrawal,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_withdrawal (tenant_id, id, fund_id, expense_type, amount_minor, earnings_minor, \
               requested_on, tax_year, account_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.execute(
        sql,
        params![
            tenant,
            withdrawal.id,
            withdrawal.fund,
            withdrawal.expense.as_str(),
            withdrawal.amount_minor,
            withdrawal.earnings_minor,
            withdrawal.requested_on,
            i64::from(withdrawal.tax_year),
            withdrawal.account
        ],
    )?;
    Ok(())
}

/// Those of these withdrawals that are there.
pub(super) fn by_ids(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<Withdrawal>, StorageError> {
    let sql = "SELECT w.*, t.status, t.reason FROM savings_withdrawal w \
               JOIN savings_transaction t ON t.tenant_id = w.tenant_id AND t.id = w.id \
               WHERE w.tenant_id = ?1 AND w.id = ANY(?2)";
    tx.query(sql, params![tenant, Value::Uuids(ids)], read)
}

/// A page of a fund's withdrawals, the newest first.
pub(super) fn of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    limit: u32,
    offset: i64,
) -> Result<Vec<Withdrawal>, StorageError> {
    let sql = "SELECT w.*, t.status, t.reason FROM savings_withdrawal w \
               JOIN savings_transaction t ON t.tenant_id = w.tenant_id AND t.id = w.id \
               WHERE w.tenant_id = ?1 AND w.fund_id = ?2 ORDER BY w.id DESC LIMIT ?3 OFFSET ?4";
    tx.query(sql, params![tenant, fund, limit, offset], read)
}

/// What was taken out of these funds for an expense in the tax years of a span, in cents; what failed does not count.
pub(super) fn used_minor(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
    expense: ExpenseType,
    (first_year, last_year): (i16, i16),
) -> Result<i64, StorageError> {
    let sql = "SELECT CAST(COALESCE(SUM(w.amount_minor), 0) AS BIGINT) AS used FROM savings_withdrawal w \
               JOIN savings_transaction t ON t.tenant_id = w.tenant_id AND t.id = w.id \
               WHERE w.tenant_id = ?1 AND w.fund_id = ANY(?2) AND w.expense_type = ?3 AND w.tax_year >= ?4 \
               AND w.tax_year <= ?5 AND t.status IN ('pending', 'settled')";
    let (first, last) = (i64::from(first_year), i64::from(last_year));
    let params = params![tenant, Value::Uuids(funds), expense.as_str(), first, last];
    tx.query_one(sql, params, |row| row.get("used"))
}

fn read(row: &Row<'_>) -> Result<Withdrawal, StorageError> {
    let status = column::word(row, "status", TransactionStatus::parse)?;
    let tax_year = column::small(row, "tax_year")?;
    Ok(Withdrawal {
        id: row.get("id")?,
        fund: row.get("fund_id")?,
        expense: column::word(row, "expense_type", ExpenseType::parse)?,
        amount_minor: row.get("amount_minor")?,
        earnings_minor: row.get("earnings_minor")?,
        account: row.get("account_id")?,
        requested_on: row.get("requested_on")?,
        tax_year: tax_year.ok_or_else(|| column::bad("tax_year", "a year"))?,
        status: WithdrawalStatus::from(status),
        reason: row.get("reason")?,
    })
}
