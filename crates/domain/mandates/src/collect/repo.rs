//! SQL of what has to be told to the provider of payments.

use florin_ids::{MandateId, PaymentId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use jiff::Timestamp;

use super::entity::{Sending, SendingState};
use crate::words::WORD;

const INSERT: Insert = Insert {
    table: "direct_debit_sending",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("payment_id", Type::Uuid),
        ("attempt", Type::Int),
        ("mandate_id", Type::Uuid),
        ("state", Type::Text),
        ("error", Type::Text),
        ("created_at", Type::Int),
        ("updated_at", Type::Int),
    ],
    on_conflict: "",
};

pub(super) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    new: &[(PaymentId, u32, MandateId)],
    at: Timestamp,
) -> Result<(), StorageError> {
    let rows = new.iter().map(|(payment, attempt, mandate)| {
        vec![
            Value::from(tenant),
            Value::from(*payment),
            Value::from(*attempt),
            Value::from(*mandate),
            Value::fixed(SendingState::ToSend.as_str()),
            Value::fixed(""),
            Value::from(at),
            Value::from(at),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// The row of an attempt, held until the transaction ends.
pub(super) fn lock(
    tx: &mut Tx,
    tenant: TenantId,
    payment: PaymentId,
    attempt: u32,
) -> Result<Option<Sending>, StorageError> {
    let sql = "SELECT * FROM direct_debit_sending WHERE tenant_id = ?1 AND payment_id = ?2 AND attempt = ?3 \
         FOR UPDATE";
    tx.query_opt(sql, params![tenant, payment, attempt], read)
}

/// The row of an attempt.
pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    payment: PaymentId,
    attempt: u32,
) -> Result<Option<Sending>, StorageError> {
    let sql = "SELECT * FROM direct_debit_sending WHERE tenant_id = ?1 AND payment_id = ?2 AND attempt = ?3";
    tx.query_opt(sql, params![tenant, payment, attempt], read)
}

pub(super) fn set_state(
    tx: &mut Tx,
    tenant: TenantId,
    sending: &Sending,
    state: SendingState,
    error: &str,
    at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE direct_debit_sending SET state = ?4, error = ?5, updated_at = ?6 \
         WHERE tenant_id = ?1 AND payment_id = ?2 AND attempt = ?3",
        params![tenant, sending.payment, sending.attempt, state.as_str(), error, at],
    )?;
    Ok(())
}

/// What is still to be told to the provider and has lain for some time, in the order of the payments: a page after
/// `after`.
pub(super) fn to_do(
    tx: &mut Tx,
    tenant: TenantId,
    untouched_since: Timestamp,
    after: Option<PaymentId>,
    limit: u32,
) -> Result<Vec<Sending>, StorageError> {
    let after = after.map_or(uuid::Uuid::nil(), PaymentId::uuid);
    let sql = "SELECT * FROM direct_debit_sending WHERE tenant_id = ?1 AND state = ANY(?2) AND payment_id > ?3 \
         AND updated_at <= ?4 ORDER BY payment_id, attempt LIMIT ?5";
    tx.query(sql, params![tenant, open_states(), after, untouched_since, limit], read)
}

fn open_states() -> Vec<String> {
    let open = SendingState::ALL.iter().filter(|state| state.is_open());
    open.map(|state| state.as_str().to_owned()).collect()
}

/// Of these payments, those with something that is still to be told.
pub(crate) fn unsent_of(
    tx: &mut Tx,
    tenant: TenantId,
    payments: Vec<uuid::Uuid>,
) -> Result<Vec<PaymentId>, StorageError> {
    let sql = "SELECT payment_id FROM direct_debit_sending WHERE tenant_id = ?1 AND payment_id = ANY(?2) \
         AND state = ANY(?3)";
    tx.query(sql, params![tenant, payments, open_states()], |row| row.get("payment_id"))
}

fn read(row: &Row<'_>) -> Result<Sending, StorageError> {
    Ok(Sending {
        payment: row.get("payment_id")?,
        attempt: row.get("attempt")?,
        mandate: row.get("mandate_id")?,
        state: row.parse("state", WORD, SendingState::parse)?,
    })
}
