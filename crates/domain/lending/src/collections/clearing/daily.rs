//! The comparison of each business date: a step of the day leaves a job behind, which compares outside of the day.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use florin_calendar::Clock;
use florin_events::{NewEvent, kinds};
use florin_ids::TenantId;
use florin_jobs::{Job, JobHandler, NewJob, Outcome, RunFuture, enqueue_in};
use florin_money::Currency;
use florin_storage::Tx;
use florin_tenancy::day::{self, DayContext, Step};

use super::{Clearing, ClearingLine, Depth, compare_in, repo};
use crate::{Lending, LendingError};

const JOB: &str = "lending.compare_clearing";

/// At most this many payments are told of.
const TOLD_MAX: usize = 100;

/// Has the clearing account compared with our payments once a day.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClearingDay;

impl Step for ClearingDay {
    const NAME: &'static str = "clearing";
    /// Behind what is collected.
    const ORDINAL: i64 = 13;
    type Error = LendingError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, LendingError> {
        ask_in(tx, day)?;
        Ok(None)
    }
}

fn ask_in(tx: &mut Tx, day: &DayContext) -> Result<(), LendingError> {
    if !repo::is_used(tx, day.tenant)? {
        return Ok(());
    }
    let job = NewJob {
        tenant: day.tenant,
        kind: JOB,
        idempotency_key: day.date.to_string(),
        ordering_key: None,
        sequence: 0,
        payload: json!({}),
        run_at: None,
    };
    enqueue_in(tx, &[job])?;
    Ok(())
}

/// Compares, and tells of a difference that is not the one told before (`clearing_differs`).
#[derive(Clone)]
pub struct CompareClearing {
    lending: Lending,
    clock: Arc<dyn Clock>,
}

impl CompareClearing {
    /// A handler for the tenants of this service.
    pub fn new(lending: Lending, clock: Arc<dyn Clock>) -> Self {
        Self { lending, clock }
    }

    /// Compares a tenant's account once.
    ///
    /// # Errors
    /// The database's.
    pub async fn compare(&self, tenant: TenantId) -> Result<(), LendingError> {
        let db = self.lending.db();
        let found = db.read(move |tx| {
            Ok::<_, LendingError>((compare_in(tx, tenant, Depth::Totals)?, repo::told(tx, tenant)?))
        });
        let (compared, told) = found.await?;
        let differing: Vec<Clearing> =
            compared.into_iter().filter(|it| it.difference_minor() != 0).collect();
        let differences: Vec<(Currency, i64)> =
            differing.iter().map(|it| (it.ledger.currency(), it.difference_minor())).collect();
        for it in &differing {
            let (ledger, payments) = (it.ledger, it.payments);
            tracing::warn!(%tenant, %ledger, %payments, "the clearing account and our payments differ");
        }
        if differences == told {
            return Ok(());
        }
        let now = self.clock.now();
        db.write(move |tx| {
            let at = day::state_in(tx, tenant)?.stamp(now);
            repo::keep_told(tx, tenant, &differences)?;
            let events: Vec<NewEvent> = differing.iter().map(|it| event(it, at)).collect();
            if !events.is_empty() {
                florin_events::append_in(tx, tenant, &events)?;
            }
            Ok(())
        })
        .await
    }
}

impl JobHandler for CompareClearing {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> RunFuture<'a> {
        Box::pin(async move {
            match self.compare(job.tenant).await {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Retry(error.to_string()),
            }
        })
    }
}

fn event(of: &Clearing, at: jiff::Timestamp) -> NewEvent {
    let currency = of.ledger.currency();
    let difference = florin_money::Money::from_minor(of.difference_minor(), currency);
    NewEvent {
        kind: kinds::CLEARING_DIFFERS,
        resource: format!("account:1020:{}", currency.code()),
        occurred_at: at,
        data: json!({
            "currency": currency.code(),
            "ledger": of.ledger.to_string(),
            "payments": of.payments.to_string(),
            "difference": difference.to_string(),
            "unexplained": of.unexplained.to_string(),
            "lines": of.lines.iter().take(TOLD_MAX).map(line).collect::<Vec<_>>(),
        }),
    }
}

fn line(it: &ClearingLine) -> Value {
    json!({
        "payment": it.payment.to_string(),
        "loan": it.loan.map(|loan| loan.to_string()),
        "state": it.state.as_str(),
        "ledger": it.ledger.to_string(),
        "payments": it.payments.to_string(),
    })
}
