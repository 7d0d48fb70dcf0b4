//! What accounts tell.

use florin_open_banking::ApiError;
use florin_open_banking::wire::*;
use jiff::SignedDuration;
use jiff::civil::date;

use super::support::{MONZO, bench};

#[tokio::test]
async fn an_account_has_details_balances_and_two_years_of_transactions() {
    let bench = bench().await;
    let linked = bench.linked(MONZO, "demo").await;
    let id = linked.accounts[0];
    let account = bench.client.account(id).await.unwrap();
    assert_eq!((account.status, account.institution_id.as_str()), (AccountStatus::Ready, MONZO));
    let details = bench.client.account_details(id).await.unwrap();
    assert_eq!(details.iban, account.iban);
    assert_eq!((details.scan.len(), details.currency.as_str()), (14, "GBP"));
    assert_eq!(details.cash_account_type, "CACC");
    let balances = bench.client.account_balances(id).await.unwrap();
    let kinds: Vec<_> = balances.iter().map(|balance| balance.balance_type).collect();
    assert_eq!(kinds, [BalanceType::InterimAvailable, BalanceType::ClosingBooked]);
    let all = bench.client.account_transactions(id, None, None).await.unwrap();
    assert_eq!(all.booked.unreadable + all.pending.unreadable, 0);
    assert!(all.booked.items.len() > 350, "{}", all.booked.items.len());
    let oldest = all.booked.items.iter().map(|one| one.booking_date.clone()).min().unwrap();
    assert!(oldest.as_str() <= "2024-12-01", "{oldest}");
    let salaries =
        all.booked.items.iter().filter(|one| one.bank_transaction_code.ends_with("SALA"));
    assert_eq!(salaries.count(), 23 + 1);
}

#[tokio::test]
async fn dates_bound_what_is_told() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "demo").await.accounts[0];
    let ask = |from, to| bench.client.account_transactions(id, from, to);
    let (from, to) = (date(2026, 10, 1), date(2026, 10, 31));
    let october = ask(Some(from), Some(to)).await.unwrap();
    let is_within = |one: &Transaction| one.booking_date.starts_with("2026-10-");
    assert!(october.booked.items.len() > 10 && october.booked.items.iter().all(is_within));
    for (from, to, field) in [
        (Some(date(2026, 11, 22)), None, "date_from"),
        (None, Some(date(2026, 11, 22)), "date_to"),
        (Some(to), Some(from), "date_from"),
    ] {
        let refused = ask(from, to).await;
        assert!(
            matches!(&refused, Err(ApiError::Validation { fields, .. }) if fields[0].field == field),
            "{refused:?}"
        );
    }
    // The sandbox's bank tells 90 days only.
    let id = bench.linked("SANDBOXFINANCE_SFIN0000", "demo").await.accounts[0];
    let short = bench.client.account_transactions(id, None, None).await.unwrap();
    assert!(short.booked.items.iter().all(|one| one.booking_date.as_str() >= "2026-08-23"));
}

#[tokio::test]
async fn what_was_pending_is_booked_tomorrow() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "demo").await.accounts[0];
    // A Saturday, on which groceries are bought.
    let today =
        bench.client.account_transactions(id, Some(date(2026, 11, 21)), None).await.unwrap();
    let pending = &today.pending.items[0];
    assert!(pending.booking_date.is_empty() && pending.internal_transaction_id.is_empty());
    bench.clock.advance(SignedDuration::from_hours(24));
    let later =
        bench.client.account_transactions(id, Some(date(2026, 11, 21)), None).await.unwrap();
    let is_it = |one: &&Transaction| one.transaction_amount == pending.transaction_amount;
    let booked = later.booked.items.iter().find(is_it).unwrap();
    assert_eq!(booked.booking_date, "2026-11-21");
    assert!(!booked.internal_transaction_id.is_empty());
}

#[tokio::test]
async fn users_have_the_accounts_that_their_names_say() {
    let bench = bench().await;
    let cases = [("demo", 2), ("single", 1), ("many", 12), ("no_accounts", 0), ("card", 2)];
    for (user, expected) in cases {
        assert_eq!(bench.linked(MONZO, user).await.accounts.len(), expected, "{user}");
    }
    let card = bench.linked(MONZO, "card").await.accounts[1];
    let card = bench.client.account_details(card).await.unwrap();
    assert!(card.iban.is_empty() && card.masked_pan.starts_with("****"), "{card:?}");
    let yen = bench.linked(MONZO, "foreign").await.accounts[1];
    let balances = bench.client.account_balances(yen).await.unwrap();
    let amount = &balances[0].balance_amount;
    assert!(amount.currency == "JPY" && !amount.amount.contains('.'), "{amount:?}");
}

#[tokio::test]
async fn data_as_bad_as_banks_send_it_is_read_as_far_as_it_goes() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "messy").await.accounts[0];
    let all = bench.client.account_transactions(id, None, None).await.unwrap();
    assert_eq!(all.booked.unreadable, 1);
    let amount = |id: &str| {
        let one = all.booked.items.iter().find(|one| one.transaction_id == id).unwrap();
        one.transaction_amount.amount.clone()
    };
    assert_eq!(amount("exponent"), "1e3");
    assert_eq!(amount("number"), "-7.1", "numbers are read to the digit that was sent");
    assert_eq!(amount("missing"), "");
    let balances = bench.client.account_balances(id).await.unwrap();
    assert_eq!(balances.len(), 4);
    assert_eq!(balances[2].balance_type, BalanceType::Unknown);
    let details = bench.client.account_details(id).await.unwrap();
    assert!(details.iban.is_empty() && details.scan.is_empty());
}
