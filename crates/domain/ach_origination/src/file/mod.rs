//! Window files: one for each window of a banking day that something waits for, with every due entry exactly once.
//!
//! Building is one transaction: the origin is held, so that two servers build the same window one after the other; the
//! second finds the file and does nothing. What is handed over afterwards is the kept file, byte for byte. Its entries
//! settle only when it has left.

pub(crate) mod build;
mod entity;
mod leave;
mod numbers;
pub(crate) mod repo;

use florin_ach::window::{Slot, Window};
use florin_ids::{AchFileId, AchOriginId};
use florin_tenancy::Caller;
use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) use build::build_in;
pub(crate) use entity::objection;
pub(crate) use leave::{leave_in, settle_with_in};
pub(crate) use repo::Once;

use crate::{Ach, AchError};
use florin_storage::words;

/// At most this many files are listed.
const LIST_MAX: u32 = 1_000;

words! {
    /// Which way a file went.
    pub enum FileDirection {
        /// From us to the bank.
        Out = "out",
        /// From the bank to us.
        In = "in",
    }
}

words! {
    /// Where a file stands.
    pub enum FileState {
        /// Made and kept, not handed over.
        Built = "built",
        /// Whole in the bank's mailbox, about to get its name there.
        Handing = "handing",
        /// Handed over; or there is nobody to hand it to.
        Sent = "sent",
        /// Taken in.
        Received = "received",
    }
}

/// A file that was sent or received. Its content is sealed; see [`Ach::file_content`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AchFile {
    /// UUID v7.
    pub id: AchFileId,
    /// Whose file.
    pub origin: AchOriginId,
    /// Which way.
    pub direction: FileDirection,
    /// The banking day whose window it is of; the day of receipt.
    pub day: Date,
    /// The window; empty for received ones.
    pub slot: String,
    /// The calendar day that stands in it.
    pub made_on: Date,
    /// What it is called where it goes or came from.
    pub name: String,
    /// The file id modifier.
    pub modifier: String,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// How many entries.
    pub entries: i64,
    /// The sum of the debits, in cents.
    pub debits_cents: i64,
    /// The sum of the credits, in cents.
    pub credits_cents: i64,
    /// Of received files: entries that belong to none of ours.
    pub unmatched: i64,
    /// Where it stands.
    pub state: FileState,
    /// What it is called in the bank's mailbox until it gets its name there.
    pub draft: Option<String>,
    /// In the tenant's time.
    pub created_at: Timestamp,
    /// When it was handed over, in real time.
    pub sent_at: Option<Timestamp>,
}

impl AchFile {
    /// The window of a file of ours.
    pub(crate) fn planned(&self) -> Result<Slot, AchError> {
        let window = Window::ALL.into_iter().find(|window| window.to_string() == self.slot);
        Ok(Slot { day: self.day, window: window.ok_or(AchError::Stored)? })
    }
}

impl Ach {
    /// The tenant's newest files, at most 1,000.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_files(&self, caller: &Caller) -> Result<Vec<AchFile>, AchError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, LIST_MAX)?)).await
    }

    /// What a file holds, byte for byte.
    ///
    /// # Errors
    /// [`AchError::NotFound`], or a key ring that does not open it.
    pub async fn file_content(&self, caller: &Caller, id: AchFileId) -> Result<Vec<u8>, AchError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                repo::content(tx, &keys, tenant, id)?.ok_or(AchError::NotFound("ACH file"))
            })
            .await
    }
}
