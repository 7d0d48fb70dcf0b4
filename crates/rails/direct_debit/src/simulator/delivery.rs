//! Webhooks: signed, in order, tried again until they are taken.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::Simulator;
use super::answer::is_taken;
use super::fault::FaultKind;
use super::journal::Command;
use super::organisation::Endpoint;
use crate::webhook::{EVENTS_MAX, SIGNATURE_HEADER, sign};

/// A webhook that was refused is sent this often.
const ATTEMPTS_MAX: u32 = 8;
/// How long the clock may run before what has become due is looked for.
const TICK: Duration = Duration::from_secs(1);
/// How long a receiver that refused is left alone.
const REST: Duration = Duration::from_secs(5);

/// How a round of deliveries went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Webhooks that were taken.
    pub webhooks: u32,
    /// Events in them.
    pub events: usize,
    /// Webhooks that were refused or could not be sent.
    pub refused: u32,
}

/// What is to be sent next to an organisation.
struct Batch {
    key: String,
    endpoint: Endpoint,
    body: Vec<u8>,
    events: usize,
    /// Where the organisation stands once it is taken.
    to: usize,
    fault: Option<FaultKind>,
}

impl Simulator {
    /// Sends every webhook that is due; tries each once.
    pub async fn deliver(&self) -> Delivered {
        let _one_at_a_time = self.inner.delivering.lock().await;
        let now = self.now();
        let keys: Vec<String> = self.state().organisations.keys().cloned().collect();
        let mut delivered = Delivered::default();
        for key in keys {
            while let Some(batch) = self.next_batch(&key, now) {
                if !self.send(&batch).await {
                    delivered.refused += 1;
                    self.note_refusal(&batch);
                    break;
                }
                self.state().refused.remove(&key);
                delivered.webhooks += 1;
                delivered.events += batch.events;
                self.note_delivery(&batch);
            }
        }
        delivered
    }

    /// Lets time pass and sends webhooks until `stop`.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let refused = self.deliver().await.refused > 0;
            let pause = async {
                if refused {
                    tokio::time::sleep(REST).await;
                } else {
                    let _ = tokio::time::timeout(TICK, self.inner.changed.notified()).await;
                }
            };
            tokio::select! {
                () = &mut stop => return,
                () = pause => {}
            }
        }
    }

    fn next_batch(&self, key: &str, now: jiff::Timestamp) -> Option<Batch> {
        let mut state = self.state();
        let organisation = state.organisation(key, now);
        let endpoint = organisation.endpoint.clone()?;
        let from = organisation.delivered;
        let to = organisation.events.rows().len().min(from + EVENTS_MAX);
        let mut events = organisation.events.rows().get(from..to)?.to_vec();
        let first = events.first()?.id.clone();
        let fault = state.faults.get_mut(key).and_then(super::fault::Faults::of_webhook);
        if fault == Some(FaultKind::WebhookReversed) {
            events.reverse();
        }
        // The same webhook keeps its id when it is sent again.
        let id = first.replacen("EV", "WB", 1);
        let body = json!({ "events": events, "meta": { "webhook_id": id } });
        let body = body.to_string().into_bytes();
        Some(Batch { key: key.to_owned(), endpoint, body, events: to - from, to, fault })
    }

    /// Whether it was taken.
    async fn send(&self, batch: &Batch) -> bool {
        let times = match batch.fault {
            Some(FaultKind::WebhookLost) => return true,
            Some(FaultKind::WebhookTwice) => 2,
            _ => 1,
        };
        let mut taken = true;
        for _ in 0..times {
            let request = self
                .inner
                .http
                .post(&batch.endpoint.url)
                .header("Content-Type", "application/json")
                .header("Origin", "https://api.gocardless.com")
                .header(SIGNATURE_HEADER, sign(&batch.endpoint.secret, &batch.body))
                .body(batch.body.clone());
            taken &= match request.send().await {
                Ok(response) => is_taken(response.status().as_u16()),
                Err(_) => false,
            };
        }
        taken
    }

    fn note_delivery(&self, batch: &Batch) {
        let command = Command::Delivered { to: batch.to };
        // A journal that cannot be written has said so; the webhook will come again.
        let _ = self.command(&batch.key, command);
    }

    /// Counts; a webhook that was refused too often is passed over.
    fn note_refusal(&self, batch: &Batch) {
        let count = {
            let mut state = self.state();
            let count = state.refused.entry(batch.key.clone()).or_default();
            *count += 1;
            *count
        };
        if count >= ATTEMPTS_MAX {
            self.state().refused.remove(&batch.key);
            self.note_delivery(batch);
        }
    }
}
