//! Lending: products, applications, loans, their transactions and the business day.
//!
//! Each entity's folder holds `entity.rs` (pure: facts in, a decision or a rejection out), `repo.rs` (its
//! SQL) and `mod.rs` (the service: methods of [`Lending`]). A method `x` opens the transaction, `x_in` joins a
//! caller's. Every ledger entry that lending can make stands in [`postings`].

mod check;
mod column;
#[cfg(test)]
mod list_plans;

pub mod address;
pub mod application;
pub mod book;
pub mod collections;
pub mod company;
pub mod day_end;
pub mod end_user;
pub mod error;
pub mod loan;
pub mod postings;
pub mod product;
pub mod refund;
pub mod schedule;
pub mod statement;
pub mod transaction;

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_decisioning::{Decisioning, LinkedAccounts, Providers};
use florin_payments::Rails;
use florin_storage::{BatchQueue, Db, MigrationSet};

pub use application::DecisionHandler;
pub use check::Given;
pub use collections::{CollectionSettings, LoanPayments, Payouts};
pub use day_end::day_steps;
pub use error::{FieldError, LendingError};
pub use loan::{Loan, LoanStatus, NewLoan};
pub use refund::NewRefund;
pub use transaction::{NewTransaction, Transaction, TransactionStatus, TransactionType};

/// Lending's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "lending",
    files: &[
        ("0001_origination.sql", include_str!("../migrations/0001_origination.sql")),
        ("0002_loans.sql", include_str!("../migrations/0002_loans.sql")),
        ("0003_servicing.sql", include_str!("../migrations/0003_servicing.sql")),
        ("0004_people.sql", include_str!("../migrations/0004_people.sql")),
        ("0005_lists.sql", include_str!("../migrations/0005_lists.sql")),
        ("0006_products.sql", include_str!("../migrations/0006_products.sql")),
        ("0007_statements.sql", include_str!("../migrations/0007_statements.sql")),
        ("0008_collections.sql", include_str!("../migrations/0008_collections.sql")),
    ],
};

/// How many transactions one commit takes at most.
const MAX_BATCH: usize = 1_000;

/// The lending service. Cheap to clone.
#[derive(Clone)]
pub struct Lending {
    db: Db,
    keys: Arc<KeyRing>,
    transactions: Arc<transaction::Queue>,
    decisioning: Decisioning,
    rails: Rails,
}

impl Lending {
    /// A service on `db`; `keys` seals the personal data of end users.
    pub fn new(db: Db, keys: Arc<KeyRing>) -> Self {
        let rails = Rails::default();
        let transactions = queue_on(&db, &rails);
        let book = Arc::new(application::LendingBook);
        let decisioning = Decisioning::new(db.clone(), book, Providers::default());
        Self { db, keys, transactions, decisioning, rails }
    }

    /// The same service with rails that money can be moved on; there are none otherwise.
    #[must_use]
    pub fn with_rails(self, rails: Rails) -> Self {
        Self { transactions: queue_on(&self.db, &rails), rails, ..self }
    }

    /// The same service with providers that can be asked for inputs of the decision engine; there are none otherwise.
    #[must_use]
    pub fn with_providers(self, providers: Providers) -> Self {
        Self { decisioning: self.decisioning.with_providers(providers), ..self }
    }

    /// The same service with what borrowers' linked bank accounts say of them; nothing is known of any otherwise.
    #[must_use]
    pub fn with_linked_accounts(self, linked: Arc<dyn LinkedAccounts>) -> Self {
        Self { decisioning: self.decisioning.with_linked_accounts(linked), ..self }
    }

    /// The decision engine.
    pub fn decisioning(&self) -> &Decisioning {
        &self.decisioning
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The keys that personal data is sealed with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

/// The queue that commits what waits together.
fn queue_on(db: &Db, rails: &Rails) -> Arc<transaction::Queue> {
    let rails = rails.clone();
    // One committer: two would meet on the rows of the house's accounts and wait for each other.
    Arc::new(BatchQueue::new(db.clone(), 1, MAX_BATCH, move |tx, requests| {
        transaction::create_many_in(tx, &rails, requests)
    }))
}
