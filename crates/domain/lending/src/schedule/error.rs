//! Why no schedule can be made.

use florin_money::MoneyError;

use super::MAX_INSTALMENTS;

/// Why no schedule can be made from the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing, or less, is lent.
    #[error("the amount must be above 0")]
    PrincipalNotPositive,
    /// The number of instalments is out of range.
    #[error("there must be 1 to {MAX_INSTALMENTS} installments")]
    InstalmentCount,
    /// No month has such a day.
    #[error("the repayment day must be 1 to 31")]
    NoSuchDay,
    /// The first repayment must come after the money went out.
    #[error("the first repayment must come after the disbursement")]
    FirstRepaymentTooEarly,
    /// Every instalment is in grace.
    #[error("the grace installments leave none that is repaid")]
    GraceTooLong,
    /// No instalment is left to repay the principal.
    #[error("the principal repayment grace leaves no installment that repays the principal")]
    PrincipalGraceTooLong,
    /// The dates handed in are none, out of order, or not after the day that interest runs from.
    #[error("the due dates must ascend, after the disbursement")]
    DueDates,
    /// The last due date lies beyond the year 9999.
    #[error("the last repayment lies too far in the future")]
    DateOutOfRange,
    /// An amount leaves the range of minor units.
    #[error("the amounts are too large")]
    AmountOutOfRange,
}

impl ScheduleError {
    /// The wire name of the term at fault.
    pub const fn term(self) -> &'static str {
        match self {
            Self::PrincipalNotPositive | Self::AmountOutOfRange => "amount",
            Self::InstalmentCount => "installments",
            Self::NoSuchDay => "repayment_date_period",
            Self::FirstRepaymentTooEarly | Self::DueDates => "first_repayment_date",
            Self::GraceTooLong => "grace_instalments",
            Self::PrincipalGraceTooLong => "principal_repayment_grace",
            Self::DateOutOfRange => "disbursement_date",
        }
    }
}

/// Interest of checked terms can only fail by its size.
impl From<MoneyError> for ScheduleError {
    fn from(_: MoneyError) -> Self {
        Self::AmountOutOfRange
    }
}
