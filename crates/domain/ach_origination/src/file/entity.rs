//! From entries to a file. Pure.

use std::collections::BTreeMap;

use florin_ach::window::Slot;
use florin_ach::{
    Batch, BatchHeader, File, FileIdModifier, OriginatorStatus, Sec, ServiceClass, Text, Trace,
    deadline,
};
use jiff::civil::{Date, DateTime};

use super::numbers::Numbers;
use crate::AchError;
use crate::entry::{Entry, EntryKind, EntryState};
use crate::origin::Origin;

/// What entries of a batch have in common: class, description, and the day on which they are to settle.
type BatchKey = (&'static str, String, Date);

/// Makes one file of `entries`, which are numbered and get the day on which they settle.
///
/// # Errors
/// [`AchError::NumbersRunOut`]; [`AchError::Stored`] for an account number that the network can't hold.
pub(super) fn compose(
    origin: &Origin,
    numbers: &mut Numbers,
    entries: &mut [Entry],
    slot: Slot,
    (at, modifier): (DateTime, FileIdModifier),
) -> Result<File, AchError> {
    let mut groups: BTreeMap<BatchKey, (Sec, Vec<usize>)> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let effective_on = effective_on(entry, slot);
        let key = (entry.sec.as_str(), entry.description.as_str().to_owned(), effective_on);
        groups.entry(key).or_insert_with(|| (entry.sec, Vec::new())).1.push(index);
    }
    let mut batches = Vec::with_capacity(groups.len());
    for (number, ((_, description, effective_on), (sec, indexes))) in (1..).zip(groups) {
        let mut items = Vec::with_capacity(indexes.len());
        let mut same_day = false;
        for index in indexes {
            let entry = &mut entries[index];
            let trace = numbers.next_trace()?;
            items.push(entry.in_file(trace).ok_or(AchError::Stored)?);
            same_day |= entry.same_day;
            entry.trace = Some(trace);
            settle_through(entry, slot, effective_on);
            entry.state = EntryState::InFile;
        }
        let descriptive_date = if same_day { slot.window.descriptive_date() } else { "" };
        let header = header(origin, sec, Text::fit(&description), &items, effective_on);
        let header =
            BatchHeader { descriptive_date: Text::fit(descriptive_date), number, ..header };
        batches.push(Batch { header, entries: items });
    }
    Ok(File { header: origin.header(at, modifier), batches })
}

fn header(
    origin: &Origin,
    sec: Sec,
    description: Text<10>,
    items: &[florin_ach::Entry],
    effective_on: Date,
) -> BatchHeader {
    BatchHeader {
        service_class: ServiceClass::of(items),
        company_name: origin.company_name,
        discretionary: origin.discretionary,
        company_id: origin.company_id,
        sec,
        description,
        descriptive_date: Text::EMPTY,
        effective_on: Some(effective_on),
        settlement_day: None,
        originator_status: OriginatorStatus::Bank,
        bank: origin.odfi,
        number: 1,
    }
}

/// Why the network cannot carry an entry, as a sentence; `None` when it can. Found out when it is asked for, because one
/// such entry would hold up the file of everybody.
pub(crate) fn objection(origin: &Origin, entry: &Entry) -> Option<String> {
    let Some(item) = Trace::new(origin.odfi, 1).and_then(|trace| entry.in_file(trace)) else {
        return Some("The ACH network does not take this account number.".to_owned());
    };
    let items = std::slice::from_ref(&item);
    let header = header(origin, entry.sec, entry.description, items, entry.wanted_on);
    let mut found = None;
    florin_ach::rules::entry(&header, &item, &mut |field, fault| {
        found.get_or_insert_with(|| {
            format!("The ACH network does not take it: {}: {fault}.", field.name)
        });
    });
    found
}

/// The day on which an entry asks to settle, in a file that is made for this slot.
fn effective_on(entry: &Entry, slot: Slot) -> Date {
    entry.wanted_on.max(slot.earliest_effective(entry.same_day))
}

fn settle_through(entry: &mut Entry, slot: Slot, effective_on: Date) {
    let settles_on = slot.settles(Some(effective_on), entry.same_day).date();
    entry.settles_on = Some(settles_on);
    entry.final_on = Some(match entry.kind {
        EntryKind::Prenote => deadline::live_after_prenote(settles_on),
        EntryKind::Live | EntryKind::Reversal => deadline::final_on(settles_on),
    });
}

/// Has an entry settle when it does in a file that was made for one slot and has only reached another.
pub(super) fn settle_late(entry: &mut Entry, planned: Slot, reached: Slot) {
    let effective_on = effective_on(entry, planned);
    settle_through(entry, reached, effective_on);
}
