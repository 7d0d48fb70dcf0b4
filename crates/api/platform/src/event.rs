//! `GET /platform/v1/events`: the tenant's event log.

use axum::Json;
use axum::extract::State;
use florin_events::log::LIST_LIMIT_MAX;
use florin_events::{Event, EventFilter, EventsError, kinds, list_in};
use florin_http::{AnyCaller, ApiError, Detail, Faults, FieldErrors};
use florin_ids::EventId;
use serde::Serialize;
use serde_json::Value as JsonValue;
use utoipa::{IntoParams, ToSchema};

use crate::PlatformState;
use crate::error::from_events;
use crate::input::Params;

const LIMIT_DEFAULT: u32 = 100;

/// Something that happened.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Its place in the tenant's log: 1, 2, 3, ... without gaps.
    #[schema(example = 1)]
    seq: i64,
    /// The same as in the `webhook-id` header of its deliveries.
    #[schema(value_type = String, format = Uuid)]
    id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "repayment_created")]
    kind: String,
    /// What it happened to.
    #[schema(example = "loan:019aa4f0-0000-7000-8000-000000000000")]
    resource: String,
    /// When, in Unix seconds of the tenant's clock.
    #[schema(example = 1_763_683_200)]
    created: i64,
    /// The particulars.
    #[schema(value_type = Object)]
    data: JsonValue,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        EventBody {
            seq: event.seq,
            id: event.id,
            kind: event.kind,
            resource: event.resource,
            created: event.occurred_at.as_second(),
            data: event.data,
        }
    }
}

/// A stretch of the log.
#[derive(Serialize, ToSchema)]
#[schema(as = Events)]
pub(crate) struct EventsBody {
    /// In order.
    events: Vec<EventBody>,
    /// What to give as `after` to read on, now or later.
    #[schema(example = 1)]
    next_after: i64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct EventParams {
    /// Events with a greater `seq` than this.
    #[param(default = 0, minimum = 0)]
    after: Option<i64>,
    /// Number of events to return, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Events of this type only.
    #[param(rename = "type", example = "repayment_created")]
    kind: Option<String>,
}

/// Read the event log.
///
/// To follow it, ask again with the `next_after` of the last answer: an event that happens later has
/// a greater `seq`.
#[utoipa::path(
    get,
    path = "/platform/v1/events/",
    tag = "events",
    operation_id = "list_events",
    params(EventParams),
    responses(
        (status = 200, body = EventsBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    params: Params,
) -> Result<Json<EventsBody>, ApiError> {
    let mut faults = Faults::new();
    let after = params.integer("after", 0..=i64::MAX, &mut faults).unwrap_or(0);
    let limit = params.integer("limit", 1..=i64::from(LIST_LIMIT_MAX), &mut faults);
    let kind = params.text("type").map(str::to_owned);
    if let Some(unknown) = kind.as_deref().filter(|name| !is_kind(name)) {
        let shown: String = unknown.chars().take(100).collect();
        faults.add("type", format!("\"{shown}\" is not a valid choice."));
    }
    faults.finish()?;
    let limit = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(LIMIT_DEFAULT);
    let filter = EventFilter { after, kind, limit };
    let events = state
        .http
        .db()
        .read(move |tx| list_in(tx, caller.tenant, &filter))
        .await
        .map_err(|error: EventsError| from_events(error))?;
    let next_after = events.last().map_or(after, |event| event.seq);
    Ok(Json(EventsBody { events: events.into_iter().map(EventBody::from).collect(), next_after }))
}

fn is_kind(name: &str) -> bool {
    name == kinds::TEST || kinds::ALL.iter().any(|kind| kind.name == name)
}
