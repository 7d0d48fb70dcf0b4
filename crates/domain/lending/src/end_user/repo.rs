//! SQL of end users. Bank numbers are sealed here on the way in and opened on the way out.

use florin_crypto::KeyRing;
use florin_ids::{EndUserId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use jiff::civil::Date;

use super::bank::BankDigits;
use super::entity::EndUser;
use super::words::EndUserType;
use crate::column;

/// The fields that end users can be filtered and ordered by. The sealed ones cannot.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "type", column: "kind", kind: Kind::Text },
    Field { name: "first_name", column: "first_name", kind: Kind::Text },
    Field { name: "last_name", column: "last_name", kind: Kind::Text },
    Field { name: "company_name", column: "company_name", kind: Kind::Text },
    Field { name: "registration_number", column: "registration_number", kind: Kind::Text },
    Field { name: "birth_date", column: "birth_date", kind: Kind::Date },
    Field { name: "address_line_1", column: "address_line_1", kind: Kind::Text },
    Field { name: "address_line_2", column: "address_line_2", kind: Kind::Text },
    Field { name: "address_line_3", column: "address_line_3", kind: Kind::Text },
    Field { name: "city", column: "city", kind: Kind::Text },
    Field { name: "postal_code", column: "postal_code", kind: Kind::Text },
    Field { name: "country", column: "country", kind: Kind::Text },
    Field { name: "mobile_number", column: "mobile_number", kind: Kind::Text },
    Field { name: "email", column: "email", kind: Kind::Text },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM end_user WHERE tenant_id = ?1";
/// The place that a sealed account number opens at, with the row's id.
const ACCOUNT_CONTEXT: &str = "end_user.bank_account_number";
/// The place that a sealed sort code opens at, with the row's id.
const SORT_CODE_CONTEXT: &str = "end_user.sort_code";

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    end_user: &EndUser,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO end_user (tenant_id, id, kind, first_name, last_name, birth_date, address_line_1, \
         address_line_2, address_line_3, city, postal_code, country, bank_account_number, sort_code, mobile_number, \
         email, company_name, registration_number, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        &values(keys, tenant, end_user),
    )?;
    Ok(())
}

/// Writes every column of an end user that is there.
pub(super) fn update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    end_user: &EndUser,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE end_user SET kind = ?3, first_name = ?4, last_name = ?5, birth_date = ?6, address_line_1 = ?7, \
         address_line_2 = ?8, address_line_3 = ?9, city = ?10, postal_code = ?11, country = ?12, \
         bank_account_number = ?13, sort_code = ?14, mobile_number = ?15, email = ?16, company_name = ?17, \
         registration_number = ?18, created_at = ?19, updated_at = ?20 WHERE tenant_id = ?1 AND id = ?2",
        &values(keys, tenant, end_user),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(keys: &KeyRing, tenant: TenantId, end_user: &EndUser) -> Vec<Value> {
    let sealed = |context: &str, digits: &Option<BankDigits>| {
        let seal = |digits: &BankDigits| {
            keys.seal(context, end_user.id.uuid().as_bytes(), digits.expose().as_bytes())
        };
        Value::from(digits.as_ref().map(seal))
    };
    vec![
        tenant.into(),
        end_user.id.into(),
        end_user.kind.as_str().into(),
        end_user.first_name.as_str().into(),
        end_user.last_name.as_str().into(),
        end_user.birth_date.into(),
        end_user.address_line_1.as_str().into(),
        end_user.address_line_2.as_str().into(),
        end_user.address_line_3.as_str().into(),
        end_user.city.as_str().into(),
        end_user.postal_code.as_str().into(),
        end_user.country.as_str().into(),
        sealed(ACCOUNT_CONTEXT, &end_user.bank_account_number),
        sealed(SORT_CODE_CONTEXT, &end_user.sort_code),
        end_user.mobile_number.as_str().into(),
        end_user.email.as_str().into(),
        end_user.company_name.as_str().into(),
        end_user.registration_number.as_str().into(),
        end_user.created_at.into(),
        end_user.updated_at.into(),
    ]
}

/// Whether the tenant has this end user.
pub fn exists(tx: &mut Tx, tenant: TenantId, id: EndUserId) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM end_user WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        |row| row.get::<EndUserId>("id"),
    )?;
    Ok(found.is_some())
}

/// The type of an end user; none when the tenant has no such.
pub(crate) fn kind(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<EndUserType>, StorageError> {
    let sql = "SELECT kind FROM end_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read_kind)
}

/// The same, and nobody else can change the end user until the transaction ends.
pub(crate) fn kind_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<EndUserType>, StorageError> {
    let sql = "SELECT kind FROM end_user WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read_kind)
}

/// The same, held against changes but not against others who hold it so.
pub(crate) fn kind_for_share(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<EndUserType>, StorageError> {
    let sql = "SELECT kind FROM end_user WHERE tenant_id = ?1 AND id = ?2 FOR SHARE";
    tx.query_opt(sql, params![tenant, id], read_kind)
}

fn read_kind(row: &Row<'_>) -> Result<EndUserType, StorageError> {
    column::word(row, "kind", EndUserType::parse)
}

/// The type and the date of birth of an end user; none when the tenant has no such.
pub(super) fn credit_facts(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<(EndUserType, Option<Date>)>, StorageError> {
    let sql = "SELECT kind, birth_date FROM end_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| Ok((read_kind(row)?, row.get("birth_date")?)))
}

/// The end user, without a lock.
pub fn get(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<EndUser>, StorageError> {
    let sql = "SELECT * FROM end_user WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

/// The end user, which nobody else can change until the transaction ends.
pub fn get_for_update(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: EndUserId,
) -> Result<Option<EndUser>, StorageError> {
    let sql = "SELECT * FROM end_user WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], |row| read(row, keys))
}

pub(crate) fn list(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<EndUser>, StorageError> {
    tx.list(LIST, params![tenant], query, |row| read(row, keys))
}

/// Hands every end user of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(EndUser) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row, keys)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>, keys: &KeyRing) -> Result<EndUser, StorageError> {
    let id: EndUserId = row.get("id")?;
    Ok(EndUser {
        id,
        kind: column::word(row, "kind", EndUserType::parse)?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        company_name: row.get("company_name")?,
        registration_number: row.get("registration_number")?,
        birth_date: row.get("birth_date")?,
        address_line_1: row.get("address_line_1")?,
        address_line_2: row.get("address_line_2")?,
        address_line_3: row.get("address_line_3")?,
        city: row.get("city")?,
        postal_code: row.get("postal_code")?,
        country: row.get("country")?,
        bank_account_number: opened(row, keys, id, "bank_account_number", ACCOUNT_CONTEXT)?
            .map(BankDigits::account),
        sort_code: opened(row, keys, id, "sort_code", SORT_CODE_CONTEXT)?
            .map(BankDigits::sort_code),
        mobile_number: row.get("mobile_number")?,
        email: row.get("email")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// A sealed column's text; a value that the key ring does not open is a fault of the database or of the key ring.
fn opened(
    row: &Row<'_>,
    keys: &KeyRing,
    id: EndUserId,
    column: &'static str,
    context: &str,
) -> Result<Option<String>, StorageError> {
    let Some(sealed) = row.get::<Option<Vec<u8>>>(column)? else { return Ok(None) };
    let plain = keys.open(context, id.uuid().as_bytes(), &sealed).map_err(|error| {
        StorageError::Column {
            column: column.to_owned(),
            expected: "a value sealed with a key on the ring",
            found: error.to_string(),
        }
    })?;
    String::from_utf8(plain).map(Some).map_err(|_| column::bad(column, "sealed text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::end_user::{EndUserFields, Moment};
    use crate::{Given, LendingError};
    use florin_storage::testing::databases;

    const RAW: &str = "SELECT bank_account_number, sort_code FROM end_user WHERE tenant_id = ?1";

    fn registered() -> EndUser {
        let text = |text: &str| Given::Value(text.to_owned());
        let fields = EndUserFields {
            first_name: text("John"),
            last_name: text("Blond"),
            bank_account_number: text("123456678"),
            sort_code: text("124354"),
            ..EndUserFields::default()
        };
        let at = "2026-11-21T10:00:00Z".parse().unwrap();
        let moment = Moment { today: jiff::civil::date(2026, 11, 21), at };
        EndUser::register(EndUserId::new(), fields, moment).unwrap()
    }

    #[test]
    fn bank_numbers_are_sealed_to_their_row_and_survive_a_rotation() {
        for database in databases(&[florin_ledger::MIGRATIONS, crate::MIGRATIONS]) {
            let (tenant, user, keys) = (TenantId::new(), registered(), KeyRing::generate());
            let (stored, ring) = (user.clone(), keys.clone());
            let checked = database.db.write_blocking(move |tx| {
                insert(tx, &ring, tenant, &stored)?;
                let raw = tx.query_one(RAW, params![tenant], |row| Ok((row.at(0)?, row.at(1)?)))?;
                let (account, sort_code): (Vec<u8>, Vec<u8>) = raw;
                for (sealed, digits) in [(&account, "123456678"), (&sort_code, "124354")] {
                    assert!(!sealed.windows(digits.len()).any(|part| part == digits.as_bytes()));
                }
                let other_row = EndUserId::new();
                assert!(ring.open(ACCOUNT_CONTEXT, other_row.uuid().as_bytes(), &account).is_err());
                assert!(
                    ring.open(SORT_CODE_CONTEXT, stored.id.uuid().as_bytes(), &account).is_err()
                );
                assert_eq!(get(tx, &ring.rotated(), tenant, stored.id)?, Some(stored.clone()));
                let fault = get(tx, &KeyRing::generate(), tenant, stored.id).unwrap_err();
                assert!(fault.to_string().contains("bank_account_number"), "{fault}");
                assert!(!fault.to_string().contains("6678"), "{fault}");
                assert_eq!(get(tx, &ring, TenantId::new(), stored.id)?, None);
                Ok::<_, LendingError>(())
            });
            checked.unwrap();
        }
    }
}
