//! Columns read back as the domain's own types. What the code wrote always reads; anything else is a fault of the
//! database's contents, reported with the column's name.

use florin_crypto::KeyRing;
use florin_storage::{Row, StorageError};

/// The column does not hold what the code writes there. The content itself is not repeated.
pub(crate) fn bad(column: &'static str, expected: &'static str) -> StorageError {
    StorageError::Column { column: column.to_owned(), expected, found: "something else".to_owned() }
}

/// A word of a closed list.
pub(crate) fn word<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StorageError> {
    row.parse(column, "a word of its list", parse)
}

/// A word of a closed list, or NULL.
pub(crate) fn optional_word<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, StorageError> {
    let Some(text) = row.get::<Option<String>>(column)? else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| bad(column, "a word of its list"))
}

/// A small number, such as a day of the month; or NULL.
pub(crate) fn small<T: TryFrom<i64>>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, StorageError> {
    let Some(number) = row.get::<Option<i64>>(column)? else { return Ok(None) };
    T::try_from(number).map(Some).map_err(|_| bad(column, "a small number"))
}

/// A sealed column's text; a value that the key ring does not open is a fault of the database or of the key ring.
pub(crate) fn sealed(
    row: &Row<'_>,
    keys: &KeyRing,
    id: &[u8],
    column: &'static str,
    context: &str,
) -> Result<Option<String>, StorageError> {
    let Some(sealed) = row.get::<Option<Vec<u8>>>(column)? else { return Ok(None) };
    let plain = keys.open(context, id, &sealed).map_err(|error| StorageError::Column {
        column: column.to_owned(),
        expected: "a value sealed with a key on the ring",
        found: error.to_string(),
    })?;
    String::from_utf8(plain).map(Some).map_err(|_| bad(column, "sealed text"))
}
