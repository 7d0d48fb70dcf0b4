//! `/restapi/v1/funds/{uuid}/initiate_withdrawal`, `/withdrawals` and `/performance`.

use florin_savings::investment::{Portfolio, simulated};
use jiff::civil::date;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{
    Client, TestApp, kid_input, like, on_each_engine, prebirth_input, user_input, uuid,
};

/// Pays into a fund once on 3 October 2022, and lets it settle on the 5th.
async fn deposit(app: &TestApp, client: &Client, fund: &str, amount: i64) {
    let once = json!({"frequency": "onetime", "amount": amount, "activation_date": "2022-10-03"});
    client.post(&format!("/restapi/v1/funds/{fund}/contributions"), once).await.expect(201);
    app.advance(client, date(2022, 10, 5)).await;
}

async fn settled(client: &Client, fund: &str) -> i64 {
    let fund = client.get(&format!("/restapi/v1/funds/{fund}")).await.expect(200);
    fund["settled_balance"].as_i64().expect("cents")
}

#[tokio::test]
async fn the_document_s_example() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        deposit(app, &client, &fund, 20_000).await;
        let path = format!("/restapi/v1/funds/{fund}/initiate_withdrawal");
        let asked = json!({"amount": 14595, "expense_type": "K-12"});
        let made = client.post(&path, asked).await.expect(201);
        let example = json!({
            "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
            "amount": 14595,
            "expense_type": "K-12",
        });
        like(&made, &example);
        assert_eq!((&made["amount"], &made["expense_type"]), (&json!(14595), &json!("K-12")));
        assert_eq!(settled(&client, &fund).await, 5_405);
        let list = format!("/restapi/v1/funds/{fund}/transactions");
        let transactions = client.get(&list).await.expect(200);
        assert_eq!(transactions[0], json!({
            "uuid": made["uuid"],
            "amount": 14595,
            "description": "Withdrawal for K-12 education",
            "occurred_on": "2022-10-05",
            "status": "Pending",
            "type": "withdrawal",
            "frequency": "onetime",
        }));
        app.advance(&client, date(2022, 10, 7)).await;
        assert_eq!(client.get(&list).await.expect(200)[0]["status"], "Settled");
        let withdrawals = client.get(&format!("/restapi/v1/funds/{fund}/withdrawals")).await.expect(200);
        assert_eq!(withdrawals, json!([{
            "uuid": made["uuid"], "amount": 14595, "expense_type": "K-12", "status": "paid",
            "reason": null, "requested_on": "2022-10-05", "tax_year": 2022, "basis": 14595, "earnings": 0,
        }]));
        let told = app.events(&client, "WithdrawalPaid").await;
        assert_eq!(told, [json!({
            "uuid": made["uuid"], "fund_uuid": fund, "amount": 14595, "expense_type": "K-12",
            "requested_on": "2022-10-05", "status": "paid", "reason": null,
        })]);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn bad_input() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        deposit(app, &client, &fund, 20_000).await;
        let path = format!("/restapi/v1/funds/{fund}/initiate_withdrawal");
        let words = "expense_type must be one of K-12, college, apprenticeship, student_loan, room_and_board, \
                     books_and_supplies, non_qualified";
        let integer = "amount must be an integer";
        let positive = "amount must be greater than 0";
        let control = "expense_type must not contain control characters";
        let check = async |body: Value, errors: &[&str]| {
            client.post(&path, body).await.refuses(400, errors);
        };
        check(json!({}), &["amount is required", "expense_type is required"]).await;
        check(json!({"amount": null, "expense_type": null}), &["amount is required", "expense_type is required"]).await;
        check(json!({"amount": "14595", "expense_type": 5}), &[integer, "expense_type must be a string"]).await;
        check(json!({"amount": 145.95, "expense_type": "K12"}), &[integer, words]).await;
        check(json!({"amount": 1e19, "expense_type": ""}), &[integer, "expense_type is required"]).await;
        check(json!({"amount": 0, "expense_type": "COLLEGE"}), &[positive, words]).await;
        check(json!({"amount": -1, "expense_type": "college\u{0}"}), &[control, positive]).await;
        check(json!({"amount": -1, "expense_type": "col\u{202e}lege"}), &[positive, control]).await;
        check(json!({"amount": true, "expense_type": ["K-12"]}), &[integer, "expense_type must be a string"]).await;
        let request = client.request(Method::POST, &path).header("idempotency-key", "");
        let answer = client.send(request.json(&json!({"amount": 1, "expense_type": "college"}))).await;
        answer.refuses(400, &["Idempotency-Key must have 1 to 200 plain characters"]);
        let request = client.request(Method::POST, &path).header("accept", "text/html");
        let answer = client.send(request.json(&json!({"amount": 1, "expense_type": "college"}))).await;
        answer.refuses(406, &["Only application/json can be answered with."]);
        assert_eq!(settled(&client, &fund).await, 20_000);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done() {
    on_each_engine(async |app| {
        let (client, other) = (app.tenant("Partner").await, app.tenant("Other").await);
        let (user, fund) = app.established(&client).await;
        let path = format!("/restapi/v1/funds/{fund}/initiate_withdrawal");
        let college = |amount: i64| json!({"amount": amount, "expense_type": "college"});
        client
            .post(&path, college(1))
            .await
            .refuses(422, &["amount is more than the settled balance of 0"]);
        deposit(app, &client, &fund, 3_000_000).await;
        other.post(&path, college(1)).await.refuses(404, &["fund not found"]);
        let list = format!("/restapi/v1/funds/{fund}/withdrawals");
        other.get(&list).await.refuses(404, &["fund not found"]);
        other
            .get(&format!("/restapi/v1/funds/{fund}/performance"))
            .await
            .refuses(404, &["fund not found"]);
        client
            .get(&format!("{list}?limit=1001"))
            .await
            .refuses(400, &["limit must be an integer from 1 to 1000"]);
        let k12 = json!({"amount": 1_000_001, "expense_type": "K-12"});
        let over =
            "amount is more than may be withdrawn for K-12 in 2022: 1000000 of 1000000 are left";
        client.post(&path, k12).await.refuses(422, &[over]);
        // The child's other account counts in the same limit.
        let created =
            client.post(&format!("/restapi/v1/users/{user}/funds"), kid_input()).await.expect(201);
        let second = uuid(&created);
        let second_path = format!("/restapi/v1/funds/{second}/initiate_withdrawal");
        client.post(&second_path, college(1)).await.refuses(422, &["the fund is not established"]);
        client.post(&path, json!({"amount": 700_000, "expense_type": "K-12"})).await.expect(201);
        app.answer(&created, true).await.expect("established");
        let asked = json!({"amount": 300_001, "expense_type": "K-12"});
        let both =
            "amount is more than may be withdrawn for K-12 in 2022: 300000 of 1000000 are left";
        client
            .post(&second_path, asked)
            .await
            .refuses(422, &["amount is more than the settled balance of 0", both]);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_takes_out_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        deposit(app, &client, &fund, 20_000).await;
        let path = format!("/restapi/v1/funds/{fund}/initiate_withdrawal");
        let ask = async |amount: i64, key: &str| {
            let request = client.request(Method::POST, &path).header("idempotency-key", key);
            client.send(request.json(&json!({"amount": amount, "expense_type": "college"}))).await
        };
        let first = ask(5_000, "k1").await.expect(201);
        assert_eq!(ask(5_000, "k1").await.expect(201), first);
        ask(5_001, "k1").await.refuses(422, &["Idempotency-Key was used for another withdrawal"]);
        assert_ne!(ask(5_000, "k2").await.expect(201), first);
        assert_eq!(settled(&client, &fund).await, 10_000);
    })
    .await;
}

#[tokio::test]
async fn a_fund_s_performance() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let settings = json!({"market": "simulated"});
        assert_eq!(client.put("/restapi/v1/settings", settings.clone()).await.expect(200)["market"], "simulated");
        deposit(app, &client, &fund, 100_000).await;
        assert_eq!(settled(&client, &fund).await, 100_000, "on the day of the purchase it is worth what it cost");
        client.put("/restapi/v1/settings", json!({"market": "flat"})).await
            .refuses(422, &["market cannot change once a fund holds units"]);
        app.advance(&client, date(2023, 10, 5)).await;
        let worth = settled(&client, &fund).await;
        assert_ne!(worth, 100_000);
        let path = format!("/restapi/v1/funds/{fund}/performance");
        let found = client.get(&path).await.expect(200);
        like(&found, &json!({
            "portfolio_label": "", "from": "", "to": "", "units": 1.0, "unit_price": 1.0, "balance": 1, "contributed": 1, "withdrawn": 1, "gain": 1,
            "yearly_return": 1.0, "points": [{"date": "", "balance": 1, "contributed": 1}],
        }));
        assert_eq!(found["portfolio_label"], "Target Enrollment 2038/2039");
        assert_eq!((&found["from"], &found["to"]), (&json!("2022-10-05"), &json!("2023-10-05")));
        let cents = |name: &str| found[name].as_i64().expect("cents");
        assert_eq!((cents("balance"), cents("contributed"), cents("withdrawn")), (worth, 100_000, 0));
        assert_eq!(cents("gain"), worth - 100_000);
        let number = |name: &str| found[name].as_f64().expect("a number");
        assert!((number("units") * number("unit_price") * 100.0 - worth as f64).abs() < 0.51);
        // Of one payment over exactly a year, the return is the gain: in percent, four decimals.
        let percent = (worth - 100_000) as f64 / 1_000.0;
        assert_eq!(found["yearly_return"].as_f64(), Some(percent));
        assert_eq!(found["points"][0], json!({"date": "2022-10-05", "balance": 100_000, "contributed": 100_000}));
        // A withdrawal takes gain and payments in proportion.
        let out = client.post(&format!("/restapi/v1/funds/{fund}/initiate_withdrawal"),
            json!({"amount": worth, "expense_type": "non_qualified"})).await.expect(201);
        let list = client.get(&format!("/restapi/v1/funds/{fund}/withdrawals")).await.expect(200);
        assert_eq!((&list[0]["uuid"], &list[0]["basis"]), (&out["uuid"], &json!(100_000)));
        assert_eq!(list[0]["earnings"], json!(worth - 100_000));
        assert_eq!(settled(&client, &fund).await, 0);
        client.get(&format!("{path}?from=x&to=2023-02-30&interval=year")).await.refuses(400, &[
            "from is not a valid date (YYYY-MM-DD)",
            "to is not a valid date (YYYY-MM-DD)",
            "interval must be one of day, week, month",
        ]);
        let month = format!("{path}?from=2022-12-31&to=2023-02-28&interval=month");
        assert_eq!(client.get(&month).await.expect(200)["points"].as_array().map(Vec::len), Some(3));
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_birth_moves_the_money_into_the_child_s_portfolio() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        client.put("/restapi/v1/settings", json!({"market": "simulated"})).await.expect(200);
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let mut input = prebirth_input();
        for (name, value) in kid_input().as_object().expect("fields") {
            if name.starts_with("owner_") {
                input[name] = value.clone();
            }
        }
        let made = client
            .post(&format!("/restapi/v1/users/{}/funds", uuid(&user)), input)
            .await
            .expect(201);
        app.answer(&made, true).await.expect("established");
        let fund = uuid(&made);
        deposit(app, &client, &fund, 123_456).await;
        app.advance(&client, date(2023, 3, 1)).await;
        let worth = settled(&client, &fund).await;
        let mut birth = kid_input();
        for name in ["owner_first_name", "risk_level", "fund_name"] {
            birth.as_object_mut().expect("fields").remove(name);
        }
        let path = format!("/restapi/v1/funds/{fund}");
        let before = client.get(&path).await.expect(200);
        let changed = client.put(&path, birth).await.expect(200);
        // Born in 2020, so that enrolment is two years earlier than had been thought.
        let (old, new) = ("Target Enrollment 2040/2041", "Target Enrollment 2038/2039");
        assert_eq!((&label(&before), &label(&changed)), (&json!(old), &json!(new)));
        assert_eq!(changed["settled_balance"], json!(worth));
        let end = date(2024, 3, 1);
        app.advance(&client, end).await;
        // Exchanged on the next day at the prices of that day, and moving with the new portfolio since.
        let on = date(2023, 3, 2);
        let price =
            |label: &str, on| simulated::price(&Portfolio::of(60, Some(label)), on).micro as f64;
        let exchanged = worth as f64 * price(old, on) / price(old, date(2023, 3, 1));
        let grown = exchanged * price(new, end) / price(new, on);
        let found = settled(&client, &fund).await;
        assert!((found as f64 - grown).abs() < 2.0, "{found} {grown}");
        assert_ne!(found, worth);
        app.prove().await;
    })
    .await;
}

fn label(fund: &Value) -> Value {
    fund["portfolio_label"].clone()
}

#[tokio::test]
async fn linked_accounts_of_a_child_share_its_limits() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, kid) = app.established(&client).await;
        let link = async |number: &str, ssn: Value| {
            let input = json!({"plan_id": 3, "account_number": number, "fund_name": "F",
                "beneficiary_first_name": "John", "beneficiary_last_name": "Doe", "beneficiary_ssn": ssn});
            client.post("/restapi/v1/linked_funds", input).await
        };
        link("12345670", json!("000")).await
            .refuses(400, &["beneficiary_ssn is not a valid social security number"]);
        let known = uuid(&link("12345671", json!("123-45-6789")).await.expect(201));
        let unknown = uuid(&link("12345672", Value::Null).await.expect(201));
        let funds = [&kid, &known, &unknown];
        let once = json!({"frequency": "onetime", "amount": 1_000_000, "activation_date": "2022-10-03"});
        for fund in funds {
            let path = format!("/restapi/v1/funds/{fund}/contributions");
            client.post(&path, once.clone()).await.expect(201);
        }
        app.advance(&client, date(2022, 10, 5)).await;
        let take = async |fund: &str, amount: i64| {
            let asked = json!({"amount": amount, "expense_type": "K-12"});
            client.post(&format!("/restapi/v1/funds/{fund}/initiate_withdrawal"), asked).await
        };
        take(&kid, 700_000).await.expect(201);
        let left = "amount is more than may be withdrawn for K-12 in 2022: 300000 of 1000000 are left";
        take(&known, 300_001).await.refuses(422, &[left]);
        take(&known, 300_000).await.expect(201);
        // Whose it is has not been told: it counts alone, until it is.
        take(&unknown, 1).await.expect(201);
        let path = format!("/restapi/v1/funds/{unknown}");
        client.put(&path, json!({"beneficiary_ssn": "123456789"})).await.expect(200);
        client.put(&path, json!({"beneficiary_ssn": "123456789"})).await.expect(200);
        let left = "amount is more than may be withdrawn for K-12 in 2022: 0 of 1000000 are left";
        take(&unknown, 1).await.refuses(422, &[left]);
        client.put(&path, json!({"beneficiary_ssn": "123456780"})).await
            .refuses(422, &["beneficiary_ssn cannot be changed"]);
        app.prove().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_goes_to_school_before_birth() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let mut input = prebirth_input();
        for (name, value) in kid_input().as_object().expect("an object") {
            if name.starts_with("owner_") {
                input[name.as_str()] = value.clone();
            }
        }
        let fund = client.post(&path, input).await.expect(201);
        app.answer(&fund, true).await.expect("established");
        let fund = uuid(&fund);
        deposit(app, &client, &fund, 20_000).await;
        let path = format!("/restapi/v1/funds/{fund}/initiate_withdrawal");
        let unborn = "expense_type K-12 cannot be withdrawn for: the child is not born yet";
        let asked = json!({"amount": 100, "expense_type": "K-12"});
        client.post(&path, asked).await.refuses(422, &[unborn]);
        let asked = json!({"amount": 100, "expense_type": "non_qualified"});
        client.post(&path, asked).await.expect(201);
    })
    .await;
}
