//! What an input holds.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decimal_text;

/// What kind of value an input or an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A decimal number.
    Number,
    /// Text.
    String,
    /// A day of the Gregorian calendar.
    Date,
}

impl Kind {
    /// Every kind, in the order in which people are told of them.
    pub const ALL: [Kind; 4] = [Kind::Boolean, Kind::Number, Kind::String, Kind::Date];

    /// The word for it on the wire: `boolean`, `number`, `string`, `date`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Boolean => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Date => "date",
        }
    }

    /// The kind that a word of the wire stands for.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value of an input. In JSON `{"type": "number", "value": "12.50"}`: numbers and dates are text, so
/// that a value comes back exactly as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub enum Value {
    /// True or false.
    Boolean(bool),
    /// A decimal number of at most 28 significant digits.
    Number(Decimal),
    /// Text.
    String(String),
    /// A day.
    Date(Date),
}

/// A value as it stands in JSON.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
enum Wire {
    Boolean(bool),
    Number(String),
    String(String),
    Date(Date),
}

impl From<Value> for Wire {
    fn from(value: Value) -> Wire {
        match value {
            Value::Boolean(truth) => Wire::Boolean(truth),
            Value::Number(number) => Wire::Number(number.to_string()),
            Value::String(text) => Wire::String(text),
            Value::Date(date) => Wire::Date(date),
        }
    }
}

impl TryFrom<Wire> for Value {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Value, String> {
        Ok(match wire {
            Wire::Boolean(truth) => Value::Boolean(truth),
            Wire::Number(text) => Value::Number(decimal_text::parse(&text)?),
            Wire::String(text) => Value::String(text),
            Wire::Date(date) => Value::Date(date),
        })
    }
}

impl Value {
    /// What kind of value it is.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Boolean(_) => Kind::Boolean,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Date(_) => Kind::Date,
        }
    }
}

/// As a person reads it: `True`, `12.50`, `GB`, `2020-01-31`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(true) => f.write_str("True"),
            Value::Boolean(false) => f.write_str("False"),
            Value::Number(number) => number.fmt(f),
            Value::String(text) => f.write_str(text),
            Value::Date(date) => date.fmt(f),
        }
    }
}
