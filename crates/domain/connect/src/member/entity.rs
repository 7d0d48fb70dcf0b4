//! Members: an end user's link to an institution. Pure.

use florin_ids::{ConnectJobId, ConnectUserId, InstitutionId, MemberId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codes::codes;
use crate::institution::FieldType;

codes! {
    /// Where a member stands.
    pub enum ConnectionStatus {
        /// New; nothing was tried yet.
        Created = 0 "CREATED",
        /// Denied three times in a row: new credentials are needed before anything is tried.
        Prevented = 1 "PREVENTED",
        /// The bank did not take the credentials.
        Denied = 2 "DENIED",
        /// The bank asks something.
        Challenged = 3 "CHALLENGED",
        /// The bank did not take the answer.
        Rejected = 4 "REJECTED",
        /// The bank has locked the account.
        Locked = 5 "LOCKED",
        /// Linked.
        Connected = 6 "CONNECTED",
        /// The bank wants something of its customer first.
        Impeded = 7 "IMPEDED",
        /// Was linked before, and is being linked anew.
        Reconnected = 8 "RECONNECTED",
        /// Was linked; three refreshes in a row have failed, and none has succeeded for three days.
        Degraded = 9 "DEGRADED",
        /// Was linked; no refresh has succeeded for three weeks.
        Disconnected = 10 "DISCONNECTED",
        /// The institution is no longer there.
        Discontinued = 11 "DISCONTINUED",
        /// The customer has left the bank.
        Closed = 12 "CLOSED",
        /// It takes longer than one waits.
        Delayed = 13 "DELAYED",
        /// Something failed that is not the end user's fault.
        Failed = 14 "FAILED",
        /// New credentials that were not tried yet.
        Updated = 15 "UPDATED",
        /// The partner does not want it linked.
        Disabled = 16 "DISABLED",
        /// Made by the partner without credentials.
        Imported = 17 "IMPORTED",
        /// A challenge was answered, and the job goes on.
        Resumed = 18 "RESUMED",
        /// A challenge was not answered in time.
        Expired = 19 "EXPIRED",
        /// Credentials are missing.
        Impaired = 20 "IMPAIRED",
        /// Waits for the end user on the bank's own page.
        Pending = 21 "PENDING",
    }
}

codes! {
    /// Why a member does not work, for programs.
    pub enum ErrorCode {
        /// None of the accounts can be paid from.
        NoEligibleAccounts = 1000 "NO_ELIGIBLE_ACCOUNTS",
        /// There are no accounts.
        NoAccounts = 1001 "NO_ACCOUNTS",
        /// The bank's customer agreed to too little.
        AccessDenied = 1002 "ACCESS_DENIED",
        /// Wrong one-time code.
        IncorrectToken = 2001 "INCORRECT_OTP",
        /// Wrong answer.
        IncorrectAnswer = 2002 "INCORRECT_MFA",
        /// No answer in time.
        AnswerTimeout = 2003 "MFA_TIMEOUT",
        /// The bank's customer has to agree anew.
        ReauthorizationRequired = 2004 "REAUTHORIZATION_REQUIRED",
        /// Wrong credentials, again and again.
        InvalidCredentials = 2005 "INVALID_CREDENTIALS",
        /// The bank is down.
        InstitutionDown = 3000 "INSTITUTION_DOWN",
        /// The bank is being maintained.
        InstitutionMaintenance = 3001 "INSTITUTION_MAINTENANCE",
        /// The bank does not let us in.
        InstitutionUnavailable = 3002 "INSTITUTION_UNAVAILABLE",
    }
}

/// What the bank asks, as the end user answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberQuestion {
    /// On the wire it has the prefix `CRD-`.
    pub id: Uuid,
    /// The aggregator's name of it.
    pub key: String,
    /// `single_account_select` for the choice of an account.
    pub external_id: Option<String>,
    /// The question.
    pub label: String,
    /// Its kind.
    pub field_type: FieldType,
    /// A picture as a `data:` URI, for [`FieldType::ImageData`].
    pub meta_data: Option<String>,
    /// What there is to choose from.
    pub options: Vec<MemberOption>,
}

/// One of the answers that a question leaves. On the wire its `credential_guid` is the question's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberOption {
    /// On the wire it has the prefix `CRD-`.
    pub id: Uuid,
    /// The aggregator's name of it.
    pub key: String,
    /// What is shown.
    pub label: String,
    /// A picture as a `data:` URI.
    pub data_uri: Option<String>,
}

/// Why a member does not work, for people and programs. Every member in a status that is a failure has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberError {
    /// For programs.
    pub code: ErrorCode,
    /// For the partner's people.
    pub message: String,
    /// For the end user.
    pub user_message: String,
}

/// An end user's link to an institution. On the wire its id has the prefix `MBR-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// UUID v7.
    pub id: MemberId,
    /// Whose.
    pub tenant: TenantId,
    /// Whose link.
    pub user: ConnectUserId,
    /// The partner's own id of the user.
    pub partner_user_id: String,
    /// To which institution.
    pub institution: InstitutionId,
    /// Its code.
    pub institution_code: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ConnectionStatus,
    /// A job is under way.
    pub is_being_aggregated: bool,
    /// Linked on the bank's own page.
    pub is_oauth: bool,
    /// Holds accounts typed in by hand.
    pub is_manual: bool,
    /// The end user may delete it.
    pub is_managed_by_user: bool,
    /// The institution can prove accounts for payments.
    pub verification_is_enabled: bool,
    /// No daily refresh.
    pub background_aggregation_is_disabled: bool,
    /// What the end user links it for, in the partner's words.
    pub use_cases: Vec<String>,
    /// The partner's own notes.
    pub metadata: Option<String>,
    /// The last job; a new one from the moment that it is asked for.
    pub most_recent_job: Option<ConnectJobId>,
    /// What the bank asks, while it waits for an answer.
    pub challenge: Vec<MemberQuestion>,
    /// Why it does not work.
    pub error: Option<MemberError>,
    /// Where the end user goes to agree, while that is waited for; see [`crate::oauth::OauthState::url`].
    pub oauth_window: Option<String>,
    /// When a job last ended (the tenant's time).
    pub aggregated_at: Option<Timestamp>,
    /// When a job last succeeded (the tenant's time).
    pub successfully_aggregated_at: Option<Timestamp>,
    /// When the next refresh in the background is due, in real time.
    pub(crate) refresh_at: Option<Timestamp>,
    /// Who reads it.
    pub(crate) aggregator: String,
    /// Denied in a row.
    pub(crate) denials: u32,
    /// Failed in a row.
    pub(crate) failures: u32,
    /// The tenant's time.
    pub created_at: Timestamp,
    /// The tenant's time.
    pub updated_at: Timestamp,
}

impl Member {
    /// Whether it was ever linked.
    pub fn was_connected(&self) -> bool {
        self.successfully_aggregated_at.is_some()
    }
}

/// What a member is made from.
#[derive(Debug, Clone, Default)]
pub struct NewMember {
    /// To which institution; or by `institution_code`.
    pub institution: Option<InstitutionId>,
    /// To which institution, by its code.
    pub institution_code: Option<String>,
    /// By field; all that the institution asks for.
    pub credentials: Vec<(Uuid, String)>,
    /// On the bank's own page: so it is where the institution has one, whatever is said here.
    pub is_oauth: bool,
    /// What for, in the partner's words; at most 10.
    pub use_cases: Vec<String>,
    /// The partner's own notes, up to 2048 characters.
    pub metadata: Option<String>,
    /// No daily refresh.
    pub background_aggregation_is_disabled: bool,
}

/// What of a member changes. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    /// By field; all of the institution's. (To agree on a bank's own page anew, ask for [`crate::Connect::oauth_window`].)
    pub credentials: Option<Vec<(Uuid, String)>>,
    /// What for.
    pub use_cases: Option<Vec<String>>,
    /// The partner's own notes.
    pub metadata: Option<String>,
    /// No daily refresh.
    pub background_aggregation_is_disabled: Option<bool>,
}
