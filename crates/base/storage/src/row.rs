//! One row of an answer, read by column name.

use std::cell::Cell;

use crate::error::StorageError;
use crate::pg_value::{self, RawColumn};
use crate::value::{FromValue, Mismatch, ValueRef};

/// One row; valid inside the mapping closure only.
pub struct Row<'a> {
    inner: Inner<'a>,
    /// Where the next column is looked for first: mappings mostly read in the order selected,
    /// so finding a column by its name is one comparison.
    next: Cell<usize>,
}

enum Inner<'a> {
    /// With the names of its columns.
    Sqlite(&'a rusqlite::Row<'a>, &'a [Box<str>]),
    Postgres(&'a ::postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>, columns: &'a [Box<str>]) -> Row<'a> {
        Row { inner: Inner::Sqlite(row, columns), next: Cell::new(0) }
    }

    pub(crate) fn postgres(row: &'a ::postgres::Row) -> Row<'a> {
        Row { inner: Inner::Postgres(row), next: Cell::new(0) }
    }

    /// Reads a column by name.
    ///
    /// Fails with [`StorageError::NoColumn`] or [`StorageError::Column`], both naming it.
    pub fn get<T: FromValue>(&self, column: &str) -> Result<T, StorageError> {
        let index = self.find(column)?;
        let fault = |mismatch: Mismatch| column_fault(column, mismatch);
        T::from_value(self.value(index).map_err(fault)?).map_err(fault)
    }

    /// Reads a column by position, the first being 0.
    pub fn at<T: FromValue>(&self, index: usize) -> Result<T, StorageError> {
        if index >= self.len() {
            return Err(StorageError::NoColumn { column: format!("#{index}") });
        }
        let fault = |mismatch: Mismatch| column_fault(self.name(index), mismatch);
        T::from_value(self.value(index).map_err(fault)?).map_err(fault)
    }

    /// Reads a text column through the caller's own parser, without a copy: for enums.
    ///
    /// A text that the parser does not know is [`StorageError::Column`] with `expected`.
    pub fn parse<T>(
        &self,
        column: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StorageError> {
        let index = self.find(column)?;
        let value = self.value(index).map_err(|mismatch| column_fault(column, mismatch))?;
        let parsed = match value {
            ValueRef::Text(text) => parse(text),
            _ => None,
        };
        parsed.ok_or_else(|| column_fault(column, Mismatch::new(expected, value)))
    }

    /// How many columns the row has.
    fn len(&self) -> usize {
        match self.inner {
            Inner::Sqlite(_, columns) => columns.len(),
            Inner::Postgres(row) => row.len(),
        }
    }

    fn name(&self, index: usize) -> &str {
        match self.inner {
            Inner::Sqlite(_, columns) => columns.get(index).map_or("?", |name| name),
            Inner::Postgres(row) => row.columns().get(index).map_or("?", |it| it.name()),
        }
    }

    fn find(&self, column: &str) -> Result<usize, StorageError> {
        let start = self.next.get();
        let count = self.len();
        let index =
            (start..count).chain(0..start.min(count)).find(|index| self.name(*index) == column);
        let index = index.ok_or_else(|| StorageError::NoColumn { column: column.to_owned() })?;
        self.next.set(index + 1);
        Ok(index)
    }

    fn value(&self, index: usize) -> Result<ValueRef<'_>, Mismatch> {
        match self.inner {
            Inner::Sqlite(row, _) => sqlite_value(row, index),
            Inner::Postgres(row) => match row.try_get::<usize, RawColumn<'_>>(index) {
                Ok(raw) => pg_value::decode(row.columns()[index].type_(), raw.0),
                Err(_) => Err(unreadable()),
            },
        }
    }
}

fn sqlite_value<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<ValueRef<'r>, Mismatch> {
    use rusqlite::types::ValueRef as Sqlite;
    match row.get_ref(index).map_err(|_| unreadable())? {
        Sqlite::Null => Ok(ValueRef::Null),
        Sqlite::Integer(number) => Ok(ValueRef::Int(number)),
        Sqlite::Text(bytes) => std::str::from_utf8(bytes)
            .map(ValueRef::Text)
            .map_err(|_| Mismatch { expected: "text in UTF-8", found: "other bytes".to_owned() }),
        Sqlite::Blob(bytes) => Ok(ValueRef::Bytes(bytes)),
        Sqlite::Real(_) => Err(Mismatch {
            expected: "an integer, text or bytes",
            found: "a floating-point number".to_owned(),
        }),
    }
}

fn unreadable() -> Mismatch {
    Mismatch { expected: "a readable value", found: "none".to_owned() }
}

fn column_fault(column: &str, mismatch: Mismatch) -> StorageError {
    StorageError::Column {
        column: column.to_owned(),
        expected: mismatch.expected,
        found: mismatch.found,
    }
}
