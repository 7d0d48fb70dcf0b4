//! The sandbox's payments provider: it pays out to any account, at once.
//!
//! What becomes of a payout is chosen by the payee's name: [`CLOSED`] `...` has closed the account, so that the payout
//! fails; every other one arrives. A payout is asked for in one transaction and answered in another, by a job on the
//! real clock and between two days on a simulated one.

mod repo;

use std::sync::Arc;

use florin_calendar::Clock;
use florin_ids::TenantId;
use florin_jobs::{Job, JobHandler, NewJob, Outcome, RunFuture, enqueue_in};
use florin_storage::{Db, Tx};
use florin_tenancy::day::{BetweenDays, StepError};
use jiff::civil::Date;
use serde_json::json;

use crate::payment;
use crate::{
    Direction, Instrument, Moment, Owners, Payment, PaymentsError, Rail, RailKind, Told, Update,
    moment_in, tell_many_in,
};

/// The first name of a payee whose account is closed.
pub const CLOSED: &str = "Closed";

const JOB: &str = "payments.transfer";

/// How many payouts one transaction of the database answers.
const CHUNK: u32 = 500;

/// The rail on which the sandbox's payments provider pays out.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulatedTransfers;

impl Rail for SimulatedTransfers {
    fn kind(&self) -> RailKind {
        RailKind::Transfer
    }

    fn horizon(&self, _direction: Direction, today: Date) -> Date {
        today
    }

    fn check_usable_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _instrument: &Instrument,
        _direction: Direction,
    ) -> Result<(), PaymentsError> {
        Ok(())
    }

    fn start_many_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        for payment in payments.iter_mut() {
            payment.charge_on = Some(payment.wanted_on.max(moment.on));
        }
        repo::insert(tx, tenant, payments)?;
        let jobs: Vec<NewJob> = payments
            .iter()
            .map(|payment| NewJob {
                tenant,
                kind: JOB,
                idempotency_key: payment.idempotency_key(),
                ordering_key: None,
                sequence: 0,
                payload: json!({}),
                run_at: None,
            })
            .collect();
        enqueue_in(tx, &jobs)?;
        Ok(())
    }

    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        _moment: Moment,
        payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        repo::delete(tx, tenant, vec![payment.id.uuid()])?;
        Ok(true)
    }
}

/// Answers the payouts that were asked for: the handler of their jobs, and what settles a simulated day.
#[derive(Clone)]
pub struct TransferAnswers {
    db: Db,
    owners: Owners,
    clock: Arc<dyn Clock>,
}

impl TransferAnswers {
    /// Answers that are told to these owners.
    pub fn new(db: Db, owners: Owners, clock: Arc<dyn Clock>) -> Self {
        Self { db, owners, clock }
    }

    /// Answers the oldest open payouts; true when more may be left.
    fn answer_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<bool, PaymentsError> {
        let moment = moment_in(tx, tenant, self.clock.now())?;
        let open = repo::open(tx, tenant, CHUNK)?;
        let is_full = open.len() == CHUNK as usize;
        repo::delete(tx, tenant, open.clone())?;
        let payments = payment::repo::lock_many(tx, tenant, open)?;
        let updates: Vec<Update> = payments.iter().map(|it| answer(it, moment)).collect();
        tell_many_in(tx, &self.owners, tenant, moment, &updates)?;
        Ok(is_full)
    }
}

fn answer(payment: &Payment, moment: Moment) -> Update {
    let first_name = payment.counterparty.split(' ').next();
    let (told, reason) = match first_name {
        Some(CLOSED) => (Told::Failed, "account_closed"),
        _ => (Told::PaidOut, ""),
    };
    Update {
        payment: payment.id,
        told,
        told_at: moment.at,
        reason: reason.to_owned(),
        charge_on: Some(moment.on),
        reference: Some(format!("SIM-{}", payment.idempotency_key())),
    }
}

impl JobHandler for TransferAnswers {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            let (answers, tenant) = (self.clone(), job.tenant);
            match self.db.write(move |tx| answers.answer_in(tx, tenant)).await {
                Ok(_) => Outcome::Done,
                Err(error) => Outcome::Retry(error.to_string()),
            }
        })
    }
}

impl BetweenDays for TransferAnswers {
    fn name(&self) -> &'static str {
        "transfers"
    }

    fn settle_blocking(&self, tenant: TenantId, _date: Date) -> Result<(), StepError> {
        loop {
            let answers = self.clone();
            let more = self.db.write_blocking(move |tx| answers.answer_in(tx, tenant));
            match more {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    return Err(StepError { step: "transfers", source: Box::new(error) });
                }
            }
        }
    }
}
