//! What a data point is, and how its value is read. Pure.

use florin_ids::{ApplicationId, DataPointId, InputSourceId};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::error::FieldError;
use crate::expression::{Kind, Value};

/// The most characters of a text value.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// The longest text of a number that is read.
const MAX_NUMBER_CHARS: usize = 64;

/// One value of an input source for an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPoint {
    /// Its id; of two for the same source and application the one with the higher id counts.
    pub id: DataPointId,
    /// Whose value it is.
    pub input_source: InputSourceId,
    /// What it is for.
    pub application: ApplicationId,
    /// The value, of the source's type.
    pub value: Value,
    /// Who was asked for it; `None` when the partner sent it.
    pub provider: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of a data point; `None` is "not sent".
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of DataPoint, documented there")]
pub struct DataPointFields {
    pub input_source: Option<InputSourceId>,
    pub application: Option<ApplicationId>,
    /// As it was sent: which types will do depends on the input source.
    pub value: Option<Json>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// Reads a value of a type. A number may be sent as text, a boolean as `"true"` or `"false"`; a date is
/// `YYYY-MM-DD`.
///
/// # Errors
/// What is wrong, as a sentence.
pub fn value_of(json: &Json, kind: Kind) -> Result<Value, String> {
    match kind {
        Kind::Boolean => match json {
            Json::Bool(value) => Some(Value::Boolean(*value)),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
            _ => None,
        }
        .ok_or_else(|| "Must be a valid boolean.".to_owned()),
        Kind::Number => match json {
            Json::Number(number) => number_of(&number.to_string()),
            Json::String(text) => number_of(text.trim()),
            _ => None,
        }
        .map(Value::Number)
        .ok_or_else(|| "A valid number is required.".to_owned()),
        Kind::String => match json {
            Json::String(text) if text.chars().count() > MAX_TEXT_CHARS => {
                Err(format!("Ensure this field has no more than {MAX_TEXT_CHARS} characters."))
            }
            Json::String(text) if text.contains('\0') => {
                Err("Null characters are not allowed.".to_owned())
            }
            Json::String(text) => Ok(Value::String(text.clone())),
            _ => Err("Not a valid string.".to_owned()),
        },
        Kind::Date => json.as_str().and_then(date_of).map(Value::Date).ok_or_else(|| {
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.".to_owned()
        }),
    }
}

/// A decimal number, exactly: never rounded, never NaN.
fn number_of(text: &str) -> Option<Decimal> {
    if text.len() > MAX_NUMBER_CHARS {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let is_plain = mantissa
        .strip_prefix(['+', '-'])
        .unwrap_or(mantissa)
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_plain || !mantissa.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = Decimal::from_str_exact(mantissa).ok()?.normalize();
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    if let Ok(scale) = u32::try_from(scale) {
        return Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok();
    }
    let power = 10_i128.checked_pow(scale.unsigned_abs())?;
    Decimal::try_from_i128_with_scale(value.mantissa().checked_mul(power)?, 0).ok()
}

/// `YYYY-MM-DD` and nothing else.
fn date_of(text: &str) -> Option<Date> {
    let is_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_shaped.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_of_the_sources_type() {
        let check = |json: Json, kind: Kind, expected: Option<&str>| {
            let read = value_of(&json, kind).ok().map(|value| value.to_string());
            assert_eq!(read.as_deref(), expected, "{json} as {kind}");
        };
        check(json!(true), Kind::Boolean, Some("True"));
        check(json!("FALSE"), Kind::Boolean, Some("False"));
        check(json!(1), Kind::Boolean, None);
        check(json!("yes"), Kind::Boolean, None);
        check(json!(12.50), Kind::Number, Some("12.5"));
        check(json!("12.50"), Kind::Number, Some("12.5"));
        check(json!("-1e3"), Kind::Number, Some("-1000"));
        check(json!("1.5e-2"), Kind::Number, Some("0.015"));
        check(json!("0e99"), Kind::Number, Some("0"));
        check(json!("1e99"), Kind::Number, None);
        check(json!("NaN"), Kind::Number, None);
        check(json!("--1"), Kind::Number, None);
        check(json!(""), Kind::Number, None);
        check(json!(true), Kind::Number, None);
        check(json!([1]), Kind::Number, None);
        check(json!("test"), Kind::String, Some("test"));
        check(json!(""), Kind::String, Some(""));
        check(json!(1), Kind::String, None);
        check(json!("x".repeat(1_001)), Kind::String, None);
        check(json!("2026-02-28"), Kind::Date, Some("2026-02-28"));
        check(json!("2026-02-30"), Kind::Date, None);
        check(json!("20260228"), Kind::Date, None);
        check(json!(20260228), Kind::Date, None);
    }
}
