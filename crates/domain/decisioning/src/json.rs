//! Columns that hold JSON.

use florin_storage::{Row, StorageError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What such a column holds.
const EXPECTED: &str = "JSON of its shape";

/// The text of a column.
pub(crate) fn write(column: &'static str, value: &impl Serialize) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|_| StorageError::Column {
        column: column.to_owned(),
        expected: EXPECTED,
        found: "something else".to_owned(),
    })
}

/// A column read back.
pub(crate) fn read<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, StorageError> {
    row.parse(column, EXPECTED, |text| serde_json::from_str(text).ok())
}
