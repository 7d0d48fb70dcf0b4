//! Taking back what was sent by mistake (NACHA Operating Rules, Article Two, "Reversing Entries" and "Reversing Files").
//!
//! A reversal is an entry of its own: the same company, class, account and amount, the other way, described REVERSAL. What
//! it takes back has moved until the reversal is final; its owner knows that it is on its way back, and its payment has
//! failed in the end, for the reason `reversed`. A reversal that comes back has taken nothing back.

use std::collections::BTreeSet;

use florin_ach::window::{CALENDAR, Slot, eastern};
use florin_ach::{Trace, deadline};
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchEntryId, AchFileId, TenantId};
use florin_payments::{Moment, Told, Update, tell_many_in};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::entry::repo::{self as entries, Wait};
use crate::entry::{Entry, EntryKind, EntryState};
use crate::file::{FileDirection, build, repo as files};
use crate::origin::{self, Origin};
use crate::rail::call_off_in;
use crate::{Ach, AchError};

/// What was sent by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erroneous {
    /// Every entry of a file.
    File(AchFileId),
    /// One entry.
    Entry(AchEntryId),
    /// The newest entry of this number in the network.
    Trace(Trace),
}

/// What is taken back.
#[derive(Debug, Clone)]
pub struct Reversal {
    /// The entries that take it back; they wait for the next file.
    pub entries: Vec<Entry>,
    /// When they settle, if that file goes out in time.
    pub settles_on: Date,
    /// Entries of the file that cannot be taken back, with the reason as a sentence.
    pub passed_over: Vec<(Entry, String)>,
}

/// How the reversal of an entry stands that has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is none.
    None,
    /// It had not left, and does not any more.
    CalledOff,
    /// It has left: both moved the money, which wants a person's look.
    HasLeft,
}

impl Ach {
    /// Takes back what was sent by mistake. Of a file, what cannot be taken back is passed over and said.
    ///
    /// # Errors
    /// [`AchError::NotFound`]; [`AchError::Conflict`] with the reason when nothing can be taken back: it has not left, has
    /// come back, moved no money, is a reversal, was reversed before, or settled too long ago (the reversal has to settle
    /// within five banking days).
    pub async fn reverse(&self, caller: &Caller, what: Erroneous) -> Result<Reversal, AchError> {
        let (ach, caller) = (self.clone(), caller.clone());
        self.db
            .write(move |tx| {
                let moment = florin_payments::moment_in(tx, caller.tenant, caller.now)?;
                ach.reverse_in(tx, &caller, what, moment)
            })
            .await
    }

    pub(crate) fn reverse_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        what: Erroneous,
        moment: Moment,
    ) -> Result<Reversal, AchError> {
        let tenant = caller.tenant;
        let origin = self.found_in(tx, tenant, what)?.1;
        // Held, so that an entry is taken back once, and then read again: it may have come back meanwhile.
        let origin = origin::repo::lock(tx, &self.keys, tenant, origin)?.ok_or(AchError::Stored)?;
        let (found, _) = self.found_in(tx, tenant, what)?;
        let day = next_file_on(tx, caller, &origin, moment)?;
        let ids = found.iter().map(|entry| entry.id.uuid()).collect();
        let reversed = entries::reversed(tx, tenant, ids)?;
        let (mut made, mut passed_over) = (Vec::new(), Vec::new());
        let mut settles_on = CALENDAR.after(day);
        for entry in found {
            match objection(&entry, &reversed, CALENDAR.after(day)) {
                Ok(on) => {
                    settles_on = settles_on.max(on);
                    made.push((entry.reversing(on, moment.at), entry));
                }
                Err(why) => passed_over.push((entry, why)),
            }
        }
        if made.is_empty() {
            let words = passed_over.into_iter().next().map(|(_, why)| why);
            let words = words.unwrap_or_else(|| "There is nothing to take back.".to_owned());
            return Err(AchError::Conflict(words));
        }
        tell_in(tx, tenant, &made, moment)?;
        self.hold_in(tx, tenant, &made, moment)?;
        let entries: Vec<Entry> = made.into_iter().map(|(reversal, _)| reversal).collect();
        entries::insert_many(tx, &self.keys, tenant, &entries)?;
        let due = entries.iter().map(|entry| (entry, entry.handed_over_on()));
        entries::wait_many(tx, tenant, Wait::File, due)?;
        Ok(Reversal { entries, settles_on, passed_over })
    }

    /// Tells the owners of the payments, so that nobody spends what is being taken back.
    fn hold_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        made: &[(Entry, Entry)],
        moment: Moment,
    ) -> Result<(), AchError> {
        let asked = made.iter().filter_map(|(reversal, _)| {
            Some(Update {
                payment: reversal.payment?,
                told: Told::ReversalAsked,
                told_at: moment.at,
                reason: String::new(),
                charge_on: None,
                reference: None,
            })
        });
        tell_many_in(tx, &self.owners, tenant, moment, &asked.collect::<Vec<_>>())?;
        Ok(())
    }

    /// The entries that are meant, and whose they are.
    fn found_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        what: Erroneous,
    ) -> Result<(Vec<Entry>, florin_ids::AchOriginId), AchError> {
        let found = match what {
            Erroneous::File(id) => {
                let file = files::get(tx, tenant, id)?.ok_or(AchError::NotFound("ACH file"))?;
                if file.direction == FileDirection::In {
                    let words = "The file is the bank's: only our own files can be reversed.";
                    return Err(AchError::Conflict(words.to_owned()));
                }
                return Ok((entries::of_file(tx, &self.keys, tenant, id)?, file.origin));
            }
            Erroneous::Entry(id) => entries::get_many(tx, &self.keys, tenant, vec![id.uuid()])?,
            Erroneous::Trace(trace) => entries::by_trace(tx, &self.keys, tenant, trace)?,
        };
        let entry = found.into_iter().next().ok_or(AchError::NotFound("ACH entry"))?;
        let origin = entry.origin;
        Ok((vec![entry], origin))
    }

    /// An entry has come back: a reversal of it that has not left is called off. Answers how its reversal stands.
    pub(crate) fn stop_reversal_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        entry: &Entry,
    ) -> Result<Standing, AchError> {
        let mut standing = entries::reversals_of(tx, &self.keys, tenant, entry.id)?;
        if standing.is_empty() {
            return Ok(Standing::None);
        }
        let all = standing.len();
        standing.retain(|it| it.state == EntryState::Waiting);
        let has_left = standing.len() < all;
        call_off_in(tx, tenant, standing)?;
        Ok(if has_left { Standing::HasLeft } else { Standing::CalledOff })
    }
}

/// The day whose file carries what is asked for now.
fn next_file_on(
    tx: &mut Tx,
    caller: &Caller,
    origin: &Origin,
    moment: Moment,
) -> Result<Date, AchError> {
    if day::state_in(tx, caller.tenant)?.simulated {
        // The windows of the business date have closed, or do with the next day.
        return Ok(CALENDAR.after(moment.on));
    }
    let today = Slot::reached_at(eastern(caller.now), &origin.cut_offs()).day;
    let is_made = build::is_last_made(tx, caller.tenant, origin, today)?;
    Ok(if is_made { CALENDAR.after(today) } else { today })
}

/// The day on which the entry's reversal settles at the earliest; or why it cannot be taken back, as a sentence.
fn objection(
    entry: &Entry,
    reversed: &BTreeSet<AchEntryId>,
    earliest: Date,
) -> Result<Date, String> {
    match entry.kind {
        EntryKind::Prenote => return Err("A prenote has moved nothing.".to_owned()),
        EntryKind::Reversal => return Err("A reversal cannot be reversed.".to_owned()),
        EntryKind::Live => {}
    }
    match entry.state {
        EntryState::Waiting => {
            return Err("The entry has not left yet: cancel its payment.".to_owned());
        }
        EntryState::Cancelled => return Err("The entry was called off in time.".to_owned()),
        EntryState::Returned => {
            return Err(format!("The entry has come back already ({}).", entry.return_code));
        }
        EntryState::InFile | EntryState::Settled | EntryState::Cleared => {}
    }
    if reversed.contains(&entry.id) {
        return Err("The entry was reversed before.".to_owned());
    }
    let Some(settled_on) = entry.settles_on else {
        return Err("The entry has no day of settlement.".to_owned());
    };
    let (on, last) = (earliest.max(settled_on), deadline::reverse_by(settled_on));
    if on > last {
        return Err(format!(
            "The entry settled on {settled_on}: a reversal would have to settle by {last}, and could on {on}."
        ));
    }
    Ok(on)
}

fn tell_in(
    tx: &mut Tx,
    tenant: TenantId,
    made: &[(Entry, Entry)],
    moment: Moment,
) -> Result<(), AchError> {
    let events: Vec<NewEvent> = made
        .iter()
        .map(|(reversal, _)| NewEvent {
            kind: kinds::ACH_REVERSAL_REQUESTED,
            resource: format!("external_account:{}", reversal.reference),
            occurred_at: moment.at,
            data: facts(reversal),
        })
        .collect();
    append_in(tx, tenant, &events)?;
    Ok(())
}

/// What listeners are told of a reversal.
pub(crate) fn facts(reversal: &Entry) -> Value {
    json!({
        "external_account": reversal.reference,
        "direction": reversal.direction.as_str(),
        "amount_cents": reversal.amount_cents,
        "entry": reversal.id.to_string(),
        "reverses": reversal.reverses.map(|id| id.to_string()),
        "payment": reversal.payment.map(|id| id.to_string()),
        "settles_on": reversal.settles_on.unwrap_or(reversal.wanted_on).to_string(),
    })
}
