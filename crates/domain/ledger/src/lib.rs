//! The double-entry ledger: what every domain books on, and what proves it.
//!
//! An [`Entry`] has two or more postings that sum to zero; debits are positive, credits negative, in
//! minor units. It is posted at once or *pending*, and a pending one is later posted or voided
//! ([`resolve_many_in`]). Entries are never changed: what was wrong is mirrored by a new entry
//! ([`reversal_in`]). The business id doubles as the entry's id, so booking the same thing twice books
//! it once. Balances are kept beside the postings and proven from them by [`verify_in`].
//!
//! Many is the primitive: [`post_many_in`] books a batch with one bulk statement a table.

mod account;
mod entry;
mod error;
mod repo;
mod verify;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_ids::{EntryId, TenantId};
use florin_money::Currency;
use florin_storage::{MigrationSet, Tx};

pub use account::{Account, AccountKey, AccountNo, Balance, Kind, TrialBalanceLine};
pub use entry::{Entry, Posting};
pub use error::LedgerError;
pub use verify::{Proof, verify_in};

/// The ledger's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "ledger",
    files: &[("0001_ledger.sql", include_str!("../migrations/0001_ledger.sql"))],
};

/// What becomes of a pending entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened: the pending amounts become posted ones.
    Posted,
    /// It did not: the pending amounts go.
    Voided,
}

/// The end of one pending entry.
#[derive(Debug, Clone, Copy)]
pub struct Resolution {
    /// The pending entry.
    pub entry: EntryId,
    /// What became of it.
    pub outcome: Outcome,
    /// The business date of the resolution.
    pub effective_on: Date,
    /// The time it was recorded.
    pub recorded_at: Timestamp,
}

/// Books `entries`, all or none, and answers how many were new.
///
/// An entry whose id is booked already with the same lines is passed over.
///
/// # Errors
/// [`LedgerError::Unbalanced`], [`LedgerError::TooFewPostings`] or [`LedgerError::Overflow`] for an entry that can't
/// be, [`LedgerError::Mismatch`] for a known id with other lines. The transaction must not be committed then.
pub fn post_many_in(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &[Entry],
) -> Result<usize, LedgerError> {
    for entry in entries {
        entry.check()?;
    }
    let inserted = repo::insert_new_entries(tx, tenant, entries)?;
    let new = if inserted == entries.len() {
        entries.iter().collect()
    } else {
        unknown_entries_in(tx, tenant, entries)?
    };
    let mut changes = Changes::default();
    for entry in &new {
        for posting in &entry.postings {
            changes.book(posting.account, entry.currency, posting.amount_minor, entry.pending)?;
        }
    }
    repo::insert_postings(tx, tenant, &new)?;
    repo::add_to_balances(tx, tenant, &changes)?;
    Ok(new.len())
}

/// Those of `entries`, whose heads have just been inserted where they were new, that have no postings yet.
fn unknown_entries_in<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    entries: &'a [Entry],
) -> Result<Vec<&'a Entry>, LedgerError> {
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let known = repo::postings(tx, tenant, &ids)?;
    let mut seen: HashMap<EntryId, &Vec<Posting>> =
        known.iter().map(|(id, booked)| (*id, &booked.postings)).collect();
    let mut new = Vec::new();
    for entry in entries {
        match seen.get(&entry.id) {
            Some(postings) if **postings == entry.postings => {}
            Some(_) => return Err(LedgerError::Mismatch { entry: entry.id }),
            None => {
                seen.insert(entry.id, &entry.postings);
                new.push(entry);
            }
        }
    }
    Ok(new)
}

/// Ends pending entries, all or none; one that has ended the same way already is passed over.
///
/// # Errors
/// [`LedgerError::NotPending`] for an id that was never pending, [`LedgerError::Resolved`] for one that
/// ended the other way.
pub fn resolve_many_in(
    tx: &mut Tx,
    tenant: TenantId,
    resolutions: &[Resolution],
) -> Result<(), LedgerError> {
    let ids: Vec<EntryId> = resolutions.iter().map(|resolution| resolution.entry).collect();
    let lines = repo::postings(tx, tenant, &ids)?;
    let ended = repo::resolutions(tx, tenant, &ids)?;
    let mut changes = Changes::default();
    let mut new = Vec::with_capacity(resolutions.len());
    for resolution in resolutions {
        let entry = resolution.entry;
        match ended.get(&entry) {
            Some(outcome) if *outcome == resolution.outcome => continue,
            Some(_) => return Err(LedgerError::Resolved { entry }),
            None => {}
        }
        let Some(booked) = lines.get(&entry).filter(|booked| booked.pending) else {
            return Err(LedgerError::NotPending { entry });
        };
        for posting in &booked.postings {
            changes.resolve(
                posting.account,
                booked.currency,
                posting.amount_minor,
                resolution.outcome,
            )?;
        }
        new.push(*resolution);
    }
    repo::insert_resolutions(tx, tenant, &new)?;
    repo::add_to_balances(tx, tenant, &changes)
}

/// The entry that mirrors `original` under a new id: every debit a credit and the reverse.
///
/// # Errors
/// [`LedgerError::NotPosted`] when there is no such posted entry.
pub fn reversal_in(
    tx: &mut Tx,
    tenant: TenantId,
    original: EntryId,
    id: EntryId,
    effective_on: Date,
    recorded_at: Timestamp,
) -> Result<Entry, LedgerError> {
    let mut lines = repo::postings(tx, tenant, &[original])?;
    let booked = lines
        .remove(&original)
        .filter(|booked| !booked.pending)
        .ok_or(LedgerError::NotPosted { entry: original })?;
    let postings = booked.postings.into_iter().map(Posting::mirrored).collect::<Result<_, _>>()?;
    Ok(Entry {
        id,
        kind: "reversal",
        currency: booked.currency,
        pending: false,
        effective_on,
        recorded_at,
        postings,
    })
}

/// The balances of every account of the owners from `first` to `last`, in order.
pub fn balances_between_in(
    tx: &mut Tx,
    tenant: TenantId,
    first: Uuid,
    last: Uuid,
) -> Result<BTreeMap<(Uuid, AccountNo), Balance>, LedgerError> {
    Ok(repo::balances_between(tx, tenant, first, last)?)
}

/// The balances of every account of `owners`; accounts that were never booked on are left out.
pub fn balances_in(
    tx: &mut Tx,
    tenant: TenantId,
    owners: Vec<Uuid>,
) -> Result<BTreeMap<(Uuid, AccountNo), Balance>, LedgerError> {
    Ok(repo::balances(tx, tenant, owners)?)
}

/// One line an account number and currency, the owners' balances added up.
pub fn trial_balance_in(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<Vec<TrialBalanceLine>, LedgerError> {
    Ok(repo::trial_balance(tx, tenant)?)
}

/// What a batch adds to the balances, added up per account.
///
/// Ordered, so that two transactions meet the rows in the same order and cannot deadlock.
#[derive(Default)]
struct Changes(BTreeMap<(AccountKey, Currency), Balance>);

impl Changes {
    fn book(
        &mut self,
        account: AccountKey,
        currency: Currency,
        amount: i64,
        pending: bool,
    ) -> Result<(), LedgerError> {
        let balance = self.0.entry((account, currency)).or_default();
        let changed =
            if pending { balance.with_pending(amount) } else { balance.with_posted(amount) };
        *balance = changed.ok_or(LedgerError::Overflow)?;
        Ok(())
    }

    fn resolve(
        &mut self,
        account: AccountKey,
        currency: Currency,
        amount: i64,
        outcome: Outcome,
    ) -> Result<(), LedgerError> {
        let balance = self.0.entry((account, currency)).or_default();
        let mut changed = balance.without_pending(amount);
        if outcome == Outcome::Posted {
            changed = changed.and_then(|balance| balance.with_posted(amount));
        }
        *balance = changed.ok_or(LedgerError::Overflow)?;
        Ok(())
    }
}
