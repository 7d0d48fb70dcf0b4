//! Carries jobs out: claims what is due, runs the handlers side by side, says how each went.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use florin_calendar::{Clock, monotonic};
use florin_storage::Db;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::entity::Job;
use crate::{JobsError, RetryPolicy, queue};

/// How an attempt went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Carried out.
    Done,
    /// Not this time: try again as the handler's [`RetryPolicy`] says, unless that was the last.
    Retry(String),
    /// Never: trying again would not help.
    GiveUp(String),
}

/// What [`JobHandler::run`] answers.
pub type RunFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Carries out the jobs of one kind. An attempt may be repeated after a crash, so it must be safe
/// to repeat.
pub trait JobHandler: Send + Sync {
    /// The jobs' kind.
    fn kind(&self) -> &'static str;

    /// One attempt at the job.
    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a>;

    /// When to try again.
    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy::STANDARD
    }

    /// How long an attempt may take before another node may begin one.
    fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(60)
    }
}

/// Limits of a worker.
#[derive(Clone, Copy, Debug)]
pub struct WorkerOptions {
    /// Attempts under way at a time.
    pub concurrency: usize,
    /// How often to look for due jobs when nobody calls.
    pub poll: Duration,
    /// How long to wait for attempts under way at shutdown; their leases cover the rest.
    pub drain: Duration,
    /// How long a carried-out job is remembered, and with it its idempotency key.
    pub keep_finished: SignedDuration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        WorkerOptions {
            concurrency: 16,
            poll: Duration::from_millis(250),
            drain: Duration::from_secs(20),
            keep_finished: SignedDuration::from_hours(7 * 24),
        }
    }
}

/// How often old jobs are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A worker that is running. Dropping it stops it without waiting.
pub struct WorkerHandle {
    wake: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl WorkerHandle {
    /// Whoever leaves work behind may call after its commit, and need not: the worker polls.
    pub fn waker(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Claims nothing more, and waits for the attempts under way.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the job worker had stopped before its time");
        }
    }
}

/// Claims and runs jobs until it is told to stop.
pub struct Worker {
    db: Db,
    clock: Arc<dyn Clock>,
    handlers: HashMap<&'static str, Arc<dyn JobHandler>>,
    kinds: Vec<(&'static str, SignedDuration)>,
    options: WorkerOptions,
    wake: Arc<Notify>,
}

impl Worker {
    /// Starts a worker on the current tokio runtime. One handler a kind; jobs of other kinds are
    /// left to other workers.
    pub fn start(
        db: Db,
        clock: Arc<dyn Clock>,
        handlers: Vec<Arc<dyn JobHandler>>,
        options: WorkerOptions,
    ) -> WorkerHandle {
        let wake = Arc::new(Notify::new());
        let (stop, stopped) = watch::channel(false);
        let worker = Worker {
            db,
            clock,
            kinds: handlers.iter().map(|h| (h.kind(), h.lease())).collect(),
            handlers: handlers.into_iter().map(|h| (h.kind(), h)).collect(),
            options,
            wake: Arc::clone(&wake),
        };
        let task = tokio::spawn(worker.run(stopped));
        WorkerHandle { wake, stop, task }
    }

    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let worker = Arc::new(self);
        let mut running = JoinSet::new();
        let mut forgotten_at = monotonic();
        loop {
            while running.try_join_next().is_some() {}
            let claimed = worker.claim_and_spawn(&mut running).await;
            if monotonic().duration_since(forgotten_at) > FORGET_EVERY {
                forgotten_at = monotonic();
                worker.forget_finished().await;
            }
            let pause = match claimed {
                // There may be more behind what was just claimed.
                Ok(claimed) if claimed > 0 && running.len() < worker.options.concurrency => {
                    Duration::ZERO
                }
                Ok(_) => worker.options.poll,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "cannot claim jobs");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                // An error means that the handle was dropped, which also says stop.
                _ = stopped.wait_for(|stop| *stop) => break,
                () = worker.wake.notified() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let drained = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(worker.options.drain, drained).await.is_err() {
            tracing::warn!("jobs still under way at shutdown will be run again after their lease");
        }
    }

    /// Fills the free places; answers how many jobs were started.
    async fn claim_and_spawn(
        self: &Arc<Self>,
        running: &mut JoinSet<()>,
    ) -> Result<usize, JobsError> {
        let free = self.options.concurrency.saturating_sub(running.len());
        if free == 0 {
            return Ok(0);
        }
        let jobs = queue::claim(&self.db, &self.kinds, free, self.clock.now()).await?;
        let claimed = jobs.len();
        for job in jobs {
            let worker = Arc::clone(self);
            running.spawn(async move { worker.attempt(job).await });
        }
        Ok(claimed)
    }

    async fn attempt(&self, job: Job) {
        let Some(handler) = self.handlers.get(job.kind.as_str()).map(Arc::clone) else {
            return; // Only kinds with a handler are claimed.
        };
        let policy = handler.retry_policy();
        let job = Arc::new(job);
        let task = {
            let job = Arc::clone(&job);
            // A task of its own, so that a panic ends the attempt and not the worker.
            tokio::spawn(async move { handler.run(&job).await })
        };
        let outcome = match task.await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Retry(format!("the handler stopped: {error}")),
        };
        let label = match &outcome {
            Outcome::Done => "done",
            Outcome::Retry(_) if policy.is_last(job.attempts) => "dead",
            Outcome::Retry(_) => "retry",
            Outcome::GiveUp(_) => "dead",
        };
        metrics::counter!("florin_job_attempts_total", "kind" => job.kind.clone(), "outcome" => label)
            .increment(1);
        match self.settle(&job, outcome, policy).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                job = %job.id, kind = job.kind,
                "the attempt took longer than its lease; another one counts"
            ),
            // The lease will run out and the job be run again.
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error, job = %job.id,
                "cannot record how a job went"
            ),
        }
    }

    async fn settle(
        &self,
        job: &Job,
        outcome: Outcome,
        policy: RetryPolicy,
    ) -> Result<bool, JobsError> {
        let now = self.clock.now();
        match outcome {
            Outcome::Done => queue::finish(&self.db, job.lease(), now).await,
            Outcome::Retry(error) if !policy.is_last(job.attempts) => {
                let run_at = next_attempt_at(policy, job, now);
                queue::retry_later(&self.db, job.lease(), &error, run_at).await
            }
            Outcome::Retry(error) | Outcome::GiveUp(error) => {
                tracing::warn!(job = %job.id, kind = job.kind, error, "a job is given up");
                queue::fail(&self.db, job.lease(), &error, now).await
            }
        }
    }

    async fn forget_finished(&self) {
        let Ok(before) = self.clock.now().checked_sub(self.options.keep_finished) else {
            return;
        };
        match queue::forget_finished(&self.db, before).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot forget finished jobs"
            ),
        }
    }
}

fn next_attempt_at(policy: RetryPolicy, job: &Job, now: Timestamp) -> Timestamp {
    now.saturating_add(policy.delay(job.id, job.attempts)).unwrap_or(now)
}
