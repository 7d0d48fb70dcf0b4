//! What is asked of every request before anything else: that it takes JSON, and that we are not in maintenance.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use florin_http::{ApiError, HttpState};
use florin_savings::maintenance::maintenance_since;

use crate::error::Refusal;

/// How long a client may wait before it asks again whether maintenance is over.
const MAINTENANCE_RETRY_SECONDS: HeaderValue = HeaderValue::from_static("60");

/// Refuses what cannot be answered (406) or not now (503).
pub(crate) async fn gate(State(http): State<HttpState>, request: Request, next: Next) -> Response {
    if !takes_json(request.headers()) {
        let text = "Only application/json can be answered with.".to_owned();
        return Refusal::new(StatusCode::NOT_ACCEPTABLE, vec![text]).into_response();
    }
    match maintenance_since(http.db()).await {
        Ok(None) => next.run(request).await,
        Ok(Some(_)) => {
            let text = "We're temporarily offline for maintenance. Please try again later.";
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, vec![text.to_owned()]);
            let mut response = refusal.into_response();
            response.headers_mut().insert(RETRY_AFTER, MAINTENANCE_RETRY_SECONDS);
            response
        }
        Err(error) => Refusal::from(ApiError::internal(&error)).into_response(),
    }
}

/// Whether JSON is among what the client takes. Who says nothing takes everything.
fn takes_json(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(ACCEPT).iter().peekable();
    if accepts.peek().is_none() {
        return true;
    }
    // The most specific range that JSON falls into decides.
    let mut best: Option<(u8, bool)> = None;
    for range in accepts.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let rank = match media.as_str() {
            "application/json" => 3,
            media if media.starts_with("application/") && media.ends_with("+json") => 3,
            "application/*" => 2,
            "*/*" | "*" => 1,
            _ => continue,
        };
        let is_wanted = !parts.any(is_zero_quality);
        if best
            .is_none_or(|(known, wanted)| rank > known || (rank == known && is_wanted && !wanted))
        {
            best = Some((rank, is_wanted));
        }
    }
    best.is_some_and(|(_, is_wanted)| is_wanted)
}

/// `q=0`, which takes a range out.
fn is_zero_quality(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_take() {
        let check = |accept: &'static str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(takes_json(&headers), expected, "{accept}");
        };
        assert!(takes_json(&HeaderMap::new()));
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/vnd.api+json", true);
        check("*/*", true);
        check("text/html, application/*;q=0.9", true);
        check("text/html,application/xhtml+xml,*/*;q=0.8", true);
        check("application/xml", false);
        check("text/csv, text/html", false);
        check("application/json;q=0", false);
        check("application/json;q=0, */*", false);
        check("", false);
    }
}
