//! The document that is generated from the code is the one that is checked in.

use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(florin_api_external_accounts::openapi()).expect("it serialises")
}

#[test]
fn the_document_is_the_one_checked_in() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../openapi/external_accounts.json");
    let text = serde_json::to_string_pretty(&document()).expect("it serialises") + "\n";
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may be told to write its expectation anew"
    )]
    let is_blessed = std::env::var_os("FLORIN_BLESS").is_some();
    if is_blessed {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == text,
        "openapi/external_accounts.json is not what the code says; run this test with \
         FLORIN_BLESS=1 and review the difference"
    );
}

/// The operations of the surface, as its users know them.
const OPERATIONS: &[&str] = &[
    "GET /customer/get/{customerId}",
    "GET /customer/getByTag/{tag}",
    "GET /externalAccount/get/{customerId}/{externalAccountId}",
    "GET /externalAccount/getByTag/{customerId}/{tag}",
    "GET /externalAccount/list/{customerId}",
    "GET /program/get",
    "GET /transaction/get/{customerId}/{transactionId}",
    "GET /transaction/list/{customerId}/{accountId}/{status}/{beginDate}/{endDate}",
    "POST /customer/create",
    "POST /externalAccount/archive",
    "POST /externalAccount/create",
    "POST /externalAccount/deactivate",
    "POST /externalAccount/initiate",
    "POST /externalAccount/update",
    "POST /externalAccount/verify",
    "POST /transfer/create",
    "POST /transfer/void",
];

#[test]
fn every_operation_is_there_and_explains_itself() {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{} {path}", method.to_uppercase());
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(operation["operationId"].is_string(), "{name} has no operationId");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
            for status in ["400", "401", "403", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{name} does not tell of {status}");
            }
            found.push(name);
        }
    }
    found.sort();
    assert_eq!(found, OPERATIONS);
    let deprecated = &document["paths"]["/externalAccount/deactivate"]["post"]["deprecated"];
    assert_eq!(deprecated, true);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
