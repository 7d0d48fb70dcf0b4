//! SQL of accounts, transactions and statements. Numbers, owners and statements are sealed here on the way in and opened on
//! the way out.

use std::collections::HashSet;

use florin_crypto::KeyRing;
use florin_ids::{ConnectAccountId, ConnectUserId, MemberId, TenantId};
use florin_money::Currency;
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use jiff::civil::Date;

use super::entity::{
    Account, AccountType, Category, ConnectStatement, ConnectTransaction, Detail, Numbers, Owner,
};
use crate::ConnectError;
use crate::codes::{WORD, read_code};

/// The places that sealed values open at, with the row's id.
const NUMBERS: &str = "connect_account.numbers";
const OWNERS: &str = "connect_account.owners";
const CONTENT: &str = "connect_statement.content";

const TRANSACTIONS: Insert = Insert {
    table: "connect_transaction",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("account_id", Type::Uuid),
        ("posted_on", Type::Text),
        ("id", Type::Uuid),
        ("external_id", Type::Text),
        ("amount", Type::Int),
        ("balance_after", Type::Int),
        ("description", Type::Text),
        ("merchant", Type::Text),
        ("category", Type::Text),
        ("is_pending", Type::Int),
        ("place", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, account_id, id) DO UPDATE SET posted_on = excluded.posted_on, \
         amount = excluded.amount, balance_after = excluded.balance_after, description = excluded.description, \
         merchant = excluded.merchant, category = excluded.category, is_pending = excluded.is_pending, \
         place = excluded.place",
};

const STATEMENTS: Insert = Insert {
    table: "connect_statement",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("account_id", Type::Uuid),
        ("id", Type::Uuid),
        ("external_id", Type::Text),
        ("from_on", Type::Text),
        ("to_on", Type::Text),
        ("opening", Type::Int),
        ("closing", Type::Int),
        ("content", Type::Bytes),
    ],
    on_conflict: "ON CONFLICT (tenant_id, account_id, id) DO NOTHING",
};

fn seal<T: serde::Serialize>(keys: &KeyRing, context: &str, id: uuid::Uuid, value: &T) -> Vec<u8> {
    keys.seal(context, id.as_bytes(), &serde_json::to_vec(value).unwrap_or_default())
}

fn sealed_parts(keys: &KeyRing, account: &Account) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let id = account.id.uuid();
    let numbers =
        (account.numbers != Numbers::default()).then(|| seal(keys, NUMBERS, id, &account.numbers));
    let owners = (!account.owners.is_empty()).then(|| seal(keys, OWNERS, id, &account.owners));
    (numbers, owners)
}

/// Writes a new account.
pub(crate) fn insert(tx: &mut Tx, keys: &KeyRing, account: &Account) -> Result<(), StorageError> {
    let (numbers, owners) = sealed_parts(keys, account);
    tx.execute(
        "INSERT INTO connect_account (tenant_id, id, user_id, member_id, external_id, name, account_type, currency, \
         numbers, owners, balance, available, credit_limit, is_verified, is_manual, is_closed, balance_at, created_at, \
         updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        params![
            account.tenant,
            account.id,
            account.user,
            account.member,
            account.external_id.as_str(),
            account.name.as_str(),
            account.account_type.code(),
            account.currency.code(),
            numbers,
            owners,
            account.balance_minor,
            account.available_minor,
            account.credit_limit_minor,
            account.is_verified,
            account.is_manual,
            account.is_closed,
            account.balance_at,
            account.created_at,
            account.updated_at
        ],
    )?;
    Ok(())
}

/// Writes what of an account changes.
pub(crate) fn update(tx: &mut Tx, keys: &KeyRing, account: &Account) -> Result<(), StorageError> {
    let (numbers, owners) = sealed_parts(keys, account);
    tx.execute(
        "UPDATE connect_account SET name = ?3, account_type = ?4, numbers = ?5, owners = ?6, balance = ?7, \
         available = ?8, credit_limit = ?9, is_verified = ?10, is_closed = ?11, balance_at = ?12, updated_at = ?13 \
         WHERE tenant_id = ?1 AND id = ?2",
        params![
            account.tenant,
            account.id,
            account.name.as_str(),
            account.account_type.code(),
            numbers,
            owners,
            account.balance_minor,
            account.available_minor,
            account.credit_limit_minor,
            account.is_verified,
            account.is_closed,
            account.balance_at,
            account.updated_at
        ],
    )?;
    Ok(())
}

/// One account.
pub(crate) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: ConnectAccountId,
    detail: Detail,
) -> Result<Option<Account>, ConnectError> {
    let sql = "SELECT * FROM connect_account WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)?.map(|it| it.open(keys, detail)).transpose()
}

/// The accounts behind a member, oldest first.
pub(crate) fn of_member(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    member: MemberId,
    detail: Detail,
) -> Result<Vec<Account>, ConnectError> {
    let sql = "SELECT * FROM connect_account WHERE tenant_id = ?1 AND member_id = ?2 ORDER BY id";
    let sealed = tx.query(sql, params![tenant, member], read)?;
    sealed.into_iter().map(|it| it.open(keys, detail)).collect()
}

/// The accounts of a user, oldest first.
pub(crate) fn of_user(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    user: ConnectUserId,
    detail: Detail,
) -> Result<Vec<Account>, ConnectError> {
    let sql = "SELECT * FROM connect_account WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id";
    let sealed = tx.query(sql, params![tenant, user], read)?;
    sealed.into_iter().map(|it| it.open(keys, detail)).collect()
}

/// Deletes the accounts behind a member with all that is known of them.
pub(crate) fn delete_of_member(
    tx: &mut Tx,
    tenant: TenantId,
    member: MemberId,
) -> Result<(), StorageError> {
    for table in ["connect_transaction", "connect_statement", "connect_manual_account"] {
        let sql = format!(
            "DELETE FROM {table} WHERE tenant_id = ?1 AND account_id IN \
             (SELECT a.id FROM connect_account AS a WHERE a.tenant_id = ?1 AND a.member_id = ?2)"
        );
        tx.execute(&sql, params![tenant, member])?;
    }
    let sql = "DELETE FROM connect_account WHERE tenant_id = ?1 AND member_id = ?2";
    tx.execute(sql, params![tenant, member])?;
    Ok(())
}

/// Takes transactions in: new ones are added, known ones brought up to date. Of two with one id the first counts.
pub(super) fn put_transactions(
    tx: &mut Tx,
    tenant: TenantId,
    account: ConnectAccountId,
    all: &[ConnectTransaction],
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_transaction WHERE tenant_id = ?1 AND account_id = ?2 AND is_pending = 1";
    tx.execute(sql, params![tenant, account])?;
    let mut seen = HashSet::new();
    let (mut day, mut place) = (None, 0_i64);
    let mut rows = Vec::with_capacity(all.len());
    for it in all {
        if !seen.insert(it.id) {
            continue;
        }
        place = if day == Some(it.posted_on) { place + 1 } else { 0 };
        day = Some(it.posted_on);
        rows.push(vec![
            Value::from(tenant),
            Value::from(account),
            Value::from(it.posted_on),
            Value::from(it.id),
            Value::from(it.external_id.as_str()),
            Value::from(it.amount_minor),
            Value::from(it.balance_after_minor),
            Value::from(it.description.as_str()),
            Value::from(it.merchant.as_deref()),
            Value::fixed(it.category.as_str()),
            Value::from(it.is_pending),
            Value::from(place),
        ]);
    }
    tx.insert_many(&TRANSACTIONS, rows)?;
    Ok(())
}

/// Forgets what was pending before a day: it was booked under another name, or taken back.
pub(crate) fn delete_stale_pending(
    tx: &mut Tx,
    tenant: TenantId,
    member: MemberId,
    before: Date,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_transaction WHERE tenant_id = ?1 AND is_pending = 1 AND posted_on < ?3 \
         AND account_id IN (SELECT a.id FROM connect_account AS a WHERE a.tenant_id = ?1 AND a.member_id = ?2)";
    tx.execute(sql, params![tenant, member, before])?;
    Ok(())
}

/// Takes statements in; a known one stays as it is.
pub(super) fn put_statements(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    all: &[ConnectStatement],
) -> Result<(), StorageError> {
    let rows = all.iter().map(|it| {
        vec![
            Value::from(tenant),
            Value::from(it.account),
            Value::from(it.id),
            Value::from(it.external_id.as_str()),
            Value::from(it.from_on),
            Value::from(it.to_on),
            Value::from(it.opening_minor),
            Value::from(it.closing_minor),
            Value::from(keys.seal(CONTENT, it.id.uuid().as_bytes(), it.content.as_bytes())),
        ]
    });
    tx.insert_many(&STATEMENTS, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// How many transactions lie between two days, and those of a page, newest first.
pub(super) fn transactions(
    tx: &mut Tx,
    tenant: TenantId,
    account: ConnectAccountId,
    (from, to): (Date, Date),
    (limit, offset): (u32, i64),
) -> Result<(i64, Vec<ConnectTransaction>), StorageError> {
    let sql = "SELECT COUNT(*) AS n FROM connect_transaction WHERE tenant_id = ?1 AND account_id = ?2 \
         AND posted_on >= ?3 AND posted_on <= ?4";
    let count = tx.query_one(sql, params![tenant, account, from, to], |row| row.get("n"))?;
    let sql = "SELECT * FROM connect_transaction WHERE tenant_id = ?1 AND account_id = ?2 \
         AND posted_on >= ?3 AND posted_on <= ?4 ORDER BY posted_on DESC, place DESC, id DESC LIMIT ?5 OFFSET ?6";
    let values = params![tenant, account, from, to, limit, offset];
    Ok((count, tx.query(sql, values, read_transaction)?))
}

/// The last day of which a booked transaction of a member's accounts is known.
pub(crate) fn read_until(
    tx: &mut Tx,
    tenant: TenantId,
    member: MemberId,
) -> Result<Option<Date>, StorageError> {
    let sql = "SELECT MAX(t.posted_on) AS last FROM connect_transaction AS t WHERE t.tenant_id = ?1 AND t.is_pending = 0 \
         AND t.account_id IN (SELECT a.id FROM connect_account AS a WHERE a.tenant_id = ?1 AND a.member_id = ?2)";
    tx.query_one(sql, params![tenant, member], |row| row.get("last"))
}

/// The statements of an account, newest first.
pub(super) fn statements(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: ConnectAccountId,
) -> Result<Vec<ConnectStatement>, ConnectError> {
    let sql = "SELECT * FROM connect_statement WHERE tenant_id = ?1 AND account_id = ?2 ORDER BY to_on DESC, id DESC";
    let sealed = tx.query(sql, params![tenant, account], |row| {
        let statement = ConnectStatement {
            id: row.get("id")?,
            account: row.get("account_id")?,
            external_id: row.get("external_id")?,
            from_on: row.get("from_on")?,
            to_on: row.get("to_on")?,
            opening_minor: row.get("opening")?,
            closing_minor: row.get("closing")?,
            content: String::new(),
        };
        Ok((statement, row.get::<Vec<u8>>("content")?))
    })?;
    let open = |(statement, content): (ConnectStatement, Vec<u8>)| {
        let plain = keys.open(CONTENT, statement.id.uuid().as_bytes(), &content)?;
        let content = String::from_utf8(plain).map_err(|_| ConnectError::BadSeal)?;
        Ok(ConnectStatement { content, ..statement })
    };
    sealed.into_iter().map(open).collect()
}

/// An account as its row has it.
struct Sealed {
    account: Account,
    numbers: Option<Vec<u8>>,
    owners: Option<Vec<u8>>,
}

impl Sealed {
    fn open(self, keys: &KeyRing, detail: Detail) -> Result<Account, ConnectError> {
        let id = self.account.id.uuid();
        let mut account = self.account;
        if let Some(sealed) = &self.numbers {
            let plain = keys.open(NUMBERS, id.as_bytes(), sealed)?;
            let numbers: Numbers =
                serde_json::from_slice(&plain).map_err(|_| ConnectError::BadSeal)?;
            account.numbers = match detail {
                Detail::Masked => numbers.masked(),
                Detail::Full => numbers,
            };
        }
        if let Some(sealed) = &self.owners {
            let plain = keys.open(OWNERS, id.as_bytes(), sealed)?;
            let owners: Vec<Owner> =
                serde_json::from_slice(&plain).map_err(|_| ConnectError::BadSeal)?;
            account.owners = owners;
        }
        Ok(account)
    }
}

fn read(row: &Row<'_>) -> Result<Sealed, StorageError> {
    Ok(Sealed {
        account: Account {
            id: row.get("id")?,
            tenant: row.get("tenant_id")?,
            user: row.get("user_id")?,
            member: row.get("member_id")?,
            external_id: row.get("external_id")?,
            name: row.get("name")?,
            account_type: read_code(row, "account_type", AccountType::from_code)?,
            currency: row.parse("currency", WORD, |code| Currency::from_code(code).ok())?,
            numbers: Numbers::default(),
            balance_minor: row.get("balance")?,
            available_minor: row.get("available")?,
            credit_limit_minor: row.get("credit_limit")?,
            owners: vec![],
            is_verified: row.get("is_verified")?,
            is_manual: row.get("is_manual")?,
            is_closed: row.get("is_closed")?,
            balance_at: row.get("balance_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        },
        numbers: row.get("numbers")?,
        owners: row.get("owners")?,
    })
}

fn read_transaction(row: &Row<'_>) -> Result<ConnectTransaction, StorageError> {
    Ok(ConnectTransaction {
        id: row.get("id")?,
        account: row.get("account_id")?,
        external_id: row.get("external_id")?,
        posted_on: row.get("posted_on")?,
        amount_minor: row.get("amount")?,
        balance_after_minor: row.get("balance_after")?,
        description: row.get("description")?,
        merchant: row.get("merchant")?,
        category: row.parse("category", WORD, Category::parse)?,
        is_pending: row.get("is_pending")?,
    })
}
