use florin_ids::{JobId, TenantId};
use jiff::Timestamp;
use serde_json::Value as Json;

/// Work to be done once, at or after a time.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Whose work it is.
    pub tenant: TenantId,
    /// Which handler carries it out.
    pub kind: &'static str,
    /// Names the work within tenant and kind: a second job with the same key is not written.
    pub idempotency_key: String,
    /// Jobs of a tenant that share it run one after another. `None`: in any order.
    pub ordering_key: Option<String>,
    /// The place among jobs with the same ordering key; equal ones run in order of creation.
    ///
    /// The order holds among jobs that are committed: who needs it across nodes takes the sequence
    /// from a row that it holds locked until it commits.
    pub sequence: i64,
    /// What the handler needs to know; small.
    pub payload: Json,
    /// Not before this (real time). `None`: at once.
    pub run_at: Option<Timestamp>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its time, or for a job in front of it.
    Ready,
    /// Someone holds a lease on it.
    Running,
    /// Carried out.
    Done,
    /// Given up after its last attempt.
    Dead,
}

impl JobState {
    pub(crate) fn code(self) -> i64 {
        match self {
            JobState::Ready => 0,
            JobState::Running => 1,
            JobState::Done => 2,
            JobState::Dead => 3,
        }
    }

    pub(crate) fn from_code(code: i64) -> Self {
        match code {
            0 => JobState::Ready,
            1 => JobState::Running,
            2 => JobState::Done,
            _ => JobState::Dead,
        }
    }

    /// The name for people and APIs.
    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Ready => "ready",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Dead => "dead",
        }
    }
}

/// A stored job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Whose work it is.
    pub tenant: TenantId,
    /// UUID v7.
    pub id: JobId,
    /// Which handler carries it out.
    pub kind: String,
    /// See [`NewJob::ordering_key`].
    pub ordering_key: Option<String>,
    /// See [`NewJob::sequence`].
    pub sequence: i64,
    /// See [`NewJob::payload`].
    pub payload: Json,
    /// Where it stands.
    pub state: JobState,
    /// When it may next be claimed; while it runs, the end of the lease.
    pub due_at: Timestamp,
    /// How often it was started, this time included.
    pub attempts: u32,
    /// What the last attempt failed of.
    pub last_error: Option<String>,
}

impl Job {
    /// What shows that this claim is still the valid one.
    pub fn lease(&self) -> Lease {
        Lease { tenant: self.tenant, id: self.id, attempts: self.attempts }
    }
}

/// The right to say how a job went. It is void once the job has been claimed by someone else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub(crate) tenant: TenantId,
    pub(crate) id: JobId,
    pub(crate) attempts: u32,
}
