//! SQL of external accounts. Their numbers are sealed here on the way in and opened on the way out.

use florin_crypto::{KeyRing, blind_index};
use florin_ids::TenantId;
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use jiff::civil::Date;

use super::entity::{AccountKind, AccountStatus, ExternalAccount};
use crate::column;
use crate::words::{AccountId, CustomerId, ProgramId, WORD};

/// The fields that external accounts can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Int },
    Field { name: "customerId", column: "customer_id", kind: Kind::Int },
    Field { name: "programId", column: "program_id", kind: Kind::Int },
    Field { name: "tag", column: "tag", kind: Kind::Text },
    Field { name: "name", column: "name", kind: Kind::Text },
    Field { name: "type", column: "kind", kind: Kind::Text },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "createdDate", column: "created_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM ea_account WHERE tenant_id = ?1";
const ROUTING_CONTEXT: &str = "ea_account.routing_number";
const ACCOUNT_CONTEXT: &str = "ea_account.account_number";
const NUMBER_DOMAIN: &str = "ea_account.number";

pub(crate) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &ExternalAccount,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ea_account (tenant_id, id, customer_id, program_id, tag, name, routing_number, account_number, \
         number_index, kind, nick_name, first_name, last_name, status, status_at, modified_at, noc_code, locked_at, \
         locked_reason, verify_sent_at, verify_expired_at, archived_on, created_at, custom_field1, custom_field2, \
         custom_field3, custom_field4, custom_field5, debits_refused) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
         ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
        &values(keys, tenant, account),
    )?;
    Ok(())
}

pub(crate) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &ExternalAccount,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE ea_account SET customer_id = ?3, program_id = ?4, tag = ?5, name = ?6, routing_number = ?7, \
         account_number = ?8, number_index = ?9, kind = ?10, nick_name = ?11, first_name = ?12, last_name = ?13, \
         status = ?14, status_at = ?15, modified_at = ?16, noc_code = ?17, locked_at = ?18, locked_reason = ?19, \
         verify_sent_at = ?20, verify_expired_at = ?21, archived_on = ?22, created_at = ?23, custom_field1 = ?24, \
         custom_field2 = ?25, custom_field3 = ?26, custom_field4 = ?27, custom_field5 = ?28, \
         debits_refused = ?29 \
         WHERE tenant_id = ?1 AND id = ?2",
        &values(keys, tenant, account),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(keys: &KeyRing, tenant: TenantId, account: &ExternalAccount) -> Vec<Value> {
    let number = account.id.number();
    let index = match (&account.routing_number, &account.account_number) {
        (Some(routing), Some(digits)) => {
            Value::from(number_index(keys, routing.expose(), digits.expose()))
        }
        _ => Value::Null,
    };
    let mut values = vec![
        tenant.into(),
        account.id.into(),
        account.customer.into(),
        account.program.into(),
        account.tag.as_deref().into(),
        account.name.as_str().into(),
        column::sealed(keys, ROUTING_CONTEXT, number, account.routing_number.as_ref()),
        column::sealed(keys, ACCOUNT_CONTEXT, number, account.account_number.as_ref()),
        index,
        account.kind.as_str().into(),
        account.nick_name.as_str().into(),
        account.first_name.as_deref().into(),
        account.last_name.as_deref().into(),
        account.status.as_str().into(),
        account.status_at.into(),
        account.last_modified_at.into(),
        account.noc_code.as_deref().into(),
        account.locked_at.into(),
        account.locked_reason.as_deref().into(),
        account.last_verify_sent_at.into(),
        account.last_verify_expired_at.into(),
        account.archived_on.into(),
        account.created_at.into(),
    ];
    values.extend(account.custom_fields.iter().map(|field| Value::from(field.as_deref())));
    values.push(account.debits_refused.as_deref().into());
    values
}

/// The fingerprint by which an account with these numbers is found.
fn number_index(keys: &KeyRing, routing: &str, account: &str) -> [u8; 32] {
    let digits: String = account.chars().filter(char::is_ascii_alphanumeric).collect();
    blind_index(keys, NUMBER_DOMAIN, &format!("{routing}:{}", digits.to_uppercase()))
}

pub(crate) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: AccountId,
) -> Result<Option<ExternalAccount>, StorageError> {
    let sql = "SELECT * FROM ea_account WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

pub(crate) fn get_for_update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: AccountId,
) -> Result<Option<ExternalAccount>, StorageError> {
    let sql = "SELECT * FROM ea_account WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

/// The accounts of these numbers, in no particular order.
pub(crate) fn get_many(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    ids: Vec<i64>,
) -> Result<Vec<ExternalAccount>, StorageError> {
    let sql = "SELECT * FROM ea_account WHERE tenant_id = ?1 AND id = ANY(?2)";
    tx.query_keys(sql, params![tenant, ids], |row| read(row, keys))
}

/// Every account of a customer, oldest first.
pub(crate) fn of_customer(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: CustomerId,
) -> Result<Vec<ExternalAccount>, StorageError> {
    let sql = "SELECT * FROM ea_account WHERE tenant_id = ?1 AND customer_id = ?2 ORDER BY id";
    tx.query(sql, params![tenant, customer], |row| read(row, keys))
}

/// The customer's accounts with these numbers, oldest first.
pub(crate) fn of_numbers(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: CustomerId,
    (routing, account): (&str, &str),
) -> Result<Vec<ExternalAccount>, StorageError> {
    let sql = "SELECT * FROM ea_account WHERE tenant_id = ?1 AND customer_id = ?2 AND number_index = ?3 \
               ORDER BY id";
    let index = number_index(keys, routing, account);
    tx.query(sql, params![tenant, customer, index], |row| read(row, keys))
}

/// Which account of the program has this tag.
pub(crate) fn id_of_tag(
    tx: &mut Tx,
    tenant: TenantId,
    program: ProgramId,
    tag: &str,
) -> Result<Option<AccountId>, StorageError> {
    let sql = "SELECT id FROM ea_account WHERE tenant_id = ?1 AND program_id = ?2 AND tag = ?3";
    tx.query_opt(sql, params![tenant, program, tag], |row| row.get("id"))
}

/// Those of a customer's archived accounts with a transfer that has settled on this day or later.
pub(crate) fn count_archived_in_use(
    tx: &mut Tx,
    tenant: TenantId,
    customer: CustomerId,
    since: Date,
) -> Result<u32, StorageError> {
    tx.query_one(
        "SELECT COUNT(*) AS accounts FROM ea_account AS a WHERE a.tenant_id = ?1 AND a.customer_id = ?2 \
         AND a.status = 'Archived' AND EXISTS (SELECT 1 FROM ea_transfer AS t WHERE t.tenant_id = ?1 \
         AND t.external_account_id = a.id AND t.settled_on >= ?3)",
        params![tenant, customer, since],
        |row| row.get("accounts"),
    )
}

pub(crate) fn list(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<ExternalAccount>, StorageError> {
    tx.list(LIST, params![tenant], query, |row| read(row, keys))
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<ExternalAccount, StorageError> {
    let id: AccountId = row.get("id")?;
    let number = id.number();
    Ok(ExternalAccount {
        id,
        customer: row.get("customer_id")?,
        program: row.get("program_id")?,
        tag: row.get("tag")?,
        name: row.get("name")?,
        routing_number: column::opened(row, keys, "routing_number", ROUTING_CONTEXT, number)?,
        account_number: column::opened(row, keys, "account_number", ACCOUNT_CONTEXT, number)?,
        kind: row.parse("kind", WORD, AccountKind::parse)?,
        nick_name: row.get("nick_name")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        status: row.parse("status", WORD, AccountStatus::parse)?,
        status_at: row.get("status_at")?,
        last_modified_at: row.get("modified_at")?,
        noc_code: row.get("noc_code")?,
        locked_at: row.get("locked_at")?,
        locked_reason: row.get("locked_reason")?,
        debits_refused: row.get("debits_refused")?,
        custom_fields: column::custom_fields(row)?,
        last_verify_sent_at: row.get("verify_sent_at")?,
        last_verify_expired_at: row.get("verify_expired_at")?,
        archived_on: row.get("archived_on")?,
        created_at: row.get("created_at")?,
    })
}
