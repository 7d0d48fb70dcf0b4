//! One live transaction, the same on both engines.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bulk::{Insert, Update};
use crate::db::Engine;
use crate::error::StorageError;
use crate::list_counts::Counts;
use crate::list_facts::Facts;
use crate::postgres::PostgresSession;
use crate::row::Row;
use crate::sql;
use crate::sqlite::{Extent, Log, SqliteSession};
use crate::testing::Plan;
use crate::value::Value;
use crate::work::Mode;

/// One live transaction. It owns its connection for as long as the closure runs.
pub struct Tx {
    session: Session,
    /// The lengths of long lists, shared by all connections of a database.
    pub(crate) counts: Arc<Counts>,
    /// The tables that lists were asked of on this connection.
    pub(crate) facts: HashMap<Box<str>, Arc<Facts>>,
    /// Plans of the lists' statements, while a test gathers them.
    pub(crate) plans: Option<Vec<Plan>>,
}

pub(crate) enum Session {
    Sqlite(SqliteSession),
    Postgres(Box<PostgresSession>),
}

/// What has happened to the transaction that is under way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    /// A statement failed, so a commit is refused.
    pub(crate) failed: bool,
    /// The engine asked for the whole transaction to be run again.
    pub(crate) rerun: bool,
}

/// What a row callback says: go on, or no more rows.
pub(crate) type OnRow<'f> = dyn FnMut(&Row) -> Result<bool, StorageError> + 'f;

macro_rules! on_session {
    ($self:ident, $session:ident => $body:expr) => {
        match &mut $self.session {
            Session::Sqlite($session) => $body,
            Session::Postgres($session) => $body,
        }
    };
}

impl Tx {
    /// The engine it runs on. Only needed where the engines differ in more than SQL.
    pub fn engine(&self) -> Engine {
        match self.session {
            Session::Sqlite(_) => Engine::Sqlite,
            Session::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; answers how many rows it touched.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StorageError> {
        on_session!(self, session => session.execute(sql, params))
    }

    /// Maps every row of the answer.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        let mut items = Vec::new();
        let on_row: &mut OnRow = &mut |row| {
            items.push(map(row)?);
            Ok(true)
        };
        on_session!(self, session => session.rows(sql, params, on_row))?;
        Ok(items)
    }

    /// Maps the rows of listed keys: `sql` is a `SELECT` with one `= ANY(?n)` over an indexed key, without
    /// `ORDER BY` or `LIMIT`; the rows come in no particular order. Each key is looked up by the index, whatever
    /// the planner knows of the table, and a row lock is taken in the order of the list.
    ///
    /// A key that is listed twice may be answered twice.
    pub fn query_keys<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        if self.engine() == Engine::Sqlite {
            return self.query(sql, params, map);
        }
        let list_type = |number: usize| params.get(number.checked_sub(1)?)?.list_type();
        self.query(&sql::keyed(sql, list_type), params, map)
    }

    /// Maps the first row of the answer, if there is one.
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        mut map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        let mut found = None;
        let on_row: &mut OnRow = &mut |row| {
            found = Some(map(row)?);
            Ok(false)
        };
        on_session!(self, session => session.rows(sql, params, on_row))?;
        Ok(found)
    }

    /// Maps the first row of the answer; [`StorageError::NoRow`] when there is none.
    pub fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.query_opt(sql, params, map)?.ok_or(StorageError::NoRow)
    }

    /// Hands every row to `f` as it arrives: memory stays flat however long the answer is.
    ///
    /// [`StorageError::Stopped`] from `f` ends the answer early and is a success.
    pub fn for_each(
        &mut self,
        sql: &str,
        params: &[Value],
        mut f: impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let on_row: &mut OnRow = &mut |row| match f(row) {
            Ok(()) => Ok(true),
            Err(StorageError::Stopped) => Ok(false),
            Err(error) => Err(error),
        };
        on_session!(self, session => session.stream(sql, params, on_row))
    }

    /// Inserts many rows with as few round trips as the engine allows; answers how many were
    /// inserted or updated.
    ///
    /// SQLite runs one prepared statement in a loop; PostgreSQL gets arrays (`UNNEST`), or a
    /// binary `COPY` from [`crate::COPY_ROWS`] rows on when there is no conflict clause.
    /// A row may be an array, so that making it needs no allocation.
    pub fn insert_many<R: AsRef<[Value]>>(
        &mut self,
        into: &Insert,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let rows = rows.into_iter();
        on_session!(self, session => session.insert_many(into, rows))
    }

    /// Updates many rows by key; answers how many were found.
    ///
    /// A key must occur once in a call: PostgreSQL would apply one of several and drop the rest
    /// (debug builds refuse such a call on both engines).
    pub fn update_many<R: AsRef<[Value]>>(
        &mut self,
        update: &Update,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<u64, StorageError> {
        let rows = rows.into_iter();
        on_session!(self, session => session.update_many(update, rows))
    }

    /// Runs a part that may fail: its error undoes this part alone and the transaction goes on.
    pub fn savepoint<T, E: From<StorageError>>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.flags();
        self.command("SAVEPOINT part")?;
        let result = f(self);
        let undo = result.is_err() || self.has_failed() && !before.failed;
        if undo && !self.flags().rerun {
            self.command("ROLLBACK TO SAVEPOINT part")?;
            self.set_failed(before.failed);
        }
        if !self.flags().rerun {
            self.command("RELEASE SAVEPOINT part")?;
        }
        match result {
            Ok(_) if undo => Err(StorageError::Aborted.into()),
            result => result,
        }
    }

    pub(crate) fn new(session: Session, counts: &Arc<Counts>) -> Tx {
        Tx { session, counts: Arc::clone(counts), facts: HashMap::new(), plans: None }
    }

    /// Has the statements that follow planned for the values that are bound, as long as the transaction lasts: what
    /// a list asks for may be rare or common.
    pub(crate) fn plan_for_values(&mut self) -> Result<(), StorageError> {
        match &mut self.session {
            Session::Sqlite(_) => Ok(()),
            Session::Postgres(session) => session.plan_for_values(),
        }
    }

    /// Forgets what happened to the transaction before.
    pub(crate) fn start(&mut self) {
        on_session!(self, session => session.flags = Flags::default());
    }

    pub(crate) fn flags(&self) -> Flags {
        match &self.session {
            Session::Sqlite(session) => session.flags,
            Session::Postgres(session) => session.flags,
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.flags().failed
    }

    fn set_failed(&mut self, failed: bool) {
        on_session!(self, session => session.flags.failed = failed);
    }

    pub(crate) fn begin(&mut self, mode: Mode) -> Result<(), StorageError> {
        on_session!(self, session => session.begin(mode))
    }

    pub(crate) fn commit(&mut self) -> Result<(), StorageError> {
        on_session!(self, session => session.commit())
    }

    /// Rolls back; a failure to do so shows at the next `begin`.
    pub(crate) fn rollback(&mut self) {
        on_session!(self, session => session.rollback());
    }

    /// A statement without parameters or rows: savepoints.
    pub(crate) fn command(&mut self, sql: &'static str) -> Result<(), StorageError> {
        on_session!(self, session => session.command(sql))
    }

    /// A script of several statements, as the engine takes it.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), StorageError> {
        on_session!(self, session => session.script(sql))
    }

    /// Copies SQLite's write-ahead log, between transactions.
    pub(crate) fn checkpoint(&mut self, extent: Extent) -> Result<Log, StorageError> {
        match &mut self.session {
            Session::Sqlite(session) => session.checkpoint(extent),
            Session::Postgres(_) => Ok(Log { pages: 0, copied: 0, busy: false }),
        }
    }

    /// Makes the connection refuse writes (a read on the only connection of a database in memory).
    pub(crate) fn set_query_only(&mut self, on: bool) -> Result<(), StorageError> {
        match &mut self.session {
            Session::Sqlite(session) => session.set_query_only(on),
            Session::Postgres(_) => Ok(()),
        }
    }

    /// Whether the connection (and with it the transaction) is still there.
    pub(crate) fn is_alive(&self) -> bool {
        match &self.session {
            Session::Sqlite(session) => session.in_transaction(),
            Session::Postgres(session) => session.is_connected(),
        }
    }
}
