//! `/api/v1/input-source/`.

use serde_json::{Value, json};

use super::{UNKNOWN, built_in, card_of, source};
use crate::app::{id, on_each_engine};
use crate::change::{patch, put};

const PATH: &str = "/api/v1/input-source/";

#[tokio::test(flavor = "multi_thread")]
async fn what_florin_fills_itself_is_there_from_the_start() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let list = client.get(PATH).await.expect(200);
        let found: Vec<(&str, &str)> = list["results"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|it| (it["name"].as_str().unwrap_or(""), it["type"].as_str().unwrap_or("")))
            .collect();
        let expected = [
            ("amount", "number"),
            ("term", "number"),
            ("rate", "number"),
            ("end_user_age", "number"),
            ("end_user_type", "string"),
            ("existing_debt", "number"),
            ("worst_arrears_12_months", "number"),
            ("days_since_first_loan", "number"),
            ("linked_monthly_income", "number"),
            ("linked_overdraft_days_90", "number"),
            ("linked_largest_regular_outgoing", "number"),
            ("linked_balance", "number"),
        ];
        assert_eq!(found, expected);
        assert_eq!(client.get(PATH).await.expect(200), list, "made once");
        let amount = &list["results"][0];
        assert_eq!((&amount["origin"], &amount["provider"]), (&json!("built_in"), &json!(null)));
        let path = format!("{PATH}{}/", id(amount));
        assert_eq!(&client.get(&path).await.expect(200), amount);
        let text = r#"{"detail":"The input source cannot be changed: Florin fills it itself."}"#;
        patch(&client, &path, json!({"description": "x"})).await.is(409, text);
        put(&client, &path, json!({"name": "x", "type": "date"})).await.is(409, text);
        let taken = r#"{"name":["input source with this name already exists."]}"#;
        let mine = json!({"name": "amount", "type": "number"});
        client.post(PATH, mine).await.is(400, taken);
        let csv = client.get(&format!("{PATH}?format=csv&origin=built_in")).await;
        assert_eq!(csv.text.lines().count(), 13, "{}", csv.text);
        assert!(csv.text.starts_with("id,name,type,description,origin,provider"), "{}", csv.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_registers_its_own() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let body = json!({"name": "income", "type": "number", "description": " Net a month. "});
        let created = client.post(PATH, body.clone()).await.expect(201);
        let expected = json!({
            "id": id(&created), "name": "income", "type": "number", "description": "Net a month.",
            "origin": "partner", "provider": null
        });
        assert_eq!(created, expected);
        client
            .post(PATH, body)
            .await
            .is(400, r#"{"name":["input source with this name already exists."]}"#);
        let asked = json!({"name": "score", "type": "number", "provider": "simulated"});
        let asked = client.post(PATH, asked).await.expect(201);
        assert_eq!(
            (&asked["origin"], &asked["provider"]),
            (&json!("provider"), &json!("simulated"))
        );
        let path = format!("{PATH}{}/", id(&asked));
        let changed = patch(&client, &path, json!({"provider": null})).await.expect(200);
        assert_eq!((&changed["origin"], &changed["name"]), (&json!("partner"), &json!("score")));
        let replaced = put(&client, &path, json!({"name": "points", "type": "date"})).await;
        let replaced = replaced.expect(200);
        assert_eq!((&replaced["name"], &replaced["type"]), (&json!("points"), &json!("date")));
        let renamed = patch(&client, &path, json!({"name": "income"})).await;
        renamed.is(400, r#"{"name":["input source with this name already exists."]}"#);
        let found = client.get(&format!("{PATH}?type=number&origin=partner")).await.expect(200);
        assert_eq!(found["count"], 1);
        client.get(&format!("{PATH}{UNKNOWN}/")).await.is(404, r#"{"detail":"Not found."}"#);
        let other = app.tenant("Other").await;
        source(&other, "income", "string").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let required = "This field is required.";
        let empty = client.post(PATH, json!({})).await.expect(400);
        assert_eq!(empty, json!({"name": [required], "type": [required]}));
        let faulty = json!({
            "name": "two words", "type": "float", "description": 5, "provider": "nobody"
        });
        let refused = client.post(PATH, faulty).await.expect(400);
        let expected = json!({
            "name": ["Use letters, digits and underscores only, and no digit at the start."],
            "type": ["\"float\" is not a valid choice."],
            "description": ["Not a valid string."],
            "provider": ["\"nobody\" is not a valid choice."]
        });
        assert_eq!(refused, expected);
        let check = async |field: &str, value: Value, message: &str| {
            let mut body = json!({"name": "fine", "type": "number"});
            body[field] = value;
            let refused = client.post(PATH, body).await.expect(400);
            assert_eq!(refused, json!({field: [message]}));
        };
        check("name", json!(null), "This field may not be null.").await;
        check("name", json!(7), "Not a valid string.").await;
        check("name", json!(" "), "This field may not be blank.").await;
        check("name", json!("x".repeat(65)), "Ensure this field has no more than 64 characters.")
            .await;
        check("type", json!(null), "This field may not be null.").await;
        check("type", json!(["number"]), "Not a valid string.").await;
        check(
            "description",
            json!("x".repeat(501)),
            "Ensure this field has no more than 500 characters.",
        )
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_type_stay_once_used() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        source(&client, "income", "number").await;
        let income = format!("{PATH}{}/", built_in(&client, "income").await);
        patch(&client, &income, json!({"type": "string"})).await.expect(200);
        patch(&client, &income, json!({"type": "number"})).await.expect(200);
        card_of(&client, "{{income}} / 10", 100).await;
        let because = "it has data points, or rules use it.";
        for (what, body) in [
            ("name", json!({"name": "earnings"})),
            ("type", json!({"type": "string"})),
            ("name", json!({"name": "earnings", "type": "string"})),
        ] {
            let text = format!("The {what} of the input source cannot be changed: {because}");
            patch(&client, &income, body).await.is(409, &json!({"detail": text}).to_string());
        }
        let same = json!({"name": "income", "type": "number", "description": "Net a month."});
        put(&client, &income, same).await.expect(200);
    })
    .await;
}
