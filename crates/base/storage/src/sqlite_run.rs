//! Who runs what when on SQLite: one writer thread with group commit, and a pool of readers.
//!
//! A durable commit costs an fsync, hundreds of times what a row costs. So the writer thread
//! takes everything that has queued up, in one transaction:
//!
//! 1. `BEGIN IMMEDIATE`.
//! 2. Each unit of work in a savepoint of its own; one that fails or panics is rolled back to
//!    its savepoint alone. (A unit that is alone in its group needs no savepoint.)
//! 3. One `COMMIT`, one fsync.
//! 4. Only now each caller is answered. If the `COMMIT` failed, all of them get its error.
//!
//! While the writer waits for the disk the next group queues up, so that groups grow with load.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::checkpoint::Checkpoints;
use crate::error::StorageError;
use crate::list_counts::Counts;
use crate::sqlite::{Place, SqliteSession};
use crate::tx::{Session, Tx};
use crate::work::{Ended, Mode, Queue, Ran, Work, lock, run_once, stopwatch};

/// Most units of work in one commit.
const GROUP_MOST: usize = 1_024;
/// A group that has run this long commits what it has, so that short writes do not wait for all
/// the long ones behind them.
const GROUP_TIME: Duration = Duration::from_millis(5);

/// The writer thread's life: until the queue is closed and empty. A database in memory has no log.
pub(crate) fn write_until_closed(mut tx: Tx, queue: &Queue, mut checkpoints: Option<Checkpoints>) {
    loop {
        let works = queue.take(GROUP_MOST);
        if works.is_empty() {
            return;
        }
        run_group(&mut tx, works, queue);
        if let Some(checkpoints) = &mut checkpoints {
            checkpoints.after_commit(&mut tx);
        }
    }
}

fn run_group(tx: &mut Tx, mut waiting: VecDeque<Box<dyn Work>>, queue: &Queue) {
    let started = stopwatch();
    let alone = waiting.len() == 1;
    let mut ran: Vec<(Box<dyn Work>, Ran)> = Vec::with_capacity(waiting.len());
    let begun = tx.begin(Mode::Write);
    while let Some(mut work) = waiting.pop_front() {
        let outcome = match &begun {
            Ok(()) => run_in_group(work.as_mut(), tx, alone),
            Err(error) => Ran::Failed(error.clone()),
        };
        ran.push((work, outcome));
        if begun.is_ok() && (!tx.is_alive() || started.elapsed() > GROUP_TIME) {
            break;
        }
    }
    queue.put_back(waiting);
    let ended = end_group(tx, &ran);
    metrics::histogram!("florin_storage_group_size").record(ran.len() as f64);
    metrics::histogram!("florin_storage_commit_seconds").record(started.elapsed().as_secs_f64());
    let mut next = Vec::new();
    for (work, outcome) in ran {
        let ended = match (outcome, &ended) {
            (Ran::Failed(error), _) => Ended::Failed(error),
            (Ran::Rollback, _) | (Ran::Commit, Ok(())) => Ended::AsAsked,
            (Ran::Commit, Err(error)) => Ended::Failed(error.clone()),
        };
        next.extend(work.finish(ended));
    }
    queue.push_next(next);
}

/// Commits the group if anything in it asked for that.
fn end_group(tx: &mut Tx, ran: &[(Box<dyn Work>, Ran)]) -> Result<(), StorageError> {
    if !tx.is_alive() {
        // SQLite rolls a whole transaction back by itself when the disk is full or broken.
        let cause = ran.iter().rev().find_map(|(_, outcome)| match outcome {
            Ran::Failed(error) => Some(error.clone()),
            _ => None,
        });
        return Err(cause.unwrap_or(StorageError::Aborted));
    }
    let result = if ran.iter().any(|(_, outcome)| matches!(outcome, Ran::Commit)) {
        tx.commit()
    } else {
        Ok(())
    };
    tx.rollback();
    result
}

fn run_in_group(work: &mut dyn Work, tx: &mut Tx, alone: bool) -> Ran {
    let mode = work.mode();
    if let Err(error) = enter(tx, mode, alone) {
        return Ran::Failed(error);
    }
    let outcome = run_once(work, tx);
    match leave(tx, mode, alone, &outcome) {
        Ok(()) => outcome,
        Err(error) => Ran::Failed(error),
    }
}

fn enter(tx: &mut Tx, mode: Mode, alone: bool) -> Result<(), StorageError> {
    if !alone {
        tx.command("SAVEPOINT work")?;
    }
    if mode == Mode::Read {
        tx.set_query_only(true)?;
    }
    Ok(())
}

fn leave(tx: &mut Tx, mode: Mode, alone: bool, outcome: &Ran) -> Result<(), StorageError> {
    if mode == Mode::Read {
        tx.set_query_only(false)?;
    }
    if alone || !tx.is_alive() {
        // Alone and not to be committed: `end_group` rolls all of it back.
        return Ok(());
    }
    if !matches!(outcome, Ran::Commit) {
        tx.command("ROLLBACK TO work")?;
    }
    tx.command("RELEASE work")
}

/// Read connections, opened when first needed.
pub(crate) struct ReadPool {
    place: Place,
    counts: Arc<Counts>,
    most: usize,
    state: Mutex<Readers>,
    returned: Condvar,
}

struct Readers {
    idle: Vec<Tx>,
    open: usize,
    closed: bool,
}

impl ReadPool {
    pub(crate) fn new(place: Place, most: usize, counts: Arc<Counts>) -> Arc<ReadPool> {
        Arc::new(ReadPool {
            place,
            counts,
            most: most.max(1),
            state: Mutex::new(Readers { idle: Vec::new(), open: 0, closed: false }),
            returned: Condvar::new(),
        })
    }

    /// Runs the work on a snapshot, in the calling thread.
    pub(crate) fn run(&self, mut work: Box<dyn Work>) {
        let ended = match self.take() {
            Err(error) => Ended::Failed(error),
            Ok(mut tx) => {
                let ended = match tx.begin(Mode::Read) {
                    Err(error) => Ended::Failed(error),
                    Ok(()) => match run_once(work.as_mut(), &mut tx) {
                        Ran::Failed(error) => Ended::Failed(error),
                        Ran::Commit | Ran::Rollback => Ended::AsAsked,
                    },
                };
                tx.rollback();
                self.give(tx);
                ended
            }
        };
        // A read asks for nothing next.
        drop(work.finish(ended));
    }

    fn take(&self) -> Result<Tx, StorageError> {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Err(StorageError::Closed);
            }
            if let Some(tx) = state.idle.pop() {
                return Ok(tx);
            }
            if state.open < self.most {
                state.open += 1;
                break;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        match SqliteSession::open(&self.place, Mode::Read) {
            Ok(session) => Ok(Tx::new(Session::Sqlite(session), &self.counts)),
            Err(error) => {
                lock(&self.state).open -= 1;
                self.returned.notify_one();
                Err(error)
            }
        }
    }

    fn give(&self, tx: Tx) {
        let mut state = lock(&self.state);
        if state.closed {
            state.open -= 1;
        } else {
            state.idle.push(tx);
        }
        drop(state);
        self.returned.notify_all();
    }

    /// Refuses new reads, waits for those under way and closes the connections.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.open -= state.idle.len();
        state.idle.clear();
        self.returned.notify_all();
        while state.open > 0 {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
