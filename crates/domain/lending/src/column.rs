//! Columns read back as the domain's own types. What the code wrote always reads; anything else is a fault of the
//! database's contents, reported with the column's name.

use florin_money::{Currency, Money, Rate};
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

/// The currency in the column `currency`.
pub(crate) fn currency(row: &Row<'_>) -> Result<Currency, StorageError> {
    row.parse("currency", "a currency code", |code| Currency::from_code(code).ok())
}

/// An amount in minor units of `currency`.
pub(crate) fn money(
    row: &Row<'_>,
    column: &'static str,
    currency: Currency,
) -> Result<Money, StorageError> {
    Ok(Money::from_minor(row.get(column)?, currency))
}

/// A rate in micro-percent.
pub(crate) fn rate(row: &Row<'_>, column: &'static str) -> Result<Rate, StorageError> {
    Rate::from_micro_percent(row.get(column)?).map_err(|_| bad(column, "a rate in micro-percent"))
}

/// A rate in micro-percent, or NULL.
pub(crate) fn optional_rate(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<Rate>, StorageError> {
    let Some(micro_percent) = row.get::<Option<i64>>(column)? else { return Ok(None) };
    Rate::from_micro_percent(micro_percent)
        .map(Some)
        .map_err(|_| bad(column, "a rate in micro-percent"))
}
