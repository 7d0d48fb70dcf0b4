//! One step with an aggregator: read, ask, write down.

use std::sync::Arc;
use std::time::Duration;

use florin_crypto::Secret;
use florin_ids::{ConnectJobId, TenantId};
use florin_money::Currency;
use florin_storage::Tx;
use florin_tenancy::{day, get_tenant_in};
use jiff::civil::Date;

use super::entity::{ConnectJob, JobStatus, JobType, Stage};
use super::{repo, scope};
use crate::aggregator::{Answer, Ask, Given, Outcome, Refusal};
use crate::member::{self, Member};
use crate::{Connect, ConnectError, Institution, account};

/// An aggregator that has not answered by then is taken to have failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How far back a refresh reads again what is known already: banks change their books.
const OVERLAP_DAYS: i64 = 30;

/// What a step needs to know.
struct Plan {
    job: ConnectJob,
    member: Member,
    secrets: member::repo::Secrets,
    since: Option<Date>,
    today: Date,
    currency: Currency,
}

impl Connect {
    /// Takes a step; one that was taken already, or whose job has ended, changes nothing. With `give_up`, the aggregator is
    /// not asked: the job comes to nothing.
    pub(super) async fn take_step(
        &self,
        tenant: TenantId,
        job: ConnectJobId,
        step: u32,
        give_up: bool,
    ) -> Result<(), ConnectError> {
        let (service, now) = (self.clone(), self.clock.now());
        let plan = self.db.write(move |tx| plan_in(tx, &service, tenant, job, step, now));
        let Some(plan) = plan.await? else { return Ok(()) };
        let institution = self.catalogue(tenant).await?.get(plan.member.institution);
        let outcome = match institution {
            _ if give_up => Outcome::Refused(Refusal::Failed),
            None => Outcome::Refused(Refusal::Discontinued),
            Some(it) => self.ask(&plan, it).await,
        };
        let outcome = scope::only(outcome, &plan.job.products, plan.currency);
        let (service, now) = (self.clone(), self.clock.now());
        self.db.write(move |tx| service.apply_in(tx, tenant, job, step, &outcome, now)).await
    }

    async fn ask(&self, plan: &Plan, institution: Arc<Institution>) -> Outcome {
        let Some(aggregator) = self.aggregators.get(&institution.aggregator) else {
            return Outcome::Refused(Refusal::Unavailable);
        };
        let is_lacking = institution.credentials.iter().any(|field| {
            let given = plan.secrets.credentials.iter().any(|(name, _)| *name == field.field_name);
            !field.optional && !given
        });
        if is_lacking && !plan.member.is_oauth {
            return Outcome::Refused(Refusal::Impaired);
        }
        let secret =
            |(name, value): &(String, String)| (name.clone(), Secret::from_text(value.as_str()));
        let given = plan.secrets.credentials.iter().map(secret);
        let credentials: Vec<Given> =
            given.map(|(field_name, value)| Given { field_name, value }).collect();
        let answers = plan.secrets.answers.iter().map(secret);
        let answers: Vec<Answer> = answers.map(|(key, value)| Answer { key, value }).collect();
        let ask = Ask {
            tenant: plan.job.tenant,
            member: plan.member.id,
            institution: &institution,
            job: plan.job.job_type,
            products: &plan.job.products,
            currency: plan.currency,
            is_for_verification: plan.job.is_for_verification,
            is_background: plan.job.is_background,
            credentials: &credentials,
            answers: &answers,
            grant: plan.secrets.consent.as_deref(),
            state: &plan.secrets.job_state,
            since: plan.since,
            today: plan.today,
            now: self.clock.now(),
        };
        match tokio::time::timeout(ANSWER_WITHIN, aggregator.run(ask)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Refused(Refusal::Unavailable),
        }
    }
}

/// What the step needs; the job is under way from now on. `None` when there is nothing to do.
fn plan_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    id: ConnectJobId,
    step: u32,
    now: jiff::Timestamp,
) -> Result<Option<Plan>, ConnectError> {
    let Some((mut job, member)) = open_in(tx, tenant, id, step)? else { return Ok(None) };
    if job.status == JobStatus::Challenged {
        return Ok(None);
    }
    if job.started_at.is_none() {
        (job.status, job.stage, job.started_at) = (JobStatus::Running, Stage::SigningIn, Some(now));
        repo::update(tx, &job)?;
    }
    let secrets = member::repo::secrets(tx, &service.keys, tenant, member.id)?;
    let known = account::repo::read_until(tx, tenant, member.id)?;
    let since = match (job.job_type, known) {
        (JobType::History, _) | (_, None) => None,
        (_, Some(known)) => known.checked_sub(jiff::Span::new().days(OVERLAP_DAYS)).ok(),
    };
    let today = day::state_in(tx, tenant)?.business_date;
    let currency = get_tenant_in(tx, tenant)?.currency;
    Ok(Some(Plan { job, member, secrets, since, today, currency }))
}

/// The job with its member, which is held, when this step is still to be taken.
pub(super) fn open_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectJobId,
    step: u32,
) -> Result<Option<(ConnectJob, Member)>, ConnectError> {
    let Some(seen) = repo::get(tx, tenant, id)? else { return Ok(None) };
    // Held first, then read again: whoever changes a job holds its member.
    let Some(member) = member::repo::hold(tx, tenant, seen.member)? else { return Ok(None) };
    let Some(job) = repo::get(tx, tenant, id)? else { return Ok(None) };
    let is_due = !job.status.is_final() && job.step == step && member.most_recent_job == Some(id);
    Ok(is_due.then_some((job, member)))
}
