//! The SQLite engine: connections, statements, errors. Who runs what when is `sqlite_run.rs`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, Value as Owned, ValueRef as Borrowed};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ffi};

use crate::bulk::{Column, Insert, KeysSeen, Update, check_row};
use crate::error::{Cause, StorageError};
use crate::row::Row;
use crate::sql;
use crate::tx::{Flags, OnRow};
use crate::value::Value;
use crate::work::Mode;

/// How long a connection waits for another process's write (a command line beside a server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Prepared statements kept per connection; the application has a few hundred different ones.
const STATEMENTS_KEPT: usize = 256;
/// Texts known per connection; lists with filters make new ones all the time.
const TEXTS_KNOWN: usize = 2_000;
/// Page cache of the writer, KiB. Also what a transaction can change before it spills.
const WRITER_CACHE_KIB: u32 = 128 * 1024;
/// Page cache of a reader, KiB; readers share the operating system's cache through `mmap`.
const READER_CACHE_KIB: u32 = 8 * 1024;
/// Part of the file that is mapped into memory, bytes.
const MMAP_BYTES: u64 = 256 << 20;

/// Where a SQLite database lives.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Memory,
    File(PathBuf),
}

/// How much of the write-ahead log a call copies into the database file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// Nothing: it only looks.
    Nothing,
    /// What no reader needs, beside a writer that goes on writing.
    WhatIsFree,
    /// All of it, so that the next commit starts the log again; waits so long for the readers of the log.
    AllWithin(Duration),
}

/// The write-ahead log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    /// Pages in it, a page counted as often as it was written.
    pub(crate) pages: i64,
    /// Those of them that have been copied into the database file.
    pub(crate) copied: i64,
    /// Whether another connection held up the copy altogether, or readers held up the start over.
    pub(crate) busy: bool,
}

/// What is known of a statement that was run before.
struct Known {
    /// The text as SQLite takes it, where that is another.
    rewritten: Option<Box<str>>,
    /// The names of what it answers, once it has run. SQLite tells a name at the price of reading a value.
    columns: Box<[Box<str>]>,
}

impl Known {
    /// Rewrites the text as SQLite takes it.
    fn first_seen(text: &str) -> Known {
        let rewritten = match sql::for_sqlite(text) {
            std::borrow::Cow::Borrowed(_) => None,
            std::borrow::Cow::Owned(changed) => Some(changed.into_boxed_str()),
        };
        Known { rewritten, columns: Box::default() }
    }
}

/// One connection.
pub(crate) struct SqliteSession {
    connection: Connection,
    /// Statements as written.
    known: HashMap<Box<str>, Known>,
    pub(crate) flags: Flags,
    /// The mode that the connection was opened for: readers refuse writes for good.
    opened_for: Mode,
}

impl SqliteSession {
    pub(crate) fn open(place: &Place, mode: Mode) -> Result<SqliteSession, StorageError> {
        let connection = match place {
            Place::Memory => Connection::open_in_memory(),
            Place::File(path) => {
                refuse_non_file(path)?;
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_CREATE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags)
            }
        };
        let session = connection.and_then(|connection| {
            prepare_connection(&connection, mode)?;
            Ok(SqliteSession {
                connection,
                known: HashMap::new(),
                flags: Flags::default(),
                opened_for: mode,
            })
        });
        session.map_err(|error| cannot_open(place, error))
    }

    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    pub(crate) fn begin(&mut self, mode: Mode) -> Result<(), StorageError> {
        self.command(match mode {
            Mode::Write => "BEGIN IMMEDIATE",
            Mode::Read => "BEGIN DEFERRED",
        })
    }

    pub(crate) fn commit(&mut self) -> Result<(), StorageError> {
        self.command("COMMIT")
    }

    pub(crate) fn rollback(&mut self) {
        if self.in_transaction()
            && let Err(error) = self.command("ROLLBACK")
        {
            tracing::warn!(%error, "a rollback failed");
        }
    }

    /// Makes the writer's own connection refuse writes while a read runs on it (in memory).
    pub(crate) fn set_query_only(&mut self, on: bool) -> Result<(), StorageError> {
        if self.opened_for == Mode::Read {
            return Ok(());
        }
        self.command(if on { "PRAGMA query_only = 1" } else { "PRAGMA query_only = 0" })
    }

    pub(crate) fn command(&mut self, text: &'static str) -> Result<(), StorageError> {
        let done =
            self.connection.prepare_cached(text).and_then(|mut statement| statement.raw_execute());
        done.map(|_| ()).map_err(|error| self.failed(text, error))
    }

    /// Copies the write-ahead log, between transactions.
    pub(crate) fn checkpoint(&mut self, extent: Extent) -> Result<Log, StorageError> {
        let text = match extent {
            Extent::Nothing => "PRAGMA wal_checkpoint(NOOP)",
            Extent::WhatIsFree => "PRAGMA wal_checkpoint(PASSIVE)",
            Extent::AllWithin(_) => "PRAGMA wal_checkpoint(RESTART)",
        };
        let done = match extent {
            Extent::Nothing | Extent::WhatIsFree => checkpoint(&self.connection, text),
            Extent::AllWithin(wait) => self.connection.busy_timeout(wait).and_then(|()| {
                let log = checkpoint(&self.connection, text);
                self.connection.busy_timeout(BUSY_TIMEOUT)?;
                log
            }),
        };
        done.map_err(|error| self.failed(text, error))
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), StorageError> {
        // A script may change tables, and so what statements answer.
        self.known.clear();
        let done = self.connection.execute_batch(text);
        done.map_err(|error| self.failed(text, error))
    }

    pub(crate) fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, StorageError> {
        let known = known(&mut self.known, text);
        let done = prepare(&self.connection, known, text)
            .and_then(|mut statement| {
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                // A statement that answers rows (RETURNING) is run to its end all the same.
                while rows.next()?.is_some() {}
                drop(rows);
                Ok(())
            })
            .map(|()| self.connection.changes());
        done.map_err(|error| self.failed(text, error))
    }

    pub(crate) fn rows(
        &mut self,
        text: &str,
        params: &[Value],
        on_row: &mut OnRow,
    ) -> Result<(), StorageError> {
        let mut refused = None;
        let known = known(&mut self.known, text);
        let done = prepare(&self.connection, known, text).and_then(|mut statement| {
            bind(&mut statement, params)?;
            if known.columns.len() != statement.column_count() {
                known.columns = statement.column_names().map(Box::from).collect();
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                match on_row(&Row::sqlite(row, &known.columns)) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        refused = Some(error);
                        break;
                    }
                }
            }
            Ok(())
        });
        done.map_err(|error| self.failed(text, error))?;
        refused.map_or(Ok(()), Err)
    }

    /// SQLite computes row by row, so that every answer is a stream.
    pub(crate) fn stream(
        &mut self,
        text: &str,
        params: &[Value],
        on_row: &mut OnRow,
    ) -> Result<(), StorageError> {
        self.rows(text, params, on_row)
    }

    pub(crate) fn insert_many<R: AsRef<[Value]>>(
        &mut self,
        into: &Insert,
        rows: impl Iterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let columns: Vec<&Column> = into.columns.iter().collect();
        self.run_rows(&into.one_row_sql(), into.table, &columns, rows, |_| Ok(()))
    }

    pub(crate) fn update_many<R: AsRef<[Value]>>(
        &mut self,
        update: &Update,
        rows: impl Iterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let columns: Vec<&Column> = update.columns().collect();
        let mut seen = KeysSeen::default();
        self.run_rows(&update.one_row_sql(), update.table, &columns, rows, |row| {
            seen.check(update, row)
        })
    }

    fn run_rows<R: AsRef<[Value]>>(
        &mut self,
        text: &str,
        table: &str,
        columns: &[&Column],
        rows: impl Iterator<Item = R>,
        mut check: impl FnMut(&[Value]) -> Result<(), StorageError>,
    ) -> Result<u64, StorageError> {
        let mut touched = 0;
        let mut refused = None;
        let done = self.connection.prepare_cached(text).and_then(|mut statement| {
            for row in rows {
                let row = row.as_ref();
                if let Err(error) = check_row(table, columns, row).and_then(|()| check(row)) {
                    refused = Some(error);
                    break;
                }
                for (value, number) in row.iter().zip(1_usize..) {
                    statement.raw_bind_parameter(number, value)?;
                }
                touched += statement.raw_execute()? as u64;
            }
            Ok(())
        });
        done.map_err(|error| self.failed(text, error))?;
        refused.map_or(Ok(touched), Err)
    }

    fn failed(&mut self, text: &str, error: rusqlite::Error) -> StorageError {
        self.flags.failed = true;
        statement_error(text, error)
    }
}

/// What is known of the statement.
fn known<'k>(all: &'k mut HashMap<Box<str>, Known>, text: &str) -> &'k mut Known {
    if !all.contains_key(text) {
        if all.len() >= TEXTS_KNOWN {
            all.clear();
        }
        all.insert(text.into(), Known::first_seen(text));
    }
    all.get_mut(text).expect("the statement was put in if it was not there")
}

/// The prepared statement.
fn prepare<'c>(
    connection: &'c Connection,
    known: &Known,
    text: &str,
) -> rusqlite::Result<CachedStatement<'c>> {
    connection.prepare_cached(known.rewritten.as_deref().unwrap_or(text))
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Int(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(Borrowed::Text(text.as_bytes())),
            Value::Static(text) => ToSqlOutput::Borrowed(Borrowed::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(Borrowed::Blob(bytes)),
            Value::Uuid(id) => ToSqlOutput::Borrowed(Borrowed::Blob(id.as_bytes())),
            // Lists are bound as arrays by `bind` and never reach this.
            Value::Null | Value::Uuids(_) | Value::Texts(_) | Value::Ints(_) => {
                ToSqlOutput::Owned(Owned::Null)
            }
        })
    }
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value]) -> rusqlite::Result<()> {
    let expected = statement.parameter_count();
    if expected != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(params.len(), expected));
    }
    for (value, number) in params.iter().zip(1_usize..) {
        match list(value) {
            Some(list) => statement.raw_bind_parameter(number, Rc::new(list))?,
            None => statement.raw_bind_parameter(number, value)?,
        }
    }
    Ok(())
}

fn list(value: &Value) -> Option<Vec<Owned>> {
    match value {
        Value::Uuids(ids) => {
            Some(ids.iter().map(|id| Owned::Blob(id.as_bytes().to_vec())).collect())
        }
        Value::Ints(numbers) => Some(numbers.iter().map(|n| Owned::Integer(*n)).collect()),
        Value::Texts(texts) => Some(texts.iter().map(|t| Owned::Text(t.clone())).collect()),
        _ => None,
    }
}

fn checkpoint(connection: &Connection, text: &str) -> rusqlite::Result<Log> {
    connection.prepare_cached(text)?.query_row([], |row| {
        Ok(Log { busy: row.get::<_, i64>(0)? != 0, pages: row.get(1)?, copied: row.get(2)? })
    })
}

fn prepare_connection(connection: &Connection, mode: Mode) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let cache_kib = match mode {
        Mode::Write => WRITER_CACHE_KIB,
        Mode::Read => READER_CACHE_KIB,
    };
    // FULL, not NORMAL: an answered write must survive a power cut, and in WAL mode only FULL
    // syncs the log on every commit. The log is copied by `checkpoint.rs`.
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = {MMAP_BYTES};
         PRAGMA cache_size = -{cache_kib};"
    ))?;
    if mode == Mode::Read {
        // A long list that is sorted goes through a file: memory stays flat.
        connection.execute_batch("PRAGMA temp_store = FILE; PRAGMA query_only = ON;")?;
    }
    rusqlite::vtab::array::load_module(connection)
}

/// Says what is wrong before SQLite says "unable to open database file".
fn refuse_non_file(path: &Path) -> Result<(), StorageError> {
    let reason = if path.as_os_str().is_empty() {
        "it names no file; write sqlite:PATH or sqlite::memory:"
    } else if path.is_dir() {
        "it is a directory; name a file in it"
    } else if path.parent().is_some_and(|parent| !parent.as_os_str().is_empty() && !parent.is_dir())
    {
        "its directory does not exist; create it first"
    } else {
        return Ok(());
    };
    Err(StorageError::Open {
        target: format!("sqlite:{}", path.display()),
        reason: reason.to_owned(),
        source: None,
    })
}

fn cannot_open(place: &Place, error: rusqlite::Error) -> StorageError {
    let target = match place {
        Place::Memory => "sqlite::memory:".to_owned(),
        Place::File(path) => format!("sqlite:{}", path.display()),
    };
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "the file is not a SQLite database",
        Some(ErrorCode::CannotOpen) => "the file cannot be created or read; check its permissions",
        Some(ErrorCode::ReadOnly) => "the file or its directory is read-only",
        Some(ErrorCode::DatabaseBusy) => "another process keeps it locked",
        _ => "SQLite refused it",
    };
    StorageError::Open { target, reason: reason.to_owned(), source: Some(Arc::new(error)) }
}

fn statement_error(text: &str, error: rusqlite::Error) -> StorageError {
    if let rusqlite::Error::InvalidParameterCount(given, expected) = error {
        return StorageError::bad_query(format!(
            "{expected} parameters are written but {given} are bound: {}",
            shorten(text)
        ));
    }
    if let rusqlite::Error::SqliteFailure(failure, message) = &error
        && failure.code == ErrorCode::ConstraintViolation
    {
        let message = message.clone().unwrap_or_default();
        let constraint = message
            .rsplit_once("failed: ")
            .map_or(message.as_str(), |(_, constraint)| constraint)
            .to_owned();
        let unique = [
            ffi::SQLITE_CONSTRAINT_UNIQUE,
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
            ffi::SQLITE_CONSTRAINT_ROWID,
        ];
        return if unique.contains(&failure.extended_code) {
            StorageError::Unique { constraint }
        } else {
            StorageError::Constraint { constraint: message }
        };
    }
    let source: Cause = Arc::new(error);
    StorageError::Statement { sql: shorten(text), source }
}

/// The start of a statement on one line, for messages.
pub(crate) fn shorten(text: &str) -> String {
    let mut short = String::with_capacity(160);
    for word in text.split_whitespace() {
        if short.len() + word.len() > 300 {
            short.push_str(" ..");
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}
