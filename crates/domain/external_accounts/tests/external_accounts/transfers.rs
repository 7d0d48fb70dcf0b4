//! Money to and from external accounts, to the cent.

use std::sync::Arc;

use crate::support::*;
use florin_external_accounts::postings::{ACH_CLEARING, TRIAL_DEPOSITS};
use florin_external_accounts::*;
use florin_payments::Told;

#[test]
fn a_deposit_counts_once_it_has_settled() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let transfer = bank.transfer(bank.pull(&customer, &account, "100.25")).expect("a transfer");
        assert_eq!(transfer.status, TransferStatus::Initiated);
        assert_eq!((transfer.from(), transfer.to()), (account.id, customer.account));
        assert!(transfer.is_credit() && transfer.institution_name == "COREPRO SANDBOX BANK");
        assert_eq!(bank.balance(&customer), [0, 0, 10_025, 0]);
        bank.tell(transfer.payment, Told::Submitted, "");
        assert_eq!(bank.transaction(&customer, &transfer).status, TransferStatus::Pending);
        assert_eq!(bank.balance(&customer), [0, 0, 10_025, 0]);
        bank.tell(transfer.payment, Told::Confirmed, "");
        let settled = bank.transaction(&customer, &transfer);
        assert_eq!(settled.status, TransferStatus::Settled);
        assert_eq!(settled.settled_on, Some(START));
        assert_eq!(settled.available_at(), settled.settled_at);
        assert_eq!(bank.balance(&customer), [10_025, 10_025, 0, 0]);
        assert_eq!(bank.house(ACH_CLEARING.no).posted, 10_025);
        // The rail's last word, that the time for returns is over, changes nothing.
        bank.tell(transfer.payment, Told::PaidOut, "");
        assert_eq!(bank.balance(&customer), [10_025, 10_025, 0, 0]);
    });
}

#[test]
fn a_withdrawal_is_held_back_at_once() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        bank.deposited(&customer, &account, "100");
        let transfer = bank.transfer(bank.push(&customer, &account, "60.01")).expect("a transfer");
        assert_eq!((transfer.from(), transfer.to()), (customer.account, account.id));
        assert_eq!(bank.balance(&customer), [10_000, 3_999, 0, 6_001]);
        assert_eq!(codes(bank.transfer(bank.push(&customer, &account, "40"))), [63006]);
        bank.tell(transfer.payment, Told::Submitted, "");
        bank.tell(transfer.payment, Told::Confirmed, "");
        assert_eq!(bank.balance(&customer), [3_999, 3_999, 0, 0]);
        assert_eq!(bank.house(ACH_CLEARING.no).posted, 3_999);
        bank.transfer(bank.push(&customer, &account, "39.99")).expect("all of the rest");
        assert_eq!(bank.balance(&customer), [3_999, 0, 0, 3_999]);
    });
}

#[test]
fn returns_reverse_with_their_code() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let deposit = bank.deposited(&customer, &account, "100");
        let spent = bank.transfer(bank.push(&customer, &account, "70")).expect("a transfer");
        bank.tell(spent.payment, Told::Confirmed, "");
        bank.advance(2);
        bank.tell(deposit.payment, Told::Failed, "R01");
        let returned = bank.transaction(&customer, &deposit);
        assert_eq!(returned.status, TransferStatus::Returned);
        assert_eq!(returned.return_code.as_deref(), Some("R01"));
        assert_eq!((returned.settled_on, returned.available_at()), (Some(START), None));
        assert!(returned.returned_at > returned.settled_at);
        // The customer owes what it has spent.
        assert_eq!(bank.balance(&customer), [-7_000, -7_000, 0, 0]);
        assert_eq!(bank.house(ACH_CLEARING.no).posted, -7_000);
        bank.tell(spent.payment, Told::Failed, "R03");
        assert_eq!(bank.balance(&customer), [0, 0, 0, 0]);
        assert_eq!(bank.house(ACH_CLEARING.no), florin_ledger::Balance::default());
        // What never settled is voided in the books, not reversed.
        let refused = bank.transfer(bank.pull(&customer, &account, "5")).expect("a transfer");
        bank.tell(refused.payment, Told::Failed, "R16");
        assert_eq!(bank.balance(&customer), [0, 0, 0, 0]);
        assert_eq!(bank.transaction(&customer, &refused).settled_on, None);
        // The rail presents it again, and it settles after all.
        bank.tell(refused.payment, Told::Submitted, "");
        assert_eq!(bank.balance(&customer), [0, 0, 500, 0]);
        bank.tell(refused.payment, Told::Confirmed, "");
        assert_eq!(bank.balance(&customer), [500, 500, 0, 0]);
        let settled = bank.transaction(&customer, &refused);
        assert_eq!((settled.status, settled.return_code), (TransferStatus::Settled, None));
    });
}

#[test]
fn who_denied_a_debit_is_paid_and_not_debited() {
    on_both(|bank| {
        for code in ["R07", "R10", "R29"] {
            let customer = bank.customer();
            let account = bank.verified(&customer);
            bank.deposited(&customer, &account, "10");
            bank.returned(&account, code);
            let refused = bank.transfer(bank.pull(&customer, &account, "1"));
            let text = refused.as_ref().expect_err("no debits").to_string();
            assert!(text.contains(code), "{text}");
            assert_eq!(codes(refused), [63013]);
            bank.transfer(bank.push(&customer, &account, "1")).expect("paid");
            // A person has a new authorisation.
            let done = bank.service.unlock_account(&bank.caller, account.id.number());
            bank.runtime.block_on(done).expect("unlocked");
            bank.transfer(bank.pull(&customer, &account, "1")).expect("debited");
        }
    });
}

#[test]
fn what_is_being_taken_back_cannot_be_spent() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let deposit = bank.deposited(&customer, &account, "100");
        let out = bank.transfer(bank.push(&customer, &account, "30")).expect("a transfer");
        bank.tell(out.payment, Told::Confirmed, "");
        bank.tell(deposit.payment, Told::ReversalAsked, "");
        assert_eq!(bank.balance(&customer), [7_000, -3_000, 0, 10_000]);
        assert_eq!(codes(bank.transfer(bank.push(&customer, &account, "0.01"))), [63006]);
        // Its last word changes nothing, nor does asking twice.
        bank.tell(deposit.payment, Told::PaidOut, "");
        bank.tell(deposit.payment, Told::ReversalAsked, "");
        assert_eq!(bank.balance(&customer), [7_000, -3_000, 0, 10_000]);
        bank.tell(deposit.payment, Told::ReversalEnded, "");
        assert_eq!(bank.balance(&customer), [7_000, 7_000, 0, 0]);
        bank.tell(deposit.payment, Told::ReversalAsked, "");
        bank.tell(deposit.payment, Told::Failed, "reversed");
        assert_eq!(bank.balance(&customer), [-3_000, -3_000, 0, 0]);
        let returned = bank.transaction(&customer, &deposit);
        assert_eq!(returned.status, TransferStatus::Returned);
        // A payment to the customer that is taken back is on its way in.
        bank.tell(out.payment, Told::ReversalAsked, "");
        assert_eq!(bank.balance(&customer), [-3_000, -3_000, 3_000, 0]);
        bank.tell(out.payment, Told::Failed, "reversed");
        assert_eq!(bank.balance(&customer), [0, 0, 0, 0]);
        // One that has not settled is held once it has.
        let early = bank.transfer(bank.pull(&customer, &account, "9")).expect("a transfer");
        bank.tell(early.payment, Told::Submitted, "");
        bank.tell(early.payment, Told::ReversalAsked, "");
        assert_eq!(bank.balance(&customer), [0, 0, 900, 0]);
        bank.tell(early.payment, Told::Confirmed, "");
        assert_eq!(bank.balance(&customer), [900, 0, 0, 900]);
        bank.tell(early.payment, Told::Failed, "R01");
        assert_eq!(bank.balance(&customer), [0, 0, 0, 0]);
    });
}

#[test]
fn a_transfer_can_be_voided_before_it_leaves() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let deposit = bank.deposited(&customer, &account, "50");
        assert_eq!(codes(bank.void(&customer, &deposit)), [63102]);
        let mut asked = bank.push(&customer, &account, "50");
        asked.tag = text("out");
        let transfer = bank.transfer(asked.clone()).expect("a transfer");
        assert_eq!(bank.balance(&customer), [5_000, 0, 0, 5_000]);
        let by_tag =
            VoidTransfer { customer: customer.id.number(), transaction: None, tag: text("out") };
        let voided = bank.service.void_transfer(&bank.caller, by_tag);
        let voided = bank.runtime.block_on(voided).expect("it is voided");
        assert_eq!(voided.status, TransferStatus::Voided);
        assert!(voided.voided_at.is_some());
        assert_eq!(bank.balance(&customer), [5_000, 5_000, 0, 0]);
        // Asked for again, both answer what they did before.
        assert_eq!(bank.void(&customer, &transfer).expect("again"), voided);
        assert_eq!(bank.transfer(asked).expect("again"), voided);
        // News that comes late changes nothing.
        bank.tell(transfer.payment, Told::Submitted, "");
        assert_eq!(bank.transaction(&customer, &transfer), voided);
        let kinds: Vec<_> =
            bank.events().into_iter().map(|(kind, data)| (kind, data["status"].clone())).collect();
        let told: Vec<_> = kinds
            .iter()
            .filter(|(kind, _)| kind == "transfer_updated")
            .map(|(_, status)| status.as_str().unwrap_or_default())
            .collect();
        assert_eq!(told, ["Initiated", "Pending", "Settled", "Initiated", "Voided"]);
    });
}

#[test]
fn a_tag_makes_a_transfer_happen_once() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let asked = NewTransfer { tag: text("rent-12"), ..bank.pull(&customer, &account, "80") };
        let service = Arc::new(bank.service.clone());
        let together: Vec<_> = (0..12)
            .map(|_| {
                let (service, caller, asked) =
                    (service.clone(), bank.caller.clone(), asked.clone());
                bank.runtime.spawn(async move { service.create_transfer(&caller, asked).await })
            })
            .collect();
        let answers: Vec<Transfer> = together
            .into_iter()
            .map(|task| bank.runtime.block_on(task).expect("no panic").expect("a transfer"))
            .collect();
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(bank.balance(&customer), [0, 0, 8_000, 0]);
        let padded = NewTransfer { tag: text(" rent-12 "), ..asked.clone() };
        assert_eq!(bank.transfer(padded).expect("the same"), answers[0]);
        let next = bank.transfer(bank.pull(&customer, &account, "1")).expect("a transfer");
        assert_eq!(next.id.number(), answers[0].id.number() + 1, "no number is skipped");
        bank.void(&customer, &next).expect("it has not left");
        for other in [
            NewTransfer { amount: decimal("80.01"), ..asked.clone() },
            NewTransfer { is_same_day_settle: true, ..asked.clone() },
            NewTransfer { description: text("rent"), ..asked.clone() },
        ] {
            assert_eq!(codes(bank.transfer(other)), [63011]);
        }
        // Another customer cannot have it either.
        let other = bank.customer();
        let theirs = bank.verified(&other);
        let asked = NewTransfer { tag: text("rent-12"), ..bank.pull(&other, &theirs, "80") };
        assert_eq!(codes(bank.transfer(asked)), [63011]);
    });
}

#[test]
fn more_than_there_is_cannot_be_withdrawn_at_the_same_time() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        bank.deposited(&customer, &account, "100");
        let together: Vec<_> = (0..8)
            .map(|_| {
                let (service, caller) = (bank.service.clone(), bank.caller.clone());
                let asked = bank.push(&customer, &account, "30");
                bank.runtime.spawn(async move { service.create_transfer(&caller, asked).await })
            })
            .collect();
        let made = together
            .into_iter()
            .map(|task| bank.runtime.block_on(task).expect("no panic"))
            .filter(Result::is_ok)
            .count();
        assert_eq!(made, 3);
        assert_eq!(bank.balance(&customer), [10_000, 1_000, 0, 9_000]);
    });
}

#[test]
fn transactions_are_listed_by_account_status_and_day() {
    on_both(|bank| {
        let customer = bank.customer();
        let (one, two) = (bank.verified(&customer), bank.verified(&customer));
        let first = bank.deposited(&customer, &one, "10");
        bank.advance(3);
        let second = bank.transfer(bank.pull(&customer, &two, "20")).expect("a transfer");
        let check = |query: TransactionQuery, expected: &[&Transfer]| {
            let found = bank.service.list_transactions(&bank.caller, customer.id.number(), query);
            let found = bank.runtime.block_on(found).expect("a list");
            let ids = |all: &[&Transfer]| all.iter().map(|it| it.id).collect::<Vec<_>>();
            assert_eq!(ids(&found.iter().collect::<Vec<_>>()), ids(expected));
        };
        let all = TransactionQuery::default;
        check(all(), &[&second, &first]);
        check(TransactionQuery { account: Some(0), ..all() }, &[&second, &first]);
        check(TransactionQuery { account: Some(one.id.number()), ..all() }, &[&first]);
        let inside = Some(customer.account.number());
        check(TransactionQuery { account: inside, ..all() }, &[&second, &first]);
        check(TransactionQuery { status: text("settled"), ..all() }, &[&first]);
        check(TransactionQuery { begin: Some(bank.today()), ..all() }, &[&second]);
        check(TransactionQuery { end: Some(START), ..all() }, &[&first]);
        check(TransactionQuery { page_number: 1, page_size: 1, ..all() }, &[&first]);
        check(TransactionQuery { page_number: 2, page_size: 1, ..all() }, &[]);
        // Another customer's are not there.
        let other = bank.customer();
        let found =
            bank.service.get_transaction(&bank.caller, other.id.number(), first.id.number());
        assert_eq!(codes(bank.runtime.block_on(found)), [66401]);
        assert_eq!(bank.house(TRIAL_DEPOSITS.no), florin_ledger::Balance::default());
    });
}
