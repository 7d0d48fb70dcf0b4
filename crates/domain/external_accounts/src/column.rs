//! Columns read back as the domain's own types.

use florin_crypto::KeyRing;
use florin_storage::{Row, StorageError, Value};

use crate::bank::BankDigits;

/// The column does not hold what the code writes there. The content itself is not repeated.
pub(crate) fn bad(column: &'static str, expected: &'static str) -> StorageError {
    StorageError::Column { column: column.to_owned(), expected, found: "something else".to_owned() }
}

/// The five custom fields.
pub(crate) fn custom_fields(row: &Row<'_>) -> Result<[Option<String>; 5], StorageError> {
    Ok([
        row.get("custom_field1")?,
        row.get("custom_field2")?,
        row.get("custom_field3")?,
        row.get("custom_field4")?,
        row.get("custom_field5")?,
    ])
}

/// Digits sealed for one place: the column's context and the row's number.
pub(crate) fn sealed(
    keys: &KeyRing,
    context: &str,
    number: i64,
    digits: Option<&BankDigits>,
) -> Value {
    let seal =
        |digits: &BankDigits| keys.seal(context, &number.to_be_bytes(), digits.expose().as_bytes());
    Value::from(digits.map(seal))
}

/// Opens what [`sealed`] wrote.
pub(crate) fn opened(
    row: &Row<'_>,
    keys: &KeyRing,
    column: &'static str,
    context: &str,
    number: i64,
) -> Result<Option<BankDigits>, StorageError> {
    let Some(value) = row.get::<Option<Vec<u8>>>(column)? else { return Ok(None) };
    let plain = keys.open(context, &number.to_be_bytes(), &value).map_err(|error| {
        StorageError::Column {
            column: column.to_owned(),
            expected: "a value sealed with a key on the ring",
            found: error.to_string(),
        }
    })?;
    let text = String::from_utf8(plain).map_err(|_| bad(column, "sealed text"))?;
    Ok(Some(BankDigits::new(text)))
}

/// A column of JSON that the code itself has written.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, StorageError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| bad(column, "JSON"))
}

/// JSON for a column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Value {
    Value::from(
        serde_json::to_string(value)
            .expect("only maps with keys that are no texts fail, there are none"),
    )
}
