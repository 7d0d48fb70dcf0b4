//! What an answer means: the one place where the client knows HTTP statuses.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;
use serde_json::Value as Json;

use crate::{ApiError, FieldError};

/// What came back.
pub(super) struct Answer<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// The answer's JSON, or what is wrong.
pub(super) fn read(answer: &Answer<'_>) -> Result<Json, ApiError> {
    let Answer { status, headers, body } = *answer;
    match status {
        204 => return Ok(Json::Null),
        200..=299 => {
            // Whatever stands between us and the provider answered: that will pass.
            return serde_json::from_slice(body)
                .map_err(|_| ApiError::Transient { message: "the answer is not JSON".to_owned() });
        }
        429 => return Err(ApiError::RateLimited { retry_after: retry_after(headers) }),
        408 | 500..=599 => {
            return Err(ApiError::Transient {
                message: format!("it answered with status {status}"),
            });
        }
        _ => {}
    }
    let error = serde_json::from_slice::<Json>(body).ok().and_then(|mut body| {
        let error = body.get_mut("error")?.take();
        error.is_object().then_some(error)
    });
    let Some(error) = error else {
        let message = format!("status {status} without an error that can be read");
        return Err(ApiError::Malformed { message });
    };
    Err(described(status, &error))
}

fn described(status: u16, error: &Json) -> ApiError {
    let text = |value: &Json, name: &str| {
        value.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let errors: &[Json] =
        error.get("errors").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let message = text(error, "message");
    let reason = errors.first().map(|first| text(first, "reason")).unwrap_or_default();
    match (status, text(error, "type").as_str()) {
        (401 | 403, _) => ApiError::Denied { message },
        (404, _) => ApiError::NotFound { message },
        (_, "validation_failed") => {
            let field = |fault: &Json| FieldError {
                field: text(fault, "field"),
                message: text(fault, "message"),
            };
            ApiError::Validation { message, fields: errors.iter().map(field).collect() }
        }
        (_, "invalid_state") => {
            let conflicting = errors
                .iter()
                .find_map(|error| error.pointer("/links/conflicting_resource_id")?.as_str())
                .filter(|id| !id.is_empty())
                .map(str::to_owned);
            ApiError::State { reason, message, conflicting }
        }
        (_, "gocardless") => ApiError::Transient { message },
        _ => ApiError::Usage { reason, message },
    }
}

/// How long to wait: `Retry-After` in seconds, or the time at which the provider's window of requests begins anew
/// (`RateLimit-Reset`), counted from the answer's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(seconds) = text("retry-after").and_then(|text| text.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    let reset = http_date(text("ratelimit-reset")?)?;
    let now = http_date(text("date")?)?;
    let seconds = u64::try_from(reset.as_second() - now.as_second()).unwrap_or_default();
    Some(Duration::from_secs(seconds))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn check(status: u16, pairs: &[(&'static str, &str)], body: &str, expected: &str) {
        let headers = headers(pairs);
        let found = read(&Answer { status, headers: &headers, body: body.as_bytes() });
        assert!(format!("{found:?}").contains(expected), "{status} {body}: {found:?}");
    }

    #[test]
    fn answers_table() {
        let error = |kind: &str, errors: Json| {
            json!({ "error": { "message": "m", "type": kind, "errors": errors } }).to_string()
        };
        check(200, &[], "{}", "Ok(Object");
        check(204, &[], "", "Ok(Null)");
        check(200, &[], "<html>", "Transient");
        check(500, &[], "", "Transient");
        check(502, &[], "<html>", "Transient");
        check(401, &[], &error("invalid_api_usage", json!([])), "Denied");
        check(403, &[], &error("invalid_api_usage", json!([])), "Denied");
        check(404, &[], &error("invalid_api_usage", json!([])), "NotFound");
        check(404, &[], "<html>", "Malformed");
        check(302, &[], "", "Malformed");
        let fields = json!([{ "field": "city", "message": "is missing" }]);
        check(422, &[], &error("validation_failed", fields), "field: \"city\"");
        let conflict = json!([{
            "reason": "idempotent_creation_conflict",
            "links": { "conflicting_resource_id": "PM1" },
        }]);
        check(409, &[], &error("invalid_state", conflict), "conflicting: Some(\"PM1\")");
        let state = json!([{ "reason": "retry_failed" }]);
        check(422, &[], &error("invalid_state", state), "reason: \"retry_failed\"");
        check(400, &[], &error("invalid_api_usage", json!([{ "reason": "r" }])), "Usage");
        check(415, &[], &error("gocardless", json!([])), "Transient");
    }

    #[test]
    fn haste_table() {
        check(429, &[], "", "retry_after: None");
        check(429, &[("retry-after", "7")], "", "Some(7s)");
        let reset = ("ratelimit-reset", "Sat, 21 Nov 2026 09:00:30 GMT");
        check(429, &[reset, ("date", "Sat, 21 Nov 2026 09:00:00 GMT")], "", "Some(30s)");
        check(429, &[reset, ("date", "Sat, 21 Nov 2026 09:01:00 GMT")], "", "Some(0ns)");
        check(429, &[("ratelimit-reset", "soon")], "", "retry_after: None");
    }
}
