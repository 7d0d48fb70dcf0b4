//! Who may call: keys, surfaces, scopes, addresses and allowances.

use florin_http::{HttpOptions, Limits, Mode};
use florin_tenancy::{NewKey, Surface};

use crate::app::{on_each_engine, with_options};

const LOANS: &str = "/api/v1/loan/";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_or_with_a_wrong_one_nothing_is_answered() {
    on_each_engine(async |app| {
        let stranger = app.stranger();
        for path in [LOANS, "/api/v1/transaction/", "/api/v1/loan/x/", "/api/v1/product/"] {
            let answer = stranger.get(path).await;
            assert!(!answer.header("www-authenticate").is_empty());
            answer.is(401, r#"{"detail":"Authentication credentials were not provided."}"#);
        }
        let wrong = app.with_key("wrong").get(LOANS).await;
        assert!(!wrong.header("www-authenticate").is_empty());
        wrong.is(401, r#"{"detail":"Invalid API key."}"#);
        let endless = app.with_key(&"x".repeat(5_000)).get(LOANS).await;
        endless.is(401, r#"{"detail":"Invalid API key."}"#);
        // A body is not read for a stranger.
        let posted = stranger.post_text(LOANS, "{").await;
        assert_eq!(posted.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_its_own_surface_and_only_what_its_scopes_say() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        client.get(LOANS).await.expect(200);
        let savings = app.key(&client, NewKey::everything(Surface::Savings)).await;
        let other = app.with_key(&savings.presented()).get(LOANS).await;
        other.is(403, r#"{"detail":"This API key is for another API."}"#);
        let reader = app.scoped(&client, &["read"]).await;
        reader.get(LOANS).await.expect(200);
        let refused = reader.post_text(LOANS, "{}").await;
        refused.is(403, r#"{"detail":"You do not have permission to perform this action."}"#);
        let writer = app.scoped(&client, &["write"]).await;
        assert_eq!(writer.post_text(LOANS, "{}").await.status, 400);
        assert_eq!(app.scoped(&client, &["nothing"]).await.get(LOANS).await.status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_bound_to_addresses_works_from_there_alone() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let bound = async |network: &str| {
            let allowed_networks = vec![network.to_owned()];
            let new = NewKey { allowed_networks, ..NewKey::everything(Surface::Lending) };
            app.with_key(&app.key(&client, new).await.presented())
        };
        bound("127.0.0.0/8").await.get(LOANS).await.expect(200);
        let elsewhere = bound("192.0.2.0/24").await;
        let refused = elsewhere.get(LOANS).await;
        refused.is(403, r#"{"detail":"This API key may not be used from this address."}"#);
        // Without a proxy in front, nobody can claim another address.
        let forged = elsewhere.request(reqwest::Method::GET, LOANS);
        let forged = elsewhere.send(forged.header("x-forwarded-for", "192.0.2.1")).await;
        assert_eq!(forged.status, 403);
    })
    .await;
}

fn limited(change: impl FnOnce(&mut Limits)) -> HttpOptions {
    let mut options = HttpOptions::of(Mode::Sandbox);
    change(&mut options.limits);
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_of_a_key_wait_and_other_keys_do_not() {
    let options = limited(|limits| {
        limits.requests_per_second = Some(1);
        limits.burst = 1;
    });
    with_options(options, async |app| {
        let (one, two) = (app.tenant("One").await, app.tenant("Two").await);
        // However slow the machine, of many requests at once some come within a second of another.
        let many = (0..20).map(|_| {
            let one = one.clone();
            tokio::spawn(async move { one.get(LOANS).await })
        });
        let mut throttled = 0;
        for answer in many {
            let answer = answer.await.expect("no panic");
            if answer.status == 429 {
                throttled += 1;
                assert_eq!(answer.header("retry-after"), "1");
                let text = r#"{"detail":"Request was throttled. Expected available in 1 second."}"#;
                answer.is(429, text);
            }
        }
        assert!(throttled > 0);
        two.get(LOANS).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_is_slowed_down_but_a_good_key_still_works() {
    with_options(limited(|limits| limits.failures_per_minute = 3), async |app| {
        let client = app.tenant("Lender").await;
        let wrong = app.with_key("wrong");
        for _ in 0..3 {
            assert_eq!(wrong.get(LOANS).await.status, 401);
        }
        let throttled = wrong.get(LOANS).await;
        assert_eq!(throttled.status, 429);
        assert!(!throttled.header("retry-after").is_empty());
        client.get(LOANS).await.expect(200);
    })
    .await;
}
