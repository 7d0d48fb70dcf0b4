//! Direct-debit mandates and the collections over them.
//!
//! A tenant has an account at its provider ([`provider_account`]); an end user gives a [`mandate`] by a link ([`flow`]);
//! money is then collected over it ([`collect`], a [`florin_payments::Rail`]), and what becomes of mandates and payments
//! is told by the provider's events ([`intake`]). Once a day both sides are compared ([`reconcile`]). Account numbers are
//! held to their check digits where an operator has loaded the table for it ([`modulus`]).
//!
//! Nothing outside happens inside a transaction: what has to be told to the provider is written down with a job, told
//! with an idempotency key that is the same across every repetition, and what the provider answers is written down in
//! a second transaction. Whatever was not answered, or not written down, is told again.

pub mod collect;
mod collector;
pub mod error;
pub mod flow;
pub mod intake;
pub mod mandate;
pub mod modulus;
pub mod provider_account;
pub mod reconcile;
mod remote;
mod settle;
mod words;

use std::sync::Arc;

use florin_calendar::Clock;
use florin_crypto::KeyRing;
use florin_direct_debit::ClientOptions;
use florin_storage::{Db, MigrationSet};

pub use collect::DirectDebitRail;
pub use collector::Collector;
pub use error::{FieldFault, MandatesError};
pub use flow::{FlowState, MandateFlow, NewFlow, PayerDetails, Prefilled};
pub use intake::Received;
pub use mandate::{Mandate, MandateStatus};
pub use provider_account::{
    AccountChange, Environment, NewProviderAccount, Pages, ProviderAccount,
};
pub use settle::SettleDirectDebit;

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "mandates",
    files: &[
        ("0001_mandates.sql", include_str!("../migrations/0001_mandates.sql")),
        ("0002_modulus.sql", include_str!("../migrations/0002_modulus.sql")),
    ],
};

/// The mandates' service. Cheap to clone.
#[derive(Clone)]
pub struct Mandates {
    db: Db,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    /// Where the simulated provider is, when one runs here.
    simulator: Option<Arc<str>>,
    /// Whether an account may have a base URL of its own.
    custom_hosts: bool,
    /// Limits of the requests to providers.
    client_options: ClientOptions,
    pool: Arc<remote::Pool>,
}

impl Mandates {
    /// A service on `db`; `keys` seals the secrets of accounts and the details that end users give. Accounts may be
    /// anywhere; see [`Mandates::without_custom_hosts`].
    pub fn new(db: Db, keys: Arc<KeyRing>, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            keys,
            clock,
            simulator: None,
            custom_hosts: true,
            client_options: ClientOptions::default(),
            pool: Arc::default(),
        }
    }

    /// The same service, with the simulated provider at this base URL (`http://127.0.0.1:8080/simulator/gocardless`).
    #[must_use]
    pub fn with_simulator(self, base_url: &str) -> Self {
        Self { simulator: Some(base_url.trim_end_matches('/').into()), ..self }
    }

    /// The same service with other limits of its requests to providers.
    #[must_use]
    pub fn with_client_options(self, client_options: ClientOptions) -> Self {
        Self { client_options, pool: Arc::default(), ..self }
    }

    /// The same service for production: it talks to the provider's own systems only.
    #[must_use]
    pub fn without_custom_hosts(self) -> Self {
        Self { custom_hosts: false, ..self }
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }
}
