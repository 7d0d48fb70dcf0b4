//! The handle.

use crate::error::StorageError;
use crate::migrate::MigrationSet;
use crate::tx::Tx;

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
    /// Read connections.
    pub read_connections: usize,
    /// Write connections.
    pub postgres_connections: usize,
    /// Most waiting.
    pub max_queued: usize,
}

impl Default for DbOptions {
    fn default() -> Self {
        DbOptions { read_connections: 4, postgres_connections: 8, max_queued: 65_536 }
    }
}

/// A database; clones share it.
#[derive(Clone)]
pub struct Db {}

impl Db {
    /// Opens.
    pub fn open(_url: &str, _options: &DbOptions) -> Result<Db, StorageError> {
        todo!()
    }
    /// Engine.
    pub fn engine(&self) -> Engine {
        todo!()
    }
    /// Migrates.
    pub fn migrate(&self, _sets: &[MigrationSet]) -> Result<(), StorageError> {
        todo!()
    }
    /// Write.
    pub async fn write<T, E>(
        &self,
        _f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        todo!()
    }
    /// Read.
    pub async fn read<T, E>(
        &self,
        _f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        todo!()
    }
    /// Write.
    pub fn write_blocking<T, E>(
        &self,
        _f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        todo!()
    }
    /// Read.
    pub fn read_blocking<T, E>(
        &self,
        _f: impl FnMut(&mut Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        todo!()
    }
    /// Close.
    pub fn close(&self) {
        todo!()
    }
}
