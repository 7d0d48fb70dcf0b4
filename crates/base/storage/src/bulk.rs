//! Many rows with one statement.

/// Type of a column in a bulk statement; each may hold [`crate::Value::Null`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// BIGINT.
    Int,
    /// TEXT.
    Text,
    /// BYTEA.
    Bytes,
    /// UUID.
    Uuid,
}

/// A bulk insert; a `const` beside the entity's other SQL. A row holds its columns in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Insert {
    /// Table.
    pub table: &'static str,
    /// Columns with their types.
    pub columns: &'static [(&'static str, Type)],
    /// `""`, `ON CONFLICT (..) DO NOTHING` or
    /// `ON CONFLICT (..) DO UPDATE SET x = t.x + excluded.x`, where `t` (or the table's own
    /// name) is the row that is there. With `DO UPDATE` a key may occur once in a call.
    pub on_conflict: &'static str,
}

/// A bulk update; a row holds its keys, then what is set, then what is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Update {
    /// Table.
    pub table: &'static str,
    /// Columns that find the row; a key may occur once in a call.
    pub keys: &'static [(&'static str, Type)],
    /// Columns that become the value.
    pub set: &'static [(&'static str, Type)],
    /// Columns that the value is added to (`col = col + value`).
    pub add: &'static [(&'static str, Type)],
}
