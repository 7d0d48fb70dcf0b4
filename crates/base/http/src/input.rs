//! Lenient reading of request bodies: every field is read on its own, so that one answer can name
//! all faults of a request.
//!
//! A request struct is declared with [`crate::request_body!`]; every field is an [`Input`] of the type
//! that is wanted, so that reading never fails because of a field. The handler then takes the values
//! out through [`crate::Faults`].

use std::borrow::Cow;

use florin_ids::{
    ApiKeyId, ApplicationId, DataPointId, DecisionId, EndUserId, EventId, InputSourceId, JobId,
    LoanId, ProductId, RiskEngineId, RiskEngineSelectorId, ScorecardId, TransactionId,
    WebhookEndpointId,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{RefOr, schema::SchemaType};
use uuid::Uuid;

use crate::error::Message;

/// The longest text of a number that is read; longer ones are no amount of any currency.
const NUMBER_LENGTH_MAX: usize = 64;

/// One field of a request body.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Input<T> {
    /// The field was not sent.
    #[default]
    Missing,
    /// The field was sent as `null`.
    Null,
    /// The field holds a value of its type.
    Ok(T),
    /// The field holds something else; the message says what was wanted.
    Bad(Message),
}

/// A type that a field of a request body can have.
pub trait FromJson: Sized {
    /// Reads a JSON value that is not `null`; the error is the message for the client.
    fn from_json(value: Value) -> Result<Self, Message>;

    /// How the field looks in the OpenAPI document.
    fn schema() -> Schema;
}

impl<'de, T: FromJson> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(match value {
            Value::Null => Self::Null,
            value => match T::from_json(value) {
                Ok(value) => Self::Ok(value),
                Err(message) => Self::Bad(message),
            },
        })
    }
}

impl<T> Input<T> {
    /// Whether the field was sent at all (`null` counts).
    pub fn is_sent(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

fn plain(kind: Type, format: Option<SchemaFormat>) -> Schema {
    let builder = ObjectBuilder::new().schema_type(SchemaType::new(kind));
    Schema::Object(builder.format(format).build())
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            // PostgreSQL cannot store it, and no text of ours needs it.
            Value::String(text) if text.contains('\0') => {
                Err("Null characters are not allowed.".into())
            }
            Value::String(text) => Ok(text),
            _ => Err("Not a valid string.".into()),
        }
    }

    fn schema() -> Schema {
        plain(Type::String, None)
    }
}

impl FromJson for Uuid {
    fn from_json(value: Value) -> Result<Self, Message> {
        value.as_str().and_then(parse_uuid).ok_or_else(|| "Must be a valid UUID.".into())
    }

    fn schema() -> Schema {
        plain(Type::String, Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
    }
}

/// Reads a UUID written with hyphens or without; braces and URN forms are refused.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    match text.len() {
        32 | 36 => Uuid::try_parse(text).ok(),
        _ => None,
    }
}

macro_rules! typed_ids {
    ($($id:ty),+ $(,)?) => {$(
        impl FromJson for $id {
            fn from_json(value: Value) -> Result<Self, Message> {
                Uuid::from_json(value).map(Self::from_uuid)
            }

            fn schema() -> Schema {
                <Uuid as FromJson>::schema()
            }
        }
    )+};
}

typed_ids!(
    ApiKeyId,
    ApplicationId,
    DataPointId,
    DecisionId,
    EndUserId,
    EventId,
    InputSourceId,
    JobId,
    LoanId,
    ProductId,
    RiskEngineId,
    RiskEngineSelectorId,
    ScorecardId,
    TransactionId,
    WebhookEndpointId,
);

impl FromJson for Decimal {
    fn from_json(value: Value) -> Result<Self, Message> {
        number_text(&value)
            .and_then(|text| parse_decimal(&text))
            .ok_or_else(|| "A valid number is required.".into())
    }

    fn schema() -> Schema {
        let kinds = SchemaType::from_iter([Type::Number, Type::String]);
        let format = SchemaFormat::Custom("decimal".to_owned());
        let builder = ObjectBuilder::new().schema_type(kinds);
        Schema::Object(builder.format(Some(format)).build())
    }
}

/// The digits of a JSON number as sent, or of a string that holds one.
fn number_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        _ => None,
    }
}

/// Reads a decimal exactly: digits, at most one point, a sign, an exponent; never NaN, never
/// rounded, at most 28 decimals.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    if text.len() > NUMBER_LENGTH_MAX {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let digits = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !is_plain || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = Decimal::from_str_exact(mantissa).ok()?.normalize();
    scale_by(value, exponent)
}

/// `value` x 10^`exponent`, exactly, or none when it does not fit.
fn scale_by(value: Decimal, exponent: i32) -> Option<Decimal> {
    if value.is_zero() {
        return Some(Decimal::ZERO);
    }
    let scale = i32::try_from(value.scale()).ok()?.checked_sub(exponent)?;
    if scale >= 0 {
        let scale = u32::try_from(scale).ok()?;
        Decimal::try_from_i128_with_scale(value.mantissa(), scale).ok()
    } else {
        let power = 10_i128.checked_pow(scale.unsigned_abs())?;
        Decimal::try_from_i128_with_scale(value.mantissa().checked_mul(power)?, 0).ok()
    }
}

impl FromJson for i64 {
    fn from_json(value: Value) -> Result<Self, Message> {
        number_text(&value)
            .and_then(|text| parse_integer(&text))
            .ok_or_else(|| "A valid integer is required.".into())
    }

    fn schema() -> Schema {
        plain(Type::Integer, Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
    }
}

/// Reads a whole number; `10.0` is one, `10.5` is not.
pub fn parse_integer(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse::<i64>() {
        return Some(value);
    }
    let value = parse_decimal(text)?.normalize();
    if value.scale() != 0 {
        return None;
    }
    i64::try_from(value.mantissa()).ok()
}

impl FromJson for bool {
    fn from_json(value: Value) -> Result<Self, Message> {
        match &value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => parse_bool(text),
            _ => None,
        }
        .ok_or_else(|| "Must be a valid boolean.".into())
    }

    fn schema() -> Schema {
        plain(Type::Boolean, None)
    }
}

/// Reads `true` or `false` in any case.
pub fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

impl FromJson for Date {
    fn from_json(value: Value) -> Result<Self, Message> {
        value.as_str().and_then(parse_date).ok_or_else(|| DATE_MESSAGE.into())
    }

    fn schema() -> Schema {
        plain(Type::String, Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
    }
}

pub(crate) const DATE_MESSAGE: &str =
    "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";

/// Reads an ISO date, `YYYY-MM-DD` and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return None;
    }
    text.parse().ok()
}

/// Any JSON value but `null`, for fields that are kept as sent.
impl FromJson for Value {
    fn from_json(value: Value) -> Result<Self, Message> {
        Ok(value)
    }

    fn schema() -> Schema {
        Schema::Object(ObjectBuilder::new().build())
    }
}

impl FromJson for Map<String, Value> {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            Value::Object(map) => Ok(map),
            value => Err(format!(
                "Expected a dictionary of items but got type \"{}\".",
                type_name(&value)
            )
            .into()),
        }
    }

    fn schema() -> Schema {
        let builder = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
        let any = AdditionalProperties::FreeForm(true);
        Schema::Object(builder.additional_properties(Some(any)).build())
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            Value::Array(items) => items.into_iter().map(T::from_json).collect(),
            value => {
                Err(format!("Expected a list of items but got type \"{}\".", type_name(&value))
                    .into())
            }
        }
    }

    fn schema() -> Schema {
        Schema::Array(ArrayBuilder::new().items(RefOr::T(T::schema())).build())
    }
}

/// The name of a JSON value's type as clients of such interfaces know it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: FromJson>(json: &str) -> Input<T> {
        serde_json::from_str(json).expect("an Input takes every JSON value")
    }

    #[test]
    fn numbers_are_kept_exactly_and_nonsense_is_refused() {
        let check = |json: &str, expected: Option<&str>| {
            let got = match read::<Decimal>(json) {
                Input::Ok(value) => Some(value.to_string()),
                _ => None,
            };
            assert_eq!(got.as_deref(), expected, "{json}");
        };
        check("1000", Some("1000"));
        check("1000.00", Some("1000"));
        check("\"1000.10\"", Some("1000.1"));
        check("\" 12.5 \"", Some("12.5"));
        check("0.1", Some("0.1"));
        check("1e3", Some("1000"));
        check("\"1.5E-2\"", Some("0.015"));
        check("-5", Some("-5"));
        check("9007199254740993.01", Some("9007199254740993.01"));
        check("1e400", None);
        check("1e-400", None);
        check("\"NaN\"", None);
        check("\"Infinity\"", None);
        check("\"1_000\"", None);
        check("\"1,000\"", None);
        check("\"\"", None);
        check("\".\"", None);
        check("\"--1\"", None);
        check("true", None);
        check("[]", None);
        check("{}", None);
        check("0.00000000000000000000000000001", None);
    }

    #[test]
    fn integers_are_whole() {
        let check = |json: &str, expected: Option<i64>| {
            let got = match read::<i64>(json) {
                Input::Ok(value) => Some(value),
                _ => None,
            };
            assert_eq!(got, expected, "{json}");
        };
        check("12", Some(12));
        check("\"12\"", Some(12));
        check("12.0", Some(12));
        check("1e2", Some(100));
        check("12.5", None);
        check("9223372036854775807", Some(i64::MAX));
        check("9223372036854775808", None);
        check("true", None);
    }

    #[test]
    fn each_type_says_what_it_wants() {
        assert_eq!(read::<String>("1"), Input::Bad("Not a valid string.".into()));
        assert_eq!(
            read::<String>("\"a\\u0000\""),
            Input::Bad("Null characters are not allowed.".into())
        );
        assert_eq!(read::<bool>("\"TRUE\""), Input::Ok(true));
        assert_eq!(read::<bool>("1"), Input::Bad("Must be a valid boolean.".into()));
        assert_eq!(read::<Uuid>("\"x\""), Input::Bad("Must be a valid UUID.".into()));
        assert_eq!(read::<Date>("\"2026-02-30\""), Input::Bad(DATE_MESSAGE.into()));
        assert_eq!(read::<Date>("\"2026-02-28\""), Input::Ok(jiff::civil::date(2026, 2, 28)));
        assert_eq!(read::<Date>("\"20260228\""), Input::Bad(DATE_MESSAGE.into()));
        assert_eq!(read::<String>("null"), Input::Null);
    }
}
