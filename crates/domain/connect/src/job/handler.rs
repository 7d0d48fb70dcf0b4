//! The worker's side of jobs.

use florin_ids::ConnectJobId;
use florin_jobs::{Job, JobHandler, Outcome, RetryPolicy, RunFuture};
use jiff::SignedDuration;

use super::JOB;
use crate::error::in_full;
use crate::{Connect, ConnectError};

/// A step that the database or a bug stands against is tried again soon, and then given up in words for the end user.
const POLICY: RetryPolicy = RetryPolicy { delays_seconds: &[1, 3, 10, 30], attempts_max: 6 };
/// Longer than an aggregator is waited for.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// Takes steps with aggregators.
pub(super) struct StepHandler {
    connect: Connect,
}

impl StepHandler {
    pub(super) fn new(connect: Connect) -> Self {
        Self { connect }
    }

    async fn take(&self, job: &Job, id: ConnectJobId, step: u32) -> Result<(), ConnectError> {
        if job.payload.get("expiry").is_some() {
            return self.connect.expire_answer(job.tenant, id, step).await;
        }
        // The last attempts are for the words: whatever happened in those before, the end user does not wait for ever.
        let is_last = job.attempts + 1 >= POLICY.attempts_max;
        self.connect.take_step(job.tenant, id, step, is_last).await
    }
}

impl JobHandler for StepHandler {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let id = job.payload.get("job").and_then(|it| it.as_str()?.parse().ok());
            let step = job.payload.get("step").and_then(|it| u32::try_from(it.as_u64()?).ok());
            let (Some(id), Some(step)) = (id, step) else {
                return Outcome::GiveUp("the job does not say which step".to_owned());
            };
            match self.take(job, id, step).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Retry(in_full(&error)),
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        POLICY
    }

    fn lease(&self) -> SignedDuration {
        LEASE
    }
}
