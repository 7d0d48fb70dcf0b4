//! `/api/v1/risk-engine/`.

use serde_json::{Value, json};

use super::{Setting, UNKNOWN, card_of, no_object, selector};
use crate::app::{id, on_each_engine};
use crate::change::{patch, put};

const PATH: &str = "/api/v1/risk-engine/";

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_drafted_activated_and_switched() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let first = card_of(&client, "{{amount}}", 1).await;
        let second = card_of(&client, "{{rate}}", 1).await;
        let body = json!({"version": "2026-11", "scorecards": [second, first]});
        let created = client.post(PATH, body.clone()).await.expect(201);
        let expected = json!({
            "id": id(&created), "version": "2026-11", "is_active": false, "scorecards": [second, first]
        });
        assert_eq!(created, expected);
        let path = format!("{PATH}{}/", id(&created));
        let changed = patch(&client, &path, json!({"version": 12})).await.expect(200);
        assert_eq!(changed["version"], "12");
        let replaced = json!({"version": "2026-11", "scorecards": [first]});
        let replaced = put(&client, &path, replaced).await.expect(200);
        assert_eq!(replaced["scorecards"], json!([first]));
        patch(&client, &path, json!({"scorecards": [second, first]})).await.expect(200);

        let active = client.act(&format!("{path}activate/")).await.expect(201);
        assert_eq!(active["is_active"], true);
        assert_eq!(active["scorecards"], json!([second, first]));
        assert_eq!(client.act(&format!("{path}activate/")).await.expect(201), active);
        let text = r#"{"detail":"The risk engine cannot be changed: it was activated. Create a new version instead."}"#;
        patch(&client, &path, json!({"version": "x"})).await.is(409, text);
        patch(&client, &path, json!({"scorecards": [first]})).await.is(409, text);
        patch(&client, &path, json!({"scorecards": [first, second]})).await.is(409, text);
        let off = patch(&client, &path, json!({"is_active": false})).await.expect(200);
        assert_eq!(off["is_active"], false);
        patch(&client, &path, json!({"version": "x"})).await.is(409, text);
        let on = put(&client, &path, json!({"version": "2026-11", "scorecards": [second, first], "is_active": true}));
        assert_eq!(on.await.expect(200), active);
        let list = client.get(&format!("{PATH}?is_active=true&version=2026-11")).await.expect(200);
        assert_eq!(list["results"], json!([active]));
        let csv = client.get(&format!("{PATH}?format=csv")).await;
        assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
        client.act(&format!("{PATH}{UNKNOWN}/activate/")).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let card = card_of(&client, "{{amount}}", 1).await;
        client.post(PATH, json!({"version": "v1", "scorecards": [card]})).await.expect(201);
        let other = app.tenant("Other").await;
        let theirs = card_of(&other, "{{amount}}", 1).await;
        other.post(PATH, json!({"version": "v1", "scorecards": [theirs]})).await.expect(201);
        let taken = "risk engine with this version already exists.";
        let check = async |body: Value, expected: Value| {
            let refused = client.post(PATH, body.clone()).await.expect(400);
            assert_eq!(refused, expected, "{body}");
        };
        let required = json!(["This field is required."]);
        check(json!({}), json!({"version": required, "scorecards": required})).await;
        check(json!({"version": "v1", "scorecards": [card]}), json!({"version": [taken]})).await;
        check(
            json!({"version": "v1", "scorecards": [theirs, card, UNKNOWN]}),
            json!({"version": [taken], "scorecards": [no_object(&theirs), no_object(UNKNOWN)]}),
        )
        .await;
        check(
            json!({"version": " ", "is_active": "perhaps", "scorecards": ["x"]}),
            json!({
                "version": ["This field may not be blank."],
                "is_active": ["Must be a valid boolean."],
                "scorecards": ["Must be a valid UUID."]
            }),
        )
        .await;
        check(
            json!({"version": ["v2"], "scorecards": [card, card]}),
            json!({
                "version": ["Not a valid string."],
                "scorecards": ["A scorecard may be listed once only."]
            }),
        )
        .await;
        check(
            json!({"version": "v2", "scorecards": []}),
            json!({"scorecards": ["This list may not be empty."]}),
        )
        .await;
        check(
            json!({"version": "x".repeat(256), "scorecards": null, "is_active": null}),
            json!({
                "version": ["Ensure this field has no more than 255 characters."],
                "scorecards": ["This field may not be null."],
                "is_active": ["This field may not be null."]
            }),
        )
        .await;
        let draft = json!({"version": "v2", "scorecards": [card]});
        let draft = id(&client.post(PATH, draft).await.expect(201));
        let renamed = patch(&client, &format!("{PATH}{draft}/"), json!({"version": "v1"})).await;
        renamed.is(400, &json!({"version": [taken]}).to_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_a_selector_chooses_cannot_be_switched_off() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[], "{{amount}}", 1).await;
        let client = &setting.client;
        let list = client.get(&format!("{PATH}?version=v1")).await.expect(200);
        let path = format!("{PATH}{}/", id(&list["results"][0]));
        let refused = patch(client, &path, json!({"is_active": false})).await.expect(409);
        let text = refused["detail"].as_str().unwrap_or_default().to_owned();
        assert!(text.starts_with("The risk engine cannot be switched off: selector "), "{text}");
        let card = card_of(client, "{{amount}}", 1).await;
        super::engine(client, "v2", &[&card]).await;
        let selectors = client.get("/api/v1/risk-engine-selector/").await.expect(200);
        let chosen = format!("/api/v1/risk-engine-selector/{}/", id(&selectors["results"][0]));
        let body = json!({"risk_engines": [{"risk_engine": "v2", "weight": 1}]});
        patch(client, &chosen, body).await.expect(200);
        patch(client, &path, json!({"is_active": false})).await.expect(200);
        // Nor can it be chosen then.
        let product = crate::scenario::term_product(client).await;
        let body =
            json!({"product": product, "risk_engines": [{"risk_engine": "v1", "weight": 1}]});
        let text =
            "risk_engines[0].risk_engine: Risk engine \"v1\" is not active: activate it first.";
        client
            .post("/api/v1/risk-engine-selector/", body)
            .await
            .is(400, &json!({"risk_engines": [text]}).to_string());
        client.act(&format!("{path}activate/")).await.expect(201);
        selector(client, &product, &[("v1", "1")]).await;
    })
    .await;
}
