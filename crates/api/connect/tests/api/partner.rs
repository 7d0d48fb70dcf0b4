//! What the partner's back end reads and does.

use serde_json::{Value, json};

use crate::app::on_each_engine;
use crate::client::{items, path_of, text};

#[tokio::test]
async fn end_users_are_listed_and_deleted() {
    on_each_engine(async |app| {
        let partner = app.partner("users").await;
        let ada = partner.visit("ada").await;
        for user in ["bob", "cy", "dee"] {
            partner.visit(user).await;
        }
        let all = partner.get("/connect/v1/users?limit=3").await;
        assert_eq!((&all["count"], items(&all, "results").len()), (&json!(4), 3));
        assert!(text(&all["next"]).contains("offset=3"), "{all}");
        let one = async |query: &str| {
            let found = partner.get(&format!("/connect/v1/users?{query}")).await;
            items(&found, "results").to_vec()
        };
        let found = one("id=ada").await;
        assert_eq!((found.len(), &found[0]["guid"]), (1, &json!(ada.user)));
        let keys: Vec<&String> = found[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["created_at", "email", "guid", "id"]);
        assert_eq!(one(&format!("guid={}", ada.user)).await, found);
        assert_eq!(partner.get(&format!("/connect/v1/users/{}", ada.user)).await, found[0]);
        partner.client.get("/connect/v1/users?limit=0").await.refusal(400);

        let member = ada.linked(app, "gringotts", "demo").await;
        let members = partner.get(&format!("/connect/v1/users/{}/members", ada.user)).await;
        assert_eq!(items(&members, "members")[0], member);
        let user = format!("/connect/v1/users/{}", ada.user);
        partner.client.delete(&user).await.body(204);
        for path in [user.clone(), format!("{user}/members"), format!("{user}/accounts")] {
            partner.client.get(&path).await.refusal(404);
        }
        ada.client.get("/connect/v1/members").await.refusal(401);
        assert!(one("id=ada").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn members_are_refreshed_and_deleted() {
    on_each_engine(async |app| {
        let partner = app.partner("members").await;
        let ada = partner.visit("ada").await;
        let member = ada.linked(app, "gringotts", "demo").await;
        let path = format!("/connect/v1/users/{}/members/{}", ada.user, text(&member["guid"]));
        let begun = partner.client.post(&format!("{path}/refresh"), json!({})).await.body(202);
        app.work().await;
        let job = ada.get(&format!("/connect/v1/jobs/{}", text(&begun["job_guid"]))).await;
        assert_eq!(job["status"], 6);
        let deleted = partner.client.delete(&path).await.body(200);
        assert_eq!(deleted["guid"], member["guid"]);
        ada.client.get(&path_of(&member)).await.refusal(404);
        partner.client.delete(&path).await.refusal(404);
    })
    .await;
}

#[tokio::test]
async fn a_verified_account_becomes_an_external_account() {
    on_each_engine(async |app| {
        let partner = app.partner("share").await;
        let ada = partner.visit_in("ada", "verification").await;
        let member = ada.proven(app, "gringotts").await;
        let user = format!("/connect/v1/users/{}", ada.user);
        let accounts = partner.get(&format!("{user}/accounts")).await;
        let account = &items(&accounts, "accounts")[0];
        assert_eq!(account["is_verified"], true, "{account}");
        assert!(text(&account["account_number"]).starts_with('*'), "{account}");
        let path = format!("{user}/accounts/{}", text(&account["guid"]));
        let whole = partner.get(&path).await;
        assert!(!text(&whole["account_number"]).contains('*'), "{whole}");
        let share = format!("{path}/external_account");
        for broken in [json!({ "customer_id": "x" }), json!({ "first_name": 1 })] {
            partner.client.post(&share, broken).await.broken();
        }
        let names = json!({ "first_name": "Ada", "last_name": "Lovelace" });
        let shared = partner.client.post(&share, names).await.body(201);
        assert_eq!(
            (&shared["status"], &shared["account_guid"]),
            (&json!("Verified"), &account["guid"])
        );
        assert!(shared["external_account_id"].is_i64() && shared["customer_id"].is_i64());
        let again = partner.client.post(&share, json!({})).await.body(201);
        assert_eq!(again["external_account_id"], shared["external_account_id"]);

        let other = partner.visit("bob").await;
        other.linked(app, "gringotts", "demo").await;
        let unproven = partner.get(&format!("/connect/v1/users/{}/accounts", other.user)).await;
        let guid = text(&items(&unproven, "accounts")[0]["guid"]);
        let path = format!("/connect/v1/users/{}/accounts/{guid}/external_account", other.user);
        partner.client.post(&path, json!({})).await.refusal(409);
        assert_eq!(member["connection_status"], 6);
    })
    .await;
}

#[tokio::test]
async fn statements_and_owners_are_read_when_asked_for() {
    on_each_engine(async |app| {
        let partner = app.partner("statements").await;
        let products = ["statements", "identity_verification"];
        let ada = partner.visit_for("ada", json!({ "products": products })).await;
        let member = ada.add("testbank", "single").await;
        ada.run(app, &member, 4).await;
        ada.run(app, &member, 2).await;
        let user = format!("/connect/v1/users/{}", ada.user);
        let accounts = partner.get(&format!("{user}/accounts")).await;
        let path = format!("{user}/accounts/{}", text(&items(&accounts, "accounts")[0]["guid"]));
        let statements = partner.get(&format!("{path}/statements")).await;
        let statement = &items(&statements, "statements")[0];
        assert!(statement["opening_balance"].is_number() && statement["content"].is_string());
        let owners = &partner.get(&path).await["owners"];
        assert!(!text(&owners[0]["name"]).is_empty(), "{owners}");
    })
    .await;
}

#[tokio::test]
async fn consents_are_given_shown_and_taken_back() {
    on_each_engine(async |app| {
        let partner = app.partner("consents").await;
        let ada = partner.visit_in("ada", "verification").await;
        let member = ada.linked(app, "gringotts", "demo").await;
        let version = ada.get("/connect/v1/session").await["consent"]["text_version"].clone();
        let give = async |body: Value| ada.client.post("/connect/v1/consents", body).await;
        assert_eq!(give(json!({})).await.broken(), ["purposes", "text_version"]);
        assert_eq!(
            give(json!({ "text_version": version, "purposes": "all" })).await.broken(),
            ["purposes"]
        );
        let all = json!({ "text_version": version, "purposes": ["account_data", "payments"] });
        let given = give(all.clone()).await.body(201);
        assert_eq!((&given["purposes"], &given["revoked_at"]), (&all["purposes"], &Value::Null));
        let listed = ada.get("/connect/v1/consents").await;
        let mut shown = given.clone();
        shown["revocation"] = json!({
            "no_longer_allowed": ["account_data", "payments"], "still_allowed": [],
            "links": 1, "external_accounts": 0,
        });
        assert_eq!(listed, json!({ "consents": [shown] }));
        let of_ada = format!("/connect/v1/users/{}/consents", ada.user);
        assert_eq!(partner.get(&of_ada).await, listed);
        let path = format!("/connect/v1/consents/{}", text(&given["guid"]));
        let revoked = ada.client.delete(&path).await.body(200);
        assert_eq!(revoked["revoked_by"], "end_user");
        ada.client.get(&path_of(&member)).await.refusal(404);
        let second = give(all).await.body(201);
        let path = format!("{of_ada}/{}", text(&second["guid"]));
        assert_eq!(partner.client.delete(&path).await.body(200)["revoked_by"], "partner");
    })
    .await;
}

#[tokio::test]
async fn banks_that_the_partner_wants_no_deposits_sent_to() {
    on_each_engine(async |app| {
        let partner = app.partner("blocks").await;
        let ada = partner.visit("ada").await;
        let list = "/connect/v1/partner/blocked_routing_numbers";
        let path = format!("{list}/123456789");
        assert_eq!(partner.client.put(&path, json!({ "note": 1 })).await.broken(), ["note"]);
        let blocked = partner.client.put(&path, json!({ "note": "fraud" })).await.body(200);
        assert_eq!(blocked, json!({ "routing_number": "123456789", "note": "fraud" }));
        assert_eq!(items(&partner.get(list).await, "blocked_routing_numbers"), [blocked]);
        let seen = ada.get("/connect/v1/blocked_routing_numbers/123456789").await;
        let reason = &seen["blocked_routing_number"];
        assert_eq!(
            (&reason["reason"], &reason["reason_name"]),
            (&json!(2), &json!("CLIENT_BLOCKED"))
        );
        partner.client.delete(&path).await.body(204);
        partner.client.delete(&path).await.refusal(404);
        assert_eq!(ada.get("/connect/v1/blocked_routing_numbers/123456789").await, json!({}));
    })
    .await;
}

#[tokio::test]
async fn questions_to_support() {
    on_each_engine(async |app| {
        let partner = app.partner("support").await;
        let ada = partner.visit("ada").await;
        let path = "/connect/v1/support_tickets";
        let broken = ada.client.post(path, json!({ "email": "x", "title": 1 })).await.broken();
        assert_eq!(broken, ["title"]);
        let broken = ada.client.post(path, json!({ "email": "x" })).await.broken();
        assert_eq!(broken, ["email", "message", "title"]);
        let asked =
            json!({ "email": "ada@example.com", "title": "My bank", "message": "Where is it?" });
        let ticket = ada.client.post(path, asked).await.body(200);
        assert!(text(&ticket["guid"]).starts_with("TKT-"));
        let list = "/connect/v1/partner/support_tickets";
        let listed = partner.get(&format!("{list}?user_guid={}", ada.user)).await;
        assert_eq!(items(&listed, "results"), [ticket]);
        let of_others = partner.get(&format!("{list}?email=bob@example.com")).await;
        assert_eq!(of_others["count"], 0);
    })
    .await;
}
