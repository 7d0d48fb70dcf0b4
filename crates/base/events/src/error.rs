use florin_crypto::SealError;
use florin_jobs::JobsError;
use florin_storage::StorageError;
use florin_tenancy::TenancyError;

/// Why an event or a webhook could not be written, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The database refused or failed.
    #[error("the event tables could not be read or written")]
    Storage(#[from] StorageError),
    /// The delivery jobs could not be written.
    #[error("the deliveries could not be queued")]
    Jobs(#[from] JobsError),
    /// The tenant's clock could not be read.
    #[error("the tenant could not be read")]
    Tenancy(#[from] TenancyError),
    /// A webhook secret could not be opened with the server's key ring.
    #[error("the webhook's secret could not be opened")]
    Seal(#[from] SealError),
    /// A webhook secret is sealed and the server has no key ring.
    #[error("the webhook's secret is sealed and the server has no key ring")]
    NoKeyRing,
    /// A stored webhook secret is not one.
    #[error("the webhook's secret cannot be used")]
    BadSecret,
    /// The client for outgoing requests could not be made.
    #[error("the client for webhooks could not be made")]
    Client(#[source] reqwest::Error),
    /// The URL cannot be delivered to.
    #[error("{0}")]
    BadUrl(&'static str),
    /// Not a kind of [`crate::kinds::ALL`], nor `*`.
    #[error("there is no event {0:?}")]
    UnknownKind(String),
    /// An endpoint listens to at least one kind.
    #[error("the endpoint listens to no event")]
    NoKinds,
    /// See [`crate::webhook::ENDPOINTS_MAX`].
    #[error("the tenant has too many webhook endpoints; delete one first")]
    TooManyEndpoints,
    /// This tenant has no endpoint with this id.
    #[error("there is no such webhook endpoint")]
    UnknownEndpoint,
    /// This endpoint has no delivery with this id.
    #[error("there is no such delivery")]
    UnknownDelivery,
}
