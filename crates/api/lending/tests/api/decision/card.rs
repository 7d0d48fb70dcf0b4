//! `/api/v1/scorecard/`.

use serde_json::{Value, json};

use super::{UNKNOWN, card_of, engine, rule, source};
use crate::app::{id, on_each_engine};
use crate::change::{patch, put};

const PATH: &str = "/api/v1/scorecard/";

fn body(rules: Value) -> Value {
    json!({"name": "Affordability", "threshold": 500, "rules": rules})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_statements_make_a_scorecard() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        source(&client, "boolean_input_source", "boolean").await;
        source(&client, "float_input_source", "number").await;
        source(&client, "str_input_source", "string").await;
        let rules = json!([
            {"statement": "1000 if {{boolean_input_source}} else 0", "weight": 0.5, "threshold": 1000,
             "name": "Known", "reason": "We do not know you."},
            {"statement": "(100 * {{float_input_source}})/365", "weight": "0.3", "threshold": "12.50"},
            {"statement": "500 if {{str_input_source}} == ‘test’ else 100", "weight": 0.2, "threshold": 0}
        ]);
        let created = client.post(PATH, body(rules.clone())).await;
        assert!(created.text.contains(r#""weight":0.5,"threshold":1000,"#), "{}", created.text);
        let created = created.expect(201);
        let expected = json!({
            "id": id(&created), "name": "Affordability", "threshold": 500, "stop_on_first_fail": false,
            "is_active": false,
            "rules": [
                {"name": "Known", "statement": "1000 if {{boolean_input_source}} else 0", "weight": 0.5,
                 "threshold": 1000, "reason": "We do not know you."},
                {"name": "Rule 2", "statement": "(100 * {{float_input_source}})/365", "weight": 0.3,
                 "threshold": 12.5, "reason": null},
                {"name": "Rule 3", "statement": "500 if {{str_input_source}} == ‘test’ else 100", "weight": 0.2,
                 "threshold": 0, "reason": null}
            ]
        });
        assert_eq!(created.to_string(), expected.to_string());
        let path = format!("{PATH}{}/", id(&created));
        assert_eq!(client.get(&path).await.expect(200), created);
        let list = client.get(&format!("{PATH}?is_active=false&name=Affordability")).await;
        assert_eq!(list.expect(200)["results"], json!([created]));
        let csv = client.get(&format!("{PATH}?format=csv")).await;
        assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
        client.get(&format!("{PATH}{UNKNOWN}/")).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_with_their_places() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        source(&client, "income", "number").await;
        let required = json!(["This field is required."]);
        let empty = client.post(PATH, json!({})).await.expect(400);
        assert_eq!(empty, json!({"name": required, "threshold": required, "rules": required}));
        let check = async |rules: Value, starts: &[&str]| {
            let refused = client.post(PATH, body(rules.clone())).await.expect(400);
            let keys: Vec<_> = refused.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["rules"], "{refused}");
            let messages = refused["rules"].as_array().expect("a list");
            assert_eq!(messages.len(), starts.len(), "{rules}: {refused}");
            for (message, start) in messages.iter().zip(starts) {
                let message = message.as_str().expect("a text");
                assert!(message.starts_with(start), "{rules}: {message}");
            }
        };
        check(json!([]), &["This list may not be empty."]).await;
        check(json!("x"), &["Expected a list of items but got type \"str\"."]).await;
        check(json!([5, []]), &["rules[0]: Expected an object.", "rules[1]: Expected an object."])
            .await;
        check(
            json!([{}]),
            &[
                "rules[0].statement: This field is required.",
                "rules[0].weight: This field is required.",
                "rules[0].threshold: This field is required.",
            ],
        )
        .await;
        check(
            json!([{"statement": 5, "weight": "x", "threshold": null, "name": 1, "reason": 2}]),
            &[
                "rules[0].name: Not a valid string.",
                "rules[0].statement: Not a valid string.",
                "rules[0].weight: A valid number is required.",
                "rules[0].threshold: This field may not be null.",
                "rules[0].reason: Not a valid string.",
            ],
        )
        .await;
        let many: Vec<Value> = (0..101).map(|_| rule("1", "0.01", 0)).collect();
        check(json!(many), &["Ensure this field has no more than 100 elements."]).await;
        check(
            json!([rule("1", "0.5", 0), rule("1", "0.49", 0)]),
            &["The weights must add up to exactly 1, not to 0.99."],
        )
        .await;
        check(
            json!([rule("1", "1.5", 0), rule("1", "-0.5", 0)]),
            &[
                "rules[0].weight: Ensure this value is less than or equal to 1.",
                "rules[1].weight: Ensure this value is greater than or equal to 0.",
            ],
        )
        .await;
        check(
            json!([
                rule("{{income}} + {{salary}}", "0.5", 0),
                rule("{{income}} + 'a'", "0.25", 0),
                rule("1 +", "0.25", 0)
            ]),
            &["rules[0].statement: ", "rules[1].statement: ", "rules[2].statement: "],
        )
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_cannot_work_is_pointed_at() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        source(&client, "income", "number").await;
        source(&client, "city", "string").await;
        for (statement, place) in [
            ("10 + {{salary}}", "(at character 6)"),
            ("{{income}} == 'a'", "(at character"),
            ("{{city}} * 2", "(at character"),
            ("1 if {{income}} else", "(at character"),
            ("'text'", "(at character"),
            ("import os", "(at character"),
            ("{{income", "(at character"),
            ("", "(at character 1)"),
        ] {
            let refused = client.post(PATH, body(json!([rule(statement, "1", 0)]))).await;
            let refused = refused.expect(400);
            let message = refused["rules"][0].as_str().unwrap_or_default().to_owned();
            assert!(message.starts_with("rules[0].statement: "), "{statement}: {refused}");
            assert!(message.contains(place), "{statement}: {message}");
        }
        // Hostile statements are refused, or work, and never stop the server.
        let deep = format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000));
        let long = vec!["{{income}}"; 20_000].join(" + ");
        let huge = format!("{} ** {}", "9".repeat(500), "9".repeat(500));
        for statement in [deep, long, huge, "not ".repeat(100_000), "-".repeat(100_000)] {
            let answer = client.post(PATH, body(json!([rule(&statement, "1", 0)]))).await;
            assert_eq!(answer.status, 400, "{}", &answer.text[..answer.text.len().min(200)]);
            assert!(answer.text.len() < 2_000, "{}", answer.text.len());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scorecard_stays_once_activated() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let draft = card_of(&client, "{{amount}}", 100).await;
        let path = format!("{PATH}{draft}/");
        let changed = patch(&client, &path, json!({"threshold": "99.5"})).await.expect(200);
        assert_eq!(changed["threshold"].to_string(), "99.5");
        assert_eq!(changed["rules"][0]["statement"], "{{amount}}");
        let replaced = body(json!([rule("{{amount}} / 2", "1", 1)]));
        let replaced = put(&client, &path, replaced).await.expect(200);
        assert_eq!(replaced["name"], "Affordability");
        let required = json!(["This field is required."]);
        let refused = put(&client, &path, json!({"name": "x"})).await.expect(400);
        assert_eq!(refused, json!({"threshold": required, "rules": required}));
        let refused = patch(&client, &path, json!({"rules": [rule("{{x}}", "1", 1)]})).await;
        refused.expect(400);

        let active = client.act(&format!("{path}activate/")).await.expect(201);
        assert_eq!(active["is_active"], true);
        assert_eq!(client.act(&format!("{path}activate/")).await.expect(201), active);
        let text = r#"{"detail":"The scorecard cannot be changed: it was activated. Create a new one instead."}"#;
        patch(&client, &path, json!({"threshold": 1})).await.is(409, text);
        put(&client, &path, body(json!([rule("1", "1", 1)]))).await.is(409, text);
        assert_eq!(client.get(&path).await.expect(200), active);

        // With the first activation of an engine that has it.
        let other = card_of(&client, "{{amount}}", 100).await;
        engine(&client, "v1", &[&other]).await;
        let path = format!("{PATH}{other}/");
        assert_eq!(client.get(&path).await.expect(200)["is_active"], true);
        patch(&client, &path, json!({"threshold": 1})).await.is(409, text);
        client
            .act(&format!("{PATH}{UNKNOWN}/activate/"))
            .await
            .is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}
