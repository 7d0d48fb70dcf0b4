use florin_ids::{ApiKeyId, TenantId};
use florin_storage::StorageError;
use jiff::civil::Date;

use crate::day::StepError;

/// Why an operation on tenants or keys was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    /// The database refused or failed.
    #[error("the tenancy tables could not be read or written")]
    Storage(#[from] StorageError),
    /// No tenant has this id.
    #[error("there is no tenant {0}")]
    UnknownTenant(TenantId),
    /// This tenant has no key with this id.
    #[error("the tenant has no key {0}")]
    UnknownKey(ApiKeyId),
    /// A tenant's name is 1 to 200 characters.
    #[error("the name must have 1 to 200 characters")]
    BadName,
    /// Not a name of the IANA time zone database.
    #[error("{0:?} is not a time zone; give an IANA name such as Europe/London")]
    BadTimeZone(String),
    /// Not an address or network in CIDR notation.
    #[error("{0:?} is not an IP address or network such as 192.0.2.0/24")]
    BadNetwork(String),
    /// A scope is a word without spaces.
    #[error("{0:?} is not a scope; a scope is one word of at most 64 characters")]
    BadScope(String),
    /// See [`crate::key::KEYS_MAX`].
    #[error("the tenant has too many keys; revoke one first")]
    TooManyKeys,
    /// Not one of the four surfaces.
    #[error("{0:?} is not a surface; one of lending, external_accounts, savings, connect")]
    BadSurface(String),
    /// Not a way of collecting.
    #[error("{0:?} is not a way of collecting; one of simulated, manual")]
    BadCollections(String),
    /// A simulated clock only moves forward.
    #[error("the clock was sent to {target} already and cannot go back to {asked}")]
    ClockBackwards {
        /// Where the clock is or is going.
        target: Date,
        /// The earlier date that was asked for.
        asked: Date,
    },
    /// A step of the business day failed; the day stays where it was.
    #[error("the business day could not be run")]
    Step(#[source] StepError),
    /// The calendar ends in the year 9999.
    #[error("the date is beyond the calendar")]
    DateOutOfRange,
}
