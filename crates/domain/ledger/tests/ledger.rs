//! The ledger on both engines.

use std::collections::BTreeMap;

use florin_ids::{EntryId, TenantId};
use florin_ledger::{
    Account, Entry, Kind, LedgerError, Outcome, Posting, Proof, Resolution, balances_in,
    post_many_in, resolve_many_in, reversal_in, trial_balance_in, verify_in,
};
use florin_money::Currency;
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, StorageError, params};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use uuid::Uuid;

const CASH: Account = Account { no: 1000, name: "Cash", kind: Kind::Asset };
const DEBT: Account = Account { no: 1100, name: "Debt", kind: Kind::Asset };
const INCOME: Account = Account { no: 4000, name: "Income", kind: Kind::Income };

fn on_both(test: impl Fn(&Db)) {
    for TestDb { db, .. } in &databases(&[florin_ledger::MIGRATIONS]) {
        test(db);
    }
}

fn today() -> Date {
    date(2026, 11, 21)
}

fn entry(id: EntryId, pending: bool, postings: Vec<Posting>) -> Entry {
    Entry {
        id,
        kind: "test",
        currency: Currency::GBP,
        pending,
        effective_on: today(),
        recorded_at: Timestamp::UNIX_EPOCH,
        postings,
    }
}

fn lend(id: EntryId, owner: Uuid, amount: i64, pending: bool) -> Entry {
    entry(
        id,
        pending,
        vec![Posting::debit(DEBT.of(owner), amount), Posting::credit(CASH.house(), amount)],
    )
}

fn post(db: &Db, tenant: TenantId, entries: Vec<Entry>) -> Result<usize, LedgerError> {
    db.write_blocking(move |tx| post_many_in(tx, tenant, &entries))
}

fn resolve(db: &Db, tenant: TenantId, entry: EntryId, outcome: Outcome) -> Result<(), LedgerError> {
    let resolution =
        Resolution { entry, outcome, effective_on: today(), recorded_at: Timestamp::UNIX_EPOCH };
    db.write_blocking(move |tx| resolve_many_in(tx, tenant, &[resolution]))
}

/// (posted, pending debit, pending credit) of an account.
fn balance(db: &Db, tenant: TenantId, owner: Uuid, account: Account) -> (i64, i64, i64) {
    let balances =
        db.read_blocking(move |tx| balances_in(tx, tenant, vec![owner])).expect("balances");
    let balance = balances.get(&(owner, account.no)).copied().unwrap_or_default();
    (balance.posted, balance.pending_debit, balance.pending_credit)
}

fn proof(db: &Db) -> Proof {
    db.read_blocking(verify_in).expect("a proof")
}

#[test]
fn an_entry_moves_both_balances_and_only_once() {
    on_both(|db| {
        let (tenant, loan, id) = (TenantId::new(), Uuid::from_u128(7), EntryId::new());
        assert_eq!(post(db, tenant, vec![lend(id, loan, 12_000, false)]).expect("booked"), 1);
        assert_eq!(post(db, tenant, vec![lend(id, loan, 12_000, false)]).expect("known"), 0);
        assert_eq!(balance(db, tenant, loan, DEBT), (12_000, 0, 0));
        assert_eq!(balance(db, tenant, Uuid::nil(), CASH), (-12_000, 0, 0));
        let other = post(db, tenant, vec![lend(id, loan, 12_001, false)]);
        assert!(matches!(other, Err(LedgerError::Mismatch { entry }) if entry == id), "{other:?}");
        assert!(proof(db).holds());
    });
}

#[test]
fn a_batch_books_the_same_id_once_and_refuses_two_meanings_of_it() {
    on_both(|db| {
        let (tenant, loan, id) = (TenantId::new(), Uuid::from_u128(7), EntryId::new());
        let twice = vec![lend(id, loan, 5, false), lend(id, loan, 5, false)];
        assert_eq!(post(db, tenant, twice).expect("booked"), 1);
        let id = EntryId::new();
        let other = post(db, tenant, vec![lend(id, loan, 5, false), lend(id, loan, 6, false)]);
        assert!(matches!(other, Err(LedgerError::Mismatch { .. })), "{other:?}");
        assert_eq!(balance(db, tenant, loan, DEBT), (5, 0, 0));
    });
}

#[test]
fn what_does_not_balance_is_refused_before_anything_is_written() {
    on_both(|db| {
        let (tenant, loan) = (TenantId::new(), Uuid::from_u128(7));
        let lame = entry(
            EntryId::new(),
            false,
            vec![Posting::debit(DEBT.of(loan), 2), Posting::credit(CASH.house(), 1)],
        );
        let single = entry(EntryId::new(), false, vec![Posting::debit(DEBT.of(loan), 0)]);
        let good = lend(EntryId::new(), loan, 100, false);
        let refused = post(db, tenant, vec![good.clone(), lame]);
        assert!(matches!(refused, Err(LedgerError::Unbalanced { sum: 1, .. })), "{refused:?}");
        let refused = post(db, tenant, vec![good, single]);
        assert!(matches!(refused, Err(LedgerError::TooFewPostings { .. })), "{refused:?}");
        assert_eq!(balance(db, tenant, loan, DEBT), (0, 0, 0));
    });
}

#[test]
fn pending_entries_are_posted_or_voided_once() {
    on_both(|db| {
        let (tenant, loan) = (TenantId::new(), Uuid::from_u128(7));
        let (paid, lost) = (EntryId::new(), EntryId::new());
        post(db, tenant, vec![lend(paid, loan, 1_500, true), lend(lost, loan, 500, true)])
            .expect("booked");
        assert_eq!(balance(db, tenant, loan, DEBT), (0, 2_000, 0));
        assert_eq!(balance(db, tenant, Uuid::nil(), CASH), (0, 0, 2_000));
        resolve(db, tenant, paid, Outcome::Posted).expect("posted");
        resolve(db, tenant, paid, Outcome::Posted).expect("posted already");
        resolve(db, tenant, lost, Outcome::Voided).expect("voided");
        assert_eq!(balance(db, tenant, loan, DEBT), (1_500, 0, 0));
        assert_eq!(balance(db, tenant, Uuid::nil(), CASH), (-1_500, 0, 0));
        assert!(matches!(
            resolve(db, tenant, paid, Outcome::Voided),
            Err(LedgerError::Resolved { .. })
        ));
        assert!(matches!(
            resolve(db, tenant, EntryId::new(), Outcome::Posted),
            Err(LedgerError::NotPending { .. })
        ));
        assert!(proof(db).holds());
    });
}

#[test]
fn a_reversal_mirrors_the_entry() {
    on_both(|db| {
        let (tenant, loan, id) = (TenantId::new(), Uuid::from_u128(7), EntryId::new());
        post(db, tenant, vec![lend(id, loan, 700, false)]).expect("booked");
        let mirror = db
            .write_blocking(move |tx| {
                let mirror =
                    reversal_in(tx, tenant, id, EntryId::new(), today(), Timestamp::UNIX_EPOCH)?;
                post_many_in(tx, tenant, std::slice::from_ref(&mirror)).map(|_| mirror)
            })
            .expect("reversed");
        assert_eq!(mirror.postings[0].amount_minor, -700);
        assert_eq!(balance(db, tenant, loan, DEBT), (0, 0, 0));
        assert!(proof(db).holds());
    });
}

#[test]
fn tenants_do_not_meet() {
    on_both(|db| {
        let (one, two, loan, id) =
            (TenantId::new(), TenantId::new(), Uuid::from_u128(7), EntryId::new());
        post(db, one, vec![lend(id, loan, 700, false)]).expect("booked");
        assert_eq!(balance(db, two, loan, DEBT), (0, 0, 0));
        assert_eq!(post(db, two, vec![lend(id, loan, 9, false)]).expect("booked"), 1);
        assert_eq!(balance(db, one, loan, DEBT), (700, 0, 0));
    });
}

#[test]
fn the_proof_names_what_was_tampered_with() {
    on_both(|db| {
        let (tenant, loan, id) = (TenantId::new(), Uuid::from_u128(7), EntryId::new());
        post(db, tenant, vec![lend(id, loan, 700, false)]).expect("booked");
        tamper(db, "UPDATE ledger_balance SET posted = posted + 1 WHERE account_no = 1100");
        let fault = proof(db);
        assert!(
            matches!(&fault, Proof::BalanceDiffers { account, kept, proven, .. }
            if account.no == 1100 && kept.posted == 701 && proven.posted == 700),
            "{fault}"
        );
        tamper(db, "UPDATE ledger_balance SET posted = posted - 1 WHERE account_no = 1100");
        assert!(proof(db).holds());
        tamper(db, "UPDATE ledger_posting SET amount = amount + 3 WHERE account_no = 1100");
        let fault = proof(db);
        assert!(
            matches!(&fault, Proof::EntryOutOfBalance { entry, sum: 3, .. } if *entry == id),
            "{fault}"
        );
        tamper(db, "DELETE FROM ledger_posting WHERE account_no = 1100");
        assert!(matches!(proof(db), Proof::EntryOutOfBalance { postings: 1, .. }));
        tamper(db, "DELETE FROM ledger_posting");
        assert!(matches!(proof(db), Proof::EntryOutOfBalance { postings: 0, .. }));
    });
}

fn tamper(db: &Db, sql: &'static str) {
    db.write_blocking(move |tx| tx.execute(sql, params![]).map(|_| ()))
        .map_err(|error: StorageError| error)
        .expect("tampered");
}

/// One act on the ledger of the property test.
#[derive(Debug, Clone)]
enum Act {
    Post { entry: usize, owner: u8, amount: i64, pending: bool },
    Resolve { entry: usize, posted: bool },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let post = (0_usize..12, 0_u8..4, 1_i64..1_000_000, any::<bool>())
        .prop_map(|(entry, owner, amount, pending)| Act::Post { entry, owner, amount, pending });
    let resolve =
        (0_usize..12, any::<bool>()).prop_map(|(entry, posted)| Act::Resolve { entry, posted });
    prop::collection::vec(prop_oneof![2 => post, 1 => resolve], 1..40)
}

/// What the balances of the owners must be, kept by hand.
#[derive(Default)]
struct Model {
    entries: BTreeMap<usize, (u8, i64, bool)>,
    resolved: BTreeMap<usize, bool>,
}

impl Model {
    fn expected(&self, owner: u8) -> (i64, i64) {
        let mut expected = (0, 0);
        for (index, (of, amount, pending)) in
            self.entries.iter().filter(|(_, (of, _, _))| *of == owner)
        {
            debug_assert_eq!(*of, owner);
            match (pending, self.resolved.get(index)) {
                (false, _) | (true, Some(true)) => expected.0 += amount,
                (true, None) => expected.1 += amount,
                (true, Some(false)) => {}
            }
        }
        expected
    }
}

#[test]
fn any_order_of_acts_and_retries_leaves_balances_that_are_proven() {
    let databases = databases(&[florin_ledger::MIGRATIONS]);
    proptest!(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() }, |(acts in acts())| {
        for TestDb { db, .. } in &databases {
            let tenant = TenantId::new();
            let ids: Vec<EntryId> = (0..12).map(|_| EntryId::new()).collect();
            let mut model = Model::default();
            for act in &acts {
                match *act {
                    Act::Post { entry, owner, amount, pending } => {
                        let to = Uuid::from_u128(u128::from(owner) + 1);
                        let postings = vec![
                            Posting::debit(DEBT.of(to), amount),
                            Posting::credit(CASH.house(), amount / 2),
                            Posting::credit(INCOME.house(), amount - amount / 2),
                        ];
                        let done = post(db, tenant, vec![self::entry(ids[entry], pending, postings)]);
                        match model.entries.get(&entry) {
                            None => {
                                prop_assert_eq!(done.expect("booked"), 1);
                                model.entries.insert(entry, (owner, amount, pending));
                            }
                            Some((known, value, _)) if *known == owner && *value == amount => prop_assert_eq!(done.expect("known"), 0),
                            Some(_) => prop_assert!(matches!(done, Err(LedgerError::Mismatch { .. })), "another meaning"),
                        }
                    }
                    Act::Resolve { entry, posted } => {
                        let done = resolve(db, tenant, ids[entry], if posted { Outcome::Posted } else { Outcome::Voided });
                        match (model.entries.get(&entry), model.resolved.get(&entry)) {
                            (Some((_, _, true)), None) => {
                                prop_assert!(done.is_ok());
                                model.resolved.insert(entry, posted);
                            }
                            (Some((_, _, true)), Some(before)) => prop_assert_eq!(done.is_ok(), *before == posted),
                            _ => prop_assert!(matches!(done, Err(LedgerError::NotPending { .. })), "never pending"),
                        }
                    }
                }
            }
            for owner in 0..4 {
                let (posted, pending_debit, _) = balance(db, tenant, Uuid::from_u128(u128::from(owner) + 1), DEBT);
                prop_assert_eq!((posted, pending_debit), model.expected(owner));
            }
            let lines = db.read_blocking(move |tx| trial_balance_in(tx, tenant)).expect("a trial balance");
            prop_assert_eq!(lines.iter().map(|line| line.posted).sum::<i64>(), 0);
            prop_assert!(proof(db).holds());
        }
    });
}
