//! The provider's news: taken in once by the event's id, whether it is pushed by a webhook or pulled from the list, and
//! dealt with afterwards in any order.

mod entity;
mod process;
pub(crate) mod repo;

use florin_crypto::hash_key;
use florin_direct_debit::webhook;
use florin_ids::{ProviderAccountId, TenantId};
use florin_jobs::{Job, JobHandler, NewJob, Outcome, RetryPolicy, RunFuture, enqueue_in};
use florin_storage::Tx;
use jiff::SignedDuration;
use serde_json::json;

pub use entity::EventState;
pub(crate) use entity::{PAYMENT_KEY, StoredEvent};
pub use process::Processed;

use crate::error::in_full;
use crate::provider_account::repo as accounts;
use crate::provider_account::repo::Sealed;
use crate::{Collector, MandatesError};

/// The kind of the jobs that deal with events.
pub const EVENT_JOB: &str = "mandates.event";
/// Accounts whose secrets are tried together.
const ACCOUNTS_PAGE: u32 = 200;

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is the provider's; so many of its events are new. A job deals with them.
    Accepted {
        /// Events that were not known.
        new_events: u64,
    },
    /// No account's secret fits the signature: nothing of it is believed.
    BadSignature,
    /// It is signed by the provider and cannot be read.
    Unreadable,
}

impl Collector {
    /// Takes in a webhook: the raw body and its `Webhook-Signature`. `account` is whose it is, when the address said so;
    /// otherwise the secret that fits tells.
    ///
    /// # Errors
    /// Storage only: answer with a failure, and the provider delivers it again.
    pub async fn receive(
        &self,
        account: Option<ProviderAccountId>,
        body: &[u8],
        signature: &str,
    ) -> Result<Received, MandatesError> {
        let Some(sealed) = self.signer_of(account, body, signature).await? else {
            return Ok(Received::BadSignature);
        };
        let now = self.mandates.clock.now();
        let Some(events) = entity::events_of(body, now) else { return Ok(Received::Unreadable) };
        let (tenant, id) = (sealed.tenant, sealed.account.id);
        let new_events = self
            .mandates
            .db
            .write(move |tx| {
                let new_events = keep_in(tx, tenant, id, &events)?;
                if new_events > 0 {
                    enqueue_in(tx, &[job_of(tenant, id, &events)])?;
                }
                Ok::<_, MandatesError>(new_events)
            })
            .await?;
        Ok(Received::Accepted { new_events })
    }

    /// The account whose secret fits.
    async fn signer_of(
        &self,
        account: Option<ProviderAccountId>,
        body: &[u8],
        signature: &str,
    ) -> Result<Option<Sealed>, MandatesError> {
        let db = &self.mandates.db;
        if let Some(id) = account {
            let found = db.read(move |tx| Ok::<_, MandatesError>(accounts::of_any_tenant(tx, id)?));
            let found = found.await?.filter(|sealed| self.fits(sealed, body, signature));
            return Ok(found);
        }
        let mut after = None;
        loop {
            let page = db.read(move |tx| {
                Ok::<_, MandatesError>(accounts::active_of_all(tx, after, ACCOUNTS_PAGE)?)
            });
            let page = page.await?;
            let Some(last) = page.last().map(|sealed| sealed.account.id) else { return Ok(None) };
            let found = page.into_iter().find(|sealed| self.fits(sealed, body, signature));
            if found.is_some() {
                return Ok(found);
            }
            after = Some(last);
        }
    }

    /// A secret that cannot be opened fits nothing.
    fn fits(&self, sealed: &Sealed, body: &[u8], signature: &str) -> bool {
        match sealed.open(&self.mandates.keys) {
            Ok(secrets) => webhook::is_signed(&secrets.webhook_secret, body, signature),
            Err(error) => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(error = cause, account = %sealed.account.id, "an account is locked");
                false
            }
        }
    }
}

/// Keeps events, each once; answers how many are new.
pub(crate) fn keep_in(
    tx: &mut Tx,
    tenant: TenantId,
    account: ProviderAccountId,
    events: &[StoredEvent],
) -> Result<u64, MandatesError> {
    let mut seen = std::collections::BTreeSet::new();
    let once: Vec<StoredEvent> =
        events.iter().filter(|event| seen.insert(event.id.as_str())).cloned().collect();
    Ok(repo::insert_many(tx, tenant, account, &once)?)
}

/// One job for what came together.
fn job_of(tenant: TenantId, account: ProviderAccountId, events: &[StoredEvent]) -> NewJob {
    let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
    let name: String =
        hash_key(&ids.join(" ")).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    NewJob {
        tenant,
        kind: EVENT_JOB,
        idempotency_key: format!("{account}-{name}"),
        // Order does not matter, and one that waits must not hold up the others.
        ordering_key: None,
        sequence: 0,
        payload: json!({ "account": account }),
        run_at: None,
    }
}

/// Carries out the jobs that deal with events.
pub struct EventHandler {
    collector: Collector,
}

impl EventHandler {
    /// A handler for the events that this collector takes in.
    pub fn new(collector: Collector) -> Self {
        Self { collector }
    }
}

impl JobHandler for EventHandler {
    fn kind(&self) -> &'static str {
        EVENT_JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let account = job.payload.get("account").and_then(|id| id.as_str()?.parse().ok());
            let Some(account) = account else {
                return Outcome::GiveUp("the job does not say whose events".to_owned());
            };
            match self.collector.process(job.tenant, account).await {
                Ok(done) if done.waiting == 0 => Outcome::Done,
                Ok(done) => Outcome::Retry(format!("{} events wait for their cause", done.waiting)),
                Err(error) => Outcome::Retry(in_full(&error)),
            }
        })
    }

    fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { delays_seconds: &[1, 5, 30, 120, 600, 3600], attempts_max: 60 }
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_secs(300)
    }
}
