//! Throwaway databases for tests, one per engine, already migrated.
//!
//! Migrating is slow and copying is fast: the first test with a given list of migrations makes a
//! template (a file; a PostgreSQL database), every test gets a copy of its own, and the copy
//! goes when the test ends.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ::postgres::error::SqlState;
use ::postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::db::{Db, DbOptions};
use crate::migrate::MigrationSet;
use crate::tx::Tx;

/// Names the PostgreSQL server (a `postgres://` URL) on which tests may create databases.
pub const POSTGRES_VARIABLE: &str = "FLORIN_TEST_POSTGRES";

/// A fresh migrated database; gone with this value.
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// Opens the same database from elsewhere (another process).
    pub url: String,
    // Dropped after `db`: fields go in order.
    remains: Remains,
}

/// What to clear away.
enum Remains {
    Directory { _directory: TempDir },
    Database { server: String, name: String },
}

/// One fresh migrated database per engine: SQLite always, PostgreSQL when
/// [`POSTGRES_VARIABLE`] is set (else one line on standard error says that it is skipped).
///
/// # Panics
///
/// When a database cannot be made: a test cannot go on without it.
pub fn databases(sets: &[MigrationSet]) -> Vec<TestDb> {
    let mut databases = vec![sqlite(sets)];
    match server() {
        Some(server) => databases.push(postgres(&server, sets)),
        None => eprintln!("skipping PostgreSQL: {POSTGRES_VARIABLE} is not set"),
    }
    databases
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no settings; the test command names its throwaway server this way"
)]
fn server() -> Option<String> {
    std::env::var(POSTGRES_VARIABLE).ok().filter(|url| !url.is_empty())
}

/// How the database goes about a statement of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The statement, as it was written.
    pub statement: String,
    /// The engine's `EXPLAIN`.
    pub lines: Vec<String>,
}

/// Runs `f` and answers the plans of the statements with which its lists found their ids.
///
/// # Errors
///
/// Those of `f`.
pub fn plans_of<T, E>(
    tx: &mut Tx,
    f: impl FnOnce(&mut Tx) -> Result<T, E>,
) -> Result<Vec<Plan>, E> {
    tx.plans = Some(Vec::new());
    let done = f(tx);
    let plans = tx.plans.take().unwrap_or_default();
    done.map(|_| plans)
}

/// Few connections, since many tests run at once.
fn options() -> DbOptions {
    DbOptions { read_connections: 2, postgres_connections: 4, ..DbOptions::default() }
}

impl TestDb {
    /// Opens the same database once more, as another node would.
    ///
    /// # Panics
    ///
    /// When it cannot be opened.
    pub fn open_again(&self) -> Db {
        must("open a test database again", Db::open(&self.url, &options()))
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        self.db.close();
        if let Remains::Database { server, name } = &self.remains {
            let (server, name) = (server.clone(), name.clone());
            let dropped = on_thread(move || {
                let mut admin = Client::connect(&server, NoTls)?;
                admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            });
            if let Err(error) = dropped {
                eprintln!("a test database remains: {error}");
            }
        }
    }
}

fn sqlite(sets: &[MigrationSet]) -> TestDb {
    let template = sqlite_template(sets);
    let directory = must("make a directory", tempfile::tempdir());
    let file = directory.path().join("florin.db");
    must("copy the template", std::fs::copy(template, &file));
    let url = format!("sqlite:{}", file.display());
    TestDb {
        db: must("open a copy", Db::open(&url, &options())),
        name: "sqlite",
        url,
        remains: Remains::Directory { _directory: directory },
    }
}

/// The file that copies are made of; made under another name and renamed, so that it is whole
/// whenever it is there.
fn sqlite_template(sets: &[MigrationSet]) -> PathBuf {
    let templates = std::env::temp_dir().join("florin-test-templates");
    let template = templates.join(format!("{}.db", fingerprint(sets)));
    if template.is_file() {
        return template;
    }
    must("make a directory", std::fs::create_dir_all(&templates));
    let directory = must("make a directory", tempfile::tempdir_in(&templates));
    let file = directory.path().join("template.db");
    migrated(&format!("sqlite:{}", file.display()), sets);
    let checkpointed = !Path::new(&format!("{}-wal", file.display())).exists();
    assert!(checkpointed, "closing the template left a log behind");
    must("keep the template", std::fs::rename(&file, &template));
    template
}

fn postgres(server: &str, sets: &[MigrationSet]) -> TestDb {
    let template = format!("florin_template_{}", fingerprint(sets));
    let name = unique_name();
    let (from, to) = (template.clone(), name.clone());
    let (admin, sets) = (server.to_owned(), sets.to_vec());
    must(
        "clone the template database",
        on_thread(move || {
            let mut client = Client::connect(&admin, NoTls)?;
            make_template(&mut client, &admin, &from, &sets)?;
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {to} WITH (FORCE)"))?;
            clone_database(&mut client, &from, &to)
        }),
    );
    let url = with_database(server, &name);
    TestDb {
        db: must("open a clone", Db::open(&url, &options())),
        name: "postgres",
        url,
        remains: Remains::Database { server: server.to_owned(), name },
    }
}

/// Makes the template unless it is there; one process at a time, under another name until done.
fn make_template(
    client: &mut Client,
    server: &str,
    template: &str,
    sets: &[MigrationSet],
) -> Result<(), ::postgres::Error> {
    let known = "SELECT 1 FROM pg_database WHERE datname = $1";
    if client.query_opt(known, &[&template])?.is_some() {
        return Ok(());
    }
    client.batch_execute("SELECT pg_advisory_lock(717171)")?;
    if client.query_opt(known, &[&template])?.is_none() {
        let draft = format!("{template}_draft");
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"))?;
        client.batch_execute(&format!("CREATE DATABASE {draft}"))?;
        migrated(&with_database(server, &draft), sets);
        client.batch_execute(&format!("ALTER DATABASE {draft} RENAME TO {template}"))?;
    }
    client.batch_execute("SELECT pg_advisory_unlock(717171)")
}

/// The server copies one template for one client at a time; others are told that it is in use.
fn clone_database(client: &mut Client, from: &str, to: &str) -> Result<(), ::postgres::Error> {
    let clone = format!("CREATE DATABASE {to} TEMPLATE {from}");
    client.batch_execute("SELECT pg_advisory_lock_shared(717172)")?;
    let cloned = client.batch_execute(&clone);
    client.batch_execute("SELECT pg_advisory_unlock_shared(717172)")?;
    match cloned {
        Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
            client.batch_execute("SELECT pg_advisory_lock(717172)")?;
            let cloned = client.batch_execute(&clone);
            client.batch_execute("SELECT pg_advisory_unlock(717172)")?;
            cloned
        }
        cloned => cloned,
    }
}

fn migrated(url: &str, sets: &[MigrationSet]) {
    let db = must("open the template", Db::open(url, &options()));
    must("migrate the template", db.migrate(sets));
    db.close();
}

/// The same for the same migrations, rewritten the same way.
fn fingerprint(sets: &[MigrationSet]) -> String {
    let mut hasher = DefaultHasher::new();
    sets.hash(&mut hasher);
    // Templates outlive a build: how migrations are rewritten decides what is in them too.
    include_str!("ddl.rs").hash(&mut hasher);
    include_str!("migrate.rs").hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Unique on this machine: a process's number and a count in it. What an earlier process with
/// the same number left behind is dropped first.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("florin_test_{}_{count}", std::process::id())
}

/// The server's URL with another database name.
fn with_database(server: &str, name: &str) -> String {
    let (base, query) = match server.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (server, String::new()),
    };
    let host_start = base.find("://").map_or(0, |at| at + 3);
    let host_end = base[host_start..].find('/').map_or(base.len(), |at| host_start + at);
    format!("{}/{name}{query}", &base[..host_end])
}

/// The blocking PostgreSQL client must not run on a runtime's thread; tests often do.
fn on_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    match std::thread::spawn(f).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn must<T, E: std::error::Error>(what: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            let mut message = format!("cannot {what}: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                message.push_str(&format!(": {source}"));
                cause = source.source();
            }
            panic!("{message}")
        }
    }
}
