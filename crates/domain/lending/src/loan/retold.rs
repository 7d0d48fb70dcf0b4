//! A loan beside its story told again: what a check of the books compares.

use jiff::civil::Date;

use florin_ids::LoanId;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use super::accrual::Accrued;
use super::dues::{self, Due, Dues};
use super::entity::Loan;
use super::servicing::{self, Obligations};
use super::{Instalment, get_in, product_in, repo};
use crate::day_end::ORDINAL;
use crate::postings::Parts;
use crate::transaction::correct;
use crate::{Lending, LendingError};

/// All of a loan that follows from what happened to it. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What is owed.
    pub owed: Parts,
    /// What has accrued in the running period up to today, exactly.
    pub accrued: Option<Accrued>,
    /// All that was ever disbursed.
    pub disbursed_minor: i64,
    /// The principal that should be owed by the schedule.
    pub planned_minor: i64,
    /// Whether the instalments to come keep their totals after an early repayment.
    pub keeps_totals: bool,
    /// When something falls due next.
    pub next_due_on: Option<Date>,
    /// The due date of the oldest unpaid amount.
    pub unpaid_since: Option<Date>,
    /// How many statements were made.
    pub statements: u32,
    /// When the next one is made.
    pub next_statement_on: Option<Date>,
    /// Whether the nights to come bear interest.
    pub is_interest_calculation_enabled: bool,
    /// The schedule, past and to come.
    pub instalments: Vec<Instalment>,
    /// What fell due and is unpaid, or was paid late.
    pub dues: Vec<Due>,
}

impl Standing {
    fn of(loan: &Loan, obligations: &Obligations) -> Self {
        let dues = obligations.dues.all().iter().filter(|due| due.is_unpaid_or_was_late());
        Self {
            owed: loan.balances.owed(),
            accrued: loan.accrued,
            disbursed_minor: loan.disbursed_minor,
            planned_minor: loan.planned_minor,
            keeps_totals: loan.keeps_totals,
            next_due_on: loan.next_due_on,
            unpaid_since: loan.unpaid_since,
            statements: loan.statements,
            next_statement_on: loan.next_statement_on,
            is_interest_calculation_enabled: loan.is_interest_calculation_enabled,
            instalments: obligations.instalments.clone(),
            dues: dues.copied().collect(),
        }
    }
}

/// A loan as it is booked, and as its story told again has it. The two are the same for an open loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retelling {
    /// As the database has it.
    pub booked: Standing,
    /// As it follows from the facts.
    pub told: Standing,
}

impl Lending {
    /// A loan beside its story told again up to its today.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn retold(&self, caller: &Caller, id: LoanId) -> Result<Retelling, LendingError> {
        let caller = caller.clone();
        self.db.read(move |tx| retold_in(tx, &caller, id)).await
    }
}

fn retold_in(tx: &mut Tx, caller: &Caller, id: LoanId) -> Result<Retelling, LendingError> {
    let tenant = caller.tenant;
    let mut loan = get_in(tx, tenant, id)?;
    let today = day::state_in(tx, tenant)?.date_for(ORDINAL, id.uuid());
    let product = product_in(tx, tenant, loan.product)?;
    let story = correct::story_in(tx, tenant, id)?;
    let told = correct::retell_in(tx, tenant, &loan, &story, today)?;
    let mut instalments = repo::instalments(tx, tenant, id)?;
    servicing::freshen(&mut loan, &mut instalments, &product)?;
    if loan.accrued.is_some() {
        loan.accrue_to(today)?;
    }
    let obligations =
        Obligations { instalments, dues: Dues::new(dues::repo::all(tx, tenant, id)?) };
    Ok(Retelling {
        booked: Standing::of(&loan, &obligations),
        told: Standing::of(&told.loan, &told.obligations),
    })
}
