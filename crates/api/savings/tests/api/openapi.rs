//! The document that is generated from the code is the one that is checked in.

use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    let document = florin_api_savings::openapi();
    serde_json::to_value(document).expect("the document serialises")
}

#[test]
fn the_document_is_the_one_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../openapi/savings.json");
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
        "openapi/savings.json is not what the code says; run this test with FLORIN_BLESS=1 and \
         review the difference"
    );
}

#[test]
fn every_operation_explains_itself() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        assert!(path.starts_with("/restapi/v1/"), "{path}");
        for (method, operation) in item.as_object().expect("operations") {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(operation["operationId"].is_string(), "{name} has no operationId");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
            for status in ["401", "403", "406", "429", "503"] {
                assert!(responses.contains_key(status), "{name} does not tell of {status}");
            }
            if path.contains("{uuid}") {
                assert!(responses.contains_key("404"), "{name} does not tell of 404");
            }
        }
    }
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
