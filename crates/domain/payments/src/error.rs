use florin_storage::StorageError;

/// Why a payment could not be made, changed or told on.
#[derive(Debug, thiserror::Error)]
pub enum PaymentsError {
    /// The database refused or failed.
    #[error("the payments could not be read or written")]
    Storage(#[from] StorageError),
    /// The business day could not be read.
    #[error("the business day could not be read")]
    Tenancy(#[from] florin_tenancy::TenancyError),
    /// Work could not be left behind.
    #[error("the work of a payment could not be queued")]
    Jobs(#[from] florin_jobs::JobsError),
    /// An event could not be written.
    #[error("an event could not be written")]
    Events(#[from] florin_events::EventsError),
    /// The ledger refused an entry.
    #[error("the ledger refused an entry of a payment")]
    Ledger(#[from] florin_ledger::LedgerError),
    /// An amount out of range.
    #[error("an amount of a payment is out of range")]
    Money(#[from] florin_money::MoneyError),
    /// There is no such payment.
    #[error("there is no such payment")]
    Unknown,
    /// No rail of this kind runs here.
    #[error("payments over the rail \"{0}\" are not set up")]
    NoRail(&'static str),
    /// The instrument is unknown, closed or not yet usable; the text says which.
    #[error("{0}")]
    Unusable(String),
    /// What is asked for does not fit the payment's state; the text says why.
    #[error("{0}")]
    Conflict(String),
    /// The domain that owns the payment failed to take the change.
    #[error("the owner \"{owner}\" could not take a change of its payment")]
    Owner {
        /// The owner's kind.
        owner: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The rail's own tables or formats failed.
    #[error("the rail \"{rail}\" failed")]
    Rail {
        /// The rail.
        rail: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
