//! What the simulator refuses as the provider does, and what it does only when it is told.

use florin_crypto::Secret;
use florin_direct_debit::simulator::{Fault, FaultKind};
use florin_direct_debit::wire::*;
use florin_direct_debit::{ApiError, Client, ClientOptions};
use serde_json::{Value as Json, json};

use crate::support::*;

/// Asks without the client: status and error.
async fn post(bench: &Bench, path: &str, version: &str, body: &Json) -> (u16, Json) {
    let request = florin_direct_debit::http_client(PATIENCE)
        .unwrap()
        .post(format!("{}{path}", bench.url))
        .header("authorization", "Bearer token")
        .header("content-type", "application/json")
        .header("gocardless-version", version)
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Json = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    (status, body["error"].clone())
}

/// The fields of an error and what is wrong with them.
fn faults(error: &Json) -> Vec<(String, String)> {
    let text = |fault: &Json, name: &str| fault[name].as_str().unwrap().to_owned();
    let errors = error["errors"].as_array().unwrap().iter();
    errors.map(|fault| (text(fault, "field"), text(fault, "message"))).collect()
}

#[tokio::test]
async fn another_version_is_not_spoken() {
    let bench = bench().await;
    let body = json!({"payments": {}});
    let (status, error) = post(&bench, "/payments", "2010-01-01", &body).await;
    assert_eq!((status, &error["errors"][0]["reason"]), (400, &json!("version_not_found")));
    let (status, _) = post(&bench, "/payments", "2015-07-06", &body).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn odds_are_shares_of_a_whole() {
    let bench = bench().await;
    let check = async |body: Json, expected: &[&str]| {
        let (status, error) = post(&bench, "/simulator/outcomes", "", &body).await;
        let fields: Vec<String> = match status {
            200 => Vec::new(),
            _ => faults(&error).into_iter().map(|(field, _)| field).collect(),
        };
        assert_eq!(fields, expected, "{body}");
    };
    check(json!({"fail_per_mille": 1000}), &[]).await;
    check(json!({"fail_per_mille": 2000}), &["fail_per_mille"]).await;
    let both = json!({"charge_back_per_mille": 1001, "late_failure_per_mille": 1001});
    check(both, &["late_failure_per_mille", "charge_back_per_mille"]).await;
    check(json!({"fail_per_mille": 600, "charge_back_per_mille": 600}), &["fail_per_mille"]).await;
    let state = bench.client.simulator_state().await.unwrap();
    assert_eq!(state["outcomes"]["fail_per_mille"], 1000, "what was refused changes nothing");
}

#[tokio::test]
async fn every_field_of_a_payment_is_told() {
    let bench = bench().await;
    let check = async |payment: Json, expected: &[(&str, &str)]| {
        let body = json!({ "payments": payment });
        let (status, error) = post(&bench, "/payments", "2015-07-06", &body).await;
        assert_eq!(status, 422, "{body}");
        let found = faults(&error);
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expected, "{body}");
    };
    let blank = "can't be blank";
    check(json!({}), &[("amount", blank), ("currency", blank), ("mandate", blank)]).await;
    let odd = json!({"amount": "x", "currency": 5, "links": {}, "charge_date": "soon"});
    check(
        odd,
        &[
            ("amount", "is not a number"),
            ("currency", "must be a string"),
            ("mandate", blank),
            ("charge_date", "must be a valid date"),
        ],
    )
    .await;
    let unknown = json!({"amount": 1, "currency": "GBP", "links": {"mandate": "MD0"}});
    check(unknown, &[("mandate", "not found")]).await;
    let (_, error) = post(
        &bench,
        "/billing_request_flows",
        "2015-07-06",
        &json!({
            "billing_request_flows": {},
        }),
    )
    .await;
    assert_eq!(faults(&error), [("links".to_owned(), blank.to_owned())]);
}

/// A client of a simulator asks a silent one once.
#[tokio::test]
async fn silence_is_not_outlasted_at_a_simulator() {
    let bench = bench().await;
    let short = ClientOptions { timeout: HASTE, ..ClientOptions::default() };
    let client =
        Client::new(&bench.url, Secret::from_text("token"), short.for_simulator()).unwrap();
    let silence = Fault::once(FaultKind::TimeoutBefore).on("GET", "/events").times(5);
    bench.client.simulator_set_faults(&[silence]).await.unwrap();
    let failure = client.events_since(None, 10).await.unwrap_err();
    assert_eq!(failure, ApiError::Silent);
    assert!(failure.retry_can_help());
    let state = bench.client.simulator_state().await.unwrap();
    assert_eq!(state["faults"][0]["times"], 4, "it was asked once");
}

/// A payment that was charged back stands again, and is paid out again.
#[tokio::test]
async fn a_charge_back_is_given_up() {
    let bench = bench().await;
    bench.set_date("2026-11-23").await;
    let magic = bench.active_mandate("Ada", "99999909").await;
    let other = bench.active_mandate("Ada", "55779911").await;
    let won = bench.payment(&magic, 1_000, "won").await;
    // Others, so that there is a payout for the charge-back to be taken from.
    for number in 0..4 {
        bench.payment(&other, 5_000, &number.to_string()).await;
        bench.set_date(&format!("2026-12-{:02}", 1 + 3 * number)).await;
    }
    bench.set_date("2026-12-31").await;
    let told = bench.actions_of(&won.id).await;
    let of_the_end: Vec<&str> =
        told.iter().map(String::as_str).skip_while(|it| *it != "charged_back").collect();
    assert!(of_the_end.contains(&"chargeback_cancelled"), "{told:?}");
    assert_eq!(told.iter().filter(|it| *it == "paid_out").count(), 2, "{told:?}");
    assert_eq!(bench.status_of(&won.id).await, PaymentStatus::PaidOut);
    let state = bench.client.simulator_state().await.unwrap();
    assert_eq!(state["payouts"]["owed"], 0, "{state}");
    assert_eq!(state["payouts"]["amount"], 21_000, "{state}");

    // By a scenario as well: first the charge-back, then its end.
    let scenario = Scenario::PaymentChargebackCancelled;
    let payment = bench.payment(&other, 2_000, "by scenario").await;
    let early = bench.client.run_scenario(scenario, &payment.id).await.unwrap_err();
    assert_eq!(early.reason(), "scenario_not_possible");
    bench.client.run_scenario(Scenario::PaymentChargedBack, &payment.id).await.unwrap();
    bench.client.run_scenario(scenario, &payment.id).await.unwrap();
    assert_eq!(bench.status_of(&payment.id).await, PaymentStatus::PaidOut);
}
