//! One set of queries on two engines: embedded SQLite and PostgreSQL.
//!
//! A caller hands a closure to [`Db::write`] or [`Db::read`]; it runs inside one
//! transaction on a [`Tx`] and the answer comes back when the transaction is durable.
//! Domain code inside the closure is synchronous and never sees a connection.
//!
//! # SQL
//!
//! SQL is written once, with `?1` parameters, over columns that are integers, text, bytes or
//! UUIDs. What differs between the engines is rewritten here and nowhere else (see [`sql`]):
//!
//! | written | SQLite runs | PostgreSQL runs |
//! |---|---|---|
//! | `?1` | `?1` | `$1` |
//! | `id = ANY(?2)` | `id IN rarray(?2)` | `id = ANY($2)` |
//! | `id <> ALL(?2)` | `id NOT IN rarray(?2)` | `id <> ALL($2)` |
//! | `FOR UPDATE`, `FOR SHARE`, `SKIP LOCKED` | nothing (there is one writer) | as written |
//!
//! # What runs again
//!
//! A closure is `FnMut` because PostgreSQL may ask to run it again: after a serialization
//! failure or a deadlock (SQLSTATE 40001, 40P01), or when the connection broke before `COMMIT`
//! was sent. It must therefore take its effects from its transaction only. It never runs again
//! after a `COMMIT` whose answer was lost: that is [`StorageError::CommitUnknown`].
//!
//! # Failing inside a transaction
//!
//! A closure that returns an error or panics leaves no trace. A closure whose statement failed
//! and that answers `Ok` all the same is rolled back too ([`StorageError::Aborted`]), on both
//! engines, because PostgreSQL would refuse to commit it; use [`Tx::savepoint`] to try
//! something that may fail.

mod bulk;
mod checkpoint;
mod db;
mod ddl;
mod error;
mod list_counts;
mod list_facts;
mod list_run;
mod list_sql;
mod listing;
mod migrate;
mod pg_value;
mod postgres;
mod postgres_run;
mod queue;
mod row;
pub mod sql;
mod sqlite;
mod sqlite_run;
pub mod testing;
mod tx;
mod value;
mod words;
mod work;

pub use bulk::{COPY_ROWS, Insert, Type, Update};
pub use db::{Db, DbOptions, Engine};
pub use error::StorageError;
pub use listing::{EXACT_ROWS, Field, Filter, Kind, ListQuery, ListSource, Op, Page};
pub use migrate::MigrationSet;
pub use queue::BatchQueue;
pub use row::Row;
pub use tx::Tx;
pub use value::{FromValue, Mismatch, Value, ValueRef};
