//! Lending's answers to the decision engine: what exists, and what became of past applications.

use std::collections::HashMap;

use florin_decisioning::expression::Inputs;
use florin_decisioning::{Book, BookError, PastApplication, PastLoan, Which};
use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId, TenantId};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::history::{self, repo as rows};
use super::{APPLICATION, repo};
use crate::loan::LoanStatus;
use crate::{LendingError, end_user, product};

/// Lending's applications and loans, as the decision engine asks for them.
#[derive(Debug, Clone, Copy)]
pub struct LendingBook;

impl Book for LendingBook {
    fn product_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        product: ProductId,
    ) -> Result<bool, BookError> {
        Ok(product::repo::get_for_share(tx, tenant, product)?.is_some())
    }

    fn application_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<bool, BookError> {
        Ok(repo::get(tx, tenant, application)?.is_some())
    }

    fn end_user_exists(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        end_user: EndUserId,
    ) -> Result<bool, BookError> {
        Ok(end_user::repo::exists(tx, tenant, end_user)?)
    }

    fn past_applications(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        which: &Which,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<PastApplication>, BookError> {
        let today = day::state_in(tx, tenant)?.business_date;
        let after = after.map_or(Uuid::nil(), ApplicationId::uuid);
        let (from, until) = span(which);
        let decided = rows::decided(tx, tenant, from, until, which.product, after, limit)?;
        let ids: Vec<Uuid> = decided.iter().filter_map(|row| row.loan).map(LoanId::uuid).collect();
        let loans = outcomes_in(tx, tenant, ids, today)?;
        let past = decided.into_iter().map(|row| PastApplication {
            id: row.id,
            end_user: row.end_user,
            is_approved: row.is_approved,
            loan: row.loan.and_then(|loan| loans.get(&loan).copied()),
        });
        Ok(past.collect())
    }

    fn known_inputs(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        application: ApplicationId,
    ) -> Result<Inputs, BookError> {
        let application = repo::get(tx, tenant, application)?;
        let application = application.ok_or(LendingError::NotFound(APPLICATION))?;
        let at = application.processed_at.unwrap_or(application.updated_at);
        Ok(history::known_on_in(tx, tenant, &application, history::day_of(at))?)
    }
}

/// What became of the loans of a list that were paid out.
fn outcomes_in(
    tx: &mut Tx,
    tenant: TenantId,
    ids: Vec<Uuid>,
    today: Date,
) -> Result<HashMap<LoanId, PastLoan>, LendingError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut worst: HashMap<LoanId, u32> = HashMap::new();
    for due in rows::dues(tx, tenant, ids.clone())? {
        if due.due_on < today {
            let days = worst.entry(due.loan).or_default();
            *days = (*days).max(history::days_overdue(&due, today));
        }
    }
    let loans = rows::loans(tx, tenant, ids)?.into_iter();
    let paid_out = loans.filter(|loan| loan.disbursed.minor() > 0);
    let outcomes = paid_out.map(|loan| {
        let outcome = PastLoan {
            amount: loan.disbursed,
            worst_arrears_days: worst.get(&loan.id).copied().unwrap_or(0),
            is_lost: loan.is_written_off || loan.status == LoanStatus::Default,
        };
        (loan.id, outcome)
    });
    Ok(outcomes.collect())
}

/// From the first moment of the first day (UTC) up to the first one after the last.
fn span(which: &Which) -> (Timestamp, Timestamp) {
    let start = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).ok();
    let from = which.from.and_then(start).unwrap_or(Timestamp::UNIX_EPOCH);
    let end = which.to.and_then(|to| start(to.saturating_add(1.day())));
    (from, end.unwrap_or(Timestamp::MAX))
}
