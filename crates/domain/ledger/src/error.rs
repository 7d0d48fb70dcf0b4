//! Why the ledger refuses.

use florin_ids::EntryId;
use florin_storage::StorageError;

/// Why the ledger did not book. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The postings do not sum to zero.
    #[error("entry {entry} is out of balance by {sum}")]
    Unbalanced {
        /// The entry.
        entry: EntryId,
        /// Debits less credits, in minor units.
        sum: i128,
    },
    /// Fewer than two postings.
    #[error("entry {entry} has fewer than two postings")]
    TooFewPostings {
        /// The entry.
        entry: EntryId,
    },
    /// The id is booked already with other lines.
    #[error("entry {entry} is booked already with other postings")]
    Mismatch {
        /// The entry.
        entry: EntryId,
    },
    /// There is no such pending entry.
    #[error("entry {entry} is not pending")]
    NotPending {
        /// The entry.
        entry: EntryId,
    },
    /// The pending entry has ended the other way.
    #[error("entry {entry} has been resolved otherwise")]
    Resolved {
        /// The entry.
        entry: EntryId,
    },
    /// There is no such posted entry.
    #[error("entry {entry} is not a posted entry")]
    NotPosted {
        /// The entry.
        entry: EntryId,
    },
    /// A balance would leave the range of 64-bit minor units.
    #[error("a balance would leave its range")]
    Overflow,
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}
