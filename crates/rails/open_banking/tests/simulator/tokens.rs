//! Secrets and tokens.

use std::sync::Arc;

use florin_open_banking::ApiError;
use florin_open_banking::simulator::{Fault, FaultKind};
use jiff::SignedDuration;

use super::support::{bench, bench_with};

async fn tokens(client: &florin_open_banking::Client) -> u64 {
    client.simulator_state().await.unwrap()["tokens"].as_u64().unwrap()
}

#[tokio::test]
async fn one_token_serves_a_crowd() {
    let bench = bench().await;
    let ask = || {
        let client = bench.client.clone();
        tokio::spawn(async move { client.institutions("GB").await.map(|found| found.items.len()) })
    };
    let crowd: Vec<_> = (0..50).map(|_| ask()).collect();
    for asked in crowd {
        assert!(asked.await.unwrap().unwrap() > 10);
    }
    assert_eq!(tokens(&bench.client).await, 1);
}

#[tokio::test]
async fn wrong_secrets_are_told_apart() {
    let bench = bench_with(None, Some(("id", "key"))).await;
    bench.client.check_credentials().await.unwrap();
    for (id, key) in [("id", "other"), ("other", "key"), ("", "key"), ("id", "")] {
        let refused = bench.client_of(id, key).check_credentials().await;
        assert!(matches!(refused, Err(ApiError::Credentials { .. })), "{id} {key}: {refused:?}");
    }
    assert_eq!(bench.pauses(), 0, "what will not help is not repeated");
}

#[tokio::test]
async fn the_first_key_of_an_id_stays() {
    let bench = bench().await;
    bench.client.check_credentials().await.unwrap();
    let refused = bench.client_of("id", "other").check_credentials().await;
    assert!(matches!(refused, Err(ApiError::Credentials { .. })), "{refused:?}");
}

#[tokio::test]
async fn tokens_are_refreshed_in_time_and_begun_anew_after_a_month() {
    let bench = bench().await;
    bench.client.institutions("GB").await.unwrap();
    bench.clock.advance(SignedDuration::from_hours(24));
    bench.client.institutions("GB").await.unwrap();
    assert_eq!(tokens(&bench.client).await, 1, "the old one is over");
    bench.clock.advance(SignedDuration::from_hours(31 * 24));
    bench.client.institutions("GB").await.unwrap();
    assert_eq!(bench.pauses(), 0);
}

#[tokio::test]
async fn a_token_that_is_withdrawn_is_replaced() {
    let bench = bench().await;
    bench.client.institutions("GB").await.unwrap();
    bench.simulator.withdraw_tokens();
    bench.client.institutions("GB").await.unwrap();
    // The refresh token was withdrawn as well, which is found out a day later.
    bench.simulator.withdraw_tokens();
    bench.clock.advance(SignedDuration::from_hours(24));
    bench.client.institutions("GB").await.unwrap();
    // A provider that refuses even new ones is believed.
    let always = Fault::once(FaultKind::InvalidToken).times(9);
    bench.client.simulator_set_faults(&[always]).await.unwrap();
    let refused = bench.client.institutions("GB").await;
    assert!(matches!(refused, Err(ApiError::Credentials { .. })), "{refused:?}");
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let bench = bench().await;
    let client = bench.client_of("identity", "hush-hush");
    client.check_credentials().await.unwrap();
    let shown = format!("{client:?} {:?}", Arc::new(client.clone()));
    assert!(!shown.contains("hush") && !shown.contains("sim_"), "{shown}");
    let elsewhere = super::support::client(
        "http://127.0.0.1:9/",
        ("identity", "hush-hush"),
        super::support::PATIENCE,
        &bench.clock,
        &bench.pauses,
    );
    let failure = elsewhere.check_credentials().await.unwrap_err();
    let shown = format!("{failure:?} {failure}");
    assert!(!shown.contains("hush") && !shown.contains("127.0.0.1"), "{shown}");
}
