//! SQL of what is told of manual accounts.

use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_money::{Currency, Money, Rate};
use florin_storage::{StorageError, Tx, params};

use super::entity::ManualTerms;

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, it: &ManualTerms) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_manual_account (tenant_id, account_id, user_id, is_personal, credit_limit_minor, \
         minimum_payment_minor, original_balance_minor, interest_rate, payment_due_day, property_type) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            tenant,
            it.account,
            it.user,
            it.is_personal,
            it.credit_limit.map(Money::minor),
            it.minimum_payment.map(Money::minor),
            it.original_balance.map(Money::minor),
            it.interest_rate.map(|rate| rate.micro_percent()),
            it.payment_due_day,
            it.property_type,
        ],
    )?;
    Ok(())
}

/// Writes what an end user tells of an account now.
pub(super) fn update(tx: &mut Tx, tenant: TenantId, it: &ManualTerms) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE connect_manual_account SET is_personal = ?3, credit_limit_minor = ?4, minimum_payment_minor = ?5, \
         original_balance_minor = ?6, interest_rate = ?7, payment_due_day = ?8, property_type = ?9 \
         WHERE tenant_id = ?1 AND account_id = ?2",
        params![
            tenant,
            it.account,
            it.is_personal,
            it.credit_limit.map(Money::minor),
            it.minimum_payment.map(Money::minor),
            it.original_balance.map(Money::minor),
            it.interest_rate.map(|rate| rate.micro_percent()),
            it.payment_due_day,
            it.property_type,
        ],
    )?;
    Ok(())
}

/// What was told of an account in `currency`.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    account: ConnectAccountId,
    currency: Currency,
) -> Result<Option<ManualTerms>, StorageError> {
    let sql = "SELECT * FROM connect_manual_account WHERE tenant_id = ?1 AND account_id = ?2";
    tx.query_opt(sql, params![tenant, account], |row| {
        let money = |column: &str| {
            let minor: Option<i64> = row.get(column)?;
            Ok::<_, StorageError>(minor.map(|minor| Money::from_minor(minor, currency)))
        };
        let rate: Option<i64> = row.get("interest_rate")?;
        Ok(ManualTerms {
            account: row.get("account_id")?,
            user: row.get("user_id")?,
            is_personal: row.get("is_personal")?,
            credit_limit: money("credit_limit_minor")?,
            minimum_payment: money("minimum_payment_minor")?,
            original_balance: money("original_balance_minor")?,
            interest_rate: rate.and_then(|rate| Rate::from_micro_percent(rate).ok()),
            payment_due_day: row.get("payment_due_day")?,
            property_type: row.get("property_type")?,
        })
    })
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_manual_account WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}
