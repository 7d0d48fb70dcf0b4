//! Direct debit as a rail of payments: inside the transaction it finds the day and leaves the work; the provider is
//! told afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use florin_calendar::{Calendar, Clock};
use florin_ids::{MandateId, TenantId};
use florin_jobs::{NewJob, enqueue_in};
use florin_payments::{
    Direction, Instrument, Moment, Payment, PaymentState, PaymentsError, Rail, RailKind,
};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::entity::SendingState;
use super::{CANCEL_JOB, SEND_JOB, repo, timing};
use crate::mandate::{self, Mandate};
use crate::{MandatesError, provider_account};

/// How many business days ahead a collection has to be asked for: enough for a new mandate to become active and for
/// the notice that the payer is owed.
const HORIZON_BUSINESS_DAYS: i32 = 5;
/// A simulated clock is settled between its days; the jobs are there for whoever does not move it.
const JOB_AFTER_SIMULATED: SignedDuration = SignedDuration::from_secs(15);

/// Collections over mandates.
pub struct DirectDebitRail {
    clock: Arc<dyn Clock>,
}

impl DirectDebitRail {
    /// The rail; the clock says from when on its jobs run.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    /// When the jobs of a tenant begin, in real time.
    fn run_at(&self, tx: &mut Tx, tenant: TenantId) -> Result<Option<Timestamp>, PaymentsError> {
        let is_simulated = day::state_in(tx, tenant)?.simulated;
        let later = || self.clock.now().saturating_add(JOB_AFTER_SIMULATED).ok();
        Ok(if is_simulated { later() } else { None })
    }
}

impl Rail for DirectDebitRail {
    fn kind(&self) -> RailKind {
        RailKind::DirectDebit
    }

    fn horizon(&self, _direction: Direction, today: Date) -> Date {
        Calendar::GbEng.add_business_days(today, HORIZON_BUSINESS_DAYS)
    }

    fn check_usable_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        instrument: &Instrument,
        _direction: Direction,
    ) -> Result<(), PaymentsError> {
        mandate_of(tx, tenant, instrument).map(|_| ())
    }

    fn start_many_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payments: &mut [Payment],
    ) -> Result<(), PaymentsError> {
        let run_at = self.run_at(tx, tenant)?;
        let is_simulated = run_at.is_some();
        let mut mandates: BTreeMap<String, Mandate> = BTreeMap::new();
        let mut rows = Vec::with_capacity(payments.len());
        let mut jobs = Vec::with_capacity(payments.len());
        for payment in payments.iter_mut() {
            if payment.direction != Direction::Collect {
                let text = "A mandate can be collected over, not paid out to.";
                return Err(PaymentsError::Unusable(text.to_owned()));
            }
            let reference = &payment.instrument.reference;
            if !mandates.contains_key(reference) {
                let found = mandate_of(tx, tenant, &payment.instrument)?;
                mandates.insert(reference.clone(), found);
            }
            let Some(mandate) = mandates.get(reference) else { continue };
            let wanted = payment.wanted_on;
            payment.charge_on = Some(timing::charge_day(moment, is_simulated, mandate, wanted));
            rows.push((payment.id, payment.attempt, mandate.id));
            jobs.push(job_of(tenant, SEND_JOB, payment, run_at));
        }
        repo::insert_many(tx, tenant, &rows, moment.at)?;
        enqueue_in(tx, &jobs)?;
        Ok(())
    }

    fn cancel_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        payment: &Payment,
    ) -> Result<bool, PaymentsError> {
        let Some(row) = repo::lock(tx, tenant, payment.id, payment.attempt)? else {
            return Ok(false);
        };
        let run_at = self.run_at(tx, tenant)?;
        let next = match row.state {
            SendingState::ToSend => SendingState::Withdrawn,
            SendingState::Sending | SendingState::Sent => {
                let charge_on = payment.charge_on.unwrap_or(payment.wanted_on);
                let is_early = timing::is_before_submission(moment, run_at.is_some(), charge_on);
                if payment.state != PaymentState::Pending || !is_early {
                    return Ok(false);
                }
                enqueue_in(tx, &[job_of(tenant, CANCEL_JOB, payment, run_at)])?;
                SendingState::Recalled
            }
            SendingState::Withdrawn | SendingState::Recalled | SendingState::Cancelled => {
                return Ok(true);
            }
            SendingState::GaveUp | SendingState::TooLate => return Ok(false),
        };
        repo::set_state(tx, tenant, &row, next, "", moment.at)?;
        Ok(true)
    }
}

/// The mandate that an instrument names, when it can be used now.
fn mandate_of(
    tx: &mut Tx,
    tenant: TenantId,
    instrument: &Instrument,
) -> Result<Mandate, PaymentsError> {
    let unknown =
        || PaymentsError::Unusable(format!("The mandate {} does not exist.", instrument.reference));
    let id: MandateId = instrument.reference.parse().map_err(|_| unknown())?;
    let found = mandate::repo::get(tx, tenant, id)?.ok_or_else(unknown)?;
    if !provider_account::is_active_in(tx, tenant, found.account)? {
        let text =
            format!("The mandate {id} belongs to a direct-debit account that is not in use.");
        return Err(PaymentsError::Unusable(text));
    }
    match found.objection() {
        Some(objection) => Err(PaymentsError::Unusable(objection)),
        None => Ok(found),
    }
}

fn job_of(
    tenant: TenantId,
    kind: &'static str,
    payment: &Payment,
    run_at: Option<Timestamp>,
) -> NewJob {
    NewJob {
        tenant,
        kind,
        idempotency_key: payment.idempotency_key(),
        ordering_key: None,
        sequence: 0,
        payload: json!({ "payment": payment.id, "attempt": payment.attempt }),
        run_at,
    }
}

impl From<MandatesError> for PaymentsError {
    fn from(error: MandatesError) -> Self {
        match error {
            MandatesError::Payments(error) => error,
            MandatesError::Storage(error) => Self::Storage(error),
            other => Self::Rail { rail: RailKind::DirectDebit.as_str(), source: Box::new(other) },
        }
    }
}
