//! What the simulator answers, in the provider's format: the one place where it knows HTTP statuses.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

/// An answer: JSON with a status and the headers that tell of limits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    status: u16,
    body: Json,
    headers: Vec<(&'static str, String)>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// Fields that make no sense, each with a summary and a detail.
    Invalid(Vec<(&'static str, String, String)>),
    /// The request as a whole makes no sense.
    Usage(String, String),
    NotFound,
    WrongSecrets,
    InvalidToken,
    /// An agreement was valid for so many days, and ended then.
    ConsentOver {
        agreement: String,
        days: u32,
        ended: String,
    },
    /// The account exists, the consent does not.
    NoConsent,
    /// What the account's bank answered, while this was read.
    OfBank(BankRefusal, &'static str),
    Suspended,
    /// An account's limit is used up for so many seconds.
    AccountLimit {
        per_day: u32,
        seconds: i64,
    },
    /// The API's limit is used up for so many seconds.
    ApiLimit {
        seconds: i64,
    },
    /// A fault of the provider's own.
    Broken,
}

/// What a bank answers on a bad day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BankRefusal {
    Inactive,
    Forbidden,
    Processing,
    Limited,
    Broken,
    Down,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(faults) => invalid(faults),
            Refusal::Usage(summary, detail) => error(400, &summary, &detail),
            Refusal::NotFound => error(404, "Not found.", "Not found."),
            Refusal::WrongSecrets => {
                let detail = "No active account found with the given credentials";
                error(401, "Authentication failed", detail)
            }
            Refusal::InvalidToken => error(401, "Invalid token", "Token is invalid or expired"),
            Refusal::ConsentOver { agreement, days, ended } => error(
                401,
                &format!("End User Agreement (EUA) {agreement} has expired"),
                &format!(
                    "EUA was valid for {days} days and it expired at {ended}. The end user must connect the account \
                     once more with new EUA and Requisition"
                ),
            ),
            Refusal::NoConsent => error(
                403,
                "No valid End User Agreement",
                "Account exists but there is no valid End User Agreement permitting you to access it",
            ),
            Refusal::OfBank(refusal, what) => of_bank(refusal, what),
            Refusal::Suspended => error(
                409,
                "Account suspended",
                "This account or its requisition was suspended due to numerous errors that occurred while accessing it.",
            ),
            Refusal::AccountLimit { per_day, seconds } => limited(
                &format!("{per_day}/day"),
                seconds,
            )
            .window("ACCOUNT_SUCCESS_", per_day, 0, seconds),
            Refusal::ApiLimit { seconds } => {
                limited("300/minute", seconds).window("", 300, 0, seconds)
            }
            Refusal::Broken => error(500, "Internal error", "An unexpected error occurred"),
        }
    }
}

fn error(status: u16, summary: &str, detail: &str) -> Answer {
    Answer::json(status, json!({ "summary": summary, "detail": detail, "status_code": status }))
}

fn limited(rate: &str, seconds: i64) -> Answer {
    let detail = format!(
        "The rate limit for this resource is {rate}. Please try again in {seconds} seconds"
    );
    let mut answer = error(429, "Rate limit exceeded", &detail);
    answer.headers.push(("Retry-After", seconds.to_string()));
    answer
}

fn invalid(faults: Vec<(&'static str, String, String)>) -> Answer {
    let mut body = Map::new();
    for (field, summary, detail) in faults {
        body.insert(field.to_owned(), json!({ "summary": summary, "detail": detail }));
    }
    body.insert("status_code".to_owned(), 400.into());
    Answer::json(400, Json::Object(body))
}

fn of_bank(refusal: BankRefusal, what: &str) -> Answer {
    let (status, kind, detail) = match refusal {
        BankRefusal::Inactive => {
            (401, "AccountInactiveError", "Account has been deactivated or it no longer exists.")
        }
        BankRefusal::Forbidden => (
            403,
            "AccountAccessForbidden",
            "Access to account is forbidden. User might not have necessary permissions.",
        ),
        BankRefusal::Processing => {
            (409, "AccountProcessing", "Account data is currently being processed.")
        }
        BankRefusal::Limited => {
            (429, "RateLimitError", "Daily request limit set by the Institution has been exceeded.")
        }
        BankRefusal::Broken => {
            (500, "UnknownRequestError", "Request to Institution returned an error")
        }
        BankRefusal::Down => (503, "ServiceError", "Institution service unavailable"),
    };
    let summary = format!("Couldn't update account {what}");
    let body = json!({ "summary": summary, "detail": detail, "type": kind, "status_code": status });
    Answer::json(status, body)
}

impl Answer {
    fn json(status: u16, body: Json) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    pub fn ok(body: Json) -> Self {
        Self::json(200, body)
    }

    pub fn created(body: Json) -> Self {
        Self::json(201, body)
    }

    /// The same with the headers of a window of requests.
    #[must_use]
    pub fn window(mut self, of: &str, limit: u32, left: u32, seconds: i64) -> Self {
        let values =
            [("LIMIT", i64::from(limit)), ("REMAINING", i64::from(left)), ("RESET", seconds)];
        for (what, value) in values {
            // The two sets that there are, as constants, because that is what names of headers are made from.
            let name = match (of, what) {
                ("", "LIMIT") => "HTTP_X_RATELIMIT_LIMIT",
                ("", "REMAINING") => "HTTP_X_RATELIMIT_REMAINING",
                ("", _) => "HTTP_X_RATELIMIT_RESET",
                (_, "LIMIT") => "HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_LIMIT",
                (_, "REMAINING") => "HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_REMAINING",
                _ => "HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_RESET",
            };
            self.headers.push((name, value.to_string()));
        }
        self
    }

    pub fn into_response(self) -> Response {
        let mut response = respond(self.status, "application/json", self.body.to_string());
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value)
                && let Ok(name) = header::HeaderName::from_bytes(name.as_bytes())
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

fn respond(status: u16, kind: &'static str, body: impl Into<Body>) -> Response {
    let made = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    made.body(body.into()).unwrap_or_default()
}

/// A page that nobody else frames, runs scripts in or remembers.
pub(super) fn page(html: String) -> Response {
    shown(200, html)
}

/// A page for a link that leads nowhere.
pub(super) fn lost(html: String) -> Response {
    shown(404, html)
}

/// A page where JSON was expected.
pub(super) fn not_json() -> Response {
    shown(200, "<html>Please wait</html>".to_owned())
}

/// A gateway's page.
pub(super) fn unavailable() -> Response {
    shown(503, "<html>Service unavailable</html>".to_owned())
}

pub(super) fn picture(svg: String) -> Response {
    respond(200, "image/svg+xml", svg)
}

fn shown(status: u16, html: String) -> Response {
    let mut response = respond(status, "text/html; charset=utf-8", html);
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Sends a browser on.
pub(super) fn see_other(url: &str) -> Option<Response> {
    let location = HeaderValue::from_str(url).ok()?;
    let mut response = respond(303, "text/plain", "");
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}
