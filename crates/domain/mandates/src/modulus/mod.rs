//! The modulus check of British accounts, once an operator has loaded the weight table.
//!
//! Pay.UK publishes the table under its own licence and renews it several times a year, so none comes with Florin. It is
//! one for the whole installation and lies in the database, so that every server goes by it at once. Without one,
//! account numbers are held to their form alone.

mod repo;

use florin_direct_debit::account::{AccountNumber, SortCode};
use florin_direct_debit::modulus::{ModulusTable, Verdict};
use florin_storage::{Db, StorageError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;

pub use florin_direct_debit::modulus::{TableError, TableFile};

/// What is told of an account that there cannot be, beside its number.
pub const NO_SUCH_ACCOUNT: &str =
    "This account number does not go with the sort code. Check both of them.";

/// The table that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The date of its publication.
    pub as_of: Date,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// How many lines with weights it has.
    pub lines: i64,
    /// How many sort codes it has substitutes for.
    pub substitutes: i64,
}

/// The published files.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// What `valacdos.txt` holds.
    pub weights: &'a str,
    /// What `scsubtab.txt` holds; may be empty where no line of the other needs it.
    pub substitutes: &'a str,
    /// The date of their publication.
    pub as_of: Date,
}

/// Why a table was not loaded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is at fault.
    #[error("the weight table is at fault")]
    Table(#[from] TableError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

/// Puts a table in the place of the one that counts, as a whole or not at all.
///
/// # Errors
/// [`LoadError`].
pub async fn load(db: &Db, files: Published<'_>, now: Timestamp) -> Result<Loaded, LoadError> {
    let table = ModulusTable::read(files.weights, files.substitutes)?;
    table.prove_whole()?;
    let loaded = Loaded {
        as_of: files.as_of,
        loaded_at: now,
        lines: i64::try_from(table.lines().len()).unwrap_or(i64::MAX),
        substitutes: i64::try_from(table.substitutes().len()).unwrap_or(i64::MAX),
    };
    db.write(move |tx| repo::replace(tx, &table, &loaded)).await?;
    Ok(loaded)
}

/// The table that counts; `None` where there is none.
///
/// # Errors
/// The database's.
pub async fn loaded(db: &Db) -> Result<Option<Loaded>, StorageError> {
    db.read(repo::loaded).await
}

/// Takes the table away; answers whether there was one.
///
/// # Errors
/// The database's.
pub async fn remove(db: &Db) -> Result<bool, StorageError> {
    db.write(repo::delete).await
}

/// Whether there cannot be such an account. What is no sort code and account number is not judged, nor is a sort code
/// that the table does not hold.
///
/// # Errors
/// The database's.
pub fn refuses_in(
    tx: &mut Tx,
    sort_code: &str,
    account_number: &str,
) -> Result<bool, StorageError> {
    let read = (SortCode::parse(sort_code), AccountNumber::parse(account_number));
    let (Ok(code), Ok(account)) = read else { return Ok(false) };
    Ok(repo::part(tx, code.number())?.check(code, account) == Verdict::Invalid)
}
