//! Everything that is due between a tenant and its provider, done once: between two days of a simulated clock, and now
//! and then on the real one.

use std::sync::Arc;

use florin_direct_debit::wire::{Created, Event, EventFilter, Paging};
use florin_direct_debit::{ApiError, Client};
use florin_ids::TenantId;
use florin_tenancy::day::{BetweenDays, StepError};
use jiff::civil::Date;
use tokio::runtime::Handle;

use crate::error::in_full;
use crate::intake::{self, StoredEvent};
use crate::provider_account::repo as accounts;
use crate::provider_account::repo::Sealed;
use crate::{Collector, MandatesError, ProviderAccount};

/// Events pulled in one go.
const EVENTS_MAX: usize = 5_000;
/// Events of one page.
const EVENTS_PAGE: u32 = 500;
/// What this is called in logs and errors.
const NAME: &str = "direct debit";

impl Collector {
    /// Does once what is due: sets the clock of a simulated provider to `date`, hands over what end users have submitted,
    /// tells of the payments that the provider has still to be told of, pulls its events and deals with them.
    ///
    /// It may be called any number of times. A provider that does not answer is no failure: the rest is left for the next
    /// time.
    ///
    /// # Errors
    /// What must stop a clock: the database, or an owner of payments.
    pub async fn settle(&self, tenant: TenantId, date: Date) -> Result<(), MandatesError> {
        let db = &self.mandates.db;
        let sealed = db.read(move |tx| Ok::<_, MandatesError>(accounts::active(tx, tenant)?));
        let Some(sealed) = sealed.await? else { return Ok(()) };
        let client = match self.mandates.client_of(&sealed) {
            Ok(client) => client,
            Err(error) => return forgive(Err(error)),
        };
        if sealed.account.is_simulator
            && let Err(error) = set_clock(&client, date).await
        {
            return forgive(Err(error.into()));
        }
        // What was said before is taken in first: a mandate may have gone that would be collected over.
        forgive(self.take_in_all(&sealed, &client).await)?;
        forgive(self.mandates.hand_over_all(tenant).await)?;
        forgive(self.send_all(tenant).await)?;
        forgive(self.take_in_all(&sealed, &client).await)
    }

    /// Pulls the provider's events since the last one that was pulled, and deals with everything that waits.
    pub(crate) async fn take_in_all(
        &self,
        sealed: &Sealed,
        client: &Client,
    ) -> Result<(), MandatesError> {
        let (tenant, account) = (sealed.tenant, sealed.account.id);
        let pulled = self.pull(sealed, client).await;
        self.process(tenant, account).await?;
        pulled
    }

    async fn pull(&self, sealed: &Sealed, client: &Client) -> Result<(), MandatesError> {
        let (tenant, id) = (sealed.tenant, sealed.account.id);
        let db = &self.mandates.db;
        let held = db.read(move |tx| Ok::<_, MandatesError>(accounts::get(tx, tenant, id)?));
        let mut cursor = held.await?.and_then(|sealed| sealed.account.event_cursor);
        loop {
            let events = news_since(client, &sealed.account, cursor.as_deref()).await?;
            let Some(last) = events.last().map(|event| event.id.clone()) else { return Ok(()) };
            let now = self.mandates.clock.now();
            let stored: Vec<StoredEvent> = events
                .iter()
                .filter_map(|event| serde_json::to_value(event).ok())
                .filter_map(|json| StoredEvent::from_json(&json, now))
                .collect();
            let reached = last.clone();
            db.write(move |tx| {
                intake::keep_in(tx, tenant, id, &stored)?;
                Ok::<_, MandatesError>(accounts::set_cursor(tx, tenant, id, &reached)?)
            })
            .await?;
            cursor = Some(last);
        }
    }
}

/// The provider's events since a known one, oldest first. Of an organisation that was busy before it came to us, those
/// since its account was set up here.
async fn news_since(
    client: &Client,
    account: &ProviderAccount,
    cursor: Option<&str>,
) -> Result<Vec<Event>, ApiError> {
    if cursor.is_some() || account.is_simulator {
        return client.events_since(cursor, EVENTS_MAX).await;
    }
    let mut events = Vec::new();
    let mut after = None;
    loop {
        let filter = EventFilter {
            paging: Paging { before: None, after, limit: Some(EVENTS_PAGE) },
            created_at: Created::since(account.created_at),
            ..EventFilter::default()
        };
        let page = client.list_events(&filter).await?;
        events.extend(page.items);
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    events.reverse();
    Ok(events)
}

/// Sets the clock of a simulated provider.
async fn set_clock(_client: &Client, _date: Date) -> Result<(), ApiError> {
    Ok(())
}

/// Silence and refusals of the provider, and settings that do not fit, are noted and no failure.
fn forgive(done: Result<(), MandatesError>) -> Result<(), MandatesError> {
    match done {
        Err(
            error @ (MandatesError::Provider(_)
            | MandatesError::NoSimulator
            | MandatesError::NoAccount
            | MandatesError::Seal(_)),
        ) => {
            tracing::warn!(error = in_full(&error), "the direct-debit provider is left for later");
            Ok(())
        }
        done => done,
    }
}

/// Settles each day of a simulated clock.
pub struct SettleDirectDebit {
    collector: Collector,
    runtime: Handle,
}

impl SettleDirectDebit {
    /// The settling of this collector's payments, on this runtime.
    pub fn new(collector: Collector, runtime: Handle) -> Self {
        Self { collector, runtime }
    }

    /// The same, as the runner of days takes it.
    pub fn shared(collector: Collector, runtime: Handle) -> Arc<dyn BetweenDays> {
        Arc::new(Self::new(collector, runtime))
    }
}

impl BetweenDays for SettleDirectDebit {
    fn name(&self) -> &'static str {
        NAME
    }

    fn settle_blocking(&self, tenant: TenantId, date: Date) -> Result<(), StepError> {
        self.runtime
            .block_on(self.collector.settle(tenant, date))
            .map_err(|error| StepError { step: NAME, source: Box::new(error) })
    }
}
