//! Declaring request bodies: the struct that reads one and its OpenAPI schema from one list of
//! fields.

use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, schema::AllOfBuilder};

use crate::input::FromJson;

/// Declares a struct whose fields are [`Input`](crate::Input)s, read leniently and described in the
/// OpenAPI document.
///
/// A field is `name: required Type` or `name: optional Type` (what the document says; the handler
/// checks it with [`Faults`](crate::Faults)) or `name: hidden Type` (read, but not described). A
/// literal in front is the name on the wire where that cannot be the field's.
///
/// ```
/// use florin_http::Input;
/// florin_http::request_body! {
///     /// A thing to make.
///     pub struct NewThing as "NewThing" {
///         /// What it is.
///         "type" kind: required String,
///         /// How many.
///         count: optional i64,
///     }
///     example { "type": "box", "count": 2 }
/// }
/// let body: NewThing = serde_json::from_str(r#"{"type": "box", "count": "two"}"#)?;
/// assert_eq!(body.kind, Input::Ok("box".to_owned()));
/// assert!(matches!(body.count, Input::Bad(_)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! request_body {
    (
        $(#[doc = $about:expr])*
        $vis:vis struct $name:ident as $title:literal {
            $(
                $(#[doc = $doc:expr])*
                $($wire:literal)? $field:ident: $presence:ident $kind:ty
            ),* $(,)?
        }
        example $example:tt
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Default, ::serde::Deserialize)]
        #[serde(default)]
        $vis struct $name {
            $(
                $(#[doc = $doc])*
                $(#[serde(rename = $wire)])?
                $vis $field: $crate::Input<$kind>,
            )*
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                let mut object = $crate::RequestSchema::new($title, &[$($about),*]);
                $(
                    let name: &[&str] = &[$($wire,)? stringify!($field)];
                    object.field::<$kind>(name[0], stringify!($presence), &[$($doc),*]);
                )*
                object.build(::serde_json::json!($example))
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                $title.into()
            }
        }
    };
}

/// Gathers the fields of a request body; used by [`request_body!`](crate::request_body).
#[doc(hidden)]
pub struct RequestSchema {
    object: ObjectBuilder,
}

#[doc(hidden)]
impl RequestSchema {
    pub fn new(title: &str, about: &[&str]) -> Self {
        let object = ObjectBuilder::new().title(Some(title)).description(Some(text(about)));
        Self { object }
    }

    pub fn field<T: FromJson>(&mut self, name: &str, presence: &str, docs: &[&str]) {
        if presence == "hidden" {
            return;
        }
        let schema = described(T::schema(), text(docs));
        let mut object = std::mem::take(&mut self.object).property(name, RefOr::T(schema));
        if presence == "required" {
            object = object.required(name);
        }
        self.object = object;
    }

    pub fn build(self, example: serde_json::Value) -> RefOr<Schema> {
        RefOr::T(Schema::Object(self.object.examples([example]).build()))
    }
}

/// The lines of a doc comment as one text.
fn text(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join("\n")
}

fn described(schema: Schema, text: String) -> Schema {
    match schema {
        Schema::Object(mut object) => {
            object.description = Some(text);
            Schema::Object(object)
        }
        Schema::Array(mut array) => {
            array.description = Some(text);
            Schema::Array(array)
        }
        other => Schema::AllOf(AllOfBuilder::new().item(other).description(Some(text)).build()),
    }
}
