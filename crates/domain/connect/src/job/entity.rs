//! Runs of work on a member. Pure.

use florin_ids::{ConnectJobId, ConnectUserId, MemberId, TenantId};
use florin_storage::words;
use jiff::{SignedDuration, Timestamp};

use crate::Product;
use crate::codes::codes;

codes! {
    /// What a job fetches.
    pub enum JobType {
        /// Accounts, balances, transactions.
        Aggregation = 0 "AGGREGATION",
        /// Account and routing numbers.
        Verification = 1 "VERIFICATION",
        /// Owners.
        Identification = 2 "IDENTIFICATION",
        /// Transactions as far back as there are.
        History = 3 "HISTORY",
        /// Statements.
        Statement = 4 "STATEMENT",
        /// Orders; no bank tells of them.
        Order = 5 "ORDER",
        /// Rewards; no bank tells of them.
        Reward = 6 "REWARD",
        /// Balances only.
        Balance = 7 "BALANCE",
        /// Small deposits; they are followed by their microdeposit.
        MicroDeposit = 8 "MICRO_DEPOSIT",
        /// Tax documents.
        Tax = 9 "TAX",
        /// Credit reports; no bank tells of them.
        CreditReport = 10 "CREDIT_REPORT",
        /// Everything that the session wants, in one go.
        Combination = 11 "COMBINATION",
    }
}

codes! {
    /// Where a job stands.
    pub enum JobStatus {
        /// Waits for a worker.
        Created = 0 "CREATED",
        /// Under way.
        Running = 1 "RUNNING",
        /// Waits for the end user's answer.
        Challenged = 2 "CHALLENGED",
        /// Came to nothing; the member says why.
        Failed = 5 "FAILED",
        /// Done.
        Done = 6 "DONE",
    }
}

/// How long a job may take beside the end user's answers.
pub(crate) const JOB_WITHIN: SignedDuration = SignedDuration::from_mins(10);

impl JobStatus {
    /// Whether nothing more happens to it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Done)
    }
}

words! {
    /// What a job is busy with.
    pub enum Stage {
        /// Waits for a worker.
        Waiting = "waiting",
        /// Signs in.
        SigningIn = "signing_in",
        /// Reads accounts.
        Accounts = "accounts",
        /// Reads transactions.
        Transactions = "transactions",
        /// Over.
        Finished = "finished",
    }
}

/// One run of work on a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectJob {
    /// UUID v7. On the wire it has the prefix `JOB-`.
    pub id: ConnectJobId,
    /// Whose.
    pub tenant: TenantId,
    /// On which member.
    pub member: MemberId,
    /// Whose member.
    pub user: ConnectUserId,
    /// What it fetches.
    pub job_type: JobType,
    /// Where it stands.
    pub status: JobStatus,
    /// 0 to 100.
    pub progress: u32,
    /// What it is busy with.
    pub stage: Stage,
    /// Accounts and balances can be read although the job may go on.
    pub async_account_data_ready: bool,
    /// Nobody is waiting for it: a daily refresh.
    pub is_background: bool,
    /// Whether an account is chosen for payments by it.
    pub is_for_verification: bool,
    /// What of what the bank tells is kept.
    pub products: Vec<Product>,
    /// Steps taken with the aggregator; each is taken once.
    pub(crate) step: u32,
    /// When it is given up if the bank is still not done; anew with every answer of the end user.
    pub(crate) give_up_at: Timestamp,
    /// When the end user's answer is too late; while it waits for one.
    pub(crate) answer_by: Option<Timestamp>,
    /// Real time.
    pub created_at: Timestamp,
    /// Real time.
    pub started_at: Option<Timestamp>,
    /// Real time.
    pub finished_at: Option<Timestamp>,
}
