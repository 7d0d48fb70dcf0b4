//! Entries settle on their day, and are final when the time for ordinary returns is over.

use florin_ids::TenantId;
use florin_payments::{Moment, Told, Update, tell_many_in};
use florin_storage::Tx;

use crate::entry::EntryState;
use crate::entry::repo::{self as entries, Wait};
use crate::{Ach, AchError, told_at};

/// How many entries one transaction of the database deals with.
const CHUNK: usize = 1_000;

impl Ach {
    /// Settles entries whose day has come; true when more may be left.
    pub(crate) fn settle_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
    ) -> Result<bool, AchError> {
        self.move_on_in(tx, tenant, Wait::Settlement, moment)
    }

    /// Makes entries final whose time for returns is over; true when more may be left.
    pub(crate) fn clear_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
    ) -> Result<bool, AchError> {
        self.move_on_in(tx, tenant, Wait::Final, moment)
    }

    fn move_on_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        what: Wait,
        moment: Moment,
    ) -> Result<bool, AchError> {
        let mut due = entries::due(tx, &self.keys, tenant, (what, moment.on), None, CHUNK)?;
        let is_full = due.len() == CHUNK;
        let ids = due.iter().map(|entry| entry.id.uuid()).collect();
        entries::stop_waiting(tx, tenant, what, ids)?;
        let is_settlement = what == Wait::Settlement;
        for entry in &mut due {
            entry.state = if is_settlement { EntryState::Settled } else { EntryState::Cleared };
        }
        entries::update_many(tx, tenant, &due)?;
        if is_settlement {
            let finals = due.iter().filter_map(|entry| Some((entry, entry.final_on?)));
            entries::wait_many(tx, tenant, Wait::Final, finals)?;
        }
        let updates = due.iter().filter_map(|entry| {
            let (told, told_at) = match is_settlement {
                true => (Told::Confirmed, told_at::settled(entry.settles_on?)),
                false => (Told::PaidOut, told_at::cleared(entry.final_on?)),
            };
            let (payment, charge_on) = (entry.payment?, entry.settles_on);
            let reason = String::new();
            Some(Update { payment, told, told_at, reason, charge_on, reference: None })
        });
        let updates: Vec<Update> = updates.collect();
        tell_many_in(tx, &self.owners, tenant, moment, &updates)?;
        Ok(is_full)
    }
}
