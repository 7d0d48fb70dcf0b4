//! The document that is generated from the code is the one that is checked in.

use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(florin_api_connect::openapi()).expect("it serialises")
}

#[test]
fn the_document_is_the_one_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../openapi/connect.json");
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
        "openapi/connect.json is not what the code says; run this test with \
         FLORIN_BLESS=1 and review the difference"
    );
}

/// The callbacks of widgets, and where each of them goes.
const CALLBACKS: &[(&str, &str)] = &[
    ("POST /connect/v1/members", "addMember"),
    ("PUT /connect/v1/members/{guid}", "updateMember"),
    ("PUT /connect/v1/members/{guid}/mfa", "updateMFA"),
    ("DELETE /connect/v1/members/{guid}", "deleteMember"),
    ("GET /connect/v1/members", "loadMembers"),
    ("GET /connect/v1/members/{guid}", "loadMemberByGuid"),
    ("GET /connect/v1/oauth_states", "loadOAuthStates"),
    ("GET /connect/v1/oauth_states/{guid}", "loadOAuthState"),
    ("POST /connect/v1/members/{guid}/oauth_start", "oAuthStart"),
    ("POST /connect/v1/support_tickets", "createSupportTicket"),
    ("GET /connect/v1/institutions", "loadInstitutions"),
    ("GET /connect/v1/institutions/{guid}", "loadInstitutionByGuid"),
    ("GET /connect/v1/institutions/code/{code}", "loadInstitutionByCode"),
    ("GET /connect/v1/institutions/popular", "loadPopularInstitutions"),
    ("GET /connect/v1/institutions/discovered", "loadDiscoveredInstitutions"),
    ("POST /connect/v1/accounts", "createAccount"),
    ("POST /connect/v1/micro_deposits", "createMicrodeposit"),
    ("GET /connect/v1/micro_deposits/{guid}", "loadMicrodepositByGuid"),
    ("PUT /connect/v1/micro_deposits/{guid}", "updateMicrodeposit"),
    ("POST /connect/v1/micro_deposits/{guid}/refresh", "refreshMicrodepositStatus"),
    ("PUT /connect/v1/micro_deposits/{guid}/verify", "verifyMicrodeposit"),
    ("GET /connect/v1/blocked_routing_numbers/{routing_number}", "verifyRoutingNumber"),
    ("GET /connect/v1/jobs/{guid}", "loadJob"),
    ("POST /connect/v1/members/{guid}/jobs", "runJob"),
    ("GET /connect/v1/institutions/{guid}/credentials", "getInstitutionCredentials"),
    ("GET /connect/v1/members/{guid}/credentials", "getMemberCredentials"),
    ("GET /connect/v1/members/{guid}/oauth_window_uri", "getOAuthWindowURI"),
    ("PUT /connect/v1/user_profiles/{guid}", "updateUserProfile"),
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
            for status in ["401", "403", "429"] {
                assert!(responses.contains_key(status), "{name} does not tell of {status}");
            }
            assert!(operation["security"].is_array(), "{name} does not tell who may ask");
            found.push(name);
        }
    }
    assert_eq!(CALLBACKS.len(), 28);
    for (operation, callback) in CALLBACKS {
        assert!(found.iter().any(|it| it == operation), "{callback}: {operation}");
    }
    assert!(found.iter().any(|it| it == "POST /connect/v1/sessions"));
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
