//! SQL of collections: settings, and failed collections that will be tried again.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{EndUserId, LoanId, TenantId, TransactionId};
use florin_storage::{Row, StorageError, Tx, params};

use super::settings::{CollectionSettings, Payouts};
use crate::column;

pub(super) fn settings(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Option<CollectionSettings>, StorageError> {
    tx.query_opt(
        "SELECT collection_attempts, collection_retry_days, payouts FROM lending_settings WHERE tenant_id = ?1",
        params![tenant],
        read_settings,
    )
}

fn read_settings(row: &Row<'_>) -> Result<CollectionSettings, StorageError> {
    Ok(CollectionSettings {
        attempts: row.get("collection_attempts")?,
        retry_days: row.get("collection_retry_days")?,
        payouts: column::word(row, "payouts", Payouts::parse)?,
    })
}

pub(super) fn save_settings(
    tx: &mut Tx,
    tenant: TenantId,
    settings: &CollectionSettings,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO lending_settings (tenant_id, collection_attempts, collection_retry_days, payouts) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (tenant_id) DO UPDATE SET collection_attempts = excluded.collection_attempts, \
         collection_retry_days = excluded.collection_retry_days, payouts = excluded.payouts",
        params![tenant, settings.attempts, settings.retry_days, settings.payouts.as_str()],
    )?;
    Ok(())
}

/// A failed collection that is to be tried again.
pub(super) struct Retry {
    pub on: Date,
    pub transaction: TransactionId,
}

pub(super) fn insert_retry(
    tx: &mut Tx,
    tenant: TenantId,
    loan: LoanId,
    retry: &Retry,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO loan_collection_retry (tenant_id, retry_on, transaction_id, loan_id) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (tenant_id, retry_on, transaction_id) DO NOTHING",
        params![tenant, retry.on, retry.transaction, loan],
    )?;
    Ok(())
}

/// The oldest retries whose day has come.
pub(super) fn retries_by(
    tx: &mut Tx,
    tenant: TenantId,
    date: Date,
    limit: u32,
) -> Result<Vec<Retry>, StorageError> {
    tx.query(
        "SELECT retry_on, transaction_id FROM loan_collection_retry WHERE tenant_id = ?1 AND retry_on <= ?2 \
         ORDER BY retry_on, transaction_id LIMIT ?3",
        params![tenant, date, limit],
        |row| Ok(Retry { on: row.get("retry_on")?, transaction: row.get("transaction_id")? }),
    )
}

pub(super) fn delete_retry(
    tx: &mut Tx,
    tenant: TenantId,
    retry: &Retry,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM loan_collection_retry WHERE tenant_id = ?1 AND retry_on = ?2 AND transaction_id = ?3",
        params![tenant, retry.on, retry.transaction],
    )?;
    Ok(())
}

/// Forgets what was to be tried again of these loans.
pub(super) fn delete_retries_of(
    tx: &mut Tx,
    tenant: TenantId,
    loans: Vec<Uuid>,
) -> Result<(), StorageError> {
    tx.execute(
        "DELETE FROM loan_collection_retry WHERE tenant_id = ?1 AND loan_id = ANY(?2)",
        params![tenant, loans],
    )?;
    Ok(())
}

/// The names of end users, as a bank would want them.
pub(super) fn names(
    tx: &mut Tx,
    tenant: TenantId,
    end_users: Vec<Uuid>,
) -> Result<HashMap<EndUserId, String>, StorageError> {
    let found = tx.query_keys(
        "SELECT id, first_name, last_name, company_name FROM end_user WHERE tenant_id = ?1 AND id = ANY(?2)",
        params![tenant, end_users],
        |row| {
            let (first, last, company): (String, String, String) =
                (row.get("first_name")?, row.get("last_name")?, row.get("company_name")?);
            let person = format!("{first} {last}");
            let name = if person.trim().is_empty() { company } else { person };
            Ok((row.get("id")?, name.trim().to_owned()))
        },
    )?;
    Ok(found.into_iter().collect())
}
