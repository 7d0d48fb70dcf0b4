//! The document's own examples: the same request gets an answer of the same keys and types.
//!
//! Two requests of the document lack the holder's name that its text calls required; the test adds it.

use serde_json::{Value, json};

use crate::app::on_each_engine;

/// The object of the document's `get`, `getByTag` and `list`.
fn printed() -> Value {
    json!({
        "accountNumberMasked": "******9873",
        "customerId": 231,
        "customField1": "98723ASDF",
        "externalAccountId": 253,
        "firstName": "Brock",
        "isActive": true,
        "isLocked": false,
        "lastName": "Weaver",
        "lockedDate": "9999-12-31T23:59:59.999+00:00",
        "name": "PrepaidAbc",
        "nickName": "pp1",
        "routingNumberMasked": "******1234",
        "status": "Unverified",
        "statusDate": "2014-02-25T15:21:16.152-06:00",
        "tag": "tag12345",
        "type": "Savings"
    })
}

/// Properties that the document's table or the original's clients know beside the example's.
const BEYOND: &[&str] = &["lastModifiedDate", "lastVerifySentDate"];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[track_caller]
fn is_like(found: &Value, expected: &Value) {
    let (found, expected) =
        (found.as_object().expect("an object"), expected.as_object().expect("an object"));
    for (key, value) in expected {
        assert_eq!(found.get(key).map(kind), Some(kind(value)), "{key} in {found:?}");
    }
    let more: Vec<&String> = found
        .keys()
        .filter(|key| !expected.contains_key(*key) && !BEYOND.contains(&key.as_str()))
        .collect();
    assert!(more.is_empty(), "not in the document: {more:?}");
}

#[tokio::test]
async fn accounts_look_as_they_are_printed() {
    on_each_engine(async |app| {
        let bank = app.bank("examples").await;
        app.settings(&bank, |it| {
            it.is_nacha = false;
            it.time_zone = "America/Chicago".to_owned();
        })
        .await;
        let customer = bank.customer().await.0;
        let body = json!({
            "customerId": customer.to_string(), "routingNumber": "122101706",
            "accountNumber": "00009873", "firstName": "Brock", "lastName": "Weaver",
            "type": "Savings", "name": "PrepaidAbc", "nickName": "pp1", "tag": "tag12345",
            "customField1": "98723ASDF",
        });
        let account = bank.post("/externalAccount/initiate", body).await.initiated();
        let account = account["externalAccountId"].as_i64().expect("an integer");
        let by_number = bank.get(&format!("/externalAccount/get/{customer}/{account}")).await;
        let by_number = by_number.data(200);
        is_like(&by_number, &printed());
        let mut expected = printed();
        for changing in ["customerId", "externalAccountId", "statusDate", "routingNumberMasked"] {
            expected[changing] = by_number[changing].clone();
        }
        for beyond in BEYOND {
            expected[*beyond] = by_number[*beyond].clone();
        }
        assert_eq!(by_number, expected);
        assert_eq!(by_number["routingNumberMasked"], "******1706");
        assert_eq!(by_number["statusDate"], "2026-12-01T09:00:00.000-06:00");
        let by_tag = bank.get(&format!("/externalAccount/getByTag/{customer}/tag12345")).await;
        assert_eq!(by_tag.data(200), by_number);
        let list = bank.get(&format!("/externalAccount/list/{customer}")).await;
        assert_eq!(list.data(200), json!([by_number]));
    })
    .await;
}

#[tokio::test]
async fn requests_are_taken_as_they_are_printed() {
    on_each_engine(async |app| {
        let bank = app.bank("requests").await;
        let customer = bank.customer().await.0;
        let create = json!({
            "customerId": customer.to_string(), "routingNumber": 123456789, "accountNumber": 343434,
            "type": "Checking", "nickname": "Sample Bank Checking", "lastName": "Weaver",
        });
        let created = bank.post("/externalAccount/create", create).await.data(201);
        let created = created["externalAccountId"].as_i64().expect("an integer");
        let initiate = json!({
            "customerId": customer.to_string(), "routingNumber": 123456789, "accountNumber": 343434,
            "type": "Checking", "nickname": "Sample Bank", "firstName": "Brock", "lastName": "Weaver",
        });
        let initiated = bank.post("/externalAccount/initiate", initiate).await.initiated();
        let initiated = initiated["externalAccountId"].as_i64().expect("an integer");
        let shown = bank.get(&format!("/externalAccount/get/{customer}/{created}")).await.data(200);
        assert_eq!(shown["name"], "COREPRO SANDBOX BANK");
        assert_eq!(shown["nickName"], "Sample Bank Checking");
        assert_eq!((&shown["status"], &shown["accountNumberMasked"]), (&json!("Verified"), &json!("******3434")));
        let verify = json!({
            "externalAccountId": initiated, "customerId": customer, "amount1": 0.28, "amount2": 0.18,
        });
        let verified = bank.post("/externalAccount/verify", verify).await.data(200);
        assert_eq!(verified, json!({ "externalAccountId": initiated }));
        let update = json!({
            "externalAccountId": initiated.to_string(), "customerId": customer.to_string(),
            "nickName": "Big Bank Checking",
        });
        let updated = bank.post("/externalAccount/update", update).await.data(200);
        assert_eq!(updated, json!({ "externalAccountId": initiated }));
        let archive = json!({ "externalAccountId": created, "customerId": customer });
        bank.post("/externalAccount/archive", archive).await.data(200);
        let left = bank.get(&format!("/externalAccount/list/{customer}")).await.data(200);
        assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
        assert_eq!(left[0]["nickName"], "Big Bank Checking");
    })
    .await;
}
