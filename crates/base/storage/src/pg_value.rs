//! PostgreSQL's binary formats of our values.
//!
//! A parameter is written in the type that the server inferred for it, so that an integer can
//! meet BIGINT, INTEGER, NUMERIC (the type of `SUM(bigint)`) or BOOLEAN; a column is read by the
//! type that the server declares.

use std::error::Error;

use ::postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use bytes::{BufMut, BytesMut};
use uuid::Uuid;

use crate::value::{Mismatch, Value, ValueRef};

type Fault = Box<dyn Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Int(number) => write_int(*number, ty, out)?,
            Value::Text(text) => write_text(text, ty, out)?,
            Value::Static(text) => write_text(text, ty, out)?,
            Value::Bytes(bytes) if *ty == Type::BYTEA => out.put_slice(bytes),
            Value::Bytes(bytes) if *ty == Type::UUID && bytes.len() == 16 => out.put_slice(bytes),
            Value::Uuid(id) if *ty == Type::UUID || *ty == Type::BYTEA => {
                out.put_slice(id.as_bytes());
            }
            Value::Uuids(ids) if *ty == Type::UUID_ARRAY => {
                array(out, &Type::UUID, ids.len());
                for id in ids {
                    out.put_i32(16);
                    out.put_slice(id.as_bytes());
                }
            }
            Value::Ints(numbers) if *ty == Type::INT8_ARRAY => {
                array(out, &Type::INT8, numbers.len());
                for number in numbers {
                    out.put_i32(8);
                    out.put_i64(*number);
                }
            }
            Value::Texts(texts) if *ty == Type::TEXT_ARRAY => {
                array(out, &Type::TEXT, texts.len());
                for text in texts {
                    out.put_i32(length(text.len())?);
                    out.put_slice(text.as_bytes());
                }
            }
            _ => return Err(refused(self.describe(), ty)),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Bytes that are already in the binary format of the parameter's type.
#[derive(Debug)]
pub(crate) struct Encoded<'a>(pub(crate) &'a [u8]);

impl ToSql for Encoded<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn refused(what: &str, ty: &Type) -> Fault {
    format!("{what} is bound where PostgreSQL expects {ty}; a CAST in the statement says which")
        .into()
}

pub(crate) fn length(bytes: usize) -> Result<i32, Fault> {
    i32::try_from(bytes).map_err(|_| "a value is longer than 2 GiB".into())
}

/// The header of a one-dimensional array without NULLs.
fn array(out: &mut BytesMut, element: &Type, len: usize) {
    out.put_i32(i32::from(len > 0));
    out.put_i32(0);
    out.put_u32(element.oid());
    if len > 0 {
        out.put_i32(i32::try_from(len).unwrap_or(i32::MAX));
        out.put_i32(1);
    }
}

fn write_int(number: i64, ty: &Type, out: &mut BytesMut) -> Result<(), Fault> {
    match *ty {
        Type::INT8 => out.put_i64(number),
        Type::INT4 => out.put_i32(i32::try_from(number)?),
        Type::INT2 => out.put_i16(i16::try_from(number)?),
        Type::BOOL => out.put_u8(u8::from(number != 0)),
        Type::NUMERIC => write_numeric(number, out),
        _ => return Err(refused("an integer", ty)),
    }
    Ok(())
}

fn write_text(text: &str, ty: &Type, out: &mut BytesMut) -> Result<(), Fault> {
    match *ty {
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            out.put_slice(text.as_bytes());
            Ok(())
        }
        _ => Err(refused("text", ty)),
    }
}

/// NUMERIC travels as base-10,000 digits: count, weight of the first, sign, scale, digits.
fn write_numeric(number: i64, out: &mut BytesMut) {
    let mut digits = [0_u16; 5];
    let mut count = 0;
    let mut rest = number.unsigned_abs();
    while rest > 0 {
        digits[count] = (rest % 10_000) as u16;
        rest /= 10_000;
        count += 1;
    }
    out.put_u16(count as u16);
    out.put_i16(count as i16 - 1);
    out.put_u16(if number < 0 { 0x4000 } else { 0 });
    out.put_u16(0);
    for digit in digits[..count].iter().rev() {
        out.put_u16(*digit);
    }
}

fn read_numeric(raw: &[u8]) -> Option<i64> {
    let word = |at: usize| Some(u16::from_be_bytes([*raw.get(at)?, *raw.get(at + 1)?]));
    let count = usize::from(word(0)?);
    let weight = i32::from(word(2)?.cast_signed());
    let negative = match word(4)? {
        0 => false,
        0x4000 => true,
        _ => return None,
    };
    let mut number: i128 = 0;
    for position in 0..=weight.max(count as i32 - 1) {
        let index = position as usize;
        let digit = if index < count { word(8 + 2 * index)? } else { 0 };
        if position > weight {
            if digit != 0 {
                return None;
            }
            continue;
        }
        number = number.checked_mul(10_000)?.checked_add(i128::from(digit))?;
    }
    i64::try_from(if negative { -number } else { number }).ok()
}

/// A column's bytes as the server sent them; `None` is NULL.
pub(crate) struct RawColumn<'a>(pub(crate) Option<&'a [u8]>);

impl<'a> FromSql<'a> for RawColumn<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(RawColumn(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(RawColumn(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Reads a column in the server's declared type.
pub(crate) fn decode<'a>(ty: &Type, raw: Option<&'a [u8]>) -> Result<ValueRef<'a>, Mismatch> {
    let Some(raw) = raw else {
        return Ok(ValueRef::Null);
    };
    let value = match *ty {
        Type::INT8 => raw.try_into().ok().map(i64::from_be_bytes).map(ValueRef::Int),
        Type::INT4 => {
            raw.try_into().ok().map(|bytes| ValueRef::Int(i64::from(i32::from_be_bytes(bytes))))
        }
        Type::INT2 => {
            raw.try_into().ok().map(|bytes| ValueRef::Int(i64::from(i16::from_be_bytes(bytes))))
        }
        Type::BOOL => raw.first().map(|byte| ValueRef::Int(i64::from(*byte != 0))),
        Type::NUMERIC => read_numeric(raw).map(ValueRef::Int),
        Type::UUID => Uuid::from_slice(raw).ok().map(ValueRef::Uuid),
        Type::BYTEA => Some(ValueRef::Bytes(raw)),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
            std::str::from_utf8(raw).ok().map(ValueRef::Text)
        }
        _ => None,
    };
    value.ok_or_else(|| Mismatch {
        expected: "an integer, text, bytes or a UUID",
        found: format!("a value of type {ty} that is none of these"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_pass_through_numeric() {
        for number in [0, 1, -1, 9_999, 10_000, -10_001, 100_000_000, i64::MAX, i64::MIN] {
            let mut out = BytesMut::new();
            write_numeric(number, &mut out);
            assert_eq!(read_numeric(&out), Some(number));
        }
    }

    #[test]
    fn trailing_zero_groups_of_numeric_are_implied() {
        // 10,000 as the server sends it: one digit group, weight 1.
        let raw = [0, 1, 0, 1, 0, 0, 0, 0, 0, 1];
        assert_eq!(read_numeric(&raw), Some(10_000));
        // 0.5 has a fraction.
        let raw = [0, 1, 0xff, 0xff, 0, 0, 0, 1, 0x13, 0x88];
        assert_eq!(read_numeric(&raw), None);
    }
}
