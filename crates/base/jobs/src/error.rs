use florin_storage::StorageError;

/// Why the queue could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The database refused or failed.
    #[error("the job table could not be read or written")]
    Storage(#[from] StorageError),
}
