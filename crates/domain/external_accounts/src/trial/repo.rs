//! SQL of trial deposits. Their amounts are sealed here on the way in and opened on the way out.

use florin_crypto::KeyRing;
use florin_ids::{EntryId, PaymentId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::civil::Date;

use super::entity::Trial;
use crate::bank::BankDigits;
use crate::column;
use crate::transfer::Booked;
use crate::words::{AccountId, WORD};

const AMOUNTS_CONTEXT: &str = "ea_trial.amounts";

const INSERT_LEG: Insert = Insert {
    table: "ea_trial_leg",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("payment_id", Type::Uuid),
        ("account_id", Type::Int),
        ("entry_id", Type::Uuid),
        ("booked", Type::Text),
    ],
    on_conflict: "",
};

const UPDATE_LEG: Update = Update {
    table: "ea_trial_leg",
    keys: &[("tenant_id", Type::Uuid), ("payment_id", Type::Uuid)],
    set: &[("entry_id", Type::Uuid), ("booked", Type::Text)],
    add: &[],
};

/// One of the three payments, and what the ledger knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leg {
    pub payment: PaymentId,
    pub account: AccountId,
    pub entry: EntryId,
    pub booked: Booked,
}

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    trial: &Trial,
) -> Result<(), StorageError> {
    let [first, second] = trial.amounts_minor;
    let amounts = BankDigits::new(format!("{first},{second}"));
    let sealed = column::sealed(keys, AMOUNTS_CONTEXT, trial.account.number(), Some(&amounts));
    tx.execute(
        "INSERT INTO ea_trial (tenant_id, account_id, amounts, attempts, sent_at, last_day, is_open) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
        params![tenant, trial.account, sealed, trial.attempts, trial.sent_at, trial.last_day],
    )?;
    Ok(())
}

pub(crate) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Trial>, StorageError> {
    let sql = "SELECT * FROM ea_trial WHERE tenant_id = ?1 AND account_id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, account], |row| read(row, keys))
}

/// The same without holding it.
pub(crate) fn look(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Trial>, StorageError> {
    let sql = "SELECT * FROM ea_trial WHERE tenant_id = ?1 AND account_id = ?2";
    tx.query_opt(sql, params![tenant, account], |row| read(row, keys))
}

pub(crate) fn update_attempts(
    tx: &mut Tx,
    tenant: TenantId,
    trial: &Trial,
) -> Result<(), StorageError> {
    let sql = "UPDATE ea_trial SET attempts = ?3 WHERE tenant_id = ?1 AND account_id = ?2";
    tx.execute(sql, params![tenant, trial.account, trial.attempts])?;
    Ok(())
}

/// Their accounts are not Unverified any more.
pub(crate) fn close(tx: &mut Tx, tenant: TenantId, accounts: Vec<i64>) -> Result<(), StorageError> {
    let sql = "UPDATE ea_trial SET is_open = 0 WHERE tenant_id = ?1 AND account_id = ANY(?2)";
    tx.execute(sql, params![tenant, accounts])?;
    Ok(())
}

/// Accounts whose open verification should have been done before this day.
pub(crate) fn overdue(
    tx: &mut Tx,
    tenant: TenantId,
    today: Date,
    limit: u32,
) -> Result<Vec<AccountId>, StorageError> {
    tx.query(
        "SELECT account_id FROM ea_trial WHERE tenant_id = ?1 AND is_open = 1 AND last_day < ?2 \
         ORDER BY last_day, account_id LIMIT ?3",
        params![tenant, today, limit],
        |row| row.get("account_id"),
    )
}

pub(super) fn insert_legs(tx: &mut Tx, tenant: TenantId, legs: &[Leg]) -> Result<(), StorageError> {
    let rows = legs.iter().map(|leg| {
        [
            Value::from(tenant),
            leg.payment.into(),
            leg.account.into(),
            leg.entry.into(),
            leg.booked.as_str().into(),
        ]
    });
    tx.insert_many(&INSERT_LEG, rows)?;
    Ok(())
}

/// The legs of these payments, held.
pub(super) fn lock_legs(
    tx: &mut Tx,
    tenant: TenantId,
    payments: Vec<uuid::Uuid>,
) -> Result<Vec<Leg>, StorageError> {
    tx.query_keys(
        "SELECT * FROM ea_trial_leg WHERE tenant_id = ?1 AND payment_id = ANY(?2) FOR UPDATE",
        params![tenant, payments],
        |row| {
            Ok(Leg {
                payment: row.get("payment_id")?,
                account: row.get("account_id")?,
                entry: row.get("entry_id")?,
                booked: row.parse("booked", WORD, Booked::parse)?,
            })
        },
    )
}

pub(super) fn update_legs(tx: &mut Tx, tenant: TenantId, legs: &[Leg]) -> Result<(), StorageError> {
    let rows = legs.iter().map(|leg| {
        [Value::from(tenant), leg.payment.into(), leg.entry.into(), leg.booked.as_str().into()]
    });
    tx.update_many(&UPDATE_LEG, rows)?;
    Ok(())
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<Trial, StorageError> {
    let account: AccountId = row.get("account_id")?;
    let opened = column::opened(row, keys, "amounts", AMOUNTS_CONTEXT, account.number())?;
    let amounts = opened.as_ref().and_then(|text| {
        let (first, second) = text.expose().split_once(',')?;
        Some([first.parse().ok()?, second.parse().ok()?])
    });
    Ok(Trial {
        account,
        amounts_minor: amounts.ok_or_else(|| column::bad("amounts", "two sealed amounts"))?,
        attempts: row.get("attempts")?,
        sent_at: row.get("sent_at")?,
        last_day: row.get("last_day")?,
    })
}
