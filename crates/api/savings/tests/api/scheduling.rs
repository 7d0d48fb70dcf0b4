//! Who schedules payments, and what a contribution and its transactions tell of one that was not made.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{Answer, Client, on_each_engine, uuid};

const MONTHLY: &str = "monthly";

async fn contribute(client: &Client, fund: &str, input: Value) -> (String, Value) {
    let made = client.post(&format!("/restapi/v1/funds/{fund}/contributions"), input).await;
    let made = made.expect(201);
    (format!("/restapi/v1/contributions/{}", uuid(&made)), made)
}

async fn monthly(client: &Client, fund: &str, first_day: i64) -> (String, Value) {
    let input = json!({"frequency": MONTHLY, "amount": 15_000, "first_day": first_day});
    contribute(client, fund, input).await
}

async fn pay(client: &Client, path: &str, key: Option<&str>) -> Answer {
    let request = client.request(reqwest::Method::POST, &format!("{path}/payments"));
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    client.send(request).await
}

async fn transactions(client: &Client, fund: &str) -> Vec<Value> {
    let all = client.get(&format!("/restapi/v1/funds/{fund}/transactions")).await.expect(200);
    all.as_array().expect("a list").clone()
}

/// The days and cents of a fund's transactions, the newest first.
async fn paid(client: &Client, fund: &str) -> Vec<(String, i64)> {
    let all = transactions(client, fund).await;
    let one = |it: &Value| {
        let on = it["occurred_on"].as_str().expect("a date").to_owned();
        (on, it["amount"].as_i64().expect("cents"))
    };
    all.iter().map(one).collect()
}

fn on(day: &str) -> (String, i64) {
    (day.to_owned(), 15_000)
}

async fn schedules(client: &Client, who: &str) {
    let set = client.put("/restapi/v1/settings", json!({"scheduling": who})).await.expect(200);
    assert_eq!(set["scheduling"], who);
}

#[tokio::test]
async fn a_payment_that_the_schedule_has_made_is_not_made_again() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let (path, _) = monthly(&client, &fund, 14).await;
        app.advance(&client, date(2022, 10, 14)).await;
        assert_eq!(paid(&client, &fund).await, [on("2022-10-14")]);
        // On the day itself, under a key and without one, and with the same key days later.
        for key in [Some("oct"), None, Some("oct"), Some("other")] {
            let answer = pay(&client, &path, key).await.expect(201);
            assert_eq!(answer["activation_date"], "2022-11-14", "{key:?}");
        }
        app.advance(&client, date(2022, 10, 20)).await;
        for key in [Some("oct"), Some("late"), None] {
            assert_eq!(pay(&client, &path, key).await.expect(201)["activation_date"], "2022-11-14");
        }
        assert_eq!(paid(&client, &fund).await, [on("2022-10-14")]);
        // Nearer to November's day than to October's: November's, early. October's key still names October's.
        app.advance(&client, date(2022, 11, 3)).await;
        let early = pay(&client, &path, Some("nov")).await.expect(201);
        assert_eq!(early["activation_date"], "2022-12-14");
        for key in ["nov", "oct", "late"] {
            pay(&client, &path, Some(key)).await.expect(201);
        }
        app.advance(&client, date(2022, 12, 13)).await;
        assert_eq!(paid(&client, &fund).await, [on("2022-11-03"), on("2022-10-14")]);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_partner_that_schedules_is_pulled_from_only_when_it_says_so() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let settings = client.get("/restapi/v1/settings").await.expect(200);
        assert_eq!(settings["scheduling"], "florin");
        let wrong = client.put("/restapi/v1/settings", json!({"scheduling": "me"})).await;
        wrong.refuses(400, &["scheduling must be one of florin, partner"]);
        let (_, fund) = app.established(&client).await;
        schedules(&client, "partner").await;
        let (path, _) = monthly(&client, &fund, 14).await;
        let once = json!({"frequency": "onetime", "amount": 700, "activation_date": "2022-10-20"});
        let (once, _) = contribute(&client, &fund, once).await;
        app.advance(&client, date(2022, 11, 20)).await;
        assert!(paid(&client, &fund).await.is_empty(), "nobody has asked for anything");
        // What was due is still what is next, until the partner pays it.
        assert_eq!(client.get(&path).await.expect(200)["activation_date"], "2022-10-14");
        for key in ["nov", "nov"] {
            let answer = pay(&client, &path, Some(key)).await.expect(201);
            assert_eq!(answer["activation_date"], "2022-12-14");
        }
        app.advance(&client, date(2022, 12, 14)).await;
        for _ in 0..2 {
            assert_eq!(
                pay(&client, &path, None).await.expect(201)["activation_date"],
                "2023-01-17"
            );
        }
        assert_eq!(paid(&client, &fund).await, [on("2022-12-14"), on("2022-11-20")]);
        // January's is missed; once Florin schedules again, February's is next and nothing is made up for.
        app.advance(&client, date(2023, 1, 20)).await;
        schedules(&client, "florin").await;
        app.advance(&client, date(2023, 2, 14)).await;
        assert_eq!(
            paid(&client, &fund).await,
            [on("2023-02-14"), on("2022-12-14"), on("2022-11-20")]
        );
        assert_eq!(client.get(&once).await.expect(200)["status"], "scheduled");
        assert_eq!(pay(&client, &once, Some("once")).await.expect(201)["status"], "completed");
        assert_eq!(paid(&client, &fund).await[0], ("2023-02-14".to_owned(), 700));
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_names_one_payment_of_one_amount() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let (path, _) = monthly(&client, &fund, 14).await;
        pay(&client, &path, Some("k1")).await.expect(201);
        client.put(&path, json!({"amount": 16_000})).await.expect(200);
        let other = "Idempotency-Key was used for a payment of 15000 cents";
        pay(&client, &path, Some("k1")).await.refuses(422, &[other]);
        client.put(&path, json!({"amount": 15_000})).await.expect(200);
        pay(&client, &path, Some("k1")).await.expect(201);
        assert_eq!(paid(&client, &fund).await, [on("2022-10-01")]);
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_can_be_put_back() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let once = json!({"frequency": "onetime", "amount": 500, "activation_date": "2022-10-15"});
        let twice =
            json!({"frequency": "semimonthly", "amount": 500, "first_day": 29, "second_day": 15});
        let yearly = json!({"frequency": "annually", "amount": 500, "first_day": 15});
        let every = json!({"frequency": MONTHLY, "amount": 500, "first_day": 15});
        for input in [once, twice, yearly, every] {
            // 15 October 2022 is a Saturday.
            let (path, made) = contribute(&client, &fund, input).await;
            assert_eq!(made["activation_date"], "2022-10-17");
            for amount in [500, 20_000] {
                let mut changed = made.clone();
                changed["amount"] = json!(amount);
                assert_eq!(client.put(&path, changed.clone()).await.expect(200), changed);
                assert_eq!(client.get(&path).await.expect(200), changed);
            }
        }
        let (path, mut made) = monthly(&client, &fund, 15).await;
        made["first_day"] = json!(12);
        let changed = client.put(&path, made).await.expect(200);
        assert_eq!(changed["activation_date"], "2022-10-12", "the day counts, not the old date");
        // The date that a contribution shows can also begin another one.
        let input = json!({"frequency": MONTHLY, "amount": 500, "first_day": 15, "activation_date": "2022-10-17"});
        assert_eq!(contribute(&client, &fund, input).await.1["activation_date"], "2022-10-17");
        app.advance(&client, date(2022, 10, 17)).await;
        assert_eq!(paid(&client, &fund).await.len(), 6);
    })
    .await;
}

/// A linked fund whose beneficiary tells the built-in bank what to do.
async fn fund_of(client: &Client, first_name: &str) -> String {
    let linked = json!({
        "plan_id": 60,
        "account_number": format!("12345-{}", first_name.as_bytes()[0]),
        "beneficiary_first_name": first_name,
        "beneficiary_last_name": "Doe",
        "fund_name": "F",
    });
    uuid(&client.post("/restapi/v1/linked_funds", linked).await.expect(201))
}

async fn once(client: &Client, fund: &str, amount: i64) -> String {
    let input = json!({"frequency": "onetime", "amount": amount, "activation_date": "2022-10-03"});
    contribute(client, fund, input).await.0
}

#[tokio::test]
async fn what_was_not_paid_says_why() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let full = fund_of(&client, "Jane").await;
        let penniless = fund_of(&client, florin_savings::PENNILESS).await;
        let disputing = fund_of(&client, florin_savings::DISPUTING).await;
        let paths = [
            once(&client, &full, 56_000_000).await,
            once(&client, &full, 1).await,
            once(&client, &penniless, 900).await,
            once(&client, &disputing, 900).await,
        ];
        let check = async |expected: [(&str, Option<&str>, &str); 4]| {
            let mut all = transactions(&client, &full).await;
            all.sort_by_key(|it| std::cmp::Reverse(it["amount"].as_i64()));
            all.extend(transactions(&client, &penniless).await);
            all.extend(transactions(&client, &disputing).await);
            for ((made, path), (status, reason, contribution)) in
                all.iter().zip(&paths).zip(expected)
            {
                let found = made.get("reason").map(|it| it.as_str().expect("a text"));
                assert_eq!((made["status"].as_str(), found), (Some(status), reason));
                assert_eq!(client.get(path).await.expect(200)["status"], contribution);
            }
            assert_eq!(all.len(), 4);
        };
        app.advance(&client, date(2022, 10, 3)).await;
        let pending = ("Pending", None, "completed");
        let over = ("Failed", Some("aggregate_limit"), "failed");
        check([pending, over, pending, pending]).await;
        app.advance(&client, date(2022, 10, 5)).await;
        let settled = ("Settled", None, "completed");
        let unpaid = ("Failed", Some("R01"), "failed");
        check([settled, over, unpaid, settled]).await;
        app.advance(&client, date(2022, 10, 31)).await;
        check([settled, over, unpaid, ("Returned", Some("R10"), "failed")]).await;
        for path in &paths[1..] {
            client.delete(path).await.refuses(422, &["the contribution is failed"]);
            pay(&client, path, None).await.refuses(422, &["the contribution is failed"]);
        }
        app.prove().await;
    })
    .await;
}
