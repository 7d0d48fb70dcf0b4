//! A session: what an end user's browser may do, and until when. Pure.

use florin_ids::{ConnectSessionId, ConnectUserId, MemberId, MicrodepositId, TenantId};
use florin_storage::words;
use jiff::{SignedDuration, Timestamp};

/// How long a session lasts, whatever is done in it.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_mins(60);

words! {
    /// What the end user is here for.
    pub enum Mode {
        /// To let accounts and transactions be read.
        Aggregation = "aggregation",
        /// To prove an account for payments.
        Verification = "verification",
    }
}

words! {
    /// What the partner wants of the linked accounts.
    pub enum Product {
        /// Account numbers, for payments.
        AccountVerification = "account_verification",
        /// The owners' names and addresses.
        IdentityVerification = "identity_verification",
        /// Accounts, balances, transactions.
        Transactions = "transactions",
        /// Statements.
        Statements = "statements",
    }
}

/// The partner's end user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerUser {
    /// The partner's own id, 1 to 128 characters; the same id is the same user.
    pub id: String,
    /// E-mail address, up to 254 characters; the last one told counts.
    pub email: Option<String>,
}

/// What a session is made from.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// For whom.
    pub user: PartnerUser,
    /// What for; aggregation unless said.
    pub mode: Option<Mode>,
    /// What is wanted; the mode's own unless said.
    pub products: Vec<Product>,
    /// The page that embeds Connect, as `https://app.example`; only it is answered and told.
    pub origin: Option<String>,
    /// Where the end user goes afterwards when there is no page around Connect.
    pub return_url: Option<String>,
    /// A language tag such as `en` or `en-GB`; `en` unless said.
    pub language: Option<String>,
    /// A microdeposit to go on with.
    pub current_microdeposit: Option<MicrodepositId>,
    /// A member to go on with.
    pub current_member: Option<MemberId>,
    /// An institution's code to begin with.
    pub institution_code: Option<String>,
    /// Whether accounts can be typed in by hand; yes unless said.
    pub enable_manual_accounts: Option<bool>,
    /// Whether accounts can be proven by small deposits; yes in verification unless said.
    pub enable_microdeposits: Option<bool>,
}

/// A visit of one end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// UUID v7.
    pub id: ConnectSessionId,
    /// Whose session it is; a token does not say.
    pub tenant: TenantId,
    /// For whom.
    pub user: ConnectUserId,
    /// What for.
    pub mode: Mode,
    /// What is wanted.
    pub products: Vec<Product>,
    /// See [`NewSession::origin`].
    pub origin: Option<String>,
    /// See [`NewSession::return_url`].
    pub return_url: Option<String>,
    /// A language tag.
    pub language: String,
    /// See [`NewSession::current_microdeposit`].
    pub current_microdeposit: Option<MicrodepositId>,
    /// See [`NewSession::current_member`].
    pub current_member: Option<MemberId>,
    /// See [`NewSession::institution_code`].
    pub institution_code: Option<String>,
    /// Whether accounts can be typed in by hand.
    pub enable_manual_accounts: bool,
    /// Whether accounts can be proven by small deposits.
    pub enable_microdeposits: bool,
    /// Real time.
    pub expires_at: Timestamp,
    /// Real time.
    pub created_at: Timestamp,
}

/// Whom a session's token stands for: every method that an end user's browser reaches is called with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Whose end user.
    pub tenant: TenantId,
    /// The session.
    pub session: ConnectSessionId,
    /// The end user; nobody else's things are reached.
    pub user: ConnectUserId,
    /// What for.
    pub mode: Mode,
    /// Real time.
    pub now: Timestamp,
}

impl Session {
    /// The visitor of this session.
    pub fn visitor(&self, now: Timestamp) -> Visitor {
        Visitor { tenant: self.tenant, session: self.id, user: self.user, mode: self.mode, now }
    }
}
