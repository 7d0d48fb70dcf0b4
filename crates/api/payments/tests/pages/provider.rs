//! The simulated provider on a socket, behind a door that tests look through and shut.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use florin_calendar::FixedClock;
use florin_direct_debit::simulator::{Simulator, SimulatorOptions};
use serde_json::{Value, json};

/// The account number that the provider does not like.
pub const REFUSED_ACCOUNT: &str = "99999999";

/// The provider, on a port of its own.
#[derive(Clone)]
pub struct Provider {
    pub url: String,
    door: Arc<Door>,
}

#[derive(Default)]
struct Door {
    is_down: AtomicBool,
    is_silent: AtomicBool,
    /// What was sent, in order: path and body.
    seen: Mutex<Vec<(String, Value)>>,
}

impl Provider {
    /// A provider without a memory, on this clock until it is moved.
    pub async fn start(clock: &FixedClock) -> Self {
        let door = Arc::new(Door::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let options = SimulatorOptions {
            journal: None,
            clock: Arc::new(clock.clone()),
            public_url: url.clone(),
            tokens: None,
        };
        let simulator = Simulator::new(options).expect("a simulator");
        let router = simulator.router().layer(from_fn_with_state(Arc::clone(&door), through));
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, door }
    }

    /// From now on it answers nothing but failures, or works again.
    pub fn set_down(&self, is_down: bool) {
        self.door.is_down.store(is_down, Ordering::Relaxed);
    }

    /// From now on it takes requests and never answers, or works again.
    pub fn set_silent(&self, is_silent: bool) {
        self.door.is_silent.store(is_silent, Ordering::Relaxed);
    }

    /// What was sent to paths with this ending.
    pub fn seen(&self, ending: &str) -> Vec<Value> {
        let seen = self.door.seen.lock().expect("no panic");
        seen.iter()
            .filter(|(path, _)| path.ends_with(ending))
            .map(|(_, body)| body.clone())
            .collect()
    }
}

async fn through(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    if door.is_down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if door.is_silent.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.expect("a body");
    let sent: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let is_refused = sent["data"]["account_number"] == REFUSED_ACCOUNT;
    door.seen.lock().expect("no panic").push((parts.uri.path().to_owned(), sent));
    if is_refused {
        let errors = json!([{"field": "account_number", "message": "is invalid"}]);
        let error = json!({"type": "validation_failed", "code": 422, "message": "Validation failed",
            "errors": errors});
        return (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(json!({ "error": error })))
            .into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}
