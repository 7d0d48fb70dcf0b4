//! What can go wrong between a closure and its durable answer.

use std::error::Error;
use std::sync::Arc;

/// An engine's own error, shared because one failed `COMMIT` answers a whole group of callers.
pub type Cause = Arc<dyn Error + Send + Sync + 'static>;

/// Every failure of storage. `Display` never prints the source; walk the chain for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// `query_one` found nothing.
    #[error("the query that must find a row found none")]
    NoRow,
    /// A unique or primary key already holds this value.
    #[error("a unique key is already taken: {constraint}")]
    Unique {
        /// PostgreSQL: the constraint's name. SQLite: its message with the columns.
        constraint: String,
    },
    /// Another constraint (foreign key, check, not null, column type) refused a row.
    #[error("a constraint refused the row: {constraint}")]
    Constraint {
        /// The engine's words for the constraint.
        constraint: String,
    },
    /// A column holds something else than the mapping asks for.
    #[error("column \"{column}\" holds {found} where {expected} is expected")]
    Column {
        /// Name (or position) of the column.
        column: String,
        /// What the caller asked for.
        expected: &'static str,
        /// What the row holds.
        found: String,
    },
    /// The mapping asks for a column that the query does not answer.
    #[error("the query answers no column \"{column}\"")]
    NoColumn {
        /// Name (or position) asked for.
        column: String,
    },
    /// The statement itself is not one that storage can run, whatever the data.
    #[error("the query cannot run: {reason}")]
    BadQuery {
        /// What is wrong, for a programmer.
        reason: String,
    },
    /// The `--database` setting cannot be understood.
    #[error("the database setting is wrong: {reason}")]
    BadUrl {
        /// What is wrong and what would be right. Holds no password.
        reason: String,
    },
    /// The database named by the `--database` setting cannot be opened.
    #[error("the database setting \"{target}\" cannot be opened: {reason}")]
    Open {
        /// The setting without its password.
        target: String,
        /// What to do about it.
        reason: String,
        /// The engine's error.
        #[source]
        source: Option<Cause>,
    },
    /// The database was migrated by a newer binary.
    #[error(
        "the database is newer than this binary: migration set \"{set}\" is at version {database}, \
         this binary knows {binary}; start a newer florin"
    )]
    Newer {
        /// Name of the migration set.
        set: String,
        /// Version that the database has.
        database: i64,
        /// Newest version that the binary knows (0 = it does not know the set).
        binary: i64,
    },
    /// A migration file is misnamed or failed.
    #[error("migration {set}/{file} failed: {reason}")]
    Migration {
        /// Name of the migration set.
        set: String,
        /// File name.
        file: String,
        /// What is wrong.
        reason: String,
        /// The engine's error.
        #[source]
        source: Option<Box<StorageError>>,
    },
    /// The database is shutting down.
    #[error("the database is closed")]
    Closed,
    /// More closures wait than `DbOptions::max_queued` allows.
    #[error("too many transactions are waiting ({limit})")]
    Overloaded {
        /// The limit that was reached.
        limit: usize,
    },
    /// The closure panicked; its transaction was rolled back.
    #[error("the transaction panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The closure answered `Ok` although one of its statements had failed.
    #[error("the transaction was rolled back because a statement in it had failed")]
    Aborted,
    /// The transaction met others on every one of its tries.
    #[error("the transaction met concurrent ones on each of {tries} tries")]
    Conflict {
        /// How often it ran.
        tries: u32,
    },
    /// The connection broke while `COMMIT` was under way: it may or may not have happened.
    #[error("the connection broke during commit; whether it happened is unknown")]
    CommitUnknown {
        /// The engine's error.
        #[source]
        source: Cause,
    },
    /// The connection broke, and so did the attempts to open a new one.
    #[error("the connection to the database is lost")]
    Connection {
        /// The engine's error.
        #[source]
        source: Cause,
    },
    /// The engine refused a statement.
    #[error("a statement failed: {sql}")]
    Statement {
        /// The statement, shortened; never its values.
        sql: String,
        /// The engine's error.
        #[source]
        source: Cause,
    },
    /// Returned by a row callback that wants no more rows; `for_each` and `list_each` take it as
    /// a success.
    #[error("the reader stopped")]
    Stopped,
}

impl StorageError {
    /// Whether a unique or primary key was already taken.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, StorageError::Unique { .. })
    }

    /// A query that no data could make right, in words for a programmer.
    pub fn bad_query(reason: impl Into<String>) -> StorageError {
        StorageError::BadQuery { reason: reason.into() }
    }
}
