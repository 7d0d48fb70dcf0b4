//! Browsers on the partner's own pages.
//!
//! Which pages may use a session stands in the session, and only the request that carries it says which one that is. So a
//! preflight is answered to anybody, and [`crate::caller::Visit`] then refuses what comes from elsewhere. A session is sent
//! in a header that a page has to know, never by a browser of itself: nothing is given away by the answer's headers.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, ORIGIN, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ToStrangers;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, accept-language");
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");

/// What a request to nobody's method is answered when it is no preflight.
pub(crate) async fn nothing() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Answers preflights, and lets the page that asked read the answer.
pub(crate) async fn allow(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = match (is_preflight, &origin) {
        (true, Some(_)) => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let is_to_strangers = response.extensions().get::<ToStrangers>().is_some();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let Some(origin) = origin.filter(|_| !is_to_strangers) else { return response };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if is_preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}
