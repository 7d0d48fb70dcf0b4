//! The PostgreSQL engine: connections, statements, errors. Who runs what when is
//! `postgres_run.rs`.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use ::postgres::config::SslMode;
use ::postgres::error::{Severity, SqlState};
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, NoTls, Statement};

use crate::bulk::{
    Arrays, COPY_HEADER, COPY_ROWS, COPY_TRAILER, Column, Insert, KeysSeen, Update, check_row,
    put_copy_row,
};
use crate::error::{Cause, StorageError};
use crate::row::Row;
use crate::sql;
use crate::sqlite::shorten;
use crate::tx::{Flags, OnRow};
use crate::value::Value;
use crate::work::Mode;

/// Prepared statements kept per connection. Lists with filters make new ones all the time; when
/// there are too many, all are forgotten and prepared again as they come.
const STATEMENTS_KEPT: usize = 500;
/// Rows per `UNNEST` statement, which keeps a bulk write's memory flat.
const UNNEST_ROWS: usize = 10_000;
/// Bytes of `COPY` data per message.
const COPY_BYTES: usize = 256 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a `postgres://` URL; refuses what storage cannot do, without repeating the password.
pub(crate) fn parse_url(url: &str) -> Result<Config, StorageError> {
    let bad = |reason: &str| StorageError::BadUrl { reason: reason.to_owned() };
    let mut config: Config = url.parse().map_err(|_: ::postgres::Error| {
        bad("it is not a PostgreSQL URL such as postgres://user:password@host:5432/name; \
             TLS (sslmode=verify-ca, verify-full) is not built in: use a local TLS proxy")
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(bad(
            "sslmode=require asks for TLS, which is not built in: use a local TLS proxy \
             (stunnel, a cloud provider's connector) or sslmode=disable on a private network",
        ));
    }
    if config.get_hosts().is_empty() {
        return Err(bad("the PostgreSQL URL names no host"));
    }
    config.ssl_mode(SslMode::Disable);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("florin");
    }
    Ok(config)
}

/// One connection.
pub(crate) struct PostgresSession {
    client: Client,
    /// By the text as written.
    statements: HashMap<Box<str>, Statement>,
    arrays: Arrays,
    pub(crate) flags: Flags,
    /// The server said that it ends the connection, before the socket shows it.
    ended: bool,
    /// Whether the server takes `SET enable_seqscan`.
    knows_index_plans: bool,
}

impl PostgresSession {
    pub(crate) fn connect(config: &Config) -> Result<PostgresSession, Cause> {
        let mut client = config.connect(NoTls).map_err(|error| Arc::new(error) as Cause)?;
        // Compiling a bulk statement costs more than running it. A relative of PostgreSQL that
        // has no such setting needs none.
        if let Err(error) = client.batch_execute("SET jit = off") {
            tracing::debug!(%error, "the server knows no jit setting");
        }
        // What a write looks up has an index on all of its key. A planner without fresh statistics
        // takes a table that grows by thousands of rows a second for an empty one, or a tenant
        // for half a percent of it, and reads all of either to find a few.
        let index_plans = client.batch_execute(
            "SET plan_cache_mode = force_generic_plan; \
             SET enable_seqscan = off; SET enable_bitmapscan = off; \
             SET enable_hashjoin = off; SET enable_mergejoin = off",
        );
        Ok(PostgresSession {
            client,
            knows_index_plans: index_plans.is_ok(),
            statements: HashMap::new(),
            arrays: Arrays::new(),
            flags: Flags::default(),
            ended: false,
        })
    }

    pub(crate) fn is_connected(&self) -> bool {
        !self.ended && !self.client.is_closed()
    }

    pub(crate) fn begin(&mut self, mode: Mode) -> Result<(), StorageError> {
        self.script(match mode {
            Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Mode::Read if self.knows_index_plans => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; \
                 SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on"
            }
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
    }

    /// Plans the rest of the transaction's statements for their values.
    pub(crate) fn plan_for_values(&mut self) -> Result<(), StorageError> {
        match self.knows_index_plans {
            true => self.script("SET LOCAL plan_cache_mode = force_custom_plan"),
            false => Ok(()),
        }
    }

    pub(crate) fn commit(&mut self) -> Result<(), StorageError> {
        let done = self.client.batch_execute("COMMIT");
        done.map_err(|error| match error.code() {
            Some(_) => self.failed("COMMIT", error),
            None => StorageError::CommitUnknown { source: Arc::new(error) },
        })
    }

    pub(crate) fn rollback(&mut self) {
        if let Err(error) = self.client.batch_execute("ROLLBACK") {
            tracing::debug!(%error, "a rollback failed; the connection will be replaced");
        }
    }

    pub(crate) fn command(&mut self, text: &str) -> Result<(), StorageError> {
        self.script(text)
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), StorageError> {
        let done = self.client.batch_execute(text);
        done.map_err(|error| self.failed(text, error))
    }

    pub(crate) fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, StorageError> {
        let statement = self.statement(text, params.len())?;
        let done = self.client.execute(&statement, &references(params));
        done.map_err(|error| self.failed(text, error))
    }

    pub(crate) fn rows(
        &mut self,
        text: &str,
        params: &[Value],
        on_row: &mut OnRow,
    ) -> Result<(), StorageError> {
        let statement = self.statement(text, params.len())?;
        let rows = self
            .client
            .query(&statement, &references(params))
            .map_err(|error| self.failed(text, error))?;
        for row in &rows {
            if !on_row(&Row::postgres(row))? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn stream(
        &mut self,
        text: &str,
        params: &[Value],
        on_row: &mut OnRow,
    ) -> Result<(), StorageError> {
        let statement = self.statement(text, params.len())?;
        let mut refused = None;
        let done = self.client.query_raw(&statement, params).and_then(|mut rows| {
            while let Some(row) = rows.next()? {
                match on_row(&Row::postgres(&row)) {
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

    pub(crate) fn insert_many<R: AsRef<[Value]>>(
        &mut self,
        into: &Insert,
        rows: impl Iterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let columns: Vec<&Column> = into.columns.iter().collect();
        if into.on_conflict.is_empty() && rows.size_hint().0 >= COPY_ROWS {
            return self.copy(into, &columns, rows);
        }
        self.unnest(&into.unnest_sql(), into.table, &columns, rows, |_| Ok(()))
    }

    pub(crate) fn update_many<R: AsRef<[Value]>>(
        &mut self,
        update: &Update,
        rows: impl Iterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let columns: Vec<&Column> = update.columns().collect();
        let mut seen = KeysSeen::default();
        self.unnest(&update.unnest_sql(), update.table, &columns, rows, |row| {
            seen.check(update, row)
        })
    }

    /// Runs a statement over arrays, `UNNEST_ROWS` rows at a time.
    fn unnest<R: AsRef<[Value]>>(
        &mut self,
        text: &str,
        table: &str,
        columns: &[&Column],
        rows: impl Iterator<Item = R>,
        mut check: impl FnMut(&[Value]) -> Result<(), StorageError>,
    ) -> Result<u64, StorageError> {
        let mut touched = 0;
        self.arrays.start(columns);
        for row in rows {
            let row = row.as_ref();
            check_row(table, columns, row)?;
            check(row)?;
            self.arrays.push(row)?;
            if self.arrays.rows() == UNNEST_ROWS {
                touched += self.send_arrays(text)?;
                self.arrays.start(columns);
            }
        }
        if self.arrays.rows() > 0 {
            touched += self.send_arrays(text)?;
        }
        Ok(touched)
    }

    fn send_arrays(&mut self, text: &str) -> Result<u64, StorageError> {
        let mut arrays = std::mem::replace(&mut self.arrays, Arrays::new());
        let encoded = arrays.encoded();
        let params: Vec<&(dyn ToSql + Sync)> = encoded.iter().map(|it| it as _).collect();
        let statement = self.statement(text, params.len())?;
        let done = self.client.execute(&statement, &params);
        drop(params);
        drop(encoded);
        self.arrays = arrays;
        done.map_err(|error| self.failed(text, error))
    }

    fn copy<R: AsRef<[Value]>>(
        &mut self,
        into: &Insert,
        columns: &[&Column],
        rows: impl Iterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let text = into.copy_sql();
        let statement = self.statement(&text, 0)?;
        let mut refused = None;
        let done = self.client.copy_in(&statement).map(|mut writer| {
            let mut buffer = Vec::with_capacity(COPY_BYTES + 4_096);
            buffer.extend_from_slice(COPY_HEADER);
            for row in rows {
                let row = row.as_ref();
                let put = check_row(into.table, columns, row)
                    .and_then(|()| put_copy_row(&mut buffer, row));
                if let Err(error) = put {
                    refused = Some(error);
                    return Ok(0);
                }
                if buffer.len() >= COPY_BYTES {
                    // The server's reason for refusing data arrives with `finish`.
                    if writer.write_all(&buffer).is_err() {
                        return writer.finish();
                    }
                    buffer.clear();
                }
            }
            buffer.extend_from_slice(&COPY_TRAILER);
            let _ = writer.write_all(&buffer);
            writer.finish()
        });
        // An unfinished copy is aborted by the server, and the transaction with it.
        self.flags.failed |= refused.is_some();
        let done = done.and_then(|done| done);
        done.map_err(|error| self.failed(&text, error))
            .and_then(|rows| refused.map_or(Ok(rows), Err))
    }

    /// The prepared statement, rewritten and prepared on first sight.
    fn statement(&mut self, text: &str, params: usize) -> Result<Statement, StorageError> {
        let statement = match self.statements.get(text) {
            Some(statement) => statement.clone(),
            None => {
                let prepared = self.client.prepare(&sql::for_postgres(text));
                let prepared = prepared.map_err(|error| self.failed(text, error))?;
                if self.statements.len() >= STATEMENTS_KEPT {
                    self.statements.clear();
                }
                self.statements.insert(text.into(), prepared.clone());
                prepared
            }
        };
        let expected = statement.params().len();
        if expected != params {
            self.flags.failed = true;
            return Err(StorageError::bad_query(format!(
                "{expected} parameters are written but {params} are bound: {}",
                shorten(text)
            )));
        }
        Ok(statement)
    }

    fn failed(&mut self, text: &str, error: ::postgres::Error) -> StorageError {
        self.flags.failed = true;
        self.ended |= is_fatal(&error);
        let code = error.code().cloned();
        if code == Some(SqlState::FEATURE_NOT_SUPPORTED) && !self.statements.is_empty() {
            // "cached plan must not change result type": another node has migrated the table.
            self.statements.clear();
            self.flags.rerun = true;
        }
        if code == Some(SqlState::T_R_SERIALIZATION_FAILURE)
            || code == Some(SqlState::T_R_DEADLOCK_DETECTED)
        {
            self.flags.rerun = true;
        }
        statement_error(text, error)
    }
}

/// Whether the server ends the connection with this error (it shuts down, or was told to).
fn is_fatal(error: &::postgres::Error) -> bool {
    let severity = error.as_db_error().and_then(|fault| fault.parsed_severity());
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}

fn references(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as _).collect()
}

fn statement_error(text: &str, error: ::postgres::Error) -> StorageError {
    if let Some(fault) = error.as_db_error() {
        let constraint = fault.constraint().unwrap_or(fault.message()).to_owned();
        if *fault.code() == SqlState::UNIQUE_VIOLATION {
            return StorageError::Unique { constraint };
        }
        // Class 23: integrity constraint violation.
        if fault.code().code().starts_with("23") {
            return StorageError::Constraint { constraint: fault.message().to_owned() };
        }
    }
    let closed = error.is_closed() || is_fatal(&error);
    let source: Cause = Arc::new(error);
    if closed {
        return StorageError::Connection { source };
    }
    StorageError::Statement { sql: shorten(text), source }
}
