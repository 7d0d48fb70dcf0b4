//! Microdeposits, accounts by hand and the end user's profile.

use serde_json::{Value, json};

use crate::app::on_each_engine;
use crate::client::{path_of, text};

fn asked() -> Value {
    json!({
        "account_name": "Test Checking", "account_number": "987654321", "account_type": 1,
        "routing_number": "123456789", "first_name": "Ada", "last_name": "Lovelace",
        "email": "ada@example.com", "user_guid": "USR-ignored",
    })
}

#[tokio::test]
async fn an_account_is_proven_by_two_deposits() {
    on_each_engine(async |app| {
        let partner = app.partner("deposits").await;
        let ada = partner.visit_in("ada", "verification").await;
        let made = ada.client.post("/connect/v1/micro_deposits", asked()).await.body(200);
        assert_eq!((&made["status"], &made["status_name"]), (&json!(0), &json!("INITIATED")));
        assert_eq!(made["account_number"], "******4321");
        let path = format!("/connect/v1/micro_deposits/{}", text(&made["guid"]));
        let renamed = ada.client.put(&path, json!({ "account_name": "Mine" })).await.body(200);
        assert_eq!((&renamed["account_name"], &renamed["guid"]), (&json!("Mine"), &made["guid"]));
        assert_eq!(ada.get(&path).await, renamed);
        app.advance(&partner, "2026-12-04".parse().unwrap()).await;
        let there = ada.client.post(&format!("{path}/refresh"), json!({})).await.body(200);
        assert_eq!((&there["status"], &there["status_name"]), (&json!(2), &json!("DEPOSITED")));
        let verify = async |body: Value| ada.client.put(&format!("{path}/verify"), body).await;
        assert_eq!(verify(json!({})).await.broken(), ["deposit_amount_1", "deposit_amount_2"]);
        assert_eq!(
            verify(json!({ "deposit_amount_1": [], "deposit_amount_2": "07" })).await.broken(),
            ["deposit_amount_1"]
        );
        let wrong = verify(json!({ "deposit_amount_1": 1, "deposit_amount_2": 2 })).await.body(200);
        assert_eq!((&wrong["status"], &wrong["status_name"]), (&json!(5), &json!("DENIED")));
        let right =
            verify(json!({ "deposit_amount_1": "05", "deposit_amount_2": "07" })).await.body(200);
        assert_eq!((&right["status"], &right["status_name"]), (&json!(3), &json!("VERIFIED")));
        let listed = partner.get(&format!("/connect/v1/users/{}/micro_deposits", ada.user)).await;
        assert_eq!(listed, json!([right]));
    })
    .await;
}

#[tokio::test]
async fn deposits_that_do_not_come_about() {
    on_each_engine(async |app| {
        let ada = app.partner("refused").await.visit_in("ada", "verification").await;
        let create = async |body: Value| ada.client.post("/connect/v1/micro_deposits", body).await;
        assert_eq!(
            create(json!({ "account_number": true, "account_type": "1x", "email": 1 })).await.broken(),
            ["account_number", "account_type", "email"]
        );
        let broken = create(json!({})).await.broken();
        assert!(broken.contains(&"routing_number".to_owned()), "{broken:?}");
        let made = create(asked()).await.body(200);
        let conflict = create(asked()).await.body(409);
        let refused = &conflict["micro_deposit"];
        assert_eq!((&refused["status"], &refused["status_name"]), (&json!(7), &json!("CONFLICTED")));
        assert_eq!((&refused["guid"], &refused["account_name"]), (&made["guid"], &json!("Test Checking")));
        assert!(conflict["message"].is_string());
        assert!(!conflict.to_string().contains("987654321"), "{conflict}");
        let path = "/connect/v1/blocked_routing_numbers";
        let seen = ada.get(&format!("{path}/299228936?include_identity=true")).await;
        assert_eq!(
            seen,
            json!({ "blocked_routing_number": { "guid": null, "reason": 3, "reason_name": "IAV_PREFERRED" } })
        );
        let seen = ada.get(&format!("{path}/111111111")).await;
        assert_eq!(seen["blocked_routing_number"]["reason_name"], "INVALID");
        assert_eq!(ada.get(&format!("{path}/123456789?include_identity=false")).await, json!({}));
        let query = ada.client.get(&format!("{path}/123456789?include_identity=x")).await;
        assert_eq!(query.broken(), ["include_identity"]);
    })
    .await;
}

#[tokio::test]
async fn an_account_by_hand() {
    on_each_engine(async |app| {
        let partner = app.partner("hand").await;
        let ada = partner.visit("ada").await;
        let create = async |body: Value| ada.client.post("/connect/v1/accounts", body).await;
        assert_eq!(
            create(json!({ "account_type": "CHECKING", "balance": {}, "is_personal": 2 }))
                .await
                .broken(),
            ["account_type", "balance", "is_personal"]
        );
        let made = create(json!({ "account_type": 1, "name": "Joint", "balance": 1250.5 }))
            .await
            .body(200);
        assert_eq!((&made["account_type"], &made["is_manual"]), (&json!("CHECKING"), &json!(true)));
        assert_eq!(made["balance"].to_string(), "1250.50");
        let member = ada.look(&json!({ "guid": made["member_guid"] })).await;
        assert_eq!(
            (&member["is_manual"], &member["institution_guid"]),
            (&json!(true), &made["institution_guid"])
        );
        let path = format!("/connect/v1/accounts/{}", text(&made["guid"]));
        assert_eq!(ada.get(&path).await, made);
        assert_eq!(made["terms"]["balance"], "1250.50");
        let change = json!({ "balance": "99.95", "user_name": "Ours" });
        let changed = ada.client.put(&path, change).await.body(200);
        assert_eq!(
            (&changed["name"], changed["balance"].to_string()),
            (&json!("Ours"), "99.95".to_owned())
        );
        assert_eq!(ada.get(&path).await, changed);
        assert_eq!(ada.client.put(&path, json!({ "balance": "lots" })).await.broken(), ["balance"]);
        let eve = partner.visit("eve").await;
        eve.client.put(&path, json!({ "balance": "0" })).await.refusal(404);
        eve.client.get(&path).await.refusal(404);
        let bank = format!("/connect/v1/institutions/{}", text(&made["institution_guid"]));
        assert_eq!(ada.get(&bank).await["code"], "manual");
        let listed = partner.get(&format!("/connect/v1/users/{}/accounts", ada.user)).await;
        assert_eq!(listed["accounts"][0]["guid"], made["guid"]);
        ada.client.delete(&path_of(&member)).await.body(200);
    })
    .await;
}

#[tokio::test]
async fn the_profile_is_kept() {
    on_each_engine(async |app| {
        let ada = app.partner("profile").await.visit("ada").await;
        let path = format!("/connect/v1/user_profiles/{}", ada.user);
        let change = json!({
            "too_small_modal_dismissed_at": "2023-04-13T09:00:00+00:00",
            "uses_detailed_notifications": true, "guid": "USR-other", "nobody_knows": 1,
        });
        let changed = ada.client.put(&path, change).await.body(200);
        let profile = &changed["user_profile"];
        assert_eq!(profile["too_small_modal_dismissed_at"], "2023-04-13T09:00:00+00:00");
        assert_eq!(
            (&profile["uses_detailed_notifications"], &profile["guid"]),
            (&json!(true), &json!(ada.user))
        );
        assert_eq!(&ada.get("/connect/v1/session").await["profile"], profile);
        let bad = json!({ "too_small_modal_dismissed_at": 5, "uses_detailed_notifications": "x" });
        let broken = ada.client.put(&path, bad).await.broken();
        assert_eq!(broken, ["too_small_modal_dismissed_at", "uses_detailed_notifications"]);
    })
    .await;
}
