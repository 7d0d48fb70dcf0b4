//! How the ledger follows the state of a payment: an entry is pending while the money is under way, counts once it has
//! moved, and is reversed by an entry of its own when the money comes back.

use florin_ids::{EntryId, TenantId};
use florin_ledger::{Entry, LedgerError, Outcome, Resolution, post_many_in, resolve_many_in};
use florin_payments::{Moment, PaymentState};
use florin_storage::Tx;

use super::entity::Booked;
use crate::postings::Stage;

/// What a batch of changes does to the ledger.
#[derive(Debug, Default)]
pub(crate) struct Books {
    entries: Vec<Entry>,
    resolutions: Vec<Resolution>,
}

impl Books {
    pub(crate) fn resolve(&mut self, entry: EntryId, outcome: Outcome, moment: Moment) {
        let (effective_on, recorded_at) = (moment.on, moment.at);
        self.resolutions.push(Resolution { entry, outcome, effective_on, recorded_at });
    }

    pub(crate) fn write_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LedgerError> {
        if !self.resolutions.is_empty() {
            resolve_many_in(tx, tenant, &self.resolutions)?;
        }
        if !self.entries.is_empty() {
            post_many_in(tx, tenant, &self.entries)?;
        }
        Ok(())
    }
}

/// Books what a payment's new state means; `entry` makes the entry of a stage.
pub(crate) fn step(
    books: &mut Books,
    booked: &mut Booked,
    id: &mut EntryId,
    state: PaymentState,
    moment: Moment,
    entry: impl Fn(EntryId, Stage) -> Entry,
) {
    let has_ended = !state.counts() && !state.is_under_way();
    match *booked {
        Booked::Pending if state.counts() => {
            books.resolve(*id, Outcome::Posted, moment);
            *booked = Booked::Posted;
        }
        Booked::Pending if has_ended => {
            books.resolve(*id, Outcome::Voided, moment);
            *booked = Booked::Undone;
        }
        // What had failed has moved after all.
        Booked::Undone if state.counts() => {
            *id = EntryId::new();
            books.entries.push(entry(*id, Stage::Settled));
            *booked = Booked::Posted;
        }
        // It is tried again.
        Booked::Undone if state.is_under_way() => {
            *id = EntryId::new();
            books.entries.push(entry(*id, Stage::UnderWay));
            *booked = Booked::Pending;
        }
        Booked::Posted if has_ended => {
            books.entries.push(entry(EntryId::new(), Stage::Returned));
            *booked = Booked::Undone;
        }
        Booked::Pending | Booked::Posted | Booked::Undone => {}
    }
}
