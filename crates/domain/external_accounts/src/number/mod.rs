//! The tenant's integer ids: one counter a kind, a row each.
//!
//! A number is taken in the transaction that uses it, so numbers ascend in the order of the commits and none is
//! skipped when something is refused.

mod repo;

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx};

use crate::words::named;

named! {
    /// What is numbered.
    Series {
        /// Programs.
        Program = "program",
        /// Customers.
        Customer = "customer",
        /// Settlement accounts, external accounts and the programs' own accounts.
        Account = "account",
        /// Transactions.
        Transaction = "transaction",
    }
}

/// The next number of a series; the first is 1 unless [`start_in`] chose another. Nobody else gets a number of the
/// series before the transaction ends.
///
/// # Errors
/// The database's.
pub(crate) fn next_in(tx: &mut Tx, tenant: TenantId, series: Series) -> Result<i64, StorageError> {
    repo::take(tx, tenant, series)
}

/// Waits until nobody else may get a number of the series before the transaction ends, and takes none.
///
/// # Errors
/// The database's.
pub(crate) fn hold_in(tx: &mut Tx, tenant: TenantId, series: Series) -> Result<(), StorageError> {
    repo::raise(tx, tenant, series, 0)?;
    repo::lock(tx, tenant, series)
}

/// Lets a series begin at `first` or go on from there; a series that is past it already stays where it is.
///
/// # Errors
/// The database's.
pub(crate) fn start_in(
    tx: &mut Tx,
    tenant: TenantId,
    series: Series,
    first: i64,
) -> Result<(), StorageError> {
    repo::raise(tx, tenant, series, first.saturating_sub(1))
}
