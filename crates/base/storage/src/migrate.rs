//! Numbered SQL files, applied once each.
//!
//! Every crate with tables owns a [`MigrationSet`]; the table `schema_migration` remembers what
//! has been applied. All missing files of all sets run in one transaction, under a lock, so that
//! nodes may start together and a failing file leaves the database as it was.

use std::collections::BTreeMap;

use crate::db::Engine;
use crate::ddl;
use crate::error::StorageError;
use crate::tx::Tx;

/// The migrations of one crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MigrationSet {
    /// Name, for good.
    pub name: &'static str,
    /// File name (`0001_accounts.sql`, numbered from 1 without a gap) and text. Types and table
    /// ends are PostgreSQL's; storage rewrites them for SQLite (UUID, BYTEA, BIGINT, TEXT only).
    pub files: &'static [(&'static str, &'static str)],
}

/// Key of PostgreSQL's advisory lock: "florin" in ASCII.
const LOCK_KEY: i64 = 0x66_6c_6f_72_69_6e;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    set_name TEXT NOT NULL,
    version BIGINT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (set_name, version)
);";

pub(crate) fn migrate_in(tx: &mut Tx, sets: &[MigrationSet]) -> Result<(), StorageError> {
    if tx.engine() == Engine::Postgres {
        // Held until the transaction ends. Taken before the table is made: two nodes making one
        // table at once fail even with IF NOT EXISTS.
        tx.script(&format!("SELECT pg_advisory_xact_lock({LOCK_KEY})"))?;
    }
    tx.script(&ddl::for_engine(TABLE, tx.engine()))?;
    let applied = applied(tx)?;
    refuse_newer(sets, &applied)?;
    for set in sets {
        let done = applied.get(set.name).copied().unwrap_or(0);
        for ((file, text), version) in set.files.iter().zip(1_i64..) {
            check_name(set, file, version)?;
            if version > done {
                apply(tx, set, file, text, version)?;
            }
        }
    }
    Ok(())
}

/// Newest version of every set in the database.
fn applied(tx: &mut Tx) -> Result<BTreeMap<String, i64>, StorageError> {
    let rows = tx.query(
        "SELECT set_name, MAX(version) AS version FROM schema_migration GROUP BY set_name",
        &[],
        |row| Ok((row.get("set_name")?, row.get("version")?)),
    )?;
    Ok(rows.into_iter().collect())
}

fn refuse_newer(
    sets: &[MigrationSet],
    applied: &BTreeMap<String, i64>,
) -> Result<(), StorageError> {
    for (name, database) in applied {
        let known = sets.iter().find(|set| set.name == name);
        let binary = known.map_or(0, |set| i64::try_from(set.files.len()).unwrap_or(i64::MAX));
        if *database > binary {
            return Err(StorageError::Newer { set: name.clone(), database: *database, binary });
        }
    }
    Ok(())
}

fn check_name(set: &MigrationSet, file: &str, version: i64) -> Result<(), StorageError> {
    let number = file.split('_').next().and_then(|digits| digits.parse().ok());
    if number == Some(version) && file.ends_with(".sql") {
        return Ok(());
    }
    Err(StorageError::Migration {
        set: set.name.to_owned(),
        file: file.to_owned(),
        reason: format!("its name must begin with {version:04}_ and end with .sql"),
        source: None,
    })
}

fn apply(
    tx: &mut Tx,
    set: &MigrationSet,
    file: &str,
    text: &str,
    version: i64,
) -> Result<(), StorageError> {
    tracing::info!(set = set.name, file, "applying a migration");
    let script = ddl::for_engine(text, tx.engine());
    tx.script(&script).map_err(|error| StorageError::Migration {
        set: set.name.to_owned(),
        file: file.to_owned(),
        reason: "the database refused it".to_owned(),
        source: Some(Box::new(error)),
    })?;
    tx.execute(
        "INSERT INTO schema_migration (set_name, version, file) VALUES (?1, ?2, ?3)",
        crate::params![set.name, version, file],
    )?;
    Ok(())
}
