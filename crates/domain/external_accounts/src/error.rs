//! What can go wrong with external accounts, told once.

use florin_crypto::SealError;
use florin_events::EventsError;
use florin_ledger::LedgerError;
use florin_money::MoneyError;
use florin_payments::PaymentsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

use crate::rejection::Rejection;

/// Why something did not happen. Nothing was written, but for a failed verification's count.
#[derive(Debug, thiserror::Error)]
pub enum ExternalAccountsError {
    /// The rules refuse it; every reason is named, with the document's code and text.
    #[error("refused: {}", in_words(.0))]
    Rejected(Vec<Rejection>),
    /// What is sealed could not be opened with the server's key ring.
    #[error("a sealed value could not be opened")]
    Seal(#[from] SealError),
    /// What was sealed is not what the code seals there.
    #[error("a sealed value cannot be read")]
    BadSeal,
    /// A payment could not be asked for or called off.
    #[error("the payments refused")]
    Payments(#[from] PaymentsError),
    /// The ledger refused an entry.
    #[error("the ledger refused an entry")]
    Ledger(#[from] LedgerError),
    /// An event could not be written.
    #[error("an event could not be written")]
    Events(#[from] EventsError),
    /// The tenant or its business date could not be read.
    #[error("the tenant's business date could not be read")]
    Tenancy(#[from] TenancyError),
    /// An amount out of range.
    #[error("an amount is out of range")]
    Money(#[from] MoneyError),
    /// A program's settings make no sense; the text says which.
    #[error("{0}")]
    BadSettings(String),
    /// A file of routing numbers cannot be read; the text says where.
    #[error("{0}")]
    BadDirectory(String),
    /// The database failed.
    #[error("the database failed")]
    Storage(#[from] StorageError),
}

impl ExternalAccountsError {
    /// The rejections, when it is one.
    pub fn rejections(&self) -> &[Rejection] {
        match self {
            Self::Rejected(rejections) => rejections,
            _ => &[],
        }
    }
}

impl From<Rejection> for ExternalAccountsError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(vec![rejection])
    }
}

impl From<Vec<Rejection>> for ExternalAccountsError {
    fn from(rejections: Vec<Rejection>) -> Self {
        Self::Rejected(rejections)
    }
}

fn in_words(rejections: &[Rejection]) -> String {
    rejections.iter().map(Rejection::to_string).collect::<Vec<_>>().join("; ")
}
