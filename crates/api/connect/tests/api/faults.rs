//! What is refused, and in which words.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::on_each_engine;
use crate::client::{path_of, text};

#[tokio::test]
async fn a_bank_is_linked_once() {
    on_each_engine(async |app| {
        let ada = app.partner("twice").await.visit("ada").await;
        let member = ada.add("gringotts", "demo").await;
        let login = ada.login("gringotts", "other").await;
        let refused = ada.client.post("/connect/v1/members", login).await.body(409);
        assert_eq!(refused["guid"], member["guid"]);
        assert!(refused["message"].is_string());
        let members = ada.get("/connect/v1/members").await;
        assert_eq!(members["members"][0]["guid"], refused["guid"]);
    })
    .await;
}

#[tokio::test]
async fn broken_fields_are_named() {
    on_each_engine(async |app| {
        let ada = app.partner("fields").await.visit("ada").await;
        let bank = text(&ada.institution("gringotts").await["guid"]);
        let check = async |new: Value, broken: &[&str]| {
            let found = ada.client.post("/connect/v1/members", new.clone()).await.broken();
            assert_eq!(found, broken, "{new}");
        };
        check(json!({}), &["institution_guid"]).await;
        check(json!({ "institution_guid": "MBR-1" }), &["institution_guid"]).await;
        let types = json!({
            "institution_guid": 1, "credentials": "demo", "is_oauth": "perhaps", "use_cases": [1],
            "metadata": {}, "background_aggregation_is_disabled": [],
        });
        let all = [
            "background_aggregation_is_disabled",
            "credentials",
            "institution_guid",
            "is_oauth",
            "metadata",
            "use_cases",
        ];
        check(types, &all).await;
        check(
            json!({ "institution_guid": bank, "credentials": [{ "guid": "x" }] }),
            &["credentials"],
        )
        .await;
        check(
            json!({ "institution_guid": bank, "credentials": vec![json!({}); 51] }),
            &["credentials"],
        )
        .await;
        check(
            json!({ "institution_guid": bank, "credentials": [] }),
            &["credentials.LOGIN", "credentials.PASSWORD"],
        )
        .await;
        let strange = format!("CRD-{}", Uuid::nil());
        let login = &ada.login("gringotts", "demo").await["credentials"];
        let more = json!([login[0], login[1], { "guid": strange, "value": "x" }]);
        check(json!({ "institution_guid": bank, "credentials": more }), &["credentials"]).await;
        let words = vec!["x"; 11];
        let long =
            json!({ "institution_guid": bank, "use_cases": words, "metadata": "x".repeat(2049) });
        check(long, &["metadata", "use_cases"]).await;
        assert_eq!(ada.get("/connect/v1/members").await["members"], json!([]));
        let member = ada.add("gringotts", "demo").await;
        for wanted in [json!(12), json!(-1), json!("aggregation"), json!(1.5)] {
            let jobs = format!("{}/jobs", path_of(&member));
            let job = ada.client.post(&jobs, json!({ "job_type": wanted }));
            assert_eq!(job.await.broken(), ["job_type"], "{wanted}");
        }
        for query in ["outbound_member_guid=x", "auth_status=9", "oauth_status=x"] {
            let found = ada.client.get(&format!("/connect/v1/oauth_states?{query}")).await.broken();
            assert_eq!(found, [query.split('=').next().unwrap()], "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_guid_of_something_else_is_none() {
    on_each_engine(async |app| {
        let partner = app.partner("guids").await;
        let ada = partner.visit("ada").await;
        let member = ada.add("gringotts", "demo").await;
        let id = text(&member["id"]);
        let institution = text(&member["institution_guid"]);
        for guid in
            [&id, &format!("JOB-{id}"), &institution, "MBR-", "MBR-x", &format!("mbr-{id}"), "%00"]
        {
            let answer = ada.client.get(&format!("/connect/v1/members/{guid}")).await;
            assert_eq!(answer.body(404), json!({ "message": "Not found." }), "{guid}");
        }
        let user = text(&json!(ada.user));
        let other = user.replace("USR-", "MBR-");
        partner.client.get(&format!("/connect/v1/users/{other}")).await.refusal(404);
        ada.client.get(&format!("/connect/v1/jobs/MBR-{id}")).await.refusal(404);
    })
    .await;
}

#[tokio::test]
async fn what_a_bank_cannot_do_or_the_state_does_not_allow() {
    on_each_engine(async |app| {
        let ada = app.partner("state").await.visit_in("ada", "verification").await;
        let login = ada.login("test_no_verification", "demo").await;
        let member =
            ada.client.post("/connect/v1/members", login).await.body(200)["member"].clone();
        assert_eq!(member["verification_is_enabled"], false);
        let jobs = format!("{}/jobs", path_of(&member));
        let refused = ada.client.post(&jobs, json!({ "job_type": 1 })).await.body(400);
        assert_eq!(
            refused,
            json!({
                "name": "VerifyNotEnabled", "entity_type": "member",
                "message": "This connection doesn't support verification.",
            })
        );
        let first = ada.client.post(&jobs, json!({ "job_type": 0 })).await.body(200);
        let same = ada.client.post(&jobs, json!({ "job_type": 0 })).await.body(200);
        assert_eq!(same["job_guid"], first["job_guid"], "asked for twice, it runs once");
        ada.client.post(&jobs, json!({ "job_type": 4 })).await.refusal(409);
        let answers = json!({ "credentials": [] });
        let unasked = ada.client.put(&format!("{}/mfa", path_of(&member)), answers).await;
        unasked.refusal(409);
        let window = ada.client.get(&format!("{}/oauth_window_uri", path_of(&member))).await;
        window.refusal(409);
    })
    .await;
}

#[tokio::test]
async fn requests_that_are_none() {
    on_each_engine(async |app| {
        let ada = app.partner("door").await.visit("ada").await;
        let post = |text: String| {
            let request = ada.client.request(reqwest::Method::POST, "/connect/v1/members");
            ada.client.send(request.header("content-type", "application/json").body(text))
        };
        post("{\"institution_guid\": ".to_owned()).await.refusal(400);
        post("[]".to_owned()).await.refusal(400);
        post(format!("{{\"metadata\": \"{}\"}}", "x".repeat(1 << 20))).await.refusal(413);
        ada.client.post("/connect/v1/session", json!({})).await.refusal(405);
        ada.client.get("/connect/v1/nothing").await.refusal(404);
        ada.client.get("/connect/v1").await.refusal(404);
        for path in
            ["/connect/v1/members", "/connect/v1/institutions/popular", "/connect/v1/session"]
        {
            let plain = ada.get(path).await;
            assert_eq!(ada.get(&format!("{path}/")).await, plain, "{path}");
        }
    })
    .await;
}
