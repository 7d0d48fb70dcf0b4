//! How often accounts can be read.

use std::time::Duration;

use florin_open_banking::ApiError;
use florin_open_banking::simulator::DAILY_LIMIT;
use jiff::SignedDuration;

use super::support::{MONZO, bench};

#[tokio::test]
async fn a_bank_is_asked_so_often_a_day() {
    let bench = bench().await;
    let accounts = bench.linked(MONZO, "demo").await.accounts;
    let id = accounts[0];
    for _ in 0..DAILY_LIMIT {
        bench.client.account_balances(id).await.unwrap();
    }
    bench.clock.advance(SignedDuration::from_hours(1));
    let refused = bench.client.account_balances(id).await;
    let expected =
        ApiError::RateLimited { retry_after: Some(Duration::from_secs(23 * 3600)), of_bank: true };
    assert_eq!(refused, Err(expected));
    assert_eq!(bench.pauses(), 0, "nobody waits that long here");
    // Each kind of data and each account has its own.
    bench.client.account_details(id).await.unwrap();
    bench.client.account_balances(accounts[1]).await.unwrap();
    bench.client.account(id).await.unwrap();
    bench.clock.advance(SignedDuration::from_hours(23));
    bench.client.account_balances(id).await.unwrap();
}

#[tokio::test]
async fn a_bank_may_have_limits_of_its_own() {
    let bench = bench().await;
    let id = bench.linked(MONZO, "limited").await.accounts[0];
    let refused = bench.client.account_transactions(id, None, None).await;
    assert_eq!(refused, Err(ApiError::RateLimited { retry_after: None, of_bank: true }));
    assert_eq!(bench.pauses(), 0);
}
