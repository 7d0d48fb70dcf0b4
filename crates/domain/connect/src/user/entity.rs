//! An end user who links institutions.

use florin_ids::{ConnectUserId, TenantId};
use jiff::Timestamp;

/// An end user, known by the partner's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectUser {
    /// UUID v7.
    pub id: ConnectUserId,
    /// Whose end user.
    pub tenant: TenantId,
    /// The partner's own id.
    pub partner_id: String,
    /// E-mail address, if the partner told one.
    pub email: Option<String>,
    /// The tenant's time.
    pub created_at: Timestamp,
    /// The tenant's time.
    pub updated_at: Timestamp,
}
