use florin_ids::TenantId;
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use serde_json::Value as Json;

use super::Event;

const COLUMNS: &str = "seq, id, kind, resource, occurred_at, data";

const INSERT: Insert = Insert {
    table: "event",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("seq", Type::Int),
        ("id", Type::Uuid),
        ("kind", Type::Text),
        ("resource", Type::Text),
        ("occurred_at", Type::Int),
        ("data", Type::Text),
    ],
    on_conflict: "",
};

/// Takes the next `count` numbers and answers the last of them.
pub(super) fn take_numbers(tx: &mut Tx, tenant: TenantId, count: i64) -> Result<i64, StorageError> {
    tx.query_one(
        "INSERT INTO event_counter (tenant_id, last_seq) VALUES (?1, ?2) \
         ON CONFLICT (tenant_id) DO UPDATE \
         SET last_seq = event_counter.last_seq + excluded.last_seq RETURNING last_seq",
        params![tenant, count],
        |row| row.get("last_seq"),
    )
}

pub(super) fn insert(tx: &mut Tx, tenant: TenantId, events: &[Event]) -> Result<u64, StorageError> {
    let rows = events.iter().map(|event| {
        vec![
            Value::from(tenant),
            Value::from(event.seq),
            Value::from(event.id),
            Value::from(event.kind.as_str()),
            Value::from(event.resource.as_str()),
            Value::from(event.occurred_at),
            Value::from(event.data.to_string()),
        ]
    });
    tx.insert_many(&INSERT, rows)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    after: i64,
    kind: Option<&str>,
    limit: u32,
) -> Result<Vec<Event>, StorageError> {
    match kind {
        Some(kind) => {
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE tenant_id = ?1 AND seq > ?2 AND kind = ?4 \
                 ORDER BY seq LIMIT ?3"
            );
            tx.query(&sql, params![tenant, after, limit, kind], read)
        }
        None => {
            let sql = format!(
                "SELECT {COLUMNS} FROM event WHERE tenant_id = ?1 AND seq > ?2 \
                 ORDER BY seq LIMIT ?3"
            );
            tx.query(&sql, params![tenant, after, limit], read)
        }
    }
}

pub(crate) fn find(tx: &mut Tx, tenant: TenantId, seq: i64) -> Result<Option<Event>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE tenant_id = ?1 AND seq = ?2");
    tx.query_opt(&sql, params![tenant, seq], read)
}

fn read(row: &Row) -> Result<Event, StorageError> {
    Ok(Event {
        seq: row.get("seq")?,
        id: row.get("id")?,
        kind: row.get("kind")?,
        resource: row.get("resource")?,
        occurred_at: row.get("occurred_at")?,
        data: row.parse("data", "JSON", |text| serde_json::from_str::<Json>(text).ok())?,
    })
}
