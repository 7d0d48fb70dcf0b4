//! What can go wrong in decisioning, told once; the API maps it to its own format.

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

/// What the book of applications and loans answers when it fails.
pub type BookError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a decisioning operation did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DecisioningError {
    /// No such thing, or another tenant's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request is understood and breaks a rule: every broken field is named.
    #[error("invalid request")]
    Invalid(Vec<FieldError>),
    /// The state of the thing does not allow it now; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// A scorecard in the database does not compile: a fault of ours, never of the caller.
    #[error("scorecard {card} does not compile: {reason}")]
    Uncompilable {
        /// The scorecard.
        card: uuid::Uuid,
        /// What the compiler says.
        reason: String,
    },
    /// The book of applications and loans could not be read.
    #[error("the book of applications could not be read")]
    Book(#[source] BookError),
    /// The tenant's business date could not be read.
    #[error("the tenant's business date could not be read")]
    Tenancy(#[from] TenancyError),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

impl DecisioningError {
    /// A state conflict.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Conflict(detail.into())
    }

    /// A value that must be unique was taken by another request in the meantime: the fault of the field. Other
    /// errors stay as they are.
    pub(crate) fn taken(error: StorageError, field: &'static str, message: &str) -> Self {
        if error.is_unique_violation() {
            Self::Invalid(vec![FieldError::new(field, message)])
        } else {
            Self::Storage(error)
        }
    }
}
