//! From a request's fields to what the domain takes: a value of its type, or a fault to answer together with those
//! that the domain finds.

use florin_http::{FromJson, Input, Message};
use florin_savings::Given;
use serde_json::Value;
use utoipa::openapi::schema::Schema;

/// A whole number as JSON has it: `15000`; no text, and no fraction, so that dollars cannot pass for cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole(i64);

impl FromJson for Whole {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            Value::Number(number) => number.to_string().parse().ok().map(Self),
            _ => None,
        }
        .ok_or_else(|| "must be an integer".into())
    }

    fn schema() -> Schema {
        <i64 as FromJson>::schema()
    }
}

/// Reads the fields of one request and keeps what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    faults: Vec<String>,
}

impl Reader {
    /// A text.
    pub(crate) fn text(&mut self, field: &str, input: Input<String>) -> Given<String> {
        self.take(field, input, "must be a string")
    }

    /// A whole number.
    pub(crate) fn whole(&mut self, field: &str, input: Input<Whole>) -> Given<i64> {
        match self.take(field, input, "must be an integer") {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(Whole(number)) => Given::Value(number),
        }
    }

    /// Yes or no.
    pub(crate) fn truth(&mut self, field: &str, input: Input<bool>) -> Given<bool> {
        self.take(field, input, "must be true or false")
    }

    fn take<T>(&mut self, field: &str, input: Input<T>, wanted: &str) -> Given<T> {
        match input {
            Input::Missing => Given::Absent,
            Input::Null => Given::Null,
            Input::Ok(value) => Given::Value(value),
            Input::Bad(message) if message.contains("Null characters") => {
                self.faults.push(format!("{field} must not contain control characters"));
                Given::Absent
            }
            Input::Bad(_) => {
                self.faults.push(format!("{field} {wanted}"));
                Given::Absent
            }
        }
    }

    /// What could not be read.
    pub(crate) fn into_faults(self) -> Vec<String> {
        self.faults
    }
}
