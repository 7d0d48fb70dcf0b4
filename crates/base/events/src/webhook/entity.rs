use florin_ids::{DeliveryId, EventId, WebhookEndpointId};
use jiff::{SignedDuration, Timestamp};

use super::address::{self, AddressPolicy};
use crate::{EventsError, kinds};

const URL_CHARS_MAX: usize = 2048;

/// How long the secret before a rotation signs beside the new one.
pub const ROTATION_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// What an endpoint is registered from.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// `https://...`; in a sandbox `http://` too.
    pub url: String,
    /// Kinds to listen to; `*` is all of them.
    pub events: Vec<String>,
}

impl NewEndpoint {
    pub(super) fn check(&self, policy: AddressPolicy) -> Result<(), EventsError> {
        if self.url.chars().count() > URL_CHARS_MAX {
            return Err(EventsError::BadUrl("Enter a URL of at most 2048 characters."));
        }
        address::parse_url(&self.url, policy)?;
        if self.events.is_empty() {
            return Err(EventsError::NoKinds);
        }
        match self.events.iter().find(|name| !kinds::is_known(name)) {
            Some(unknown) => Err(EventsError::UnknownKind(unknown.clone())),
            None => Ok(()),
        }
    }
}

/// Where a tenant wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// UUID v7.
    pub id: WebhookEndpointId,
    /// Where deliveries are posted.
    pub url: String,
    /// Kinds it listens to; `*` is all of them.
    pub events: Vec<String>,
    /// A disabled endpoint is told nothing.
    pub enabled: bool,
    /// Real time.
    pub created_at: Timestamp,
    /// Until when the secret before the last rotation still signs.
    pub previous_until: Option<Timestamp>,
}

impl Endpoint {
    pub(super) fn listens_to(&self, kind: &str) -> bool {
        self.enabled && self.events.iter().any(|name| name == kinds::EVERYTHING || name == kind)
    }
}

/// One attempt to deliver an event to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// UUID v7.
    pub id: DeliveryId,
    /// The event's number in the tenant's log.
    pub event_seq: i64,
    /// The event's id, sent as `webhook-id`.
    pub event_id: EventId,
    /// The event's kind.
    pub event_kind: String,
    /// 1 is the first.
    pub attempt: u32,
    /// `None`: no answer arrived.
    pub status_code: Option<u32>,
    /// Milliseconds until the answer or the failure.
    pub duration_ms: i64,
    /// `None`: delivered.
    pub error: Option<String>,
    /// Real time.
    pub attempted_at: Timestamp,
    /// When it is tried again; `None`: delivered, or given up.
    pub next_attempt_at: Option<Timestamp>,
}
