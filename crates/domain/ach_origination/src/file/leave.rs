//! What it means to entries that their file has left for the bank.

use florin_ach::window::{CALENDAR, Slot, Window, eastern};
use florin_ids::TenantId;
use florin_payments::{Moment, Told, Update, tell_many_in};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::Timestamp;

use super::{AchFile, entity, repo};
use crate::entry::repo::{self as entries, Wait};
use crate::entry::{Entry, EntryState};
use crate::origin::Origin;
use crate::{Ach, AchError, told_at};

/// A file was handed over: its entries wait for their settlement, on a later day than was planned when it has missed its
/// window. `now` is real time.
pub(crate) fn leave_in(
    ach: &Ach,
    tx: &mut Tx,
    tenant: TenantId,
    (file, origin): (&AchFile, &Origin),
    (moment, now): (Moment, Timestamp),
) -> Result<(), AchError> {
    let planned = file.planned()?;
    let reached = reached_in(tx, tenant, origin, planned, (moment, now))?.max(planned);
    let mut left = entries::of_file(tx, &ach.keys, tenant, file.id)?;
    // A bank that is quick may have sent some back.
    left.retain(|entry| entry.state == EntryState::InFile);
    if reached > planned {
        for entry in &mut left {
            entity::settle_late(entry, planned, reached);
        }
        entries::update_many(tx, tenant, &left)?;
        let updates = left.iter().filter_map(|entry| {
            Some(Update {
                payment: entry.moves()?,
                told: Told::Noted,
                told_at: told_at::submitted(planned.day),
                reason: String::new(),
                charge_on: entry.settles_on,
                reference: None,
            })
        });
        let updates: Vec<Update> = updates.collect();
        tell_many_in(tx, &ach.owners, tenant, moment, &updates)?;
    }
    settle_with_in(tx, tenant, file, reached.window, &left)
}

/// The entries of a file that has reached a window wait for their settlement.
pub(crate) fn settle_with_in(
    tx: &mut Tx,
    tenant: TenantId,
    file: &AchFile,
    reached: Window,
    left: &[Entry],
) -> Result<(), AchError> {
    repo::set_reached(tx, tenant, file.id, reached)?;
    let settles = left.iter().filter_map(|entry| Some((entry, entry.settles_on?)));
    Ok(entries::wait_many(tx, tenant, Wait::Settlement, settles)?)
}

/// The slot that a file reaches which is handed over now.
fn reached_in(
    tx: &mut Tx,
    tenant: TenantId,
    origin: &Origin,
    planned: Slot,
    (moment, now): (Moment, Timestamp),
) -> Result<Slot, AchError> {
    if !day::state_in(tx, tenant)?.simulated {
        return Ok(Slot::reached_at(eastern(now), &origin.cut_offs()));
    }
    // The clock knows only days: a file that leaves on its own is in time, and a later one is in the evening's.
    if moment.on <= planned.day {
        return Ok(planned);
    }
    Ok(Slot { day: CALENDAR.on_or_after(moment.on), window: Window::NextDay })
}
