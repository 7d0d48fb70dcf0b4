//! `/hooks/gocardless`.

use florin_crypto::Secret;
use florin_direct_debit::webhook::sign;
use florin_ids::ProviderAccountId;
use florin_mandates::Pages;
use serde_json::{Value, json};

use crate::app::{Page, TestApp, WEBHOOK_SECRET, on_each_engine};

const SHARED: &str = "/hooks/gocardless";

async fn tell(app: &TestApp, path: &str, body: &str, signature: Option<&str>) -> Page {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}{path}", app.url)).body(body.to_owned());
    let request = match signature {
        Some(signature) => request.header("webhook-signature", signature),
        None => request,
    };
    app.browser().send(request).await
}

fn signed(body: &str) -> String {
    sign(&Secret::from_text(WEBHOOK_SECRET), body.as_bytes())
}

fn body() -> String {
    json!({"events": [{
        "id": "EV1", "created_at": "2026-11-21T09:00:00Z", "resource_type": "mandates", "action": "active",
        "links": {"mandate": "MD1"}, "details": {"origin": "gocardless", "cause": "mandate_activated"}
    }], "meta": {"webhook_id": "WB1"}})
    .to_string()
}

#[track_caller]
fn refused(page: &Page, status: u16) {
    assert_eq!(page.status, status, "{}", page.text);
    let body: Value = serde_json::from_str(&page.text).expect("JSON");
    assert!(body["error"].is_string(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_taken_in_once() {
    on_each_engine(async |app| {
        let (_, account) = app.tenant("Northbank", Pages::Own).await;
        let own = format!("{SHARED}/{account}");
        let body = body();
        for path in [SHARED, &own, &format!("{own}/")] {
            let page = tell(app, path, &body, Some(&signed(&body))).await;
            assert_eq!((page.status, page.text.as_str()), (204, ""), "{path}");
        }
        assert_eq!(app.waiting_jobs().await, 1, "one job for one event, however often it is told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_the_provider_is_refused() {
    on_each_engine(async |app| {
        let (_, account) = app.tenant("Northbank", Pages::Own).await;
        let own = format!("{SHARED}/{account}");
        let unknown = format!("{SHARED}/{}", ProviderAccountId::new());
        let body = body();
        let other = sign(&Secret::from_text("another"), body.as_bytes());
        for path in [SHARED, &own] {
            refused(&tell(app, path, &body, None).await, 498);
            refused(&tell(app, path, &body, Some("")).await, 498);
            refused(&tell(app, path, &body, Some("zz")).await, 498);
            refused(&tell(app, path, &body, Some(&other)).await, 498);
            refused(&tell(app, path, &format!("{body} "), Some(&signed(&body))).await, 498);
        }
        for path in [&unknown, &format!("{SHARED}/nonsense")] {
            refused(&tell(app, path, &body, Some(&signed(&body))).await, 498);
        }
        assert_eq!(app.waiting_jobs().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused() {
    on_each_engine(async |app| {
        app.tenant("Northbank", Pages::Own).await;
        for body in ["", "{", "[]", "null", "{\"events\": 5}", "\u{0}"] {
            refused(&tell(app, SHARED, body, Some(&signed(body))).await, 400);
        }
        let nothing = "{\"events\": []}";
        assert_eq!(tell(app, SHARED, nothing, Some(&signed(nothing))).await.status, 204);
        let long = "x".repeat(1024 * 1024 + 1);
        assert_eq!(tell(app, SHARED, &long, Some(&signed(&long))).await.status, 413);
        assert_eq!(app.browser().get(SHARED).await.status, 405);
        assert_eq!(app.waiting_jobs().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_opens_its_own_tenants_address_only() {
    on_each_engine(async |app| {
        let (_, first) = app.tenant("First", Pages::Own).await;
        let (caller, second) = app.tenant("Second", Pages::Own).await;
        let change = florin_mandates::AccountChange {
            webhook_secret: Some(Secret::from_text("second-secret")),
            ..Default::default()
        };
        app.mandates.change_account(&caller, second, change).await.expect("a change");
        let body = body();
        let seconds = sign(&Secret::from_text("second-secret"), body.as_bytes());
        refused(&tell(app, &format!("{SHARED}/{first}"), &body, Some(&seconds)).await, 498);
        refused(&tell(app, &format!("{SHARED}/{second}"), &body, Some(&signed(&body))).await, 498);
        assert_eq!(
            tell(app, &format!("{SHARED}/{second}"), &body, Some(&seconds)).await.status,
            204
        );
        assert_eq!(tell(app, SHARED, &body, Some(&seconds)).await.status, 204);
    })
    .await;
}
