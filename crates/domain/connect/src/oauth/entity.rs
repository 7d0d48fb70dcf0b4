//! Ways through a bank's own consent page. Pure.

use florin_ids::{ConnectUserId, MemberId, OauthStateId, TenantId};
use jiff::Timestamp;

use crate::codes::codes;

codes! {
    /// Where a way through a bank's consent page stands.
    pub enum AuthStatus {
        /// Not known.
        Unknown = 0 "UNKNOWN",
        /// The end user may be on the bank's page.
        Pending = 1 "PENDING",
        /// The bank has agreed.
        Success = 2 "SUCCESS",
        /// It came to nothing.
        Errored = 3 "ERRORED",
    }
}

codes! {
    /// Why nothing came of it.
    pub enum OauthErrorReason {
        /// Not known.
        Unknown = 0 "UNKNOWN",
        /// The end user went away.
        Cancelled = 1 "CANCELLED",
        /// The end user or the bank refused.
        Denied = 2 "DENIED",
        /// The bank wants something of the end user first.
        Impeded = 3 "IMPEDED",
        /// The bank failed.
        Provider = 4 "PROVIDER",
        /// We failed.
        Server = 5 "SERVER",
        /// It took too long.
        Session = 6 "SESSION",
    }
}

/// A way through a bank's consent page. On the wire its id has the prefix `OAS-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthState {
    /// UUID v7.
    pub id: OauthStateId,
    /// Whose.
    pub tenant: TenantId,
    /// Whose member.
    pub user: ConnectUserId,
    /// The member that it began with.
    pub outbound_member: MemberId,
    /// The member that is linked; set by success.
    pub inbound_member: Option<MemberId>,
    /// Where it stands.
    pub auth_status: AuthStatus,
    /// Why nothing came of it.
    pub error_reason: Option<OauthErrorReason>,
    /// Where the end user goes: absolute at a provider, a path (`/connect/bank/...`) at the simulated bank.
    pub url: String,
    /// When it was first asked for by the end user's browser.
    pub first_retrieved_at: Option<Timestamp>,
    /// Real time; an answer after it is too late.
    pub expires_at: Timestamp,
    /// Real time.
    pub created_at: Timestamp,
    /// Real time.
    pub updated_at: Timestamp,
}

/// What came back from a bank's consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OauthAnswer {
    /// The simulated bank's customer agrees: the user name that they signed in with says how the bank behaves.
    Granted {
        /// As for the simulated banks with credentials; `demo` succeeds.
        user: String,
    },
    /// The simulated bank's page was left in another way.
    Failed(OauthErrorReason),
    /// A provider sent the end user back with these query parameters.
    Returned {
        /// Decoded.
        parameters: Vec<(String, String)>,
    },
}
