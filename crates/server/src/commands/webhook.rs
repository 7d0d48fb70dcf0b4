//! `florin webhook`: a tenant's webhook endpoints.

use florin_calendar::system_now;
use florin_events::{AddressPolicy, Delivery, Endpoint, NewEndpoint, Webhooks};
use florin_http::Mode;
use florin_ids::{DeliveryId, TenantId, WebhookEndpointId};
use serde_json::json;

use super::{find_tenant, print_json, wait};
use crate::cli::{self, OfTenant};
use crate::failure::Failure;
use crate::output::table;
use crate::settings::File;
use crate::{keys, wiring};

/// How many deliveries are listed.
const DELIVERIES_SHOWN: u32 = 50;

pub fn run(args: cli::Webhook, file: &File) -> Result<(), Failure> {
    match args {
        cli::Webhook::Create { url, events, of } => Desk::open(of, file)?.create(url, events),
        cli::Webhook::List { of } => Desk::open(of, file)?.list(),
        cli::Webhook::Delete { id, of } => Desk::open(of, file)?.delete(endpoint_id(&id)?),
        cli::Webhook::Rotate { id, of } => Desk::open(of, file)?.rotate(endpoint_id(&id)?),
        cli::Webhook::Test { id, of } => Desk::open(of, file)?.test(endpoint_id(&id)?),
        cli::Webhook::Deliveries { id, of } => Desk::open(of, file)?.deliveries(endpoint_id(&id)?),
        cli::Webhook::Redeliver { id, delivery, of } => {
            let delivery: DeliveryId = delivery.parse().map_err(|_| {
                Failure::usage(format!("\"{delivery}\" is no delivery id"))
                    .advise("`florin webhook deliveries ENDPOINT_ID` shows the ids.")
            })?;
            Desk::open(of, file)?.redeliver(endpoint_id(&id)?, delivery)
        }
    }
}

fn endpoint_id(text: &str) -> Result<WebhookEndpointId, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!("\"{text}\" is no endpoint id"))
            .advise("`florin webhook list` shows the ids.")
    })
}

/// The endpoints of one tenant, and how to print.
struct Desk {
    webhooks: Webhooks,
    tenant: TenantId,
    json: bool,
}

impl Desk {
    fn open(of: OfTenant, file: &File) -> Result<Self, Failure> {
        let db = wiring::open(&of.database, file)?;
        let tenant = find_tenant(&db, of.tenant.as_deref())?.id;
        let ring = keys::key_ring(&of.database, file, Mode::Sandbox)?;
        // Whoever has the database may name any address; the server's mode decides when it posts.
        let webhooks = Webhooks::new(db, Some(ring), AddressPolicy::Any);
        Ok(Self { webhooks, tenant, json: of.json })
    }

    fn create(&self, url: String, events: Vec<String>) -> Result<(), Failure> {
        let new = NewEndpoint { url, events };
        let (endpoint, secret) = wait(self.webhooks.create(self.tenant, new, system_now()))??;
        let mut shown = endpoint_json(&endpoint);
        shown["secret"] = json!(secret.expose());
        if self.json {
            return print_json(&shown);
        }
        println!("Endpoint {} at {}.", endpoint.id, endpoint.url);
        println!("Its signing secret, not shown again: {}", secret.expose());
        Ok(())
    }

    fn list(&self) -> Result<(), Failure> {
        let endpoints = wait(self.webhooks.list(self.tenant))??;
        if self.json {
            return print_json(&endpoints.iter().map(endpoint_json).collect::<Vec<_>>());
        }
        let rows = endpoints
            .iter()
            .map(|one| {
                let state = if one.enabled { "enabled" } else { "disabled" };
                vec![
                    one.id.to_string(),
                    one.url.clone(),
                    one.events.join(" "),
                    state.to_owned(),
                    one.created_at.to_string(),
                ]
            })
            .collect();
        println!("{}", table(&["id", "url", "events", "state", "created"], &[], rows));
        Ok(())
    }

    fn delete(&self, id: WebhookEndpointId) -> Result<(), Failure> {
        wait(self.webhooks.delete(self.tenant, id))??;
        self.done(json!({ "id": id.to_string(), "deleted": true }), &format!("Deleted {id}."))
    }

    fn rotate(&self, id: WebhookEndpointId) -> Result<(), Failure> {
        let secret = wait(self.webhooks.rotate_secret(self.tenant, id, system_now()))??;
        self.done(
            json!({ "id": id.to_string(), "secret": secret.expose() }),
            &format!("The new signing secret of {id}, not shown again: {}", secret.expose()),
        )
    }

    fn test(&self, id: WebhookEndpointId) -> Result<(), Failure> {
        let event = wait(self.webhooks.send_test(self.tenant, id, system_now()))??;
        self.done(
            json!({ "id": id.to_string(), "event_id": event.id.to_string() }),
            &format!("Event {} will be delivered by the running server.", event.id),
        )
    }

    fn deliveries(&self, id: WebhookEndpointId) -> Result<(), Failure> {
        let all = wait(self.webhooks.deliveries(self.tenant, id, None, DELIVERIES_SHOWN))??;
        if self.json {
            return print_json(&all.iter().map(delivery_json).collect::<Vec<_>>());
        }
        let rows = all
            .iter()
            .map(|one| {
                let answer = one.status_code.map_or_else(String::new, |code| code.to_string());
                vec![
                    one.id.to_string(),
                    one.event_kind.clone(),
                    one.attempt.to_string(),
                    answer,
                    one.error.clone().unwrap_or_else(|| "delivered".to_owned()),
                    one.attempted_at.to_string(),
                ]
            })
            .collect();
        let header = ["id", "event", "attempt", "answer", "outcome", "at"];
        println!("{}", table(&header, &[2, 3], rows));
        Ok(())
    }

    fn redeliver(&self, id: WebhookEndpointId, delivery: DeliveryId) -> Result<(), Failure> {
        wait(self.webhooks.redeliver(self.tenant, id, delivery))??;
        self.done(
            json!({ "id": id.to_string(), "delivery": delivery.to_string(), "queued": true }),
            "It will be delivered by the running server.",
        )
    }

    fn done(&self, value: serde_json::Value, text: &str) -> Result<(), Failure> {
        if self.json {
            return print_json(&value);
        }
        println!("{text}");
        Ok(())
    }
}

fn endpoint_json(endpoint: &Endpoint) -> serde_json::Value {
    json!({
        "id": endpoint.id.to_string(),
        "url": endpoint.url,
        "events": endpoint.events,
        "enabled": endpoint.enabled,
        "created_at": endpoint.created_at.to_string(),
    })
}

fn delivery_json(delivery: &Delivery) -> serde_json::Value {
    json!({
        "id": delivery.id.to_string(),
        "event_id": delivery.event_id.to_string(),
        "event": delivery.event_kind,
        "attempt": delivery.attempt,
        "answer": delivery.status_code,
        "error": delivery.error,
        "attempted_at": delivery.attempted_at.to_string(),
        "next_attempt_at": delivery.next_attempt_at.map(|at| at.to_string()),
    })
}
