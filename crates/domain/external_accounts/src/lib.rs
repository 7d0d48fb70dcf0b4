//! External accounts: programs, their customers, the customers' accounts at other banks, and money between the two.
//!
//! The contract is the external-accounts document; what it leaves to the original's own clients (customers, programs,
//! transfers) follows those. A [`program`] says what is allowed, a [`customer`] acts within it, an [`account`] becomes
//! verified by [`trial`] deposits or at once, and a [`transfer`] moves money between it and the customer's settlement
//! account, over the ACH rail of [`florin_payments`]. Every rejection has the document's code and text
//! ([`rejection`]); every ledger entry stands in [`postings`].
//!
//! A method `x` of [`ExternalAccounts`] opens the transaction, a function `x_in` joins a caller's. Lock order: the day,
//! the customer, its accounts, the counters; payments before transfers.

pub mod account;
pub mod bank;
mod column;
pub mod customer;
mod day_step;
pub mod error;
mod fields;
pub mod ledger_book;
mod number;
pub mod postings;
pub mod probe;
pub mod program;
pub mod rejection;
pub mod routing;
mod tell;
pub mod transfer;
pub mod trial;
pub mod verified;
mod words;

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_payments::{Moment, Rails, moment_in};
use florin_storage::{Db, MigrationSet, Tx};
use florin_tenancy::Caller;

pub use account::{AccountKind, AccountStatus, AccountUpdate, ExternalAccount, NewAccount};
pub use bank::BankDigits;
pub use customer::{
    Customer, CustomerChange, CustomerStatus, CustomerView, NewCustomer, SettlementAccount,
};
pub use day_step::ExpireTrials;
pub use error::ExternalAccountsError;
pub use number::Series;
pub use program::{Program, ProgramSettings, VerificationType};
pub use rejection::Rejection;
pub use transfer::{
    NewTransfer, TransactionQuery, Transfer, TransferKind, TransferPayments, TransferStatus,
    VoidTransfer,
};
pub use trial::TrialPayments;
pub use words::{AccountId, CustomerId, ProgramId, TransferId};

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "external_accounts",
    files: &[(
        "0001_external_accounts.sql",
        include_str!("../migrations/0001_external_accounts.sql"),
    )],
};

/// The external accounts' service. Cheap to clone.
#[derive(Clone)]
pub struct ExternalAccounts {
    db: Db,
    keys: Arc<KeyRing>,
    rails: Rails,
    is_sandbox: bool,
}

impl ExternalAccounts {
    /// A service on `db`; `keys` seals account numbers and tax ids. It has no rail: accounts can be created, and no
    /// money moves.
    pub fn new(db: Db, keys: Arc<KeyRing>) -> Self {
        Self { db, keys, rails: Rails::default(), is_sandbox: false }
    }

    /// The same service with rails that money is moved on.
    #[must_use]
    pub fn with_rails(self, rails: Rails) -> Self {
        Self { rails, ..self }
    }

    /// The same service in a sandbox: trial deposits are 0.18 and 0.28, and the routing number 123456789 is a bank's.
    #[must_use]
    pub fn in_sandbox(self) -> Self {
        Self { is_sandbox: true, ..self }
    }

    /// Whether it stands in a sandbox.
    pub fn is_sandbox(&self) -> bool {
        self.is_sandbox
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Lets the numbers of a tenant's new things go on from `first`, so that they do not meet those of a system that it
    /// comes from. A series that is past it already stays where it is.
    ///
    /// # Errors
    /// Storage only.
    pub async fn start_numbers(
        &self,
        tenant: TenantId,
        series: Series,
        first: i64,
    ) -> Result<(), ExternalAccountsError> {
        self.db.write(move |tx| Ok(number::start_in(tx, tenant, series, first)?)).await
    }

    /// What a writing operation begins with: the moment, which stays until the transaction ends, and the program.
    pub(crate) fn begin_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
    ) -> Result<Scene, ExternalAccountsError> {
        let moment = moment_in(tx, caller.tenant, caller.now)?;
        let program = program::default_in(tx, caller.tenant, self.is_sandbox, moment.at)?;
        Ok(Scene { tenant: caller.tenant, program, moment })
    }
}

/// Where and when an operation happens.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub tenant: TenantId,
    pub program: Program,
    pub moment: Moment,
}
