//! Who runs what when on PostgreSQL: threads that own a connection each take work from a queue.
//!
//! The blocking client must not run inside an async runtime, so it lives on plain threads; an
//! async caller waits for its answer on a channel. A unit of work runs
//! `BEGIN .. its statements .. COMMIT` and is answered. It runs again, from the start, when
//!
//! - a statement or the `COMMIT` met a concurrent transaction (SQLSTATE 40001, 40P01), or
//! - the connection broke before `COMMIT` was sent, which the server takes as a rollback;
//!
//! and never after a `COMMIT` whose answer was lost: that may have happened.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use ::postgres::Config;

use crate::error::StorageError;
use crate::list_counts::Counts;
use crate::postgres::PostgresSession;
use crate::tx::{Session, Tx};
use crate::work::{Ended, Mode, Queue, Ran, Work, run_once, stopwatch};

/// How often a unit of work runs before its caller is told that it keeps meeting others.
const TRIES: u32 = 12;
/// How often a connection is tried before the caller is told that the server is gone.
const CONNECTS: u32 = 4;
/// Longest pause between two tries.
const PAUSE_MOST: Duration = Duration::from_millis(200);

/// One thread with its connection.
pub(crate) struct Worker {
    /// Number among the workers of its database; sets its pauses apart from the others'.
    number: u32,
    config: Config,
    counts: Arc<Counts>,
    tx: Option<Tx>,
}

/// What to do after one try.
enum Tried {
    Done(Ended),
    Again,
}

impl Worker {
    pub(crate) fn new(
        number: u32,
        config: Config,
        counts: Arc<Counts>,
        session: Option<PostgresSession>,
    ) -> Worker {
        let tx = session.map(|session| Tx::new(Session::Postgres(Box::new(session)), &counts));
        Worker { number, config, counts, tx }
    }

    /// The thread's life: until the queue is closed and empty.
    pub(crate) fn run_until_closed(mut self, queue: &Queue) {
        while let Some(mut work) = queue.take(1).pop_front() {
            let ended = self.perform(work.as_mut());
            queue.push_next(work.finish(ended));
        }
    }

    fn perform(&mut self, work: &mut dyn Work) -> Ended {
        for number in 1..=TRIES {
            let mut tx = match self.connection() {
                Ok(tx) => tx,
                Err(error) => return Ended::Failed(error),
            };
            let tried = attempt(work, &mut tx);
            if tx.is_alive() {
                self.tx = Some(tx);
            }
            match tried {
                Tried::Done(ended) => return ended,
                Tried::Again => {
                    metrics::counter!("florin_storage_reruns_total").increment(1);
                    self.pause(number);
                }
            }
        }
        Ended::Failed(StorageError::Conflict { tries: TRIES })
    }

    /// The connection, or a new one where it broke.
    fn connection(&mut self) -> Result<Tx, StorageError> {
        if let Some(tx) = self.tx.take() {
            return Ok(tx);
        }
        let mut number = 1;
        loop {
            match PostgresSession::connect(&self.config) {
                Ok(session) => {
                    return Ok(Tx::new(Session::Postgres(Box::new(session)), &self.counts));
                }
                Err(source) if number == CONNECTS => {
                    return Err(StorageError::Connection { source });
                }
                Err(_) => self.pause(4 + number),
            }
            number += 1;
        }
    }

    /// Grows with every try and differs between workers, so that two that met part ways.
    fn pause(&self, number: u32) {
        let step = 300 + 170 * u64::from(self.number % 7);
        let pause = Duration::from_micros(step << number.min(10));
        sleep(pause.min(PAUSE_MOST));
    }
}

fn attempt(work: &mut dyn Work, tx: &mut Tx) -> Tried {
    let mode = work.mode();
    let started = stopwatch();
    if let Err(error) = tx.begin(mode) {
        return if tx.is_alive() { Tried::Done(Ended::Failed(error)) } else { Tried::Again };
    }
    let outcome = run_once(work, tx);
    if !tx.is_alive() {
        return Tried::Again;
    }
    if tx.flags().rerun {
        tx.rollback();
        return Tried::Again;
    }
    let tried = match outcome {
        Ran::Commit => commit(tx),
        Ran::Rollback => {
            tx.rollback();
            Tried::Done(Ended::AsAsked)
        }
        Ran::Failed(error) => {
            tx.rollback();
            Tried::Done(Ended::Failed(error))
        }
    };
    if mode == Mode::Write {
        metrics::histogram!("florin_storage_commit_seconds")
            .record(started.elapsed().as_secs_f64());
    }
    tried
}

fn commit(tx: &mut Tx) -> Tried {
    match tx.commit() {
        Ok(()) => Tried::Done(Ended::AsAsked),
        // The server answered and asks for another run; what failed to commit is rolled back.
        Err(_) if tx.flags().rerun => Tried::Again,
        Err(error) => Tried::Done(Ended::Failed(error)),
    }
}
