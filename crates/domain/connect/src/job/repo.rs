//! SQL of jobs.

use florin_ids::{ConnectJobId, MemberId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};

use jiff::Timestamp;

use super::entity::{ConnectJob, JobStatus, JobType, Stage};
use crate::Product;
use crate::codes::{WORD, read_code};

pub(super) fn insert(tx: &mut Tx, job: &ConnectJob) -> Result<(), StorageError> {
    let products: Vec<&str> = job.products.iter().map(|product| product.as_str()).collect();
    tx.execute(
        "INSERT INTO connect_job (tenant_id, id, member_id, user_id, job_type, status, progress, stage, data_ready, \
         is_background, is_for_verification, products, step, answer_by, give_up_at, created_at, started_at, finished_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            job.tenant,
            job.id,
            job.member,
            job.user,
            job.job_type.code(),
            job.status.code(),
            job.progress,
            job.stage.as_str(),
            job.async_account_data_ready,
            job.is_background,
            job.is_for_verification,
            products.join(","),
            job.step,
            job.answer_by,
            job.give_up_at,
            job.created_at,
            job.started_at,
            job.finished_at
        ],
    )?;
    Ok(())
}

/// Writes what of a job changes.
pub(super) fn update(tx: &mut Tx, job: &ConnectJob) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE connect_job SET status = ?3, progress = ?4, stage = ?5, data_ready = ?6, step = ?7, answer_by = ?8, \
         started_at = ?9, finished_at = ?10, give_up_at = ?11 WHERE tenant_id = ?1 AND id = ?2",
        params![
            job.tenant,
            job.id,
            job.status.code(),
            job.progress,
            job.stage.as_str(),
            job.async_account_data_ready,
            job.step,
            job.answer_by,
            job.started_at,
            job.finished_at,
            job.give_up_at
        ],
    )?;
    Ok(())
}

/// Forgets a member's jobs that were finished before a time.
pub(super) fn delete_old(
    tx: &mut Tx,
    tenant: TenantId,
    member: MemberId,
    before: Timestamp,
) -> Result<(), StorageError> {
    let sql =
        "DELETE FROM connect_job WHERE tenant_id = ?1 AND member_id = ?2 AND finished_at < ?3";
    tx.execute(sql, params![tenant, member, before])?;
    Ok(())
}

pub(crate) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectJobId,
) -> Result<Option<ConnectJob>, StorageError> {
    let sql = "SELECT * FROM connect_job WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

fn read(row: &Row<'_>) -> Result<ConnectJob, StorageError> {
    let products: String = row.get("products")?;
    Ok(ConnectJob {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        member: row.get("member_id")?,
        user: row.get("user_id")?,
        job_type: read_code(row, "job_type", JobType::from_code)?,
        status: read_code(row, "status", JobStatus::from_code)?,
        progress: row.get("progress")?,
        stage: row.parse("stage", WORD, Stage::parse)?,
        async_account_data_ready: row.get("data_ready")?,
        is_background: row.get("is_background")?,
        is_for_verification: row.get("is_for_verification")?,
        products: products.split(',').filter_map(Product::parse).collect(),
        step: row.get("step")?,
        give_up_at: row.get("give_up_at")?,
        answer_by: row.get("answer_by")?,
        created_at: row.get("created_at")?,
        started_at: row.get("started_at")?,
        finished_at: row.get("finished_at")?,
    })
}
