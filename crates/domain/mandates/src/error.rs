//! What can go wrong with mandates and the collections over them, told once.

use florin_crypto::SealError;
use florin_events::EventsError;
use florin_jobs::JobsError;
use florin_payments::PaymentsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

/// One fault of one field of a request, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Why something did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum MandatesError {
    /// No such thing, or another tenant's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request is understood and breaks a rule: every broken field is named.
    #[error("invalid request")]
    Invalid(Vec<FieldFault>),
    /// The state of the thing does not allow it now; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// The tenant has no active account at a direct-debit provider.
    #[error("no direct-debit account is set up")]
    NoAccount,
    /// The account is of the simulated provider, which does not run beside this server.
    #[error("the simulated direct-debit provider does not run here")]
    NoSimulator,
    /// The provider refused or did not answer.
    #[error("the direct-debit provider did not do what was asked")]
    Provider(#[from] florin_direct_debit::ApiError),
    /// What is sealed could not be opened with the server's key ring.
    #[error("a sealed value could not be opened")]
    Seal(#[from] SealError),
    /// What was sealed is not what the code seals there.
    #[error("a sealed value cannot be read")]
    BadSeal,
    /// A payment could not be told on.
    #[error("the payments refused")]
    Payments(#[from] PaymentsError),
    /// An event could not be written.
    #[error("an event could not be written")]
    Events(#[from] EventsError),
    /// Work for later could not be left behind.
    #[error("a job could not be written")]
    Jobs(#[from] JobsError),
    /// The tenant's business date could not be read.
    #[error("the tenant's business date could not be read")]
    Tenancy(#[from] TenancyError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

impl MandatesError {
    /// A single broken field.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(field, message)])
    }

    /// A state conflict.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Conflict(detail.into())
    }
}

/// The error and what lies behind it, on one line: what is kept of a failure for people.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
