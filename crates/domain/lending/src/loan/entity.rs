//! What a loan is, and what may be done to it; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{ApplicationId, EndUserId, LoanId, ProductId};
use florin_ledger::{AccountNo, Balance};
use florin_money::{Currency, Money, MoneyError, Rate};

use super::accrual::{AccrualTerms, Accrued};
use crate::LendingError;
use crate::postings::{FEES_RECEIVABLE, INTEREST_RECEIVABLE, LOAN_PRINCIPAL, Parts};
use crate::words::words;

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
    /// The next instalment's due date.
    pub next_due_on: Option<Date>,
    /// Why it is closed, in words.
    pub close_reason: String,
    /// Why it is closed.
    pub close_substatus: Option<CloseSubstatus>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it owes.
    pub balances: Balances,
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

    /// What the instalment asks for when it falls due: the principal above what should be left after it (what was
    /// repaid early counts for the oldest instalments), and all interest and fees that are owed.
    pub fn due_parts(&self, principal_after_minor: i64) -> Parts {
        let owed = self.balances.owed();
        Parts { principal: (owed.principal - principal_after_minor).max(0), ..owed }
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

    /// Closes it; interest stops.
    pub fn close(&mut self, reason: &str, substatus: CloseSubstatus) {
        self.status = LoanStatus::Closed;
        self.close_reason = reason.to_owned();
        self.close_substatus = Some(substatus);
        self.next_due_on = None;
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
