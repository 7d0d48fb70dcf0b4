//! What a handler answers when it refuses: a status and a body in the field's standard form,
//! `{"field": ["message"]}` or `{"detail": "message"}`, as users of Django REST Framework know it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use utoipa::ToSchema;

/// A text of an answer: mostly fixed, sometimes naming a value.
pub type Message = Cow<'static, str>;

/// A refusal on its way to the client.
///
/// The text for the client is the body; what only the log may see is written by
/// [`ApiError::internal`] when it happens.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Debug)]
enum ErrorBody {
    Detail(Message),
    Fields(FieldMessages),
}

/// The messages of each field, in the order in which they were found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FieldMessages(pub(crate) Vec<(Message, Fault)>);

/// What is wrong with one field: its own messages, or the messages of the fields inside it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Messages(Vec<Message>),
    Nested(FieldMessages),
}

impl ApiError {
    /// `{"detail": text}` with any status.
    pub fn detail(status: StatusCode, text: impl Into<Message>) -> Self {
        Self { status, body: ErrorBody::Detail(text.into()), header: None }
    }

    /// 400 with the messages of one field.
    pub fn field(field: impl Into<Message>, message: impl Into<Message>) -> Self {
        let fault = Fault::Messages(vec![message.into()]);
        Self::fields(FieldMessages(vec![(field.into(), fault)]))
    }

    /// 400 with the messages of several fields.
    pub fn fields(messages: FieldMessages) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body: ErrorBody::Fields(messages), header: None }
    }

    /// 400 `{"detail": text}`: the request as a whole cannot be understood.
    pub fn bad_request(text: impl Into<Message>) -> Self {
        Self::detail(StatusCode::BAD_REQUEST, text)
    }

    /// 401 with the challenge of the surface in `WWW-Authenticate`.
    pub fn unauthenticated(text: impl Into<Message>, challenge: &'static str) -> Self {
        Self::detail(StatusCode::UNAUTHORIZED, text)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 403: known, but not allowed to do this.
    pub fn forbidden(text: impl Into<Message>) -> Self {
        Self::detail(StatusCode::FORBIDDEN, text)
    }

    /// 404 "Not found.": unknown, or another tenant's.
    pub fn not_found() -> Self {
        Self::detail(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 405 naming the method, with the methods that are allowed where known.
    pub fn method_not_allowed(method: &str, allow: Option<HeaderValue>) -> Self {
        let error = Self::detail(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("Method \"{method}\" not allowed."),
        );
        match allow {
            Some(allow) => error.with_header(ALLOW, allow),
            None => error,
        }
    }

    /// 409: the state of the resource forbids it.
    pub fn conflict(text: impl Into<Message>) -> Self {
        Self::detail(StatusCode::CONFLICT, text)
    }

    /// 413: the body is longer than `max_bytes`.
    pub fn too_large(max_bytes: usize) -> Self {
        Self::detail(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("Request body is too large: the limit is {max_bytes} bytes."),
        )
    }

    /// 415 naming the media type that was sent (may be empty).
    pub fn unsupported_media_type(sent: &str) -> Self {
        Self::detail(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("Unsupported media type \"{sent}\" in request."),
        )
    }

    /// 429 with the whole seconds to wait, in the text and in `Retry-After`.
    pub fn throttled(wait: std::time::Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let unit = if seconds == 1 { "second" } else { "seconds" };
        let text = format!("Request was throttled. Expected available in {seconds} {unit}.");
        let error = Self::detail(StatusCode::TOO_MANY_REQUESTS, text);
        match HeaderValue::from_str(&seconds.to_string()) {
            Ok(value) => error.with_header(RETRY_AFTER, value),
            Err(_) => error,
        }
    }

    /// 500 "Internal error."; the error and all its sources go to the log, none to the client.
    pub fn internal(error: &dyn Error) -> Self {
        tracing::error!(error = %chain(error), "a request failed");
        Self::internal_logged()
    }

    /// 500 for a fault that has been logged already.
    pub fn internal_logged() -> Self {
        Self::detail(StatusCode::INTERNAL_SERVER_ERROR, "Internal error.")
    }

    /// 503: too busy or too slow; the same request may be sent again.
    pub fn unavailable(text: impl Into<Message>) -> Self {
        Self::detail(StatusCode::SERVICE_UNAVAILABLE, text)
            .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The refusal's status, what it says (a message a line, led by its field's name where it has one) and its header,
    /// for surfaces that refuse in a form of their own.
    pub fn into_texts(self) -> (StatusCode, Vec<String>, Option<(HeaderName, HeaderValue)>) {
        let mut texts = Vec::new();
        match self.body {
            ErrorBody::Detail(text) => texts.push(text.into_owned()),
            ErrorBody::Fields(fields) => fields.tell("", &mut texts),
        }
        (self.status, texts, self.header)
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = match &self.body {
            ErrorBody::Detail(text) => serde_json::to_vec(&serde_json::json!({ "detail": text })),
            ErrorBody::Fields(fields) => serde_json::to_vec(fields),
        };
        // Texts and maps of texts always serialise; an empty body would be the answer otherwise.
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/json")], body.unwrap_or_default())
                .into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl FieldMessages {
    /// Adds a line for each message, led by the names of the fields that it is about.
    fn tell(&self, prefix: &str, texts: &mut Vec<String>) {
        for (field, fault) in &self.0 {
            let name = match field.as_ref() {
                "non_field_errors" => prefix.to_owned(),
                field => format!("{prefix}{field}: "),
            };
            match fault {
                Fault::Messages(messages) => {
                    texts.extend(messages.iter().map(|message| format!("{name}{message}")));
                }
                Fault::Nested(fields) => fields.tell(&name, texts),
            }
        }
    }
}

impl Serialize for FieldMessages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, fault) in &self.0 {
            match fault {
                Fault::Messages(messages) => map.serialize_entry(field, messages)?,
                Fault::Nested(fields) => map.serialize_entry(field, fields)?,
            }
        }
        map.end()
    }
}

/// The error and its sources, outermost first, for the log.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// An answer that explains itself in one text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"detail": "Not found."}))]
pub struct Detail {
    /// What is wrong, in one sentence.
    pub detail: String,
}

/// All faults of the input in one answer: each field with its messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"amount": ["A valid number is required."]}))]
pub struct FieldErrors(pub std::collections::BTreeMap<String, Vec<String>>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_printed_once_outermost_first() {
        #[derive(Debug, thiserror::Error)]
        #[error("inner")]
        struct Inner;
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] Inner);
        assert_eq!(chain(&Outer(Inner)), "outer: inner");
    }

    #[test]
    fn a_refusal_can_be_told_in_another_form() {
        let check = |error: ApiError, status: u16, expected: &[&str], has_header: bool| {
            let (found, texts, header) = error.into_texts();
            assert_eq!(
                (found.as_u16(), texts),
                (status, expected.iter().map(|it| (*it).to_owned()).collect())
            );
            assert_eq!(header.is_some(), has_header);
        };
        check(ApiError::not_found(), 404, &["Not found."], false);
        check(ApiError::field("a", "It is wrong."), 400, &["a: It is wrong."], false);
        check(ApiError::field("non_field_errors", "Wrong."), 400, &["Wrong."], false);
        let throttled = ApiError::throttled(std::time::Duration::from_secs(1));
        let text = "Request was throttled. Expected available in 1 second.";
        check(throttled, 429, &[text], true);
    }

    #[test]
    fn waiting_times_are_rounded_up_to_whole_seconds() {
        let check = |millis: u64, seconds: &str| {
            let response =
                ApiError::throttled(std::time::Duration::from_millis(millis)).into_response();
            assert_eq!(response.headers()[RETRY_AFTER], seconds, "{millis} ms");
        };
        check(0, "1");
        check(1_000, "1");
        check(1_001, "2");
    }
}
