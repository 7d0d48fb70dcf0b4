//! SQL of what is known of those who applied before.

use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId, TenantId};
use florin_money::{Currency, Money};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::application::ApplicationStatus;
use crate::column;
use crate::end_user::EndUserType;
use crate::loan::LoanStatus;

/// A loan of somebody who applies again.
#[derive(Debug, Clone)]
pub(crate) struct LoanRow {
    pub id: LoanId,
    pub application: ApplicationId,
    pub currency: Currency,
    pub status: LoanStatus,
    /// What was ever disbursed.
    pub disbursed: Money,
    /// Whether what was owed was written off.
    pub is_written_off: bool,
    pub created_at: Timestamp,
}

/// Something that was not paid when it fell due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DueRow {
    pub loan: LoanId,
    pub due_on: Date,
    /// `None` while something of it is unpaid.
    pub paid_on: Option<Date>,
}

/// An application that was decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecidedRow {
    pub id: ApplicationId,
    pub end_user: EndUserId,
    pub is_approved: bool,
    pub loan: Option<LoanId>,
}

/// Who applies, as far as a rule may look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonRow {
    pub kind: EndUserType,
    pub birth_date: Option<Date>,
}

/// Who applies.
pub(crate) fn person(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Option<PersonRow>, StorageError> {
    tx.query_opt(
        "SELECT kind, birth_date FROM end_user WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, end_user],
        |row| {
            Ok(PersonRow {
                kind: column::word(row, "kind", EndUserType::parse)?,
                birth_date: row.get("birth_date")?,
            })
        },
    )
}

/// The loans of an end user.
pub(crate) fn loans_of(
    tx: &mut Tx,
    tenant: TenantId,
    end_user: EndUserId,
) -> Result<Vec<LoanRow>, StorageError> {
    tx.query(
        "SELECT id, application_id, currency, status, disbursed, close_substatus, created_at FROM loan \
         WHERE tenant_id = ?1 AND end_user_id = ?2",
        params![tenant, end_user],
        read_loan,
    )
}

/// The loans of a list.
pub(crate) fn loans(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
) -> Result<Vec<LoanRow>, StorageError> {
    tx.query_keys(
        "SELECT id, application_id, currency, status, disbursed, close_substatus, created_at FROM loan \
         WHERE tenant_id = ?1 AND id = ANY(?2)",
        params![tenant, ids],
        read_loan,
    )
}

fn read_loan(row: &Row<'_>) -> Result<LoanRow, StorageError> {
    let currency = column::currency(row)?;
    Ok(LoanRow {
        id: row.get("id")?,
        application: row.get("application_id")?,
        currency,
        status: column::word(row, "status", LoanStatus::parse)?,
        disbursed: column::money(row, "disbursed", currency)?,
        is_written_off: row.get::<String>("close_substatus")? == "written_off",
        created_at: row.get("created_at")?,
    })
}

/// What was not paid in time on the loans of a list.
pub(crate) fn dues(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<Vec<DueRow>, StorageError> {
    tx.query_keys(
        "SELECT loan_id, due_on, paid_on FROM loan_due WHERE tenant_id = ?1 AND loan_id = ANY(?2)",
        params![tenant, loans],
        |row| {
            Ok(DueRow {
                loan: row.get("loan_id")?,
                due_on: row.get("due_on")?,
                paid_on: row.get("paid_on")?,
            })
        },
    )
}

/// Applications that were approved or declined from one moment up to before another, in the order of their ids.
pub(crate) fn decided(
    tx: &mut Tx,
    tenant: TenantId,
    from: Timestamp,
    until: Timestamp,
    product: Option<ProductId>,
    after: Uuid,
    limit: u32,
) -> Result<Vec<DecidedRow>, StorageError> {
    let read = |row: &Row<'_>| {
        let status = column::word(row, "status", ApplicationStatus::parse)?;
        Ok(DecidedRow {
            id: row.get("id")?,
            end_user: row.get("end_user_id")?,
            is_approved: status == ApplicationStatus::Approved,
            loan: row.get("loan_id")?,
        })
    };
    match product {
        None => tx.query(
            "SELECT id, end_user_id, status, loan_id FROM application WHERE tenant_id = ?1 AND id > ?2 \
             AND status IN ('approved', 'declined') AND processed_at >= ?3 AND processed_at < ?4 \
             ORDER BY id LIMIT ?5",
            params![tenant, after, from, until, limit],
            read,
        ),
        Some(product) => tx.query(
            "SELECT id, end_user_id, status, loan_id FROM application WHERE tenant_id = ?1 AND id > ?2 \
             AND status IN ('approved', 'declined') AND processed_at >= ?3 AND processed_at < ?4 \
             AND product_id = ?6 ORDER BY id LIMIT ?5",
            params![tenant, after, from, until, limit, product],
            read,
        ),
    }
}
