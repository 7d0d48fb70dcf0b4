//! Answers: pages, redirects and refusals, and the headers around them all.

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use florin_crypto::hash_key;
use florin_http::{ApiError, chain};
use florin_mandates::MandatesError;
use florin_storage::StorageError;
use maud::Markup;

use super::html::{Frame, notice};
use crate::PaymentsApi;

/// Why there is no page of the link.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nobody was given this link.
    Unknown,
    /// The form was not shown to this browser, or another site sent it.
    NotOurs,
    /// The form has none of our buttons.
    Malformed,
    /// What was sent is no form.
    NoForm,
    /// The form could not be read, or is too long.
    Unread(ApiError),
    /// The payment provider does not answer or refuses.
    Provider,
    /// Too much to do at the moment.
    Busy,
    /// Our own fault; it stands in the log.
    Internal,
}

impl Trouble {
    /// Our own fault: the error goes to the log, nothing of it to the end user.
    pub(super) fn internal(error: &dyn Error) -> Self {
        tracing::error!(error = %chain(error), "a mandate page failed");
        Self::Internal
    }
}

impl From<MandatesError> for Trouble {
    fn from(error: MandatesError) -> Self {
        match error {
            MandatesError::NotFound(_) => Self::Unknown,
            MandatesError::Storage(StorageError::Overloaded { .. } | StorageError::Closed) => {
                Self::Busy
            }
            MandatesError::Provider(_) => {
                tracing::warn!(error = %chain(&error), "a mandate page got no answer");
                Self::Provider
            }
            error => Self::internal(&error),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "This link does not work",
                "Check that it is complete, as it was sent to you, or ask for a new one.",
            ),
            Self::NotOurs => (
                StatusCode::FORBIDDEN,
                "Please open the link again",
                "This form was opened in another browser or too long ago, or your browser does not keep cookies. \
                 Nothing was sent.",
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "Please open the link again",
                "The form arrived incomplete. Nothing was sent.",
            ),
            Self::NoForm => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Please open the link again",
                "What arrived is not the form of this page. Nothing was sent.",
            ),
            Self::Unread(error) => (
                error.status(),
                "Please open the link again",
                "The form could not be read: it is too long or was cut off. Nothing was sent.",
            ),
            Self::Provider => (
                StatusCode::BAD_GATEWAY,
                "Please try again in a minute",
                "The payment provider does not answer at the moment. Nothing was set up.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Please try again in a minute",
                "There is too much to do at the moment. Nothing was set up.",
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                "It is our fault, not yours. Please try again later.",
            ),
        };
        let frame = Frame { lender: "", is_sandbox: false };
        page(status, notice(&frame, title, text, None))
    }
}

/// What the provider answers, unless the end user would wait too long for it.
pub(super) async fn in_time<T>(
    api: &PaymentsApi,
    asking: impl Future<Output = Result<T, MandatesError>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(api.patience, asking).await {
        Ok(answer) => answer.map_err(Trouble::from),
        Err(_) => Err(Trouble::Provider),
    }
}

/// A page.
pub(super) fn page(status: StatusCode, markup: Markup) -> Response {
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    (status, [kind], markup.into_string()).into_response()
}

/// Leads on, to be fetched with GET.
pub(super) fn see_other(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(url) => (StatusCode::SEE_OTHER, [(LOCATION, url)]).into_response(),
        Err(error) => Trouble::internal(&error).into_response(),
    }
}

/// What is under `/mandates`, but no page.
pub(super) async fn unknown() -> Trouble {
    Trouble::Unknown
}

/// A page in a way that it is not to be asked for. The router adds what is allowed.
pub(super) async fn wrong_method() -> Response {
    let frame = Frame { lender: "", is_sandbox: false };
    let text = "This page is to be opened in a browser.";
    let markup = notice(&frame, "Please open the link again", text, None);
    page(StatusCode::METHOD_NOT_ALLOWED, markup)
}

/// What a page may do: look as `style` says, whose hash this names, and send its form back.
pub(super) fn policy(style: &str) -> Arc<str> {
    let hash = STANDARD.encode(hash_key(style));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
    .into()
}

/// Every answer is for one person's eyes, in no frame, and tells nobody by which link it was reached.
pub(super) async fn secured(State(policy): State<Arc<str>>, mut response: Response) -> Response {
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (OPENER, "same-origin"),
        (PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, value);
    }
    response
}
