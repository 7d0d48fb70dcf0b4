//! ACH origination: entries, windows, files and what comes back.
//!
//! A tenant has an [`origin`]: a company at its bank. A payment over the rail ([`AchRail`]) becomes an [`entry`] that waits
//! for the [`file`] of its window; the file is kept, sealed, and handed over as it is kept ([`delivery`]). Entries settle on
//! their day and are final when the time for ordinary returns is over. What the bank sends is taken in once
//! ([`inbound`]): returns and notifications of change act on payments and on the accounts, which somebody else keeps
//! ([`Accounts`]). What was sent by mistake is taken back by reversals ([`Ach::reverse`]), and a prenote asks whether an
//! account is there ([`Ach::prenote`]).
//!
//! The rules of the network are those of `florin-ach`; this crate remembers. On a simulated clock the steps of the
//! business day do everything ([`Ach::day_steps`]); on the real one [`Ach::tick`] makes files when windows close.

mod accounts;
mod alert;
mod asked;
mod day_steps;
pub mod delivery;
pub mod entry;
pub mod error;
pub mod file;
pub mod inbound;
pub mod origin;
mod prenote;
mod rail;
mod reverse;
mod settle;
mod stop;
mod tick;
mod told_at;

use std::sync::Arc;

use florin_calendar::Clock;
use florin_crypto::KeyRing;
use florin_jobs::JobHandler;
use florin_payments::Owners;
use florin_storage::{Db, MigrationSet};

pub use accounts::{Accounts, BankDetails, Cause, Usable, Use};
pub use day_steps::{AchInbound, AchWindows};
pub use delivery::{SendHandler, SendStep};
pub use entry::{Entry, EntryKind, EntryState};
pub use error::{AchError, FieldFault};
pub use file::{AchFile, FileDirection, FileState};
pub use inbound::TakenIn;
pub use origin::{Bank, Delivery, Login, NewOrigin, Origin, Sftp};
pub use rail::AchRail;
pub use reverse::{Erroneous, Reversal};

/// The tables of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "ach_origination",
    files: &[
        ("0001_ach.sql", include_str!("../migrations/0001_ach.sql")),
        ("0002_handing_over.sql", include_str!("../migrations/0002_handing_over.sql")),
    ],
};

/// The originator's service. Cheap to clone.
#[derive(Clone)]
pub struct Ach {
    db: Db,
    keys: Arc<KeyRing>,
    accounts: Arc<dyn Accounts>,
    owners: Owners,
    clock: Arc<dyn Clock>,
    entries_max: usize,
}

/// Entries of one file.
const ENTRIES_MAX: usize = 50_000;

impl Ach {
    /// A service over these accounts, whose payments are `owners`'.
    pub fn new(
        db: Db,
        keys: Arc<KeyRing>,
        accounts: Arc<dyn Accounts>,
        owners: Owners,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { db, keys, accounts, owners, clock, entries_max: ENTRIES_MAX }
    }

    /// The same service, whose files carry at most so many entries each (50,000 otherwise). What is more goes into the
    /// next file of the window.
    #[must_use]
    pub fn with_entries_max(self, entries_max: usize) -> Self {
        Self { entries_max: entries_max.max(1), ..self }
    }

    /// The handlers of every kind of job that files leave behind.
    pub fn job_handlers(&self) -> Vec<Arc<dyn JobHandler>> {
        vec![Arc::new(SendHandler(self.clone()))]
    }
}
