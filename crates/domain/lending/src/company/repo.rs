//! SQL of the people assigned to companies. Whoever writes an assignment holds the company's row.

use florin_ids::{AssignmentId, EndUserId, TenantId};
use florin_money::Rate;
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use jiff::Timestamp;

use super::entity::Assignment;
use super::words::Role;
use crate::column;

/// The fields that assignments can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "company", column: "company_id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "role", column: "role", kind: Kind::Text },
    Field { name: "ownership_percent", column: "ownership_percent", kind: Kind::Rate },
    Field { name: "is_primary_contact", column: "is_primary_contact", kind: Kind::Bool },
    Field { name: "from_date", column: "from_date", kind: Kind::Date },
    Field { name: "until_date", column: "until_date", kind: Kind::Date },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM company_person WHERE tenant_id = ?1 AND company_id = ?2";

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    assignment: &Assignment,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO company_person (tenant_id, company_id, id, end_user_id, role, ownership_percent, \
         is_primary_contact, from_date, until_date, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &values(tenant, assignment),
    )?;
    Ok(())
}

/// Writes every column of an assignment that is there.
pub(super) fn update(
    tx: &mut Tx,
    tenant: TenantId,
    assignment: &Assignment,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE company_person SET end_user_id = ?4, role = ?5, ownership_percent = ?6, is_primary_contact = ?7, \
         from_date = ?8, until_date = ?9, created_at = ?10, updated_at = ?11 \
         WHERE tenant_id = ?1 AND company_id = ?2 AND id = ?3",
        &values(tenant, assignment),
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(tenant: TenantId, assignment: &Assignment) -> Vec<Value> {
    vec![
        tenant.into(),
        assignment.company.into(),
        assignment.id.into(),
        assignment.end_user.into(),
        assignment.role.as_str().into(),
        assignment.ownership_percent.map(Rate::micro_percent).into(),
        assignment.is_primary_contact.into(),
        assignment.from_date.into(),
        assignment.until_date.into(),
        assignment.created_at.into(),
        assignment.updated_at.into(),
    ]
}

/// Takes the mark of the primary contact from everybody but `but`.
pub(super) fn unmark_contacts(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
    but: AssignmentId,
    at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE company_person SET is_primary_contact = 0, updated_at = ?4 \
         WHERE tenant_id = ?1 AND company_id = ?2 AND id <> ?3 AND is_primary_contact = 1",
        params![tenant, company, but, at],
    )?;
    Ok(())
}

/// Deletes an assignment; false when the company has no such.
pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
    id: AssignmentId,
) -> Result<bool, StorageError> {
    let deleted = tx.execute(
        "DELETE FROM company_person WHERE tenant_id = ?1 AND company_id = ?2 AND id = ?3",
        params![tenant, company, id],
    )?;
    Ok(deleted > 0)
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
    id: AssignmentId,
) -> Result<Option<Assignment>, StorageError> {
    tx.query_opt(
        "SELECT * FROM company_person WHERE tenant_id = ?1 AND company_id = ?2 AND id = ?3",
        params![tenant, company, id],
        read,
    )
}

/// Everybody who has or had to do with a company.
pub(super) fn people(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
) -> Result<Vec<Assignment>, StorageError> {
    tx.query(
        "SELECT * FROM company_person WHERE tenant_id = ?1 AND company_id = ?2 ORDER BY id",
        params![tenant, company],
        read,
    )
}

/// Whether an end user is assigned to any company.
pub(super) fn is_assigned(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM company_person WHERE tenant_id = ?1 AND end_user_id = ?2 LIMIT 1",
        params![tenant, end_user],
        |row| row.get::<AssignmentId>("id"),
    )?;
    Ok(found.is_some())
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
    query: &ListQuery,
) -> Result<Page<Assignment>, StorageError> {
    tx.list(LIST, params![tenant, company], query, read)
}

/// Hands every assignment of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    company: EndUserId,
    query: &ListQuery,
    mut f: impl FnMut(Assignment) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant, company], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Assignment, StorageError> {
    Ok(Assignment {
        id: row.get("id")?,
        company: row.get("company_id")?,
        end_user: row.get("end_user_id")?,
        role: column::word(row, "role", Role::parse)?,
        ownership_percent: column::optional_rate(row, "ownership_percent")?,
        is_primary_contact: row.get("is_primary_contact")?,
        from_date: row.get("from_date")?,
        until_date: row.get("until_date")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
