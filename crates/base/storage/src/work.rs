//! What travels between callers and the threads that own connections.
//!
//! A unit of [`Work`] is run inside a transaction, perhaps more than once, and then told how
//! that transaction ended; only then does its caller get an answer. The same trait carries a
//! plain closure ([`Call`]) and a batch of many callers' requests (`queue.rs`), on both engines.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::error::StorageError;
use crate::tx::Tx;

/// Whether a transaction may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

/// How the transaction around a unit of work ended.
#[derive(Debug, Clone)]
pub(crate) enum Ended {
    /// What the work asked for happened: it is durable, or it was rolled back as it wished.
    AsAsked,
    /// Nothing of it happened (or, for [`StorageError::CommitUnknown`], nobody knows).
    Failed(StorageError),
}

/// One unit of work for a connection's thread.
pub(crate) trait Work: Send {
    fn mode(&self) -> Mode;

    /// Does the work; `true` asks for a commit. Runs again after a serialization failure.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Answers the callers. What it returns is queued even while the database is closing, so
    /// that everything accepted is answered.
    fn finish(self: Box<Self>, ended: Ended) -> Vec<Box<dyn Work>>;
}

/// How one run of a unit of work went, before its commit.
pub(crate) enum Ran {
    Commit,
    Rollback,
    Failed(StorageError),
}

/// Runs the work once, catching a panic, and refuses a commit after a failed statement.
pub(crate) fn run_once(work: &mut dyn Work, tx: &mut Tx) -> Ran {
    tx.start();
    match catch_unwind(AssertUnwindSafe(|| work.run(tx))) {
        Err(panic) => Ran::Failed(panicked(panic.as_ref())),
        Ok(false) => Ran::Rollback,
        Ok(true) if tx.has_failed() => Ran::Failed(StorageError::Aborted),
        Ok(true) => Ran::Commit,
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StorageError {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned());
    tracing::error!(message, "a transaction panicked and was rolled back");
    StorageError::Panicked { message }
}

/// Where an answer goes: to a task that awaits or to a thread that blocks. Two kinds, because a
/// blocking receive on the first would panic inside a runtime (migrations at start do that).
pub(crate) enum Reply<A> {
    Task(oneshot::Sender<A>),
    Thread(mpsc::SyncSender<A>),
}

impl<A> Reply<A> {
    /// A caller that went away does not matter: its write has happened all the same.
    pub(crate) fn send(self, answer: A) {
        match self {
            Reply::Task(sender) => drop(sender.send(answer)),
            Reply::Thread(sender) => drop(sender.send(answer)),
        }
    }
}

/// A caller's closure.
pub(crate) struct Call<T, E, F> {
    pub(crate) mode: Mode,
    pub(crate) f: F,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) reply: Reply<Result<T, E>>,
}

impl<T, E, F> Work for Call<T, E, F>
where
    F: FnMut(&mut Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<StorageError> + Send,
{
    fn mode(&self) -> Mode {
        self.mode
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let result = (self.f)(tx);
        let commit = result.is_ok() && self.mode == Mode::Write;
        self.result = Some(result);
        commit
    }

    fn finish(self: Box<Self>, ended: Ended) -> Vec<Box<dyn Work>> {
        let answer = match (ended, self.result) {
            (Ended::AsAsked, Some(result)) => result,
            (Ended::AsAsked, None) => Err(StorageError::Closed.into()),
            (Ended::Failed(error), _) => Err(error.into()),
        };
        self.reply.send(answer);
        Vec::new()
    }
}

/// Work waiting for a connection's thread.
pub(crate) struct Queue {
    state: Mutex<Waiting>,
    wake: Condvar,
    limit: usize,
}

struct Waiting {
    works: VecDeque<Box<dyn Work>>,
    closing: bool,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Queue {
        Queue {
            state: Mutex::new(Waiting { works: VecDeque::new(), closing: false }),
            wake: Condvar::new(),
            limit,
        }
    }

    /// Queues the work, or answers it at once when the database is closed or overloaded.
    pub(crate) fn push(&self, work: Box<dyn Work>) {
        let refused = {
            let mut state = lock(&self.state);
            if state.closing {
                Some((work, StorageError::Closed))
            } else if state.works.len() >= self.limit {
                Some((work, StorageError::Overloaded { limit: self.limit }))
            } else {
                state.works.push_back(work);
                self.wake.notify_one();
                None
            }
        };
        if let Some((work, error)) = refused {
            refuse(work, &error);
        }
    }

    /// Queues what finished work asked for next.
    pub(crate) fn push_next(&self, works: Vec<Box<dyn Work>>) {
        if works.is_empty() {
            return;
        }
        let count = works.len();
        lock(&self.state).works.extend(works);
        if count == 1 {
            self.wake.notify_one();
        } else {
            self.wake.notify_all();
        }
    }

    /// Puts drained work that has not been started back in its place.
    pub(crate) fn put_back(&self, works: VecDeque<Box<dyn Work>>) {
        let mut state = lock(&self.state);
        for work in works.into_iter().rev() {
            state.works.push_front(work);
        }
    }

    /// Waits for work and takes up to `most` of it; nothing means that the queue has closed.
    pub(crate) fn take(&self, most: usize) -> VecDeque<Box<dyn Work>> {
        let mut state = lock(&self.state);
        while state.works.is_empty() && !state.closing {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        metrics::gauge!("florin_storage_queue_length").set(state.works.len() as f64);
        if state.works.len() <= most {
            return std::mem::take(&mut state.works);
        }
        state.works.drain(..most).collect()
    }

    /// Refuses what comes from now on; what is queued is still run.
    pub(crate) fn close(&self) {
        lock(&self.state).closing = true;
        self.wake.notify_all();
    }
}

/// Answers work that will not run, and whatever it would have queued next.
fn refuse(work: Box<dyn Work>, error: &StorageError) {
    let mut next = vec![work];
    while let Some(work) = next.pop() {
        next.extend(work.finish(Ended::Failed(error.clone())));
    }
}

/// Locks; a panic elsewhere cannot leave these short critical sections half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts measuring a duration.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for metrics and for ending a group in time; never a date"
)]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}
