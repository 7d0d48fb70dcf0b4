//! Webhook endpoints and what is delivered to them.

mod address;
mod deliver;
mod entity;
mod repo;
mod secret;

pub use address::AddressPolicy;
pub use deliver::{DeliveryHandler, DeliveryOptions, JOB_KIND};
pub use entity::{Delivery, Endpoint, NewEndpoint, ROTATION_OVERLAP};
pub use secret::WebhookSecret;

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_ids::{DeliveryId, JobId, TenantId, WebhookEndpointId};
use florin_jobs::{NewJob, enqueue_in};
use florin_storage::{Db, Tx};
use florin_tenancy::day;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::log::{Event, NewEvent, append_only};
use crate::{EventsError, kinds};

/// A tenant has at most this many endpoints: each event costs a job for every one that listens.
pub const ENDPOINTS_MAX: u32 = 16;
/// At most this many deliveries are answered at a time.
pub const DELIVERIES_LIMIT_MAX: u32 = 1000;

/// The webhook endpoints of all tenants. Clones share everything.
#[derive(Clone)]
pub struct Webhooks {
    db: Db,
    ring: Option<Arc<KeyRing>>,
    policy: AddressPolicy,
}

impl Webhooks {
    /// With a key ring, secrets are sealed in the database; without one they are stored as they are.
    pub fn new(db: Db, ring: Option<Arc<KeyRing>>, policy: AddressPolicy) -> Self {
        Webhooks { db, ring, policy }
    }

    /// Registers an endpoint. Its secret is in the answer and nowhere else.
    pub async fn create(
        &self,
        tenant: TenantId,
        new: NewEndpoint,
        now: Timestamp,
    ) -> Result<(Endpoint, WebhookSecret), EventsError> {
        new.check(self.policy)?;
        let mut events = new.events;
        events.sort();
        events.dedup();
        let endpoint = Endpoint {
            id: WebhookEndpointId::new(),
            url: new.url,
            events,
            enabled: true,
            created_at: now,
            previous_until: None,
        };
        let secret = WebhookSecret::generate();
        let stored = secret.store(self.ring.as_deref(), endpoint.id);
        let row = endpoint.clone();
        self.db
            .write(move |tx| {
                let existing = repo::list(tx, tenant, ENDPOINTS_MAX)?;
                if existing.len() >= ENDPOINTS_MAX as usize {
                    return Err(EventsError::TooManyEndpoints);
                }
                Ok(repo::insert(tx, tenant, &row, &stored)?)
            })
            .await?;
        Ok((endpoint, secret))
    }

    /// The tenant's endpoints in order of creation; at most [`ENDPOINTS_MAX`].
    pub async fn list(&self, tenant: TenantId) -> Result<Vec<Endpoint>, EventsError> {
        self.db.read(move |tx| Ok(repo::list(tx, tenant, ENDPOINTS_MAX)?)).await
    }

    /// The endpoint with this id.
    pub async fn get(
        &self,
        tenant: TenantId,
        id: WebhookEndpointId,
    ) -> Result<Endpoint, EventsError> {
        self.db.read(move |tx| find_in(tx, tenant, id)).await
    }

    /// Deletes an endpoint. What is still to be delivered to it is dropped.
    pub async fn delete(&self, tenant: TenantId, id: WebhookEndpointId) -> Result<(), EventsError> {
        let touched =
            self.db.write(move |tx| Ok::<_, EventsError>(repo::delete(tx, tenant, id)?)).await?;
        known(touched)
    }

    /// Gives the endpoint a new secret, which is in the answer and nowhere else. For
    /// [`ROTATION_OVERLAP`] deliveries are signed with the old one too.
    pub async fn rotate_secret(
        &self,
        tenant: TenantId,
        id: WebhookEndpointId,
        now: Timestamp,
    ) -> Result<WebhookSecret, EventsError> {
        let secret = WebhookSecret::generate();
        let stored = secret.store(self.ring.as_deref(), id);
        let until = now.saturating_add(ROTATION_OVERLAP).unwrap_or(Timestamp::MAX);
        let touched = self
            .db
            .write(move |tx| {
                Ok::<_, EventsError>(repo::rotate_secret(tx, tenant, id, &stored, until)?)
            })
            .await?;
        known(touched).map(|()| secret)
    }

    /// Appends a `test` event to the log and delivers it to this endpoint only.
    pub async fn send_test(
        &self,
        tenant: TenantId,
        id: WebhookEndpointId,
        now: Timestamp,
    ) -> Result<Event, EventsError> {
        self.db
            .write(move |tx| {
                let endpoint = find_in(tx, tenant, id)?;
                let event = NewEvent {
                    kind: kinds::TEST,
                    resource: format!("webhook:{id}"),
                    occurred_at: day::state_in(tx, tenant)?.stamp(now),
                    data: json!({ "webhook": id.to_string() }),
                };
                let appended = append_only(tx, tenant, &[event])?;
                let jobs: Vec<NewJob> =
                    appended.iter().map(|event| delivery_job(tenant, &endpoint, event)).collect();
                enqueue_in(tx, &jobs)?;
                appended.into_iter().next().ok_or(EventsError::UnknownEndpoint)
            })
            .await
    }

    /// Attempts to deliver to the endpoint, the latest first; at most `limit` (1 to 1000) of them,
    /// older than `before` when it is given.
    pub async fn deliveries(
        &self,
        tenant: TenantId,
        id: WebhookEndpointId,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, EventsError> {
        let before = before.unwrap_or_else(|| DeliveryId::from_uuid(Uuid::max()));
        let limit = limit.clamp(1, DELIVERIES_LIMIT_MAX);
        self.db
            .read(move |tx| {
                find_in(tx, tenant, id)?;
                Ok(repo::list_deliveries(tx, tenant, id, before, limit)?)
            })
            .await
    }

    /// Delivers the event of an earlier attempt once more, at once and in no order with others.
    pub async fn redeliver(
        &self,
        tenant: TenantId,
        id: WebhookEndpointId,
        delivery: DeliveryId,
    ) -> Result<(), EventsError> {
        let key = format!("redelivery:{}", JobId::new());
        self.db
            .write(move |tx| {
                find_in(tx, tenant, id)?;
                let earlier = repo::find_delivery(tx, tenant, id, delivery)?
                    .ok_or(EventsError::UnknownDelivery)?;
                let job = NewJob {
                    tenant,
                    kind: JOB_KIND,
                    idempotency_key: key.clone(),
                    ordering_key: None,
                    sequence: 0,
                    payload: deliver::payload(id, earlier.event_seq),
                    run_at: None,
                };
                enqueue_in(tx, &[job])?;
                Ok(())
            })
            .await
    }
}

/// Leaves a delivery job for every endpoint that listens to an event.
pub(crate) fn fan_out_in(
    tx: &mut Tx,
    tenant: TenantId,
    events: &[Event],
) -> Result<(), EventsError> {
    let endpoints = repo::list(tx, tenant, ENDPOINTS_MAX)?;
    let mut jobs = Vec::new();
    for event in events {
        let listening = endpoints.iter().filter(|endpoint| endpoint.listens_to(&event.kind));
        jobs.extend(listening.map(|endpoint| delivery_job(tenant, endpoint, event)));
    }
    enqueue_in(tx, &jobs)?;
    Ok(())
}

/// In order per endpoint and resource: the event's number decides, and the counter's row lock makes
/// it the order of commits.
fn delivery_job(tenant: TenantId, endpoint: &Endpoint, event: &Event) -> NewJob {
    NewJob {
        tenant,
        kind: JOB_KIND,
        idempotency_key: format!("{}:{}", endpoint.id, event.seq),
        ordering_key: Some(format!("{}:{}", endpoint.id, event.resource)),
        sequence: event.seq,
        payload: deliver::payload(endpoint.id, event.seq),
        run_at: None,
    }
}

fn find_in(tx: &mut Tx, tenant: TenantId, id: WebhookEndpointId) -> Result<Endpoint, EventsError> {
    repo::find(tx, tenant, id)?.ok_or(EventsError::UnknownEndpoint)
}

fn known(touched: u64) -> Result<(), EventsError> {
    if touched == 0 { Err(EventsError::UnknownEndpoint) } else { Ok(()) }
}
