//! `/restapi/v1/funds/{uuid}/contributions` and `/restapi/v1/contributions/{uuid}`, and what the days make of them.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{Client, TestApp, kid_input, on_each_engine, user_input, uuid};

async fn balances(client: &Client, fund: &str) -> (i64, i64) {
    let fund = client.get(&format!("/restapi/v1/funds/{fund}")).await.expect(200);
    let cents = |name: &str| fund[name].as_i64().expect("cents");
    (cents("settled_balance"), cents("pending_balance"))
}

async fn transactions(client: &Client, fund: &str) -> Vec<(String, String, i64)> {
    let all = client.get(&format!("/restapi/v1/funds/{fund}/transactions")).await.expect(200);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let one = |it: &Value| {
        (text(&it["occurred_on"]), text(&it["status"]), it["amount"].as_i64().expect("cents"))
    };
    all.as_array().expect("a list").iter().map(one).collect()
}

async fn contribute(client: &Client, fund: &str, input: Value) -> Value {
    client.post(&format!("/restapi/v1/funds/{fund}/contributions"), input).await.expect(201)
}

/// A fund of a user of this first name, established.
async fn fund_of(app: &TestApp, client: &Client, first_name: &str) -> String {
    let mut user = user_input(first_name);
    user["first_name"] = json!(first_name);
    let user = client.post("/restapi/v1/users", user).await.expect(201);
    let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
    let fund = client.post(&path, kid_input()).await.expect(201);
    app.answer(&fund, true).await.expect("established");
    uuid(&fund)
}

fn is(found: &[(String, String, i64)], expected: &[(&str, &str, i64)]) {
    let found: Vec<_> =
        found.iter().map(|(on, status, amount)| (on.as_str(), status.as_str(), *amount)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn money_comes_on_its_days_and_settles_two_business_days_later() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let input = json!({"frequency": "semimonthly", "amount": 15001, "first_day": 15, "second_day": 1});
        let made = contribute(&client, &fund, input).await;
        assert_eq!((&made["first_day"], &made["second_day"]), (&json!(15), &json!(1)));
        // 1 October 2022 is a Saturday: its payment is on Monday.
        assert_eq!(made["activation_date"], "2022-10-03");
        app.advance(&client, date(2022, 10, 3)).await;
        assert_eq!(balances(&client, &fund).await, (0, 15001));
        is(&transactions(&client, &fund).await, &[("2022-10-03", "Pending", 15001)]);
        assert!(app.events(&client, "PaymentSettled").await.is_empty());
        app.advance(&client, date(2022, 10, 5)).await;
        assert_eq!(balances(&client, &fund).await, (15001, 15001));
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        assert_eq!(client.get(&path).await.expect(200)["activation_date"], "2022-10-17");
        app.advance(&client, date(2022, 10, 18)).await;
        assert_eq!(balances(&client, &fund).await, (15001, 30002));
        is(&transactions(&client, &fund).await, &[
            ("2022-10-17", "Pending", 15001),
            ("2022-10-03", "Settled", 15001),
        ]);
        let list = client.get(&format!("/restapi/v1/funds/{fund}/transactions?limit=1&offset=1")).await.expect(200);
        let settled = app.events(&client, "PaymentSettled").await;
        assert_eq!(settled, [json!({
            "uuid": list[0]["uuid"], "fund_uuid": fund, "amount": 15001,
            "description": "Contribution from Jane Arianne Doe", "occurred_on": "2022-10-03",
            "status": "Settled", "type": "contribution", "frequency": "semimonthly",
        })]);
        client.delete(&path).await.expect(200);
        app.advance(&client, date(2023, 1, 31)).await;
        assert_eq!(balances(&client, &fund).await, (30002, 30002));
        assert_eq!(client.get(&format!("/restapi/v1/funds/{fund}/contributions")).await.expect(200)[0]["status"], "cancelled");
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn what_fails_and_what_is_returned_leaves_the_balance() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let penniless = fund_of(app, &client, florin_savings::PENNILESS).await;
        let disputing = fund_of(app, &client, florin_savings::DISPUTING).await;
        for fund in [&penniless, &disputing] {
            let input =
                json!({"frequency": "onetime", "amount": 2500, "activation_date": "2022-10-08"});
            let made = contribute(&client, fund, input).await;
            // A Saturday, and Monday is Columbus Day.
            assert_eq!(made["activation_date"], "2022-10-11");
        }
        app.advance(&client, date(2022, 10, 11)).await;
        assert_eq!(balances(&client, &penniless).await, (0, 2500));
        app.advance(&client, date(2022, 10, 13)).await;
        assert_eq!(balances(&client, &penniless).await, (0, 0));
        assert_eq!(balances(&client, &disputing).await, (2500, 2500));
        app.advance(&client, date(2022, 10, 31)).await;
        assert_eq!(balances(&client, &disputing).await, (0, 0));
        is(&transactions(&client, &penniless).await, &[("2022-10-11", "Failed", 2500)]);
        is(&transactions(&client, &disputing).await, &[("2022-10-11", "Returned", 2500)]);
        let path = format!("/restapi/v1/funds/{disputing}/contributions");
        assert_eq!(client.get(&path).await.expect(200)[0]["status"], "failed");
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn partners_who_schedule_themselves_pay_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let input = json!({"frequency": "monthly", "amount": 700, "first_day": 14});
        let made = contribute(&client, &fund, input).await;
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        let pay = async |key: Option<&str>| {
            let mut request = client.request(reqwest::Method::POST, &format!("{path}/payments"));
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            client.send(request).await
        };
        for _ in 0..3 {
            assert_eq!(pay(None).await.expect(201)["activation_date"], "2022-11-14");
        }
        for _ in 0..2 {
            assert_eq!(pay(Some("k1")).await.expect(201)["activation_date"], "2022-12-14");
        }
        pay(Some("")).await.refuses(400, &["Idempotency-Key must have 1 to 200 plain characters"]);
        assert_eq!(balances(&client, &fund).await, (0, 1400));
        // The two payments stand for October and November: nothing more is pulled before December.
        app.advance(&client, date(2022, 12, 13)).await;
        assert_eq!(balances(&client, &fund).await, (1400, 1400));
        client.delete(&path).await.expect(200);
        assert_eq!(pay(Some("k1")).await.expect(201)["status"], "cancelled", "k1 was paid before");
        pay(Some("k2")).await.refuses(422, &["the contribution is cancelled"]);
        client
            .put(&path, json!({"amount": 1}))
            .await
            .refuses(422, &["the contribution is cancelled"]);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn payments_wait_for_the_account() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let fund = client.post(&path, kid_input()).await.expect(201);
        let input = json!({"frequency": "monthly", "amount": 900, "first_day": 14});
        let made = contribute(&client, &uuid(&fund), input).await;
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        client
            .post(&format!("{path}/payments"), json!({}))
            .await
            .refuses(422, &["the fund is not established"]);
        app.advance(&client, date(2022, 10, 20)).await;
        assert_eq!(client.get(&path).await.expect(200)["activation_date"], "2022-10-21");
        assert_eq!(balances(&client, &uuid(&fund)).await, (0, 0));
        app.answer(&fund, true).await.expect("established");
        app.advance(&client, date(2022, 10, 21)).await;
        assert_eq!(balances(&client, &uuid(&fund)).await, (0, 900));
        assert_eq!(client.get(&path).await.expect(200)["activation_date"], "2022-11-14");
    })
    .await;
}

#[tokio::test]
async fn a_fund_that_could_not_be_established_is_not_paid_into() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let fund = client.post(&path, kid_input()).await.expect(201);
        let input = json!({"frequency": "monthly", "amount": 900, "first_day": 14});
        let made = contribute(&client, &uuid(&fund), input).await;
        for _ in 0..3 {
            app.answer(&fund, false).await.expect("a view");
        }
        app.advance(&client, date(2022, 12, 31)).await;
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        assert_eq!(client.get(&path).await.expect(200)["status"], "cancelled");
        assert!(transactions(&client, &uuid(&fund)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn faults_and_other_tenants() {
    on_each_engine(async |app| {
        let (one, other) = (app.tenant("One").await, app.tenant("Other").await);
        let (_, fund) = app.established(&one).await;
        let path = format!("/restapi/v1/funds/{fund}/contributions");
        one.post(&path, json!({}))
            .await
            .refuses(400, &["frequency is required", "amount is required"]);
        for amount in [json!("15000"), json!(150.5), json!(1e19), json!(true)] {
            let bad = json!({"frequency": "semimonthly", "amount": amount, "first_day": 0});
            one.post(&path, bad).await.refuses(
                400,
                &[
                    "amount must be an integer",
                    "first_day must be a day of the month (1 to 31)",
                    "second_day is required",
                ],
            );
        }
        let past = json!({"frequency": "onetime", "amount": 1, "activation_date": "2022-09-30"});
        one.post(&path, past).await.refuses(422, &["activation_date must not be in the past"]);
        let made =
            contribute(&one, &fund, json!({"frequency": "annually", "amount": 5, "first_day": 31}))
                .await;
        assert_eq!(made["activation_date"], "2022-10-31");
        let at = format!("/restapi/v1/contributions/{}", uuid(&made));
        let unknown = ["contribution not found"];
        other.get(&at).await.refuses(404, &unknown);
        other.put(&at, json!({"amount": 1})).await.refuses(404, &unknown);
        other.delete(&at).await.refuses(404, &unknown);
        other.post(&format!("{at}/payments"), json!({})).await.refuses(404, &unknown);
        other
            .post(&path, json!({"frequency": "annually", "amount": 5, "first_day": 31}))
            .await
            .refuses(404, &["fund not found"]);
        other.get(&path).await.refuses(404, &["fund not found"]);
        other.get(&format!("/restapi/v1/funds/{fund}")).await.refuses(404, &["fund not found"]);
        let list = format!("/restapi/v1/funds/{fund}/transactions");
        other.get(&list).await.refuses(404, &["fund not found"]);
        one.get(&format!("{list}?limit=0&offset=-1")).await.refuses(
            400,
            &[
                "limit must be an integer from 1 to 1000",
                "offset must be an integer from 0 to 4294967295",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_beneficiary_s_accounts_hold_no_more_than_the_plan_lets_them() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        // Two owners, one child (the same social security number): 560,000 dollars together.
        let (one, two) = (fund_of(app, &client, "Jane").await, fund_of(app, &client, "John").await);
        let once =
            json!({"frequency": "onetime", "amount": 30_000_000, "activation_date": "2022-10-03"});
        for fund in [&one, &two] {
            contribute(&client, fund, once.clone()).await;
        }
        app.advance(&client, date(2022, 10, 3)).await;
        let found = [transactions(&client, &one).await, transactions(&client, &two).await].concat();
        let mut statuses: Vec<&str> = found.iter().map(|it| it.1.as_str()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["Failed", "Pending"]);
        let more =
            json!({"frequency": "onetime", "amount": 26_000_001, "activation_date": "2022-12-01"});
        let made = contribute(&client, &two, more).await;
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        let refused = client.post(&format!("{path}/payments"), json!({})).await;
        refused.refuses(422, &["the payment cannot be made: aggregate_limit"]);
        client.put(&path, json!({"amount": 26_000_000})).await.expect(200);
        client.post(&format!("{path}/payments"), json!({})).await.expect(201);
        app.prove().await;
    })
    .await;
}
