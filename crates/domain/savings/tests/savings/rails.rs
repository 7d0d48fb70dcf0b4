//! Contributions over the ACH rail: what is asked for, what the rail's news does, and that nothing happens twice.

use std::sync::atomic::Ordering;

use florin_money::Currency;
use florin_payments::{Direction, Purpose, RailKind, Told};
use florin_savings::SavingsError;
use florin_savings::transaction::TransactionStatus;
use florin_tenancy::Collections;
use jiff::civil::date;
use serde_json::json;

use crate::partner::on_both;

#[test]
fn a_contribution_is_pulled_from_the_partner_s_account() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let made = partner.transactions(fund);
        assert_eq!(made.len(), 1);
        let payment = partner.payment(&made[0]);
        assert_eq!(payment.instrument.reference, "17");
        assert_eq!(
            (payment.instrument.rail, payment.direction),
            (RailKind::Ach, Direction::Collect)
        );
        assert_eq!((payment.purpose, payment.amount.minor()), (Purpose::Contribution, 15_000));
        assert_eq!(payment.amount.currency(), Currency::USD);
        assert_eq!(payment.wanted_on, date(2022, 10, 14));
        // The built-in bank keeps out of it.
        partner.advance(date(2022, 10, 31));
        assert_eq!(partner.balances(fund), (0, 15_000));
        partner.tell(&made[0], Told::Submitted, "", 1);
        assert_eq!(partner.balances(fund), (0, 15_000));
        for _ in 0..2 {
            partner.tell(&made[0], Told::Confirmed, "", 2);
        }
        partner.tell(&made[0], Told::PaidOut, "", 3);
        assert_eq!(partner.balances(fund), (15_000, 15_000));
        assert_eq!(partner.settled_events(), 1);
        for _ in 0..2 {
            partner.tell(&made[0], Told::Failed, "R10", 4);
        }
        assert_eq!(partner.balances(fund), (0, 0));
        let returned = &partner.transactions(fund)[0];
        assert_eq!(
            (returned.status, returned.reason.as_str()),
            (TransactionStatus::Returned, "R10")
        );
        let told = partner.events("PaymentReturned");
        let expected = json!({
            "uuid": made[0].id, "fund_uuid": fund, "amount": 15_000, "description": "Contribution",
            "occurred_on": "2022-10-14", "status": "Returned", "type": "contribution",
            "frequency": "monthly", "reason": "R10",
            "reason_text": "The bank was told that the payment is not agreed to.",
        });
        assert_eq!((told.len(), &told[0].data), (1, &expected));
        assert!(partner.events("PaymentFailed").is_empty());
        partner.prove();
    });
}

#[test]
fn a_payment_that_does_not_come_leaves_nothing() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let made = partner.transactions(fund);
        partner.tell(&made[0], Told::Failed, "R01", 1);
        assert_eq!(partner.balances(fund), (0, 0));
        assert_eq!(partner.transactions(fund)[0].status, TransactionStatus::Failed);
        assert_eq!(partner.settled_events(), 0);
        // Told once, however often the bank does.
        partner.tell(&made[0], Told::Failed, "R01", 2);
        let told = partner.events("PaymentFailed");
        let found = (told.len(), &told[0].data["status"], &told[0].data["reason_text"]);
        let words = json!("There was not enough money in the account.");
        assert_eq!(found, (1, &json!("Failed"), &words));
        assert_eq!(
            (&told[0].data["reason"], &told[0].data["amount"]),
            (&json!("R01"), &json!(15_000))
        );
        partner.prove();
    });
}

#[test]
fn without_a_way_for_the_money_a_contribution_fails() {
    on_both(Collections::Manual, |partner| {
        let fund = partner.fund();
        partner.contribute(fund, 14);
        partner.advance(date(2022, 10, 14));
        let refused = partner.pull_from("gone").expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["funding_account: The account is closed."]);
        // It can be used, and is closed afterwards.
        partner.pull_from("closing").expect("set");
        partner.is_closed.store(true, Ordering::Relaxed);
        partner.advance(date(2022, 11, 14));
        let found = partner.transactions(fund);
        let reasons: Vec<&str> = found.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["The account is closed.", "no_funding_account"]);
        let told = partner.events("PaymentFailed");
        let words: Vec<&str> =
            told.iter().filter_map(|it| it.data["reason_text"].as_str()).collect();
        let none = "No account is set up that it could be pulled from.";
        assert_eq!(words, [none, "The account is closed."]);
        assert!(found.iter().all(|it| it.status == TransactionStatus::Failed));
        assert_eq!(partner.balances(fund), (0, 0));
        let contribution = partner.contribute(fund, 28);
        let paid = partner.savings.create_payment(&partner.caller, contribution, None);
        let refused = partner.runtime.block_on(paid).expect_err("refused");
        let SavingsError::Impossible(reasons) = refused else { panic!("{refused:?}") };
        assert_eq!(reasons, ["the payment cannot be made: The account is closed."]);
        assert_eq!(partner.transactions(fund).len(), 2);
        assert_eq!(partner.events("PaymentFailed").len(), 2, "what is refused is not told of");
        partner.prove();
    });
}

#[test]
fn callers_at_the_same_time_make_one_payment() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let fund = partner.fund();
        let contribution = partner.contribute(fund, 14);
        partner.runtime.block_on(async {
            let calls = (0..16).map(|_| {
                let (savings, caller) = (partner.savings.clone(), partner.caller.clone());
                tokio::spawn(async move {
                    savings.create_payment(&caller, contribution, Some("k".to_owned())).await
                })
            });
            for call in calls.collect::<Vec<_>>() {
                let paid = call.await.expect("no panic").expect("paid");
                assert_eq!(paid.activation_date, date(2022, 11, 14));
            }
        });
        assert_eq!(partner.transactions(fund).len(), 1);
        assert_eq!(partner.balances(fund), (0, 15_000));
    });
}
