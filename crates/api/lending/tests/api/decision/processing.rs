//! Applications whose inputs have to be fetched first.

use florin_jobs::Outcome;
use serde_json::{Value, json};

use super::{Setting, card_of, engine, selector};
use crate::app::{TestApp, fields, id, on_each_engine};
use crate::change::{patch, put};

/// A lender whose one rule wants a score of 600 from the simulated provider.
async fn setting(app: &TestApp, first_name: &str) -> Setting {
    let setting = Setting::bare(app).await;
    let client = &setting.client;
    let body = json!({"name": "score", "type": "number", "provider": "simulated"});
    client.post("/api/v1/input-source/", body).await.expect(201);
    let card = card_of(client, "{{score}}", 600).await;
    engine(client, "v1", &[&card]).await;
    selector(client, &setting.product, &[("v1", "1")]).await;
    let person = json!({"type": "individual", "first_name": first_name, "last_name": "Lovelace"});
    let end_user = id(&client.post("/api/v1/end-user/", person).await.expect(201));
    Setting { end_user, ..setting }
}

impl Setting {
    async fn read(&self, application: &str) -> (String, String) {
        let path = format!("/api/v1/application/{application}/");
        let answer = self.client.get(&path).await.expect(200);
        let text = |field: &str| answer[field].as_str().expect("a text").to_owned();
        (text("status"), text("reason"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_asks_and_decides() {
    on_each_engine(async |app| {
        let setting = setting(app, "Ada").await;
        for (custom, status, score) in [
            (json!({}), "approved", json!(700)),
            (json!({"simulated": {"score": 599.5}}), "declined", json!(599.5)),
            (json!({"simulated": {"score": "600"}}), "approved", json!(600)),
            (json!({"simulated": {"score": null}}), "declined", Value::Null),
        ] {
            let application = setting.application(json!({"custom_fields": custom})).await;
            assert_eq!(setting.complete(&application).await.0, "processing");
            assert_eq!(setting.decisions(&application).await, Vec::<Value>::new());
            // It waits: nothing else can be done to it meanwhile.
            let path = format!("/api/v1/application/{application}/");
            for (verb, past) in
                [("complete", "completed"), ("reopen", "reopened"), ("withdraw", "withdrawn")]
            {
                let text = format!("The application cannot be {past}: its status is processing.");
                let expected = json!({"detail": text}).to_string();
                setting.act(&application, verb).await.is(409, &expected);
            }
            let text =
                r#"{"detail":"The application cannot be changed: its status is processing."}"#;
            patch(&setting.client, &path, json!({"amount": 5})).await.is(409, text);
            let body = json!({"product": setting.product, "end_user": setting.end_user});
            put(&setting.client, &path, body).await.is(409, text);

            assert_eq!(app.decide_waiting().await, [Outcome::Done]);
            assert_eq!(setting.read(&application).await.0, status, "{custom}");
            let decision = setting.decision(&application).await;
            assert_eq!(decision["inputs"].get("score").cloned().unwrap_or_default(), score);
            let path = format!("/api/v1/data-point/?application={application}");
            let points = setting.client.get(&path).await.expect(200);
            assert_eq!(points["count"], u8::from(!score.is_null()));
            if !score.is_null() {
                assert_eq!(points["results"][0]["provider"], "simulated");
                assert_eq!(points["results"][0]["value"], score);
            }
            assert_eq!(app.decide_waiting().await, []);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_answers_does_not_hold_the_application_for_ever() {
    on_each_engine(async |app| {
        let setting = setting(app, "Unreachable").await;
        let application = setting.application(json!({})).await;
        assert_eq!(setting.complete(&application).await.0, "processing");
        let silent = Outcome::Retry("the provider cannot be reached".to_owned());
        for _ in 0..5 {
            assert_eq!(app.decide_waiting().await, std::slice::from_ref(&silent));
            assert_eq!(setting.read(&application).await.0, "processing");
        }
        assert_eq!(app.decide_waiting().await, [Outcome::Done]);
        let (status, reason) = setting.read(&application).await;
        assert_eq!(status, "declined");
        assert!(!reason.is_empty());
        let decision = setting.decision(&application).await;
        let rule = &decision["result"]["scorecards"][0]["rules"][0];
        assert_eq!(rule["failure"], "There is no value for {{score}}.");
        let events = setting.events(app).await;
        assert_eq!(events.len(), 1);
        let data = &events[0].data;
        let expected = format!(r#""{application}" "declined" {}"#, json!(reason));
        assert_eq!(fields(data, &["id", "status", "reason"]), expected);
        // It can be reopened and tried again, with the partner's own value this time.
        setting.act(&application, "reopen").await.expect(200);
        setting.point(&application, "score", json!(650)).await;
        assert_eq!(setting.complete(&application).await.0, "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_partner_sends_meanwhile_counts() {
    on_each_engine(async |app| {
        let setting = setting(app, "Unreachable").await;
        let application = setting.application(json!({})).await;
        assert_eq!(setting.complete(&application).await.0, "processing");
        assert!(matches!(app.decide_waiting().await[..], [Outcome::Retry(_)]));
        setting.point(&application, "score", json!(601)).await;
        assert_eq!(app.decide_waiting().await, [Outcome::Done]);
        assert_eq!(setting.read(&application).await.0, "approved");
        // A value that is there before completion is not asked for.
        let application = setting.application(json!({})).await;
        setting.point(&application, "score", json!(599)).await;
        assert_eq!(setting.complete(&application).await.0, "declined");
        assert_eq!(app.decide_waiting().await, []);
    })
    .await;
}
