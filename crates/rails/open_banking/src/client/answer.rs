//! What an answer means: the one place where the client knows HTTP statuses.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value as Json};

use crate::{ApiError, FieldError};

/// The provider's texts are cut here: they go to logs and operators.
const MESSAGE_CHARS_MAX: usize = 300;
const FIELDS_MAX: usize = 20;

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
        _ => {}
    }
    let error = match serde_json::from_slice::<Json>(body) {
        Ok(Json::Object(error)) => error,
        _ => Map::new(),
    };
    Err(refused(status, headers, &error))
}

/// The provider tells causes apart by `type`, and where there is none by `summary`.
fn refused(status: u16, headers: &HeaderMap, error: &Map<String, Json>) -> ApiError {
    let (summary, detail) = (text(error, "summary"), text(error, "detail"));
    let message = if detail.is_empty() { summary.clone() } else { detail.clone() };
    let says = |words: &str| summary.to_ascii_lowercase().contains(words);
    match (status, text(error, "type").as_str()) {
        (429, kind) => ApiError::RateLimited {
            retry_after: retry_after(headers, &detail),
            of_bank: kind == "RateLimitError" || limit(headers, "account_success").is_spent,
        },
        (_, "AccessExpiredError") => ApiError::ConsentOver { message },
        (_, "AccountInactiveError") => ApiError::AccountInactive { message },
        (_, "AccountAccessForbidden") => ApiError::Forbidden { message },
        (409, "AccountProcessing") => ApiError::Processing,
        (500, "UnknownRequestError") => ApiError::Bank { message, counts: true },
        (500..=599, "ServiceError" | "ConnectionError") => {
            ApiError::Bank { message, counts: false }
        }
        (401 | 403, _) if says("end user agreement") || says("eua") => {
            ApiError::ConsentOver { message }
        }
        (401, _) => ApiError::Credentials { message },
        (402, _) => ApiError::NotServed { message },
        (403, _) if says("ip address") => ApiError::NotServed { message },
        (403, _) => ApiError::Forbidden { message },
        (404, _) => ApiError::NotFound { message },
        (409, _) if says("suspended") => ApiError::Suspended { message },
        (409, _) => ApiError::Processing,
        (503, _) if says("is not operational") => ApiError::Bank { message, counts: false },
        (408 | 500..=599, _) => {
            ApiError::Transient { message: format!("it answered with status {status}") }
        }
        (400..=499, _) if !error.is_empty() => {
            ApiError::Validation { message, fields: fields(error) }
        }
        _ => {
            let message = format!("status {status} without an error that can be read");
            ApiError::Malformed { message }
        }
    }
}

/// `{"institution_id": {"summary", "detail"}}`, or a list of such; everything else is about the whole request.
fn fields(error: &Map<String, Json>) -> Vec<FieldError> {
    let told = |field: &String, fault: &Json| {
        let fault = fault.as_object()?;
        let (summary, detail) = (text(fault, "summary"), text(fault, "detail"));
        let message = match () {
            () if summary.is_empty() || summary == detail => detail,
            () if detail.is_empty() => summary,
            () => format!("{summary}: {detail}"),
        };
        Some(FieldError { field: cut(field), message })
    };
    let all = error.iter().flat_map(|(field, fault)| match fault {
        Json::Array(faults) => faults.iter().filter_map(|fault| told(field, fault)).collect(),
        fault => told(field, fault).into_iter().collect::<Vec<_>>(),
    });
    all.take(FIELDS_MAX).collect()
}

fn text(error: &Map<String, Json>, name: &str) -> String {
    cut(error.get(name).and_then(Json::as_str).unwrap_or_default())
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS_MAX).collect()
}

/// One of the provider's windows of requests, as its headers tell it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Limit {
    is_spent: bool,
    reset: Option<u64>,
}

/// `HTTP_X_RATELIMIT_REMAINING` and so on for the whole API, `HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_REMAINING` for one account
/// and kind of data. The names are meant as they stand, with underscores.
fn limit(headers: &HeaderMap, of: &str) -> Limit {
    let number = |what: &str| -> Option<u64> {
        let infix = if of.is_empty() { String::new() } else { format!("{of}_") };
        let name = format!("http_x_ratelimit_{infix}{what}");
        headers.get(name)?.to_str().ok()?.trim().parse().ok()
    };
    Limit { is_spent: number("remaining") == Some(0), reset: number("reset") }
}

/// How long to wait: the longest of what is said in `Retry-After` (seconds), in the windows that are spent, and in the
/// text ("Please try again in 85092 seconds").
fn retry_after(headers: &HeaderMap, detail: &str) -> Option<Duration> {
    let header = headers.get("retry-after").and_then(|value| value.to_str().ok());
    let said = header.and_then(|text| text.trim().parse().ok());
    let windows = ["account_success", ""]
        .into_iter()
        .map(|of| limit(headers, of))
        .filter(|limit| limit.is_spent)
        .filter_map(|limit| limit.reset);
    let written = detail
        .split_once("try again in ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .and_then(|seconds| seconds.parse().ok());
    windows.chain(said).chain(written).max().map(Duration::from_secs)
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

    /// The examples of the provider's own documentation.
    #[test]
    fn answers_table() {
        let said = |summary: &str, detail: &str| {
            json!({ "summary": summary, "detail": detail, "status_code": 0 }).to_string()
        };
        let typed = |kind: &str| {
            json!({ "summary": "Couldn't update account transactions", "detail": "d", "type": kind })
                .to_string()
        };
        check(200, &[], "{}", "Ok(Object");
        check(204, &[], "", "Ok(Null)");
        check(200, &[], "<html>", "Transient");
        check(401, &[], &said("Invalid token", "Token is invalid or expired"), "Credentials");
        check(401, &[], &said("Authentication failed", "No active account found"), "Credentials");
        check(401, &[], "", "Credentials");
        let expired = "End User Agreement (EUA) 76c790ff has expired";
        check(401, &[], &said(expired, "EUA was valid for 90 days"), "ConsentOver");
        check(403, &[], &said("No valid End User Agreement", "d"), "ConsentOver");
        check(401, &[], &typed("AccessExpiredError"), "ConsentOver");
        check(401, &[], &typed("AccountInactiveError"), "AccountInactive");
        check(403, &[], &typed("AccountAccessForbidden"), "Forbidden");
        check(402, &[], &said("Payment Required", "Free usage limit exceeded"), "NotServed");
        let address = said("IP address access denied", "Your IP isn't whitelisted");
        check(403, &[], &address, "NotServed");
        check(404, &[], &said("Not found.", "Not found."), "NotFound");
        check(409, &[], &said("Account suspended", "d"), "Suspended");
        check(409, &[], &typed("AccountProcessing"), "Processing");
        check(500, &[], &typed("UnknownRequestError"), "counts: true");
        check(503, &[], &typed("ServiceError"), "counts: false");
        check(503, &[], &typed("ConnectionError"), "counts: false");
        check(503, &[], &said("Institution X is not operational", "d"), "Bank");
        check(500, &[], "", "Transient");
        check(502, &[], "<html>", "Transient");
        check(302, &[], "", "Malformed");
        check(400, &[], "<html>", "Malformed");
    }

    #[test]
    fn refused_fields_table() {
        let body = json!({
            "institution_id": { "summary": "Unknown Institution ID X", "detail": "Get them" },
            "access_scope": [{ "summary": "s", "detail": "s" }, { "summary": "t", "detail": "" }, 5],
            "status_code": 400,
        });
        let refused = check_fields(&body.to_string());
        let expected = [
            ("access_scope", "s"),
            ("access_scope", "t"),
            ("institution_id", "Unknown Institution ID X: Get them"),
        ];
        assert_eq!(refused, expected.map(|(field, text)| (field.to_owned(), text.to_owned())));
        assert_eq!(check_fields(r#"{"summary":"Fields required","detail":"d"}"#), []);
    }

    fn check_fields(body: &str) -> Vec<(String, String)> {
        let headers = HeaderMap::new();
        match read(&Answer { status: 400, headers: &headers, body: body.as_bytes() }) {
            Err(ApiError::Validation { fields, .. }) => {
                fields.into_iter().map(|fault| (fault.field, fault.message)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn haste_table() {
        let window = |kind: &'static str, left: &'static str, reset: &'static str| match kind {
            "" => [("http_x_ratelimit_remaining", left), ("http_x_ratelimit_reset", reset)],
            _ => [
                ("http_x_ratelimit_account_success_remaining", left),
                ("http_x_ratelimit_account_success_reset", reset),
            ],
        };
        check(429, &[], "", "retry_after: None, of_bank: false");
        check(429, &[("retry-after", "7")], "", "Some(7s), of_bank: false");
        check(429, &[("retry-after", "soon")], "", "None");
        check(429, &window("", "0", "30"), "", "Some(30s), of_bank: false");
        check(429, &window("", "5", "30"), "", "None");
        check(429, &window("account", "0", "85092"), "", "Some(85092s), of_bank: true");
        check(429, &[("retry-after", "60"), window("account", "0", "500")[0]], "", "Some(60s)");
        let body = json!({
            "summary": "Rate limit exceeded",
            "detail": "The rate limit for this resource is 4/day. Please try again in 11700 seconds",
        });
        check(429, &[("retry-after", "60")], &body.to_string(), "Some(11700s)");
        check(429, &[], r#"{"type":"RateLimitError"}"#, "of_bank: true");
    }
}
