//! What every operation refuses in the same words: bodies, media types, paths, methods.

use reqwest::Method;
use serde_json::json;

use crate::app::on_each_engine;

const LOANS: &str = "/api/v1/loan/";

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_object() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let malformed = client.post_text(LOANS, r#"{"amount": }"#).await;
        assert_eq!(malformed.status, 400);
        assert!(malformed.text.starts_with(r#"{"detail":"JSON parse error - "#), "{malformed:?}");
        let list = client.post_text(LOANS, "[]").await;
        let text = r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#;
        list.is(400, text);
        let form = client.request(Method::POST, LOANS).header("content-type", "text/plain");
        let form = client.send(form.body("amount=1")).await;
        form.is(415, r#"{"detail":"Unsupported media type \"text/plain\" in request."}"#);
        let untyped = client.send(client.request(Method::POST, LOANS).body("{}")).await;
        assert_eq!(untyped.status, 415);
        let empty = client.act(LOANS).await;
        empty.is(400, r#"{"application":["This field is required."]}"#);
        let deep = "[".repeat(100_000);
        assert_eq!(client.post_text(LOANS, &deep).await.status, 400);
        let not_text = client.request(Method::POST, LOANS);
        let not_text = not_text.header("content-type", "application/json").body(vec![b'{', 0xff]);
        assert_eq!(client.send(not_text).await.status, 400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_long_bodies() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let long = format!("{{\"x\": \"{}\"}}", "x".repeat(1024 * 1024));
        let answer = client.post_text(LOANS, &long).await;
        let text = r#"{"detail":"Request body is too large: the limit is 1048576 bytes."}"#;
        answer.is(413, text);
        let fits = format!("{{\"x\": \"{}\"}}", "x".repeat(1024 * 1024 - 20));
        assert_eq!(client.post_text(LOANS, &fits).await.status, 400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_methods() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        client.get("/api/v1/loan").await.expect(200);
        client.get("/api/v1/loan/?limit=1").await.expect(200);
        client.get("/api/v1/loan?limit=1").await.expect(200);
        for path in ["/", "/api/v1/", "/api/v1/nothing/", "/api/v1/loan/x/y/z/"] {
            client.get(path).await.is(404, r#"{"detail":"Not found."}"#);
        }
        let put = client.send(client.request(Method::PUT, LOANS)).await;
        assert!(put.header("allow").contains("POST"), "{put:?}");
        put.is(405, r#"{"detail":"Method \"PUT\" not allowed."}"#);
        let named = client.request(Method::GET, LOANS).header("x-request-id", "my-id-1");
        assert_eq!(client.send(named).await.header("x-request-id"), "my-id-1");
        assert!(!client.get(LOANS).await.header("x-request-id").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_name_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let unknown = "01890000-0000-7000-8000-000000000000";
        for id in [unknown, "x", "123", "{01890000-0000-7000-8000-000000000000}", "%00", "..%2f"] {
            for group in ["loan", "transaction"] {
                let answer = client.get(&format!("/api/v1/{group}/{id}/")).await;
                answer.is(404, r#"{"detail":"Not found."}"#);
            }
            for action in ["cancel", "stop_interest_calculation", "start_interest_calculation"] {
                let answer = client.act(&format!("/api/v1/loan/{id}/{action}/")).await;
                answer.is(404, r#"{"detail":"Not found."}"#);
            }
            let answer = client.act(&format!("/api/v1/transaction/{id}/apply/")).await;
            answer.is(404, r#"{"detail":"Not found."}"#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_of_a_request_come_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = json!({
            "application": "x", "amount": "NaN", "rate": -1, "installments": 1.5,
            "grace_instalments": -1, "principal_repayment_grace": true, "arrears_tolerance": []
        });
        client.post(LOANS, loan).await.is(
            400,
            concat!(
                r#"{"application":["Must be a valid UUID."],"#,
                r#""amount":["A valid number is required."],"#,
                r#""installments":["A valid integer is required."],"#,
                r#""grace_instalments":["Ensure this value is greater than or equal to 0."],"#,
                r#""principal_repayment_grace":["A valid integer is required."],"#,
                r#""arrears_tolerance":["A valid integer is required."],"#,
                r#""rate":["Ensure this value is greater than or equal to 0."]}"#,
            ),
        );
        let transaction = json!({
            "loan": null, "type": "interest", "amount": {}, "name": 1,
            "fee_type": "odd", "unique_key": "x".repeat(256)
        });
        client.post("/api/v1/transaction/", transaction).await.is(
            400,
            concat!(
                r#"{"loan":["This field may not be null."],"#,
                r#""type":["\"interest\" is not a valid choice."],"#,
                r#""amount":["A valid number is required."],"#,
                r#""name":["Not a valid string."],"#,
                r#""fee_type":["\"odd\" is not a valid choice."],"#,
                r#""unique_key":["Ensure this field has no more than 255 characters."]}"#,
            ),
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn list_parameters() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let answer =
            client.get("/api/v1/loan/?limit=0&amount__gte=x&unknown=1&ordering=-id,no").await;
        answer.is(
            400,
            concat!(
                r#"{"amount__gte":["A valid number is required."],"#,
                r#""ordering":["\"no\" is not a valid choice."],"#,
                r#""limit":["Ensure this value is greater than or equal to 1."]}"#,
            ),
        );
        let empty = client.get("/api/v1/loan/?status=active,late&created_at__gte=2023-01-01").await;
        empty.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    })
    .await;
}
