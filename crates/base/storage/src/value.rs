//! Values that go into statements and come out of rows.
//!
//! Columns are integers, text, bytes or UUIDs on both engines; everything richer has one
//! encoding, stated here: booleans 0/1, dates ISO text, timestamps microseconds since 1970 UTC,
//! decimals normalised text.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use uuid::Uuid;

/// One bound parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// SQL NULL, for a column of any type.
    Null,
    /// BIGINT: integers, booleans (0/1), money (minor units), timestamps (microseconds UTC).
    Int(i64),
    /// TEXT.
    Text(String),
    /// TEXT known at compile time (a status, a kind): binds without an allocation.
    Static(&'static str),
    /// BYTEA.
    Bytes(Vec<u8>),
    /// UUID (16 bytes on SQLite).
    Uuid(Uuid),
    /// The list behind `= ANY(?n)` over UUIDs.
    Uuids(Vec<Uuid>),
    /// The list behind `= ANY(?n)` over text.
    Texts(Vec<String>),
    /// The list behind `= ANY(?n)` over integers.
    Ints(Vec<i64>),
}

/// Makes `&[Value]` of anything that converts: `params![tenant, id, amount_minor]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        (&[$($crate::Value::from($value)),*] as &[$crate::Value])
    };
}

impl Value {
    /// A list of ids for `= ANY(?n)`.
    pub fn uuids<I: Into<Uuid>>(ids: impl IntoIterator<Item = I>) -> Value {
        Value::Uuids(ids.into_iter().map(Into::into).collect())
    }

    /// A text known at compile time; saves the copy that `Value::from` makes.
    pub const fn fixed(text: &'static str) -> Value {
        Value::Static(text)
    }

    /// The array type of a list in PostgreSQL.
    pub(crate) fn list_type(&self) -> Option<&'static str> {
        match self {
            Value::Uuids(_) => Some("uuid[]"),
            Value::Texts(_) => Some("text[]"),
            Value::Ints(_) => Some("bigint[]"),
            _ => None,
        }
    }

    /// What this is, for error messages (never the content).
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Int(_) => "an integer",
            Value::Text(_) | Value::Static(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Uuid(_) => "a UUID",
            Value::Uuids(_) => "a list of UUIDs",
            Value::Texts(_) => "a list of texts",
            Value::Ints(_) => "a list of integers",
        }
    }
}

macro_rules! value_from {
    ($($source:ty => |$it:ident| $make:expr;)*) => {
        $(impl From<$source> for Value {
            fn from($it: $source) -> Value { $make }
        })*
    };
}

value_from! {
    i64 => |v| Value::Int(v);
    i32 => |v| Value::Int(i64::from(v));
    u32 => |v| Value::Int(i64::from(v));
    u16 => |v| Value::Int(i64::from(v));
    u8 => |v| Value::Int(i64::from(v));
    bool => |v| Value::Int(i64::from(v));
    &str => |v| Value::Text(v.to_owned());
    String => |v| Value::Text(v);
    &String => |v| Value::Text(v.clone());
    Uuid => |v| Value::Uuid(v);
    &Uuid => |v| Value::Uuid(*v);
    Vec<u8> => |v| Value::Bytes(v);
    &[u8] => |v| Value::Bytes(v.to_vec());
    Vec<Uuid> => |v| Value::Uuids(v);
    &[Uuid] => |v| Value::Uuids(v.to_vec());
    Vec<String> => |v| Value::Texts(v);
    Vec<i64> => |v| Value::Ints(v);
    Date => |v| Value::Text(date_text(v));
    Timestamp => |v| Value::Int(v.as_microsecond());
    Decimal => |v| Value::Text(v.normalize().to_string());
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Value {
        Value::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// `YYYY-MM-DD`, written by hand because bulk writes format one per row. Years are 0..=9999 in
/// every date that a contract can carry; others fall back to the general formatter.
fn date_text(date: Date) -> String {
    let year = date.year();
    if !(0..=9999).contains(&year) {
        return date.to_string();
    }
    let digit = |number: i16| char::from(b'0' + number.rem_euclid(10) as u8);
    let (month, day) = (i16::from(date.month()), i16::from(date.day()));
    let mut text = String::with_capacity(10);
    for part in [year / 1000, year / 100, year / 10, year] {
        text.push(digit(part));
    }
    for part in [month, day] {
        text.push('-');
        text.push(digit(part / 10));
        text.push(digit(part));
    }
    text
}

/// A value as a row holds it, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    /// SQL NULL.
    Null,
    /// An integer of any width, or a boolean as 0/1.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes; on SQLite a UUID too.
    Bytes(&'a [u8]),
    /// A UUID (PostgreSQL).
    Uuid(Uuid),
}

/// A value that is not what the mapping asked for; [`crate::Row`] adds the column's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What was asked for.
    pub expected: &'static str,
    /// What was found. Text content is not repeated: it may be personal data.
    pub found: String,
}

impl Mismatch {
    /// A mismatch between what was asked for and what the row holds.
    pub fn new(expected: &'static str, found: ValueRef<'_>) -> Mismatch {
        let found = match found {
            ValueRef::Null => "NULL".to_owned(),
            ValueRef::Int(number) => format!("the integer {number}"),
            ValueRef::Text(text) => format!("a text of {} bytes", text.len()),
            ValueRef::Bytes(bytes) => format!("{} bytes", bytes.len()),
            ValueRef::Uuid(_) => "a UUID".to_owned(),
        };
        Mismatch { expected, found }
    }
}

/// What a column can be read as.
///
/// A newtype delegates to the type it wraps: `Uuid::from_value(value).map(LoanId::from_uuid)`.
pub trait FromValue: Sized {
    /// Reads the value, or says what was expected instead.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
}

macro_rules! integer_from_value {
    ($($target:ty => $name:literal;)*) => {
        $(impl FromValue for $target {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                if let ValueRef::Int(number) = value
                    && let Ok(number) = <$target>::try_from(number)
                {
                    return Ok(number);
                }
                Err(Mismatch::new($name, value))
            }
        })*
    };
}

integer_from_value! {
    i64 => "an integer";
    i32 => "a 32-bit integer";
    u64 => "an integer of at least 0";
    u32 => "a 32-bit integer of at least 0";
    u16 => "a 16-bit integer of at least 0";
    u8 => "an integer of 0 to 255";
}

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            other => Err(Mismatch::new("a boolean (0 or 1)", other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            other => Err(Mismatch::new("text", other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_vec()),
            other => Err(Mismatch::new("bytes", other)),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        if let ValueRef::Bytes(bytes) = value
            && let Ok(bytes) = bytes.try_into()
        {
            return Ok(bytes);
        }
        Err(Mismatch::new("bytes of a fixed length", value))
    }
}

impl FromValue for Uuid {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Uuid(id) => Ok(id),
            ValueRef::Bytes(bytes) if bytes.len() == 16 => {
                Uuid::from_slice(bytes).map_err(|_| Mismatch::new("a UUID", value))
            }
            other => Err(Mismatch::new("a UUID", other)),
        }
    }
}

impl FromValue for Date {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        if let ValueRef::Text(text) = value
            && let Ok(date) = text.parse()
        {
            return Ok(date);
        }
        Err(Mismatch::new("a date (YYYY-MM-DD)", value))
    }
}

impl FromValue for Timestamp {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        if let ValueRef::Int(micros) = value
            && let Ok(timestamp) = Timestamp::from_microsecond(micros)
        {
            return Ok(timestamp);
        }
        Err(Mismatch::new("a timestamp (microseconds UTC)", value))
    }
}

impl FromValue for Decimal {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        if let ValueRef::Text(text) = value
            && let Ok(number) = text.parse()
        {
            return Ok(number);
        }
        Err(Mismatch::new("a decimal number as text", value))
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_iso_text() {
        let check = |year: i16, month: i8, day: i8, text: &str| {
            let date = jiff::civil::date(year, month, day);
            assert_eq!(Value::from(date), Value::Text(text.into()));
            assert_eq!(Date::from_value(ValueRef::Text(text)), Ok(date));
        };
        check(2024, 2, 29, "2024-02-29");
        check(1999, 12, 31, "1999-12-31");
        check(1, 1, 1, "0001-01-01");
        check(9999, 10, 20, "9999-10-20");
    }

    #[test]
    fn a_mismatch_says_what_was_expected() {
        let fault = u32::from_value(ValueRef::Int(-1)).expect_err("negative");
        assert_eq!(fault.expected, "a 32-bit integer of at least 0");
        assert_eq!(fault.found, "the integer -1");
        assert!(bool::from_value(ValueRef::Int(2)).is_err());
        assert!(String::from_value(ValueRef::Null).is_err());
        assert_eq!(Option::<i64>::from_value(ValueRef::Null), Ok(None));
    }
}
