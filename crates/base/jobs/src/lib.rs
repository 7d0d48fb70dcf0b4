//! Due work: rows that a transaction leaves behind and a worker carries out.
//!
//! A job is written in the transaction that makes it necessary ([`enqueue_in`]), so that work and
//! cause exist together or not at all. Any number of nodes claim what is due; a claim is a *lease*,
//! and a node that dies loses it when it runs out, whereupon the job is claimed again. A job may
//! therefore run more than once, and its handler must be safe to repeat.
//!
//! Jobs with the same ordering key run one after another. One that is claimed while another stands
//! in front of it is put off until that one's due time, and called up as soon as it is finished; so
//! a long queue behind one slow job costs nothing while it waits.
//!
//! Times are real times: a simulated business clock moves dates, not retries.

mod backoff;
mod entity;
mod error;
mod queue;
mod repo;
mod worker;

pub use backoff::RetryPolicy;
pub use entity::{Job, JobState, Lease, NewJob};
pub use error::JobsError;
pub use queue::{claim, claim_in, enqueue_in, fail, finish, forget_finished, get_in, retry_later};
pub use worker::{JobHandler, Outcome, RunFuture, Worker, WorkerHandle, WorkerOptions};

use florin_storage::MigrationSet;

/// The table of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "jobs",
    files: &[("0001_jobs.sql", include_str!("../migrations/0001_jobs.sql"))],
};
