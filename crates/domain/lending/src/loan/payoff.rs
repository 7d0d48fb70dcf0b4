//! What would repay a loan on a day to come, if nothing happens until then; the days are gone through by the functions
//! of the business day itself.

use jiff::ToSpan;
use jiff::civil::Date;

use florin_ids::{LoanId, TenantId};
use florin_money::{Currency, MoneyError};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use super::servicing::{self, Obligations};
use super::{Loan, dues, fall_behind, get_in, product_in, repo};
use crate::day_end::ORDINAL;
use crate::postings::{Moment, Parts};
use crate::product::{FeeEvent, Product};
use crate::transaction::resolve::charge_fees;
use crate::transaction::{self, Effects, TransactionType};
use crate::{Lending, LendingError, statement};

/// How far ahead a payoff is worked out.
const YEARS_MAX: i16 = 100;

/// What repays a loan in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payoff {
    /// The loan.
    pub loan: LoanId,
    /// On which business date.
    pub date: Date,
    /// The currency of the amounts, which are in minor units.
    pub currency: Currency,
    /// What is owed then, by kind.
    pub owed: Parts,
    /// The sum of it.
    pub total: i64,
    /// Disbursements that wait for an answer today: when they are applied the payoff rises by them, by their
    /// interest and by their fees.
    pub pending_disbursements: i64,
    /// Repayments that lowered the balance and wait for the provider today: if they fail, they are owed again.
    pub pending_repayments: i64,
}

impl Lending {
    /// What repays a loan in full on `date`, from today on; today when absent. Nothing is taken to happen until then
    /// but time: interest, periods that end, statements, fees of arrears.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`] for a date in the past or further than a century away;
    /// [`LendingError::Conflict`] for a loan that is not open.
    pub async fn loan_payoff(
        &self,
        caller: &Caller,
        id: LoanId,
        date: Option<Date>,
    ) -> Result<Payoff, LendingError> {
        let caller = caller.clone();
        self.db.read(move |tx| payoff_in(tx, &caller, id, date)).await
    }
}

fn payoff_in(
    tx: &mut Tx,
    caller: &Caller,
    id: LoanId,
    date: Option<Date>,
) -> Result<Payoff, LendingError> {
    let tenant = caller.tenant;
    let loan = get_in(tx, tenant, id)?;
    let state = day::state_in(tx, tenant)?;
    let today = Moment { on: state.date_for(ORDINAL, id.uuid()), at: state.stamp(caller.now) };
    let date = check_date(date.unwrap_or(today.on), today.on)?;
    loan.check_open("a payoff")?;
    let (mut pending_disbursements, mut pending_repayments) = (0, 0);
    for pending in transaction::repo::pending_of(tx, tenant, id)? {
        if pending.kind == TransactionType::Disbursement {
            pending_disbursements += pending.amount.minor();
        } else if pending.is_collection() && pending.counts() {
            pending_repayments += pending.amount.minor();
        }
    }
    let owed = ahead_in(tx, tenant, loan.clone(), today, date)?.balances.owed();
    Ok(Payoff {
        loan: id,
        date,
        currency: loan.currency,
        owed,
        total: owed.total()?,
        pending_disbursements,
        pending_repayments,
    })
}

fn check_date(date: Date, today: Date) -> Result<Date, LendingError> {
    if date < today {
        let message = format!("Ensure this date is not before today, {today}.");
        return Err(LendingError::invalid("date", message));
    }
    let last = today.checked_add(YEARS_MAX.years()).unwrap_or(Date::MAX);
    if date > last {
        return Err(LendingError::invalid(
            "date",
            format!("Ensure this date is not after {last}."),
        ));
    }
    Ok(date)
}

/// The loan as it will be on `date`.
fn ahead_in(
    tx: &mut Tx,
    tenant: TenantId,
    loan: Loan,
    today: Moment,
    date: Date,
) -> Result<Loan, LendingError> {
    if date == today.on {
        return Ok(loan);
    }
    let product = product_in(tx, tenant, loan.product)?;
    let instalments =
        if loan.is_term() { repo::instalments(tx, tenant, loan.id)? } else { Vec::new() };
    let dues = dues::repo::unpaid(tx, tenant, vec![loan.id.uuid()])?.remove(&loan.id);
    let obligations = Obligations { instalments, dues: dues.unwrap_or_default() };
    Ahead::new(loan, obligations, &product, today)?.until(date)
}

/// A loan on its way through days on which nobody does anything.
struct Ahead<'a> {
    loan: Loan,
    obligations: Obligations,
    product: &'a Product,
    /// The day that it has come to.
    now: Moment,
}

impl<'a> Ahead<'a> {
    fn new(
        mut loan: Loan,
        mut obligations: Obligations,
        product: &'a Product,
        now: Moment,
    ) -> Result<Self, LendingError> {
        servicing::freshen(&mut loan, &mut obligations.instalments, product)?;
        Ok(Self { loan, obligations, product, now })
    }

    fn until(mut self, date: Date) -> Result<Loan, LendingError> {
        let mut day = self.now.on;
        while day < date {
            day = day.tomorrow().map_err(|_| MoneyError::OutOfRange)?;
            if self.is_eventful(day) {
                self.post_to(day)?;
                self.fall_due();
                self.close_statement()?;
                self.fall_behind()?;
            }
        }
        self.post_to(date)?;
        Ok(self.loan)
    }

    /// Whether more than interest happens on `day`.
    fn is_eventful(&self, day: Date) -> bool {
        let days = [self.loan.next_due_on, self.loan.next_statement_on];
        days.contains(&Some(day)) || self.loan.is_overdue(day)
    }

    /// Posts the interest of the nights up to `day`; the days' own postings add up to it.
    fn post_to(&mut self, day: Date) -> Result<(), MoneyError> {
        let interest = self.loan.interest_between(self.now.on, day)?;
        self.loan.take(Parts { interest: -interest, ..Parts::default() })?;
        self.now.on = day;
        Ok(())
    }

    fn fall_due(&mut self) {
        let today = self.now.on;
        if self.loan.next_due_on != Some(today) {
            return;
        }
        let Obligations { instalments, dues } = &mut self.obligations;
        let following = instalments.iter().map(|it| it.due_on).find(|due_on| *due_on > today);
        match instalments.iter().find(|it| it.due_on == today) {
            Some(instalment) => {
                servicing::fall_due(&mut self.loan, dues, instalment, following);
            }
            None => self.loan.next_due_on = dues.next_after(today),
        }
    }

    fn close_statement(&mut self) -> Result<(), MoneyError> {
        if self.loan.next_statement_on == Some(self.now.on) {
            statement::close(&mut self.loan, &mut self.obligations.dues, self.product, self.now)?;
        }
        Ok(())
    }

    fn fall_behind(&mut self) -> Result<(), LendingError> {
        if !self.loan.is_overdue(self.now.on) {
            return Ok(());
        }
        let overdue = self.obligations.dues.overdue(self.now.on);
        let mut unheard = Effects::default();
        if fall_behind(&mut self.loan, overdue, self.now, &mut unheard.events) {
            let event = FeeEvent::Arrears;
            charge_fees(&mut self.loan, self.product, event, self.now, &mut unheard)?;
        }
        Ok(())
    }
}
