//! Savings: 529 plans, funds, what is paid into them and taken out.
//!
//! A partner registers its savers ([`user`]) and asks for a [`fund`] for a child: a plan's account is opened once the owner
//! has answered the plan's identity questions ([`establishment`]), or an account that exists is linked. A
//! [`contribution`] then has payments made on its days, and anybody can pay a [`gift`] from the fund's [`page`]; each is a
//! [`transaction`] of the fund, pulled over the ACH rail or, in the sandbox, answered by the built-in bank
//! ([`day_steps`]). What has settled is invested ([`investment`], [`performance`]) and can be taken out ([`withdrawal`]).
//! Balances are the ledger's; every entry that savings can make stands in [`postings`].
//!
//! Each entity's folder holds `entity.rs` (pure: facts in, a decision or a rejection out), `repo.rs` (its SQL) and
//! `mod.rs` (the service: methods of [`Savings`]).

mod check;
mod column;
mod day;
mod file_fault;
mod link;
mod payer;

pub mod contribution;
pub mod error;
pub mod establishment;
pub mod fund;
pub mod gift;
pub mod investment;
pub mod maintenance;
pub mod page;
pub mod performance;
pub mod plan;
pub mod postings;
pub mod settings;
pub mod transaction;
pub mod user;
pub mod withdrawal;

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_external_accounts::ExternalAccounts;
use florin_payments::RailKind;
use florin_storage::{Db, MigrationSet};

pub use check::{Given, parse_date};
pub use day::{DISPUTING, MOVED, PENNILESS, day_steps};
pub use error::SavingsError;
pub use establishment::{PlanProvider, SimulatedPlanProvider};
pub use file_fault::FileFault;
use gift::GiverBanks;
pub use transaction::SavingsPayments;

/// Savings' tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "savings",
    files: &[
        ("0001_savings.sql", include_str!("../migrations/0001_savings.sql")),
        ("0002_investments.sql", include_str!("../migrations/0002_investments.sql")),
        ("0003_giving.sql", include_str!("../migrations/0003_giving.sql")),
        (
            "0004_withdrawal_accounts.sql",
            include_str!("../migrations/0004_withdrawal_accounts.sql"),
        ),
        ("0005_partners.sql", include_str!("../migrations/0005_partners.sql")),
        ("0006_plans.sql", include_str!("../migrations/0006_plans.sql")),
        ("0007_kept_accounts.sql", include_str!("../migrations/0007_kept_accounts.sql")),
    ],
};

/// The savings service. Cheap to clone.
#[derive(Clone)]
pub struct Savings {
    db: Db,
    keys: Arc<KeyRing>,
    provider: Arc<dyn PlanProvider>,
    rails: florin_payments::Rails,
    external_accounts: Option<ExternalAccounts>,
    giver_banks: Option<Arc<dyn GiverBanks>>,
}

impl Savings {
    /// A service on `db`; `keys` seals personal data and signs links. Accounts are opened by the simulated plan provider,
    /// and there are no rails.
    pub fn new(db: Db, keys: Arc<KeyRing>) -> Self {
        Self {
            db,
            keys,
            provider: Arc::new(SimulatedPlanProvider),
            rails: florin_payments::Rails::default(),
            external_accounts: None,
            giver_banks: None,
        }
    }

    /// The same service with another provider of plans.
    #[must_use]
    pub fn with_provider(self, provider: Arc<dyn PlanProvider>) -> Self {
        Self { provider, ..self }
    }

    /// The same service with rails that payments can be made over.
    #[must_use]
    pub fn with_rails(self, rails: florin_payments::Rails) -> Self {
        Self { rails, ..self }
    }

    /// The same service with accounts of savers and givers, beside the partner's own.
    #[must_use]
    pub fn with_external_accounts(self, accounts: ExternalAccounts) -> Self {
        Self { external_accounts: Some(accounts), ..self }
    }

    /// The same service with a place where givers can link their accounts.
    #[must_use]
    pub fn with_giver_banks(self, banks: Arc<dyn GiverBanks>) -> Self {
        Self { giver_banks: Some(banks), ..self }
    }

    /// Where givers link their accounts, if they can.
    pub(crate) fn giver_banks(&self) -> Option<&dyn GiverBanks> {
        self.giver_banks.as_deref()
    }

    /// The accounts of savers and givers, where there are any.
    pub fn external_accounts(&self) -> Option<&ExternalAccounts> {
        self.external_accounts.as_ref()
    }

    /// Whether money can be pulled from accounts other than the partner's.
    pub fn takes_gifts(&self) -> bool {
        self.external_accounts.is_some() && self.rails.get(RailKind::Ach).is_ok()
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The keys that personal data is sealed with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Who opens accounts.
    pub fn provider(&self) -> &dyn PlanProvider {
        &*self.provider
    }

    /// The rails that payments can be made over.
    pub fn rails(&self) -> &florin_payments::Rails {
        &self.rails
    }

    fn keys_handle(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys)
    }
}
