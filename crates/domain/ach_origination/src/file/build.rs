//! Building the file of a window.

use std::collections::{BTreeMap, BTreeSet};

use florin_ach::File;
use florin_ach::simulate::{self, Answering};
use florin_ach::window::{Slot, Window};
use florin_crypto::KeyRing;
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchFileId, AchOriginId, TenantId};
use florin_jobs::{NewJob, enqueue_in};
use florin_payments::{Moment, Owners, Told, Update, tell_many_in};
use florin_storage::Tx;
use jiff::civil::{Date, DateTime};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::numbers::Numbers;
use super::{AchFile, FileDirection, FileState, Once, entity, repo, settle_with_in};
use crate::alert::alert_in;
use crate::delivery::SEND;
use crate::entry::Entry;
use crate::entry::repo::{self as entries, Wait};
use crate::origin::{self, Bank, Origin};
use crate::{Ach, AchError, told_at};

/// Builds the files of a window, if something waits for it and nobody has built it. `at` is the Eastern time that the
/// files carry. Answers the files.
pub(crate) fn build_in(
    tx: &mut Tx,
    ach: &Ach,
    (tenant, origin): (TenantId, AchOriginId),
    (slot, at): (Slot, DateTime),
    moment: Moment,
) -> Result<Vec<AchFileId>, AchError> {
    let keys = &ach.keys;
    let Some(origin) = origin::repo::lock(tx, keys, tenant, origin)? else {
        return Ok(Vec::new());
    };
    let mut built = Vec::new();
    if repo::exists(tx, tenant, &once(&origin, slot, 0))? {
        return Ok(built);
    }
    loop {
        let mut due = due_in(tx, ach, tenant, &origin, slot)?;
        if due.is_empty() {
            break;
        }
        let mut numbers = Numbers::hold_in(tx, tenant, &origin)?;
        let Some(modifier) = numbers.modifier_in(tx, at.date())? else {
            tell_full_in(tx, tenant, &origin, at.date(), moment)?;
            break;
        };
        let file = entity::compose(&origin, &mut numbers, &mut due, slot, (at, modifier))?;
        numbers.keep_in(tx)?;
        let key = once(&origin, slot, built.len());
        let counted = Once { key: &key, numbers: Some(&numbers) };
        let kept = keep_in(tx, keys, tenant, (&origin, counted), (slot, &file), moment)?;
        for entry in &mut due {
            entry.file = Some(kept.id);
        }
        hand_on_in(tx, &ach.owners, tenant, &due, slot, moment)?;
        if kept.state == FileState::Sent {
            settle_with_in(tx, tenant, &kept, slot.window, &due)?;
        }
        if origin.bank == Bank::Simulated {
            foresee_in(tx, keys, tenant, &origin, &file, &due)?;
        }
        built.push(kept.id);
    }
    Ok(built)
}

/// What a window takes: same-day windows only what asks for that, the last window of the day everything.
fn due_in(
    tx: &mut Tx,
    ach: &Ach,
    tenant: TenantId,
    origin: &Origin,
    slot: Slot,
) -> Result<Vec<Entry>, AchError> {
    let (place, only_same_day) = ((tenant, origin.id), slot.window != Window::NextDay);
    let max = ach.entries_max;
    let mut due = entries::due_for_file(tx, &ach.keys, place, (slot.day, only_same_day), max)?;
    if due.len() == max {
        // What proves an account leaves in one file, or the bank refuses it.
        let cut = due.last().filter(|last| last.is_trial()).map(|last| last.reference.clone());
        let mut whole = due.len();
        while whole > 0
            && due[whole - 1].is_trial()
            && Some(&due[whole - 1].reference) == cut.as_ref()
        {
            whole -= 1;
        }
        // A file that nothing else is in takes what it can.
        if whole > 0 {
            due.truncate(whole);
        }
    }
    Ok(due)
}

/// A sender has no letter left for another file of the day: what waits goes with a later one.
fn tell_full_in(
    tx: &mut Tx,
    tenant: TenantId,
    origin: &Origin,
    day: Date,
    moment: Moment,
) -> Result<(), AchError> {
    let sender = origin.immediate_origin.as_str();
    let reason = format!("{sender} has made as many files on {day} as may be: entries wait");
    alert_in(
        tx,
        tenant,
        format!("ach_origin:{}", origin.id),
        json!({ "reason": reason }),
        moment.at,
    )
}

fn once(origin: &Origin, slot: Slot, number: usize) -> String {
    format!("out:{}:{}:{}:{number}", origin.id, slot.day, slot.window)
}

/// Whether the last window of a day has its file.
pub(crate) fn is_last_made(
    tx: &mut Tx,
    tenant: TenantId,
    origin: &Origin,
    day: Date,
) -> Result<bool, AchError> {
    let slot = Slot { day, window: Window::NextDay };
    Ok(repo::exists(tx, tenant, &once(origin, slot, 0))?)
}

/// Writes the file down, with the work of handing it over.
fn keep_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    (origin, once): (&Origin, Once<'_>),
    (slot, file): (Slot, &File),
    moment: Moment,
) -> Result<AchFile, AchError> {
    let bytes = florin_ach::write(file)?;
    let totals = file.totals();
    let cents = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let count: usize = file.batches.iter().map(|batch| batch.entries.len()).sum();
    let modifier = file.header.modifier.to_string();
    let has_receiver = origin.delivery.is_some();
    let kept = AchFile {
        id: AchFileId::new(),
        origin: origin.id,
        direction: FileDirection::Out,
        day: slot.day,
        slot: slot.window.to_string(),
        made_on: file.header.created_on,
        name: name_of(origin, file),
        modifier,
        sha256: sha256(&bytes),
        entries: i64::try_from(count).unwrap_or(i64::MAX),
        debits_cents: cents(totals.debit_cents),
        credits_cents: cents(totals.credit_cents),
        unmatched: 0,
        state: if has_receiver { FileState::Built } else { FileState::Sent },
        draft: None,
        created_at: moment.at,
        sent_at: None,
    };
    repo::insert(tx, keys, tenant, (&kept, once), &bytes)?;
    if has_receiver {
        let job = NewJob {
            tenant,
            kind: SEND,
            idempotency_key: kept.id.to_string(),
            ordering_key: Some(format!("ach:{}", origin.id)),
            sequence: 0,
            payload: json!({ "file": kept.id }),
            run_at: None,
        };
        enqueue_in(tx, &[job])?;
    }
    let event = NewEvent {
        kind: kinds::ACH_FILE_CREATED,
        resource: format!("ach_file:{}", kept.id),
        occurred_at: moment.at,
        data: file_data(&kept),
    };
    append_in(tx, tenant, &[event])?;
    Ok(kept)
}

/// What a file is called: no two alike whose sender and destination are not, and nothing that a folder could mistake.
fn name_of(origin: &Origin, file: &File) -> String {
    let plain = |found: char| if found.is_ascii_alphanumeric() { found } else { '_' };
    let sender: String = origin.immediate_origin.as_str().trim().chars().map(plain).collect();
    let (to, header) = (origin.destination, &file.header);
    format!("{sender}-{to}-{}-{}.ach", header.created_on, header.modifier)
}

/// What listeners are told of a file.
pub(crate) fn file_data(file: &AchFile) -> serde_json::Value {
    json!({
        "id": file.id.to_string(),
        "day": file.day.to_string(),
        "window": file.slot,
        "name": file.name,
        "entries": file.entries,
        "debits_cents": file.debits_cents,
        "credits_cents": file.credits_cents,
    })
}

/// The entries no longer wait for a file, and their payments are on their way.
fn hand_on_in(
    tx: &mut Tx,
    owners: &Owners,
    tenant: TenantId,
    due: &[Entry],
    slot: Slot,
    moment: Moment,
) -> Result<(), AchError> {
    let ids = due.iter().map(|entry| entry.id.uuid()).collect();
    entries::stop_waiting(tx, tenant, Wait::File, ids)?;
    entries::update_many(tx, tenant, due)?;
    let updates = due.iter().filter_map(|entry| {
        Some(Update {
            payment: entry.moves()?,
            told: Told::Submitted,
            told_at: told_at::submitted(slot.day),
            reason: String::new(),
            charge_on: entry.settles_on,
            reference: entry.trace.map(|trace| format!("{:015}", trace.number())),
        })
    });
    let updates: Vec<Update> = updates.collect();
    tell_many_in(tx, owners, tenant, moment, &updates)?;
    Ok(())
}

/// What the simulated bank will answer to the file, each answer kept until its day.
fn foresee_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    origin: &Origin,
    file: &File,
    due: &[Entry],
) -> Result<(), AchError> {
    let settles: BTreeMap<_, Date> =
        due.iter().filter_map(|entry| Some((entry.trace?.number(), entry.settles_on?))).collect();
    let days: BTreeSet<Date> = settles.values().copied().collect();
    for settled_on in days {
        let mut part = file.clone();
        part.batches.retain(|batch| {
            let first = batch.entries.first().map(|entry| entry.trace.number());
            first.and_then(|trace| settles.get(&trace)) == Some(&settled_on)
        });
        let mut by_day: BTreeMap<Date, Vec<simulate::Answer>> = BTreeMap::new();
        for answer in simulate::answers(&part, settled_on) {
            by_day.entry(answer.due_on).or_default().push(answer);
        }
        for (due_on, answers) in by_day {
            let facts = Answering {
                on: due_on,
                at: None,
                modifier: file.header.modifier,
                first_sequence: 1,
            };
            let Some(answering) = simulate::answering_file(&part, &answers, &facts) else {
                continue;
            };
            let bytes = florin_ach::write(&answering)?;
            let name = format!("answer-{due_on}-{}.ach", file.header.modifier);
            repo::insert_answer(tx, keys, tenant, origin.id, due_on, (&name, &bytes))?;
        }
    }
    Ok(())
}

/// SHA-256 of a file's bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
