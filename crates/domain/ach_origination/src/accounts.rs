//! The accounts that entries are for: what this crate asks of whoever keeps them.

use std::collections::BTreeMap;
use std::error::Error;

use florin_ach::{AccountType, Change, ReturnCode, RoutingNumber};
use florin_crypto::Secret;
use florin_ids::TenantId;
use florin_payments::{Direction, Moment, Payment, Purpose};
use florin_storage::Tx;

/// Whatever stops the keeper of accounts.
pub type Cause = Box<dyn Error + Send + Sync>;

/// What an entry says of an account.
#[derive(Debug, Clone)]
pub struct BankDetails {
    /// The receiving bank.
    pub routing: RoutingNumber,
    /// At most 17 characters; not shown by `Debug`.
    pub account: Secret,
    /// Checking or savings.
    pub kind: AccountType,
    /// The holder's name.
    pub name: String,
    /// Whether the holder is a company (CCD entries) rather than a person (PPD, WEB).
    pub is_company: bool,
}

/// What an account is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// To prove an account, which is not verified yet.
    Trial,
    /// To collect from it.
    Collect,
    /// To pay to it.
    Pay,
}

impl Use {
    /// What a payment uses its account for.
    pub const fn of(payment: &Payment) -> Self {
        match payment.purpose {
            Purpose::TrialDeposit | Purpose::TrialOffset => Self::Trial,
            _ => Self::to(payment.direction),
        }
    }

    /// What moving money this way uses an account for.
    pub const fn to(direction: Direction) -> Self {
        match direction {
            Direction::Collect => Self::Collect,
            Direction::Pay => Self::Pay,
        }
    }
}

/// An account's details, or why no entry can be made for it, as a sentence.
pub type Usable = Result<BankDetails, String>;

/// Keeps the accounts that entries are for. An account is named by the reference of the payment's instrument.
pub trait Accounts: Send + Sync {
    /// The details of accounts; those that are unknown are left out.
    ///
    /// # Errors
    /// Whatever stops the keeper.
    fn details_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        references: &[String],
        usage: Use,
    ) -> Result<BTreeMap<String, Usable>, Cause>;

    /// The receiving bank says what is right: the account is corrected before the next entry (NACHA Operating Rules,
    /// Article Two, "Notification of Change": within six banking days or before the next entry, whichever is later).
    ///
    /// # Errors
    /// Whatever stops the keeper.
    fn corrected_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        change: &Change,
    ) -> Result<(), Cause>;

    /// An entry has come back for good. Codes that say that the account is closed, not there or not to be debited
    /// stop it; those that say that its holder has not authorised the debit stop debits.
    ///
    /// # Errors
    /// Whatever stops the keeper.
    fn returned_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        code: ReturnCode,
    ) -> Result<(), Cause>;
}
