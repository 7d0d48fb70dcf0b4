//! `/hooks/gocardless`: where the provider tells its news. They are checked and stored here, nothing else: the provider
//! waits 10 seconds at most, and tells again what it got no answer to.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use florin_http::{body, chain};
use florin_ids::ProviderAccountId;
use florin_mandates::{MandatesError, Received};
use florin_storage::StorageError;
use serde_json::json;

use crate::PaymentsApi;

/// The lower-case hexadecimal HMAC-SHA256 of the raw body.
const SIGNATURE: &str = "webhook-signature";
/// "Token Invalid": what the provider expects for a signature that does not fit.
const BAD_SIGNATURE: u16 = 498;

pub(crate) fn routes() -> Router<PaymentsApi> {
    Router::new()
        .route("/hooks/gocardless", post(receive))
        .route("/hooks/gocardless/{account}", post(receive_of))
}

/// A webhook to the address that all accounts share: the secret that fits tells whose it is.
async fn receive(State(api): State<PaymentsApi>, request: Request) -> Response {
    take(&api, None, request).await
}

/// A webhook to the address of one account.
async fn receive_of(
    State(api): State<PaymentsApi>,
    account: Option<Path<String>>,
    request: Request,
) -> Response {
    let account = account.and_then(|Path(text)| text.parse::<ProviderAccountId>().ok());
    match account {
        Some(account) => take(&api, Some(account), request).await,
        // An address that nobody was given; told like a wrong signature, so that guessing tells nothing.
        None => refusal(status_498(), "The signature does not fit."),
    }
}

async fn take(api: &PaymentsApi, account: Option<ProviderAccountId>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = match body::read(&parts.headers, body, api.http.limits().body_bytes).await {
        Ok(bytes) => bytes,
        Err(error) => return refusal(error.status(), "The body is too long or was cut off."),
    };
    match api.collector.receive(account, &bytes, signature(&parts.headers)).await {
        Ok(Received::Accepted { new_events }) => {
            tracing::debug!(new_events, "a webhook of the direct-debit provider");
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(Received::BadSignature) => refusal(status_498(), "The signature does not fit."),
        Ok(Received::Unreadable) => {
            refusal(StatusCode::BAD_REQUEST, "The body holds no events as JSON.")
        }
        Err(error) => failure(&error),
    }
}

/// The signature that was sent; empty when none was, which fits nothing.
fn signature(headers: &HeaderMap) -> &str {
    headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn status_498() -> StatusCode {
    StatusCode::from_u16(BAD_SIGNATURE).unwrap_or(StatusCode::UNAUTHORIZED)
}

/// Nothing was stored, so that the provider tells again.
fn failure(error: &MandatesError) -> Response {
    match error {
        MandatesError::Storage(StorageError::Overloaded { .. } | StorageError::Closed) => {
            refusal(StatusCode::SERVICE_UNAVAILABLE, "The server is busy.")
        }
        error => {
            tracing::error!(error = %chain(error), "a webhook was not taken");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal error.")
        }
    }
}

fn refusal(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "error": text }))).into_response()
}
