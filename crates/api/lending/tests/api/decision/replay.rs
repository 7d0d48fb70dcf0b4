//! `/api/v1/decision/{id}/replay/`.

use serde_json::json;

use super::{Setting, UNKNOWN, card_of, engine};
use crate::app::{id, on_each_engine};
use crate::change::patch;

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_can_be_made_again() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[("income", "number")], "{{income}} / 3", 500).await;
        let client = &setting.client;
        let application = setting.application(json!({})).await;
        let point = setting.point(&application, "income", json!("1000.10")).await;
        setting.complete(&application).await;
        let decision = setting.decision(&application).await;
        let path = format!("/api/v1/decision/{}/replay/", id(&decision));
        let replay = client.act(&path).await.expect(200);
        let same = json!({
            "decision": decision["id"], "version": "v1", "is_same": true, "differences": [],
            "result": decision["result"]
        });
        assert_eq!(replay.to_string(), same.to_string());
        // After what it rests on has changed, and another engine has taken over.
        let data_point = format!("/api/v1/data-point/{point}/");
        patch(client, &data_point, json!({"value": 9000})).await.expect(200);
        let generous = card_of(client, "{{income}} / 3", 300).await;
        let v2 = engine(client, "v2", &[&generous]).await;
        let selectors = client.get("/api/v1/risk-engine-selector/").await.expect(200);
        let chosen = format!("/api/v1/risk-engine-selector/{}/", id(&selectors["results"][0]));
        let engines = json!({"risk_engines": [{"risk_engine": "v2", "weight": 1}]});
        patch(client, &chosen, engines).await.expect(200);
        let engines = client.get("/api/v1/risk-engine/?version=v1").await.expect(200);
        let v1 = id(&engines["results"][0]);
        let off = json!({"is_active": false});
        patch(client, &format!("/api/v1/risk-engine/{v1}/"), off).await.expect(200);
        assert_eq!(client.act(&path).await.expect(200), replay);
        // With another engine it tells the difference.
        let other = client.post(&path, json!({"risk_engine": v2})).await.expect(200);
        assert_eq!((&other["version"], &other["is_same"]), (&json!("v2"), &json!(false)));
        assert_eq!(other["result"]["decision"], "approved");
        let differences = other["differences"].as_array().expect("a list");
        let approved =
            differences.iter().find(|it| it["path"] == "approved").expect("a difference");
        assert_eq!(approved, &json!({"path": "approved", "recorded": false, "replayed": true}));
        assert_eq!(setting.decision(&application).await, decision);

        let not_found = r#"{"detail":"Not found."}"#;
        client.post(&path, json!({"risk_engine": UNKNOWN})).await.is(404, not_found);
        client.act(&format!("/api/v1/decision/{UNKNOWN}/replay/")).await.is(404, not_found);
        let refused = client.post(&path, json!({"risk_engine": "v2"})).await;
        refused.is(400, r#"{"risk_engine":["Must be a valid UUID."]}"#);
        client.get(&format!("/api/v1/decision/{UNKNOWN}/")).await.is(404, not_found);
    })
    .await;
}
