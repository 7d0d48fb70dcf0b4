//! `/api/v1/risk-engine-selector/`.

use serde_json::{Value, json};

use super::{UNKNOWN, card_of, engine, no_object};
use crate::app::{id, on_each_engine};
use crate::change::{patch, put};
use crate::scenario::term_product;

const PATH: &str = "/api/v1/risk-engine-selector/";

#[tokio::test(flavor = "multi_thread")]
async fn a_product_has_one_selector() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = term_product(&client).await;
        let card = card_of(&client, "{{amount}}", 1).await;
        let first = engine(&client, "v1", &[&card]).await;
        let second = engine(&client, "v2", &[&card]).await;
        // By version, by id, and a shadow.
        let third = engine(&client, "v3", &[&card]).await;
        let body = json!({"product": product, "risk_engines": [
            {"risk_engine": "v1", "weight": 0.7}, {"risk_engine": second, "weight": "0.3"},
            {"risk_engine": "v3", "weight": 0}
        ]});
        let created = client.post(PATH, body.clone()).await.expect(201);
        let expected = json!({"id": id(&created), "product": product, "risk_engines": [
            {"risk_engine": "v1", "id": first, "weight": 0.7},
            {"risk_engine": "v2", "id": second, "weight": 0.3},
            {"risk_engine": "v3", "id": third, "weight": 0}
        ]});
        assert_eq!(created.to_string(), expected.to_string());
        let path = format!("{PATH}{}/", id(&created));
        assert_eq!(client.get(&path).await.expect(200), created);
        let taken = r#"{"product":["risk engine selector with this product already exists."]}"#;
        client.post(PATH, body.clone()).await.is(400, taken);
        let list = client.get(&format!("{PATH}?product={product}")).await.expect(200);
        assert_eq!(list["results"], json!([created]));
        let csv = client.get(&format!("{PATH}?format=csv")).await;
        assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);

        let one = json!([{"risk_engine": "v2", "weight": 1}]);
        let changed = patch(&client, &path, json!({"risk_engines": one})).await.expect(200);
        assert_eq!(changed["product"], product);
        assert_eq!(
            changed["risk_engines"].to_string(),
            json!([{"risk_engine": "v2", "id": second, "weight": 1}]).to_string()
        );
        let elsewhere = term_product(&client).await;
        let moved = patch(&client, &path, json!({"product": elsewhere})).await.expect(200);
        assert_eq!(moved["risk_engines"], changed["risk_engines"]);
        client.post(PATH, body.clone()).await.expect(201);
        patch(&client, &path, json!({"product": product})).await.is(400, taken);
        let refused = put(&client, &path, json!({})).await.expect(400);
        let required = json!(["This field is required."]);
        assert_eq!(refused, json!({"product": required, "risk_engines": required}));
        client.get(&format!("{PATH}{UNKNOWN}/")).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_with_their_places() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = term_product(&client).await;
        let card = card_of(&client, "{{amount}}", 1).await;
        engine(&client, "v1", &[&card]).await;
        let draft = json!({"version": "v2", "scorecards": [card]});
        client.post("/api/v1/risk-engine/", draft).await.expect(201);
        let check = async |engines: Value, expected: &[&str]| {
            let body = json!({"product": product, "risk_engines": engines});
            let refused = client.post(PATH, body).await.expect(400);
            assert_eq!(refused, json!({"risk_engines": expected}), "{engines}");
        };
        let of = |version: &str, weight: &str| json!({"risk_engine": version, "weight": weight});
        check(json!([]), &["This list may not be empty."]).await;
        check(json!({}), &["Expected a list of items but got type \"dict\"."]).await;
        check(json!([7]), &["risk_engines[0]: Expected an object."]).await;
        check(
            json!([{}]),
            &[
                "risk_engines[0].risk_engine: This field is required.",
                "risk_engines[0].weight: This field is required.",
            ],
        )
        .await;
        check(json!([of("v1", "0.9")]), &["The weights must add up to exactly 1, not to 0.9."]).await;
        check(json!([of("v1", "0")]), &["The weights must add up to exactly 1, not to 0."]).await;
        check(
            json!([of("v1", "0.5"), of("v1", "0.5")]),
            &["risk_engines[1].risk_engine: A risk engine may be listed once only."],
        )
        .await;
        let nobody = format!("risk_engines[1].risk_engine: {}", no_object("v9"));
        let text = "risk_engines[0].risk_engine: Risk engine \"v2\" is not active: activate it first.";
        check(json!([of("v2", "0.5"), of("v9", "0.5")]), &[text, &nobody]).await;
        let many: Vec<Value> = (0..21).map(|_| of("v1", "0")).collect();
        check(json!(many), &["Ensure this field has no more than 20 elements."]).await;
        let both = json!({"product": UNKNOWN, "risk_engines": [of("v1", "2")]});
        let refused = client.post(PATH, both).await.expect(400);
        let expected = json!({
            "product": [no_object(UNKNOWN)],
            "risk_engines": ["risk_engines[0].weight: Ensure this value is less than or equal to 1."]
        });
        assert_eq!(refused, expected);
    })
    .await;
}
