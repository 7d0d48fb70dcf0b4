//! What the simulator answers, in the provider's format: the one place where it knows HTTP statuses.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use http_body::Frame;
use serde_json::{Value as Json, json};

/// An answer: JSON with a status, and how long a client is to wait when there were too many requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    status: u16,
    body: Json,
    retry_after_s: Option<u64>,
}

/// A field that is refused: where it stands, its name, what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub pointer: String,
    pub field: String,
    pub message: String,
}

impl Fault {
    /// Of a field within an envelope: `("customer_bank_accounts", "branch_code", "must be a number")`.
    pub fn new(envelope: &str, field: &str, message: impl Into<String>) -> Self {
        let name = field.rsplit('/').next().unwrap_or(field);
        Self {
            pointer: format!("/{envelope}/{field}"),
            field: name.to_owned(),
            message: message.into(),
        }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// Fields that make no sense.
    Invalid(Vec<Fault>),
    /// The state of a thing does not allow it: reason and text.
    State(&'static str, String),
    /// The idempotency key was used before, for this resource.
    Conflict(String),
    /// No such thing.
    NotFound,
    /// No such access token.
    UnknownToken,
    /// A request that makes no sense: reason and text.
    Usage(&'static str, &'static str),
    /// Too many requests.
    RateLimited,
    /// A fault of the provider's own.
    Broken,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let state = |reason: &str, message: &str| json!([{ "reason": reason, "message": message }]);
        match refusal {
            Refusal::Invalid(faults) => {
                let errors: Vec<Json> = faults.iter().map(fault_json).collect();
                error(422, "validation_failed", "Validation failed", errors.into())
            }
            Refusal::State(reason, text) => {
                error(422, "invalid_state", &text, state(reason, &text))
            }
            Refusal::Conflict(id) => {
                let text = "A resource has already been created with this idempotency key";
                let errors = json!([{
                    "reason": "idempotent_creation_conflict",
                    "message": text,
                    "links": { "conflicting_resource_id": id },
                }]);
                error(409, "invalid_state", text, errors)
            }
            Refusal::NotFound => {
                let text = "Resource not found";
                error(404, "invalid_api_usage", text, state("resource_not_found", text))
            }
            Refusal::UnknownToken => {
                let text = "The access token you've used is not a valid access token";
                error(401, "invalid_api_usage", text, state("access_token_not_found", text))
            }
            Refusal::Usage(reason, text) => {
                error(400, "invalid_api_usage", text, state(reason, text))
            }
            Refusal::RateLimited => {
                let text = "Rate limit exceeded";
                let errors = state("rate_limit_exceeded", text);
                let answer = error(429, "invalid_api_usage", text, errors);
                Answer { retry_after_s: Some(1), ..answer }
            }
            Refusal::Broken => {
                let text = "Internal server error";
                error(500, "gocardless", text, state("internal_server_error", text))
            }
        }
    }
}

fn fault_json(fault: &Fault) -> Json {
    json!({
        "field": fault.field,
        "message": fault.message,
        "request_pointer": fault.pointer,
    })
}

fn error(status: u16, kind: &str, message: &str, errors: Json) -> Answer {
    let body = json!({ "error": {
        "message": message,
        "errors": errors,
        "documentation_url": format!("https://developer.gocardless.com/api-reference#{kind}"),
        "type": kind,
        "request_id": "00000000-0000-0000-0000-000000000000",
        "code": status,
    }});
    Answer { status, body, retry_after_s: None }
}

impl Answer {
    /// 200 with a body.
    pub fn ok(body: Json) -> Self {
        Self { status: 200, body, retry_after_s: None }
    }

    /// 200 with a thing in its envelope.
    pub fn thing(envelope: &str, thing: Json) -> Self {
        Self::ok(enveloped(envelope, thing))
    }

    /// 201 with a thing in its envelope.
    pub fn created(envelope: &str, thing: Json) -> Self {
        Self { status: 201, body: enveloped(envelope, thing), retry_after_s: None }
    }

    /// The body.
    pub fn body_mut(&mut self) -> &mut Json {
        &mut self.body
    }

    /// As a response. `cut` breaks it off in the middle of the body, as a connection that is lost would.
    pub fn into_response(self, cut: bool) -> Response {
        let text = self.body.to_string();
        let mut response =
            Response::new(if cut { Body::new(Cut(false)) } else { Body::from(text) });
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// `{"payments": ...}`.
fn enveloped(envelope: &str, content: Json) -> Json {
    let mut body = serde_json::Map::new();
    body.insert(envelope.to_owned(), content);
    Json::Object(body)
}

/// A page in HTML that loads nothing and may be framed by nobody.
pub(super) fn page(html: String) -> Response {
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    let text = |value: &'static str| HeaderValue::from_static(value);
    headers.insert(header::CONTENT_TYPE, text("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, text("no-store"));
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, text(policy));
    headers.insert(header::REFERRER_POLICY, text("no-referrer"));
    response
}

/// Sends a browser elsewhere; `None` when the address cannot stand in a header.
pub(super) fn see_other(location: &str) -> Option<Response> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(location).ok()?);
    Some(response)
}

/// The same page for a link that leads nowhere.
pub(super) fn lost(html: String) -> Response {
    let mut response = page(html);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Whether an answer to a webhook means that it was taken.
pub(super) const fn is_taken(status: u16) -> bool {
    matches!(status, 200..=299)
}

/// A body that begins and breaks off; whether it has begun.
struct Cut(bool);

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())));
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{\"")))))
    }
}
