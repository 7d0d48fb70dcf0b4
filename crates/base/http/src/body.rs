//! Reading a request's JSON body.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ApiError;
use crate::input::type_name;
use crate::state::HttpState;

/// The JSON object of a request's body; an empty body is an empty object.
///
/// Refuses: a body over the limit (413), another media type than JSON (415), malformed JSON (400),
/// something else than an object (400).
#[derive(Debug, Clone)]
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    HttpState: FromRef<S>,
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let limit = HttpState::from_ref(state).limits().body_bytes;
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, limit).await?;
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        let media_type = parts.headers.get(CONTENT_TYPE);
        if !media_type.is_some_and(is_json) {
            let sent = media_type.and_then(|value| value.to_str().ok());
            return Err(ApiError::unsupported_media_type(sent.unwrap_or_default()));
        }
        parse(&bytes).map(Self)
    }
}

/// Reads a body of at most `limit` bytes.
pub async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    if announced_length(headers).is_some_and(|length| length > limit as u64) {
        return Err(ApiError::too_large(limit));
    }
    let mut whole = Bytes::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame =
            frame.map_err(|_| ApiError::bad_request("The request body could not be read."))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.len().saturating_add(data.len()) > limit {
            return Err(ApiError::too_large(limit));
        }
        // Nearly every body comes in one piece, which is then not copied.
        whole = if whole.is_empty() { data } else { [whole, data].concat().into() };
    }
    Ok(whole)
}

/// The length that the client says the body has.
pub(crate) fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_json(media_type: &HeaderValue) -> bool {
    let Ok(text) = media_type.to_str() else {
        return false;
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence
            .get(essence.len().saturating_sub(5)..)
            .is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
}

/// Reads the JSON object in `bytes`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        // Not an object; a struct would also read from an array, which no client means.
        return Err(match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => ApiError::field(
                "non_field_errors",
                format!("Invalid data. Expected a dictionary, but got {}.", type_name(&value)),
            ),
            Err(error) => malformed(&error),
        });
    }
    serde_json::from_slice(bytes).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("JSON parse error - {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use axum::body::to_bytes;
    use axum::response::IntoResponse;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Sample {
        name: Input<String>,
    }

    async fn text(error: ApiError) -> String {
        let body = error.into_response().into_body();
        let bytes = to_bytes(body, 10_000).await.expect("a body");
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn what_is_not_an_object_is_refused_in_words() {
        for (body, expected) in [
            (
                "[1]",
                r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#,
            ),
            (
                "\"x\"",
                r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}"#,
            ),
            (
                " 12 ",
                r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got int."]}"#,
            ),
            (
                "null",
                r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}"#,
            ),
        ] {
            let error = parse::<Sample>(body.as_bytes()).expect_err("refused");
            assert_eq!(text(error).await, expected, "{body}");
        }
        for body in
            ["{", "{\"name\": }", "x", "{\"name\":\"a\"} trailing", "{\"name\":1,\"name\":2}"]
        {
            let error = parse::<Sample>(body.as_bytes()).expect_err("refused");
            assert!(text(error).await.starts_with(r#"{"detail":"JSON parse error - "#), "{body}");
        }
    }

    #[test]
    fn wrong_fields_do_not_stop_the_reading() {
        let sample: Sample = parse(br#" {"name": 5, "other": [1.5, {}]} "#).expect("it reads");
        assert_eq!(sample.name, Input::Bad("Not a valid string.".into()));
    }

    #[test]
    fn json_media_types() {
        let check = |text: &'static str, expected| {
            assert_eq!(is_json(&HeaderValue::from_static(text)), expected, "{text}");
        };
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/problem+json", true);
        check("text/plain", false);
        check("", false);
        check("application/x-www-form-urlencoded", false);
    }

    #[tokio::test]
    async fn a_long_body_is_refused_announced_or_not() {
        for announced in [true, false] {
            let mut headers = HeaderMap::new();
            if announced {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("11"));
            }
            let error = read(&headers, Body::from("x".repeat(11)), 10).await.expect_err("refused");
            assert_eq!(error.status().as_u16(), 413);
        }
        let body = read(&HeaderMap::new(), Body::from("x".repeat(10)), 10).await.expect("it fits");
        assert_eq!(body.len(), 10);
    }
}
