//! Deals with events: finds what they are about, and tells payments and mandates of it.
//!
//! A batch is read, what the database does not know is asked of the provider outside of any transaction, and everything
//! is told in one transaction. An event about something that is not (yet) to be found waits; after some tries it is
//! taken for somebody else's. Order does not matter: payments and mandates pass over what is older than their last news.

use std::collections::{BTreeMap, BTreeSet};

use florin_direct_debit::ApiError;
use florin_events::kinds;
use florin_ids::{PaymentId, ProviderAccountId, TenantId};
use florin_payments::{Moment, RailKind, Update, by_references_in, moment_in, tell_many_in};
use florin_storage::Tx;
use jiff::{SignedDuration, Timestamp};

use super::entity::{self, EventBody, EventState, PAYMENT_KEY, StoredEvent};
use super::repo;
use crate::error::in_full;
use crate::mandate::{self, Mandate, MandateNews};
use crate::provider_account;
use crate::remote::{self, RemoteMandate};
use crate::{Collector, MandatesError};

/// Events that one transaction deals with.
const BATCH: u32 = 500;
/// So often, and so long, what an event is about is looked for.
const TRIES_MAX: u32 = 12;
const WAITS: SignedDuration = SignedDuration::from_hours(24);

/// How dealing with events went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Processed {
    /// Dealt with, or nothing of ours.
    pub settled: u64,
    /// What they are about is not yet to be found.
    pub waiting: u64,
}

/// What an event is about, as far as it is known.
#[derive(Debug, Clone)]
enum Subject {
    Payment(PaymentId),
    Mandate(String, Option<Box<RemoteMandate>>),
    /// Dealt with already, outside of the batch's transaction.
    Settled,
    /// Nothing of ours.
    Foreign,
    /// Not to be found.
    Missing,
}

/// An event, read, with its subject.
#[derive(Debug, Clone)]
struct Item {
    event: StoredEvent,
    body: EventBody,
    subject: Subject,
}

impl Collector {
    /// Deals with every event of the account that waits.
    ///
    /// # Errors
    /// [`MandatesError::Provider`] when something had to be asked of the provider and it did not answer; what stops an
    /// owner of payments. What was dealt with until then stays so.
    pub async fn process(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
    ) -> Result<Processed, MandatesError> {
        let mut processed = Processed::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut fault = None;
        loop {
            let db = &self.mandates.db;
            let batch = db
                .read(move |tx| Ok::<_, MandatesError>(repo::waiting(tx, tenant, account, BATCH)?));
            let mut batch = batch.await?;
            batch.retain(|event| seen.insert(event.id.clone()));
            if batch.is_empty() {
                break;
            }
            let items = self.resolve(tenant, account, batch).await?;
            match self.apply(tenant, account, items.clone()).await {
                Ok(settled) => processed.settled += settled,
                // One that an owner stumbles over does not hold up the others.
                Err(_) => {
                    for item in items {
                        match self.apply(tenant, account, vec![item]).await {
                            Ok(settled) => processed.settled += settled,
                            Err(error) => fault = Some(error),
                        }
                    }
                }
            }
        }
        if let Some(error) = fault {
            tracing::error!(error = in_full(&error), %account, "an event could not be dealt with");
            return Err(error);
        }
        let waiting = self
            .mandates
            .db
            .read(move |tx| Ok::<_, MandatesError>(repo::count_waiting(tx, tenant, account)?));
        processed.waiting = u64::try_from(waiting.await?).unwrap_or_default();
        Ok(processed)
    }

    /// Finds what events are about: in the database, in the event itself, and at the provider.
    async fn resolve(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
        batch: Vec<StoredEvent>,
    ) -> Result<Vec<Item>, MandatesError> {
        let parsed: Vec<(StoredEvent, Option<EventBody>)> = batch
            .into_iter()
            .map(|event| {
                let body = event.parsed();
                (event, body)
            })
            .collect();
        let references: BTreeSet<String> = parsed
            .iter()
            .filter_map(|(_, body)| body.as_ref()?.link("payment").map(str::to_owned))
            .collect();
        let known = self.mandates.db.read(move |tx| {
            let references = references.iter().cloned().collect();
            let found = by_references_in(tx, tenant, RailKind::DirectDebit, references)?;
            let pairs = found.into_iter().filter_map(|it| Some((it.reference?, it.id)));
            Ok::<BTreeMap<String, PaymentId>, MandatesError>(pairs.collect())
        });
        let mut known = known.await?;
        let mut items = Vec::with_capacity(parsed.len());
        for (event, body) in parsed {
            let Some(body) = body else { continue };
            let subject = match event.resource_type.as_str() {
                "payments" if entity::told(&event.action).is_some() => {
                    self.payment_of(tenant, account, &body, &mut known).await?
                }
                "mandates" if entity::news(&event.action).is_some() => {
                    self.mandate_of(tenant, account, &event, &body).await?
                }
                "billing_requests" if event.action == "fulfilled" => {
                    self.flow_of(tenant, &body).await?
                }
                _ => Subject::Foreign,
            };
            items.push(Item { event, body, subject });
        }
        Ok(items)
    }

    async fn payment_of(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
        body: &EventBody,
        known: &mut BTreeMap<String, PaymentId>,
    ) -> Result<Subject, MandatesError> {
        let Some(reference) = body.link("payment") else { return Ok(Subject::Foreign) };
        if let Some(id) = known.get(reference) {
            return Ok(Subject::Payment(*id));
        }
        // It came before our own request's answer was written down.
        let carried = match body.our_payment() {
            Some(carried) => Some(carried.to_owned()),
            None => {
                let client = self.client_of(tenant, account).await?;
                match client.get_payment(reference).await {
                    Ok(payment) => payment.metadata.get(PAYMENT_KEY).cloned(),
                    Err(ApiError::NotFound { .. }) => return Ok(Subject::Missing),
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let Some(id) = carried.and_then(|text| text.parse::<PaymentId>().ok()) else {
            return Ok(Subject::Foreign);
        };
        let found = self.mandates.db.read(move |tx| {
            Ok::<_, MandatesError>(florin_payments::get_in(tx, tenant, id)?.is_some())
        });
        if !found.await? {
            return Ok(Subject::Foreign);
        }
        known.insert(reference.to_owned(), id);
        Ok(Subject::Payment(id))
    }

    async fn mandate_of(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
        event: &StoredEvent,
        body: &EventBody,
    ) -> Result<Subject, MandatesError> {
        let Some(reference) = body.link("mandate") else { return Ok(Subject::Foreign) };
        let next = match body.link("new_mandate") {
            Some(next) if event.action == MandateNews::Replaced.as_str() => {
                let client = self.client_of(tenant, account).await?;
                Some(Box::new(remote::mandate(&client, next).await?))
            }
            _ => None,
        };
        Ok(Subject::Mandate(reference.to_owned(), next))
    }

    /// An end user may close the browser before they are back from the provider's page.
    async fn flow_of(&self, tenant: TenantId, body: &EventBody) -> Result<Subject, MandatesError> {
        let Some(reference) = body.link("billing_request") else { return Ok(Subject::Foreign) };
        let flow = self.mandates.flow_of_request(tenant, reference.to_owned()).await?;
        let Some(flow) = flow else { return Ok(Subject::Foreign) };
        self.mandates.look_at(tenant, flow.id).await?;
        Ok(Subject::Settled)
    }

    /// Tells payments and mandates of a batch, in one transaction; answers how many events are settled.
    async fn apply(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
        items: Vec<Item>,
    ) -> Result<u64, MandatesError> {
        let (owners, now) = (self.owners.clone(), self.mandates.clock.now());
        self.mandates
            .db
            .write(move |tx| {
                let ids = items.iter().map(|item| item.event.id.clone()).collect();
                let waiting: BTreeSet<String> =
                    repo::lock_waiting(tx, tenant, account, ids)?.into_iter().collect();
                let mut items: Vec<&Item> =
                    items.iter().filter(|item| waiting.contains(&item.event.id)).collect();
                items.sort_by_key(|item| (item.event.created_at, entity::rank(&item.event.action)));
                let moment = moment_in(tx, tenant, now)?;
                let mut settled = apply_to_mandates_in(tx, (tenant, account), moment, &items)?;
                let updates: Vec<Update> =
                    items.iter().filter_map(|item| update_of(item)).collect();
                tell_many_in(tx, &owners, tenant, moment, &updates)?;
                for item in &items {
                    settled.entry(item.event.id.clone()).or_insert(match item.subject {
                        Subject::Payment(_) | Subject::Settled => EventState::Done,
                        Subject::Foreign => EventState::Ignored,
                        Subject::Missing | Subject::Mandate(..) => after_a_try(&item.event, now),
                    });
                }
                let settled: Vec<(String, EventState)> = settled.into_iter().collect();
                repo::settle(tx, tenant, account, &settled)?;
                let waiting = settled.iter().filter(|it| it.1 == EventState::Waiting).count();
                Ok::<_, MandatesError>((settled.len() - waiting) as u64)
            })
            .await
    }

    async fn client_of(
        &self,
        tenant: TenantId,
        account: ProviderAccountId,
    ) -> Result<florin_direct_debit::Client, MandatesError> {
        let found = self.mandates.db.read(move |tx| {
            Ok::<_, MandatesError>(provider_account::repo::get(tx, tenant, account)?)
        });
        self.mandates.client_of(&found.await?.ok_or(MandatesError::NoAccount)?)
    }
}

/// Whether an event goes on waiting.
fn after_a_try(event: &StoredEvent, now: Timestamp) -> EventState {
    let has_waited = now.duration_since(event.received_at) > WAITS;
    let is_given_up = has_waited && event.tries + 1 >= TRIES_MAX;
    if is_given_up { EventState::Ignored } else { EventState::Waiting }
}

fn update_of(item: &Item) -> Option<Update> {
    let Subject::Payment(payment) = item.subject else { return None };
    Some(Update {
        payment,
        told: entity::told(&item.event.action)?,
        told_at: item.event.created_at,
        reason: item.body.cause(),
        charge_on: None,
        reference: item.body.link("payment").map(str::to_owned),
    })
}

/// Tells mandates of their news; answers the events that are settled by it.
fn apply_to_mandates_in(
    tx: &mut Tx,
    (tenant, account): (TenantId, ProviderAccountId),
    moment: Moment,
    items: &[&Item],
) -> Result<BTreeMap<String, EventState>, MandatesError> {
    let references: BTreeSet<String> = items
        .iter()
        .filter_map(|item| match &item.subject {
            Subject::Mandate(reference, _) => Some(reference.clone()),
            _ => None,
        })
        .collect();
    let mut settled = BTreeMap::new();
    if references.is_empty() {
        return Ok(settled);
    }
    let references = references.into_iter().collect();
    let held = mandate::repo::lock_by_references(tx, tenant, account, references)?;
    let mut held: BTreeMap<String, Mandate> =
        held.into_iter().map(|mandate| (mandate.reference.clone(), mandate)).collect();
    for item in items {
        let Subject::Mandate(reference, next) = &item.subject else { continue };
        let Some(mandate) = held.get_mut(reference) else { continue };
        let news = entity::news(&item.event.action);
        let mut is_changed =
            news.is_some_and(|news| mandate.take_in(news, item.event.created_at, moment.at));
        if let Some(next) = next {
            is_changed |= replace_in(tx, tenant, moment, mandate, next)?;
        }
        if is_changed {
            mandate::repo::update(tx, tenant, mandate)?;
            mandate::tell_in(tx, tenant, moment.at, kinds::MANDATE_UPDATED, mandate)?;
        }
        settled.insert(item.event.id.clone(), EventState::Done);
    }
    Ok(settled)
}

/// Makes the mandate that has taken another's place; answers whether that was news.
fn replace_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    old: &mut Mandate,
    next: &RemoteMandate,
) -> Result<bool, MandatesError> {
    if old.replaced_by.is_some() {
        return Ok(false);
    }
    let made = Mandate::of_remote((old.account, old.end_user), next, moment.at);
    let is_new = mandate::repo::insert(tx, tenant, &made)?;
    if is_new {
        mandate::tell_in(tx, tenant, moment.at, kinds::MANDATE_CREATED, &made)?;
        old.replaced_by = Some(made.id);
    } else {
        let references = vec![made.reference];
        let held = mandate::repo::lock_by_references(tx, tenant, old.account, references)?;
        old.replaced_by = held.first().map(|mandate| mandate.id);
    }
    Ok(true)
}
