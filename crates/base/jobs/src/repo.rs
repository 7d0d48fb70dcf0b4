use florin_ids::{JobId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Update, Value, params};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::entity::{Job, JobState, Lease};

const COLUMNS: &str = "tenant_id, id, kind, ordering_key, sequence, payload, state, due_at, \
     attempts, last_error";

const INSERT: Insert = Insert {
    table: "job",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("kind", Type::Text),
        ("idempotency_key", Type::Text),
        ("ordering_key", Type::Text),
        ("sequence", Type::Int),
        ("payload", Type::Text),
        ("state", Type::Int),
        ("run_at", Type::Int),
        ("due_at", Type::Int),
        ("attempts", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, kind, idempotency_key) DO NOTHING",
};

const CLAIM: Update = Update {
    table: "job",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[("state", Type::Int), ("due_at", Type::Int), ("attempts", Type::Int)],
    add: &[],
};

const PUT_OFF: Update = Update {
    table: "job",
    keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
    set: &[("due_at", Type::Int)],
    add: &[],
};

pub(crate) fn insert(tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<u64, StorageError> {
    tx.insert_many(&INSERT, rows)
}

/// Jobs of these kinds that are ready and due, or whose lease has run out; locked, and without the
/// ones that another claimer holds locked.
pub(crate) fn due(
    tx: &mut Tx,
    kinds: Vec<String>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Job>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM job WHERE state < 2 AND due_at <= ?1 AND kind = ANY(?2) \
         ORDER BY due_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED"
    );
    tx.query(&sql, params![now, Value::Texts(kinds), limit as i64], read)
}

/// The first unfinished job of those that share an ordering key, and when it is due. A statement of
/// its own after the rows are locked: on PostgreSQL it sees what was committed until then.
pub(crate) fn head(
    tx: &mut Tx,
    tenant: TenantId,
    ordering_key: &str,
) -> Result<Option<(JobId, Timestamp)>, StorageError> {
    tx.query_opt(
        "SELECT id, due_at FROM job WHERE tenant_id = ?1 AND ordering_key = ?2 AND state < 2 \
         ORDER BY sequence, id LIMIT 1",
        params![tenant, ordering_key],
        |row| Ok((row.get("id")?, row.get("due_at")?)),
    )
}

pub(crate) fn claim(tx: &mut Tx, jobs: &[Job]) -> Result<u64, StorageError> {
    let rows = jobs.iter().map(|job| {
        vec![
            Value::from(job.tenant),
            Value::from(job.id),
            Value::from(job.state.code()),
            Value::from(job.due_at),
            Value::from(i64::from(job.attempts)),
        ]
    });
    tx.update_many(&CLAIM, rows.collect::<Vec<_>>())
}

pub(crate) fn put_off(tx: &mut Tx, jobs: &[(Job, Timestamp)]) -> Result<u64, StorageError> {
    let rows = jobs.iter().map(|(job, until)| {
        vec![Value::from(job.tenant), Value::from(job.id), Value::from(*until)]
    });
    tx.update_many(&PUT_OFF, rows.collect::<Vec<_>>())
}

/// Ends a lease in one of the three ways; 0 rows when the lease is void.
pub(crate) fn settle(
    tx: &mut Tx,
    lease: Lease,
    state: JobState,
    due_at: Timestamp,
    error: Option<&str>,
    finished_at: Option<Timestamp>,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE job SET state = ?4, run_at = ?5, due_at = ?5, last_error = ?6, finished_at = ?7 \
         WHERE tenant_id = ?1 AND id = ?2 AND attempts = ?3 AND state = 1",
        params![
            lease.tenant,
            lease.id,
            i64::from(lease.attempts),
            state.code(),
            due_at,
            error,
            finished_at
        ],
    )
}

/// Makes the next ready job behind a finished one due at once, or at its own time. It touches the
/// row even when that changes nothing: a claimer may hold the row and be about to put it off, and
/// this must come after.
pub(crate) fn call_up_next(
    tx: &mut Tx,
    tenant: TenantId,
    id: JobId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE job SET due_at = CASE WHEN run_at > ?3 THEN run_at ELSE ?3 END WHERE tenant_id = ?1 AND id = \
         (SELECT n.id FROM job AS n \
          WHERE n.tenant_id = ?1 AND n.state < 2 AND n.ordering_key = \
          (SELECT f.ordering_key FROM job AS f WHERE f.tenant_id = ?1 AND f.id = ?2) \
          ORDER BY n.sequence, n.id LIMIT 1) \
         AND state = 0",
        params![tenant, id, now],
    )
}

pub(crate) fn find(tx: &mut Tx, tenant: TenantId, id: JobId) -> Result<Option<Job>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE tenant_id = ?1 AND id = ?2");
    tx.query_opt(&sql, params![tenant, id], read)
}

/// The oldest jobs that were carried out before a time.
pub(crate) fn finished_before(
    tx: &mut Tx,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(TenantId, JobId)>, StorageError> {
    tx.query(
        "SELECT tenant_id, id FROM job WHERE state = 2 AND finished_at < ?1 \
         ORDER BY finished_at LIMIT ?2",
        params![before, limit],
        |row| Ok((row.get("tenant_id")?, row.get("id")?)),
    )
}

pub(crate) fn delete(tx: &mut Tx, tenant: TenantId, id: JobId) -> Result<u64, StorageError> {
    tx.execute("DELETE FROM job WHERE tenant_id = ?1 AND id = ?2", params![tenant, id])
}

fn read(row: &Row) -> Result<Job, StorageError> {
    let payload: String = row.get("payload")?;
    let attempts: i64 = row.get("attempts")?;
    Ok(Job {
        tenant: row.get("tenant_id")?,
        id: row.get("id")?,
        kind: row.get("kind")?,
        ordering_key: row.get("ordering_key")?,
        sequence: row.get("sequence")?,
        // Written by `insert` from a JSON value; a hand-edited row reaches its handler as null.
        payload: serde_json::from_str(&payload).unwrap_or(Json::Null),
        state: JobState::from_code(row.get("state")?),
        due_at: row.get("due_at")?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        last_error: row.get("last_error")?,
    })
}
