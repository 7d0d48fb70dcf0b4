//! Gifts and contributions from accounts other than the partner's: who may pay, what it takes to prove an account, and
//! what becomes of the money.

use florin_external_accounts::ExternalAccount;
use florin_external_accounts::probe;
use florin_external_accounts::trial::TRIAL_DEPOSITS;
use florin_external_accounts::verified::VerifiedAccount;
use florin_ids::{FundId, GiftId};
use florin_payments::{Direction, Purpose, Told};
use florin_savings::contribution::{Contribution, ContributionFields};
use florin_savings::gift::{
    GiftFields, GiftState, GiftView, HeldSecret, NumberFields, Source, Visitor,
};
use florin_savings::page::FundPageChange;
use florin_savings::transaction::{TransactionKind, TransactionStatus};
use florin_savings::{Given, SavingsError};
use florin_tenancy::Collections;
use jiff::civil::date;
use serde_json::json;

use crate::partner::{Partner, on_both};

const PAGES: &str = "https://florin.example.com/gifts/";

pub fn form() -> GiftFields {
    GiftFields {
        first_name: "Karin".into(),
        last_name: "McFarlane".into(),
        email: "karin@example.com".into(),
        message: "Happy birthday, John!".into(),
        amount: "250".into(),
        source: Source::Numbers(numbers("55667788")),
        is_shown: true,
        is_authorised: true,
    }
}

/// A giver's browser now.
pub fn visitor(partner: &Partner, browser: &str) -> Visitor {
    Visitor { browser: HeldSecret::of(browser), now: partner.caller.now }
}

pub fn numbers(account: &str) -> NumberFields {
    NumberFields {
        routing_number: "021000021".into(),
        account_number: account.into(),
        account_kind: "checking".into(),
    }
}

fn handle(partner: &Partner, fund: FundId) -> String {
    let found = partner.savings.get_fund(&partner.caller, fund);
    partner.runtime.block_on(found).expect("a fund").fund.handle
}

pub fn ask(
    partner: &Partner,
    fund: FundId,
    id: GiftId,
    fields: GiftFields,
) -> Result<String, SavingsError> {
    let handle = handle(partner, fund);
    let visitor = visitor(partner, "tablet");
    let asked = partner.savings.ask_gift(handle, id, fields, PAGES.to_owned(), visitor);
    partner.runtime.block_on(asked)
}

pub fn confirm(partner: &Partner, key: &str, one: &str, other: &str) -> GiftView {
    let amounts = (one.to_owned(), other.to_owned());
    let told = partner.savings.confirm_gift(key, amounts, visitor(partner, "tablet"));
    partner.runtime.block_on(told).expect("told")
}

fn shown(partner: &Partner, fund: FundId) -> (usize, i64) {
    let found = partner.savings.public_fund(handle(partner, fund));
    let found = partner.runtime.block_on(found).expect("a page");
    (found.gifts.len(), found.gift_count)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, SavingsError>) -> Vec<String> {
    match found.expect_err("refused") {
        SavingsError::Impossible(reasons) | SavingsError::Invalid(reasons) => reasons,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gift_is_pulled_once_its_account_is_proven() {
    on_both(Collections::Simulated, |partner| {
        let (fund, id) = (partner.fund(), GiftId::new());
        let key = ask(partner, fund, id, form()).expect("asked for");
        assert_eq!(ask(partner, fund, id, form()).expect("asked for"), key, "the same form once");
        let told = partner.events("GiftRequested");
        assert_eq!(told.len(), 1);
        let expected = json!({
            "uuid": id,
            "fund_uuid": fund,
            "fund_name": "John's College Fund",
            "giver": "Karin McFarlane",
            "email": "karin@example.com",
            "amount": 25_000,
            "gift_url": format!("{PAGES}{key}"),
        });
        assert_eq!(told[0].data, expected);
        let wrong = confirm(partner, &key, "0.18", "0.29");
        assert_eq!((wrong.state, wrong.attempts), (GiftState::Verifying, 1));
        assert_eq!((partner.transactions(fund).len(), partner.balances(fund)), (0, (0, 0)));
        let right = confirm(partner, &key, "28", "$0.18");
        assert_eq!((right.state, &*right.account_ending), (GiftState::Pending, "7788"));
        let again = confirm(partner, &key, "0.01", "0.02");
        assert_eq!((again.state, again.gift.transaction), (right.state, right.gift.transaction));
        let made = partner.transactions(fund);
        assert_eq!(made.len(), 1);
        let found = (made[0].kind, made[0].amount_minor, made[0].status, &*made[0].description);
        let pending = TransactionStatus::Pending;
        assert_eq!(found, (TransactionKind::Gift, 25_000, pending, "Gift from Karin McFarlane"));
        let payment = partner.payment(&made[0]);
        assert_eq!((payment.purpose, payment.direction), (Purpose::Gift, Direction::Collect));
        assert_eq!(payment.amount.minor(), 25_000);
        assert_eq!(
            payment.instrument.reference,
            right.gift.account.expect("an account").to_string()
        );
        assert_eq!((partner.balances(fund), shown(partner, fund)), ((0, 25_000), (0, 0)));
        partner.tell(&made[0], Told::Confirmed, "", 1);
        assert_eq!((partner.balances(fund), shown(partner, fund)), ((25_000, 25_000), (1, 1)));
        let settled = partner.events("PaymentSettled");
        assert_eq!((settled.len(), &settled[0].data["type"]), (1, &json!("gift")));
        partner.tell(&made[0], Told::Failed, "R10", 2);
        assert_eq!((partner.balances(fund), shown(partner, fund)), ((0, 0), (0, 0)));
        let after = partner.savings.gift_behind(&key, partner.caller.now);
        let after = partner.runtime.block_on(after).expect("a gift");
        assert_eq!((after.state, &*after.reason), (GiftState::Returned, "R10"));
        partner.prove();
    });
}

#[test]
fn who_guesses_the_amounts_pays_nothing() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        let key = ask(partner, fund, GiftId::new(), form()).expect("asked for");
        let mut state = GiftState::Verifying;
        for _ in 0..10 {
            state = confirm(partner, &key, "0.01", "0.02").state;
        }
        assert_eq!(state, GiftState::Refused);
        assert_eq!(confirm(partner, &key, "0.18", "0.28").state, GiftState::Refused);
        assert_eq!(partner.transactions(fund), []);
        let tablet = visitor(partner, "tablet");
        let bad = partner.savings.confirm_gift(&key[1..], Default::default(), tablet);
        let bad = partner.runtime.block_on(bad);
        assert!(matches!(bad, Err(SavingsError::NotFound(_))), "{bad:?}");
        let key = ask(partner, fund, GiftId::new(), form()).expect("asked for");
        let told = ("x".to_owned(), "0.28".to_owned());
        let told = partner.savings.confirm_gift(&key, told, tablet);
        let reasons = refused(partner.runtime.block_on(told));
        assert_eq!(reasons, ["amount_1 must be the amount of a deposit, such as 0.12"]);
        assert_eq!(confirm(partner, &key, "0.18", "0.28").state, GiftState::Pending);
    });
}

#[test]
fn what_cannot_be_given_is_refused() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        let faults = refused(ask(partner, fund, GiftId::new(), GiftFields::default()));
        assert_eq!(faults.len(), 8, "{faults:?}");
        // Deposits are not sent to one account without end.
        for _ in 0..5 {
            ask(partner, fund, GiftId::new(), form()).expect("asked for");
        }
        let reasons = refused(ask(partner, fund, GiftId::new(), form()));
        assert_eq!(reasons, ["There were many gifts today. Please come back tomorrow."]);
        let other = GiftFields { source: Source::Numbers(numbers("55667799")), ..form() };
        ask(partner, fund, GiftId::new(), other.clone()).expect("another account");
        // A fund that nobody may see takes no gifts either.
        let hidden = FundPageChange { is_public: Given::Value(false), ..FundPageChange::default() };
        let hidden = partner.savings.change_fund_page(&partner.caller, fund, hidden);
        assert!(!partner.runtime.block_on(hidden).expect("changed").1.is_public);
        let asked = ask(partner, fund, GiftId::new(), other);
        assert!(matches!(asked, Err(SavingsError::NotFound(_))), "{asked:?}");
        assert_eq!(partner.transactions(fund), []);
        partner.prove();
    });
}

#[test]
fn sixteen_clicks_give_once() {
    on_both(Collections::Simulated, |partner| {
        let (fund, id) = (partner.fund(), GiftId::new());
        let handle = handle(partner, fund);
        let key = partner.runtime.block_on(async {
            let asks: Vec<_> = (0..16)
                .map(|_| {
                    let (savings, tablet) = (partner.savings.clone(), visitor(partner, "tablet"));
                    let handle = handle.clone();
                    let ask = async move {
                        savings.ask_gift(handle, id, form(), PAGES.to_owned(), tablet).await
                    };
                    tokio::spawn(ask)
                })
                .collect();
            let mut keys = Vec::new();
            for ask in asks {
                keys.push(ask.await.expect("no panic").expect("asked for"));
            }
            keys.dedup();
            assert_eq!(keys.len(), 1);
            let key = keys.remove(0);
            let told: Vec<_> = (0..16)
                .map(|_| {
                    let (savings, tablet) = (partner.savings.clone(), visitor(partner, "tablet"));
                    let (key, amounts) = (key.clone(), ("0.18".to_owned(), "0.28".to_owned()));
                    tokio::spawn(async move { savings.confirm_gift(&key, amounts, tablet).await })
                })
                .collect();
            for told in told {
                let view = told.await.expect("no panic").expect("told");
                assert_eq!(view.state, GiftState::Pending);
            }
            key
        });
        assert_eq!(partner.events("GiftRequested").len(), 1, "{key}");
        assert_eq!(partner.transactions(fund).len(), 1);
        assert_eq!(partner.balances(fund), (0, 25_000));
        partner.prove();
    });
}

fn contribute(
    partner: &Partner,
    fund: FundId,
    account: Given<i64>,
) -> Result<Contribution, SavingsError> {
    let fields = ContributionFields {
        frequency: "monthly".into(),
        amount: Given::Value(15_000),
        first_day: Given::Value(14),
        account,
        ..ContributionFields::default()
    };
    let made = partner.savings.create_contribution(&partner.caller, fund, fields);
    partner.runtime.block_on(made)
}

fn unverified(partner: &Partner) -> ExternalAccount {
    let accounts = partner.savings.external_accounts().expect("accounts").clone();
    let caller = partner.caller.clone();
    let made = partner.savings.db().write_blocking(move |tx| {
        let new = VerifiedAccount {
            end_user: None,
            customer: None,
            first_name: "Jane".to_owned(),
            last_name: "Doe".to_owned(),
            routing_number: "021000021".to_owned(),
            account_number: "111122".to_owned(),
            kind: florin_external_accounts::AccountKind::Savings,
            bank_name: None,
        };
        probe::begin_of_in(tx, &accounts, &caller, &new, TRIAL_DEPOSITS)
    });
    made.expect("an account")
}

#[test]
fn a_contribution_is_pulled_from_the_saver_s_own_account() {
    on_both(Collections::Simulated, |partner| {
        partner.pull_from("17").expect("set");
        let (fund, others) = (partner.fund(), partner.fund_of("901939501", "Ann"));
        let own = partner.account("33334444", None);
        let made = contribute(partner, fund, Given::Value(own.id.number())).expect("made");
        assert_eq!(made.account, Some(own.id.number()));
        contribute(partner, others, Given::Absent).expect("made");
        partner.advance(date(2022, 10, 14));
        let pulled = |fund| partner.payment(&partner.transactions(fund)[0]).instrument.reference;
        assert_eq!((pulled(fund), &*pulled(others)), (own.id.to_string(), "17"));
        partner.tell(&partner.transactions(fund)[0], Told::Confirmed, "", 1);
        assert_eq!(
            (partner.balances(fund), partner.balances(others)),
            ((15_000, 15_000), (0, 15_000))
        );
        // Another account of the same customer is the saver's as well, and nobody else's.
        let second = partner.account("33335555", Some(own.customer.number())).id.number();
        let reasons = refused(contribute(partner, others, Given::Value(second)));
        assert_eq!(reasons, ["external_account_id: it belongs to somebody else"]);
        let change = |account| {
            let fields = ContributionFields { account, ..ContributionFields::default() };
            let changed = partner.savings.update_contribution(&partner.caller, made.id, fields);
            partner.runtime.block_on(changed)
        };
        assert_eq!(change(Given::Value(second)).expect("changed").account, Some(second));
        assert_eq!(change(Given::Absent).expect("changed").account, Some(second));
        partner.advance(date(2022, 11, 14));
        assert_eq!(pulled(fund), second.to_string());
        assert_eq!(change(Given::Null).expect("changed").account, None);
        partner.advance(date(2022, 12, 14));
        assert_eq!(pulled(fund), "17");
        partner.prove();
    });
}

#[test]
fn accounts_that_money_cannot_be_pulled_from_are_refused() {
    on_both(Collections::Simulated, |partner| {
        let fund = partner.fund();
        for unknown in [0, -1, 4_711, i64::MAX] {
            let reasons = refused(contribute(partner, fund, Given::Value(unknown)));
            assert!(reasons[0].starts_with("external_account_id: "), "{reasons:?}");
        }
        let reasons =
            refused(contribute(partner, fund, Given::Value(unverified(partner).id.number())));
        assert!(reasons[0].starts_with("external_account_id: "), "{reasons:?}");
        // A giver has authorised the gift and nothing else.
        let key = ask(partner, fund, GiftId::new(), form()).expect("asked for");
        let gift = confirm(partner, &key, "0.18", "0.28").gift;
        let reasons = refused(contribute(
            partner,
            fund,
            Given::Value(gift.account.expect("an account").number()),
        ));
        assert_eq!(reasons, ["external_account_id: it belongs to somebody else"]);
    });
}
