//! The operations on the queue. Each of them is one transaction, or joins the caller's (`_in`).

use std::collections::HashMap;

use florin_ids::{JobId, TenantId};
use florin_storage::{Db, Tx, Value};
use jiff::{SignedDuration, Timestamp};

use crate::entity::{Job, JobState, Lease, NewJob};
use crate::{JobsError, repo};

/// An error text longer than this is cut.
const ERROR_CHARS_MAX: usize = 500;
/// A job behind another is looked at again no sooner than this.
const PUT_OFF_AT_LEAST: SignedDuration = SignedDuration::from_secs(1);
/// Candidates looked at for each job wanted: most of the rest stand behind another.
const CANDIDATES_PER_JOB: usize = 4;
/// Candidates looked at together, at least.
const WINDOW_LEAST: usize = 100;
/// Windows of candidates looked through in one claim.
const WINDOWS_MAX: usize = 32;
/// Due on any clock.
const AT_ONCE: Timestamp = Timestamp::UNIX_EPOCH;
/// How many finished jobs one transaction forgets.
const FORGET_AT_A_TIME: u32 = 1000;

/// Leaves work behind in the caller's transaction. A job whose (tenant, kind, idempotency key)
/// exists already, finished or not, is not written again. Answers how many were written.
pub fn enqueue_in(tx: &mut Tx, jobs: &[NewJob]) -> Result<u64, JobsError> {
    if jobs.is_empty() {
        return Ok(0);
    }
    let rows = jobs.iter().map(|job| {
        vec![
            Value::from(job.tenant),
            Value::from(JobId::new()),
            Value::from(job.kind),
            Value::from(job.idempotency_key.as_str()),
            Value::from(job.ordering_key.clone()),
            Value::from(job.sequence),
            Value::from(job.payload.to_string()),
            Value::from(JobState::Ready.code()),
            Value::from(job.run_at.unwrap_or(AT_ONCE)),
            Value::from(job.run_at.unwrap_or(AT_ONCE)),
            Value::from(0_i64),
        ]
    });
    Ok(repo::insert(tx, rows.collect())?)
}

/// Claims up to `limit` due jobs of the given kinds, each for its kind's lease. What is claimed
/// belongs to the caller until the lease runs out or it says how the job went.
pub async fn claim(
    db: &Db,
    kinds: &[(&'static str, SignedDuration)],
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Job>, JobsError> {
    let kinds = kinds.to_vec();
    db.write(move |tx| claim_in(tx, &kinds, limit, now)).await
}

/// [`claim`] inside a caller's transaction.
///
/// Two steps, because the first locks rows and the second must see what was committed before they
/// were locked: the due rows; then for each with an ordering key, whether an unfinished job stands
/// in front of it. A job that finishes in between calls up its successor after this transaction,
/// because it waits for the lock on that row.
pub fn claim_in(
    tx: &mut Tx,
    kinds: &[(&'static str, SignedDuration)],
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Job>, JobsError> {
    let names: Vec<String> = kinds.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    let window = limit.saturating_mul(CANDIDATES_PER_JOB).max(WINDOW_LEAST);
    let mut claimed = Vec::new();
    let mut heads = Heads::default();
    for _ in 0..WINDOWS_MAX {
        let candidates = repo::due(tx, names.clone(), now, window)?;
        let is_last = candidates.len() < window;
        claim_window(tx, kinds, candidates, limit, now, &mut heads, &mut claimed)?;
        if is_last || claimed.len() >= limit {
            break;
        }
    }
    Ok(claimed)
}

/// The first unfinished job of each ordering key that was met in a claim, looked up once.
#[derive(Default)]
struct Heads(HashMap<(TenantId, String), Option<(JobId, Timestamp)>>);

impl Heads {
    fn of(
        &mut self,
        tx: &mut Tx,
        tenant: TenantId,
        ordering_key: &str,
    ) -> Result<Option<(JobId, Timestamp)>, JobsError> {
        let lane = (tenant, ordering_key.to_owned());
        if let Some(head) = self.0.get(&lane) {
            return Ok(*head);
        }
        let head = repo::head(tx, tenant, ordering_key)?;
        self.0.insert(lane, head);
        Ok(head)
    }
}

/// Claims from one window of candidates; those behind another job leave the window.
fn claim_window(
    tx: &mut Tx,
    kinds: &[(&'static str, SignedDuration)],
    candidates: Vec<Job>,
    limit: usize,
    now: Timestamp,
    heads: &mut Heads,
    claimed: &mut Vec<Job>,
) -> Result<(), JobsError> {
    let look_again = now.saturating_add(PUT_OFF_AT_LEAST).unwrap_or(now);
    let first_new = claimed.len();
    let mut put_off = Vec::new();
    for mut job in candidates {
        if claimed.len() >= limit {
            break;
        }
        let head = match &job.ordering_key {
            Some(key) => heads.of(tx, job.tenant, key)?,
            None => None,
        };
        if let Some((first, due_at)) = head
            && first != job.id
        {
            put_off.push((job, due_at.max(look_again)));
            continue;
        }
        job.state = JobState::Running;
        job.attempts = job.attempts.saturating_add(1);
        job.due_at = now.saturating_add(lease_of(kinds, &job.kind)).unwrap_or(Timestamp::MAX);
        claimed.push(job);
    }
    repo::claim(tx, &claimed[first_new..])?;
    repo::put_off(tx, &put_off)?;
    Ok(())
}

/// The job was carried out. False when the lease had run out and someone else has the job.
pub async fn finish(db: &Db, lease: Lease, now: Timestamp) -> Result<bool, JobsError> {
    settle_last(db, lease, JobState::Done, None, now).await
}

/// The job is given up. False when the lease had run out and someone else has the job.
pub async fn fail(db: &Db, lease: Lease, error: &str, now: Timestamp) -> Result<bool, JobsError> {
    settle_last(db, lease, JobState::Dead, Some(cut(error)), now).await
}

/// The attempt failed; the job runs again at `run_at`, and those behind it wait. False when the
/// lease had run out and someone else has the job.
pub async fn retry_later(
    db: &Db,
    lease: Lease,
    error: &str,
    run_at: Timestamp,
) -> Result<bool, JobsError> {
    let error = cut(error);
    db.write(move |tx| {
        let rows = repo::settle(tx, lease, JobState::Ready, run_at, Some(&error), None)?;
        Ok(rows == 1)
    })
    .await
}

/// The job with this id.
pub fn get_in(tx: &mut Tx, tenant: TenantId, id: JobId) -> Result<Option<Job>, JobsError> {
    Ok(repo::find(tx, tenant, id)?)
}

/// Forgets jobs that were carried out before a time, a bounded number of them; answers how many.
/// Their idempotency keys are forgotten with them. Dead jobs stay.
pub async fn forget_finished(db: &Db, before: Timestamp) -> Result<usize, JobsError> {
    db.write(move |tx| {
        let old = repo::finished_before(tx, before, FORGET_AT_A_TIME)?;
        for (tenant, id) in &old {
            repo::delete(tx, *tenant, *id)?;
        }
        Ok(old.len())
    })
    .await
}

async fn settle_last(
    db: &Db,
    lease: Lease,
    state: JobState,
    error: Option<String>,
    now: Timestamp,
) -> Result<bool, JobsError> {
    db.write(move |tx| {
        let rows = repo::settle(tx, lease, state, now, error.as_deref(), Some(now))?;
        if rows == 1 {
            repo::call_up_next(tx, lease.tenant, lease.id, now)?;
        }
        Ok(rows == 1)
    })
    .await
}

fn lease_of(kinds: &[(&'static str, SignedDuration)], kind: &str) -> SignedDuration {
    let found = kinds.iter().find(|(name, _)| *name == kind);
    found.map_or(SignedDuration::from_secs(60), |(_, lease)| *lease)
}

fn cut(error: &str) -> String {
    error.chars().take(ERROR_CHARS_MAX).collect()
}
