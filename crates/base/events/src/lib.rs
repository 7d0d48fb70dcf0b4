//! What happened, told once in order: an append-only event log per tenant, and webhooks.
//!
//! An event is appended in the transaction of its cause ([`append_in`]), with the next number of the
//! tenant's gapless sequence. In the same transaction a delivery job is left for every endpoint that
//! listens, so an event is never lost between the database and the wire. Deliveries follow the
//! Standard Webhooks convention (<https://www.standardwebhooks.com>).

mod error;
pub mod kinds;
pub mod log;
pub mod webhook;

pub use error::EventsError;
pub use log::{Event, EventFilter, NewEvent, append_in, list_in};
pub use webhook::{
    AddressPolicy, Delivery, DeliveryHandler, Endpoint, NewEndpoint, WebhookSecret, Webhooks,
};

use florin_storage::MigrationSet;

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "events",
    files: &[("0001_events.sql", include_str!("../migrations/0001_events.sql"))],
};
