//! Whose entry an answer of a bank is about.
//!
//! A trace number alone does not say it: numbers begin anew, and banks make mistakes. What comes back repeats the entry
//! (NACHA Operating Rules, Appendix Four, "Return Entries", and Appendix Five, "Notification of Change": the receiver's
//! bank, account number and identification as in the original). An answer that contradicts the entry of its number, or
//! fits several, is left to a person.

use std::collections::{BTreeSet, HashMap};

use florin_ach::{File, RoutingNumber, Text, Trace};
use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_storage::Tx;

use crate::AchError;
use crate::entry::repo::{self as entries};
use crate::entry::{Entry, EntryState};
use crate::origin::{Bank, Origin};

/// What an answer says of the entry that it is about.
pub(super) struct Claim<'a> {
    /// Its number.
    pub trace: Trace,
    bank: RoutingNumber,
    is_return: bool,
    item: &'a florin_ach::Entry,
}

impl<'a> Claim<'a> {
    /// What a return or a notification of change says; `None` for anything else.
    pub(super) fn of(item: &'a florin_ach::Entry) -> Option<Self> {
        if let Some(found) = item.as_return() {
            let (trace, bank) = (found.original_trace, found.original_bank);
            return Some(Self { trace, bank, is_return: true, item });
        }
        // A refusal of a notification is about none of ours: we send none.
        let change = item.as_change().filter(|change| change.refused.is_none())?;
        let (trace, bank) = (change.original_trace, change.original_bank);
        Some(Self { trace, bank, is_return: false, item })
    }

    /// The one entry of the tenant that can be meant.
    pub(super) fn find_in(
        &self,
        tx: &mut Tx,
        keys: &KeyRing,
        tenant: TenantId,
        bank: Bank,
    ) -> Result<Option<Entry>, AchError> {
        let mut known = entries::answered(tx, keys, tenant, self.trace, bank)?;
        known.retain(|entry| self.is_about(entry) && (!self.is_return || can_return(entry)));
        Ok(known.pop().filter(|_| known.is_empty()))
    }

    fn is_about(&self, entry: &Entry) -> bool {
        let details = &entry.details;
        let is_whole = || u64::try_from(entry.amount_cents) == Ok(self.item.amount_cents);
        details.routing.first_eight() == self.bank.first_eight()
            && plain(self.item.individual_id.as_str())
                == plain(Text::<15>::fit(&entry.reference).as_str())
            && plain(self.item.account.as_str()) == plain(details.account.expose())
            && (!self.is_return || is_whole())
    }
}

/// Of each answer in a file of a bank, in its order, the tenants there that had the entry which it is about, also one that
/// has come back already. The simulated bank is each tenant's own.
pub(super) fn owners_in(
    tx: &mut Tx,
    keys: &KeyRing,
    origin: &Origin,
    file: &File,
) -> Result<Vec<BTreeSet<TenantId>>, AchError> {
    let items = file.batches.iter().flat_map(|batch| &batch.entries);
    let claims: Vec<Option<Claim<'_>>> = items.map(Claim::of).collect();
    let mut known: HashMap<Trace, Vec<(TenantId, Entry)>> = HashMap::new();
    if origin.bank == Bank::Real {
        let traces = claims.iter().flatten().map(|claim| claim.trace);
        for (tenant, entry) in entries::numbered_at(tx, keys, origin.odfi, traces)? {
            let trace = entry.trace.ok_or(AchError::Stored)?;
            known.entry(trace).or_default().push((tenant, entry));
        }
    }
    let owners = claims.iter().map(|claim| {
        let Some(claim) = claim else { return BTreeSet::new() };
        let numbered = known.get(&claim.trace).into_iter().flatten();
        numbered.filter(|(_, entry)| claim.is_about(entry)).map(|(tenant, _)| *tenant).collect()
    });
    Ok(owners.collect())
}

/// What banks leave of an account number or an identification: no spaces, no zeros in front.
fn plain(text: &str) -> String {
    let known = text.chars().filter(char::is_ascii_alphanumeric);
    let known: String = known.map(|it| it.to_ascii_uppercase()).collect();
    known.trim_start_matches('0').to_owned()
}

fn can_return(entry: &Entry) -> bool {
    matches!(entry.state, EntryState::InFile | EntryState::Settled | EntryState::Cleared)
}
