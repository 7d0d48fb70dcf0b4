//! A batch queue in front of a hot path: many is the primitive, one is a batch of one.
//!
//! What waiting callers ask for collects per shard. The first request of an idle shard schedules
//! one drain on the database; when the drain's turn comes it takes everything that has collected
//! and runs it as one transaction, with one bulk statement per table instead of one per caller.
//!
//! 1. [`BatchQueue::submit`] puts the request into its shard and schedules a drain if none is.
//! 2. The drain takes up to `max_batch` requests, runs `run` once over them and commits.
//! 3. The next drain of the shard is scheduled if more has collected meanwhile, and each caller
//!    gets its answer. Requests of one shard never run at the same time.
//! 4. If `run` failed or panicked over several requests, nothing of them was written; each then
//!    runs alone, so that one bad request cannot fail the others and every caller gets the error
//!    that is its own. If the commit itself failed, all of them get that error.
//!
//! On SQLite there is one writer, so there is one shard.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use crate::db::{Db, Engine};
use crate::error::StorageError;
use crate::tx::Tx;
use crate::work::{Ended, Mode, Work, lock};

/// Collects what waiting callers ask for and runs it in batches.
///
/// A request that can be refused for itself should answer so in its `Resp`; an `Err` of `run`
/// fails the whole batch and costs a run per request.
pub struct BatchQueue<Req, Resp, E> {
    db: Db,
    shards: Vec<Arc<Shard<Req, Resp, E>>>,
}

/// Most requests that may wait in one shard; beyond it callers get [`StorageError::Overloaded`].
const COLLECTED_MOST: usize = 65_536;

type Run<Req, Resp, E> = Arc<dyn Fn(&mut Tx, &[Req]) -> Result<Vec<Resp>, E> + Send + Sync>;
type Caller<Resp, E> = oneshot::Sender<Result<Resp, E>>;

struct Shard<Req, Resp, E> {
    collected: Mutex<Collected<Req, Resp, E>>,
    run: Run<Req, Resp, E>,
    max_batch: usize,
}

struct Collected<Req, Resp, E> {
    requests: Vec<Req>,
    /// Side by side with `requests`.
    callers: Vec<Caller<Resp, E>>,
    /// Whether a drain is queued or under way.
    scheduled: bool,
}

impl<Req, Resp, E> BatchQueue<Req, Resp, E>
where
    Req: Send + 'static,
    Resp: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    /// A queue over `run`, which answers one `Resp` per request, in their order.
    ///
    /// `shards` (at least 1) says how many batches may run at the same time on PostgreSQL;
    /// `max_batch` (at least 1) how many requests share one transaction. `run` may run more than
    /// once over the same requests, each time in a fresh transaction.
    pub fn new(
        db: Db,
        shards: usize,
        max_batch: usize,
        run: impl Fn(&mut Tx, &[Req]) -> Result<Vec<Resp>, E> + Send + Sync + 'static,
    ) -> Self {
        let run: Run<Req, Resp, E> = Arc::new(run);
        let count = match db.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => shards.max(1),
        };
        let shard = || {
            Arc::new(Shard {
                collected: Mutex::new(Collected {
                    requests: Vec::new(),
                    callers: Vec::new(),
                    scheduled: false,
                }),
                run: Arc::clone(&run),
                max_batch: max_batch.max(1),
            })
        };
        BatchQueue { db, shards: (0..count).map(|_| shard()).collect() }
    }

    /// Runs the request with others and answers when it is durable.
    ///
    /// Requests with the same `shard_key` never run at the same time, so rows that one key
    /// stands for are never fought over. Dropping the future does not stop the write.
    pub async fn submit(&self, shard_key: u64, request: Req) -> Result<Resp, E> {
        let (caller, answer) = oneshot::channel();
        let shard = &self.shards[self.shard_of(shard_key)];
        if shard.collect(request, caller)? {
            self.db.submit_write(Drain::boxed(Arc::clone(shard)));
        }
        answer.await.unwrap_or_else(|_| Err(StorageError::Closed.into()))
    }

    /// Keys are spread by multiplication (Fibonacci hashing), since ids made in one go differ in
    /// few bits.
    fn shard_of(&self, key: u64) -> usize {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(mixed).unwrap_or(0) % self.shards.len()
    }
}

impl<Req, Resp, E> Shard<Req, Resp, E> {
    /// Whether the caller has to schedule a drain.
    fn collect(&self, request: Req, caller: Caller<Resp, E>) -> Result<bool, StorageError> {
        let mut collected = lock(&self.collected);
        if collected.requests.len() >= COLLECTED_MOST {
            return Err(StorageError::Overloaded { limit: COLLECTED_MOST });
        }
        collected.requests.push(request);
        collected.callers.push(caller);
        Ok(!std::mem::replace(&mut collected.scheduled, true))
    }

    fn take(&self) -> (Vec<Req>, Vec<Caller<Resp, E>>) {
        let mut collected = lock(&self.collected);
        if collected.requests.len() <= self.max_batch {
            return (
                std::mem::take(&mut collected.requests),
                std::mem::take(&mut collected.callers),
            );
        }
        (
            collected.requests.drain(..self.max_batch).collect(),
            collected.callers.drain(..self.max_batch).collect(),
        )
    }

    /// Ends a drain; whether another is due.
    fn drained(&self) -> bool {
        let mut collected = lock(&self.collected);
        collected.scheduled = !collected.requests.is_empty();
        collected.scheduled
    }
}

/// One drain of a shard; after a failed batch, the requests one by one.
struct Drain<Req, Resp, E> {
    shard: Arc<Shard<Req, Resp, E>>,
    requests: Vec<Req>,
    callers: Vec<Caller<Resp, E>>,
    outcome: Option<Result<Vec<Resp>, E>>,
    /// Requests of a failed batch that still wait for their turn alone.
    alone: Vec<(Req, Caller<Resp, E>)>,
}

impl<Req, Resp, E> Drain<Req, Resp, E>
where
    Req: Send + 'static,
    Resp: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    fn boxed(shard: Arc<Shard<Req, Resp, E>>) -> Box<dyn Work> {
        Box::new(Drain {
            shard,
            requests: Vec::new(),
            callers: Vec::new(),
            outcome: None,
            alone: Vec::new(),
        })
    }

    /// Splits a failed batch: the next run takes one request, in the order they came.
    fn replay(mut self: Box<Self>) -> Vec<Box<dyn Work>> {
        let requests = std::mem::take(&mut self.requests);
        let callers = std::mem::take(&mut self.callers);
        self.alone = requests.into_iter().zip(callers).rev().collect();
        self.outcome = None;
        self.next_alone();
        vec![self]
    }

    fn next_alone(&mut self) -> bool {
        self.outcome = None;
        match self.alone.pop() {
            Some((request, caller)) => {
                self.requests = vec![request];
                self.callers = vec![caller];
                true
            }
            None => false,
        }
    }

    fn answer(&mut self, ended: Ended) {
        let callers = std::mem::take(&mut self.callers);
        self.requests.clear();
        match (ended, self.outcome.take()) {
            (Ended::AsAsked, Some(Ok(answers))) => {
                for (caller, answer) in callers.into_iter().zip(answers) {
                    // A caller that went away does not matter: its write has happened.
                    drop(caller.send(Ok(answer)));
                }
            }
            // Only a batch of one gets here with its own error: larger ones are replayed.
            (Ended::AsAsked, Some(Err(error))) => {
                if let Some(caller) = callers.into_iter().next() {
                    drop(caller.send(Err(error)));
                }
            }
            (Ended::AsAsked, None) => answer_all(callers, &StorageError::Closed),
            (Ended::Failed(error), _) => answer_all(callers, &error),
        }
    }
}

fn answer_all<Resp, E: From<StorageError>>(callers: Vec<Caller<Resp, E>>, error: &StorageError) {
    for caller in callers {
        drop(caller.send(Err(error.clone().into())));
    }
}

impl<Req, Resp, E> Work for Drain<Req, Resp, E>
where
    Req: Send + 'static,
    Resp: Send + 'static,
    E: From<StorageError> + Send + 'static,
{
    fn mode(&self) -> Mode {
        Mode::Write
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        // A run after the first sees the same requests.
        if self.requests.is_empty() {
            (self.requests, self.callers) = self.shard.take();
            metrics::histogram!("florin_storage_batch_size").record(self.requests.len() as f64);
        }
        self.outcome = None;
        let outcome = (self.shard.run)(tx, &self.requests).and_then(|answers| {
            if answers.len() == self.requests.len() {
                return Ok(answers);
            }
            Err(StorageError::bad_query("a batch answered more or fewer than it was asked").into())
        });
        let commit = outcome.is_ok();
        self.outcome = Some(outcome);
        commit
    }

    fn finish(mut self: Box<Self>, ended: Ended) -> Vec<Box<dyn Work>> {
        let refused =
            matches!(&ended, Ended::Failed(StorageError::Closed | StorageError::Overloaded { .. }));
        if refused && self.requests.is_empty() {
            // The drain never ran: nothing else will answer those who wait for it.
            (self.requests, self.callers) = self.shard.take();
        }
        let failed_by_run = match &ended {
            Ended::AsAsked => matches!(self.outcome, Some(Err(_))),
            Ended::Failed(StorageError::Panicked { .. } | StorageError::Aborted) => true,
            Ended::Failed(_) => false,
        };
        if failed_by_run && self.requests.len() > 1 {
            return self.replay();
        }
        self.answer(ended);
        if self.next_alone() {
            return vec![self];
        }
        if self.shard.drained() {
            return vec![Drain::boxed(Arc::clone(&self.shard))];
        }
        Vec::new()
    }
}
