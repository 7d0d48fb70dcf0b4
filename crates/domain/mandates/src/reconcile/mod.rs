//! Compares our payments with the provider's, day by day, and keeps what differs.

mod entity;
mod repo;

use std::collections::{BTreeMap, BTreeSet};

use florin_direct_debit::wire::{self, Paging, PaymentFilter};
use florin_direct_debit::{ApiError, Client};
use florin_events::append_in;
use florin_ids::{MandateId, PaymentId, ProviderAccountId, ReconciliationId, TenantId};
use florin_payments::{Payment, RailKind, by_references_in, charged_between_in, get_in};
use florin_tenancy::{Caller, day};
use jiff::ToSpan;
use jiff::civil::Date;

pub use entity::{Difference, DifferenceKind, Report, Summary};

use crate::collect::repo::unsent_of;
use crate::intake::PAYMENT_KEY;
use crate::provider_account::repo as accounts;
use crate::provider_account::repo::Sealed;
use crate::settle::FOLLOWED;
use crate::{Collector, Mandates, MandatesError, mandate};
use entity::Theirs;

/// Payments that are read together.
const PAGE: u32 = 500;
/// At most this many reports are listed.
const REPORTS_MAX: u32 = 100;
/// At most this many differences of a report are shown.
const LINES_MAX: u32 = 1_000;
/// How many days before today are compared again: news of a payment comes within them, mostly.
const RECONCILED_DAYS: i32 = 14;

impl Collector {
    /// Compares everything that moves on one of these days, both included, over each account that is in use or was until
    /// a short time ago, and keeps the reports, that of the account in use first; the same days again replace them. When
    /// something differs, the provider's latest news is taken in and both sides are compared again before it is told
    /// (`reconciliation_differs`).
    ///
    /// # Errors
    /// [`MandatesError::NoAccount`]; [`MandatesError::Provider`]; [`MandatesError::Invalid`] when the days are in the
    /// wrong order.
    pub async fn reconcile(
        &self,
        tenant: TenantId,
        from: Date,
        to: Date,
    ) -> Result<Vec<Report>, MandatesError> {
        if to < from {
            return Err(MandatesError::invalid("to", "Ensure this date is not before the first."));
        }
        let since = self.mandates.clock.now() - FOLLOWED;
        let db = &self.mandates.db;
        let all =
            db.read(move |tx| Ok::<_, MandatesError>(accounts::in_use_since(tx, tenant, since)?));
        let all = all.await?;
        if all.is_empty() {
            return Err(MandatesError::NoAccount);
        }
        let mut reports = Vec::with_capacity(all.len());
        for sealed in all {
            reports.push(self.reconcile_account(&sealed, (from, to)).await?);
        }
        Ok(reports)
    }

    /// Compares the last [`RECONCILED_DAYS`] days of an account, once for each business date however many nodes ask and
    /// however often they are started.
    ///
    /// # Errors
    /// [`MandatesError::Provider`]: it is compared when it is asked for next.
    pub(crate) async fn compare_once(
        &self,
        sealed: &Sealed,
        date: Date,
    ) -> Result<(), MandatesError> {
        let (tenant, account, before) = (sealed.tenant, sealed.account.id, sealed.compared_on);
        if before.is_some_and(|last| last >= date) {
            return Ok(());
        }
        let db = &self.mandates.db;
        let begun = db.write(move |tx| {
            Ok::<_, MandatesError>(accounts::begin_comparison(tx, tenant, account, date)?)
        });
        if !begun.await? {
            return Ok(());
        }
        let days = (date.saturating_sub(RECONCILED_DAYS.days()), date);
        let error = match self.reconcile_account(sealed, days).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let undone = db.write(move |tx| {
            Ok::<_, MandatesError>(accounts::undo_comparison(tx, tenant, account, before)?)
        });
        undone.await?;
        Err(error)
    }

    /// Compares one account and keeps the report.
    async fn reconcile_account(
        &self,
        sealed: &Sealed,
        days: (Date, Date),
    ) -> Result<Report, MandatesError> {
        let client = self.mandates.client_of(sealed)?;
        let mut found = self.compare(sealed, &client, days).await?;
        if !found.differences.is_empty() {
            self.take_in_all(sealed, &client).await?;
            found = self.compare(sealed, &client, days).await?;
        }
        let (tenant, now) = (sealed.tenant, self.mandates.clock.now());
        let report = self.mandates.db.write(move |tx| {
            let known = repo::lock_of_days(tx, tenant, found.account, days)?;
            let before = match known {
                Some(id) => repo::lines(tx, tenant, id, u32::MAX)?,
                None => Vec::new(),
            };
            let report = Report {
                id: known.unwrap_or(found.id),
                created_at: day::state_in(tx, tenant)?.stamp(now),
                ..found.clone()
            };
            repo::replace(tx, tenant, &report)?;
            if !report.differences.is_empty() && report.differences != before {
                append_in(tx, tenant, &[report.event()])?;
            }
            Ok::<_, MandatesError>(report)
        });
        let report = report.await?;
        if !report.differences.is_empty() {
            let (id, differences) = (report.id, report.differences.len());
            tracing::warn!(%tenant, report = %id, differences, "our payments and the provider's differ");
        }
        Ok(report)
    }

    /// Both sides of an account as they are now.
    async fn compare(
        &self,
        sealed: &Sealed,
        client: &Client,
        days: (Date, Date),
    ) -> Result<Report, MandatesError> {
        let (tenant, account) = (sealed.tenant, sealed.account.id);
        let theirs = all_of_theirs(client, days).await?;
        let (ours, theirs) = self.both_sides((tenant, account), days, client, theirs).await?;
        let now = self.mandates.clock.now();
        self.mandates
            .db
            .read(move |tx| {
                let ids = ours.iter().map(|payment| payment.id.uuid()).collect();
                let unsent: BTreeSet<PaymentId> = unsent_of(tx, tenant, ids)?.into_iter().collect();
                Ok(Report {
                    id: ReconciliationId::new(),
                    account,
                    from: days.0,
                    to: days.1,
                    ours: ours.len() as u64,
                    theirs: theirs.len() as u64,
                    differences: entity::compare(&ours, &theirs, &unsent),
                    created_at: now,
                })
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
    /// The tenant's newest reports, at most 100, each with the number of its differences.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_reconciliations(
        &self,
        caller: &Caller,
    ) -> Result<Vec<Summary>, MandatesError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, REPORTS_MAX)?)).await
    }

    /// A report and its first 1000 differences.
    ///
    /// # Errors
    /// [`MandatesError::NotFound`].
    pub async fn get_reconciliation(
        &self,
        caller: &Caller,
        id: ReconciliationId,
    ) -> Result<(Summary, Vec<Difference>), MandatesError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                let found = repo::get(tx, tenant, id)?;
                let summary = found.ok_or(MandatesError::NotFound("reconciliation"))?;
                Ok((summary, repo::lines(tx, tenant, id, LINES_MAX)?))
            })
            .await
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
