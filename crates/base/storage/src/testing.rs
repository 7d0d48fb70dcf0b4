//! Throwaway databases for tests.

use crate::db::Db;
use crate::migrate::MigrationSet;

/// A fresh migrated database; dropped with this value.
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// URL that another process could open it with.
    pub url: String,
}

/// One fresh migrated database per engine.
pub fn databases(_sets: &[MigrationSet]) -> Vec<TestDb> {
    todo!()
}
