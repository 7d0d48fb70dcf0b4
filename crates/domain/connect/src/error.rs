//! What can go wrong with linked accounts, told once.

use florin_crypto::SealError;
use florin_decisioning::BookError;
use florin_events::EventsError;
use florin_external_accounts::ExternalAccountsError;
use florin_ids::MemberId;
use florin_jobs::JobsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

use crate::microdeposit::MicrodepositRefusal;

/// One fault of one field of a request, in words for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name.
    pub field: String,
    /// What is wrong, as a sentence.
    pub message: String,
}

impl FieldFault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// One fault of one line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Why something did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The session's token is unknown or has expired.
    #[error("the session is unknown or has expired")]
    Unauthenticated,
    /// No such thing, or another's: the two are not told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request is understood and breaks a rule: every broken field is named.
    #[error("invalid request")]
    Invalid(Vec<FieldFault>),
    /// A file that was to be loaded is faulty: every faulty line that was found, up to a limit.
    #[error("the file has {} faults", .0.len())]
    BadFile(Vec<LineFault>),
    /// The state of the thing does not allow it now; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// The user has linked this institution already.
    #[error("a member already exists")]
    MemberExists(MemberId),
    /// The member's institution cannot do what is asked of it: `verification`, `identification`, `tax documents`.
    #[error("this connection doesn't support {0}")]
    NotEnabled(&'static str),
    /// No deposits are sent to an account; the refusal says why, and where that leaves the microdeposit.
    #[error("{}", .0.message)]
    Microdeposit(Box<MicrodepositRefusal>),
    /// The institution's aggregator does not answer, or is not set up here.
    #[error("{0}")]
    Unavailable(String),
    /// What is sealed could not be opened with the server's key ring.
    #[error("a sealed value could not be opened")]
    Seal(#[from] SealError),
    /// What was sealed is not what the code seals there.
    #[error("a sealed value cannot be read")]
    BadSeal,
    /// External accounts failed; what they refuse is a [`ConnectError::Conflict`] in their words.
    #[error("external accounts failed")]
    ExternalAccounts(#[source] ExternalAccountsError),
    /// The book of borrowers could not be read.
    #[error("the book of borrowers could not be read")]
    Book(#[source] BookError),
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

impl ConnectError {
    /// A single broken field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldFault::new(field, message)])
    }

    /// A state conflict.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::Conflict(detail.into())
    }
}

impl From<ExternalAccountsError> for ConnectError {
    fn from(error: ExternalAccountsError) -> Self {
        let told: Vec<&str> = error.rejections().iter().map(|it| it.message.as_str()).collect();
        if told.is_empty() { Self::ExternalAccounts(error) } else { Self::Conflict(told.join(" ")) }
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
