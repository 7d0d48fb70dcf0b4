//! From a request's fields to what the decision engine takes, and from its values to JSON.

use florin_decisioning::expression::{Inputs, Value};
use florin_decisioning::{DecisioningError, FieldError};
use florin_http::{FromJson, Input, Message, serialize_number};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use utoipa::openapi::schema::Schema;

/// The most characters of a client's own text that an answer repeats.
const MAX_ECHO_CHARS: usize = 100;

/// Reads the fields of one request and keeps what could not be read.
#[derive(Debug, Default)]
pub(super) struct Fields {
    faults: Vec<FieldError>,
}

impl Fields {
    /// The field's value, where it was sent. Null is a fault.
    pub(super) fn take<T>(&mut self, field: &'static str, input: Input<T>) -> Option<T> {
        match self.nullable(field, input)? {
            Some(value) => Some(value),
            None => {
                self.fault(field, "This field may not be null.");
                None
            }
        }
    }

    /// The field's value, where it was sent; `Some(None)` is null.
    pub(super) fn nullable<T>(
        &mut self,
        field: &'static str,
        input: Input<T>,
    ) -> Option<Option<T>> {
        match input {
            Input::Missing => None,
            Input::Null => Some(None),
            Input::Ok(value) => Some(Some(value)),
            Input::Bad(message) => {
                self.fault(field, message);
                None
            }
        }
    }

    /// The field's value through `parse`, which knows the words that it may hold.
    pub(super) fn word<T>(
        &mut self,
        field: &'static str,
        input: Input<String>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.take(field, input)?;
        let value = parse(&text);
        if value.is_none() {
            let shown: String = text.chars().take(MAX_ECHO_CHARS).collect();
            self.fault(field, format!("\"{shown}\" is not a valid choice."));
        }
        value
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        self.faults.push(FieldError::new(field, message));
    }

    /// Refuses the request where something could not be read.
    pub(super) fn finish(self) -> Result<(), DecisioningError> {
        if self.faults.is_empty() { Ok(()) } else { Err(DecisioningError::Invalid(self.faults)) }
    }

    /// What could not be read.
    pub(super) fn into_faults(self) -> Vec<FieldError> {
        self.faults
    }
}

/// A text that clients may write as a whole number: `"12"` and `12` are the same version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub String);

impl FromJson for Words {
    fn from_json(value: Json) -> Result<Self, Message> {
        match value {
            Json::Number(number) => Ok(Self(number.to_string())),
            value => String::from_json(value).map(Self),
        }
    }

    fn schema() -> Schema {
        <String as FromJson>::schema()
    }
}

/// Reads a request struct from an object; nothing else will do.
pub(super) fn object<T: DeserializeOwned>(value: Json) -> Option<T> {
    value.is_object().then(|| serde_json::from_value(value).ok()).flatten()
}

/// A decimal as a JSON number, digit for digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_number(&self.0, serializer)
    }
}

/// A value as plain JSON: a boolean, a number, a text, or a date as text.
#[derive(Debug, Clone)]
pub(super) struct Plain(pub Value);

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Boolean(value) => serializer.serialize_bool(*value),
            Value::Number(value) => serialize_number(value, serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Date(date) => serializer.collect_str(date),
        }
    }
}

/// Inputs as an object of name and plain value.
#[derive(Debug, Clone)]
pub(super) struct PlainInputs(pub Inputs);

impl Serialize for PlainInputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0.iter() {
            map.serialize_entry(name, &Plain(value.clone()))?;
        }
        map.end()
    }
}
