//! External accounts on the real ACH rail, by the clock, against the simulated receiving bank: account numbers choose
//! what becomes of entries.

use std::sync::Arc;

use crate::support::*;
use florin_ach_origination::{Accounts, Ach, AchRail, Erroneous, NewOrigin};
use florin_calendar::FixedClock;
use florin_crypto::KeyRing;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::postings::{ACH_CLEARING, TRIAL_DEPOSITS};
use florin_external_accounts::*;
use florin_ledger::Balance;
use florin_payments::{Owners, Rails};
use florin_storage::testing::{TestDb, databases};

/// Runs `test` with a program whose money goes over the network, on each engine; the ledger is proven afterwards.
fn on_the_network(test: impl Fn(&Bank)) {
    on_the_network_of(|bank, _| test(bank));
}

/// The same with the originator that has the files.
fn on_the_network_of(test: impl Fn(&Bank, &Ach)) {
    for TestDb { db, .. } in &databases(&sets()) {
        let keys = Arc::new(KeyRing::generate());
        let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(keys.clone()));
        let rail = AchRail::new(keys.clone(), book.clone(), true);
        let rails = Rails::new(vec![Arc::new(rail)]);
        let ach = |owners: &Owners, clock: Arc<FixedClock>| {
            Ach::new(db.clone(), keys.clone(), book.clone(), owners.clone(), clock)
        };
        let bank =
            Bank::on(db, true, rails, keys.clone(), |owners, clock| ach(owners, clock).day_steps());
        let clock = Arc::new(FixedClock::new(bank.caller.now));
        test(&bank, &ach(&bank.owners, clock));
        bank.prove();
    }
}

/// A verified account with this number.
fn numbered(bank: &Bank, customer: &Customer, number: &str) -> ExternalAccount {
    let asked = NewAccount { account_number: text(number), ..bank.asked(customer) };
    bank.create(asked).expect("an account")
}

#[test]
fn trial_deposits_go_out_and_come_home() {
    on_the_network(|bank| {
        let customer = bank.customer();
        let account = bank.initiate(bank.asked(&customer)).expect("an account");
        bank.advance(10);
        let states: Vec<bool> =
            bank.trial_payments(&account).iter().map(|it| it.state.counts()).collect();
        assert_eq!(states, [true, true, true]);
        assert_eq!(bank.house(TRIAL_DEPOSITS.no), Balance::default());
        bank.verify(&customer, account.id.number(), ("0.28", "0.18")).expect("verified");
    });
}

#[test]
fn an_account_that_is_not_there_is_denied() {
    on_the_network(|bank| {
        let customer = bank.customer();
        let asked = NewAccount { account_number: text("9900103"), ..bank.asked(&customer) };
        let account = bank.initiate(asked).expect("an account");
        bank.advance(10);
        let account = bank.account(account.id);
        assert_eq!((account.status, account.is_locked()), (AccountStatus::Denied, true));
        assert!(account.locked_reason.is_some_and(|why| why.starts_with("R03")));
        assert_eq!(bank.house(TRIAL_DEPOSITS.no), Balance::default());
    });
}

#[test]
fn transfers_settle_on_their_day() {
    on_the_network(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let deposit = bank.transfer(bank.pull(&customer, &account, "100")).expect("a transfer");
        assert_eq!(deposit.charge_on, Some(jiff::civil::date(2026, 12, 2)));
        bank.advance(1);
        let deposit = bank.transaction(&customer, &deposit);
        let sent = bank.advance(1);
        let settled = bank.transaction(&customer, &deposit);
        assert_eq!(settled.status, TransferStatus::Settled, "{deposit:?} {sent}");
        assert_eq!(bank.balance(&customer), [10_000, 10_000, 0, 0]);
        let out = bank.transfer(bank.push(&customer, &account, "40")).expect("a transfer");
        let off = bank.transfer(bank.push(&customer, &account, "10")).expect("a transfer");
        bank.void(&customer, &off).expect("it has not left");
        // Thursday evening: it leaves on Friday and settles on Monday.
        bank.advance(4);
        assert_eq!(bank.balance(&customer), [6_000, 6_000, 0, 0]);
        assert_eq!(codes(bank.void(&customer, &out)), [63102]);
        bank.advance(30);
        assert_eq!(bank.transaction(&customer, &out).status, TransferStatus::Settled);
        assert_eq!(bank.balance(&customer), [6_000, 6_000, 0, 0]);
    });
}

#[test]
fn a_transfer_that_settles_on_the_same_day_does_before_an_ordinary_one() {
    on_the_network(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        bank.advance(2);
        // Thursday evening: both leave on Friday.
        let slow = bank.transfer(bank.pull(&customer, &account, "70")).expect("a transfer");
        let asked = bank.pull(&customer, &account, "50");
        let fast = bank.transfer(NewTransfer { is_same_day_settle: true, ..asked });
        let fast = fast.expect("a transfer");
        assert_eq!((fast.is_same_day_settle, slow.is_same_day_settle), (true, false));
        let friday = bank.advance(1);
        let (fast, slow) = (bank.transaction(&customer, &fast), bank.transaction(&customer, &slow));
        assert_eq!((fast.status, fast.settled_on), (TransferStatus::Settled, Some(friday)));
        assert_eq!((slow.status, slow.settled_on), (TransferStatus::Pending, None));
        assert_eq!(bank.balance(&customer), [5_000, 5_000, 7_000, 0]);
        let monday = bank.advance(3);
        let slow = bank.transaction(&customer, &slow);
        assert_eq!((slow.status, slow.settled_on), (TransferStatus::Settled, Some(monday)));
        assert_eq!(bank.balance(&customer), [12_000, 12_000, 0, 0]);
    });
}

#[test]
fn a_transfer_says_whether_it_can_settle_on_the_same_day() {
    on_the_network_of(|bank, ach| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let asked =
            NewTransfer { is_same_day_settle: true, ..bank.pull(&customer, &account, "50") };
        assert!(bank.transfer(asked.clone()).expect("a transfer").is_same_day_settle);
        let slow = NewOrigin { same_day: false, ..NewOrigin::simulated() };
        bank.runtime.block_on(ach.set_origin(&bank.caller, slow)).expect("an originator");
        let asked = NewTransfer { tag: text("once"), ..asked };
        let transfer = bank.transfer(asked.clone()).expect("a transfer");
        assert!(!transfer.is_same_day_settle, "its bank does not do it");
        assert_eq!(bank.transfer(asked.clone()).expect("the same"), transfer);
        let other = NewTransfer { is_same_day_settle: false, ..asked };
        assert_eq!(codes(bank.transfer(other)), [63011], "something else was asked for");
    });
}

#[test]
fn returns_and_changes_act_on_the_account() {
    on_the_network(|bank| {
        let check = |number: &str, status: TransferStatus, code: Option<&str>, cents: i64| {
            let customer = bank.customer();
            let account = numbered(bank, &customer, number);
            let asked = bank.pull(&customer, &account, "25");
            let transfer = bank.transfer(asked).expect("a transfer");
            bank.advance(40);
            let transfer = bank.transaction(&customer, &transfer);
            assert_eq!(
                (transfer.status, transfer.return_code.as_deref()),
                (status, code),
                "{number}"
            );
            assert_eq!(bank.balance(&customer), [cents, cents, 0, 0], "{number}");
            bank.account(account.id)
        };
        use TransferStatus::{Returned, Settled};
        assert!(!check("9900101", Returned, Some("R01"), 0).is_locked());
        // It pays when it is presented again.
        assert!(!check("99001011", Settled, None, 2_500).is_locked());
        let stopped = check("9900102", Returned, Some("R02"), 0);
        assert!(stopped.is_locked() && stopped.status == AccountStatus::Verified);
        let denied = check("9900110", Returned, Some("R10"), 0);
        assert!(!denied.is_locked());
        assert!(denied.debits_refused.is_some_and(|why| why.starts_with("R10")));
        let changed = check("9900201", Settled, None, 2_500);
        assert_eq!(changed.noc_code, text("C01"));
        assert_ne!(changed.account_number.map(|it| it.expose().to_owned()), text("9900201"));
    });
}

#[test]
fn a_name_that_begins_with_what_no_file_holds_is_sent_without_it() {
    on_the_network(|bank| {
        let customer = bank.customer();
        let (first_name, last_name) = (text("\u{202e}abc"), None);
        let asked = NewAccount { first_name, last_name, ..bank.asked(&customer) };
        let account = bank.create(asked).expect("an account");
        bank.transfer(bank.pull(&customer, &account, "1")).expect("a transfer");
        bank.advance(10);
        assert_eq!(bank.balance(&customer), [100, 100, 0, 0]);
    });
}

#[test]
fn a_file_that_is_taken_back_holds_its_deposits() {
    on_the_network_of(|bank, ach| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        bank.transfer(bank.pull(&customer, &account, "100")).expect("a transfer");
        bank.advance(2);
        assert_eq!(bank.balance(&customer), [10_000, 10_000, 0, 0]);
        let file = bank.runtime.block_on(ach.list_files(&bank.caller)).expect("files").remove(0);
        let reversal = ach.reverse(&bank.caller, Erroneous::File(file.id));
        bank.runtime.block_on(reversal).expect("a reversal");
        assert_eq!(bank.balance(&customer), [10_000, 0, 0, 10_000]);
        assert_eq!(codes(bank.transfer(bank.push(&customer, &account, "100"))), [63006]);
        bank.advance(10);
        assert_eq!(bank.balance(&customer), [0, 0, 0, 0]);
        assert_eq!(bank.house(ACH_CLEARING.no), Balance::default());
    });
}

/// A month of deposits and withdrawals, one account in twenty of which sends everything back.
#[test]
fn a_month_of_transfers_adds_up() {
    on_the_network(|bank| {
        let people: Vec<(Customer, ExternalAccount)> = (0..20)
            .map(|number| {
                let customer = bank.customer();
                let digits = if number == 7 { "9900101" } else { "343434" };
                let account = numbered(bank, &customer, digits);
                (customer, account)
            })
            .collect();
        for day in 0_usize..30 {
            for (at, (customer, account)) in
                people.iter().enumerate().filter(|(at, _)| (at + day).is_multiple_of(5))
            {
                let cents = (at * 37 + day * 101) % 5_000 + 1;
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                let asked = if day.is_multiple_of(2) {
                    bank.pull(customer, account, &amount)
                } else {
                    bank.push(customer, account, &amount)
                };
                // A withdrawal may find too little.
                let refused = codes(bank.transfer(asked));
                assert!(refused.is_empty() || refused == [63006], "{refused:?}");
            }
            bank.advance(1);
        }
        bank.advance(40);
        let mut owed = 0;
        for (at, (customer, _)) in people.iter().enumerate() {
            let query = TransactionQuery::default();
            let list = bank.service.list_transactions(&bank.caller, customer.id.number(), query);
            let list = bank.runtime.block_on(list).expect("a list");
            assert!(!list.is_empty());
            let expected: i64 = list
                .iter()
                .filter(|it| it.status == TransferStatus::Settled)
                .map(|it| if it.is_credit() { it.amount.minor() } else { -it.amount.minor() })
                .sum();
            let is_returned = list.iter().all(|it| it.status == TransferStatus::Returned);
            assert_eq!(is_returned, at == 7);
            assert_eq!(bank.balance(customer), [expected, expected, 0, 0]);
            owed += expected;
        }
        assert_eq!(bank.house(ACH_CLEARING.no), Balance { posted: owed, ..Balance::default() });
    });
}
