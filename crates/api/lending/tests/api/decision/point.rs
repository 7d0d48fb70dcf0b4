//! `/api/v1/data-point/`.

use serde_json::{Value, json};

use super::{Setting, UNKNOWN, built_in, no_object, source};
use crate::app::{id, on_each_engine};
use crate::change::{patch, put};

const PATH: &str = "/api/v1/data-point/";

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_kept_as_it_was_sent() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        let application = setting.application(json!({})).await;
        let table = [
            ("number", r#""2450.50""#, "2450.5"),
            ("number", "9007199254740993.01", "9007199254740993.01"),
            ("number", "-1e3", "-1000"),
            ("boolean", "true", "true"),
            ("boolean", r#""False""#, "false"),
            ("string", r#""O'Neill “test”""#, r#""O'Neill “test”""#),
            ("string", r#""""#, r#""""#),
            ("date", r#""2024-02-29""#, r#""2024-02-29""#),
        ];
        for (index, (kind, sent, kept)) in table.into_iter().enumerate() {
            let source = source(client, &format!("x{index}"), kind).await;
            let body = format!(
                r#"{{"input_source": "{source}", "application": "{application}", "value": {sent}}}"#
            );
            let created = client.post_text(PATH, &body).await;
            assert!(created.text.contains(&format!(r#""value":{kept},"#)), "{}", created.text);
            let created = created.expect(201);
            let keys: Vec<&String> = created.as_object().expect("an object").keys().collect();
            let expected = ["id", "input_source", "application", "value", "provider", "created_at"];
            let mut expected: Vec<&str> = expected.to_vec();
            expected.sort_unstable();
            let mut keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(keys, expected);
            let path = format!("{PATH}{}/", id(&created));
            assert_eq!(client.get(&path).await.expect(200), created);
        }
        let list = client.get(&format!("{PATH}?application={application}")).await.expect(200);
        assert_eq!(list["count"], 8);
        let none = client.get(&format!("{PATH}?application={UNKNOWN}")).await.expect(200);
        assert_eq!(none["count"], 0);
        let csv = client.get(&format!("{PATH}?format=csv")).await;
        assert_eq!(csv.text.lines().count(), 9, "{}", csv.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        let application = setting.application(json!({})).await;
        let required = json!(["This field is required."]);
        let empty = client.post(PATH, json!({})).await.expect(400);
        let expected =
            json!({"input_source": required, "application": required, "value": required});
        assert_eq!(empty, expected);
        let nowhere = json!({"input_source": UNKNOWN, "application": UNKNOWN, "value": 1});
        let refused = client.post(PATH, nowhere).await.expect(400);
        let expected =
            json!({"input_source": [no_object(UNKNOWN)], "application": [no_object(UNKNOWN)]});
        assert_eq!(refused, expected);
        let nonsense = json!({"input_source": "income", "application": 5, "value": null});
        let refused = client.post(PATH, nonsense).await.expect(400);
        let uuid = json!(["Must be a valid UUID."]);
        assert_eq!(refused, json!({"input_source": uuid, "application": uuid, "value": ["This field may not be null."]}));
        let amount = built_in(client, "amount").await;
        let body = json!({"input_source": amount, "application": application, "value": 1});
        let text = r#"{"input_source":["Florin fills this input source itself."]}"#;
        client.post(PATH, body).await.is(400, text);
        let date = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
        for (kind, value, message) in [
            ("number", json!("much"), "A valid number is required."),
            ("number", json!(true), "A valid number is required."),
            ("number", json!("1e99"), "A valid number is required."),
            ("boolean", json!(1), "Must be a valid boolean."),
            ("boolean", json!("yes"), "Must be a valid boolean."),
            ("string", json!(1), "Not a valid string."),
            ("string", json!({"a": 1}), "Not a valid string."),
            ("date", json!("2026-02-30"), date),
            ("date", json!(20260228), date),
        ] {
            let name = format!("a_{kind}");
            let known = client.get(&format!("/api/v1/input-source/?name={name}")).await;
            let source = match known.expect(200)["count"].as_u64() {
                Some(0) => source(client, &name, kind).await,
                _ => built_in(client, &name).await,
            };
            let body = json!({"input_source": source, "application": application, "value": value});
            let refused = client.post(PATH, body).await.expect(400);
            assert_eq!(refused, json!({"value": [message]}), "{kind} {value}");
        }
        client.get(&format!("{PATH}{UNKNOWN}/")).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_point_can_be_corrected() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        let income = source(client, "income", "number").await;
        let city = source(client, "city", "string").await;
        let application = setting.application(json!({})).await;
        let point = setting.point(&application, "income", json!(100)).await;
        let path = format!("{PATH}{point}/");
        let changed = patch(client, &path, json!({"value": 200})).await.expect(200);
        assert_eq!((&changed["value"], &changed["input_source"]), (&json!(200), &json!(income)));
        let body = json!({"input_source": city, "application": application, "value": "Leeds"});
        let replaced = put(client, &path, body).await.expect(200);
        assert_eq!(
            (&replaced["value"], &replaced["input_source"]),
            (&json!("Leeds"), &json!(city))
        );
        let moved = patch(client, &path, json!({"input_source": income})).await;
        moved.is(400, r#"{"value":["The input source wants a number."]}"#);
        let refused: Value = put(client, &path, json!({"value": 1})).await.expect(400);
        let required = json!(["This field is required."]);
        assert_eq!(refused, json!({"input_source": required, "application": required}));
        let refused = patch(client, &path, json!({"application": UNKNOWN})).await.expect(400);
        assert_eq!(refused, json!({"application": [no_object(UNKNOWN)]}));
    })
    .await;
}
