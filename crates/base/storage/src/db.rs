//! The handle that everything above holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::checkpoint::checkpoints;
use crate::error::StorageError;
use crate::list_counts::Counts;
use crate::migrate::{self, MigrationSet};
use crate::postgres::{self, PostgresSession};
use crate::postgres_run::Worker;
use crate::sqlite::{Place, SqliteSession};
use crate::sqlite_run::{ReadPool, write_until_closed};
use crate::tx::{Session, Tx};
use crate::work::{Call, Mode, Queue, Reply, Work, lock};

/// Which engine a database runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// Connections for reads, on either engine; opened when first needed. At least 1.
    pub read_connections: usize,
    /// Connections for writes on PostgreSQL; opened when first needed. At least 1. (SQLite has
    /// one writer.)
    pub postgres_connections: usize,
    /// Most transactions that may wait; beyond it callers get [`StorageError::Overloaded`].
    pub max_queued: usize,
    /// Pages (of 4 KiB) in SQLite's write-ahead log before they are copied into the database file. A page that
    /// changed often is copied once, so that a longer log copies less; but after a crash it takes longer to read.
    pub log_pages: u32,
}

impl Default for DbOptions {
    fn default() -> Self {
        DbOptions {
            read_connections: 4,
            postgres_connections: 8,
            max_queued: 65_536,
            // 256 MiB, read in a moment after a crash.
            log_pages: 64_000,
        }
    }
}

/// A database; clones share it. The last one to go closes it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Engine,
    writes: Arc<Queue>,
    reads: Reads,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Where reads run.
enum Reads {
    /// On the writer: a database in memory has no second connection. A long read holds up
    /// writes there.
    Writer,
    Pool(Arc<ReadPool>),
    Queue(Arc<Queue>),
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({:?})", self.0.engine)
    }
}

impl Db {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://user:password@host:5432/name`.
    ///
    /// Fails when the URL is wrong or the database does not answer; never repeats a password.
    /// A PostgreSQL connection is not encrypted (a URL that asks for TLS is refused).
    pub fn open(url: &str, options: &DbOptions) -> Result<Db, StorageError> {
        describe_metrics();
        if let Some(path) = url.strip_prefix("sqlite:") {
            let place = match path.strip_prefix("//").unwrap_or(path) {
                ":memory:" => Place::Memory,
                path => Place::File(PathBuf::from(path)),
            };
            return open_sqlite(place, options);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return open_postgres(url, options);
        }
        Err(StorageError::BadUrl {
            reason: "it must be sqlite:PATH, sqlite::memory: or \
                     postgres://user:password@host:5432/name"
                .to_owned(),
        })
    }

    /// The engine it runs on.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Applies the migrations that are missing, all in one transaction.
    ///
    /// `sets` are all that the binary knows, in the order of their dependencies. Several nodes
    /// may do this at once: one does it, the others wait. Blocks; may be called from anywhere.
    ///
    /// Fails with [`StorageError::Newer`] when the database has a set or a version that the
    /// binary does not know.
    pub fn migrate(&self, sets: &[MigrationSet]) -> Result<(), StorageError> {
        let sets = sets.to_vec();
        self.write_blocking(move |tx| migrate::migrate_in(tx, &sets))
    }

    /// Runs `f` in a transaction and answers when it is durable.
    ///
    /// `f` may run more than once (see the crate's documentation), so it must take its effects
    /// from its transaction only. An error from `f` rolls its effects back. Dropping the future
    /// does not stop the write. `f` must not call back into this `Db`.
    pub async fn write<T, E>(
        &self,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.call(Mode::Write, f).await
    }

    /// Runs `f` on a snapshot of the database, read only.
    pub async fn read<T, E>(
        &self,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.call(Mode::Read, f).await
    }

    /// [`Db::write`] for a plain thread.
    pub fn write_blocking<T, E>(
        &self,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.call_blocking(Mode::Write, f)
    }

    /// [`Db::read`] for a plain thread.
    pub fn read_blocking<T, E>(
        &self,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.call_blocking(Mode::Read, f)
    }

    /// Answers everything queued, then closes; what comes later gets [`StorageError::Closed`].
    pub fn close(&self) {
        self.0.close();
    }

    pub(crate) fn submit_write(&self, work: Box<dyn Work>) {
        self.0.writes.push(work);
    }

    async fn call<T, E>(
        &self,
        mode: Mode,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let work = Box::new(Call { mode, f, result: None, reply: Reply::Task(sender) });
        match (&self.0.reads, mode) {
            (Reads::Pool(pool), Mode::Read) => {
                let pool = Arc::clone(pool);
                // The answer comes through the channel; a runtime that shuts down drops it.
                drop(tokio::task::spawn_blocking(move || pool.run(work)));
            }
            (Reads::Queue(queue), Mode::Read) => queue.push(work),
            _ => self.0.writes.push(work),
        }
        receiver.await.unwrap_or_else(|_| Err(StorageError::Closed.into()))
    }

    fn call_blocking<T, E>(
        &self,
        mode: Mode,
        f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let work = Box::new(Call { mode, f, result: None, reply: Reply::Thread(sender) });
        match (&self.0.reads, mode) {
            (Reads::Pool(pool), Mode::Read) => pool.run(work),
            (Reads::Queue(queue), Mode::Read) => queue.push(work),
            _ => self.0.writes.push(work),
        }
        receiver.recv().unwrap_or_else(|_| Err(StorageError::Closed.into()))
    }
}

impl Inner {
    fn close(&self) {
        self.writes.close();
        match &self.reads {
            Reads::Writer => {}
            Reads::Pool(pool) => pool.close(),
            Reads::Queue(queue) => queue.close(),
        }
        let here = std::thread::current().id();
        for thread in lock(&self.threads).drain(..) {
            // The last handle may go inside a closure, on one of the very threads.
            if thread.thread().id() != here && thread.join().is_err() {
                tracing::error!("a database thread had panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_sqlite(place: Place, options: &DbOptions) -> Result<Db, StorageError> {
    let counts = Arc::new(Counts::default());
    let writer = Tx::new(Session::Sqlite(SqliteSession::open(&place, Mode::Write)?), &counts);
    let writes = Arc::new(Queue::new(options.max_queued));
    let queue = Arc::clone(&writes);
    let mut threads = Vec::new();
    let (checkpoints, reads) = match place {
        Place::Memory => (None, Reads::Writer),
        file => {
            let (checkpoints, copier) = checkpoints(&file, options.log_pages);
            threads.push(spawn("florin-copier", move || copier.copy_until_closed())?);
            let pool = ReadPool::new(file, options.read_connections, counts);
            (Some(checkpoints), Reads::Pool(pool))
        }
    };
    threads.push(spawn("florin-writer", move || write_until_closed(writer, &queue, checkpoints))?);
    Ok(Db(Arc::new(Inner { engine: Engine::Sqlite, writes, reads, threads: Mutex::new(threads) })))
}

fn open_postgres(url: &str, options: &DbOptions) -> Result<Db, StorageError> {
    let config = postgres::parse_url(url)?;
    // The first connection shows whether the settings are right; the others come when needed.
    let first = {
        let config = config.clone();
        let connecting = spawn("florin-connect", move || PostgresSession::connect(&config))?;
        connecting.join().map_err(|_| StorageError::Closed)?
    };
    let first = first.map_err(|source| StorageError::Open {
        target: redacted(&config),
        reason: "the PostgreSQL server does not let us in; check host, port, name and password"
            .to_owned(),
        source: Some(source),
    })?;
    let db = Db(Arc::new(Inner {
        engine: Engine::Postgres,
        writes: Arc::new(Queue::new(options.max_queued)),
        reads: Reads::Queue(Arc::new(Queue::new(options.max_queued))),
        threads: Mutex::new(Vec::new()),
    }));
    let mut first = Some(first);
    let counts = Arc::new(Counts::default());
    let mut number = 0;
    let mut start = |queue: &Arc<Queue>, name: &str| {
        let worker = Worker::new(number, config.clone(), Arc::clone(&counts), first.take());
        number += 1;
        let queue = Arc::clone(queue);
        let thread = spawn(name, move || worker.run_until_closed(&queue))?;
        lock(&db.0.threads).push(thread);
        Ok::<(), StorageError>(())
    };
    for _ in 0..options.postgres_connections.max(1) {
        start(&db.0.writes, "florin-write")?;
    }
    if let Reads::Queue(reads) = &db.0.reads {
        for _ in 0..options.read_connections.max(1) {
            start(reads, "florin-read")?;
        }
    }
    Ok(db)
}

/// The database setting without user and password.
fn redacted(config: &::postgres::Config) -> String {
    let host = match config.get_hosts().first() {
        Some(::postgres::config::Host::Tcp(host)) => host.clone(),
        _ => "a local socket".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("postgres://{host}:{port}/{}", config.get_dbname().unwrap_or(""))
}

fn spawn<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, StorageError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(|error| {
        StorageError::Open {
            target: "a thread".to_owned(),
            reason: "the operating system starts no more threads".to_owned(),
            source: Some(Arc::new(error)),
        }
    })
}

fn describe_metrics() {
    metrics::describe_gauge!(
        "florin_storage_queue_length",
        "transactions that waited when a connection's thread took work"
    );
    metrics::describe_histogram!(
        "florin_storage_group_size",
        "transactions that shared one commit (SQLite)"
    );
    metrics::describe_histogram!(
        "florin_storage_batch_size",
        "requests that one drain of a batch queue ran together"
    );
    metrics::describe_histogram!(
        "florin_storage_commit_seconds",
        "time from begin to durable commit"
    );
    metrics::describe_gauge!(
        "florin_storage_log_pages",
        "pages of 4 KiB in the write-ahead log after a commit (SQLite)"
    );
    metrics::describe_histogram!(
        "florin_storage_checkpoint_seconds",
        "time the writer stood still to finish copying the write-ahead log (SQLite)"
    );
    metrics::describe_counter!(
        "florin_storage_reruns_total",
        "transactions run again after a conflict or a broken connection"
    );
}
