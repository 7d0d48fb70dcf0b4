//! The simulated provider's answers: repayments under way end, applied or failed.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use florin_ids::LoanId;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step};

use super::penniless;
use crate::LendingError;
use crate::loan::{self, Loan};
use crate::postings::Moment;
use crate::transaction::{self, Effects, resolve};

/// How many repayments one transaction of the database ends.
const CHUNK: usize = 2_000;

/// Ends the repayments that the provider has answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct CollectionsDay;

impl Step for CollectionsDay {
    const NAME: &'static str = "collections";
    /// Behind the loans' own.
    const ORDINAL: i64 = 11;
    type Error = LendingError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        _after: Option<Uuid>,
    ) -> Result<Option<Uuid>, LendingError> {
        run_chunk(tx, day)
    }
}

/// What is answered leaves the list, so that each chunk begins with the oldest answer that is left.
fn run_chunk(tx: &mut Tx, day: &DayContext) -> Result<Option<Uuid>, LendingError> {
    let tenant = day.tenant;
    let mut answered = transaction::repo::answered_by(tx, tenant, day.date, CHUNK)?;
    let found = answered.len();
    // One answer a loan at a time: the next one must see what the one before it has written.
    let mut seen = HashSet::new();
    answered.truncate(answered.iter().take_while(|it| seen.insert(it.loan)).count());
    let Some(last) = answered.last().map(|it| it.id.uuid()) else { return Ok(None) };
    let more = (found == CHUNK || answered.len() < found).then_some(last);
    let ids = answered.iter().map(|it| it.loan.uuid()).collect();
    let mut loans: BTreeMap<LoanId, Loan> =
        loan::repo::lock_many(tx, tenant, ids)?.into_iter().map(|loan| (loan.id, loan)).collect();
    let penniless = penniless(tx, tenant, loans.values().map(|loan| loan.end_user))?;
    let moment = Moment { on: day.date, at: day.stamp };
    let mut effects = Effects::default();
    for repayment in answered {
        let loan = loans.get_mut(&repayment.loan).ok_or(LendingError::NotFound("loan"))?;
        if penniless.contains(&loan.end_user) {
            let reason = "insufficient_funds";
            resolve::fail_in(tx, tenant, loan, repayment, reason, moment, &mut effects)?;
        } else {
            resolve::apply(tx, tenant, loan, repayment, moment, &mut effects)?;
        }
    }
    effects.loans = loans.into_values().collect();
    effects.write_in(tx, tenant)?;
    Ok(more)
}
