//! The jobs of collections.

use florin_ids::PaymentId;
use florin_jobs::{Job, JobHandler, Outcome, RetryPolicy, RunFuture};
use jiff::SignedDuration;

use super::send::Sent;
use super::{CANCEL_JOB, SEND_JOB};
use crate::error::in_full;
use crate::{Collector, MandatesError};

/// Quickly at first, then hourly for two weeks: money that is owed does not go unasked for because of an outage.
const POLICY: RetryPolicy =
    RetryPolicy { delays_seconds: &[2, 10, 60, 300, 900, 3600], attempts_max: 340 };
/// A request with its repetitions, twice.
const LEASE: SignedDuration = SignedDuration::from_secs(240);

/// Carries out the jobs that tell the provider of payments.
pub struct CollectHandler {
    collector: Collector,
}

/// Carries out the jobs that take payments back at the provider.
pub struct CancelHandler {
    collector: Collector,
}

impl CollectHandler {
    /// A handler for the payments of this collector.
    pub fn new(collector: Collector) -> Self {
        Self { collector }
    }
}

impl CancelHandler {
    /// A handler for the payments of this collector.
    pub fn new(collector: Collector) -> Self {
        Self { collector }
    }
}

fn subject(job: &Job) -> Option<(PaymentId, u32)> {
    let payment = job.payload.get("payment")?.as_str()?.parse().ok()?;
    Some((payment, u32::try_from(job.payload.get("attempt")?.as_u64()?).ok()?))
}

fn outcome(sent: Result<Sent, MandatesError>) -> Outcome {
    match sent {
        Ok(_) => Outcome::Done,
        Err(error) => Outcome::Retry(in_full(&error)),
    }
}

impl JobHandler for CollectHandler {
    fn kind(&self) -> &'static str {
        SEND_JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match subject(job) {
                Some((payment, attempt)) => {
                    outcome(self.collector.send(job.tenant, payment, attempt).await)
                }
                None => Outcome::GiveUp("the job does not say which payment".to_owned()),
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

impl JobHandler for CancelHandler {
    fn kind(&self) -> &'static str {
        CANCEL_JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match subject(job) {
                Some((payment, attempt)) => {
                    outcome(self.collector.recall(job.tenant, payment, attempt).await)
                }
                None => Outcome::GiveUp("the job does not say which payment".to_owned()),
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
