//! How a refusal looks over HTTP: `{"errors": ["fund_name is required"]}`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use florin_http::ApiError;
use florin_savings::SavingsError;
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that is wrong with a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"errors": ["fund_name is required", "risk_level is required"]}))]
pub(crate) struct Errors {
    /// A message for each fault.
    pub(crate) errors: Vec<String>,
}

/// A refusal on its way to the client; made by `?` from the domain's and from the edge's own.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    errors: Vec<String>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What a handler gives.
pub(crate) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(crate) fn new(status: StatusCode, errors: Vec<String>) -> Self {
        Self { status, errors, header: None }
    }

    /// 400: what was asked for cannot be understood, fault by fault.
    pub(crate) fn invalid(errors: Vec<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, errors)
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let (status, errors, header) = error.into_texts();
        // The document knows no status for the form of a body but 400.
        let status = match status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::PAYLOAD_TOO_LARGE => {
                StatusCode::BAD_REQUEST
            }
            status => status,
        };
        Self { status, errors, header }
    }
}

impl From<SavingsError> for Refusal {
    fn from(error: SavingsError) -> Self {
        match error {
            SavingsError::NotFound(what) => {
                Self::new(StatusCode::NOT_FOUND, vec![format!("{what} not found")])
            }
            SavingsError::Invalid(errors) => Self::invalid(errors),
            SavingsError::Impossible(errors) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, errors),
            // The rest is no fault of the caller; what it was stands in the log.
            error => ApiError::internal(&error).into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(Errors { errors: self.errors });
        let mut response = (self.status, body).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
