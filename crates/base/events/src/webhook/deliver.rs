//! One attempt to deliver: read the event and the endpoint, sign, post, write down how it went.

use std::sync::Arc;
use std::time::Duration;

use florin_calendar::{Clock, monotonic};
use florin_crypto::KeyRing;
use florin_ids::{DeliveryId, TenantId, WebhookEndpointId};
use florin_jobs::{Job, JobHandler, Outcome, RetryPolicy, RunFuture};
use florin_storage::{Db, Tx};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::AddressPolicy;
use super::address::{PublicResolver, parse_url};
use super::entity::{Delivery, Endpoint};
use super::repo;
use super::secret::{WebhookSecret, signature_header};
use crate::EventsError;
use crate::log::{self, Event};

/// The kind of the delivery jobs.
pub const JOB_KIND: &str = "webhook";

/// 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 6 h, then every 12 h: 12 attempts in about three days.
const RETRY: RetryPolicy = RetryPolicy {
    delays_seconds: &[5, 30, 120, 600, 3600, 10_800, 21_600, 43_200],
    attempts_max: 12,
};

/// An answer's body is read, so that the connection can be used again, up to this many bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ERROR_CHARS_MAX: usize = 300;
/// "The receiver wants no more of this", says Standard Webhooks of the status 410.
const STATUS_GONE: u16 = 410;

/// Limits of a delivery.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryOptions {
    /// For a whole attempt, from the look-up of the name to the end of the answer.
    pub timeout: Duration,
    /// When to try again.
    pub retry: RetryPolicy,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        DeliveryOptions { timeout: Duration::from_secs(10), retry: RETRY }
    }
}

/// Carries out the delivery jobs.
pub struct DeliveryHandler {
    db: Db,
    clock: Arc<dyn Clock>,
    ring: Option<Arc<KeyRing>>,
    policy: AddressPolicy,
    client: reqwest::Client,
    options: DeliveryOptions,
}

/// What a delivery job is about.
pub(super) fn payload(endpoint: WebhookEndpointId, seq: i64) -> Json {
    json!({ "endpoint": endpoint, "seq": seq })
}

fn read_payload(payload: &Json) -> Option<(WebhookEndpointId, i64)> {
    let endpoint = payload.get("endpoint")?.as_str()?.parse().ok()?;
    Some((endpoint, payload.get("seq")?.as_i64()?))
}

/// The body of a delivery.
#[derive(Serialize)]
struct Body<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'a str,
    /// Unix seconds.
    created: i64,
    data: &'a Json,
}

/// Everything an attempt needs from the database.
struct Loaded {
    endpoint: Endpoint,
    event: Event,
    secrets: repo::Secrets,
}

/// How a request went.
struct Answer {
    status_code: Option<u16>,
    error: Option<String>,
}

impl DeliveryHandler {
    /// A handler with the same database, key ring and policy as the [`super::Webhooks`].
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ring: Option<Arc<KeyRing>>,
        policy: AddressPolicy,
        options: DeliveryOptions,
    ) -> Result<Self, EventsError> {
        let client = client(policy, options)?;
        Ok(DeliveryHandler { db, clock, ring, policy, client, options })
    }

    async fn deliver(&self, job: &Job) -> Result<Outcome, EventsError> {
        let Some((endpoint, seq)) = read_payload(&job.payload) else {
            return Ok(Outcome::GiveUp("the job does not say what to deliver".to_owned()));
        };
        let tenant = job.tenant;
        let loaded = self.db.read(move |tx| load_in(tx, tenant, endpoint, seq)).await?;
        let Some(loaded) = loaded else {
            // The endpoint was deleted, and with it the wish to be told.
            return Ok(Outcome::Done);
        };
        if !loaded.endpoint.enabled {
            return Ok(Outcome::GiveUp("the endpoint is disabled".to_owned()));
        }
        let attempted_at = self.clock.now();
        let started = monotonic();
        let answer = self.post(&loaded, attempted_at).await?;
        let duration = monotonic().saturating_duration_since(started);
        let outcome = match &answer.error {
            None => Outcome::Done,
            Some(error) if answer.status_code == Some(STATUS_GONE) => {
                Outcome::GiveUp(error.clone())
            }
            Some(error) => Outcome::Retry(error.clone()),
        };
        let will_retry =
            matches!(outcome, Outcome::Retry(_)) && !self.options.retry.is_last(job.attempts);
        let delay = self.options.retry.delay(job.id, job.attempts);
        let delivery = Delivery {
            id: DeliveryId::new(),
            event_seq: loaded.event.seq,
            event_id: loaded.event.id,
            event_kind: loaded.event.kind,
            attempt: job.attempts,
            status_code: answer.status_code.map(u32::from),
            duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
            error: answer.error,
            attempted_at,
            next_attempt_at: will_retry.then(|| attempted_at.saturating_add(delay).ok()).flatten(),
        };
        let is_gone = answer.status_code == Some(STATUS_GONE);
        self.db.write(move |tx| record_in(tx, tenant, endpoint, &delivery, is_gone)).await?;
        Ok(outcome)
    }

    /// Failures of the other side are answers; only faults of this one are errors.
    async fn post(&self, loaded: &Loaded, now: Timestamp) -> Result<Answer, EventsError> {
        // Registered under the policy of then; the server may have become a production one since.
        let url = match parse_url(&loaded.endpoint.url, self.policy) {
            Ok(url) => url,
            Err(error) => return Ok(Answer::failed(error.to_string())),
        };
        let body = body_of(&loaded.event);
        let headers = self.signed_headers(loaded, &body, now)?;
        let request = self.client.post(url).headers(headers).body(body);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Answer::failed(describe(&error))),
        };
        let status = response.status();
        let mut read_bytes = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            read_bytes += chunk.len();
            if read_bytes > ANSWER_BYTES_MAX {
                break;
            }
        }
        let error = (!status.is_success()).then(|| format!("the endpoint answered {status}"));
        Ok(Answer { status_code: Some(status.as_u16()), error })
    }

    fn signed_headers(
        &self,
        loaded: &Loaded,
        body: &[u8],
        now: Timestamp,
    ) -> Result<HeaderMap, EventsError> {
        let (endpoint, stored) = (loaded.endpoint.id, &loaded.secrets);
        let load = |secret: &[u8]| WebhookSecret::load(secret, self.ring.as_deref(), endpoint);
        let mut secrets = vec![load(&stored.current)?];
        if let Some(previous) = &stored.previous
            && stored.previous_until.is_some_and(|until| now < until)
        {
            secrets.push(load(previous)?);
        }
        let message_id = loaded.event.id.to_string();
        let unix_seconds = now.as_second();
        let signature = signature_header(&secrets, &message_id, unix_seconds, body)?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| EventsError::BadSecret);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("webhook-id", value(&message_id)?);
        headers.insert("webhook-timestamp", HeaderValue::from(unix_seconds));
        headers.insert("webhook-signature", value(&signature)?);
        Ok(headers)
    }
}

impl JobHandler for DeliveryHandler {
    fn kind(&self) -> &'static str {
        JOB_KIND
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match self.deliver(job).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, job = %job.id, "a webhook could not be sent");
                    Outcome::Retry(error.to_string())
                }
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        self.options.retry
    }
}

impl Answer {
    fn failed(error: String) -> Self {
        Answer { status_code: None, error: Some(error) }
    }
}

fn body_of(event: &Event) -> Vec<u8> {
    let body = Body {
        id: event.id.to_string(),
        kind: &event.kind,
        created: event.occurred_at.as_second(),
        data: &event.data,
    };
    serde_json::to_vec(&body).expect("texts, an integer and a JSON value always serialise")
}

fn load_in(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    seq: i64,
) -> Result<Option<Loaded>, EventsError> {
    let found = (
        repo::find(tx, tenant, endpoint)?,
        log::repo::find(tx, tenant, seq)?,
        repo::find_secrets(tx, tenant, endpoint)?,
    );
    Ok(match found {
        (Some(endpoint), Some(event), Some(secrets)) => Some(Loaded { endpoint, event, secrets }),
        _ => None,
    })
}

fn record_in(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    delivery: &Delivery,
    is_gone: bool,
) -> Result<(), EventsError> {
    if repo::find(tx, tenant, endpoint)?.is_none() {
        return Ok(());
    }
    repo::insert_delivery(tx, tenant, endpoint, delivery)?;
    if is_gone {
        repo::disable(tx, tenant, endpoint)?;
    }
    Ok(())
}

/// A client that follows no redirects (they would pass by the check of the address), uses no proxy,
/// and gives up in time.
fn client(policy: AddressPolicy, options: DeliveryOptions) -> Result<reqwest::Client, EventsError> {
    let builder = || {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("Florin-Webhooks/", env!("CARGO_PKG_VERSION")));
        match policy {
            AddressPolicy::Public => builder.dns_resolver(Arc::new(PublicResolver)),
            AddressPolicy::Any => builder,
        }
    };
    match builder().build() {
        Ok(client) => Ok(client),
        Err(error) => {
            // A bare container has no CA certificates. Plain-text endpoints of a sandbox work
            // without them, and the others say in their deliveries what is missing.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no CA certificates: webhooks to https endpoints will fail until the system has them"
            );
            builder().tls_certs_only([]).build().map_err(EventsError::Client)
        }
    }
}

/// The innermost cause, which is the one that tells (`connection refused`), without the URL.
fn describe(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = match (error.is_timeout(), cause.to_string()) {
        (true, _) => "no answer within the time limit".to_owned(),
        (false, cause) => format!("the request failed: {cause}"),
    };
    text.chars().take(ERROR_CHARS_MAX).collect()
}
