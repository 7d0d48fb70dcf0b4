//! How the ledger follows the state of a payment: an entry is pending while the money is under way, counts once it has
//! moved, and is reversed by an entry of its own when the money comes back.

use florin_ids::{EntryId, TenantId};
use florin_ledger::{Entry, LedgerError, Outcome, Resolution, post_many_in, resolve_many_in};
use florin_payments::{Moment, Payment, PaymentState};
use florin_storage::Tx;

use super::entity::Booked;
use crate::postings::Stage;

/// What a batch of changes does to the ledger.
#[derive(Debug, Default)]
pub(crate) struct Books {
    entries: Vec<Entry>,
    resolutions: Vec<Resolution>,
}

impl Books {
    pub(crate) fn resolve(&mut self, entry: EntryId, outcome: Outcome, moment: Moment) {
        let (effective_on, recorded_at) = (moment.on, moment.at);
        self.resolutions.push(Resolution { entry, outcome, effective_on, recorded_at });
    }

    pub(crate) fn write_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LedgerError> {
        if !self.resolutions.is_empty() {
            resolve_many_in(tx, tenant, &self.resolutions)?;
        }
        if !self.entries.is_empty() {
            post_many_in(tx, tenant, &self.entries)?;
        }
        Ok(())
    }
}

/// Books what a payment's new state means; `entry` makes the entry of a stage.
pub(crate) fn step(
    books: &mut Books,
    booked: &mut Booked,
    id: &mut EntryId,
    state: PaymentState,
    moment: Moment,
    entry: impl Fn(EntryId, Stage) -> Entry,
) {
    match *booked {
        Booked::Pending if state.counts() => {
            books.resolve(*id, Outcome::Posted, moment);
            *booked = Booked::Posted;
        }
        Booked::Pending if state.has_ended() => {
            books.resolve(*id, Outcome::Voided, moment);
            *booked = Booked::Undone;
        }
        // What had failed has moved after all.
        Booked::Undone if state.counts() => {
            *id = EntryId::new();
            books.entries.push(entry(*id, Stage::Settled));
            *booked = Booked::Posted;
        }
        // It is tried again.
        Booked::Undone if state.is_under_way() => {
            *id = EntryId::new();
            books.entries.push(entry(*id, Stage::UnderWay));
            *booked = Booked::Pending;
        }
        Booked::Posted if state.has_ended() => {
            books.entries.push(entry(EntryId::new(), Stage::Returned));
            *booked = Booked::Undone;
        }
        Booked::Pending | Booked::Posted | Booked::Undone => {}
    }
}

/// Holds what is being taken back: `held` is the open entry of it, as long as the money counts and a reversal is on its
/// way.
pub(crate) fn hold(
    books: &mut Books,
    held: &mut Option<EntryId>,
    payment: &Payment,
    moment: Moment,
    entry: impl Fn(EntryId, Stage) -> Entry,
) {
    let is_held = payment.is_going_back();
    match *held {
        None if is_held => {
            let id = EntryId::new();
            books.entries.push(entry(id, Stage::ComingBack));
            *held = Some(id);
        }
        Some(id) if !is_held => {
            books.resolve(id, Outcome::Voided, moment);
            *held = None;
        }
        None | Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::postings;
    use crate::program::CURRENCY;
    use crate::transfer::TransferKind;
    use crate::words::CustomerId;
    use florin_money::Money;

    const CENTS: i64 = 1_234;

    /// What stands on the clearing account, posted and pending, once the books are written.
    fn standing(books: &Books) -> (i64, i64) {
        let (mut posted, mut pending) = (0, BTreeMap::new());
        for entry in &books.entries {
            let debit = entry.postings.iter().find(|it| it.account.no == 1040);
            let amount = debit.map_or(0, |it| it.amount_minor);
            if entry.pending {
                pending.insert(entry.id, amount);
            } else {
                posted += amount;
            }
        }
        for resolution in &books.resolutions {
            let amount = pending.remove(&resolution.entry).expect("an open entry");
            posted += if resolution.outcome == Outcome::Posted { amount } else { 0 };
        }
        (posted, pending.into_values().sum())
    }

    proptest! {
        /// Whatever a payment goes through, the books say what its state says.
        #[test]
        fn the_books_follow_the_payment(
            story in prop::collection::vec(prop::sample::select(PaymentState::ALL), 0..12),
        ) {
            let moment = Moment { on: date(2026, 12, 1), at: Timestamp::UNIX_EPOCH };
            let amount = Money::from_minor(CENTS, CURRENCY);
            let entry = |id, stage| {
                let customer = CustomerId::from_number(1);
                postings::transfer(id, customer, TransferKind::Deposit, amount, stage, moment)
            };
            let (mut id, mut booked) = (EntryId::new(), Booked::Pending);
            let first = entry(id, Stage::UnderWay);
            let mut books = Books { entries: vec![first], resolutions: Vec::new() };
            for state in story {
                // What has moved is never under way again without having come back.
                if booked == Booked::Posted && state.is_under_way() {
                    continue;
                }
                step(&mut books, &mut booked, &mut id, state, moment, entry);
                let expected = match (state.counts(), state.is_under_way()) {
                    (true, _) => (CENTS, 0),
                    (_, true) => (0, CENTS),
                    _ => (0, 0),
                };
                prop_assert_eq!(standing(&books), expected, "{}", state);
            }
        }
    }
}
