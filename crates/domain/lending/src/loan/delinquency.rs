//! Loans that are behind: the statuses that the business day and the lender set, and what is owed since when.

use jiff::civil::Date;

use florin_events::NewEvent;
use florin_ids::{LoanId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use super::dues::{self, Ageing};
use super::{Loan, LoanStatus, hold_in, product_in};
use crate::day_end::ORDINAL;
use crate::postings::Moment;
use crate::product::FeeEvent;
use crate::transaction::Effects;
use crate::transaction::correct::pay_with_kept_in;
use crate::transaction::resolve::{charge_fees, loan_event};
use crate::{Lending, LendingError};

/// How far behind a loan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrears {
    /// The due date of the oldest amount that is overdue.
    pub since: Date,
    /// Whole days since then.
    pub days_past_due: i32,
    /// What is overdue by age.
    pub ageing: Ageing,
}

impl Lending {
    /// How far behind each of `loans` is; nothing of those that are not.
    pub async fn arrears_of(
        &self,
        caller: &Caller,
        loans: Vec<Loan>,
    ) -> Result<Vec<(Loan, Option<Arrears>)>, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                let arrears = arrears_in(tx, tenant, &loans)?;
                Ok(loans.clone().into_iter().zip(arrears).collect())
            })
            .await
    }

    /// Sets an open loan to arrears, whatever is overdue, and charges the product's arrears fees.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is not open or in default.
    pub async fn make_arrears(&self, caller: &Caller, id: LoanId) -> Result<Loan, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| make_in(tx, &caller, id, LoanStatus::Arrears)).await
    }

    /// Sets an open loan to default and charges the product's default fees.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is not open.
    pub async fn make_default(&self, caller: &Caller, id: LoanId) -> Result<Loan, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| make_in(tx, &caller, id, LoanStatus::Default)).await
    }
}

fn arrears_in(
    tx: &mut Tx,
    tenant: TenantId,
    loans: &[Loan],
) -> Result<Vec<Option<Arrears>>, LendingError> {
    let behind: Vec<_> =
        loans.iter().filter(|it| it.unpaid_since.is_some()).map(|it| it.id.uuid()).collect();
    if behind.is_empty() {
        return Ok(loans.iter().map(|_| None).collect());
    }
    let day = day::state_in(tx, tenant)?;
    let dues = dues::repo::unpaid(tx, tenant, behind)?;
    let of = |loan: &Loan| {
        let today = day.date_for(ORDINAL, loan.id.uuid());
        let since = loan.unpaid_since.filter(|since| *since < today)?;
        let ageing = dues.get(&loan.id)?.ageing(today);
        Some(Arrears { since, days_past_due: loan.days_past_due(today), ageing })
    };
    Ok(loans.iter().map(of).collect())
}

fn make_in(
    tx: &mut Tx,
    caller: &Caller,
    id: LoanId,
    status: LoanStatus,
) -> Result<Loan, LendingError> {
    let (mut loan, moment) = hold_in(tx, caller, id)?;
    loan.check_open(if status == LoanStatus::Arrears { "arrears" } else { "a default" })?;
    if loan.status == status {
        return Ok(loan);
    }
    if loan.status == LoanStatus::Default {
        return Err(LendingError::conflict("The loan is in default."));
    }
    let mut effects = Effects::default();
    let overdue = dues::repo::unpaid(tx, caller.tenant, vec![id.uuid()])?
        .get(&id)
        .map_or(0, |dues| dues.overdue(moment.on));
    loan.status = status;
    let event = if status == LoanStatus::Arrears { FeeEvent::Arrears } else { FeeEvent::Default };
    let product = product_in(tx, caller.tenant, loan.product)?;
    let was_paid = loan.balances.owed().is_zero();
    charge_fees(&mut loan, &product, event, moment, &mut effects)?;
    if was_paid {
        pay_with_kept_in(tx, caller.tenant, &mut loan, moment, &mut effects)?;
    }
    if status == LoanStatus::Arrears {
        effects.events.push(loan_event("loan_is_arrears", &loan, overdue, moment));
    }
    effects.loans.push(loan.clone());
    effects.write_in(tx, caller.tenant)?;
    Ok(loan)
}

/// Moves a loan with something overdue on: late from the day after the due date, in arrears when it has been late
/// for longer than its tolerance. Answers whether it has just gone into arrears.
pub(crate) fn fall_behind(
    loan: &mut Loan,
    overdue: i64,
    moment: Moment,
    events: &mut Vec<NewEvent>,
) -> bool {
    if loan.status == LoanStatus::Active {
        loan.status = LoanStatus::Late;
        events.push(loan_event("loan_is_late", loan, overdue, moment));
    }
    if !loan.falls_behind(moment.on) {
        return false;
    }
    loan.status = LoanStatus::Arrears;
    events.push(loan_event("loan_is_arrears", loan, overdue, moment));
    true
}
