//! Copies SQLite's write-ahead log into the database file beside the writer.
//!
//! A commit appends to the log. Before the log may start again from its beginning, all it holds must have reached
//! the database file and the disk. Left to itself SQLite does that inside the commit that finds the log
//! long enough, while everyone waits. Here a thread of its own does nearly all of it:
//!
//! 1. After each commit the writer looks how long the log is, and wakes the copier when it is long enough.
//! 2. The copier copies what is there (waiting for nobody, and nobody waits for it) and syncs the database file,
//!    then what was written meanwhile, which is less.
//! 3. After a later commit the writer copies the little that is left. Nothing is added while it does, so that the
//!    whole log is copied and the next commit starts it again.
//!
//! What is durable stays as it was: every commit syncs the log, and the log is given up only when all it held has
//! been synced in the database file. A sync that fails is never tried again, since a system may drop what it could
//! not write and call the next sync a success: the log is then kept whole, and the next start copies all of it.
//!
//! What a reader's snapshot still needs of the log cannot be copied over. While a long reader holds back more than
//! a rest, step 3 is left out, and all of it is tried again when the log has grown some more.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use crate::error::StorageError;
use crate::sqlite::{Extent, Place, SqliteSession};
use crate::tx::Tx;
use crate::work::{Mode, stopwatch};

/// The part of a full log by which one that could not start again grows before it is copied again.
const AGAIN_AFTER: i64 = 8;
/// The part of a full log that the writer may be left with: a few milliseconds of its time.
const REST: i64 = 64;
/// Copies in a row before the writer takes over, whatever is left: one that writes as fast as the copier copies would
/// otherwise never be caught up with.
const COPIES_MOST: usize = 3;
/// How long the writer waits for short reads to let go of the log.
const READERS_WAIT: Duration = Duration::from_millis(10);

/// How a copy beside the writer went.
enum Copied {
    /// The writer does the rest, which is all of it when nothing could be copied.
    AllButRest,
    /// A long reader, or another process that is copying, holds it back.
    Held,
}

/// Why a copy beside the writer failed.
enum Fault {
    /// Something was not copied, and SQLite knows that.
    NotCopied(StorageError),
    /// SQLite takes for copied what may not have reached the disk.
    NotSynced(std::io::Error),
}

/// The writer's side. When it goes, the copier ends.
pub(crate) struct Checkpoints {
    wake: SyncSender<()>,
    copied: Receiver<Copied>,
    under_way: bool,
    /// Pages from which the log is copied ([`crate::DbOptions::log_pages`]).
    full: i64,
    /// Pages in the log when the writer looked last.
    length: i64,
    /// Pages in the log from which it is copied this time.
    due_at: i64,
}

/// The thread's side.
pub(crate) struct Copier {
    place: Place,
    /// Pages that may be left to the writer.
    rest: i64,
    sync: fn(&File) -> std::io::Result<()>,
    woken: Receiver<()>,
    answer: SyncSender<Copied>,
}

/// Both sides, for a database in a file whose log is copied from so many pages on.
pub(crate) fn checkpoints(place: &Place, log_pages: u32) -> (Checkpoints, Copier) {
    let full = i64::from(log_pages.max(1));
    let (wake, woken) = sync_channel(1);
    let (answer, copied) = sync_channel(1);
    let checkpoints = Checkpoints { wake, copied, under_way: false, full, length: 0, due_at: full };
    let (place, rest, sync) = (place.clone(), full / REST, File::sync_data);
    (checkpoints, Copier { place, rest, sync, woken, answer })
}

impl Checkpoints {
    /// Looks at the log; called between transactions, when those of the last commit have their answers.
    pub(crate) fn after_commit(&mut self, tx: &mut Tx) {
        if let Err(error) = self.look(tx) {
            // The commit has happened. The log stays as it is and is looked at again after the next.
            tracing::warn!(%error, "the write-ahead log was not copied into the database file");
        }
    }

    fn look(&mut self, tx: &mut Tx) -> Result<(), StorageError> {
        let log = tx.checkpoint(Extent::Nothing)?;
        if log.pages < self.length {
            self.due_at = self.full;
        }
        self.length = log.pages;
        metrics::gauge!("florin_storage_log_pages").set(log.pages as f64);
        if !self.under_way {
            if self.length >= self.due_at {
                // A copier that is gone shows when its answer is looked for.
                self.under_way = true;
                self.wake.try_send(()).unwrap_or_default();
            }
            return Ok(());
        }
        let finish = match self.copied.try_recv() {
            Err(TryRecvError::Empty) => return Ok(()),
            Err(TryRecvError::Disconnected) => {
                // Nothing is copied any more.
                self.full = i64::MAX;
                self.due_at = i64::MAX;
                self.under_way = false;
                return Ok(());
            }
            Ok(Copied::Held) => false,
            Ok(Copied::AllButRest) => true,
        };
        self.under_way = false;
        self.due_at = self.length + self.full / AGAIN_AFTER;
        if finish {
            let started = stopwatch();
            tx.checkpoint(Extent::AllWithin(READERS_WAIT))?;
            metrics::histogram!("florin_storage_checkpoint_seconds")
                .record(started.elapsed().as_secs_f64());
        }
        Ok(())
    }
}

impl Copier {
    /// The thread's life: until the writer goes, or the database file cannot be synced.
    pub(crate) fn copy_until_closed(self) {
        let mut open = None;
        while self.woken.recv().is_ok() {
            let copied = match self.copy(&mut open) {
                Ok(copied) => copied,
                Err(Fault::NotCopied(error)) => {
                    tracing::warn!(%error, "the writer copies its log itself");
                    Copied::AllButRest
                }
                Err(Fault::NotSynced(error)) => {
                    tracing::error!(
                        %error,
                        "the database file cannot be synced: its log is kept until the next start"
                    );
                    // The last connection to close would give the log up, so this one stays open.
                    std::mem::forget(open);
                    return;
                }
            };
            if self.answer.send(copied).is_err() {
                return;
            }
        }
    }

    fn copy(&self, open: &mut Option<Opened>) -> Result<Copied, Fault> {
        let Opened { session, file } = match open {
            Some(opened) => opened,
            None => open.insert(Opened::new(&self.place).map_err(Fault::NotCopied)?),
        };
        let mut before = 0;
        for _ in 0..COPIES_MOST {
            let log = session.checkpoint(Extent::WhatIsFree).map_err(Fault::NotCopied)?;
            // SQLite syncs only after a copy that leaves nothing in the log, which beside a writer there never is.
            (self.sync)(file).map_err(Fault::NotSynced)?;
            if log.busy || log.pages - log.copied > self.rest {
                return Ok(Copied::Held);
            }
            if log.pages - before <= self.rest {
                break;
            }
            before = log.pages;
        }
        Ok(Copied::AllButRest)
    }
}

/// What the copier opens when it is first needed.
struct Opened {
    session: SqliteSession,
    file: &'static File,
}

impl Opened {
    fn new(place: &Place) -> Result<Opened, StorageError> {
        Ok(Opened { session: SqliteSession::open(place, Mode::Read)?, file: open_for_good(place)? })
    }
}

/// Opens the database file and never closes it: closing any handle of a file drops all locks that the process
/// has on it (POSIX), and with them those of SQLite's connections.
fn open_for_good(place: &Place) -> Result<&'static File, StorageError> {
    let Place::File(path) = place else {
        return Err(StorageError::bad_query("a database in memory has no file to sync"));
    };
    let opened = File::options().read(true).write(true).open(path);
    let file = opened.map_err(|error| StorageError::Open {
        target: format!("sqlite:{}", path.display()),
        reason: "its file cannot be opened to be synced".to_owned(),
        source: Some(Arc::new(error)),
    })?;
    Ok(Box::leak(Box::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tx::Session;

    fn open(place: &Place, mode: Mode) -> Tx {
        let session = SqliteSession::open(place, mode).expect("open");
        Tx::new(Session::Sqlite(session), &Arc::default())
    }

    #[test]
    fn a_database_file_that_cannot_be_synced_keeps_its_log() {
        let directory = tempfile::tempdir().expect("directory");
        let place = Place::File(directory.path().join("florin.db"));
        let (mut checkpoints, copier) = checkpoints(&place, 50);
        let copier = Copier { sync: |_| Err(std::io::Error::other("a broken disk")), ..copier };
        let thread = std::thread::spawn(move || copier.copy_until_closed());
        let mut writer = open(&place, Mode::Write);
        writer.script("CREATE TABLE item (id INTEGER PRIMARY KEY)").expect("table");
        let mut lengths = Vec::new();
        // Until the copier has given up, and then for some logs more.
        let mut left = 500;
        while left > 0 {
            writer.execute("INSERT INTO item DEFAULT VALUES", &[]).expect("insert");
            checkpoints.after_commit(&mut writer);
            lengths.push(checkpoints.length);
            left -= i32::from(thread.is_finished());
        }
        thread.join().expect("copier");
        assert!(lengths.is_sorted(), "the log started again");
        drop(checkpoints);
        drop(writer);
        let log = directory.path().join("florin.db-wal");
        assert!(log.metadata().expect("the log is kept").len() > 500 * 4096);
        let count = open(&place, Mode::Read)
            .query_one("SELECT count(*) FROM item", &[], |row| row.at::<i64>(0));
        assert_eq!(count.expect("count"), lengths.len() as i64);
    }
}
