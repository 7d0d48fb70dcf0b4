//! What passes between members and aggregators. Pure.

use florin_crypto::Secret;
use florin_ids::{MemberId, TenantId};
use florin_money::Currency;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::{AccountType, Category, Numbers, Owner};
use crate::institution::{FieldType, Institution};
use crate::job::{JobType, Stage};
use crate::oauth::OauthErrorReason;
use crate::session::Product;

/// A credential that the end user gave.
#[derive(Debug, Clone)]
pub struct Given {
    /// The field's name: `LOGIN`, `PASSWORD`.
    pub field_name: String,
    /// What was typed.
    pub value: Secret,
}

/// The end user's answer to one question of the last challenge.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question's key.
    pub key: String,
    /// What was typed, or the chosen option's key.
    pub value: Secret,
}

/// What an aggregator is asked for one step of a job.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// For which tenant.
    pub tenant: TenantId,
    /// For which member: a seed for whatever is drawn.
    pub member: MemberId,
    /// At which bank.
    pub institution: &'a Institution,
    /// What is wanted.
    pub job: JobType,
    /// What of what the bank tells is kept; for a combination, what it is of.
    pub products: &'a [Product],
    /// The tenant's: accounts for payments are in it.
    pub currency: Currency,
    /// Whether an account is to be chosen for payments.
    pub is_for_verification: bool,
    /// Nobody is there to answer questions.
    pub is_background: bool,
    /// What the end user gave; empty for a bank with a consent page.
    pub credentials: &'a [Given],
    /// The answers to the last challenge; empty when there was none since the last step.
    pub answers: &'a [Answer],
    /// What [`Authorization`] or [`Grant`] left behind, for a bank with a consent page.
    pub grant: Option<&'a [u8]>,
    /// What the last step of this job left behind; empty at its first.
    pub state: &'a [u8],
    /// Transactions before this day are held already; `None` for everything.
    pub since: Option<Date>,
    /// The tenant's business date.
    pub today: Date,
    /// Real time.
    pub now: Timestamp,
}

/// What an aggregator answers to one step.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Not ready: ask again after some time.
    Wait {
        /// Real time.
        after: SignedDuration,
        /// 0 to 100.
        progress: u32,
        /// What it is busy with.
        stage: Stage,
        /// For the next step.
        state: Vec<u8>,
    },
    /// The bank asks the end user.
    Challenged {
        /// What.
        challenge: Challenge,
        /// For the next step, which comes with the answers.
        state: Vec<u8>,
    },
    /// Data. It is taken in as it comes; what is known already is brought up to date.
    Read {
        /// What was read.
        data: Data,
        /// For the next step when there is more to come, and `None` when the job is done.
        more: Option<Vec<u8>>,
    },
    /// It came to nothing.
    Refused(Refusal),
}

/// Why something came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Wrong credentials.
    Denied,
    /// Wrong answer to a challenge; the same challenge can be answered again.
    Rejected,
    /// Wrong one-time code; the same challenge can be answered again.
    RejectedToken,
    /// The answer came too late for the bank: it asks anew in another job.
    AnswerTimeout,
    /// The bank has locked the account.
    Locked,
    /// The bank wants something of its customer first (new terms, a phone number).
    Impeded,
    /// Something that the bank needs is missing from the credentials.
    Impaired,
    /// The customer has left the bank.
    Closed,
    /// The bank's customer agreed to too little.
    AccessDenied,
    /// The bank's customer has to agree anew: their consent has run out or was taken back.
    ReauthorizationRequired,
    /// The bank has no accounts of the customer.
    NoAccounts,
    /// None of the customer's accounts can be paid from.
    NoEligibleAccounts,
    /// The bank is down.
    Down,
    /// The bank is being maintained.
    Maintenance,
    /// The bank does not let us in (too many requests, no contract).
    Unavailable,
    /// The bank is no longer there.
    Discontinued,
    /// The answer of the bank or of the aggregator cannot be used.
    Failed,
}

/// What a bank asks its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// One or more questions, answered together.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The aggregator's name of it, unique within the challenge.
    pub key: String,
    /// `single_account_select` for the choice of an account.
    pub external_id: Option<String>,
    /// The question.
    pub label: String,
    /// [`FieldType::Text`], `Options`, `ImageData`, `ImageOptions` or `Token`.
    pub field_type: FieldType,
    /// For [`FieldType::ImageData`]: the picture, as a `data:` URI.
    pub image: Option<String>,
    /// For a choice: what there is.
    pub options: Vec<ChallengeOption>,
}

/// One of the answers that a question leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeOption {
    /// The aggregator's name of it, unique within the question.
    pub key: String,
    /// What is shown, or said of a picture.
    pub label: String,
    /// For [`FieldType::ImageOptions`]: the picture, as a `data:` URI.
    pub image: Option<String>,
}

/// What was read at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Data {
    /// The customer's accounts.
    pub accounts: Vec<AccountData>,
    /// Whether these are all that the customer has: others are closed.
    pub is_complete: bool,
}

/// An account as a bank tells of it. What is `None` or empty was not read, and what was known of it stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountData {
    /// The aggregator's name of it, unique within the member and always the same.
    pub external_id: String,
    /// What it is called.
    pub name: String,
    /// Its kind.
    pub account_type: AccountType,
    /// Of its money.
    pub currency: Currency,
    /// Account and routing numbers, when they were read.
    pub numbers: Option<Numbers>,
    /// Minor units; negative when overdrawn, and for what is owed.
    pub balance_minor: i64,
    /// Minor units that can be spent.
    pub available_minor: Option<i64>,
    /// Minor units that the bank would lend.
    pub credit_limit_minor: Option<i64>,
    /// The owners, when they were read.
    pub owners: Option<Vec<Owner>>,
    /// Whether the customer has proven it for payments in this job.
    pub is_verified: bool,
    /// What came and went.
    pub transactions: Vec<TransactionData>,
    /// Statements.
    pub statements: Vec<StatementData>,
}

/// A transaction as a bank tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionData {
    /// The aggregator's name of it, unique within the account and always the same.
    pub external_id: String,
    /// When it was booked, or is to be.
    pub posted_on: Date,
    /// Minor units; negative out of the account.
    pub amount_minor: i64,
    /// Booked balance after it.
    pub balance_after_minor: Option<i64>,
    /// What the bank writes.
    pub description: String,
    /// Who it was with.
    pub merchant: Option<String>,
    /// What it is about.
    pub category: Category,
    /// Not booked yet: what was pending before and does not come again is dropped.
    pub is_pending: bool,
}

/// A statement as a bank tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementData {
    /// The aggregator's name of it, unique within the account and always the same.
    pub external_id: String,
    /// First day.
    pub from_on: Date,
    /// Last day.
    pub to_on: Date,
    /// Minor units.
    pub opening_minor: i64,
    /// Minor units.
    pub closing_minor: i64,
    /// The document, as text.
    pub content: String,
}

/// What an aggregator is asked for a consent page.
#[derive(Debug, Clone)]
pub struct Authorize<'a> {
    /// For which tenant.
    pub tenant: TenantId,
    /// For which member.
    pub member: MemberId,
    /// At which bank.
    pub institution: &'a Institution,
    /// Names the way through the page, signed: it comes back with the end user, as `state`.
    pub state: &'a str,
    /// Where a provider sends the end user back to, `state` included.
    pub return_url: &'a str,
    /// A language tag.
    pub language: &'a str,
    /// Real time.
    pub now: Timestamp,
}

/// A consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Where the end user goes: absolute, or a path on our own host.
    pub url: String,
    /// What is needed when the end user comes back, and afterwards.
    pub grant: Vec<u8>,
}

/// How the end user came back from a consent page.
#[derive(Debug, Clone)]
pub struct Returned<'a> {
    /// For which tenant.
    pub tenant: TenantId,
    /// For which member.
    pub member: MemberId,
    /// At which bank.
    pub institution: &'a Institution,
    /// What [`Authorization`] left behind.
    pub grant: &'a [u8],
    /// Query parameters, decoded; the simulated bank's are `user`.
    pub parameters: &'a [(String, String)],
    /// Real time.
    pub now: Timestamp,
}

/// What the end user's way back says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The bank agrees.
    Given {
        /// Kept with the member.
        grant: Vec<u8>,
    },
    /// It came to nothing.
    Refused(OauthErrorReason),
}
