//! From entries to a file. Pure.

use std::collections::BTreeMap;

use florin_ach::window::Slot;
use florin_ach::{
    Batch, BatchHeader, File, FileIdModifier, OriginatorStatus, Sec, ServiceClass, Text, Trace,
};
use jiff::civil::{Date, DateTime};

use crate::AchError;
use crate::entry::{Entry, EntryState};
use crate::origin::Origin;

/// What entries of a batch have in common: class, description, and the day on which they are to settle.
type BatchKey = (&'static str, String, Date);

/// Makes one file of `entries`, which are numbered and get the day on which they settle.
///
/// # Errors
/// [`AchError::NumbersRunOut`]; [`AchError::Stored`] for an account number that the network can't hold.
pub(super) fn compose(
    origin: &mut Origin,
    entries: &mut [Entry],
    slot: Slot,
    at: DateTime,
    modifier: FileIdModifier,
) -> Result<File, AchError> {
    let mut groups: BTreeMap<BatchKey, (Sec, Vec<usize>)> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let effective_on = entry.wanted_on.max(slot.earliest_effective(entry.same_day));
        let key = (entry.sec.as_str(), entry.description.as_str().to_owned(), effective_on);
        groups.entry(key).or_insert_with(|| (entry.sec, Vec::new())).1.push(index);
    }
    let mut batches = Vec::with_capacity(groups.len());
    for (number, ((_, description, effective_on), (sec, indexes))) in (1..).zip(groups) {
        let mut items = Vec::with_capacity(indexes.len());
        let mut same_day = false;
        for index in indexes {
            let entry = &mut entries[index];
            let trace = next_trace(origin)?;
            items.push(entry.in_file(trace).ok_or(AchError::Stored)?);
            let settles_on = slot.settles(Some(effective_on), entry.same_day).date();
            same_day |= entry.same_day;
            entry.trace = Some(trace);
            entry.settles_on = Some(settles_on);
            entry.final_on = Some(florin_ach::deadline::final_on(settles_on));
            entry.state = EntryState::InFile;
        }
        let descriptive_date = if same_day { slot.window.descriptive_date() } else { "" };
        let header = BatchHeader {
            service_class: ServiceClass::of(&items),
            company_name: origin.company_name,
            discretionary: origin.discretionary,
            company_id: origin.company_id,
            sec,
            description: Text::fit(&description),
            descriptive_date: Text::fit(descriptive_date),
            effective_on: Some(effective_on),
            settlement_day: None,
            originator_status: OriginatorStatus::Bank,
            bank: origin.odfi,
            number,
        };
        batches.push(Batch { header, entries: items });
    }
    Ok(File { header: origin.header(at, modifier), batches })
}

/// The next number of the origin's bank; after 9,999,999 they begin anew.
fn next_trace(origin: &mut Origin) -> Result<Trace, AchError> {
    let next = origin.trace_sequence % Trace::MAX_SEQUENCE + 1;
    origin.trace_sequence = next;
    Trace::new(origin.odfi, next).ok_or(AchError::NumbersRunOut)
}
