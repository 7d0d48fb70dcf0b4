//! Many rows with one statement.
//!
//! Round trips are the cost and rows are nearly free, so every hot path writes its effects with
//! one call per table. On SQLite a call is one prepared statement in a loop. On PostgreSQL the
//! rows become one binary array a column (`INSERT .. SELECT * FROM UNNEST(..)`,
//! `UPDATE .. FROM UNNEST(..)`), or a binary `COPY` when there are many and nothing can conflict.

use std::collections::HashSet;

use ::postgres::types::Type as PgType;

use crate::error::StorageError;
use crate::pg_value::Encoded;
use crate::sql;
use crate::value::Value;

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

/// From this many rows on, PostgreSQL takes a plain insert as a binary `COPY`.
pub const COPY_ROWS: usize = 500;

impl Type {
    /// Name of the type in a PostgreSQL cast.
    fn postgres(self) -> &'static str {
        match self {
            Type::Int => "bigint",
            Type::Text => "text",
            Type::Bytes => "bytea",
            Type::Uuid => "uuid",
        }
    }

    fn oid(self) -> u32 {
        match self {
            Type::Int => PgType::INT8,
            Type::Text => PgType::TEXT,
            Type::Bytes => PgType::BYTEA,
            Type::Uuid => PgType::UUID,
        }
        .oid()
    }

    /// Whether a column of this type takes the value.
    fn fits(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (_, Value::Null)
                | (Type::Int, Value::Int(_))
                | (Type::Text, Value::Text(_) | Value::Static(_))
                | (Type::Bytes, Value::Bytes(_))
                | (Type::Uuid, Value::Uuid(_))
        )
    }
}

impl Insert {
    /// `INSERT .. VALUES (?1, ..)`, run once a row.
    pub(crate) fn one_row_sql(&self) -> String {
        let values: Vec<String> = (1..=self.columns.len()).map(|n| format!("?{n}")).collect();
        let values = values.join(", ");
        format!("{} VALUES ({values}) {}", self.head(), self.on_conflict)
    }

    /// `INSERT .. SELECT .. FROM UNNEST(..)`, run once a batch.
    pub(crate) fn unnest_sql(&self) -> String {
        let arrays = unnest(self.columns.iter());
        format!("{} SELECT * FROM {arrays} {}", self.head(), self.on_conflict)
    }

    pub(crate) fn copy_sql(&self) -> String {
        let columns = names(self.columns);
        format!("COPY {} ({columns}) FROM STDIN BINARY", self.table)
    }

    /// The row that is there is called `t` where the conflict clause calls it so; else by the
    /// table's name, which an alias would hide.
    fn head(&self) -> String {
        let alias = if mentions_t(self.on_conflict) { " AS t" } else { "" };
        format!("INSERT INTO {}{alias} ({})", self.table, names(self.columns))
    }
}

fn mentions_t(sql: &str) -> bool {
    sql.match_indices("t.").any(|(at, _)| {
        at > 0 && !sql::is_name_byte(sql.as_bytes()[at - 1]) && sql.as_bytes()[at - 1] != b'.'
    })
}

impl Update {
    /// `UPDATE .. SET a = ?2, n = n + ?3 WHERE k = ?1`, run once a row.
    pub(crate) fn one_row_sql(&self) -> String {
        let first_set = self.keys.len() + 1;
        let first_add = first_set + self.set.len();
        let set = self.set.iter().zip(first_set..).map(|((name, _), n)| format!("{name} = ?{n}"));
        let add = self
            .add
            .iter()
            .zip(first_add..)
            .map(|((name, _), n)| format!("{name} = {name} + ?{n}"));
        let keys = self.keys.iter().zip(1..).map(|((name, _), n)| format!("{name} = ?{n}"));
        format!(
            "UPDATE {} SET {} WHERE {}",
            self.table,
            set.chain(add).collect::<Vec<_>>().join(", "),
            keys.collect::<Vec<_>>().join(" AND ")
        )
    }

    /// `UPDATE t SET a = u.a, n = t.n + u.n FROM UNNEST(..) AS u WHERE t.k = u.k`.
    pub(crate) fn unnest_sql(&self) -> String {
        let set = self.set.iter().map(|(name, _)| format!("{name} = u.{name}"));
        let add = self.add.iter().map(|(name, _)| format!("{name} = t.{name} + u.{name}"));
        let keys = self.keys.iter().map(|(name, _)| format!("t.{name} = u.{name}"));
        let columns: Vec<&str> = self.columns().map(|(name, _)| *name).collect();
        format!(
            "UPDATE {} AS t SET {} FROM {} AS u({}) WHERE {}",
            self.table,
            set.chain(add).collect::<Vec<_>>().join(", "),
            unnest(self.columns()),
            columns.join(", "),
            keys.collect::<Vec<_>>().join(" AND ")
        )
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.keys.iter().chain(self.set).chain(self.add)
    }
}

/// Name and type.
pub(crate) type Column = (&'static str, Type);

fn names(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn unnest<'c>(columns: impl Iterator<Item = &'c Column>) -> String {
    let arrays: Vec<String> =
        columns.zip(1..).map(|((_, ty), n)| format!("?{n}::{}[]", ty.postgres())).collect();
    format!("UNNEST({})", arrays.join(", "))
}

/// Refuses a row that does not fit its columns, on both engines alike.
pub(crate) fn check_row(
    table: &str,
    columns: &[&Column],
    row: &[Value],
) -> Result<(), StorageError> {
    if row.len() != columns.len() {
        return Err(StorageError::bad_query(format!(
            "a bulk row for {table} has {} values for {} columns",
            row.len(),
            columns.len()
        )));
    }
    for ((name, ty), value) in columns.iter().copied().zip(row) {
        if !ty.fits(value) {
            return Err(StorageError::bad_query(format!(
                "{table}.{name} is {ty:?} but a bulk row holds {}",
                value.describe()
            )));
        }
    }
    Ok(())
}

/// Refuses a key that occurs twice in one update. Debug builds only: it costs a hash a row.
#[derive(Default)]
pub(crate) struct KeysSeen(HashSet<Vec<Value>>);

impl KeysSeen {
    pub(crate) fn check(&mut self, update: &Update, row: &[Value]) -> Result<(), StorageError> {
        if cfg!(debug_assertions) && !self.0.insert(row[..update.keys.len()].to_vec()) {
            return Err(StorageError::bad_query(format!(
                "a bulk update of {} names the same key twice",
                update.table
            )));
        }
        Ok(())
    }
}

/// Writes one value as PostgreSQL's binary protocol wants it: length, then content.
fn put(out: &mut Vec<u8>, value: &Value) -> Result<(), StorageError> {
    let content: &[u8] = match value {
        Value::Int(number) => {
            out.extend_from_slice(&8_i32.to_be_bytes());
            out.extend_from_slice(&number.to_be_bytes());
            return Ok(());
        }
        Value::Uuid(id) => id.as_bytes(),
        Value::Text(text) => text.as_bytes(),
        Value::Static(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
        _ => {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return Ok(());
        }
    };
    let length = i32::try_from(content.len())
        .map_err(|_| StorageError::bad_query("a value is longer than 2 GiB"))?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
    Ok(())
}

/// Rows turned into one binary array a column, without an allocation a row.
pub(crate) struct Arrays {
    columns: Vec<Vec<u8>>,
    rows: usize,
}

/// Dimensions, has-NULL flag, element type, length, lower bound.
const ARRAY_HEADER: usize = 20;

impl Arrays {
    pub(crate) fn new() -> Arrays {
        Arrays { columns: Vec::new(), rows: 0 }
    }

    /// Empties it for columns of these types; the buffers keep their memory.
    pub(crate) fn start(&mut self, columns: &[&Column]) {
        self.rows = 0;
        self.columns.resize_with(columns.len(), Vec::new);
        for (buffer, (_, ty)) in self.columns.iter_mut().zip(columns.iter().copied()) {
            buffer.clear();
            buffer.extend_from_slice(&1_i32.to_be_bytes());
            buffer.extend_from_slice(&0_i32.to_be_bytes());
            buffer.extend_from_slice(&ty.oid().to_be_bytes());
            buffer.extend_from_slice(&0_i32.to_be_bytes());
            buffer.extend_from_slice(&1_i32.to_be_bytes());
            debug_assert_eq!(buffer.len(), ARRAY_HEADER);
        }
    }

    /// Adds a row that `check_row` has passed.
    pub(crate) fn push(&mut self, row: &[Value]) -> Result<(), StorageError> {
        for (buffer, value) in self.columns.iter_mut().zip(row) {
            if *value == Value::Null {
                buffer[7] = 1;
            }
            put(buffer, value)?;
        }
        self.rows += 1;
        Ok(())
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The arrays as bound parameters.
    pub(crate) fn encoded(&mut self) -> Vec<Encoded<'_>> {
        let rows = i32::try_from(self.rows).unwrap_or(i32::MAX).to_be_bytes();
        for buffer in &mut self.columns {
            buffer[12..16].copy_from_slice(&rows);
        }
        self.columns.iter().map(|buffer| Encoded(buffer)).collect()
    }
}

/// First bytes of a binary `COPY`: signature, flags, no header extension.
pub(crate) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Last bytes of a binary `COPY`.
pub(crate) const COPY_TRAILER: [u8; 2] = [0xff, 0xff];

/// Adds a row that `check_row` has passed to a binary `COPY`.
pub(crate) fn put_copy_row(out: &mut Vec<u8>, row: &[Value]) -> Result<(), StorageError> {
    let columns = i16::try_from(row.len()).unwrap_or(i16::MAX);
    out.extend_from_slice(&columns.to_be_bytes());
    row.iter().try_for_each(|value| put(out, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: Update = Update {
        table: "balance",
        keys: &[("tenant_id", Type::Uuid), ("id", Type::Uuid)],
        set: &[("note", Type::Text)],
        add: &[("posted", Type::Int)],
    };

    #[test]
    fn updates_are_written_for_both_engines() {
        assert_eq!(
            ADD.one_row_sql(),
            "UPDATE balance SET note = ?3, posted = posted + ?4 WHERE tenant_id = ?1 AND id = ?2"
        );
        assert_eq!(
            ADD.unnest_sql(),
            "UPDATE balance AS t SET note = u.note, posted = t.posted + u.posted \
             FROM UNNEST(?1::uuid[], ?2::uuid[], ?3::text[], ?4::bigint[]) \
             AS u(tenant_id, id, note, posted) WHERE t.tenant_id = u.tenant_id AND t.id = u.id"
        );
    }

    #[test]
    fn the_row_that_is_there_has_two_names() {
        let check = |clause: &str, alias: bool| assert_eq!(mentions_t(clause), alias, "{clause}");
        check("", false);
        check("ON CONFLICT (id) DO NOTHING", false);
        check("ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n", true);
        check("ON CONFLICT (id) DO UPDATE SET n = account.n + excluded.n", false);
    }
}
