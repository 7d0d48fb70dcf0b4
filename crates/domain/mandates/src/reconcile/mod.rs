//! Compares our payments with the provider's, day by day, and keeps what differs.

mod entity;
mod repo;

use std::collections::{BTreeMap, BTreeSet};

use florin_direct_debit::wire::{self, Paging, PaymentFilter};
use florin_direct_debit::{ApiError, Client};
use florin_ids::{MandateId, PaymentId, ProviderAccountId, ReconciliationId, TenantId};
use florin_payments::{Payment, RailKind, by_references_in, charged_between_in, get_in};
use florin_tenancy::{Caller, day};
use jiff::civil::Date;

pub use entity::{Difference, DifferenceKind, Report};

use crate::collect::repo::unsent_of;
use crate::intake::PAYMENT_KEY;
use crate::provider_account::repo as accounts;
use crate::{Collector, Mandates, MandatesError, mandate};
use entity::Theirs;

/// Payments that are read together.
const PAGE: u32 = 500;
/// At most this many reports are listed.
const REPORTS_MAX: u32 = 100;

impl Collector {
    /// Compares everything that moves on one of these days, both included, over the account in use, and keeps the report; the same days again
    /// replace it. The provider's latest news is taken in first.
    ///
    /// # Errors
    /// [`MandatesError::NoAccount`]; [`MandatesError::Provider`]; [`MandatesError::Invalid`] when the days are in the
    /// wrong order.
    pub async fn reconcile(
        &self,
        tenant: TenantId,
        from: Date,
        to: Date,
    ) -> Result<Report, MandatesError> {
        if to < from {
            return Err(MandatesError::invalid("to", "Ensure this date is not before the first."));
        }
        let db = &self.mandates.db;
        let sealed = db.read(move |tx| Ok::<_, MandatesError>(accounts::active(tx, tenant)?));
        let sealed = sealed.await?.ok_or(MandatesError::NoAccount)?;
        let client = self.mandates.client_of(&sealed)?;
        self.take_in_all(&sealed, &client).await?;
        let theirs = all_of_theirs(&client, (from, to)).await?;
        let (account, now) = (sealed.account.id, self.mandates.clock.now());
        let place = (tenant, account);
        let (ours, theirs) = self.both_sides(place, (from, to), &client, theirs).await?;
        db.write(move |tx| {
            let ids = ours.iter().map(|payment| payment.id.uuid()).collect();
            let unsent: BTreeSet<PaymentId> = unsent_of(tx, tenant, ids)?.into_iter().collect();
            let known = repo::lock_of_days(tx, tenant, account, (from, to))?;
            let report = Report {
                id: known.unwrap_or_else(ReconciliationId::new),
                account,
                from,
                to,
                ours: ours.len() as u64,
                theirs: theirs.len() as u64,
                differences: entity::compare(&ours, &theirs, &unsent),
                created_at: day::state_in(tx, tenant)?.stamp(now),
            };
            repo::replace(tx, tenant, &report)?;
            Ok(report)
        })
        .await
    }

    /// Our payments and the provider's of these days, each with what only the other has there: a day may have moved on
    /// one side alone.
    async fn both_sides(
        &self,
        (tenant, account): (TenantId, ProviderAccountId),
        days: (Date, Date),
        client: &Client,
        theirs: Vec<Theirs>,
    ) -> Result<(Vec<Payment>, Vec<Theirs>), MandatesError> {
        let mut theirs: BTreeMap<String, Theirs> =
            theirs.into_iter().map(|it| (it.reference.clone(), it)).collect();
        let wanted: Vec<(String, Option<PaymentId>)> =
            theirs.values().map(|it| (it.reference.clone(), it.payment)).collect();
        let ours = self.mandates.db.read(move |tx| {
            let mut ours: BTreeMap<PaymentId, Payment> = BTreeMap::new();
            let mut after = None;
            loop {
                let rail = RailKind::DirectDebit;
                let page = charged_between_in(tx, tenant, rail, days, after, PAGE)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                ours.extend(page.into_iter().map(|payment| (payment.id, payment)));
            }
            let references = wanted.iter().map(|(reference, _)| reference.clone()).collect();
            let named = by_references_in(tx, tenant, RailKind::DirectDebit, references)?;
            ours.extend(named.into_iter().map(|payment| (payment.id, payment)));
            for id in wanted.iter().filter_map(|(_, id)| *id) {
                if !ours.contains_key(&id)
                    && let Some(payment) = get_in(tx, tenant, id)?
                {
                    ours.insert(id, payment);
                }
            }
            let instruments = ours.values().filter_map(|it| it.instrument.reference.parse().ok());
            let mandates: BTreeSet<uuid::Uuid> = instruments.collect();
            let mandates = mandates.into_iter().collect();
            let own = mandate::repo::of_account(tx, tenant, account, mandates)?;
            let own: BTreeSet<String> = own.iter().map(MandateId::to_string).collect();
            ours.retain(|_, payment| own.contains(&payment.instrument.reference));
            Ok::<Vec<Payment>, MandatesError>(ours.into_values().collect())
        });
        let ours = ours.await?;
        for reference in ours.iter().filter_map(|payment| payment.reference.as_deref()) {
            if theirs.contains_key(reference) {
                continue;
            }
            match client.get_payment(reference).await {
                Ok(payment) => {
                    theirs.insert(reference.to_owned(), their(payment));
                }
                Err(ApiError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((ours, theirs.into_values().collect()))
    }
}

impl Mandates {
    /// The tenant's newest reports with their differences, at most 100.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_reconciliations(
        &self,
        caller: &Caller,
    ) -> Result<Vec<Report>, MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, REPORTS_MAX)?)).await
    }
}

async fn all_of_theirs(client: &Client, days: (Date, Date)) -> Result<Vec<Theirs>, ApiError> {
    let mut theirs = Vec::new();
    let mut after = None;
    loop {
        let filter = PaymentFilter {
            paging: Paging { before: None, after, limit: Some(PAGE) },
            charge_date_from: Some(days.0),
            charge_date_to: Some(days.1),
            ..PaymentFilter::default()
        };
        let page = client.list_payments(&filter).await?;
        theirs.extend(page.items.into_iter().map(their));
        after = page.after;
        if after.is_none() {
            return Ok(theirs);
        }
    }
}

fn their(payment: wire::Payment) -> Theirs {
    Theirs {
        amount_minor: payment.amount,
        currency: payment.currency,
        status: payment.status.as_str().to_owned(),
        payment: payment.metadata.get(PAYMENT_KEY).and_then(|text| text.parse().ok()),
        reference: payment.id,
    }
}
