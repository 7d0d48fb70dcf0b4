//! What a loan is, and what may be done to it; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId};
use florin_ledger::{AccountNo, Balance};
use florin_money::{Currency, Money, MoneyError, Rate};
use florin_payments::Instrument;

use super::accrual::{AccrualTerms, Accrued};
use crate::LendingError;
use crate::postings::{FEES_RECEIVABLE, INTEREST_RECEIVABLE, LOAN_PRINCIPAL, Parts};
use crate::schedule::Instalment;
use florin_storage::words;

words! {
    /// The statuses of a loan account.
    pub enum LoanStatus {
        /// Nothing has been disbursed.
        Inactive = "inactive",
        /// Disbursed and paid as agreed.
        Active = "active",
        /// A due amount is unpaid.
        Late = "late",
        /// Late for longer than the arrears tolerance.
        Arrears = "arrears",
        /// Given up on by the lender.
        Default = "default",
        /// Paid in full or written off.
        Closed = "closed",
        /// Cancelled before anything was disbursed.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why a loan is closed.
    pub enum CloseSubstatus {
        /// Nothing is owed any more.
        PaidInFull = "paid_in_full",
        /// What is owed is a loss.
        WrittenOff = "written_off",
    }
}

impl LoanStatus {
    /// Whether money is owed or can be: interest accrues, repayments are taken.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Late | Self::Arrears | Self::Default)
    }
}

/// What a loan owes by kind, from the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balances {
    /// The principal's account.
    pub principal: Balance,
    /// The interest's account.
    pub interest: Balance,
    /// The fees' account.
    pub fee: Balance,
}

impl Balances {
    /// Picks a loan's accounts from a batch of balances.
    pub fn of(loan: LoanId, balances: &BTreeMap<(Uuid, AccountNo), Balance>) -> Self {
        let on = |no| balances.get(&(loan.uuid(), no)).copied().unwrap_or_default();
        Self {
            principal: on(LOAN_PRINCIPAL.no),
            interest: on(INTEREST_RECEIVABLE.no),
            fee: on(FEES_RECEIVABLE.no),
        }
    }

    /// What is owed, by kind.
    pub fn owed(&self) -> Parts {
        Parts {
            principal: self.principal.posted,
            interest: self.interest.posted,
            fee: self.fee.posted,
        }
    }
}

impl Parts {
    /// The sum of the parts.
    pub fn total(&self) -> Result<i64, MoneyError> {
        self.principal
            .checked_add(self.interest)
            .and_then(|sum| sum.checked_add(self.fee))
            .ok_or(MoneyError::OutOfRange)
    }

    /// Splits a repayment over what is owed: fees first, then interest, then principal.
    pub fn allocate(owed: Parts, amount: i64) -> Parts {
        let fee = amount.min(owed.fee);
        let interest = (amount - fee).min(owed.interest);
        let principal = (amount - fee - interest).min(owed.principal);
        Parts { principal, interest, fee }
    }

    /// Whether nothing is left.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// A loan account.
#[derive(Debug, Clone)]
pub struct Loan {
    /// Its id.
    pub id: LoanId,
    /// The application it was made for.
    pub application: ApplicationId,
    /// The borrower.
    pub end_user: EndUserId,
    /// The product.
    pub product: ProductId,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// The credit limit.
    pub amount: Money,
    /// A year's interest in percent.
    pub rate: Rate,
    /// The number of instalments; `None` for revolving products.
    pub installments: Option<u32>,
    /// Instalments without repayment.
    pub grace_instalments: u32,
    /// Instalments without principal.
    pub principal_repayment_grace: u32,
    /// Days from the due date to arrears.
    pub arrears_tolerance: u32,
    /// Its status.
    pub status: LoanStatus,
    /// How its interest is counted.
    pub terms: AccrualTerms,
    /// Whether interest is calculated.
    pub is_interest_calculation_enabled: bool,
    /// What has accrued in the running period; `None` before the first disbursement.
    pub accrued: Option<Accrued>,
    /// All that was ever disbursed, in minor units.
    pub disbursed_minor: i64,
    /// When something falls due next: an instalment, or the minimum repayment of the last statement.
    pub next_due_on: Option<Date>,
    /// The principal that the schedule leaves owed today, in minor units (term loans).
    pub planned_minor: i64,
    /// Principal repaid early that the stored schedule does not show yet, in minor units.
    pub early_minor: i64,
    /// Whether an early repayment came off the last instalments, so that those left keep their totals.
    pub keeps_totals: bool,
    /// The due date of the oldest amount that is asked for and not paid; it may lie ahead (statements).
    pub unpaid_since: Option<Date>,
    /// How many monthly statements have been closed.
    pub statements: u32,
    /// The balance of the last statement, in minor units.
    pub statement_closing_minor: i64,
    /// The day of the last statement; that of the first disbursement before there is one (revolving credit).
    pub statement_on: Option<Date>,
    /// When the next statement is made (revolving credit, once disbursed).
    pub next_statement_on: Option<Date>,
    /// What its repayments are collected with; `None` where the tenant's own setting holds.
    pub instrument: Option<Instrument>,
    /// The last due date that a collection over the instrument was asked for; `None` when none was, or when it was
    /// called off.
    pub collected_for: Option<Date>,
    /// Why it is closed, in words.
    pub close_reason: String,
    /// Why it is closed.
    pub close_substatus: Option<CloseSubstatus>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it owes.
    pub balances: Balances,
    /// Its status and its oldest unpaid due date as the database has them.
    pub(crate) stored: (LoanStatus, Option<Date>),
}

impl Loan {
    /// Whether it is repaid by a schedule of instalments.
    pub fn is_term(&self) -> bool {
        self.installments.is_some()
    }

    /// An amount in the loan's currency.
    pub fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency)
    }

    /// What can still be disbursed, pending disbursements taken off: the limit less the debt or, for a term
    /// loan, which does not renew, less all that was ever disbursed.
    pub fn available_minor(&self) -> i64 {
        let used =
            if self.is_term() { self.disbursed_minor } else { self.balances.principal.posted };
        self.amount
            .minor()
            .saturating_sub(used)
            .saturating_sub(self.balances.principal.pending_debit)
    }

    /// The principal that bears interest.
    fn bearing_minor(&self) -> i64 {
        if self.is_interest_calculation_enabled { self.balances.principal.posted } else { 0 }
    }

    /// The interest that the day ending on `date` adds, in minor units.
    pub fn interest_of_day(&self, date: Date) -> Result<i64, MoneyError> {
        match self.accrued {
            Some(accrued) if self.status.is_open() => {
                self.terms.interest_of_day(accrued, self.bearing_minor(), date)
            }
            _ => Ok(0),
        }
    }

    /// The interest that the nights from `from` to `to` add if nothing changes between, in minor units: what the
    /// days post one by one.
    pub fn interest_between(&self, from: Date, to: Date) -> Result<i64, MoneyError> {
        let Some(accrued) = self.accrued.filter(|_| self.status.is_open()) else { return Ok(0) };
        let by = |date| {
            let numerator = self.terms.numerator_on(accrued, self.bearing_minor(), date)?;
            self.terms.rounded(numerator)
        };
        by(to)?.checked_sub(by(from)?).ok_or(MoneyError::OutOfRange)
    }

    /// Fixes what has accrued up to `date`; to be called before anything that interest depends on changes.
    pub fn accrue_to(&mut self, date: Date) -> Result<(), MoneyError> {
        let base = match self.accrued {
            Some(accrued) => self.terms.numerator_on(accrued, self.bearing_minor(), date)?,
            None => 0,
        };
        self.accrued = Some(Accrued { from: date, base });
        Ok(())
    }

    /// Ends the period on its due date: the fraction of a cent left over is dropped.
    pub fn end_period(&mut self, date: Date) {
        self.accrued = Some(Accrued { from: date, base: 0 });
    }

    /// What `instalment` asks for when it falls due: the principal above what should be left after it, and all
    /// interest and fees that are owed; nothing in the grace at the loan's beginning.
    ///
    /// Once an early repayment came off the last instalments, the others keep their totals: what the smaller debt
    /// saves in interest repays principal.
    pub fn due_parts(&self, instalment: &Instalment) -> Parts {
        if self.is_in_grace(instalment) {
            return Parts::default();
        }
        let owed = self.balances.owed();
        let mut principal = (owed.principal - instalment.principal_after_minor).max(0);
        if self.keeps_totals && instalment.principal_minor > 0 {
            let kept = instalment.principal_minor.saturating_add(instalment.interest_minor);
            principal = principal.max(kept - owed.interest).min(owed.principal);
        }
        Parts { principal, ..owed }
    }

    /// What `instalment` will ask for on its day if nothing happens until then.
    pub fn expected_on(&self, instalment: &Instalment, today: Date) -> Result<Parts, MoneyError> {
        let mut then = self.clone();
        let interest = self.interest_between(today, instalment.due_on)?;
        let posted = &mut then.balances.interest.posted;
        *posted = posted.checked_add(interest).ok_or(MoneyError::OutOfRange)?;
        Ok(then.due_parts(instalment))
    }

    /// Whether `instalment` is one of those at the beginning in which nothing is due.
    pub fn is_in_grace(&self, instalment: &Instalment) -> bool {
        instalment.number <= self.grace_instalments
    }

    /// Refuses unless money is owed or can be.
    pub fn check_open(&self, what: &str) -> Result<(), LendingError> {
        if self.status.is_open() {
            return Ok(());
        }
        Err(LendingError::conflict(format!(
            "The loan is {}: {what} is possible only on a disbursed, open loan.",
            self.status
        )))
    }

    /// Whether nothing is owed any more and no disbursement waits. Only a term loan ends by itself.
    pub fn is_paid(&self) -> bool {
        self.is_term()
            && self.status.is_open()
            && self.balances.owed().is_zero()
            && self.balances.principal.pending() == 0
    }

    /// The statement period that what is booked now belongs to, counted from 1; `None` without statements.
    pub fn period(&self) -> Option<u32> {
        self.next_statement_on.map(|_| self.statements.saturating_add(1))
    }

    /// The first day of the running statement period: the day after the last statement, or that of the first
    /// disbursement.
    pub fn period_from(&self, today: Date) -> Date {
        let from = self.statement_on.unwrap_or(today);
        if self.statements == 0 { from } else { from.tomorrow().unwrap_or(from) }
    }

    /// Whether something that fell due before `today` is unpaid.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.unpaid_since.is_some_and(|since| since < today)
    }

    /// Whole days from the oldest unpaid due date to `today`; 0 when nothing is overdue.
    pub fn days_past_due(&self, today: Date) -> i32 {
        let days = self.unpaid_since.and_then(|since| today.since(since).ok());
        days.map_or(0, |span| span.get_days().max(0))
    }

    /// Whether it becomes late on `today`, the day after the due date or later, or has been late for longer than
    /// its tolerance.
    pub fn falls_behind(&self, today: Date) -> bool {
        if !self.is_overdue(today) {
            return false;
        }
        let days_late = i64::from(self.days_past_due(today)) - 1;
        match self.status {
            LoanStatus::Active => true,
            LoanStatus::Late => days_late >= i64::from(self.arrears_tolerance),
            _ => false,
        }
    }

    /// Back to active when what was overdue is paid.
    pub fn cure(&mut self, today: Date) {
        let is_delinquent =
            matches!(self.status, LoanStatus::Late | LoanStatus::Arrears | LoanStatus::Default);
        if is_delinquent && !self.is_overdue(today) {
            self.status = LoanStatus::Active;
        }
    }

    /// Takes `parts` off what is owed; negative ones are added to it.
    pub(crate) fn take(&mut self, parts: Parts) -> Result<(), MoneyError> {
        let balances = &mut self.balances;
        for (balance, part) in [
            (&mut balances.principal, parts.principal),
            (&mut balances.interest, parts.interest),
            (&mut balances.fee, parts.fee),
        ] {
            balance.posted = balance.posted.checked_sub(part).ok_or(MoneyError::OutOfRange)?;
        }
        Ok(())
    }

    /// Whether something changed that lists of loans are found by.
    pub(crate) fn moves_in_lists(&self) -> bool {
        self.stored != (self.status, self.unpaid_since)
    }

    /// Whether something in which the loan's own row differs from `other`'s changed with a posting.
    pub(crate) fn own_row_differs(&self, other: &Self) -> bool {
        let changes = |loan: &Self| {
            (
                loan.accrued,
                loan.status,
                loan.planned_minor,
                loan.early_minor,
                loan.keeps_totals,
                loan.unpaid_since,
                loan.next_due_on,
            )
        };
        changes(self) != changes(other)
    }

    /// A loan that was closed because it was paid is open again: money has come back.
    pub(crate) fn reopen(&mut self) {
        if self.status == LoanStatus::Closed {
            self.status = LoanStatus::Active;
            self.close_reason = String::new();
            self.close_substatus = None;
        }
    }

    /// Closes it; interest stops.
    pub fn close(&mut self, reason: &str, substatus: CloseSubstatus) {
        self.status = LoanStatus::Closed;
        self.close_reason = reason.to_owned();
        self.close_substatus = Some(substatus);
        self.next_due_on = None;
        self.unpaid_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repayments_pay_fees_then_interest_then_principal() {
        let owed = Parts { principal: 1_000, interest: 50, fee: 20 };
        let check = |amount, principal, interest, fee| {
            assert_eq!(
                Parts::allocate(owed, amount),
                Parts { principal, interest, fee },
                "{amount}"
            );
        };
        check(0, 0, 0, 0);
        check(15, 0, 0, 15);
        check(20, 0, 0, 20);
        check(60, 0, 40, 20);
        check(70, 0, 50, 20);
        check(71, 1, 50, 20);
        check(1_070, 1_000, 50, 20);
    }
}
