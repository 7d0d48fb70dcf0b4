//! Failed collections are tried again on the day that the tenant's policy says.

use uuid::Uuid;

use florin_payments::Rails;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step};

use super::ahead::{self, Uncollected};
use super::is_usable_in;
use super::repo::{self, Retry};
use crate::LendingError;
use crate::loan::{self, Loan};
use crate::postings::{Moment, Parts};
use crate::transaction::{self, Effects, TransactionStatus, retry};

/// How many retries one transaction of the database begins.
const CHUNK: u32 = 500;

/// Tries failed collections again.
#[derive(Debug, Clone)]
pub struct RetriesDay {
    rails: Rails,
}

impl RetriesDay {
    /// A step that asks these rails.
    pub fn new(rails: Rails) -> Self {
        Self { rails }
    }
}

impl Step for RetriesDay {
    const NAME: &'static str = "collection retries";
    /// Behind the loans' own.
    const ORDINAL: i64 = 12;
    type Error = LendingError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, LendingError> {
        run_chunk(tx, &self.rails, day)
    }
}

/// What is dealt with leaves the list, so that each chunk begins with the oldest retry that is left.
fn run_chunk(tx: &mut Tx, rails: &Rails, day: &DayContext) -> Result<Option<Uuid>, LendingError> {
    let due = repo::retries_by(tx, day.tenant, day.date, CHUNK)?;
    for retry in &due {
        repo::delete_retry(tx, day.tenant, retry)?;
        try_again_in(tx, rails, day, retry)?;
    }
    let is_full = due.len() == CHUNK as usize;
    Ok(due.last().filter(|_| is_full).map(|retry| retry.transaction.uuid()))
}

fn try_again_in(
    tx: &mut Tx,
    rails: &Rails,
    day: &DayContext,
    retry: &Retry,
) -> Result<(), LendingError> {
    let found = transaction::repo::get(tx, day.tenant, retry.transaction)?;
    let Some(mut transaction) = found.filter(|it| it.status == TransactionStatus::Failed) else {
        return Ok(());
    };
    let held = loan::repo::lock_many(tx, day.tenant, vec![transaction.loan.uuid()])?.pop();
    let Some(loan) = held else { return Ok(()) };
    let left = left_to_collect_in(tx, rails, day, &loan)?;
    if left <= 0 {
        return Ok(());
    }
    if left < transaction.amount.minor() {
        transaction.ask_for(Parts::allocate(loan.balances.owed(), left))?;
    }
    let mut effects = Effects::default();
    let moment = Moment { on: day.date, at: day.stamp };
    retry::collect_again_in(tx, rails, day.tenant, (transaction, &loan), moment, &mut effects)?;
    effects.write_in(tx, day.tenant)
}

/// What is unpaid and not under way, in minor units; nothing when it can't be collected now.
fn left_to_collect_in(
    tx: &mut Tx,
    rails: &Rails,
    day: &DayContext,
    loan: &Loan,
) -> Result<i64, LendingError> {
    let Some(instrument) = loan.instrument.as_ref().filter(|_| loan.status.is_open()) else {
        return Ok(0);
    };
    if !is_usable_in(tx, rails, day.tenant, instrument)? {
        return Ok(0);
    }
    let Uncollected { unpaid, under_way } = ahead::uncollected_in(tx, day.tenant, loan, day.date)?;
    Ok(unpaid - under_way)
}
