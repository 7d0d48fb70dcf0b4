//! `/platform/v1/webhooks`: endpoints, their secrets, and what was delivered to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_events::webhook::DELIVERIES_LIMIT_MAX;
use florin_events::{Delivery, Endpoint, NewEndpoint};
use florin_http::{AnyCaller, ApiError, Detail, Faults, FieldErrors, JsonBody, request_body};
use florin_ids::{DeliveryId, EventId, WebhookEndpointId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::PlatformState;
use crate::error::from_events;
use crate::event::EventBody;
use crate::input::{Ids, Params};

const URL_CHARS_MAX: usize = 2048;
const DELIVERIES_LIMIT_DEFAULT: u32 = 100;

request_body! {
    /// An endpoint to register.
    pub(crate) struct NewWebhookBody as "NewWebhook" {
        /// Where to post events; in production an https URL on the public internet.
        url: required String,
        /// Events to listen to: `application_processing_finished`, `repayment_created`,
        /// `repayment_result`, `disbursement_result`, `refund_result`, `statement_ready`, `loan_is_late`,
        /// `loan_is_arrears`, `repayment_due_day_soon`, or `*` for all (the
        /// default).
        events: optional Vec<String>,
    }
    example { "url": "https://example.com/florin", "events": ["repayment_created", "repayment_result"] }
}

/// A registered endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookBody {
    #[schema(value_type = String, format = Uuid)]
    id: WebhookEndpointId,
    /// Where events are posted.
    #[schema(example = "https://example.com/florin")]
    url: String,
    /// Events it listens to; `*` is all.
    #[schema(example = json!(["*"]))]
    events: Vec<String>,
    /// False when it answered 410 Gone: nothing is delivered any more.
    enabled: bool,
    /// Unix seconds.
    #[schema(example = 1_763_683_200)]
    created: i64,
    /// Unix seconds until which deliveries are signed with the secret before the last rotation too.
    previous_secret_until: Option<i64>,
}

/// A registered endpoint with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub(crate) struct CreatedWebhookBody {
    #[serde(flatten)]
    webhook: WebhookBody,
    /// Verifies the deliveries; shown this once.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// The tenant's endpoints.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct WebhooksBody {
    webhooks: Vec<WebhookBody>,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(crate) struct SecretBody {
    /// Verifies the deliveries; shown this once.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
    /// Unix seconds until which deliveries are signed with the old secret too.
    previous_secret_until: Option<i64>,
}

/// One attempt to deliver an event.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryBody {
    #[schema(value_type = String, format = Uuid)]
    id: DeliveryId,
    /// The event's id, sent as `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    event: EventId,
    /// The event's place in the log.
    event_seq: i64,
    /// The event's type.
    #[serde(rename = "type")]
    kind: String,
    /// 1 is the first.
    attempt: u32,
    /// Whether the endpoint took it.
    delivered: bool,
    /// The HTTP status that the endpoint answered; null when no answer arrived.
    status_code: Option<u32>,
    /// Milliseconds until the answer or the failure.
    duration_ms: i64,
    /// What went wrong; null when it was delivered.
    error: Option<String>,
    /// Unix seconds.
    attempted_at: i64,
    /// Unix seconds of the next attempt; null when it was delivered or given up.
    next_attempt_at: Option<i64>,
}

/// Attempts, the latest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Deliveries)]
pub(crate) struct DeliveriesBody {
    deliveries: Vec<DeliveryBody>,
    /// What to give as `before` for older ones; null when there are none.
    #[schema(value_type = Option<String>, format = Uuid)]
    next_before: Option<DeliveryId>,
}

impl From<Endpoint> for WebhookBody {
    fn from(endpoint: Endpoint) -> Self {
        WebhookBody {
            id: endpoint.id,
            url: endpoint.url,
            events: endpoint.events,
            enabled: endpoint.enabled,
            created: endpoint.created_at.as_second(),
            previous_secret_until: endpoint.previous_until.map(|until| until.as_second()),
        }
    }
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        DeliveryBody {
            id: delivery.id,
            event: delivery.event_id,
            event_seq: delivery.event_seq,
            kind: delivery.event_kind,
            attempt: delivery.attempt,
            delivered: delivery.error.is_none(),
            status_code: delivery.status_code,
            duration_ms: delivery.duration_ms,
            error: delivery.error,
            attempted_at: delivery.attempted_at.as_second(),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.as_second()),
        }
    }
}

/// List webhooks.
#[utoipa::path(
    get,
    path = "/platform/v1/webhooks/",
    tag = "webhooks",
    operation_id = "list_webhooks",
    responses(
        (status = 200, body = WebhooksBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
) -> Result<Json<WebhooksBody>, ApiError> {
    let endpoints = state.webhooks.list(caller.tenant).await.map_err(from_events)?;
    Ok(Json(WebhooksBody { webhooks: endpoints.into_iter().map(WebhookBody::from).collect() }))
}

/// Register a webhook.
///
/// Its secret is in the answer and nowhere else. Deliveries follow the Standard Webhooks
/// convention: `POST {"id", "type", "created", "data"}` with the headers `webhook-id`,
/// `webhook-timestamp` and `webhook-signature`.
#[utoipa::path(
    post,
    path = "/platform/v1/webhooks/",
    tag = "webhooks",
    operation_id = "create_webhook",
    request_body = NewWebhookBody,
    responses(
        (status = 201, body = CreatedWebhookBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 409, body = Detail, description = "There are too many webhooks.")
    )
)]
pub(crate) async fn create(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    JsonBody(body): JsonBody<NewWebhookBody>,
) -> Result<(StatusCode, Json<CreatedWebhookBody>), ApiError> {
    let mut faults = Faults::new();
    let url = faults.required("url", body.url);
    let url = faults.text("url", url, URL_CHARS_MAX);
    let events = faults.optional("events", body.events).unwrap_or_else(|| vec!["*".to_owned()]);
    faults.finish()?;
    let new = NewEndpoint { url: url.unwrap_or_default(), events };
    let created = state.webhooks.create(caller.tenant, new, caller.now).await;
    let (endpoint, secret) = created.map_err(from_events)?;
    let body = CreatedWebhookBody { webhook: endpoint.into(), secret: secret.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Get a webhook.
#[utoipa::path(
    get,
    path = "/platform/v1/webhooks/{id}/",
    tag = "webhooks",
    operation_id = "get_webhook",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = WebhookBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn get(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<WebhookEndpointId>,
) -> Result<Json<WebhookBody>, ApiError> {
    let endpoint = state.webhooks.get(caller.tenant, id).await.map_err(from_events)?;
    Ok(Json(endpoint.into()))
}

/// Delete a webhook.
///
/// What is still to be delivered to it is dropped.
#[utoipa::path(
    delete,
    path = "/platform/v1/webhooks/{id}/",
    tag = "webhooks",
    operation_id = "delete_webhook",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn delete(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<WebhookEndpointId>,
) -> Result<StatusCode, ApiError> {
    state.webhooks.delete(caller.tenant, id).await.map_err(from_events)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new secret.
///
/// For 24 hours deliveries are signed with the old one too.
#[utoipa::path(
    post,
    path = "/platform/v1/webhooks/{id}/rotate-secret/",
    tag = "webhooks",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = SecretBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn rotate_secret(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<WebhookEndpointId>,
) -> Result<Json<SecretBody>, ApiError> {
    let rotated = state.webhooks.rotate_secret(caller.tenant, id, caller.now).await;
    let secret = rotated.map_err(from_events)?;
    let endpoint = state.webhooks.get(caller.tenant, id).await.map_err(from_events)?;
    Ok(Json(SecretBody {
        secret: secret.expose().to_owned(),
        previous_secret_until: endpoint.previous_until.map(|until| until.as_second()),
    }))
}

/// Send a test event to a webhook.
///
/// An event of type `test` is appended to the log and delivered to this webhook only.
#[utoipa::path(
    post,
    path = "/platform/v1/webhooks/{id}/test/",
    tag = "webhooks",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 202, body = EventBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn send_test(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<WebhookEndpointId>,
) -> Result<(StatusCode, Json<EventBody>), ApiError> {
    let sent = state.webhooks.send_test(caller.tenant, id, caller.now).await;
    let event = sent.map_err(from_events)?;
    Ok((StatusCode::ACCEPTED, Json(event.into())))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct DeliveryParams {
    /// Attempts older than this one.
    before: Option<uuid::Uuid>,
    /// Number of attempts to return, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// List the attempts to deliver to a webhook, the latest first.
#[utoipa::path(
    get,
    path = "/platform/v1/webhooks/{id}/deliveries/",
    tag = "webhooks",
    params(("id" = uuid::Uuid, Path), DeliveryParams),
    responses(
        (status = 200, body = DeliveriesBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn list_deliveries(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<WebhookEndpointId>,
    params: Params,
) -> Result<Json<DeliveriesBody>, ApiError> {
    let mut faults = Faults::new();
    let before = params.parsed("before", "Must be a valid UUID.", &mut faults);
    let limit = params.integer("limit", 1..=i64::from(DELIVERIES_LIMIT_MAX), &mut faults);
    faults.finish()?;
    let limit = limit.and_then(|limit| u32::try_from(limit).ok());
    let limit = limit.unwrap_or(DELIVERIES_LIMIT_DEFAULT);
    let found = state.webhooks.deliveries(caller.tenant, id, before, limit).await;
    let deliveries = found.map_err(from_events)?;
    let is_full = deliveries.len() >= limit as usize;
    let next_before = deliveries.last().filter(|_| is_full).map(|delivery| delivery.id);
    let deliveries = deliveries.into_iter().map(DeliveryBody::from).collect();
    Ok(Json(DeliveriesBody { deliveries, next_before }))
}

/// Deliver the event of an earlier attempt once more.
#[utoipa::path(
    post,
    path = "/platform/v1/webhooks/{id}/deliveries/{delivery}/redeliver/",
    tag = "webhooks",
    params(("id" = uuid::Uuid, Path), ("delivery" = uuid::Uuid, Path)),
    responses(
        (status = 202, body = Detail),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn redeliver(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids((id, delivery)): Ids<(WebhookEndpointId, DeliveryId)>,
) -> Result<(StatusCode, Json<Detail>), ApiError> {
    state.webhooks.redeliver(caller.tenant, id, delivery).await.map_err(from_events)?;
    let detail = "The event is on its way again.".to_owned();
    Ok((StatusCode::ACCEPTED, Json(Detail { detail })))
}
