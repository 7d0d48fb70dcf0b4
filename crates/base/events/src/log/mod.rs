//! The event log.

pub(crate) mod repo;

use florin_ids::{EventId, TenantId};
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{EventsError, webhook};

/// At most this many events are answered at a time.
pub const LIST_LIMIT_MAX: u32 = 1000;

/// Something that happened, about to be told.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// One of [`crate::kinds`].
    pub kind: &'static str,
    /// What it happened to, such as `loan:UUID`. Deliveries about one resource keep their order.
    pub resource: String,
    /// In the tenant's time: under a simulated clock the business date.
    pub occurred_at: Timestamp,
    /// What a listener is told.
    pub data: Json,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place in the tenant's sequence: 1, 2, 3, ... without gaps.
    pub seq: i64,
    /// UUID v7; the same on every attempt to deliver it.
    pub id: EventId,
    /// One of [`crate::kinds`].
    pub kind: String,
    /// See [`NewEvent::resource`].
    pub resource: String,
    /// See [`NewEvent::occurred_at`].
    pub occurred_at: Timestamp,
    /// See [`NewEvent::data`].
    pub data: Json,
}

/// Which part of the log to read.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// Events with a greater sequence number than this; 0 for all.
    pub after: i64,
    /// Of this kind only.
    pub kind: Option<String>,
    /// 1 to [`LIST_LIMIT_MAX`].
    pub limit: u32,
}

/// Appends events to the tenant's log, in this order, and leaves a delivery job for every endpoint
/// that listens. All of it in the caller's transaction: told if and only if it happened.
///
/// The counter's row stays locked until the transaction ends, which is what makes the order of the
/// numbers the order of the commits; so this is best the last thing that a transaction does.
pub fn append_in(tx: &mut Tx, tenant: TenantId, events: &[NewEvent]) -> Result<(), EventsError> {
    if events.is_empty() {
        return Ok(());
    }
    let appended = append_only(tx, tenant, events)?;
    webhook::fan_out_in(tx, tenant, &appended)
}

/// Appends without telling anyone.
pub(crate) fn append_only(
    tx: &mut Tx,
    tenant: TenantId,
    events: &[NewEvent],
) -> Result<Vec<Event>, EventsError> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last = repo::take_numbers(tx, tenant, count)?;
    let first = last - count + 1;
    let numbered: Vec<Event> = (first..=last)
        .zip(events)
        .map(|(seq, event)| Event {
            seq,
            id: EventId::new(),
            kind: event.kind.to_owned(),
            resource: event.resource.clone(),
            occurred_at: event.occurred_at,
            data: event.data.clone(),
        })
        .collect();
    repo::insert(tx, tenant, &numbered)?;
    Ok(numbered)
}

/// Events in order of their sequence numbers. To follow the log, ask again with the last number
/// seen: an event that commits later has a greater one.
pub fn list_in(
    tx: &mut Tx,
    tenant: TenantId,
    filter: &EventFilter,
) -> Result<Vec<Event>, EventsError> {
    let limit = filter.limit.clamp(1, LIST_LIMIT_MAX);
    Ok(repo::list(tx, tenant, filter.after, filter.kind.as_deref(), limit)?)
}
