//! Building the file of a window.

use std::collections::{BTreeMap, BTreeSet};

use florin_ach::simulate::{self, Answering};
use florin_ach::window::{Slot, Window};
use florin_ach::{File, FileIdModifier};
use florin_crypto::KeyRing;
use florin_events::{NewEvent, append_in, kinds};
use florin_ids::{AchFileId, AchOriginId, TenantId};
use florin_jobs::{NewJob, enqueue_in};
use florin_payments::{Moment, Owners, Told, Update, tell_many_in};
use florin_storage::Tx;
use jiff::civil::{Date, DateTime};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{AchFile, FileDirection, FileState, entity, repo};
use crate::AchError;
use crate::delivery::SEND;
use crate::entry::Entry;
use crate::entry::repo::{self as entries, Wait};
use crate::origin::{self, Bank, Origin};
use crate::told_at;

/// Entries of one file; what is more goes into the next file of the window.
const ENTRIES_MAX: usize = 50_000;

/// Builds the files of a window, if something waits for it and nobody has built it. `at` is the Eastern time that the
/// files carry. Answers the files.
pub(crate) fn build_in(
    tx: &mut Tx,
    keys: &KeyRing,
    owners: &Owners,
    (tenant, origin): (TenantId, AchOriginId),
    (slot, at): (Slot, DateTime),
    moment: Moment,
) -> Result<Vec<AchFileId>, AchError> {
    let Some(mut origin) = origin::repo::lock(tx, keys, tenant, origin)? else {
        return Ok(Vec::new());
    };
    let mut built = Vec::new();
    if repo::exists(tx, tenant, &once(&origin, slot, 0))? {
        return Ok(built);
    }
    loop {
        let mut due = due_in(tx, keys, tenant, &origin, slot)?;
        if due.is_empty() {
            break;
        }
        let made = repo::made_on(tx, tenant, origin.id, at.date())?;
        let modifier = u8::try_from(made).ok().and_then(FileIdModifier::nth);
        let modifier = modifier.ok_or(AchError::NumbersRunOut)?;
        let file = entity::compose(&mut origin, &mut due, slot, at, modifier)?;
        let key = once(&origin, slot, built.len());
        let kept = keep_in(tx, keys, tenant, (&origin, &key), (slot, &file), moment)?;
        for entry in &mut due {
            entry.file = Some(kept.id);
        }
        hand_on_in(tx, owners, tenant, &due, slot, moment)?;
        if origin.bank == Bank::Simulated {
            foresee_in(tx, keys, tenant, &origin, &file, &due)?;
        }
        built.push(kept.id);
    }
    origin::repo::set_trace_sequence(tx, tenant, origin.id, origin.trace_sequence)?;
    Ok(built)
}

/// What a window takes: same-day windows only what asks for that, the last window of the day everything.
fn due_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    origin: &Origin,
    slot: Slot,
) -> Result<Vec<Entry>, AchError> {
    let wait = (Wait::File, slot.day);
    let mut due = entries::due(tx, keys, tenant, wait, Some(origin.id), ENTRIES_MAX)?;
    if due.len() == ENTRIES_MAX {
        // What proves an account leaves in one file, or the bank refuses it.
        let cut = due.last().filter(|last| last.is_trial()).map(|last| last.reference.clone());
        while due
            .last()
            .is_some_and(|last| last.is_trial() && Some(&last.reference) == cut.as_ref())
        {
            due.pop();
        }
    }
    if slot.window != Window::NextDay {
        due.retain(|entry| entry.same_day);
    }
    Ok(due)
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
    (origin, once): (&Origin, &str),
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

/// What a file is called: no two of an origin alike, and nothing that a folder could mistake.
fn name_of(origin: &Origin, file: &File) -> String {
    let plain = |found: char| if found.is_ascii_alphanumeric() { found } else { '_' };
    let sender: String = origin.immediate_origin.as_str().trim().chars().map(plain).collect();
    format!("{sender}-{}-{}.ach", file.header.created_on, file.header.modifier)
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

/// The entries no longer wait for a file but for their settlement, and their payments are on their way.
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
    let settles = due.iter().filter_map(|entry| Some((entry, entry.settles_on?)));
    entries::wait_many(tx, tenant, Wait::Settlement, settles)?;
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
