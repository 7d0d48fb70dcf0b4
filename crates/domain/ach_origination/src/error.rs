//! What can go wrong with ACH origination, told once.

use florin_ach::{Problem, WriteError};
use florin_crypto::SealError;
use florin_events::EventsError;
use florin_jobs::JobsError;
use florin_payments::PaymentsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

use crate::Cause;

/// One fault of one field of a request, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Why something did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AchError {
    /// No such thing, or another tenant's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request is understood and breaks a rule: every broken field is named.
    #[error("invalid request")]
    Invalid(Vec<FieldFault>),
    /// The folders, or the bank's server, cannot be used as they were named: every field in the way is named.
    #[error("files cannot be handed over as asked for")]
    Undeliverable(Vec<FieldFault>),
    /// The state of the thing does not allow it now; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// An incoming file cannot be read; nothing of it was taken in.
    #[error("the file cannot be read: {0}")]
    Unreadable(Problem),
    /// A file that we made breaks a rule of the network: a fault of ours.
    #[error("a file could not be written")]
    Unwritable(#[from] WriteError),
    /// More files or entries than the network's numbering allows in a day.
    #[error("the numbers of the day have run out")]
    NumbersRunOut,
    /// What is sealed could not be opened with the server's key ring.
    #[error("a sealed value could not be opened")]
    Seal(#[from] SealError),
    /// What was sealed, or stored, is not what the code puts there.
    #[error("a stored value cannot be read")]
    Stored,
    /// The keeper of accounts failed.
    #[error("the keeper of accounts failed")]
    Accounts(#[source] Cause),
    /// A file could not be handed over or picked up.
    #[error("a file could not be handed over or picked up")]
    Delivery(#[source] Cause),
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

impl From<AchError> for PaymentsError {
    fn from(error: AchError) -> Self {
        match error {
            AchError::Payments(error) => error,
            AchError::Storage(error) => Self::Storage(error),
            other => Self::Rail { rail: "ach", source: Box::new(other) },
        }
    }
}
