//! SQL of shared accounts.

use florin_external_accounts::AccountId;
use florin_ids::{ConnectAccountId, ConnectUserId, TenantId};
use florin_money::Currency;
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::Share;
use super::figures::{Account, Movement};
use crate::account::{AccountType, Category};

pub(super) fn put(tx: &mut Tx, tenant: TenantId, it: &Share) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_share (tenant_id, account_id, user_id, external_account_id, customer_id, is_made, \
         shared_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant_id, account_id) DO UPDATE SET \
         external_account_id = excluded.external_account_id, customer_id = excluded.customer_id, \
         is_made = excluded.is_made, shared_at = excluded.shared_at",
        params![
            tenant,
            it.account,
            it.user,
            it.external_account,
            it.customer,
            it.is_made,
            it.shared_at
        ],
    )?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    account: ConnectAccountId,
) -> Result<Option<Share>, StorageError> {
    let sql = "SELECT * FROM connect_share WHERE tenant_id = ?1 AND account_id = ?2";
    tx.query_opt(sql, params![tenant, account], read)
}

pub(super) fn of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Share>, StorageError> {
    let sql =
        "SELECT * FROM connect_share WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY account_id";
    tx.query(sql, params![tenant, user], read)
}

pub(super) fn of_external(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Share>, StorageError> {
    let sql = "SELECT * FROM connect_share WHERE tenant_id = ?1 AND external_account_id = ?2 \
               ORDER BY account_id LIMIT 1";
    tx.query_opt(sql, params![tenant, account], read)
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_share WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

/// The end user of this id with the partner.
pub(super) fn user_of_partner(
    tx: &mut Tx,
    tenant: TenantId,
    partner_id: &str,
) -> Result<Option<ConnectUserId>, StorageError> {
    let sql = "SELECT id FROM connect_user WHERE tenant_id = ?1 AND partner_id = ?2";
    tx.query_opt(sql, params![tenant, partner_id], |row| row.get("id"))
}

/// The partner's own id of an end user.
pub(super) fn partner_id(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<String>, StorageError> {
    let sql = "SELECT partner_id FROM connect_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, user], |row| row.get("partner_id"))
}

/// An end user's checking and savings accounts in a currency that their banks tell of.
pub(super) fn deposit_accounts(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    currency: Currency,
) -> Result<Vec<Account>, StorageError> {
    tx.query(
        "SELECT id, balance, balance_at FROM connect_account WHERE tenant_id = ?1 AND user_id = ?2 \
         AND currency = ?3 AND account_type IN (?4, ?5) AND is_manual = 0 AND is_closed = 0 ORDER BY id",
        params![
            tenant,
            user,
            currency.code(),
            AccountType::Checking.code(),
            AccountType::Savings.code()
        ],
        |row| {
            let balance_at: Timestamp = row.get("balance_at")?;
            Ok(Account {
                id: row.get("id")?,
                balance_minor: row.get("balance")?,
                as_of: balance_at.to_zoned(TimeZone::UTC).date(),
            })
        },
    )
}

/// What was booked on these accounts since `from`.
pub(super) fn movements(
    tx: &mut Tx,
    tenant: TenantId,
    accounts: Vec<Uuid>,
    from: Date,
) -> Result<Vec<Movement>, StorageError> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    tx.query(
        "SELECT account_id, posted_on, amount, description, category FROM connect_transaction \
         WHERE tenant_id = ?1 AND account_id = ANY(?2) AND posted_on >= ?3 AND is_pending = 0",
        params![tenant, accounts, from],
        |row| {
            let category = row.parse("category", "a word of its list", Category::parse)?;
            let amount_minor = row.get("amount")?;
            Ok(Movement {
                account: row.get("account_id")?,
                on: row.get("posted_on")?,
                amount_minor,
                description: row.get("description")?,
                is_moved: is_moved(category, amount_minor),
            })
        },
    )
}

/// Whether the bank says that the end user has only moved or borrowed the money.
fn is_moved(category: Category, amount_minor: i64) -> bool {
    category == Category::Transfer || (category == Category::Loan && amount_minor > 0)
}

fn read(row: &Row<'_>) -> Result<Share, StorageError> {
    Ok(Share {
        account: row.get("account_id")?,
        user: row.get("user_id")?,
        external_account: row.get("external_account_id")?,
        customer: row.get("customer_id")?,
        is_made: row.get("is_made")?,
        shared_at: row.get("shared_at")?,
    })
}
