//! One live transaction, the same on both engines.

use crate::bulk::{Insert, Update};
use crate::db::Engine;
use crate::error::StorageError;
use crate::row::Row;
use crate::value::Value;

/// One live transaction.
pub struct Tx {}

impl Tx {
    /// The engine it runs on.
    pub fn engine(&self) -> Engine {
        todo!()
    }
    /// Runs a statement; answers how many rows it touched.
    pub fn execute(&mut self, _sql: &str, _params: &[Value]) -> Result<u64, StorageError> {
        todo!()
    }
    /// Maps every row.
    pub fn query<T>(
        &mut self,
        _sql: &str,
        _params: &[Value],
        _map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        todo!()
    }
    /// First row if any.
    pub fn query_opt<T>(
        &mut self,
        _sql: &str,
        _params: &[Value],
        _map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        todo!()
    }
    /// First row, else NoRow.
    pub fn query_one<T>(
        &mut self,
        _sql: &str,
        _params: &[Value],
        _map: impl FnMut(&Row) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        todo!()
    }
    /// Streams.
    pub fn for_each(
        &mut self,
        _sql: &str,
        _params: &[Value],
        _f: impl FnMut(&Row) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        todo!()
    }
    /// Bulk insert.
    pub fn insert_many<R: AsRef<[Value]>>(
        &mut self,
        _into: &Insert,
        _rows: impl IntoIterator<Item = R>,
    ) -> Result<u64, StorageError> {
        todo!()
    }
    /// Bulk update.
    pub fn update_many<R: AsRef<[Value]>>(
        &mut self,
        _update: &Update,
        _rows: impl IntoIterator<Item = R>,
    ) -> Result<u64, StorageError> {
        todo!()
    }
    /// Part that may fail alone.
    pub fn savepoint<T, E: From<StorageError>>(
        &mut self,
        _f: impl FnOnce(&mut Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        todo!()
    }
}
