//! SQL of the provider's events.

use florin_ids::{ProviderAccountId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::Timestamp;

use super::entity::{EventState, StoredEvent};

const INSERT: Insert = Insert {
    table: "provider_event",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("account_id", Type::Uuid),
        ("event_id", Type::Text),
        ("created_at", Type::Int),
        ("resource_type", Type::Text),
        ("action", Type::Text),
        ("body", Type::Text),
        ("state", Type::Text),
        ("tries", Type::Int),
        ("received_at", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, account_id, event_id) DO NOTHING",
};

const UPDATE: Update = Update {
    table: "provider_event",
    keys: &[("tenant_id", Type::Uuid), ("account_id", Type::Uuid), ("event_id", Type::Text)],
    set: &[("state", Type::Text)],
    add: &[("tries", Type::Int)],
};

/// Keeps events, each once; answers how many are new.
pub(super) fn insert_many(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    events: &[StoredEvent],
) -> Result<u64, StorageError> {
    let rows = events.iter().map(|event| {
        vec![
            Value::from(tenant),
            Value::from(account),
            Value::from(event.id.as_str()),
            Value::from(event.created_at),
            Value::from(event.resource_type.as_str()),
            Value::from(event.action.as_str()),
            Value::from(event.body.as_str()),
            Value::fixed(EventState::Waiting.as_str()),
            Value::from(0_i64),
            Value::from(event.received_at),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>())
}

/// Which of these events still wait to be dealt with; they are held until the transaction ends.
pub(super) fn lock_waiting(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    ids: Vec<String>,
) -> Result<Vec<String>, StorageError> {
    let sql = "SELECT event_id FROM provider_event WHERE tenant_id = ?1 AND account_id = ?2 AND event_id = ANY(?3) \
         AND state = 'waiting' ORDER BY event_id FOR UPDATE";
    tx.query(sql, params![tenant, account, ids], |row| row.get("event_id"))
}

/// Events that wait to be dealt with: those that were tried least first, and then in the provider's order.
pub(super) fn waiting(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    limit: u32,
) -> Result<Vec<StoredEvent>, StorageError> {
    let sql = "SELECT * FROM provider_event WHERE tenant_id = ?1 AND account_id = ?2 AND state = 'waiting' \
         ORDER BY tries, created_at, event_id LIMIT ?3";
    tx.query(sql, params![tenant, account, limit], read)
}

/// How many events of the account wait.
pub(super) fn count_waiting(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
) -> Result<i64, StorageError> {
    let sql = "SELECT COUNT(*) AS events FROM provider_event WHERE tenant_id = ?1 AND account_id = ?2 \
         AND state = 'waiting'";
    tx.query_one(sql, params![tenant, account], |row| row.get("events"))
}

/// Writes how it went with events; each was tried once more.
pub(super) fn settle(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    settled: &[(String, EventState)],
) -> Result<(), StorageError> {
    let rows = settled.iter().map(|(id, state)| {
        vec![
            Value::from(tenant),
            Value::from(account),
            Value::from(id.as_str()),
            Value::fixed(state.as_str()),
            Value::from(1_i64),
        ]
    });
    tx.update_many(&UPDATE, rows.collect::<Vec<_>>())?;
    Ok(())
}

/// Forgets a bounded number of events that were dealt with and received before a time; answers how many.
pub(crate) fn forget(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    before: Timestamp,
    limit: u32,
) -> Result<u64, StorageError> {
    let old: Vec<String> = tx.query(
        "SELECT event_id FROM provider_event WHERE tenant_id = ?1 AND account_id = ?2 AND state = ANY(?3) \
         AND received_at < ?4 LIMIT ?5",
        params![
            tenant,
            account,
            vec![EventState::Done.as_str().to_owned(), EventState::Ignored.as_str().to_owned()],
            before,
            limit
        ],
        |row| row.get("event_id"),
    )?;
    if old.is_empty() {
        return Ok(0);
    }
    let sql = "DELETE FROM provider_event WHERE tenant_id = ?1 AND account_id = ?2 AND event_id = ANY(?3)";
    tx.execute(sql, params![tenant, account, old])
}

fn read(row: &Row<'_>) -> Result<StoredEvent, StorageError> {
    Ok(StoredEvent {
        id: row.get("event_id")?,
        created_at: row.get("created_at")?,
        resource_type: row.get("resource_type")?,
        action: row.get("action")?,
        body: row.get("body")?,
        tries: row.get("tries")?,
        received_at: row.get("received_at")?,
    })
}
