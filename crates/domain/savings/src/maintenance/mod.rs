//! Maintenance: while it is on, the savings API answers every partner that it is offline. A setting in the database, so
//! that it holds for every process on it.

mod repo;

use florin_storage::{Db, StorageError};
use jiff::Timestamp;

/// Switches maintenance on or off; doing so twice is as good as once.
///
/// # Errors
/// The database's.
pub async fn set_maintenance(db: &Db, is_on: bool, now: Timestamp) -> Result<(), StorageError> {
    db.write(move |tx| if is_on { repo::begin(tx, now) } else { repo::end(tx) }).await
}

/// Since when maintenance has been on; `None` while it is off.
///
/// # Errors
/// The database's.
pub async fn maintenance_since(db: &Db) -> Result<Option<Timestamp>, StorageError> {
    db.read(repo::since).await
}
