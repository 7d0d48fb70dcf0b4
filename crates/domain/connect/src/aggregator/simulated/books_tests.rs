use florin_money::Currency;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::institution::Catalogue;

const KINDS: [Kind; 3] = [Kind::Current, Kind::Savings, Kind::Card];

fn institution(code: &str) -> std::sync::Arc<Institution> {
    Catalogue::built_in().by_code(code).expect("an institution")
}

/// Two years of an account with today's balance.
fn two_years(books: &Books<'_>, kind: Kind, today: Date) -> (AccountData, Vec<TransactionData>) {
    let since = Month::of(today).plus(-MONTHS).first();
    let all = books.transactions(kind, since, today);
    let booked = all.into_iter().filter(|it| !it.is_pending).collect();
    (books.account(kind, today), booked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn running_balances_meet_todays(user in "[a-z]{1,12}", days in 0_i64..14_000, is_british: bool) {
        let it = institution(if is_british { "aldermere" } else { "gringotts" });
        let books = Books::new(&it, &user, Behaviour::Demo);
        let today = date(1995, 1, 1).checked_add(jiff::Span::new().days(days)).expect("a date");
        for kind in KINDS {
            let (account, booked) = two_years(&books, kind, today);
            let mut balance = books.opening(kind, Month::of(today).plus(-MONTHS));
            let mut last = Date::MIN;
            for it in &booked {
                balance += it.amount_minor;
                prop_assert_eq!(it.balance_after_minor, Some(balance), "{:?} {:?}", kind, it);
                prop_assert!(last <= it.posted_on && it.posted_on <= today);
                last = it.posted_on;
            }
            prop_assert_eq!(account.balance_minor, balance, "{:?}", kind);
        }
    }

    #[test]
    fn what_was_told_of_a_day_never_changes(user in "[a-z]{1,8}", days in 0_i64..3_000, later in 1_i64..400) {
        let it = institution("gringotts");
        let books = Books::new(&it, &user, Behaviour::Demo);
        let today = date(2018, 3, 1).checked_add(jiff::Span::new().days(days)).expect("a date");
        let then = today.checked_add(jiff::Span::new().days(later)).expect("a date");
        let since = Month::of(then).plus(-MONTHS).first().max(Month::of(today).plus(-MONTHS).first());
        for kind in KINDS {
            let now = books.transactions(kind, since, today);
            let after = books.transactions(kind, since, then);
            let booked: Vec<_> = now.iter().filter(|it| !it.is_pending).collect();
            prop_assert!(after.iter().take(booked.len()).eq(booked.iter().copied()));
            for pending in now.iter().filter(|it| it.is_pending) {
                let found = after.iter().find(|it| it.external_id == pending.external_id);
                let found = found.expect("what was pending is booked");
                prop_assert_eq!(found.amount_minor, pending.amount_minor);
            }
        }
    }
}

#[test]
fn a_customers_two_years() {
    let it = institution("gringotts");
    let today = date(2026, 11, 21);
    for user in ["demo", "anna", "bert", "carla", "dora"] {
        let books = Books::new(&it, user, Behaviour::Demo);
        let (_, booked) = two_years(&books, Kind::Current, today);
        let count = |category| booked.iter().filter(|it| it.category == category).count();
        assert_eq!(count(Category::Salary), 24, "{user}");
        assert_eq!(count(Category::Housing), 25, "{user}");
        assert!(count(Category::Loan) >= 23 && count(Category::Groceries) > 90, "{user}");
        let overdrawn = booked.iter().filter(|it| it.balance_after_minor < Some(0)).count();
        assert!(overdrawn >= 4, "{user} is overdrawn {overdrawn} times");
        let ids: std::collections::HashSet<_> = booked.iter().map(|it| &it.external_id).collect();
        assert_eq!(ids.len(), booked.len());
        assert!((400..1_600).contains(&booked.len()), "{}", booked.len());
        let lowest =
            booked.iter().filter_map(|it| it.balance_after_minor).min().expect("a balance");
        assert!((-60_000..0).contains(&lowest), "{user}: {lowest}");
        let invested: i64 = booked
            .iter()
            .filter(|it| it.merchant.as_deref() == Some("Marlow Investments"))
            .map(|it| it.amount_minor)
            .sum();
        assert!(invested < 0, "{user} lives within their means: {invested}");
    }
}

#[test]
fn accounts_are_always_the_same() {
    let us = institution("gringotts");
    let first = Books::new(&us, "Demo ", Behaviour::Demo).accounts(date(2026, 11, 21));
    let again = Books::new(&us, "demo", Behaviour::Demo).accounts(date(2026, 11, 21));
    assert_eq!(first, again);
    assert_eq!(first.len(), 3);
    let numbers = first[0].numbers.clone().expect("numbers");
    assert!(us.routing_numbers.contains(&numbers.routing.expect("a routing number")));
    assert_eq!(numbers.account.expect("a number").len(), 11);
    let other = Books::new(&us, "anna", Behaviour::Demo).accounts(date(2026, 11, 21));
    assert_ne!(first[0].numbers, other[0].numbers);
    let gb = institution("aldermere");
    let british = Books::new(&gb, "demo", Behaviour::Demo).accounts(date(2026, 11, 21));
    assert_eq!(british[0].currency, Currency::GBP);
    let numbers = british[0].numbers.clone().expect("numbers");
    assert!(
        numbers.iban.expect("an IBAN").starts_with("GB")
            && numbers.account.expect("a number").len() == 8
    );
    let single = Books::new(&us, "single", Behaviour::Single).accounts(date(2026, 11, 21));
    assert_eq!(single.len(), 1);
}

#[test]
fn check_digits_of_an_iban() {
    // The example of the UK in the registry of IBANs.
    assert_eq!(iban_of("nwbk", "601613", "31926819"), "GB29NWBK60161331926819");
}
