//! Withdrawals: what is paid, what comes back, what stands against them, and that nothing happens twice.

use florin_payments::{Direction, Purpose, Told};
use florin_savings::transaction::{TransactionKind, TransactionStatus};
use florin_savings::withdrawal::{WithdrawalFields, WithdrawalStatus};
use florin_savings::{Given, SavingsError};
use florin_tenancy::Collections;
use jiff::civil::date;
use serde_json::json;

use crate::partner::{Partner, on_both};

/// A fund with 15,000 cents on it, pulled over the rail.
fn funded(partner: &Partner) -> florin_ids::FundId {
    partner.pull_from("17").expect("set");
    let fund = partner.fund();
    partner.contribute(fund, 14);
    partner.advance(date(2022, 10, 14));
    partner.tell(&partner.transactions(fund)[0], Told::Confirmed, "", 1);
    fund
}

#[track_caller]
fn refuses(found: Result<florin_savings::withdrawal::Withdrawal, SavingsError>, reasons: &[&str]) {
    let refused = found.expect_err("refused");
    let SavingsError::Impossible(found) = refused else { panic!("{refused:?}") };
    assert_eq!(found, reasons);
}

#[test]
fn money_is_paid_over_the_rail_and_comes_back() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        let asked = partner.withdraw(fund, 14_595, "K-12", None).expect("asked for");
        assert_eq!(
            (asked.status, asked.requested_on),
            (WithdrawalStatus::Requested, date(2022, 10, 14))
        );
        assert_eq!(partner.balances(fund), (405, 405));
        let shown = partner.transactions(fund).remove(0);
        assert_eq!(
            (shown.kind, shown.status),
            (TransactionKind::Withdrawal, TransactionStatus::Pending)
        );
        assert_eq!((shown.amount_minor, shown.id.uuid()), (14_595, asked.id.uuid()));
        let payment = partner.payment(&shown);
        assert_eq!((payment.direction, payment.purpose), (Direction::Pay, Purpose::Withdrawal));
        assert_eq!((payment.amount.minor(), payment.instrument.reference.as_str()), (14_595, "17"));
        partner.prove();
        for _ in 0..2 {
            partner.tell(&shown, Told::Confirmed, "", 1);
        }
        assert_eq!(partner.withdrawals(fund)[0].status, WithdrawalStatus::Paid);
        let told: Vec<_> = partner.events("WithdrawalPaid").into_iter().map(|it| it.data).collect();
        assert_eq!(
            told,
            [json!({
                "uuid": asked.id, "fund_uuid": fund, "amount": 14_595, "expense_type": "K-12",
                "requested_on": "2022-10-14", "status": "paid", "reason": null,
            })]
        );
        partner.prove();
        // The account was closed: it comes back.
        for _ in 0..2 {
            partner.tell(&shown, Told::Failed, "R02", 2);
        }
        let failed = &partner.withdrawals(fund)[0];
        assert_eq!((failed.status, failed.reason.as_str()), (WithdrawalStatus::Failed, "R02"));
        assert_eq!(partner.transactions(fund)[0].status, TransactionStatus::Returned);
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        let told = partner.events("WithdrawalFailed");
        assert_eq!((told.len(), &told[0].data["reason"]), (1, &json!("R02")));
        partner.prove();
        partner.tell(&shown, Told::Confirmed, "", 3);
        assert_eq!(partner.balances(fund), (405, 405));
        assert_eq!(partner.events("WithdrawalPaid").len(), 2);
        partner.prove();
    });
}

#[test]
fn what_does_not_arrive_is_on_the_fund_again() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        partner.withdraw(fund, 15_000, "college", None).expect("asked for");
        assert_eq!(partner.balances(fund), (0, 0));
        let shown = partner.transactions(fund).remove(0);
        partner.tell(&shown, Told::Failed, "R03", 1);
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        assert_eq!(partner.transactions(fund)[0].status, TransactionStatus::Failed);
        assert!(partner.events("WithdrawalPaid").is_empty());
        partner.prove();
    });
}

#[test]
fn only_what_has_settled_can_be_taken_out() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        partner.advance(date(2022, 11, 14));
        assert_eq!(partner.balances(fund), (15_000, 30_000));
        let found = partner.withdraw(fund, 15_001, "college", None);
        refuses(found, &["amount is more than the settled balance of 15000"]);
        partner.withdraw(fund, 9_000, "college", None).expect("asked for");
        let found = partner.withdraw(fund, 9_000, "college", None);
        refuses(found, &["amount is more than the settled balance of 6000"]);
        partner.pull_from("closing").expect("set");
        partner.is_closed.store(true, std::sync::atomic::Ordering::Relaxed);
        let found = partner.withdraw(fund, 1, "college", None);
        refuses(found, &["the withdrawal cannot be paid: The account is closed."]);
        assert_eq!(partner.balances(fund), (6_000, 21_000));
        partner.prove();
    });
}

#[test]
fn what_was_pulled_by_mistake_is_not_paid_out_while_it_is_taken_back() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        let first = partner.transactions(fund).remove(0);
        partner.advance(date(2022, 11, 14));
        let second = partner.transactions(fund).remove(0);
        partner.tell(&second, Told::Confirmed, "", 2);
        partner.tell(&second, Told::ReversalAsked, "", 3);
        assert_eq!(partner.balances(fund), (30_000, 30_000));
        let found = partner.withdraw(fund, 15_001, "college", None);
        let why = "amount is more than can be withdrawn while payments of 15000 of the settled balance of 30000 \
                   are being reversed";
        refuses(found, &[why]);
        partner.withdraw(fund, 10_000, "college", None).expect("asked for");
        // The bank did not let the money be taken back.
        partner.tell(&second, Told::ReversalEnded, "", 4);
        partner.withdraw(fund, 15_000, "college", None).expect("asked for");
        assert_eq!(partner.balances(fund), (5_000, 5_000));
        partner.tell(&first, Told::ReversalAsked, "", 5);
        partner.tell(&first, Told::Failed, "reversed", 6);
        assert_eq!(partner.balances(fund), (-10_000, -10_000));
        partner.prove();
    });
}

#[test]
fn limits_are_of_the_tax_year_and_of_a_lifetime() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        partner.deposit(fund, 20_000_000, date(2024, 11, 1));
        partner.withdraw(fund, 600_000, "K-12", None).expect("asked for");
        let over =
            "amount is more than may be withdrawn for K-12 in 2024: 400000 of 1000000 are left";
        refuses(partner.withdraw(fund, 400_001, "K-12", None), &[over]);
        partner.withdraw(fund, 400_000, "K-12", None).expect("asked for");
        partner.withdraw(fund, 999_999, "student_loan", None).expect("asked for");
        partner.advance(date(2025, 1, 2));
        let none =
            "amount is more than may be withdrawn for K-12 in 2025: 1000000 of 1000000 are left";
        refuses(partner.withdraw(fund, 1_000_001, "K-12", None), &[none]);
        partner.withdraw(fund, 1_000_000, "K-12", None).expect("asked for");
        partner.advance(date(2026, 1, 2));
        partner.withdraw(fund, 2_000_000, "K-12", None).expect("asked for");
        let life = "amount is more than may be withdrawn for student_loan in a lifetime: 1 of 1000000 are left";
        refuses(partner.withdraw(fund, 2, "student_loan", None), &[life]);
        partner.withdraw(fund, 5_000_000, "non_qualified", None).expect("asked for");
        let spent = 600_000 + 400_000 + 999_999 + 1_000_000 + 2_000_000 + 5_000_000;
        assert_eq!(partner.balances(fund).0, 20_000_000 - spent);
        partner.prove();
    });
}

#[test]
fn what_failed_does_not_count_in_a_limit() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund_of("901939500", florin_savings::MOVED);
        partner.deposit(fund, 2_000_000, date(2022, 11, 1));
        partner.withdraw(fund, 1_000_000, "K-12", None).expect("asked for");
        partner.advance(date(2022, 11, 30));
        assert_eq!(partner.withdrawals(fund)[0].status, WithdrawalStatus::Failed);
        partner.withdraw(fund, 1_000_000, "K-12", None).expect("asked for");
        partner.prove();
    });
}

#[test]
fn a_key_takes_out_once() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        partner.runtime.block_on(async {
            let calls = (0..16).map(|_| {
                let (savings, caller) = (partner.savings.clone(), partner.caller.clone());
                let fields = WithdrawalFields {
                    amount: Given::Value(10_000),
                    expense_type: "college".into(),
                    ..WithdrawalFields::default()
                };
                let key = Some("k".to_owned());
                tokio::spawn(async move {
                    savings.initiate_withdrawal(&caller, fund, fields, key).await
                })
            });
            let mut ids = std::collections::BTreeSet::new();
            for call in calls.collect::<Vec<_>>() {
                ids.insert(call.await.expect("no panic").expect("asked for").id);
            }
            assert_eq!(ids.len(), 1);
        });
        assert_eq!(partner.balances(fund), (5_000, 5_000));
        let other = partner.withdraw(fund, 10_000, "K-12", Some("k"));
        refuses(other, &["Idempotency-Key was used for another withdrawal"]);
        assert_eq!(partner.withdrawals(fund).len(), 1);
        partner.prove();
    });
}

#[test]
fn callers_at_the_same_time_take_out_no_more_than_there_is() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        let done = partner.runtime.block_on(async {
            let calls = (0..8).map(|_| {
                let (savings, caller) = (partner.savings.clone(), partner.caller.clone());
                let fields = WithdrawalFields {
                    amount: Given::Value(4_000),
                    expense_type: "college".into(),
                    ..WithdrawalFields::default()
                };
                tokio::spawn(async move {
                    savings.initiate_withdrawal(&caller, fund, fields, None).await
                })
            });
            let mut done = 0;
            for call in calls.collect::<Vec<_>>() {
                done += usize::from(call.await.expect("no panic").is_ok());
            }
            done
        });
        assert_eq!(done, 3);
        assert_eq!(partner.balances(fund), (3_000, 3_000));
        partner.prove();
    });
}

#[test]
fn money_is_paid_to_the_saver_s_own_account_and_to_nobody_else_s() {
    on_both(Collections::Simulated, |partner| {
        let fund = funded(partner);
        let own = partner.account("11223344", None).id.number();
        let to = |amount, account, key| {
            partner.withdraw_to(fund, amount, "college", key, Given::Value(account))
        };
        let asked = to(5_000, own, Some("k")).expect("asked for");
        assert_eq!(asked.account, Some(own));
        let payment = partner.payment(&partner.transactions(fund)[0]);
        assert_eq!(payment.instrument.reference, own.to_string());
        assert_eq!((payment.direction, payment.purpose), (Direction::Pay, Purpose::Withdrawal));
        let stored = &partner.withdrawals(fund)[0];
        assert_eq!((stored.id, stored.account), (asked.id, Some(own)));
        // The key names the account too.
        assert_eq!(to(5_000, own, Some("k")).expect("the same").id, asked.id);
        let elsewhere = partner.withdraw(fund, 5_000, "college", Some("k"));
        refuses(elsewhere, &["Idempotency-Key was used for another withdrawal"]);
        // Another saver has claimed this one.
        let other = partner.fund_of("901939501", "Karin");
        partner.deposit(other, 2_000, date(2022, 10, 17));
        partner.tell(&partner.transactions(other)[0], Told::Confirmed, "", 1);
        let theirs = partner.account("55667788", None).id.number();
        let paid = partner.withdraw_to(other, 1_000, "college", None, Given::Value(theirs));
        assert_eq!(paid.expect("asked for").account, Some(theirs));
        refuses(to(1, theirs, None), &["external_account_id: it belongs to somebody else"]);
        let SavingsError::Impossible(reasons) = to(1, 4_711, None).expect_err("refused") else {
            panic!("an account that there is not")
        };
        assert!(reasons[0].starts_with("external_account_id: "), "{reasons:?}");
        assert_eq!(partner.balances(fund).0, 10_000);
        partner.prove();
    });
}
