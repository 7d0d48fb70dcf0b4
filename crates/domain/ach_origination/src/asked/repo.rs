//! SQL of requests under a key.

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx, params};
use jiff::Timestamp;

/// Takes a key; false when it was taken before. Whoever takes it at the same time waits for how it ends.
pub(super) fn insert(
    tx: &mut Tx,
    (tenant, key): (TenantId, &str),
    asked: &str,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let touched = tx.execute(
        "INSERT INTO ach_request (tenant_id, unique_key, asked, answer, created_at) VALUES (?1, ?2, ?3, '', ?4) \
         ON CONFLICT (tenant_id, unique_key) DO NOTHING",
        params![tenant, key, asked, at],
    )?;
    Ok(touched == 1)
}

/// What was asked for under a key, and what was answered.
pub(super) fn get(
    tx: &mut Tx,
    (tenant, key): (TenantId, &str),
) -> Result<(String, String), StorageError> {
    tx.query_one(
        "SELECT asked, answer FROM ach_request WHERE tenant_id = ?1 AND unique_key = ?2",
        params![tenant, key],
        |row| Ok((row.get("asked")?, row.get("answer")?)),
    )
}

pub(super) fn set_answer(
    tx: &mut Tx,
    (tenant, key): (TenantId, &str),
    answer: &str,
) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE ach_request SET answer = ?3 WHERE tenant_id = ?1 AND unique_key = ?2",
        params![tenant, key, answer],
    )?;
    Ok(())
}
