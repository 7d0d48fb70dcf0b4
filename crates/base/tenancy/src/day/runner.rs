//! Runs days: one after another, chunk by chunk, each chunk in the transaction that records it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_calendar::Clock;
use florin_ids::TenantId;
use florin_storage::{Db, Tx};

use super::{DayState, repo, stamp_on};
use crate::{Collections, TenancyError};

/// What a step knows of the day it runs.
#[derive(Debug, Clone)]
pub struct DayContext {
    /// Whose day it is.
    pub tenant: TenantId,
    /// The day being run.
    pub date: Date,
    /// The time to store on what the day does.
    pub stamp: Timestamp,
    /// Who collects repayments.
    pub collections: Collections,
}

/// A failure of a step: the chunk is rolled back and the day stays where it was.
#[derive(Debug, thiserror::Error)]
#[error("the step \"{step}\" of the business day failed")]
pub struct StepError {
    /// The step's name.
    pub step: &'static str,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// One domain's part of the business day.
pub trait Step: Send + Sync {
    /// A name for logs and errors.
    const NAME: &'static str;
    /// The step's place in the day; unique, and never changed once days have been run with it.
    const ORDINAL: i64;
    /// What it fails with.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Deals with the next items after `after` (in id order) inside `tx`.
    ///
    /// Answers the last item dealt with when more may follow, or `None` when the step is done.
    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, Self::Error>;
}

/// Any [`Step`], whatever it fails with.
pub trait DayStep: Send + Sync {
    /// [`Step::NAME`].
    fn name(&self) -> &'static str;

    /// [`Step::ORDINAL`].
    fn ordinal(&self) -> i64;

    /// [`Step::run_chunk`]; the error says which step it was.
    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError>;
}

impl<S: Step> DayStep for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn ordinal(&self) -> i64 {
        S::ORDINAL
    }

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError> {
        let ran = Step::run_chunk(self, tx, day, after);
        ran.map_err(|error| StepError { step: S::NAME, source: Box::new(error) })
    }
}

/// What has to happen outside of transactions before a day of a simulated clock is over: money is handed to
/// providers, and their news is taken in. (On the real clock, jobs do so while the day goes on.)
pub trait BetweenDays: Send + Sync {
    /// A name for logs and errors.
    fn name(&self) -> &'static str;

    /// Does what there is to do once `date` has been run; it may be called again for the same date.
    ///
    /// A provider that does not answer is no failure: what is left undone is done on a later day.
    ///
    /// # Errors
    /// What must stop the clock, such as a failure of the database.
    fn settle_blocking(&self, tenant: TenantId, date: Date) -> Result<(), StepError>;
}

/// What a call to [`DayRunner::advance_to_blocking`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaysRun {
    /// How many days were finished by this call.
    pub days: u32,
    /// The tenant's business date afterwards.
    pub business_date: Date,
}

/// Runs the business days of tenants.
#[derive(Clone)]
pub struct DayRunner {
    db: Db,
    clock: Arc<dyn Clock>,
    steps: Arc<[Arc<dyn DayStep>]>,
    between: Arc<[Arc<dyn BetweenDays>]>,
}

/// What one transaction of the run came to.
struct Progress {
    finished: Option<Date>,
    reached: Option<Date>,
}

impl DayRunner {
    /// A runner of `steps`, which are put in the order of their ordinals.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mut steps: Vec<Arc<dyn DayStep>>) -> Self {
        steps.sort_by_key(|step| step.ordinal());
        Self { db, clock, steps: steps.into(), between: Arc::default() }
    }

    /// The same runner, which lets these settle each day of a simulated clock, in this order.
    #[must_use]
    pub fn settled_by(self, between: Vec<Arc<dyn BetweenDays>>) -> Self {
        Self { between: between.into(), ..self }
    }

    /// Runs every day after the tenant's business date up to and including `target`, in order.
    ///
    /// Blocks; call it from a plain thread. `progress` is told each date that is finished.
    pub fn advance_to_blocking(
        &self,
        tenant: TenantId,
        target: Date,
        progress: &mut dyn FnMut(Date),
    ) -> Result<DaysRun, TenancyError> {
        let mut days = 0;
        self.settle_blocking(tenant)?;
        loop {
            let (runner, now) = (self.clone(), self.clock.now());
            let step =
                self.db.write_blocking(move |tx| runner.run_some_in(tx, tenant, target, now))?;
            if let Some(date) = step.finished {
                self.settle_blocking(tenant)?;
                days += 1;
                progress(date);
            }
            if let Some(business_date) = step.reached {
                return Ok(DaysRun { days, business_date });
            }
        }
    }

    /// Lets what lies between two days happen, for a simulated clock that stands between two days. A run that was
    /// broken off here begins with it again.
    fn settle_blocking(&self, tenant: TenantId) -> Result<(), TenancyError> {
        if self.between.is_empty() {
            return Ok(());
        }
        let state = self.db.read_blocking(move |tx| super::state_in(tx, tenant))?;
        if state.simulated && state.running_on.is_none() {
            for between in self.between.iter() {
                between.settle_blocking(tenant, state.business_date).map_err(TenancyError::Step)?;
            }
        }
        Ok(())
    }

    /// One transaction of the run: chunks of one day until one has more to come or the day is done.
    fn run_some_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        target: Date,
        now: Timestamp,
    ) -> Result<Progress, TenancyError> {
        let mut state = repo::state(tx, tenant, repo::Lock::Exclusive)?
            .ok_or(TenancyError::UnknownTenant(tenant))?;
        if state.running_on.is_none() {
            if state.business_date >= target {
                return Ok(Progress { finished: None, reached: Some(state.business_date) });
            }
            let next = state.business_date.tomorrow().map_err(|_| TenancyError::DateOutOfRange)?;
            state = DayState { running_on: Some(next), step: i64::MIN, after: None, ..state };
        }
        let Some(date) = state.running_on else { return Err(TenancyError::DateOutOfRange) };
        let done = self.run_steps_in(tx, &mut state, date, now)?;
        if done {
            state =
                DayState { business_date: date, running_on: None, step: 0, after: None, ..state };
        }
        repo::save(tx, &state)?;
        Ok(Progress { finished: done.then_some(date), reached: None })
    }

    /// Goes on with the day's steps; true when the last one has nothing left.
    fn run_steps_in(
        &self,
        tx: &mut Tx,
        state: &mut DayState,
        date: Date,
        now: Timestamp,
    ) -> Result<bool, TenancyError> {
        let stamp = if state.simulated { stamp_on(date, now) } else { now };
        let day = DayContext { tenant: state.tenant, date, stamp, collections: state.collections };
        for step in self.steps.iter() {
            if step.ordinal() < state.step {
                continue;
            }
            if step.ordinal() > state.step {
                state.step = step.ordinal();
                state.after = None;
            }
            if let Some(last) = step.run_chunk(tx, &day, state.after).map_err(TenancyError::Step)? {
                state.after = Some(last);
                return Ok(false);
            }
        }
        Ok(true)
    }
}
