//! SQLite's write-ahead log: it starts again however it is written and read, and loses nothing.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use florin_storage::{Db, DbOptions, MigrationSet, StorageError, params};
use tempfile::TempDir;

const SET: MigrationSet = MigrationSet {
    name: "checkpoint",
    files: &[(
        "0001_item.sql",
        "CREATE TABLE item (id BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (id));",
    )],
};

/// Few, so that the log is full after a hundred small transactions.
const LOG_PAGES: u32 = 200;
/// Names the file that the test to be killed writes to.
const VICTIM: &str = "FLORIN_TEST_STORAGE_VICTIM";

struct File {
    path: PathBuf,
    _directory: TempDir,
}

impl File {
    fn new() -> File {
        let directory = tempfile::tempdir().expect("directory");
        File { path: directory.path().join("florin.db"), _directory: directory }
    }

    fn open(&self) -> Db {
        open(&self.path)
    }

    fn log(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        name.into()
    }

    /// How often the log has been started again: the checkpoint sequence number of its header
    /// (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
    fn starts(&self) -> u32 {
        let mut header = [0; 16];
        let read = std::fs::File::open(self.log()).and_then(|mut log| log.read_exact(&mut header));
        match read {
            Ok(()) => u32::from_be_bytes([header[12], header[13], header[14], header[15]]),
            Err(_) => 0,
        }
    }
}

fn open(path: &Path) -> Db {
    let options = DbOptions { log_pages: LOG_PAGES, ..DbOptions::default() };
    let db = Db::open(&format!("sqlite:{}", path.display()), &options).expect("open");
    db.migrate(&[SET]).expect("migrate");
    db
}

fn write(db: &Db, id: i64) -> Result<(), StorageError> {
    db.write_blocking(move |tx| {
        let note = "n".repeat(500);
        tx.execute("INSERT INTO item (id, note) VALUES (?1, ?2)", params![id, note])
    })
    .map(|_| ())
}

fn ids(db: &Db) -> Vec<i64> {
    db.read_blocking(|tx| tx.query("SELECT id FROM item ORDER BY id", &[], |row| row.get("id")))
        .expect("ids")
}

fn intact(db: &Db) {
    let found = db
        .read_blocking(|tx| tx.query_one("PRAGMA integrity_check", &[], |row| row.at::<String>(0)))
        .expect("check");
    assert_eq!(found, "ok");
}

/// Writes without a pause until the log has been started again so often, and answers the next id.
fn write_until(db: &Db, file: &File, mut id: i64, starts: u32) -> i64 {
    while file.starts() < starts {
        write(db, id).expect("write");
        id += 1;
    }
    id
}

#[test]
fn the_log_starts_again_under_writes_that_never_pause() {
    let file = File::new();
    let db = file.open();
    let next = write_until(&db, &file, 0, 5);
    assert_eq!(ids(&db), (0..next).collect::<Vec<i64>>());
    intact(&db);
}

#[test]
fn short_reads_that_never_pause_do_not_keep_the_log_from_starting_again() {
    let file = File::new();
    let db = file.open();
    let done = Arc::new(AtomicBool::new(false));
    write(&db, 0).expect("write");
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (db, done) = (db.clone(), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::SeqCst) {
                    // As short however many there are.
                    let newest: i64 = db
                        .read_blocking(|tx| {
                            tx.query_one("SELECT max(id) FROM item", &[], |row| row.at(0))
                        })
                        .expect("newest");
                    assert!(newest >= last, "{newest} after {last}");
                    last = newest;
                }
            })
        })
        .collect();
    let next = write_until(&db, &file, 1, 3);
    done.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.join().expect("reader");
    }
    assert_eq!(ids(&db), (0..next).collect::<Vec<i64>>());
    intact(&db);
}

#[test]
fn a_long_reader_keeps_its_snapshot_and_the_log_starts_again_when_it_ends() {
    let file = File::new();
    let db = file.open();
    write(&db, 0).expect("write");
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let reader = {
        let db = db.clone();
        std::thread::spawn(move || {
            db.read_blocking(move |tx| {
                let count = |tx: &mut florin_storage::Tx| {
                    tx.query_one("SELECT count(*) FROM item", &[], |row| row.at::<i64>(0))
                };
                let before = count(tx)?;
                begun.send(()).expect("the test waits");
                may_end.recv().expect("the test says when");
                Ok::<_, StorageError>((before, count(tx)?))
            })
        })
    };
    has_begun.recv().expect("begun");
    let starts = file.starts();
    // Far more than a full log, and far more than the log grows between two tries.
    let many = i64::from(LOG_PAGES) * 4;
    (1..many).for_each(|id| write(&db, id).expect("write"));
    assert_eq!(file.starts(), starts, "pages that the reader needs are gone");
    end.send(()).expect("the reader waits");
    assert_eq!(reader.join().expect("reader").expect("counts"), (1, 1));
    let next = write_until(&db, &file, many, starts + 2);
    assert_eq!(ids(&db), (0..next).collect::<Vec<i64>>());
    intact(&db);
}

#[test]
fn a_transaction_longer_than_the_log_is_copied_too() {
    let file = File::new();
    let db = file.open();
    let many = i64::from(LOG_PAGES) * 20;
    db.write_blocking(move |tx| {
        let note = "n".repeat(500);
        for id in 0..many {
            tx.execute("INSERT INTO item (id, note) VALUES (?1, ?2)", params![id, note.as_str()])?;
        }
        Ok::<(), StorageError>(())
    })
    .expect("write");
    let next = write_until(&db, &file, many, 2);
    assert_eq!(ids(&db), (0..next).collect::<Vec<i64>>());
    intact(&db);
}

#[test]
fn closing_copies_the_whole_log_and_removes_it() {
    let file = File::new();
    let mut next = 0;
    for round in 1..6 {
        let db = file.open();
        // Ends at another place of the log each time, at times beside the copier.
        let until = next + i64::from(LOG_PAGES) / 2 + round * 17;
        (next..until).for_each(|id| write(&db, id).expect("write"));
        next = until;
        db.close();
        assert!(matches!(write(&db, next), Err(StorageError::Closed)));
        assert!(!file.log().exists(), "the log is left in round {round}");
    }
    let db = file.open();
    assert_eq!(ids(&db), (0..next).collect::<Vec<i64>>());
    intact(&db);
}

#[test]
fn all_that_was_answered_is_there_after_a_kill() {
    let file = File::new();
    let mut next = 0;
    for round in 1..4 {
        let mut victim = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "checkpoint::writes_until_it_is_killed", "--nocapture"])
            .env(VICTIM, &file.path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("start");
        let mut answered = None;
        let mut lines = BufReader::new(victim.stdout.take().expect("output")).lines();
        // Killed while it writes, when the log has been started again at least once.
        while file.starts() < 1 || answered.is_none_or(|id| id < next + 150 + round * 37) {
            let line = lines.next().expect("it writes until it is killed").expect("line");
            answered =
                line.strip_prefix("answered ").map(|id| id.parse().expect("id")).or(answered);
        }
        victim.kill().expect("kill");
        victim.wait().expect("end");
        // What it still had said before the kill counts too; the last line may be cut short.
        for line in lines.map_while(Result::ok) {
            let id = line.strip_prefix("answered ").and_then(|id| id.parse().ok());
            answered = id.max(answered);
        }
        let db = file.open();
        let found = ids(&db);
        assert_eq!(found, (0..found.len() as i64).collect::<Vec<i64>>());
        assert!(found.last().copied() >= answered, "{answered:?} was answered and is lost");
        intact(&db);
        next = found.len() as i64;
        db.close();
    }
}

/// Not a test of its own, and over at once: [`all_that_was_answered_is_there_after_a_kill`] names it a file and kills it.
#[test]
#[expect(clippy::disallowed_methods, reason = "how a test tells its other process the file")]
fn writes_until_it_is_killed() {
    let Ok(path) = std::env::var(VICTIM) else { return };
    let db = open(Path::new(&path));
    let first = ids(&db).len() as i64;
    for id in first.. {
        write(&db, id).expect("write");
        println!("answered {id}");
    }
}
