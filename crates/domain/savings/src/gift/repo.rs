//! SQL of gifts.

use florin_ids::{FundId, GiftId, TenantId};
use florin_storage::{Row, StorageError, Tx, Value, params};
use jiff::civil::Date;
use uuid::Uuid;

use super::ShownGift;
use super::entity::Gift;
use super::kept::HeldSecret;
use crate::column;
use crate::transaction::TransactionStatus;

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    gift: &Gift,
    account_index: Option<Vec<u8>>,
) -> Result<(), StorageError> {
    let values: Vec<Value> = vec![
        tenant.into(),
        gift.id.into(),
        gift.fund.into(),
        gift.first_name.as_str().into(),
        gift.last_name.as_str().into(),
        gift.email.as_str().into(),
        gift.message.clone().into(),
        gift.amount_minor.into(),
        gift.is_shown.into(),
        gift.is_hidden.into(),
        gift.account.into(),
        account_index.into(),
        gift.authorisation.as_str().into(),
        gift.asked_on.into(),
        gift.transaction.into(),
        gift.inserted_at.into(),
        gift.keeper.map(HeldSecret::bytes).into(),
    ];
    tx.execute(
        "INSERT INTO savings_gift (tenant_id, id, fund_id, first_name, last_name, email, message, amount_minor, \
         is_shown, is_hidden, account_id, account_index, authorisation, asked_on, transaction_id, inserted_at, \
         keeper) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        &values,
    )?;
    Ok(())
}

pub(super) fn update(tx: &mut Tx, tenant: TenantId, gift: &Gift) -> Result<(), StorageError> {
    let sql = "UPDATE savings_gift SET is_hidden = ?3, transaction_id = ?4, account_id = ?5, authorisation = ?6, \
               keeper = ?7 WHERE tenant_id = ?1 AND id = ?2";
    let (authorisation, keeper) = (gift.authorisation.as_str(), gift.keeper.map(HeldSecret::bytes));
    let (id, hidden) = (gift.id, gift.is_hidden);
    let values = params![tenant, id, hidden, gift.transaction, gift.account, authorisation, keeper];
    tx.execute(sql, values)?;
    Ok(())
}

/// Notes the fingerprint of the numbers of a gift's account.
pub(super) fn set_index(
    tx: &mut Tx,
    tenant: TenantId,
    id: GiftId,
    account_index: &[u8],
) -> Result<(), StorageError> {
    let sql = "UPDATE savings_gift SET account_index = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![tenant, id, account_index.to_vec()])?;
    Ok(())
}

pub(super) fn get(tx: &mut Tx, tenant: TenantId, id: GiftId) -> Result<Option<Gift>, StorageError> {
    let sql = "SELECT * FROM savings_gift WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The gift, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: GiftId,
) -> Result<Option<Gift>, StorageError> {
    let sql = "SELECT * FROM savings_gift WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// A page of a fund's gifts, the newest first.
pub(super) fn of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    limit: u32,
    offset: i64,
) -> Result<Vec<Gift>, StorageError> {
    let sql = "SELECT * FROM savings_gift WHERE tenant_id = ?1 AND fund_id = ?2 ORDER BY id DESC LIMIT ?3 OFFSET ?4";
    tx.query(sql, params![tenant, fund, limit, offset], read)
}

/// What became of the payment of a gift: its status, and why.
pub(super) fn paid(
    tx: &mut Tx,
    tenant: TenantId,
    gift: &Gift,
) -> Result<Option<(TransactionStatus, String)>, StorageError> {
    let Some(transaction) = gift.transaction else { return Ok(None) };
    let sql = "SELECT status, reason FROM savings_transaction WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, transaction], |row| {
        Ok((column::word(row, "status", TransactionStatus::parse)?, row.get("reason")?))
    })
}

/// The latest gifts that have arrived and may be shown.
pub(crate) fn shown_of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    limit: u32,
) -> Result<Vec<ShownGift>, StorageError> {
    let sql = "SELECT g.first_name, g.last_name, g.message, t.occurred_on FROM savings_gift g \
               JOIN savings_transaction t ON t.tenant_id = g.tenant_id AND t.id = g.transaction_id \
               WHERE g.tenant_id = ?1 AND g.fund_id = ?2 AND g.is_shown = 1 AND g.is_hidden = 0 \
               AND t.status = 'settled' ORDER BY t.id DESC LIMIT ?3";
    tx.query(sql, params![tenant, fund, limit], |row| {
        let (first, last): (String, String) = (row.get("first_name")?, row.get("last_name")?);
        Ok(ShownGift {
            giver: format!("{first} {last}"),
            message: row.get("message")?,
            on: row.get("occurred_on")?,
        })
    })
}

/// How many gifts have arrived.
pub(crate) fn count_settled(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<i64, StorageError> {
    let sql = "SELECT COUNT(*) AS gifts FROM savings_transaction WHERE tenant_id = ?1 AND fund_id = ?2 \
               AND kind = 'gift' AND status = 'settled'";
    tx.query_one(sql, params![tenant, fund], |row| row.get("gifts"))
}

/// How many gifts were asked for on a day for the fund.
pub(super) fn count_asked(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    on: Date,
) -> Result<i64, StorageError> {
    let sql = "SELECT COUNT(*) AS gifts FROM savings_gift WHERE tenant_id = ?1 AND fund_id = ?2 AND asked_on = ?3";
    tx.query_one(sql, params![tenant, fund, on], |row| row.get("gifts"))
}

/// How many gifts of a day are from the account.
pub(super) fn count_from(
    tx: &mut Tx,
    tenant: TenantId,
    account_index: &[u8],
    on: Date,
) -> Result<i64, StorageError> {
    let sql = "SELECT COUNT(*) AS gifts FROM savings_gift WHERE tenant_id = ?1 AND account_index = ?2 AND asked_on = ?3";
    let index = account_index.to_vec();
    tx.query_one(sql, params![tenant, index, on], |row| row.get("gifts"))
}

/// The gifts of two days that are still to be given from a linked account, after `after` in the order of their ids.
pub(super) fn unfinished_after(
    tx: &mut Tx,
    tenant: TenantId,
    asked_on: [Date; 2],
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<GiftId>, StorageError> {
    let sql = "SELECT id FROM savings_gift WHERE tenant_id = ?1 AND account_index IS NULL AND asked_on IN (?2, ?3) \
               AND account_id IS NULL AND id > ?4 ORDER BY id LIMIT ?5";
    let [one, other] = asked_on;
    let after = after.unwrap_or(Uuid::nil());
    tx.query(sql, params![tenant, one, other, after, limit], |row| row.get("id"))
}

fn read(row: &Row<'_>) -> Result<Gift, StorageError> {
    Ok(Gift {
        id: row.get("id")?,
        fund: row.get("fund_id")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        email: row.get("email")?,
        message: row.get("message")?,
        amount_minor: row.get("amount_minor")?,
        is_shown: row.get("is_shown")?,
        is_hidden: row.get("is_hidden")?,
        account: row.get("account_id")?,
        authorisation: row.get("authorisation")?,
        asked_on: row.get("asked_on")?,
        transaction: row.get("transaction_id")?,
        keeper: row.get::<Option<[u8; 32]>>("keeper")?.map(HeldSecret::from_bytes),
        inserted_at: row.get("inserted_at")?,
    })
}
