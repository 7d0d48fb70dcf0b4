//! SQL of applications.

use florin_ids::{ApplicationId, LoanId, ProductId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, Value, params};
use jiff::Timestamp;

use super::entity::Application;
use super::words::ApplicationStatus;
use crate::column;

/// The fields that applications can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "status", column: "status", kind: Kind::Text },
    Field { name: "product", column: "product_id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "currency", column: "currency", kind: Kind::Text },
    Field { name: "amount", column: "amount", kind: Kind::Money },
    Field { name: "installments", column: "installments", kind: Kind::Int },
    Field { name: "rate", column: "rate", kind: Kind::Rate },
    Field { name: "reason", column: "reason", kind: Kind::Text },
    Field { name: "loan", column: "loan_id", kind: Kind::Uuid },
    Field { name: "processed_at", column: "processed_at", kind: Kind::Timestamp },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
    Field { name: "updated_at", column: "updated_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM application WHERE tenant_id = ?1";

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO application (tenant_id, id, status, product_id, end_user_id, currency, amount, installments, \
         rate, custom_fields, reason, loan_id, processed_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        &values(tenant, application)?,
    )?;
    Ok(())
}

/// Writes every column of an application that is there.
pub(super) fn update(
    tx: &mut Tx,
    tenant: TenantId,
    application: &Application,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE application SET status = ?3, product_id = ?4, end_user_id = ?5, currency = ?6, amount = ?7, \
         installments = ?8, rate = ?9, custom_fields = ?10, reason = ?11, loan_id = ?12, processed_at = ?13, \
         created_at = ?14, updated_at = ?15 WHERE tenant_id = ?1 AND id = ?2",
        &values(tenant, application)?,
    )?;
    Ok(())
}

/// The values of every column, in the order of the two statements above.
fn values(tenant: TenantId, application: &Application) -> Result<Vec<Value>, StorageError> {
    let custom_fields = serde_json::to_string(&application.custom_fields)
        .map_err(|_| column::bad("custom_fields", "a JSON object"))?;
    Ok(vec![
        tenant.into(),
        application.id.into(),
        application.status.as_str().into(),
        application.product.into(),
        application.end_user.into(),
        application.currency.code().into(),
        application.amount.minor().into(),
        application.installments.into(),
        application.rate.micro_percent().into(),
        custom_fields.into(),
        application.reason.as_str().into(),
        application.loan.into(),
        application.processed_at.into(),
        application.created_at.into(),
        application.updated_at.into(),
    ])
}

/// The application, without a lock.
pub fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<Option<Application>, StorageError> {
    tx.query_opt(
        "SELECT * FROM application WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        read,
    )
}

/// The application, which nobody else can change until the transaction ends. What creates a loan for it takes this
/// lock first, so that of two callers one creates it and the other finds it there.
pub fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: ApplicationId,
) -> Result<Option<Application>, StorageError> {
    tx.query_opt(
        "SELECT * FROM application WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE",
        params![tenant, id],
        read,
    )
}

/// Notes the loan that was created for an application without one; answers false when it has one already. From then
/// on the application stays as it is.
pub fn attach_loan(
    tx: &mut Tx,
    tenant: TenantId,
    id: ApplicationId,
    loan: LoanId,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let rows = tx.execute(
        "UPDATE application SET loan_id = ?3, updated_at = ?4 WHERE tenant_id = ?1 AND id = ?2 AND loan_id IS NULL",
        params![tenant, id, loan, at],
    )?;
    Ok(rows == 1)
}

/// Whether any application asks for the product.
pub(crate) fn any_for_product(
    tx: &mut Tx,
    tenant: TenantId,
    product: ProductId,
) -> Result<bool, StorageError> {
    let found = tx.query_opt(
        "SELECT id FROM application WHERE tenant_id = ?1 AND product_id = ?2 LIMIT 1",
        params![tenant, product],
        |row| row.get::<ApplicationId>("id"),
    )?;
    Ok(found.is_some())
}

pub(crate) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<Application>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

/// Hands every application of the list to `f`, unpaged, until it answers false.
pub(super) fn each(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
    mut f: impl FnMut(Application) -> bool,
) -> Result<(), StorageError> {
    tx.list_each(LIST, params![tenant], query, |row| {
        if f(read(row)?) { Ok(()) } else { Err(StorageError::Stopped) }
    })
}

fn read(row: &Row<'_>) -> Result<Application, StorageError> {
    let currency = column::currency(row)?;
    let custom_fields =
        row.parse("custom_fields", "a JSON object", |json| serde_json::from_str(json).ok())?;
    Ok(Application {
        id: row.get("id")?,
        status: column::word(row, "status", ApplicationStatus::parse)?,
        product: row.get("product_id")?,
        end_user: row.get("end_user_id")?,
        currency,
        amount: column::money(row, "amount", currency)?,
        installments: row.get("installments")?,
        rate: column::rate(row, "rate")?,
        custom_fields,
        reason: row.get("reason")?,
        loan: row.get("loan_id")?,
        processed_at: row.get("processed_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
