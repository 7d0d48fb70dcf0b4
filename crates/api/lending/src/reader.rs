//! From a request's fields to what the domain takes: a value of its type, or a fault to answer together with those
//! that the domain finds.

use florin_http::Input;
use florin_lending::{FieldError, Given};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// The most characters of a client's own text that an answer repeats.
const MAX_ECHO_CHARS: usize = 100;

/// Reads the fields of one request and keeps what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    faults: Vec<FieldError>,
}

impl Reader {
    /// The field's value. One that is not of its type counts as absent and leaves a fault.
    pub(crate) fn take<T>(&mut self, field: &'static str, input: Input<T>) -> Given<T> {
        match input {
            Input::Missing => Given::Absent,
            Input::Null => Given::Null,
            Input::Ok(value) => Given::Value(value),
            Input::Bad(message) => {
                self.faults.push(FieldError::new(field, message));
                Given::Absent
            }
        }
    }

    /// The field's value through `parse`, which knows the words that it may hold.
    pub(crate) fn word<T>(
        &mut self,
        field: &'static str,
        input: Input<String>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Given<T> {
        match self.take(field, input) {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(text) => match parse(&text) {
                Some(value) => Given::Value(value),
                None => {
                    self.faults.push(FieldError::new(field, not_a_choice(&text)));
                    Given::Absent
                }
            },
        }
    }

    /// What could not be read.
    pub(crate) fn into_faults(self) -> Vec<FieldError> {
        self.faults
    }
}

/// `"x" is not a valid choice.`, with a long `x` cut.
pub(crate) fn not_a_choice(text: &str) -> String {
    let shown: String = text.chars().take(MAX_ECHO_CHARS).collect();
    format!("\"{shown}\" is not a valid choice.")
}

/// Declares the schema of an update's body: the fields of a request's body, none of them required.
macro_rules! patch_schema {
    ($patch:ident of $input:ident) => {
        /// The same fields, none of them required; only described, never read.
        pub(crate) struct $patch;

        impl utoipa::PartialSchema for $patch {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::reader::optional(
                    <$input as utoipa::PartialSchema>::schema(),
                    stringify!($patch),
                )
            }
        }

        impl utoipa::ToSchema for $patch {}
    };
}

pub(crate) use patch_schema;

/// An object's schema with another title and no required field.
pub(crate) fn optional(schema: RefOr<Schema>, title: &str) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required.clear();
            object.title = Some(title.to_owned());
            RefOr::T(Schema::Object(object))
        }
        other => other,
    }
}
