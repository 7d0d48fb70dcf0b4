//! Who may ask: sessions, keys, pages of other origins, and how often.

use florin_http::{HttpOptions, Limits, Mode};
use florin_tenancy::{NewKey, Surface, create_key};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{on_each_engine, with_options};
use crate::client::text;

#[tokio::test]
async fn a_session_is_opened_by_the_partner_and_held_by_the_browser() {
    on_each_engine(async |app| {
        let partner = app.partner("Fintech").await;
        let new = json!({
            "user": { "id": "customer-17", "email": "ada@example.com" }, "mode": "verification",
            "products": ["account_verification", "identity_verification"],
            "origin": "https://app.example", "return_url": "https://app.example/linked",
            "language": "en-GB", "nobody_knows": [1],
        });
        let opened = partner.client.post("/connect/v1/sessions/", new.clone()).await.body(201);
        let keys: Vec<&String> = opened.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["expires_at", "session", "url", "user_guid"]);
        assert_eq!(opened["expires_at"], "2026-11-21T16:00:00.000Z");
        let token = text(&opened["session"]);
        let seen = app.stranger().bearer(&token).get("/connect/v1/session").await.body(200);
        let visit = text(&seen["guid"]);
        assert!(visit.starts_with("SES-"), "{visit}");
        assert_eq!(opened["url"], format!("{}/connect?visit={visit}&session={token}", app.url));
        assert_eq!(seen["mode"], "verification");
        assert_eq!(seen["products"], new["products"]);
        assert_eq!(
            seen["user"],
            json!({ "guid": opened["user_guid"], "email": "ada@example.com" })
        );
        assert_eq!(seen["client_name"], "Fintech");
        for name in ["origin", "return_url", "language"] {
            assert_eq!(seen[name], new[name], "{name}");
        }
        assert_eq!(
            (&seen["is_sandbox"], &seen["enable_microdeposits"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(seen["profile"]["guid"], opened["user_guid"]);
        let purposes = seen["consent"]["purposes"].as_array().unwrap();
        assert!(purposes.iter().all(|it| !text(&it["text"]).contains('{')), "{purposes:?}");
        assert!(text(&purposes[0]["text"]).starts_with("Fintech may read"), "{purposes:?}");
        let asked: Vec<_> =
            purposes.iter().map(|it| (text(&it["purpose"]), it["is_needed"].clone())).collect();
        let needed = |purpose: &str| (purpose.to_owned(), json!(true));
        assert_eq!(asked, [needed("account_data"), needed("payments")]);
        assert_eq!(seen["consent"]["agreed"], json!([]));
        // The same id is the same end user.
        let again = partner.session("customer-17", "aggregation").await;
        assert_eq!(again["user_guid"], opened["user_guid"]);
        assert_ne!(again["session"], opened["session"]);
    })
    .await;
}

#[tokio::test]
async fn a_session_names_every_broken_field() {
    on_each_engine(async |app| {
        let partner = app.partner("broken").await;
        let check = async |new: Value, broken: &[&str]| {
            assert_eq!(partner.client.post("/connect/v1/sessions", new).await.broken(), broken);
        };
        check(json!({}), &["user.id"]).await;
        let types = json!({
            "user": { "id": 7, "email": [] }, "mode": "both", "products": "all", "origin": 1,
            "return_url": {}, "language": false, "current_member_guid": "INS-1",
            "current_microdeposit_guid": "MIC-", "enable_manual_accounts": "perhaps",
            "purposes": ["gambling"],
        });
        let all = [
            "current_member_guid",
            "current_microdeposit_guid",
            "enable_manual_accounts",
            "language",
            "mode",
            "origin",
            "products",
            "purposes",
            "return_url",
            "user.email",
            "user.id",
        ];
        check(types, &all).await;
        let rules = json!({
            "user": { "id": "", "email": "nobody" }, "origin": "https://app.example/page",
            "return_url": "http://app.example", "language": "?", "current_institution_code": "",
        });
        let all = [
            "current_institution_code",
            "language",
            "origin",
            "return_url",
            "user.email",
            "user.id",
        ];
        check(rules, &all).await;
        let bob = partner.visit("bob").await;
        let member = bob.add("gringotts", "demo").await;
        let of_bob = json!({ "user": { "id": "ada" }, "current_member_guid": member["guid"] });
        check(of_bob, &["current_member_guid"]).await;
        let nowhere = json!({ "user": { "id": "ada" }, "current_institution_code": "nowhere" });
        check(nowhere, &["current_institution_code"]).await;
        let unknown = "MIC-01a1fe72-6b2a-7368-93a7-4a353c2d08d7";
        let new = json!({ "user": { "id": "ada" }, "current_microdeposit_guid": unknown });
        check(new, &["current_microdeposit_guid"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_session_ends() {
    on_each_engine(async |app| {
        let partner = app.partner("ends").await;
        let path = "/connect/v1/members";
        let ada = partner.visit("ada").await;
        app.pass(SignedDuration::from_mins(59));
        let bob = partner.visit("bob").await;
        ada.get(path).await;
        app.pass(SignedDuration::from_mins(1));
        ada.client.get(path).await.refusal(401);
        bob.get(path).await;
        bob.client.delete("/connect/v1/session").await.body(204);
        bob.client.get(path).await.refusal(401);
        for shown in
            ["Bearer", "Bearer ", "Bearer x", "Basic eDp5", "x", &format!("Bearer {:300}", "x")]
        {
            assert_eq!(app.stranger().showing(shown).get(path).await.status, 401, "{shown}");
        }
        app.stranger().get(path).await.refusal(401);
    })
    .await;
}

#[tokio::test]
async fn keys_open_what_they_are_for() {
    on_each_engine(async |app| {
        let (partner, keys) = app.tenant("keys").await;
        let ada = partner.visit("ada").await;
        let new = json!({ "user": { "id": "ada" } });
        let open = async |client: &crate::client::Client| {
            client.post("/connect/v1/sessions", new.clone()).await.status
        };
        assert_eq!(open(&app.stranger()).await, 401);
        assert_eq!(open(&app.stranger().basic("nobody:nothing")).await, 401);
        assert_eq!(open(&ada.client).await, 401, "a session is no key");
        assert_eq!(open(&app.stranger().basic(&keys.external_accounts.presented())).await, 403);
        let scopes = vec!["read".to_owned()];
        let new_key = NewKey { scopes, ..NewKey::everything(Surface::Connect) };
        let now = "2026-11-21T15:00:00Z".parse().unwrap();
        let (_, reader) = create_key(app.db(), partner.tenant, new_key, now).await.unwrap();
        let reader = app.stranger().basic(&reader.presented());
        assert_eq!(open(&reader).await, 403);
        reader.get("/connect/v1/users").await.body(200);
        // Nor is a key a session.
        partner.client.get("/connect/v1/members").await.refusal(401);
    })
    .await;
}

#[tokio::test]
async fn only_the_sessions_page_and_ours_are_answered() {
    on_each_engine(async |app| {
        let partner = app.partner("pages").await;
        let new = json!({ "user": { "id": "ada" }, "origin": "https://app.example" });
        let session = partner.client.post("/connect/v1/sessions", new).await.body(201);
        let ada = app.stranger().bearer(&text(&session["session"]));
        let path = "/connect/v1/members";
        for origin in ["https://app.example", app.url.as_str()] {
            let answer = ada.on_page_of(origin).get(path).await;
            assert_eq!(
                (answer.status, answer.header("access-control-allow-origin")),
                (200, origin)
            );
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(answer.header("vary").contains("origin"));
            assert!(answer.headers.get("access-control-allow-credentials").is_none());
        }
        for origin in
            ["https://evil.example", "http://app.example", "https://app.example.evil", "null"]
        {
            let answer = ada.on_page_of(origin).get(path).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
            answer.refusal(403);
        }
        // A page is told that it has no session any more, too.
        let lost = app.stranger().bearer("x").on_page_of("https://app.example").get(path).await;
        assert_eq!(lost.header("access-control-allow-origin"), "https://app.example");
        lost.refusal(401);
        let ask = app.stranger().on_page_of("https://app.example");
        let ask = ask.request(Method::OPTIONS, "/connect/v1/members/MBR-1/mfa");
        let ask = ask.header("access-control-request-method", "PUT");
        let told = app.stranger().send(ask).await;
        assert_eq!(told.status, 204, "{}", told.text);
        assert_eq!(told.header("access-control-allow-methods"), "GET, POST, PUT, DELETE");
        assert!(told.header("access-control-allow-headers").contains("authorization"));
        // The partner's back end is no page.
        let back = partner.client.on_page_of("https://app.example").get("/connect/v1/users").await;
        assert_eq!(back.header("access-control-allow-origin"), "");
    })
    .await;
}

#[tokio::test]
async fn a_session_has_its_allowance() {
    let limits = Limits { requests_per_second: Some(1), burst: 20, ..Limits::of(Mode::Sandbox) };
    let options = HttpOptions { limits, ..HttpOptions::of(Mode::Sandbox) };
    with_options(options, async |app| {
        let partner = app.partner("often").await;
        let (ada, bob) = (partner.visit("ada").await, partner.visit("bob").await);
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(ada.client.get("/connect/v1/members").await.status);
        }
        assert_eq!(statuses, [200, 200, 429]);
        bob.get("/connect/v1/members").await;
        let answer = ada.client.get("/connect/v1/members").await;
        assert!(!answer.header("retry-after").is_empty());
        assert!(answer.refusal(429).starts_with("Request was throttled."));
    })
    .await;
}

#[tokio::test]
async fn a_session_binds_what_is_run_and_agreed_to() {
    on_each_engine(async |app| {
        let partner = app.partner("bound").await;
        let new = json!({
            "user": { "id": "ada" }, "enable_microdeposits": false, "purposes": ["credit_decision"],
        });
        let opened = partner.client.post("/connect/v1/sessions", new).await.body(201);
        let client = app.stranger().bearer(&text(&opened["session"]));
        let ada = crate::client::Browser { client, user: text(&opened["user_guid"]) };
        let member = ada.add("gringotts", "demo").await;
        let jobs = format!("{}/jobs", crate::client::path_of(&member));
        for job in [1, 2, 4, 5, 6, 8, 9, 10, 11] {
            ada.client.post(&jobs, json!({ "job_type": job })).await.refusal(409);
        }
        assert_eq!(ada.run(app, &member, 0).await["connection_status"], 6);
        let deposit = json!({
            "account_number": "987654321", "account_type": 1, "routing_number": "123456789",
            "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
        });
        let refused = ada.client.post("/connect/v1/micro_deposits", deposit).await.body(400);
        assert_eq!(refused["micro_deposit"]["status_name"], "REJECTED", "{refused}");
        let agree = async |purposes: Value| {
            let consent = json!({ "text_version": "2026-11-21", "purposes": purposes });
            ada.client.post("/connect/v1/consents", consent).await
        };
        assert_eq!(agree(json!(["account_data", "payments"])).await.broken(), ["purposes"]);
        let first = agree(json!(["account_data"])).await.body(201);
        agree(json!(["account_data", "credit_decision"])).await.body(201);
        let seen = ada.get("/connect/v1/session").await;
        assert_eq!(seen["consent"]["agreed"], json!(["account_data", "credit_decision"]));
        let all = ada.get("/connect/v1/consents").await;
        let nothing = json!({
            "no_longer_allowed": [], "still_allowed": ["account_data"],
            "links": 0, "external_accounts": 0,
        });
        assert_eq!(all["consents"][0]["revocation"], nothing);
        assert_eq!(
            all["consents"][1]["revocation"]["no_longer_allowed"],
            json!(["credit_decision"])
        );
        let path = |consent: &Value| format!("/connect/v1/consents/{}", text(&consent["guid"]));
        let revoked = ada.client.delete(&path(&first)).await.body(200);
        assert_eq!(revoked["revocation"], nothing);
        let last = ada.client.delete(&path(&all["consents"][1])).await.body(200);
        assert_eq!(last["revocation"]["links"], 1, "{last}");
        let all = partner.get(&format!("/connect/v1/users/{}/consents", ada.user)).await;
        assert_eq!(all["consents"][1]["revocation"], Value::Null);
        assert_eq!(ada.get("/connect/v1/members").await, json!({ "members": [] }));
    })
    .await;
}
