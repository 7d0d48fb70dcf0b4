//! The examples of the document: what is answered has their keys, with their JSON types. Statuses are numbers, as the
//! widgets compare them; their texts stand beside.

use serde_json::{Value, json};

use crate::app::on_each_engine;
use crate::client::{path_of, text};

/// What an answer lacks of an example; values that the example leaves null may be anything.
fn lacks(example: &Value, answer: &Value, path: &str, found: &mut Vec<String>) {
    match (example, answer) {
        (Value::Null, _) => {}
        (Value::Object(fields), Value::Object(told)) => {
            for (name, value) in fields {
                match told.get(name) {
                    Some(answer) => lacks(value, answer, &format!("{path}.{name}"), found),
                    None => found.push(format!("{path}.{name} is missing")),
                }
            }
        }
        (Value::Array(items), Value::Array(told)) => match (items.first(), told.first()) {
            (Some(item), Some(told)) => lacks(item, told, &format!("{path}[0]"), found),
            (Some(_), None) => found.push(format!("{path} is empty")),
            _ => {}
        },
        _ if std::mem::discriminant(example) == std::mem::discriminant(answer) => {}
        _ => found.push(format!("{path} is {answer}, not as {example}")),
    }
}

/// The answer looks like the example, but for these paths.
#[track_caller]
fn check(example: Value, answer: &Value, but: &[&str]) {
    let mut found = Vec::new();
    lacks(&example, answer, "", &mut found);
    found.retain(|it| !but.iter().any(|path| it.starts_with(path)));
    assert!(found.is_empty(), "{found:#?} in {answer}");
}

/// `"connection_status":"CONNECTED"` of the document is `connection_status_name` here.
fn member() -> Value {
    json!({
        "aggregated_at": "2016-10-13T18:07:57.000Z", "background_aggregation_is_disabled": false,
        "connection_status": 6, "connection_status_name": "CONNECTED", "guid": "MBR-123",
        "id": "unique_id", "institution_code": "testbank", "is_being_aggregated": false,
        "is_managed_by_user": false, "is_manual": false, "is_oauth": false,
        "metadata": "\"credentials_last_refreshed_at\": \"2015-10-15\"",
        "most_recent_job_detail_code": null, "most_recent_job_detail_text": "", "name": "Test Bank",
        "oauth_window_uri": "https://testbank.com/oauth/authorize?client_id=b8OikQ4E",
        "successfully_aggregated_at": "2016-10-13T17:57:38.000Z", "user_guid": "USR-123",
        "user_id": "user123",
    })
}

#[tokio::test]
async fn members_and_jobs() {
    on_each_engine(async |app| {
        let ada = app.partner("members").await.visit("user123").await;
        let mut new = ada.login("testbank", "demo").await;
        new["metadata"] = member()["metadata"].clone();
        let added = ada.client.post("/connect/v1/members", new).await.body(200);
        let young = [".member.aggregated_at", ".member.successfully", ".member.oauth_window_uri"];
        check(json!({ "member": member() }), &added, &young);
        let jobs = format!("{}/jobs", path_of(&added["member"]));
        let begun = ada.client.post(&jobs, json!({ "job_type": 0 }));
        let begun = begun.await.body(200);
        check(json!({ "job_guid": "MBR-1", "status": 6 }), &begun, &[]);
        app.work().await;
        let linked = ada.get(&path_of(&added["member"])).await;
        check(json!({ "member": member() }), &linked, &[".member.oauth_window_uri"]);
        let all = ada.get("/connect/v1/members").await;
        check(json!({ "members": [member()] }), &all, &[".members[0].oauth_window_uri"]);
        let job = ada.get(&format!("/connect/v1/jobs/{}", text(&begun["job_guid"]))).await;
        let example =
            json!({ "guid": "JOB-1", "job_type": 0, "status": 6, "finished_at": 1_682_356_863 });
        check(example, &job, &[]);
        let login = ada.login("testbank", "locked").await;
        let updated = ada.client.put(&path_of(&added["member"]), login).await.body(200);
        check(json!({ "member": member() }), &updated, &[".member.oauth_window_uri"]);
        let failed = ada.run(app, &added["member"], 0).await;
        let error = json!({
            "error_code": 1000, "error_message": "Test error message.", "error_type": "MEMBER",
            "locale": "en", "user_message": "Test user message.",
        });
        check(json!({ "error": error }), &failed, &[]);
        let again = ada.login("testbank", "demo").await;
        let conflict = ada.client.post("/connect/v1/members", again).await.body(409);
        check(json!({ "guid": "MBR-123" }), &conflict, &[]);
        let fields = ada.get(&format!("{}/credentials", path_of(&added["member"]))).await;
        check(credentials(), &fields, &[]);
        let deleted = ada.client.delete(&path_of(&added["member"])).await.body(200);
        check(json!({ "guid": "MBR-123" }), &deleted, &[]);
    })
    .await;
}

fn credentials() -> Value {
    json!({ "credentials": [{
        "display_order": 1, "field_name": "LOGIN", "field_type": 3, "guid": "CRD-123",
        "label": "Username", "meta_data": null, "optional": false, "options": null,
    }]})
}

#[tokio::test]
async fn institutions() {
    on_each_engine(async |app| {
        let ada = app.partner("institutions").await.visit("ada").await;
        let example = json!({
            "account_verification_is_enabled": true, "code": "gringotts",
            "forgot_password_credential_recovery_url": "https:/testbank.com/forgot_password",
            "forgot_username_credential_recovery_url": null,
            "guid": "INS-f1a3285d-e855-b68f-6aa7-8ae775c0e0e9", "login_url": null, "name": "Gringotts",
            "popularity": 32685, "supports_oauth": false, "tax_statement_is_enabled": false,
            "trouble_signing_credential_recovery_url": "https:/testbank.com/forgot_password",
            "url": "https:/testbank.com",
        });
        let one = ada.institution("gringotts").await;
        check(example.clone(), &one, &[]);
        for name in ["code", "guid", "name", "popularity", "supports_oauth", "tax_statement_is_enabled"] {
            assert_eq!(one[name], example[name], "{name}");
        }
        for path in ["?search_name=gringotts", "/popular", "/discovered"] {
            let list = ada.get(&format!("/connect/v1/institutions{path}")).await;
            check(json!([example]), &list, &[]);
        }
        let path = format!("/connect/v1/institutions/{}/credentials", text(&one["guid"]));
        let fields = ada.get(&path).await;
        check(credentials(), &fields, &[]);
        for name in ["display_order", "field_name", "field_type", "optional"] {
            assert_eq!(fields["credentials"][0][name], credentials()["credentials"][0][name], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn oauth_states() {
    on_each_engine(async |app| {
        let ada = app.partner("states").await.visit("ada").await;
        let new =
            json!({ "institution_code": "gringotts_oauth", "is_oauth": true, "metadata": "x" });
        let added = ada.client.post("/connect/v1/members", new).await.body(200);
        check(
            json!({ "member": member() }),
            &added,
            &[".member.aggregated_at", ".member.successfully"],
        );
        let state = json!({
            "guid": "OAS-1", "auth_status": 1, "created_at": "2023-07-27T20:13:44+00:00",
            "error_reason": null, "first_retrieved_at": null, "inbound_member_guid": null,
            "outbound_member_guid": "MBR-1", "updated_at": "2023-07-27T20:13:44+00:00",
            "user_guid": "USR-1",
        });
        let states = ada.get("/connect/v1/oauth_states").await;
        check(json!([state]), &states, &[]);
        for name in ["error_reason", "first_retrieved_at", "inbound_member_guid"] {
            assert_eq!(states[0][name], Value::Null, "{name}");
        }
        assert!(text(&states[0]["created_at"]).ends_with("+00:00"), "{states}");
        let one = ada.get(&format!("/connect/v1/oauth_states/{}", text(&states[0]["guid"]))).await;
        check(json!({ "oauth_state": state }), &one, &[]);
        let window = ada.get(&format!("{}/oauth_window_uri", path_of(&added["member"]))).await;
        check(
            json!({ "guid": "MBR-123", "oauth_window_uri": "https:/testbank.com" }),
            &window,
            &[],
        );
    })
    .await;
}

#[tokio::test]
async fn microdeposits_accounts_and_routing_numbers() {
    on_each_engine(async |app| {
        let ada = app.partner("deposits").await.visit_in("ada", "verification").await;
        let example = json!({
            "account_name": "Test Checking", "account_number": "123456789", "account_type": 1,
            "can_auto_verify": false, "deposit_expected_at": "2023-04-13T09:00:00+00:00",
            "email": "test@test.com", "first_name": "First", "guid": "MIC-123", "last_name": "Last",
            "routing_number": "123456789", "status": 0, "status_name": "INITIATED",
            "updated_at": "1681151550", "user_guid": "USR-123",
        });
        let made = ada.client.post("/connect/v1/micro_deposits", example.clone()).await.body(200);
        check(example.clone(), &made, &[]);
        for name in
            ["account_name", "account_type", "email", "routing_number", "status", "status_name"]
        {
            assert_eq!(made[name], example[name], "{name}");
        }
        assert!(text(&made["deposit_expected_at"]).ends_with("T09:00:00+00:00"), "{made}");
        let path = format!("/connect/v1/micro_deposits/{}", text(&made["guid"]));
        check(example.clone(), &ada.get(&path).await, &[]);
        let refreshed = ada.client.post(&format!("{path}/refresh"), json!({})).await.body(200);
        check(example, &refreshed, &[]);
        let hand = json!({ "account_type": 1, "user_name": "Mine", "balance": "1" });
        let account = ada.client.post("/connect/v1/accounts", hand).await.body(200);
        check(json!({ "guid": "ACC-123", "account_type": "CHECKING" }), &account, &[]);
        let blocked = ada.get("/connect/v1/blocked_routing_numbers/299228936").await;
        let reason = json!({ "guid": null, "reason": 3, "reason_name": "IAV_PREFERRED" });
        assert_eq!(blocked, json!({ "blocked_routing_number": reason }));
        let dismissed = json!({ "too_small_modal_dismissed_at": "2023-04-13T09:00:00+00:00" });
        let path = format!("/connect/v1/user_profiles/{}", ada.user);
        let profile = ada.client.put(&path, dismissed.clone()).await.body(200);
        check(json!({ "user_profile": dismissed }), &profile, &[]);
    })
    .await;
}
