//! A provider that tests tell what to do: it makes mandates, refuses, or does not answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The account number that the provider does not like.
pub const REFUSED_ACCOUNT: &str = "99999999";

/// The provider, on a port of its own.
#[derive(Clone)]
pub struct Provider {
    pub url: String,
    state: Arc<Held>,
}

#[derive(Default)]
struct Held {
    is_down: AtomicBool,
    /// The mandate of each billing request, empty before it is fulfilled.
    requests: Mutex<BTreeMap<String, String>>,
    /// What was sent, in order.
    seen: Mutex<Vec<(String, Value)>>,
}

impl Provider {
    pub async fn start() -> Self {
        let state = Arc::new(Held::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state((url.clone(), Arc::clone(&state)));
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, state }
    }

    /// From now on it answers nothing but failures, or works again.
    pub fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::Relaxed);
    }

    /// What was sent to paths with this ending.
    pub fn seen(&self, ending: &str) -> Vec<Value> {
        let seen = self.state.seen.lock().expect("no panic");
        seen.iter()
            .filter(|(path, _)| path.ends_with(ending))
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// The payer finishes on the provider's own page.
    pub fn fulfil_all(&self) {
        for (number, mandate) in
            self.state.requests.lock().expect("no panic").values_mut().enumerate()
        {
            *mandate = format!("MD9{number}");
        }
    }
}

async fn answer(
    State((url, held)): State<(String, Arc<Held>)>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    if held.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let path = uri.path().to_owned();
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    held.seen.lock().expect("no panic").push((path.clone(), sent.clone()));
    let mut requests = held.requests.lock().expect("no panic");
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let at = "2026-11-21T10:00:00Z";
    match (method, parts.as_slice()) {
        (Method::POST, ["billing_requests"]) => {
            let id = format!("BRQ{}", requests.len() + 1);
            requests.insert(id.clone(), String::new());
            axum::Json(request_body(&id, "")).into_response()
        }
        (_, ["billing_requests", id, rest @ ..]) => {
            let count = requests.len();
            let Some(mandate) = requests.get_mut(*id) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            if sent.to_string().contains(REFUSED_ACCOUNT) {
                let errors = json!([{"field": "account_number", "message": "is invalid"}]);
                let error = json!({"type": "validation_failed", "code": 422, "message": "Validation failed",
                    "errors": errors});
                let body = axum::Json(json!({ "error": error }));
                return (StatusCode::UNPROCESSABLE_ENTITY, body).into_response();
            }
            if rest.last() == Some(&"fulfil") {
                *mandate = format!("MD{count}");
            }
            axum::Json(request_body(id, mandate)).into_response()
        }
        (_, ["billing_request_flows"]) => {
            let id = &sent["billing_request_flows"]["links"]["billing_request"];
            let flow = json!({"id": "BRF1", "authorisation_url": format!("{url}/authorise/BRF1"),
                "created_at": at, "links": {"billing_request": id}});
            axum::Json(json!({ "billing_request_flows": flow })).into_response()
        }
        (_, ["mandates", id]) => {
            let links =
                json!({"customer": "CU1", "customer_bank_account": "BA1", "creditor": "CR1"});
            axum::Json(
                json!({"mandates": {"id": id, "created_at": at, "status": "pending_submission",
                "scheme": "bacs", "reference": "FLORIN-1", "links": links}}),
            )
            .into_response()
        }
        (_, ["customer_bank_accounts", id]) => axum::Json(
            json!({"customer_bank_accounts": {"id": id, "created_at": at, "enabled": true,
                "account_number_ending": "11", "account_holder_name": "A LOVELACE",
                "bank_name": "BARCLAYS BANK PLC", "country_code": "GB", "currency": "GBP",
                "links": {"customer": "CU1"}}}),
        )
        .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn request_body(id: &str, mandate: &str) -> Value {
    let status = if mandate.is_empty() { "pending" } else { "fulfilled" };
    let link = (!mandate.is_empty()).then_some(mandate);
    json!({"billing_requests": {"id": id, "created_at": "2026-11-21T10:00:00Z", "status": status,
        "links": {"mandate_request_mandate": link}}})
}
