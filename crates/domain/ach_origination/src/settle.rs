//! Entries settle on their day, and are final when the time for ordinary returns is over.

use std::collections::BTreeSet;

use florin_ach::window::Window;
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchEntryId, PaymentId, TenantId};
use florin_payments::{Moment, Told, Update, tell_many_in};
use florin_storage::Tx;
use jiff::civil::{Date, DateTime};

use crate::entry::repo::{self as entries, Wait};
use crate::entry::{Entry, EntryKind, EntryState};
use crate::{Ach, AchError, prenote, reverse, told_at};

/// Why a payment has failed whose money we have sent back.
const REVERSED: &str = "reversed";
/// How many entries one transaction of the database deals with.
const CHUNK: usize = 1_000;

impl Ach {
    /// Settles entries whose file has left and whose day has come; true when more may be left.
    pub(crate) fn settle_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
    ) -> Result<bool, AchError> {
        self.move_on_in(tx, tenant, (Wait::Settlement, moment.on, None), moment)
    }

    /// Settles entries whose hour has come as well, at this Eastern time; true when more may be left.
    pub(crate) fn settle_at_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        at: DateTime,
        moment: Moment,
    ) -> Result<bool, AchError> {
        let passed = Window::ALL.into_iter().filter(|window| window.settles_at() <= at.time());
        let passed: Vec<Window> = passed.collect();
        self.move_on_in(tx, tenant, (Wait::Settlement, at.date(), Some(&passed)), moment)
    }

    /// Makes entries final whose time for returns is over; true when more may be left.
    pub(crate) fn clear_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
    ) -> Result<bool, AchError> {
        self.move_on_in(tx, tenant, (Wait::Final, moment.on, None), moment)
    }

    fn move_on_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        (what, by, settled_windows): (Wait, Date, Option<&[Window]>),
        moment: Moment,
    ) -> Result<bool, AchError> {
        let mut due = entries::due(tx, &self.keys, tenant, (what, by), settled_windows, CHUNK)?;
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
        let updates = due.iter().filter_map(match is_settlement {
            true => settled,
            false => cleared,
        });
        let mut updates: Vec<Update> = updates.collect();
        if !is_settlement {
            let undone = self.finish_in(tx, tenant, &due, moment)?;
            updates.retain(|update| !undone.contains(&update.payment));
        }
        tell_many_in(tx, &self.owners, tenant, moment, &updates)?;
        Ok(is_full)
    }

    /// Tells of prenotes and reversals that are final; answers the payments whose entry had come back before its reversal
    /// was final, which have failed for that already.
    fn finish_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        due: &[Entry],
        moment: Moment,
    ) -> Result<BTreeSet<PaymentId>, AchError> {
        let events = due.iter().filter_map(|entry| match entry.kind {
            EntryKind::Live => None,
            EntryKind::Prenote => Some(prenote::accepted(entry, moment)),
            EntryKind::Reversal => Some(NewEvent {
                kind: kinds::ACH_REVERSAL_COMPLETED,
                resource: format!("external_account:{}", entry.reference),
                occurred_at: moment.at,
                data: reverse::facts(entry),
            }),
        });
        let events: Vec<NewEvent> = events.collect();
        append_in(tx, tenant, &events)?;
        let reversed = due.iter().filter_map(|entry| entry.reverses).map(AchEntryId::uuid);
        let reversed = entries::get_many(tx, &self.keys, tenant, reversed.collect())?;
        let back = reversed.into_iter().filter(|entry| entry.state == EntryState::Returned);
        Ok(back.filter_map(|entry| entry.payment).collect())
    }
}

/// The money has moved; what a reversal moves may come back, and is told of when it can't any more.
fn settled(entry: &Entry) -> Option<Update> {
    Some(Update {
        payment: entry.moves()?,
        told: Told::Confirmed,
        told_at: told_at::settled(entry.settles_on?),
        reason: String::new(),
        charge_on: entry.settles_on,
        reference: None,
    })
}

/// The money is had; that of a reversal has gone back where it came from.
fn cleared(entry: &Entry) -> Option<Update> {
    let is_reversal = entry.kind == EntryKind::Reversal;
    let (told, reason) = match is_reversal {
        true => (Told::Failed, REVERSED),
        false => (Told::PaidOut, ""),
    };
    Some(Update {
        payment: entry.payment?,
        told,
        told_at: told_at::cleared(entry.final_on?),
        reason: reason.to_owned(),
        charge_on: entry.settles_on.filter(|_| !is_reversal),
        reference: None,
    })
}
