//! Entries and their postings; pure.

use jiff::Timestamp;
use jiff::civil::Date;

use florin_ids::EntryId;
use florin_money::Currency;

use crate::{AccountKey, LedgerError};

/// One line of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: AccountKey,
    /// Minor units; a debit is positive, a credit negative.
    pub amount_minor: i64,
}

impl Posting {
    /// A debit of `amount_minor` (not negative).
    pub fn debit(account: AccountKey, amount_minor: i64) -> Self {
        Self { account, amount_minor }
    }

    /// A credit of `amount_minor` (not negative).
    pub fn credit(account: AccountKey, amount_minor: i64) -> Self {
        Self { account, amount_minor: -amount_minor }
    }

    pub(crate) fn mirrored(self) -> Result<Self, LedgerError> {
        let amount_minor = self.amount_minor.checked_neg().ok_or(LedgerError::Overflow)?;
        Ok(Self { amount_minor, ..self })
    }
}

/// Two or more postings of one currency that sum to zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id of the business act that it books.
    pub id: EntryId,
    /// What was done, e.g. `disbursement`.
    pub kind: &'static str,
    /// The currency of all its postings.
    pub currency: Currency,
    /// Whether it still has to be posted or voided.
    pub pending: bool,
    /// The business date.
    pub effective_on: Date,
    /// The time it was recorded.
    pub recorded_at: Timestamp,
    /// Its lines.
    pub postings: Vec<Posting>,
}

impl Entry {
    /// Whether it may be booked: two or more postings, summing to zero.
    pub fn check(&self) -> Result<(), LedgerError> {
        if self.postings.len() < 2 {
            return Err(LedgerError::TooFewPostings { entry: self.id });
        }
        let sum: i128 = self.postings.iter().map(|posting| i128::from(posting.amount_minor)).sum();
        if sum != 0 {
            return Err(LedgerError::Unbalanced { entry: self.id, sum });
        }
        Ok(())
    }
}
