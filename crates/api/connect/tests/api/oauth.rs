//! Banks' own consent pages, as the simulated bank has them.

use serde_json::{Value, json};

use crate::app::{TestApp, on_each_engine};
use crate::client::{Answer, Browser, items, path_of, text};

/// A member whose end user has to go to the bank, and the state that the bank's page is opened with.
async fn begun(ada: &Browser) -> (Value, String) {
    let guid = &ada.institution("gringotts_oauth").await["guid"];
    let new = json!({ "institution_guid": guid, "is_oauth": true });
    let member = ada.client.post("/connect/v1/members", new).await.body(200)["member"].clone();
    let url = text(&member["oauth_window_uri"]);
    let state = url.split_once("/connect/bank/authorize?state=").expect("our page").1.to_owned();
    (member, state)
}

/// What a press of one of the page's buttons is answered.
async fn pressed(app: &TestApp, state: &str, button: &str) -> Answer {
    let client = app.stranger();
    let form = format!("state={state}&user=demo&answer={button}");
    let request = client.request(reqwest::Method::POST, "/connect/bank/authorize");
    let form = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    client.send(form).await
}

#[tokio::test]
async fn an_end_user_agrees_on_the_banks_page() {
    on_each_engine(async |app| {
        let ada = app.partner("oauth").await.visit("ada").await;
        let (member, state) = begun(&ada).await;
        assert_eq!((&member["connection_status"], &member["is_oauth"]), (&json!(21), &json!(true)));
        assert!(text(&member["oauth_window_uri"]).starts_with(&app.url), "{member}");
        let guid = text(&member["guid"]);
        for name in ["auth_status", "oauth_status"] {
            let path = format!("/connect/v1/oauth_states?outbound_member_guid={guid}&{name}=1");
            let states = ada.get(&path).await;
            assert_eq!(states[0]["outbound_member_guid"], member["guid"], "{states}");
            assert_eq!(states.as_array().unwrap().len(), 1);
        }
        let done = format!("/connect/v1/oauth_states?outbound_member_guid={guid}&auth_status=2");
        assert_eq!(ada.get(&done).await, json!([]));
        let started =
            ada.client.post(&format!("{}/oauth_start", path_of(&member)), json!({})).await;
        assert_eq!(started.body(200), json!({}));
        let window = ada.get(&format!("{}/oauth_window_uri", path_of(&member))).await;
        assert_eq!(window, json!({ "guid": guid, "oauth_window_uri": member["oauth_window_uri"] }));

        let page = app.stranger().get(&text(&member["oauth_window_uri"])).await;
        assert!(page.status == 200 && page.text.contains("Sign in to Gringotts OAuth"));
        let end = pressed(app, &state, "allow").await;
        assert!(end.status == 200 && end.text.contains("You are done here"), "{}", end.text);
        assert!(end.url.contains("/connect/bank/done"), "{}", end.url);
        let states = ada.get(&done).await;
        let state_guid = text(&states[0]["guid"]);
        let seen = ada.get(&format!("/connect/v1/oauth_states/{state_guid}")).await;
        assert_eq!(seen["oauth_state"]["auth_status"], 2);
        assert_eq!(seen["oauth_state"]["inbound_member_guid"], member["guid"]);
        let linked = ada.run(app, &member, 0).await;
        assert_eq!(
            (&linked["connection_status"], &linked["oauth_window_uri"]),
            (&json!(6), &Value::Null)
        );
        // A second answer changes nothing.
        let end = pressed(app, &state, "deny").await;
        assert!(end.text.contains("You are done here"), "{}", end.text);
        let accounts = ada.get(&format!("{}/accounts", path_of(&member))).await;
        assert_eq!(items(&accounts, "accounts").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_end_user_does_not_agree() {
    on_each_engine(async |app| {
        let partner = app.partner("not").await;
        for (button, reason) in [("deny", 2), ("cancel", 1), ("error", 4)] {
            let ada = partner.visit(button).await;
            let (_, state) = begun(&ada).await;
            let end = pressed(app, &state, button).await;
            assert!(end.status == 200 && end.text.contains("Nothing was shared"), "{}", end.text);
            let states = ada.get("/connect/v1/oauth_states").await;
            let found = (&states[0]["auth_status"], &states[0]["error_reason"]);
            assert_eq!(found, (&json!(3), &json!(reason)), "{button}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_button_that_the_page_does_not_have_is_no_answer() {
    on_each_engine(async |app| {
        let ada = app.partner("button").await.visit("ada").await;
        let (_, state) = begun(&ada).await;
        for answer in ["", "anything", "ALLOW", "<script>"] {
            let page = pressed(app, &state, answer).await;
            assert_eq!(page.status, 200, "{answer}");
            assert!(page.text.contains("Sign in to") && !page.text.contains("<script"), "{answer}");
        }
        let states = ada.get("/connect/v1/oauth_states?auth_status=1").await;
        assert_eq!(states.as_array().unwrap().len(), 1, "it still waits");
    })
    .await;
}

#[tokio::test]
async fn states_that_nobody_gave_out_open_nothing() {
    on_each_engine(async |app| {
        let ada = app.partner("forged").await.visit("ada").await;
        let (_, state) = begun(&ada).await;
        let mut forged = state.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        let hostile =
            ["%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "..%2F..%2Fadmin", "%0d%0aset-cookie:x=1"];
        let cut = &state[..state.len() - 8];
        for bad in ["", "x", forged.as_str(), cut].into_iter().chain(hostile) {
            let page = app.stranger().get(&format!("/connect/bank/authorize?state={bad}")).await;
            assert!(page.status == 404 && page.text.contains("does not work"), "{bad}");
            assert!(
                !page.text.contains("<script") && page.header("set-cookie").is_empty(),
                "{bad}"
            );
            assert_eq!(pressed(app, bad, "allow").await.status, 404, "{bad}");
            let back = app.stranger().get(&format!("/connect/oauth/return?state={bad}")).await;
            assert_eq!(back.status, 404, "{bad}");
        }
        let states = ada.get("/connect/v1/oauth_states?auth_status=1").await;
        assert_eq!(states.as_array().unwrap().len(), 1, "it still waits");
    })
    .await;
}

#[tokio::test]
async fn a_way_is_good_for_half_an_hour() {
    on_each_engine(async |app| {
        let ada = app.partner("late").await.visit("ada").await;
        let (member, state) = begun(&ada).await;
        app.pass(jiff::SignedDuration::from_mins(31));
        let end = pressed(app, &state, "allow").await;
        assert!(end.text.contains("Nothing was shared"), "{}", end.text);
        let states = ada.get("/connect/v1/oauth_states").await;
        assert_eq!(states[0]["auth_status"], 3, "{states}");
        // The bank can be gone to anew.
        let window = ada.get(&format!("{}/oauth_window_uri", path_of(&member))).await;
        assert_ne!(window["oauth_window_uri"], member["oauth_window_uri"]);
    })
    .await;
}
