//! What operators and newcomers look at: health, figures, documents.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Json, Router};
use florin_http::ApiError;
use florin_storage::Db;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::failure::Failure;

/// The figures of this process.
pub type Metrics = PrometheusHandle;

/// Bounds in seconds of the histograms of times.
const SECONDS: &[f64] =
    &[0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// Bounds of the histograms of how many went together.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// How often what was recorded is added up, so that it does not pile up between two visits.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts counting. A second call answers the same figures: a process has one set.
///
/// # Errors
/// Another recorder was there first.
pub fn install_metrics() -> Result<Metrics, Failure> {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = INSTALLED.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZES)?
        .install_recorder()?;
    metrics::describe_counter!("florin_business_days_total", "business days run by this server");
    metrics::describe_counter!(
        "florin_business_day_failures_total",
        "business days that could not be run and are tried again"
    );
    Ok(INSTALLED.get_or_init(|| handle).clone())
}

/// What the health and figures pages look at.
#[derive(Clone)]
pub struct Probe {
    /// Must answer for the server to be ready.
    pub db: Db,
    /// Set once the server is told to end: a load balancer sends nothing more here.
    pub draining: Arc<AtomicBool>,
    /// The figures.
    pub metrics: Metrics,
}

/// `/health/live`, `/health/ready`, `/metrics`; must be called on a tokio runtime.
pub fn routes(probe: Probe) -> Router {
    let metrics = probe.metrics.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            metrics.run_upkeep();
        }
    });
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(figures))
        .with_state(probe)
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn ready(State(probe): State<Probe>) -> Result<Json<Value>, ApiError> {
    if probe.draining.load(Ordering::Relaxed) {
        return Err(ApiError::unavailable("The server is shutting down."));
    }
    match florin_tenancy::list_tenants(&probe.db, None, 1).await {
        Ok(_) => Ok(Json(json!({ "status": "ok", "database": "ok" }))),
        Err(error) => {
            tracing::warn!(cause = florin_http::chain(&error), "not ready");
            Err(ApiError::unavailable("The database does not answer."))
        }
    }
}

async fn figures(State(probe): State<Probe>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], probe.metrics.render())
}

/// The OpenAPI documents, the page that shows them, and the way there from `/`.
pub fn documents() -> Router {
    let page = SwaggerUi::new("/docs")
        .url("/openapi/lending.json", florin_api_lending::openapi())
        .url("/openapi/external-accounts.json", florin_api_external_accounts::openapi())
        .url("/openapi/connect.json", florin_api_connect::openapi())
        .url("/openapi/savings.json", florin_api_savings::openapi())
        .url("/openapi/platform.json", florin_api_platform::openapi())
        .config(Config::default().persist_authorization(true).try_it_out_enabled(true));
    Router::new().route("/", get(|| async { Redirect::to("/docs/") })).merge(page)
}
