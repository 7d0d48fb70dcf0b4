//! What can go wrong in lending, told once; the API maps it to its own format.

use florin_decisioning::DecisioningError;
use florin_events::EventsError;
use florin_external_accounts::ExternalAccountsError;
use florin_jobs::JobsError;
use florin_ledger::LedgerError;
use florin_mandates::MandatesError;
use florin_money::MoneyError;
use florin_payments::PaymentsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

/// One fault of one field of a request, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The wire name of the field.
    pub field: &'static str,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl FieldError {
    /// A fault of `field`.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Why a lending operation did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LendingError {
    /// No such thing, or another tenant's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request is understood and breaks a rule: every broken field is named.
    #[error("invalid request")]
    Invalid(Vec<FieldError>),
    /// The state of the thing does not allow it now; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// An amount left the range of its type.
    #[error("amount out of range")]
    Money(#[from] MoneyError),
    /// The ledger refused the entry: a fault of ours, never of the caller.
    #[error("the ledger refused an entry")]
    Ledger(#[from] LedgerError),
    /// The event log refused an event: a fault of ours.
    #[error("the event log refused an event")]
    Events(#[from] EventsError),
    /// The decision engine could not decide: a fault of ours.
    #[error("the decision engine failed")]
    Decisioning(#[from] DecisioningError),
    /// Work for later could not be left behind: a fault of ours.
    #[error("a job could not be written")]
    Jobs(#[from] JobsError),
    /// A payment could not be asked for: a fault of ours.
    #[error("a payment could not be asked for")]
    Payments(#[from] PaymentsError),
    /// A mandate could not be read or changed: a fault of ours.
    #[error("a mandate could not be read or changed")]
    Mandates(#[source] MandatesError),
    /// An external account could not be read: a fault of ours.
    #[error("an external account could not be read")]
    ExternalAccounts(#[source] ExternalAccountsError),
    /// The tenant's business date could not be read.
    #[error("the tenant's business date could not be read")]
    Tenancy(#[from] TenancyError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

impl LendingError {
    /// A single broken field.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// A state conflict.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Conflict(detail.into())
    }
}

impl From<MandatesError> for LendingError {
    fn from(error: MandatesError) -> Self {
        match error {
            MandatesError::NotFound(what) => Self::NotFound(what),
            MandatesError::Conflict(why) => Self::Conflict(why),
            MandatesError::Storage(error) => Self::Storage(error),
            other => Self::Mandates(other),
        }
    }
}
