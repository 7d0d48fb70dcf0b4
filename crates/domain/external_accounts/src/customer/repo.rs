//! SQL of customers. Tax ids are sealed here on the way in and opened on the way out.

use florin_crypto::{KeyRing, blind_index};
use florin_ids::{EndUserId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};

use super::entity::{Customer, CustomerStatus};
use crate::column;
use crate::words::{CustomerId, ProgramId, WORD};

/// The fields that customers can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Int },
    Field { name: "programId", column: "program_id", kind: Kind::Int },
    Field { name: "tag", column: "tag", kind: Kind::Text },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "firstName", column: "first_name", kind: Kind::Text },
    Field { name: "lastName", column: "last_name", kind: Kind::Text },
    Field { name: "createdDate", column: "created_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM ea_customer WHERE tenant_id = ?1";
const TAX_ID_CONTEXT: &str = "ea_customer.tax_id";

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: &Customer,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO ea_customer (tenant_id, id, program_id, account_id, end_user_id, first_name, middle_name, \
         last_name, suffix, birth_date, gender, culture, tag, status, tax_id, tax_id_index, email_address, \
         is_active, locked_at, locked_reason, deceased_on, custom_field1, custom_field2, custom_field3, \
         custom_field4, custom_field5, phones, addresses, created_at, modified_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, \
         ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
        &values(keys, tenant, customer),
    )?;
    Ok(())
}

pub(crate) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    customer: &Customer,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE ea_customer SET program_id = ?3, account_id = ?4, end_user_id = ?5, first_name = ?6, \
         middle_name = ?7, last_name = ?8, suffix = ?9, birth_date = ?10, gender = ?11, culture = ?12, tag = ?13, \
         status = ?14, tax_id = ?15, tax_id_index = ?16, email_address = ?17, is_active = ?18, locked_at = ?19, \
         locked_reason = ?20, deceased_on = ?21, custom_field1 = ?22, custom_field2 = ?23, custom_field3 = ?24, \
         custom_field4 = ?25, custom_field5 = ?26, phones = ?27, addresses = ?28, created_at = ?29, \
         modified_at = ?30 WHERE tenant_id = ?1 AND id = ?2",
        &values(keys, tenant, customer),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(keys: &KeyRing, tenant: TenantId, customer: &Customer) -> Vec<Value> {
    let index = customer.tax_id.as_ref().map(|digits| tax_id_index(keys, digits.expose()).to_vec());
    let mut values = vec![
        tenant.into(),
        customer.id.into(),
        customer.program.into(),
        customer.account.into(),
        customer.end_user.into(),
        customer.first_name.as_str().into(),
        customer.middle_name.as_deref().into(),
        customer.last_name.as_str().into(),
        customer.suffix.as_deref().into(),
        customer.birth_date.into(),
        customer.gender.as_deref().into(),
        customer.culture.as_deref().into(),
        customer.tag.as_deref().into(),
        customer.status.as_str().into(),
        column::sealed(keys, TAX_ID_CONTEXT, customer.id.number(), customer.tax_id.as_ref()),
        index.into(),
        customer.email_address.as_deref().into(),
        customer.is_active.into(),
        customer.locked_at.into(),
        customer.locked_reason.as_deref().into(),
        customer.deceased_on.into(),
    ];
    values.extend(customer.custom_fields.iter().map(|field| Value::from(field.as_deref())));
    values.extend([
        column::to_json(&customer.phones),
        column::to_json(&customer.addresses),
        customer.created_at.into(),
        customer.last_modified_at.into(),
    ]);
    values
}

fn tax_id_index(keys: &KeyRing, tax_id: &str) -> [u8; 32] {
    let digits: String = tax_id.chars().filter(char::is_ascii_alphanumeric).collect();
    blind_index(keys, TAX_ID_CONTEXT, &digits.to_uppercase())
}

pub(super) fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: CustomerId,
) -> Result<Option<Customer>, StorageError> {
    let sql = "SELECT * FROM ea_customer WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

pub(super) fn get_for_update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: CustomerId,
) -> Result<Option<Customer>, StorageError> {
    let sql = "SELECT * FROM ea_customer WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

pub(super) fn by_tag(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    program: ProgramId,
    tag: &str,
) -> Result<Option<Customer>, StorageError> {
    let sql = "SELECT * FROM ea_customer WHERE tenant_id = ?1 AND program_id = ?2 AND tag = ?3";
    tx.query_opt(sql, params![tenant, program, tag], |row| read(row, keys))
}

pub(super) fn by_tax_id(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    tax_id: &str,
) -> Result<Vec<Customer>, StorageError> {
    let sql = "SELECT * FROM ea_customer WHERE tenant_id = ?1 AND tax_id_index = ?2 ORDER BY id";
    let index = tax_id_index(keys, tax_id);
    tx.query(sql, params![tenant, index], |row| read(row, keys))
}

/// The customers of the program that are this borrower, oldest first.
pub(crate) fn of_end_user(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Vec<Customer>, StorageError> {
    let sql = "SELECT * FROM ea_customer WHERE tenant_id = ?1 AND end_user_id = ?2 ORDER BY id";
    tx.query(sql, params![tenant, end_user], |row| read(row, keys))
}

pub(super) fn list(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Customer>, StorageError> {
    tx.list(LIST, params![tenant], query, |row| read(row, keys))
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<Customer, StorageError> {
    let id: CustomerId = row.get("id")?;
    Ok(Customer {
        id,
        program: row.get("program_id")?,
        account: row.get("account_id")?,
        end_user: row.get("end_user_id")?,
        first_name: row.get("first_name")?,
        middle_name: row.get("middle_name")?,
        last_name: row.get("last_name")?,
        suffix: row.get("suffix")?,
        birth_date: row.get("birth_date")?,
        gender: row.get("gender")?,
        culture: row.get("culture")?,
        tag: row.get("tag")?,
        status: row.parse("status", WORD, CustomerStatus::parse)?,
        tax_id: column::opened(row, keys, "tax_id", TAX_ID_CONTEXT, id.number())?,
        email_address: row.get("email_address")?,
        is_active: row.get("is_active")?,
        locked_at: row.get("locked_at")?,
        locked_reason: row.get("locked_reason")?,
        deceased_on: row.get("deceased_on")?,
        custom_fields: column::custom_fields(row)?,
        phones: column::json(row, "phones")?,
        addresses: column::json(row, "addresses")?,
        created_at: row.get("created_at")?,
        last_modified_at: row.get("modified_at")?,
    })
}
