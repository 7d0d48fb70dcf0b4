//! The envelope that every answer comes in: `{data, errors, status, requestId}`.
//!
//! Handlers and extractors say what they answer as an [`Answer`] or a [`Refused`]; [`seal`], around all of the surface's
//! routes, knows the request's id and writes the body.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use florin_external_accounts::ExternalAccountsError;
use florin_http::{ApiError, Denied, RequestId, chain};
use florin_storage::StorageError;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::Fault;

/// What every answer looks like.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope<T: ToSchema> {
    /// What was asked for; left out when it was refused.
    #[schema(nullable = false)]
    data: Option<T>,
    /// Every reason of a refusal; empty when there is none.
    errors: Vec<ErrorBody>,
    /// As the HTTP status, but for `initiate`, where the original says 200 here and 201 there.
    #[schema(example = 200)]
    status: u16,
    /// Names the request in the server's log; `X-Request-Id` has it too.
    request_id: Uuid,
}

/// One reason of a refusal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// A code of the tables.
    #[schema(example = 60001)]
    code: u32,
    /// Its text.
    #[schema(example = "Customer id 456 is invalid.")]
    message: String,
}

/// Data on their way to the client.
pub(crate) struct Answer<T> {
    http: StatusCode,
    status: StatusCode,
    pub(crate) data: T,
}

impl<T> Answer<T> {
    /// 200.
    pub(crate) fn ok(data: T) -> Self {
        Self { http: StatusCode::OK, status: StatusCode::OK, data }
    }

    /// 201.
    pub(crate) fn created(data: T) -> Self {
        Self { http: StatusCode::CREATED, status: StatusCode::CREATED, data }
    }

    /// What the document prints for `initiate`: 201, and 200 in the envelope.
    pub(crate) fn initiated(data: T) -> Self {
        Self { http: StatusCode::CREATED, status: StatusCode::OK, data }
    }
}

/// What a handler gives.
pub(crate) type Outcome<T> = Result<Answer<T>, Refused>;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    why: Why,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Clone)]
enum Why {
    Faults(Vec<ErrorBody>),
    /// No fault of the caller: what only the log may see.
    Incident(String),
}

impl Refused {
    /// 400 with these reasons.
    pub(crate) fn faults(faults: Vec<Fault>) -> Self {
        let errors = faults.into_iter().map(|it| ErrorBody { code: it.code, message: it.message });
        Self::with(StatusCode::BAD_REQUEST, errors.collect())
    }

    /// One reason of the common table with its status.
    pub(crate) fn common(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self::with(status, vec![ErrorBody { code, message: message.into() }])
    }

    /// 404: nothing is there.
    pub(crate) fn not_found() -> Self {
        Self::common(StatusCode::NOT_FOUND, 50404, "The requested resource was not found.")
    }

    /// 503: too busy, too slow or on its way down; the same request may be sent again.
    pub(crate) fn unavailable() -> Self {
        let refused = Self::common(StatusCode::SERVICE_UNAVAILABLE, 50503, "Service Unavailable");
        refused.with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The body is longer than `max_bytes`. The document has no code of its own for it.
    pub(crate) fn too_large(max_bytes: usize) -> Self {
        let message = format!("The JSON payload is too large: the limit is {max_bytes} bytes.");
        Self::common(StatusCode::PAYLOAD_TOO_LARGE, 59949, message)
    }

    fn with(status: StatusCode, errors: Vec<ErrorBody>) -> Self {
        Self { status, why: Why::Faults(errors), header: None }
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// The whole answer, where no [`seal`] follows.
    pub(crate) fn sealed(self, id: RequestId) -> Response {
        let mut response = self.into_response();
        write_body(&mut response, id.0);
        response
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::faults(vec![fault])
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Missing | Denied::Unknown | Denied::OtherSurface | Denied::Scope => {
                Self::common(StatusCode::UNAUTHORIZED, 50401, "User is not authorized").with_header(
                    WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"Florin\", charset=\"UTF-8\""),
                )
            }
            Denied::Address => Self::common(StatusCode::FORBIDDEN, 50403, "IP is not trusted"),
            Denied::Throttled(wait) => {
                let seconds = wait.as_millis().div_ceil(1000).max(1).to_string();
                let refused =
                    Self::common(StatusCode::TOO_MANY_REQUESTS, 50429, "Rate limit exceeded");
                let value = HeaderValue::from_str(&seconds);
                refused.with_header(RETRY_AFTER, value.unwrap_or(HeaderValue::from_static("1")))
            }
            Denied::Busy => Self::unavailable(),
            Denied::Failed => {
                Self::common(StatusCode::INTERNAL_SERVER_ERROR, 50500, "Internal Server Error")
            }
        }
    }
}

/// What reading a body refuses by itself.
impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let (status, texts, _) = error.into_texts();
        Self::common(status, 59949, texts.join(" "))
    }
}

impl From<ExternalAccountsError> for Refused {
    fn from(error: ExternalAccountsError) -> Self {
        match error {
            ExternalAccountsError::Rejected(rejections) => Self::with(
                StatusCode::BAD_REQUEST,
                rejections
                    .into_iter()
                    .map(|it| ErrorBody { code: it.code, message: it.message })
                    .collect(),
            ),
            ExternalAccountsError::Storage(
                StorageError::Overloaded { .. } | StorageError::Closed,
            ) => Self::unavailable(),
            error => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                why: Why::Incident(chain(&error)),
                header: None,
            },
        }
    }
}

/// What [`seal`] makes the body of; an extension of the response.
#[derive(Clone)]
struct Draft {
    status: u16,
    data: Option<Box<RawValue>>,
    why: Option<Why>,
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let data = match serde_json::value::to_raw_value(&self.data) {
            Ok(data) => data,
            Err(error) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                let why = Why::Incident(chain(&error));
                return Refused { status, why, header: None }.into_response();
            }
        };
        let mut response = self.http.into_response();
        let draft = Draft { status: self.status.as_u16(), data: Some(data), why: None };
        response.extensions_mut().insert(draft);
        response
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let draft = Draft { status: self.status.as_u16(), data: None, why: Some(self.why) };
        response.extensions_mut().insert(draft);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Writes the bodies of the surface's answers.
pub(crate) async fn seal(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map_or(Uuid::nil(), |RequestId(id)| *id);
    let mut response = next.run(request).await;
    write_body(&mut response, id);
    response
}

fn write_body(response: &mut Response, id: Uuid) {
    let Some(draft) = response.extensions_mut().remove::<Draft>() else {
        return;
    };
    let errors = match draft.why {
        None => Vec::new(),
        Some(Why::Faults(errors)) => errors,
        Some(Why::Incident(text)) => {
            tracing::error!(incident = %id, error = text, "a request failed");
            let message = format!("Internal Server Error. Incident Id : {id}");
            vec![ErrorBody { code: 52998, message }]
        }
    };
    let body = Sealed { data: draft.data, errors, status: draft.status, request_id: id };
    // Texts and numbers always serialise; an empty body would be the answer otherwise.
    *response.body_mut() = serde_json::to_vec(&body).unwrap_or_default().into();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sealed {
    /// Left out of a refusal: one of the original's clients stumbles over a `null` and never sees the errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    errors: Vec<ErrorBody>,
    status: u16,
    request_id: Uuid,
}
