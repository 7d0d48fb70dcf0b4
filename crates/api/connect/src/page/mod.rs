//! Pages for end users: the hosted one, the simulated bank's, and logos.

mod bank;
mod hosted;
pub(crate) mod logo;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::ConnectApi;

pub use hosted::hosted_page;

/// Beyond it an answer has changed its name.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

/// The pages' routes.
pub(crate) fn routes() -> Router<ConnectApi> {
    Router::new()
        .route("/connect", get(hosted::show))
        .route("/connect/assets/{name}", get(hosted::asset))
        .route("/connect/logos/{name}", get(logo::show))
        .route("/connect/bank/authorize", get(bank::show).post(bank::answer))
        .route("/connect/bank/done", get(bank::done))
        .route("/connect/bank/style.css", get(bank::style))
        .route("/connect/oauth/return", get(bank::returned))
}

/// An HTML page with its policy. Nothing of it is kept, and nobody is told where the end user came from.
fn html(status: StatusCode, policy: &str, page: String) -> Response {
    let policy =
        HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, NEVER),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, page).into_response()
}

/// A file of ours.
fn file(kind: &'static str, cache: HeaderValue, content: impl IntoResponse) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
