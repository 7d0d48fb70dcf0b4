//! SQL of microdeposits. Account numbers are sealed here on the way in and opened on the way out.

use florin_crypto::{KeyRing, blind_index};
use florin_external_accounts::BankDigits;
use florin_ids::{ConnectUserId, MicrodepositId, TenantId};
use florin_storage::{Row, StorageError, Tx, Value, params};
use jiff::Timestamp;
use uuid::Uuid;

use super::entity::{Holder, Microdeposit, Target, account_type, kind_of};
use super::status::MicrodepositStatus;

const NUMBERS: &str = "connect_microdeposit.numbers";

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    it: &Microdeposit,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_microdeposit (tenant_id, id, user_id, status, reason, account_name, account_type, \
         numbers, number_index, first_name, last_name, email, external_account_id, expected_on, is_open, created_at, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        &values(keys, tenant, it),
    )?;
    Ok(())
}

pub(super) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    it: &Microdeposit,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE connect_microdeposit SET user_id = ?3, status = ?4, reason = ?5, account_name = ?6, \
         account_type = ?7, numbers = ?8, number_index = ?9, first_name = ?10, last_name = ?11, email = ?12, \
         external_account_id = ?13, expected_on = ?14, is_open = ?15, created_at = ?16, updated_at = ?17 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(keys, tenant, it),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(keys: &KeyRing, tenant: TenantId, it: &Microdeposit) -> Vec<Value> {
    let target = it.target.as_ref();
    let numbers = target.map(|target| {
        let text = format!("{}:{}", target.routing_number, target.account_number.expose());
        keys.seal(NUMBERS, it.id.uuid().as_bytes(), text.as_bytes())
    });
    let index = target
        .map(|target| index(keys, &target.routing_number, target.account_number.expose()).to_vec());
    vec![
        tenant.into(),
        it.id.into(),
        it.user.into(),
        it.status.code().into(),
        it.reason.as_str().into(),
        target.map(|target| target.account_name.as_str()).unwrap_or_default().into(),
        target.and_then(|target| account_type(target.kind)).into(),
        numbers.into(),
        index.into(),
        it.holder.first_name.as_str().into(),
        it.holder.last_name.as_str().into(),
        it.holder.email.as_str().into(),
        it.external_account.into(),
        it.expected_on.into(),
        it.is_open().into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]
}

/// The fingerprint by which microdeposits to an account are found.
fn index(keys: &KeyRing, routing: &str, account: &str) -> [u8; 32] {
    let digits: String = account.chars().filter(char::is_ascii_alphanumeric).collect();
    blind_index(keys, NUMBERS, &format!("{routing}:{}", digits.to_uppercase()))
}

pub(super) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MicrodepositId,
) -> Result<Option<Microdeposit>, StorageError> {
    let sql = "SELECT * FROM connect_microdeposit WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

/// Whose microdeposit it is.
pub(super) fn user_of(
    tx: &mut Tx,
    tenant: TenantId,
    id: MicrodepositId,
) -> Result<Option<ConnectUserId>, StorageError> {
    let sql = "SELECT user_id FROM connect_microdeposit WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| row.get("user_id"))
}

/// Every microdeposit of an end user, the latest first.
pub(super) fn of_user(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Microdeposit>, StorageError> {
    let sql =
        "SELECT * FROM connect_microdeposit WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id DESC";
    tx.query(sql, params![tenant, user], |row| read(row, keys))
}

/// An end user's microdeposits to an account, the latest first.
pub(super) fn of_target(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    user: ConnectUserId,
    target: &Target,
) -> Result<Vec<Microdeposit>, StorageError> {
    let index = index(keys, &target.routing_number, target.account_number.expose());
    let sql = "SELECT * FROM connect_microdeposit WHERE tenant_id = ?1 AND user_id = ?2 AND number_index = ?3 \
               ORDER BY id DESC";
    tx.query(sql, params![tenant, user, index], |row| read(row, keys))
}

/// The microdeposits that go to these external accounts.
pub(super) fn of_accounts(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    accounts: Vec<i64>,
) -> Result<Vec<Microdeposit>, StorageError> {
    let sql =
        "SELECT * FROM connect_microdeposit WHERE tenant_id = ?1 AND external_account_id = ANY(?2)";
    tx.query_keys(sql, params![tenant, accounts], |row| read(row, keys))
}

/// Those whose status time or the bank can change, in the order of their ids: a page after `after`.
pub(super) fn open(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Microdeposit>, StorageError> {
    let sql = "SELECT * FROM connect_microdeposit WHERE tenant_id = ?1 AND is_open = 1 AND id > ?2 ORDER BY id LIMIT ?3";
    let after = after.unwrap_or(Uuid::nil());
    tx.query(sql, params![tenant, after, limit], |row| read(row, keys))
}

pub(crate) fn delete_of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), StorageError> {
    let sql = "DELETE FROM connect_microdeposit WHERE tenant_id = ?1 AND user_id = ?2";
    tx.execute(sql, params![tenant, user])?;
    Ok(())
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<Microdeposit, StorageError> {
    let id: MicrodepositId = row.get("id")?;
    Ok(Microdeposit {
        id,
        user: row.get("user_id")?,
        status: MicrodepositStatus::from_code(row.get("status")?)
            .ok_or_else(|| bad("status", "a code of its list"))?,
        reason: row.get("reason")?,
        holder: Holder {
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            email: row.get("email")?,
        },
        target: target(row, keys, id)?,
        can_auto_verify: false,
        expected_on: row.get("expected_on")?,
        external_account: row.get("external_account_id")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn target(
    row: &Row<'_>,
    keys: &KeyRing,
    id: MicrodepositId,
) -> Result<Option<Target>, StorageError> {
    let Some(sealed) = row.get::<Option<Vec<u8>>>("numbers")? else { return Ok(None) };
    let plain = keys.open(NUMBERS, id.uuid().as_bytes(), &sealed).map_err(|error| {
        StorageError::Column {
            column: "numbers".to_owned(),
            expected: "a value sealed with a key on the ring",
            found: error.to_string(),
        }
    })?;
    let text = String::from_utf8(plain).map_err(|_| bad("numbers", "sealed text"))?;
    let (routing, account) =
        text.split_once(':').ok_or_else(|| bad("numbers", "two sealed numbers"))?;
    let kind = row.get::<Option<i64>>("account_type")?.and_then(kind_of);
    Ok(Some(Target {
        account_name: row.get("account_name")?,
        kind: kind.ok_or_else(|| bad("account_type", "1 or 2"))?,
        routing_number: routing.to_owned(),
        account_number: BankDigits::new(account),
    }))
}

fn bad(column: &str, expected: &'static str) -> StorageError {
    StorageError::Column { column: column.to_owned(), expected, found: "something else".to_owned() }
}

/// Notes that a partner wants no deposits sent to a bank.
pub(super) fn block(
    tx: &mut Tx,
    tenant: TenantId,
    routing: &str,
    note: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO connect_blocked_routing (tenant_id, routing, note, created_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (tenant_id, routing) DO UPDATE SET note = excluded.note",
        params![tenant, routing, note, at],
    )?;
    Ok(())
}

/// Answers whether it was blocked.
pub(super) fn unblock(tx: &mut Tx, tenant: TenantId, routing: &str) -> Result<bool, StorageError> {
    let sql = "DELETE FROM connect_blocked_routing WHERE tenant_id = ?1 AND routing = ?2";
    Ok(tx.execute(sql, params![tenant, routing])? > 0)
}

pub(super) fn is_blocked(
    tx: &mut Tx,
    tenant: TenantId,
    routing: &str,
) -> Result<bool, StorageError> {
    let sql = "SELECT routing FROM connect_blocked_routing WHERE tenant_id = ?1 AND routing = ?2";
    let found = tx.query_opt(sql, params![tenant, routing], |row| row.get::<String>("routing"))?;
    Ok(found.is_some())
}

/// Routing numbers and notes, ascending.
pub(super) fn blocked(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Vec<(String, String)>, StorageError> {
    tx.query(
        "SELECT routing, note FROM connect_blocked_routing WHERE tenant_id = ?1 ORDER BY routing",
        params![tenant],
        |row| Ok((row.get("routing")?, row.get("note")?)),
    )
}
