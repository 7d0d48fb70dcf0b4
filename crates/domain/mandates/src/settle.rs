//! Everything that is due between a tenant and its provider, done once: between two days of a simulated clock, and now
//! and then on the real one.

use std::collections::BTreeMap;
use std::sync::Arc;

use florin_direct_debit::wire::{Created, Event, EventFilter, Paging};
use florin_direct_debit::{ApiError, Client};
use florin_ids::TenantId;
use florin_tenancy::day::{self, BetweenDays, StepError};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::error::in_full;
use crate::intake::{self, StoredEvent};
use crate::provider_account::repo as accounts;
use crate::provider_account::repo::Sealed;
use crate::{Collector, MandatesError, ProviderAccount, remote};

/// Events pulled in one go.
const EVENTS_MAX: usize = 5_000;
/// Events of one page.
const EVENTS_PAGE: u32 = 500;
/// Accounts that are read together.
const ACCOUNTS_PAGE: u32 = 200;
/// So long a payment on the real clock is left to its job.
const LEFT_TO_JOBS: SignedDuration = SignedDuration::from_mins(5);
/// So long an account that was taken out of use is asked for news of what was begun on it, in real time.
pub(crate) const FOLLOWED: SignedDuration = SignedDuration::from_hours(60 * 24);
/// So long events that were dealt with are kept, in real time.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many events one settling forgets.
const FORGET_AT_A_TIME: u32 = 2_000;
/// What this is called in logs and errors.
const NAME: &str = "direct debit";

impl Collector {
    /// Does once what is due: hands over what end users have submitted, tells of the payments that the provider has still
    /// to be told of, pulls its events and deals with them; and once for each business date compares both sides, over the
    /// accounts that were taken out of use too. For a tenant with a simulated clock a simulated provider's
    /// clock is set to `date` before; for one on the real clock, payments asked for in the last minutes are left to
    /// their jobs.
    ///
    /// It may be called any number of times. A provider that does not answer is no failure: the rest is left for the next
    /// time.
    ///
    /// # Errors
    /// What must stop a clock: the database, or an owner of payments.
    pub async fn settle(&self, tenant: TenantId, date: Date) -> Result<(), MandatesError> {
        let db = &self.mandates.db;
        let since = self.mandates.clock.now() - FOLLOWED;
        let found = db.read(move |tx| {
            let is_simulated = day::state_in(tx, tenant)?.simulated;
            Ok::<_, MandatesError>((accounts::in_use_since(tx, tenant, since)?, is_simulated))
        });
        let (sealed, is_simulated) = found.await?;
        for sealed in sealed {
            let settled = match self.settle_with(&sealed, is_simulated.then_some(date)).await {
                Ok(()) => self.compare_once(&sealed, date).await,
                silence => silence,
            };
            forgive(settled)?;
        }
        Ok(())
    }

    /// Settles the day of every tenant on the real clock that has an account: what jobs left over, and news whose
    /// webhook never came. To be called now and then, by one node or by several. One tenant's failure is noted and does
    /// not hold up the others.
    ///
    /// # Errors
    /// Storage only.
    pub async fn tick(&self) -> Result<(), MandatesError> {
        for (tenant, date) in self.on_the_real_clock().await? {
            if let Err(error) = self.settle(tenant, date).await {
                tracing::error!(error = in_full(&error), %tenant, "direct debits were not settled");
            }
        }
        Ok(())
    }

    /// Tenants on the real clock with an account that is in use, or was until a short time ago, and their business dates.
    async fn on_the_real_clock(&self) -> Result<BTreeMap<TenantId, Date>, MandatesError> {
        let since = self.mandates.clock.now() - FOLLOWED;
        let mut found = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.mandates.db.read(move |tx| {
                let page = accounts::in_use_of_all(tx, since, after, ACCOUNTS_PAGE)?;
                let mut days = Vec::with_capacity(page.len());
                for (tenant, account) in page {
                    let state = day::state_in(tx, tenant)?;
                    days.push((
                        account,
                        (!state.simulated).then_some((tenant, state.business_date)),
                    ));
                }
                Ok::<_, MandatesError>(days)
            });
            let page = page.await?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = Some(*last);
            found.extend(page.into_iter().filter_map(|(_, day)| day));
        }
    }

    /// Settles with a date for a simulated clock, and without for the real one.
    async fn settle_with(
        &self,
        sealed: &Sealed,
        simulated: Option<Date>,
    ) -> Result<(), MandatesError> {
        let client = self.mandates.client_of(sealed)?;
        let untouched_since = match simulated {
            Some(date) if sealed.account.is_simulator => {
                remote::set_simulator_clock(&client, date).await?;
                Timestamp::MAX
            }
            Some(_) => Timestamp::MAX,
            // What is younger is the jobs' affair.
            None => self.mandates.clock.now() - LEFT_TO_JOBS,
        };
        // What was said before is taken in first: a mandate may have gone that would be collected over.
        self.take_in_all(sealed, &client).await?;
        if sealed.account.is_active {
            self.mandates.hand_over_all(sealed.tenant).await?;
            self.send_all(sealed.tenant, untouched_since).await?;
            self.take_in_all(sealed, &client).await?;
        }
        self.forget_events(sealed).await
    }

    /// Forgets old events, a bounded number of them. The provider tells of none again after so long.
    async fn forget_events(&self, sealed: &Sealed) -> Result<(), MandatesError> {
        let (tenant, account) = (sealed.tenant, sealed.account.id);
        let before = self.mandates.clock.now() - EVENTS_KEPT;
        self.mandates
            .db
            .write(move |tx| {
                intake::repo::forget(tx, tenant, account, before, FORGET_AT_A_TIME)?;
                Ok::<_, MandatesError>(())
            })
            .await
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
