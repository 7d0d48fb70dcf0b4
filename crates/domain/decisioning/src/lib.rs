//! The decision engine: what partners' rules say about an application.
//!
//! [`Decisioning`] is the service: input sources and their data points, scorecards of rules, risk engines of
//! scorecards, the selectors that choose one for a product, and the decisions. Each thing's folder holds `entity.rs`
//! (pure), `repo.rs` (its SQL) and `mod.rs` (methods of the service). Lending completes applications and joins its
//! transaction ([`Decisioning::prepare_in`], [`Decisioning::decide_in`]); what decisioning has to know of
//! applications and loans it asks a [`Book`], and what linked bank accounts say it asks [`LinkedAccounts`].
//!
//! [`expression`] is the language of a rule's statement, [`scoring`] works cards of rules out and
//! explains the result, [`choice`] picks the engine that an application meets. They are pure: the same
//! inputs give the same assessment, bit for bit.

mod book;
mod check;
pub mod choice;
pub mod data_point;
mod decimal_text;
pub mod decision;
pub mod error;
pub mod expression;
pub mod input_source;
mod json;
pub mod linked;
pub mod provider;
pub mod risk_engine;
pub mod scorecard;
pub mod scoring;
pub mod selector;
pub mod speed;

use std::sync::Arc;

use florin_storage::{Db, MigrationSet};

pub use book::{Book, PastApplication, PastLoan, Which};
pub use check::Extent;
pub use error::{BookError, DecisioningError, FieldError};
pub use linked::{LINKED_INPUTS, LinkedAccounts};
pub use provider::Providers;

/// Decisioning's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "decisioning",
    files: &[("0001_decisioning.sql", include_str!("../migrations/0001_decisioning.sql"))],
};

/// The decisioning service. Cheap to clone.
#[derive(Clone)]
pub struct Decisioning {
    db: Db,
    book: Arc<dyn Book>,
    providers: Providers,
    linked: Option<Arc<dyn LinkedAccounts>>,
    cache: Arc<risk_engine::compiled::Cache>,
}

impl Decisioning {
    /// A service on `db` that asks `book` about applications and loans, and `providers` for what they know.
    pub fn new(db: Db, book: Arc<dyn Book>, providers: Providers) -> Self {
        Self { db, book, providers, linked: None, cache: Arc::default() }
    }

    /// The same service with others who can be asked.
    #[must_use]
    pub fn with_providers(self, providers: Providers) -> Self {
        Self { providers, ..self }
    }

    /// Who can be asked.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }
}
