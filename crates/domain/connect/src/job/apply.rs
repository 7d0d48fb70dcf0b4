//! Writes down what an aggregator has answered.

use florin_ids::{ConnectJobId, TenantId};
use florin_jobs::enqueue_in;
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::entity::{ConnectJob, JobStatus, JobType, Stage};
use super::run::open_in;
use super::scope::is_any_proven;
use super::{expiry_of, refresh, repo, step_of};
use crate::aggregator::{Challenge, Data, Outcome, Refusal};
use crate::institution::derived_uuid;
use crate::member::{self, Member, MemberOption, MemberQuestion};
use crate::{Connect, ConnectError, Detail, account};

/// How long the end user may take to answer.
pub(crate) const ANSWER_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How many steps a job may take.
const STEPS_MAX: u32 = 500;
/// What is pending for longer is forgotten.
const PENDING_DAYS: i64 = 14;
/// The least and the greatest time before an aggregator is asked again.
const WAIT_AT_LEAST: SignedDuration = SignedDuration::from_millis(200);
const WAIT_AT_MOST: SignedDuration = SignedDuration::from_mins(5);

/// A job and its member, with the times of a change: real, and the tenant's.
struct Change<'a> {
    service: &'a Connect,
    job: ConnectJob,
    member: Member,
    now: Timestamp,
    at: Timestamp,
}

impl Connect {
    /// Writes an outcome down, unless the step was taken already.
    pub(super) fn apply_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        id: ConnectJobId,
        step: u32,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), ConnectError> {
        let Some((job, member)) = open_in(tx, tenant, id, step)? else { return Ok(()) };
        if job.status == JobStatus::Challenged {
            return Ok(());
        }
        let at = day::state_in(tx, tenant)?.stamp(now);
        let before = member.status;
        let mut change = Change { service: self, job, member, now, at };
        change.apply(tx, outcome)?;
        let Change { job, member, .. } = change;
        repo::update(tx, &job)?;
        member::repo::update(tx, &member)?;
        let done = Some(&job).filter(|job| job.status == JobStatus::Done);
        member::tell::changed_in(tx, &member, before, done, at)
    }

    /// The end user's answer did not come.
    pub(super) async fn expire_answer(
        &self,
        tenant: TenantId,
        id: ConnectJobId,
        step: u32,
    ) -> Result<(), ConnectError> {
        let (service, now) = (self.clone(), self.clock.now());
        self.db
            .write(move |tx| {
                let Some((mut job, mut member)) = open_in(tx, tenant, id, step)? else {
                    return Ok(());
                };
                if job.status != JobStatus::Challenged {
                    return Ok(());
                }
                let (at, before) = (day::state_in(tx, tenant)?.stamp(now), member.status);
                job.finish(JobStatus::Failed, now);
                member.expire(at);
                member::repo::set_job_state(tx, &service.keys, tenant, member.id, &[])?;
                repo::update(tx, &job)?;
                member::repo::update(tx, &member)?;
                member::tell::changed_in(tx, &member, before, None, at)
            })
            .await
    }
}

impl Change<'_> {
    fn apply(&mut self, tx: &mut Tx, outcome: &Outcome) -> Result<(), ConnectError> {
        match outcome {
            Outcome::Wait { after, progress, stage, state } => {
                (self.job.progress, self.job.stage) = ((*progress).min(99), *stage);
                let after = (*after).clamp(WAIT_AT_LEAST, WAIT_AT_MOST);
                self.go_on(tx, state, Some(after))
            }
            Outcome::Challenged { challenge, state } => self.ask(tx, challenge, state),
            Outcome::Read { data, more } => self.read(tx, data, more.as_deref()),
            Outcome::Refused(refusal) => self.refuse(tx, *refusal),
        }
    }

    /// Leaves the next step behind, unless it has taken too long already.
    fn go_on(
        &mut self,
        tx: &mut Tx,
        state: &[u8],
        after: Option<SignedDuration>,
    ) -> Result<(), ConnectError> {
        let (tenant, member) = (self.job.tenant, self.member.id);
        let is_late = self.now >= self.job.give_up_at || self.job.step >= STEPS_MAX;
        if is_late {
            self.job.finish(JobStatus::Failed, self.now);
            self.member.delay(self.job.is_background, self.at);
            member::repo::set_job_state(tx, &self.service.keys, tenant, member, &[])?;
            return self.schedule(tx);
        }
        member::repo::set_job_state(tx, &self.service.keys, tenant, member, state)?;
        self.job.status = JobStatus::Running;
        self.job.step += 1;
        let run_at = after.and_then(|after| self.now.saturating_add(after).ok());
        enqueue_in(tx, &[step_of(&self.job, run_at)])?;
        Ok(())
    }

    fn ask(
        &mut self,
        tx: &mut Tx,
        challenge: &Challenge,
        state: &[u8],
    ) -> Result<(), ConnectError> {
        let (tenant, member) = (self.job.tenant, self.member.id);
        member::repo::set_job_state(tx, &self.service.keys, tenant, member, state)?;
        self.member.ask(questions_of(&self.job, challenge), self.at);
        self.wait_for_answer(tx)
    }

    fn wait_for_answer(&mut self, tx: &mut Tx) -> Result<(), ConnectError> {
        let answer_by = self.now.saturating_add(ANSWER_WITHIN).unwrap_or(Timestamp::MAX);
        self.job.status = JobStatus::Challenged;
        self.job.answer_by = Some(answer_by);
        self.job.step += 1;
        enqueue_in(tx, &[expiry_of(&self.job, answer_by)])?;
        Ok(())
    }

    fn read(&mut self, tx: &mut Tx, data: &Data, more: Option<&[u8]>) -> Result<(), ConnectError> {
        let open = account::take_in(tx, &self.service.keys, &self.member, data, self.at)?;
        if open == 0 && data.is_complete {
            return self.refuse(tx, Refusal::NoAccounts);
        }
        if self.job.is_for_verification && more.is_none() && !self.proves_any_in(tx)? {
            return self.refuse(tx, Refusal::NoEligibleAccounts);
        }
        self.member.connect(more.is_none(), self.at);
        if let Some(state) = more {
            self.job.stage = Stage::Transactions;
            self.job.progress = self.job.progress.max(50);
            // Only where no other job follows: who stops asking here would find this one under way.
            self.job.async_account_data_ready = reads_transactions(self.job.job_type);
            return self.go_on(tx, state, None);
        }
        if reads_transactions(self.job.job_type) {
            let today = self.at.to_zoned(TimeZone::UTC).date();
            let before = today.saturating_sub(Span::new().days(PENDING_DAYS));
            account::repo::delete_stale_pending(tx, self.job.tenant, self.member.id, before)?;
        }
        self.job.async_account_data_ready = true;
        self.job.finish(JobStatus::Done, self.now);
        let (tenant, member) = (self.job.tenant, self.member.id);
        member::repo::set_job_state(tx, &self.service.keys, tenant, member, &[])?;
        self.schedule(tx)
    }

    fn proves_any_in(&self, tx: &mut Tx) -> Result<bool, ConnectError> {
        let (tenant, member) = (self.job.tenant, self.member.id);
        let keys = &self.service.keys;
        let accounts = account::repo::of_member(tx, keys, tenant, member, Detail::Masked)?;
        Ok(is_any_proven(&accounts))
    }

    fn refuse(&mut self, tx: &mut Tx, refusal: Refusal) -> Result<(), ConnectError> {
        let can_answer_again = self.member.refuse(refusal, self.job.is_background, self.at);
        if can_answer_again {
            return self.wait_for_answer(tx);
        }
        self.job.finish(JobStatus::Failed, self.now);
        let (tenant, member) = (self.job.tenant, self.member.id);
        member::repo::set_job_state(tx, &self.service.keys, tenant, member, &[])?;
        self.schedule(tx)
    }

    /// Leaves the next refresh behind.
    fn schedule(&mut self, tx: &mut Tx) -> Result<(), ConnectError> {
        refresh::schedule_in(tx, &mut self.member, self.now)
    }
}

const fn reads_transactions(job: JobType) -> bool {
    matches!(job, JobType::Aggregation | JobType::History | JobType::Combination)
}

/// The bank's questions with ids of their own: new ones for each challenge.
fn questions_of(job: &ConnectJob, challenge: &Challenge) -> Vec<MemberQuestion> {
    let place = |key: &str| derived_uuid(&format!("question:{}:{}:{key}", job.id, job.step));
    let question = |it: &crate::aggregator::Question| MemberQuestion {
        id: place(&it.key),
        key: it.key.clone(),
        external_id: it.external_id.clone(),
        label: it.label.clone(),
        field_type: it.field_type,
        meta_data: it.image.clone(),
        options: it
            .options
            .iter()
            .map(|option| MemberOption {
                id: place(&format!("{}:{}", it.key, option.key)),
                key: option.key.clone(),
                label: option.label.clone(),
                data_uri: option.image.clone(),
            })
            .collect(),
    };
    challenge.questions.iter().map(question).collect()
}
