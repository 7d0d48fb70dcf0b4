//! Jobs: what is read of a member, step by step with its aggregator.
//!
//! A step is a due job of its own (`connect.job`, named by job and step): read what the aggregator needs, ask it with no
//! transaction open, write down what it answered. The job's row counts the steps; a step that was taken already, or whose
//! job has ended, changes nothing, so a worker may be killed at any line and another one may repeat it. Every change of a
//! job holds its member's row.

mod apply;
mod entity;
mod handler;
mod refresh;
pub(crate) mod repo;
mod run;
mod scope;

use std::sync::Arc;

use florin_ids::{ConnectJobId, ConnectUserId, MemberId, TenantId};
use florin_jobs::{JobHandler, NewJob, enqueue_in};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use entity::JOB_WITHIN;
pub use entity::{ConnectJob, JobStatus, JobType, Stage};
pub use refresh::RefreshMembers;
pub(crate) use scope::can_be_used;

use crate::member::{self, ConnectionStatus, Member};
use crate::{Connect, ConnectError, Institution, Mode, Product, Visitor};

/// The kind of the jobs that take one step with an aggregator.
pub const JOB: &str = "connect.job";
/// The kind of the jobs that refresh a member once a day.
pub const REFRESH_JOB: &str = "connect.refresh";

const CONNECT_JOB: &str = "job";
/// Jobs that are over are kept for so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The handlers of every kind.
pub(crate) fn handlers(connect: &Connect) -> Vec<Arc<dyn JobHandler>> {
    vec![
        Arc::new(handler::StepHandler::new(connect.clone())),
        Arc::new(refresh::RefreshHandler::new(connect.clone())),
        Arc::new(crate::oauth::ForgetHandler::new(connect.clone())),
    ]
}

/// What is to be run.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub job_type: JobType,
    pub is_background: bool,
    pub is_for_verification: bool,
    pub products: Vec<Product>,
}

impl Wanted {
    /// What a visitor asks for.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] for what the session is not for.
    fn of(job_type: JobType, visitor: &Visitor) -> Result<Self, ConnectError> {
        let is_for_verification = match job_type {
            JobType::Verification => true,
            JobType::Combination => visitor.mode == Mode::Verification,
            _ => false,
        };
        let products = job_type.reads(&visitor.products)?;
        Ok(Self { job_type, is_background: false, is_for_verification, products })
    }

    /// What is read of a member whoever asks.
    pub(crate) fn plain(is_background: bool) -> Self {
        Self {
            job_type: JobType::Aggregation,
            is_background,
            is_for_verification: false,
            products: vec![Product::Transactions],
        }
    }

    /// The same as before, with the end user there.
    pub(crate) fn again(last: Option<&ConnectJob>, visitor: &Visitor) -> Self {
        let job_type = last.map_or(JobType::Aggregation, |job| job.job_type);
        Self::of(job_type, visitor).unwrap_or_else(|_| Self::plain(false))
    }

    /// What the institution would have to be able to do, and cannot.
    fn lacks(&self, at: &Institution) -> Option<&'static str> {
        match self.job_type {
            JobType::Identification => (!at.identification).then_some("identification"),
            JobType::Tax => (!at.tax_statements).then_some("tax documents"),
            _ => (self.is_for_verification && !at.verification).then_some("verification"),
        }
    }
}

impl Connect {
    /// Runs a job on a member. The same job that is under way already is answered as it is; one that waits for an answer of
    /// the end user is given up for the new one.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] while another job is under way, or when the member's status allows none (its text says
    /// what is needed first), or when the session is not for such a job; [`ConnectError::NotEnabled`];
    /// [`ConnectError::NotFound`].
    pub async fn run_job(
        &self,
        visitor: &Visitor,
        member: MemberId,
        job_type: JobType,
    ) -> Result<ConnectJob, ConnectError> {
        let wanted = Wanted::of(job_type, visitor)?;
        self.run((visitor.tenant, visitor.user, visitor.now), member, wanted).await
    }

    pub(crate) async fn run(
        &self,
        (tenant, user, now): (TenantId, ConnectUserId, Timestamp),
        member: MemberId,
        wanted: Wanted,
    ) -> Result<ConnectJob, ConnectError> {
        let read = self.db.read(move |tx| member::of_user_in(tx, tenant, user, member));
        let institution = self.catalogue(tenant).await?.get(read.await?.institution);
        let service = self.clone();
        let ran = self.db.write(move |tx| {
            let mut member = member::hold_of_user_in(tx, tenant, user, member)?;
            if let Some(it) = &institution {
                member.verification_is_enabled = it.verification;
            }
            let at = day::state_in(tx, tenant)?.stamp(now);
            run_in(tx, &service, &mut member, institution.as_deref(), wanted.clone(), (now, at))
        });
        ran.await?.map_err(ConnectError::conflict)
    }

    /// One job.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn job(
        &self,
        visitor: &Visitor,
        id: ConnectJobId,
    ) -> Result<ConnectJob, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        let found = self.db.read(move |tx| Ok::<_, ConnectError>(repo::get(tx, tenant, id)?));
        let found = found.await?.filter(|it| it.user == user);
        found.ok_or(ConnectError::NotFound(CONNECT_JOB))
    }
}

/// Begins a job unless something stands against it. What is answered as a refusal is written all the same: that the
/// institution is disabled or gone shows on the member.
fn run_in(
    tx: &mut Tx,
    service: &Connect,
    member: &mut Member,
    institution: Option<&Institution>,
    wanted: Wanted,
    (now, at): (Timestamp, Timestamp),
) -> Result<Result<ConnectJob, &'static str>, ConnectError> {
    if member.is_manual {
        return Ok(Err("The accounts were typed in by hand: nothing can be read."));
    }
    if let Some(lacking) = institution.and_then(|it| wanted.lacks(it)) {
        return Err(ConnectError::NotEnabled(lacking));
    }
    if let Some(status) = stopped(institution) {
        let before = member.status;
        end_in(tx, member.tenant, member, now)?;
        member.stop(status, at);
        member::repo::update(tx, member)?;
        member::tell::changed_in(tx, member, before, None, at)?;
        return Ok(Err(status.objection().unwrap_or("The institution cannot be linked.")));
    }
    if let Some(objection) = member.status.objection() {
        // A stop that has been lifted is no objection.
        let is_lifted =
            matches!(member.status, ConnectionStatus::Disabled | ConnectionStatus::Discontinued);
        if !is_lifted {
            return Ok(Err(objection));
        }
    }
    if member.is_being_aggregated
        && let Some(id) = member.most_recent_job
        && let Some(job) = repo::get(tx, member.tenant, id)?
        && !job.status.is_final()
    {
        let is_same = job.job_type == wanted.job_type
            && (job.is_for_verification == wanted.is_for_verification);
        return Ok(if is_same { Ok(job) } else { Err("Another job is under way.") });
    }
    let before = member.status;
    let job = start_in(tx, service, member, wanted, now, at)?;
    member::tell::changed_in(tx, member, before, None, at)?;
    Ok(Ok(job))
}

/// The status of a member whose institution cannot be read.
fn stopped(institution: Option<&Institution>) -> Option<ConnectionStatus> {
    match institution {
        None => Some(ConnectionStatus::Discontinued),
        Some(it) if it.is_disabled_by_client => Some(ConnectionStatus::Disabled),
        Some(it) if it.is_discontinued => Some(ConnectionStatus::Discontinued),
        Some(_) => None,
    }
}

/// Begins a job; the member is held. A job that waited for an answer is given up.
pub(crate) fn start_in(
    tx: &mut Tx,
    service: &Connect,
    member: &mut Member,
    wanted: Wanted,
    now: Timestamp,
    at: Timestamp,
) -> Result<ConnectJob, ConnectError> {
    end_in(tx, member.tenant, member, now)?;
    let long_ago = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    repo::delete_old(tx, member.tenant, member.id, long_ago)?;
    let job = ConnectJob {
        id: ConnectJobId::new(),
        tenant: member.tenant,
        member: member.id,
        user: member.user,
        job_type: wanted.job_type,
        status: JobStatus::Created,
        progress: 0,
        stage: Stage::Waiting,
        async_account_data_ready: false,
        is_background: wanted.is_background,
        is_for_verification: wanted.is_for_verification,
        products: wanted.products,
        step: 0,
        give_up_at: now.saturating_add(JOB_WITHIN).unwrap_or(Timestamp::MAX),
        answer_by: None,
        created_at: now,
        started_at: None,
        finished_at: None,
    };
    repo::insert(tx, &job)?;
    member.begin(wanted.is_background, at);
    member.most_recent_job = Some(job.id);
    member::repo::update(tx, member)?;
    member::repo::set_job_state(tx, &service.keys, member.tenant, member.id, &[])?;
    enqueue_in(tx, &[step_of(&job, None)])?;
    Ok(job)
}

/// Ends the member's job, if one is open, as failed: its steps change nothing any more.
pub(crate) fn end_in(
    tx: &mut Tx,
    tenant: TenantId,
    member: &Member,
    now: Timestamp,
) -> Result<(), ConnectError> {
    let Some(id) = member.most_recent_job else { return Ok(()) };
    if let Some(mut job) = repo::get(tx, tenant, id)?
        && !job.status.is_final()
    {
        job.finish(JobStatus::Failed, now);
        repo::update(tx, &job)?;
    }
    Ok(())
}

/// The job, when it waits for an answer and the answer is not too late.
pub(crate) fn waiting_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectJobId,
    now: Timestamp,
) -> Result<Option<ConnectJob>, ConnectError> {
    let job = repo::get(tx, tenant, id)?;
    let is_waiting = |job: &ConnectJob| {
        job.status == JobStatus::Challenged && job.answer_by.is_none_or(|by| now < by)
    };
    Ok(job.filter(is_waiting))
}

/// Goes on with a job that waited for an answer.
pub(crate) fn resume_in(
    tx: &mut Tx,
    job: &mut ConnectJob,
    now: Timestamp,
) -> Result<(), ConnectError> {
    job.give_up_at = now.saturating_add(JOB_WITHIN).unwrap_or(Timestamp::MAX);
    job.status = JobStatus::Running;
    job.answer_by = None;
    job.step += 1;
    repo::update(tx, job)?;
    enqueue_in(tx, &[step_of(job, None)])?;
    Ok(())
}

impl ConnectJob {
    /// Nothing more happens to it.
    pub(crate) fn finish(&mut self, status: JobStatus, now: Timestamp) {
        self.status = status;
        self.stage = Stage::Finished;
        self.answer_by = None;
        self.finished_at = Some(now);
        if status == JobStatus::Done {
            self.progress = 100;
        }
    }
}

/// The due job of the next step.
pub(crate) fn step_of(job: &ConnectJob, run_at: Option<Timestamp>) -> NewJob {
    NewJob {
        tenant: job.tenant,
        kind: JOB,
        idempotency_key: format!("{}:{}", job.id, job.step),
        ordering_key: None,
        sequence: 0,
        payload: json!({ "job": job.id, "step": job.step }),
        run_at,
    }
}

/// The due job that takes note of an answer that did not come.
pub(crate) fn expiry_of(job: &ConnectJob, run_at: Timestamp) -> NewJob {
    NewJob {
        idempotency_key: format!("{}:{}:expiry", job.id, job.step),
        payload: json!({ "job": job.id, "step": job.step, "expiry": true }),
        ..step_of(job, Some(run_at))
    }
}
