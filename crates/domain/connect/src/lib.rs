//! Linked bank accounts.
//!
//! A partner's back end opens a [`session`] for one end user, whose browser then finds an [`institution`] and adds a
//! [`member`] to it: with credentials, or on the bank's own page ([`oauth`]). A [`job`] reads what the bank has, by an
//! [`aggregator`], asks the end user in between, and leaves [`account`]s, balances, transactions and statements for the
//! partner to read.
//!
//! Each entity's folder holds `entity.rs` (pure), `repo.rs` (its SQL) and `mod.rs` (the service: methods of [`Connect`]).
//! No transaction is open while an aggregator is talked to.

pub mod account;
pub mod aggregator;
mod check;
mod codes;
pub mod consent;
pub mod error;
pub mod institution;
pub mod job;
pub mod manual;
pub mod member;
pub mod microdeposit;
pub mod oauth;
pub mod profile;
pub mod session;
pub mod share;
pub mod support;
pub mod user;

use std::sync::Arc;

use florin_calendar::Clock;
use florin_crypto::KeyRing;
use florin_jobs::JobHandler;
use florin_storage::{Db, MigrationSet};

pub use account::{
    Account, AccountType, Category, ConnectStatement, ConnectTransaction, Detail, Numbers, Owner,
    TransactionQuery,
};
pub use aggregator::{Aggregator, Aggregators};
pub use consent::{Consent, ConsentText, NewConsent, Purpose, Revocation, Revoker};
pub use error::{ConnectError, FieldFault, LineFault};
pub use institution::{
    CredentialField, FieldOption, FieldType, Institution, InstitutionQuery, Instructions,
    LoadedList,
};
pub use job::{ConnectJob, JobStatus, JobType, Stage};
pub use manual::{ManualTerms, NewManualAccount};
pub use member::{
    ConnectionStatus, ErrorCode, Member, MemberChange, MemberError, MemberOption, MemberQuestion,
    NewMember,
};
pub use microdeposit::{
    BlockReason, BlockedRoutingNumber, ClientBlock, FollowMicrodeposits, Microdeposit,
    MicrodepositPayments, MicrodepositRefusal, MicrodepositStatus, NewMicrodeposit,
};
pub use oauth::{AuthStatus, OauthAnswer, OauthErrorReason, OauthRequest, OauthState};
pub use profile::{ProfileChange, UserProfile};
pub use session::{Mode, NewSession, PartnerUser, Product, Session, Visitor};
pub use share::{ConnectInputs, Share, ShareRequest};
pub use support::{NewTicket, SupportTicket};
pub use user::ConnectUser;

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "connect",
    files: &[
        ("0001_members.sql", include_str!("../migrations/0001_members.sql")),
        ("0002_deposits.sql", include_str!("../migrations/0002_deposits.sql")),
        ("0003_open_banking.sql", include_str!("../migrations/0003_open_banking.sql")),
    ],
};

/// The service of linked accounts. Cheap to clone.
#[derive(Clone)]
pub struct Connect {
    db: Db,
    clock: Arc<dyn Clock>,
    keys: Arc<KeyRing>,
    aggregators: Aggregators,
    /// Where providers send end users back to; empty for none.
    public_url: Arc<str>,
    institutions: Arc<institution::Remembered>,
    across: share::Across,
}

impl Connect {
    /// A service on `db`; `keys` seals credentials and numbers and signs the states of consent pages.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        keys: Arc<KeyRing>,
        aggregators: Aggregators,
    ) -> Self {
        Self {
            db,
            clock,
            keys,
            aggregators,
            public_url: "".into(),
            institutions: Arc::default(),
            across: share::Across::default(),
        }
    }

    /// The same service, reached by end users at this address (`https://florin.example`): providers send them back to
    /// `{address}/connect/oauth/return?state=...`.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        Self { public_url: url.trim_end_matches('/').into(), ..self }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The handlers of every kind of job that linked accounts leave behind.
    pub fn job_handlers(&self) -> Vec<Arc<dyn JobHandler>> {
        job::handlers(self)
    }
}
