//! What can go wrong in savings, told once; the API maps it to its own format.

use florin_events::EventsError;
use florin_external_accounts::ExternalAccountsError;
use florin_ledger::LedgerError;
use florin_money::MoneyError;
use florin_payments::PaymentsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

use crate::gift::GiverBanksError;

/// Why something of savings did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SavingsError {
    /// No such thing, or another tenant's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request says something that cannot be; every fault in words for the caller.
    #[error("invalid request")]
    Invalid(Vec<String>),
    /// The request is sound, and still it cannot be done; the reasons in words for the caller.
    #[error("it cannot be done")]
    Impossible(Vec<String>),
    /// An amount left the range of its type.
    #[error("amount out of range")]
    Money(#[from] MoneyError),
    /// The ledger refused an entry: a fault of ours.
    #[error("the ledger refused an entry")]
    Ledger(#[from] LedgerError),
    /// The event log refused an event: a fault of ours.
    #[error("the event log refused an event")]
    Events(#[from] EventsError),
    /// A payment could not be asked for: a fault of ours.
    #[error("a payment could not be asked for")]
    Payments(#[from] PaymentsError),
    /// An external account could not be dealt with: a fault of ours.
    #[error("an external account could not be dealt with")]
    Accounts(#[from] ExternalAccountsError),
    /// Accounts that givers have linked could not be dealt with: a fault of ours.
    #[error("linked accounts could not be dealt with")]
    Banks(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The tenant's business date could not be read.
    #[error("the tenant's business date could not be read")]
    Tenancy(#[from] TenancyError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

impl From<GiverBanksError> for SavingsError {
    fn from(error: GiverBanksError) -> Self {
        match error {
            GiverBanksError::Refused(why) => Self::impossible(why),
            GiverBanksError::Failed(error) => Self::Banks(error),
        }
    }
}

impl SavingsError {
    /// One reason why it cannot be done.
    pub fn impossible(why: impl Into<String>) -> Self {
        Self::Impossible(vec![why.into()])
    }
}
