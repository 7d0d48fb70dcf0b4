//! SQL of the addresses of end users. Whoever writes one holds the end user's row.

use florin_ids::{AddressId, EndUserId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use jiff::Timestamp;

use super::entity::{Address, PostalAddress};

/// The fields that addresses can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "address_line_1", column: "address_line_1", kind: Kind::Text },
    Field { name: "address_line_2", column: "address_line_2", kind: Kind::Text },
    Field { name: "address_line_3", column: "address_line_3", kind: Kind::Text },
    Field { name: "city", column: "city", kind: Kind::Text },
    Field { name: "postal_code", column: "postal_code", kind: Kind::Text },
    Field { name: "country", column: "country", kind: Kind::Text },
    Field { name: "moved_in", column: "moved_in", kind: Kind::Date },
    Field { name: "moved_out", column: "moved_out", kind: Kind::Date },
    Field { name: "is_current", column: "is_current", kind: Kind::Bool },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT a.*, CAST(CASE WHEN moved_out IS NULL THEN 1 ELSE 0 END AS BIGINT) AS is_current \
                    FROM end_user_address a WHERE tenant_id = ?1 AND end_user_id = ?2";

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, address: &Address) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO end_user_address (tenant_id, end_user_id, id, address_line_1, address_line_2, address_line_3, \
         city, postal_code, country, moved_in, moved_out, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        &values(tenant, address),
    )?;
    Ok(())
}

/// Writes every column of an address that is there.
pub(super) fn update(tx: &mut Tx, tenant: TenantId, address: &Address) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE end_user_address SET address_line_1 = ?4, address_line_2 = ?5, address_line_3 = ?6, city = ?7, \
         postal_code = ?8, country = ?9, moved_in = ?10, moved_out = ?11, created_at = ?12, updated_at = ?13 \
         WHERE tenant_id = ?1 AND end_user_id = ?2 AND id = ?3",
        &values(tenant, address),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(tenant: TenantId, address: &Address) -> Vec<Value> {
    let postal = &address.postal;
    vec![
        tenant.into(),
        address.end_user.into(),
        address.id.into(),
        postal.address_line_1.as_str().into(),
        postal.address_line_2.as_str().into(),
        postal.address_line_3.as_str().into(),
        postal.city.as_str().into(),
        postal.postal_code.as_str().into(),
        postal.country.as_str().into(),
        address.moved_in.into(),
        address.moved_out.into(),
        address.created_at.into(),
        address.updated_at.into(),
    ]
}

pub(super) fn delete(tx: &mut Tx, tenant: TenantId, address: &Address) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM end_user_address WHERE tenant_id = ?1 AND end_user_id = ?2 AND id = ?3",
        params![tenant, address.end_user, address.id],
    )?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
    id: AddressId,
) -> Result<Option<Address>, StorageError> {
    tx.query_opt(
        "SELECT * FROM end_user_address WHERE tenant_id = ?1 AND end_user_id = ?2 AND id = ?3",
        params![tenant, end_user, id],
        read,
    )
}

/// The address that an end user has now.
pub(super) fn current(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<Address>, StorageError> {
    tx.query_opt(
        "SELECT * FROM end_user_address WHERE tenant_id = ?1 AND end_user_id = ?2 AND moved_out IS NULL",
        params![tenant, end_user],
        read,
    )
}

/// The address that an end user left last.
pub(super) fn last_left(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<Address>, StorageError> {
    tx.query_opt(
        "SELECT * FROM end_user_address WHERE tenant_id = ?1 AND end_user_id = ?2 AND moved_out IS NOT NULL \
         ORDER BY moved_out DESC, COALESCE(moved_in, '') DESC, id DESC LIMIT 1",
        params![tenant, end_user],
        read,
    )
}

/// Repeats the current address in the end user's own row; none empties the fields.
pub(super) fn show(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
    current: Option<&PostalAddress>,
    at: Timestamp,
) -> Result<(), StorageError> {
    let empty = PostalAddress::default();
    let postal = current.unwrap_or(&empty);
    tx.execute(
        "UPDATE end_user SET address_line_1 = ?3, address_line_2 = ?4, address_line_3 = ?5, city = ?6, \
         postal_code = ?7, country = ?8, updated_at = ?9 WHERE tenant_id = ?1 AND id = ?2",
        params![
            tenant,
            end_user,
            postal.address_line_1.as_str(),
            postal.address_line_2.as_str(),
            postal.address_line_3.as_str(),
            postal.city.as_str(),
            postal.postal_code.as_str(),
            postal.country.as_str(),
            at
        ],
    )?;
    Ok(())
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
    query: &ListQuery,
) -> Result<Page<Address>, StorageError> {
    tx.list(LIST, params![tenant, end_user], query, read)
}

/// Hands every address of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
    query: &ListQuery,
    mut f: impl FnMut(Address) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant, end_user], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Address, StorageError> {
    Ok(Address {
        id: row.get("id")?,
        end_user: row.get("end_user_id")?,
        postal: PostalAddress {
            address_line_1: row.get("address_line_1")?,
            address_line_2: row.get("address_line_2")?,
            address_line_3: row.get("address_line_3")?,
            city: row.get("city")?,
            postal_code: row.get("postal_code")?,
            country: row.get("country")?,
        },
        moved_in: row.get("moved_in")?,
        moved_out: row.get("moved_out")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_storage::MigrationSet;
    use florin_storage::testing::databases;

    /// The migrations up to those that brought the history.
    fn before_the_history() -> MigrationSet {
        let all = crate::MIGRATIONS;
        let own = all.files.iter().position(|(name, _)| *name == "0004_people.sql");
        MigrationSet { name: all.name, files: &all.files[..own.unwrap()] }
    }

    #[test]
    fn the_history_begins_with_the_addresses_that_are_there() {
        for database in databases(&[florin_ledger::MIGRATIONS, before_the_history()]) {
            let (tenant, settled, nowhere) = (TenantId::new(), EndUserId::new(), EndUserId::new());
            let insert = "INSERT INTO end_user (tenant_id, id, kind, first_name, last_name, address_line_1, \
                          address_line_2, address_line_3, city, postal_code, country, mobile_number, email, \
                          created_at, updated_at) \
                          VALUES (?1, ?2, 'individual', 'A', 'B', '', '', '', ?3, '', '', '', '', 1, 2)";
            let write = database.db.write_blocking(move |tx| {
                tx.execute(insert, params![tenant, settled, "York"])?;
                tx.execute(insert, params![tenant, nowhere, ""])
            });
            write.unwrap();
            database.db.migrate(&[florin_ledger::MIGRATIONS, crate::MIGRATIONS]).unwrap();
            let found = database.db.read_blocking(move |tx| {
                Ok::<_, StorageError>((
                    current(tx, tenant, settled)?,
                    current(tx, tenant, nowhere)?,
                ))
            });
            let (address, nothing) = found.unwrap();
            assert_eq!((nothing, address.as_ref().unwrap().postal.city.as_str()), (None, "York"));
            assert_eq!(address.unwrap().id.uuid(), settled.uuid());
        }
    }
}
