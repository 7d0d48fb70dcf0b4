//! Loans that are behind: late, in arrears, in default, and back. At 18.25 % 1,000.00 bears 0.50 a day.

use florin_events::{Event, EventFilter, EventsError, list_in};
use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{Client, TestApp, fields, on_each_engine};
use crate::scenario::{apply, book, card_product, charge, loan, paid_out, read_loan, standing};

const BEHIND: [&str; 4] = ["status", "past_due_since", "days_past_due", "ageing"];

async fn act(client: &Client, loan: &str, what: &str) -> crate::app::Answer {
    client.act(&format!("/api/v1/loan/{loan}/{what}/")).await
}

async fn events(app: &TestApp, client: &Client, kind: &str) -> Vec<Event> {
    let tenant = client.tenant.expect("a tenant's client");
    let all = EventFilter { after: 0, kind: Some(kind.to_owned()), limit: 1_000 };
    let read: Result<_, EventsError> = app.db().read(move |tx| list_in(tx, tenant, &all)).await;
    read.expect("events")
}

/// A card with 1,000.00 paid out on 1 January to somebody from whom nothing can be collected: the statement of
/// 1 February asks for 66.28 (5 % of 1,015.50 and the interest) by the 15th.
async fn in_trouble(client: &Client) -> String {
    let product = card_product(client).await;
    paid_out(client, &product, ("Penniless", "Jack"), "1000").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minimum_that_is_not_paid_makes_late_then_arrears_and_paying_it_cures() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = in_trouble(&client).await;
        app.advance(&client, date(2023, 2, 15)).await;
        let body = read_loan(&client, &loan).await;
        assert_eq!(body["status"], "active", "the due date itself is in time");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(19), "{body}");
        app.advance(&client, date(2023, 2, 16)).await;
        let late = read_loan(&client, &loan).await;
        let told =
            r#""late" "2023-02-15" 1 {"1-30":66.28,"31-60":0.00,"61-90":0.00,"over_90":0.00}"#;
        assert_eq!(fields(&late, &BEHIND), told);
        app.advance(&client, date(2023, 2, 22)).await;
        assert_eq!(read_loan(&client, &loan).await["status"], "late", "seven days are tolerated");
        app.advance(&client, date(2023, 2, 23)).await;
        // 31 nights for the statement and 22 since: 26.50. The letter is charged once.
        assert_eq!(standing(&client, &loan).await, r#""arrears" 1000.00 26.50 12.00"#);
        app.advance(&client, date(2023, 3, 20)).await;
        let body = read_loan(&client, &loan).await;
        // The statement of 1 March: 5 % of 1,041.50 is 52.08, with 29.50 of interest and the letter 93.58, of which 66.28
        // were asked for before.
        assert_eq!(
            fields(&body, &["status", "past_due_since", "days_past_due"]),
            r#""arrears" "2023-02-15" 33"#
        );
        assert_eq!(fields(&body["ageing"], &["1-30", "31-60"]), "27.30 66.28");
        let page = client.get("/api/v1/loan/?status=arrears").await.expect(200);
        assert_eq!(page["results"][0], body, "lists tell it too");
        let of_user =
            format!("/api/v1/end-user/{}/loans/", body["end_user"].as_str().expect("an id"));
        assert_eq!(client.get(&of_user).await.expect(200)["results"][0], body);
        // Half is not enough.
        apply(&client, &book(&client, &loan, "repayment", "66.28").await).await;
        let body = read_loan(&client, &loan).await;
        assert_eq!(
            fields(&body, &["status", "past_due_since", "days_past_due"]),
            r#""arrears" "2023-03-15" 5"#
        );
        apply(&client, &book(&client, &loan, "repayment", "30").await).await;
        let body = read_loan(&client, &loan).await;
        assert_eq!(body["status"], "active");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(19), "{body}");
        for (kind, date) in [("loan_is_late", "2023-02-16"), ("loan_is_arrears", "2023-02-23")] {
            let told = events(app, &client, kind).await;
            assert_eq!(told.len(), 1, "{kind}");
            let data = &told[0].data;
            let keys: Vec<&String> = data.as_object().expect("an object").keys().collect();
            assert_eq!(
                keys,
                ["amount_overdue", "date", "days_past_due", "end_user", "loan", "status"]
            );
            assert_eq!((&data["date"], &data["loan"]), (&json!(date), &json!(loan)));
            assert_eq!(data["amount_overdue"], "66.28");
            assert_eq!(told[0].resource, format!("loan:{loan}"));
        }
        let told = events(app, &client, "statement_ready").await;
        assert_eq!(told.len(), 2);
        let names = ["closing_balance", "due_date", "minimum_repayment", "period_to"];
        let first = r#""1015.50" "2023-02-15" "66.28" "2023-02-01""#;
        assert_eq!(fields(&told[0].data, &names), first);
        let statement = told[0].data["statement"].as_str().expect("an id");
        client.get(&format!("/api/v1/statement/{statement}/")).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_command_into_arrears_and_default_with_their_fees() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = card_product(&client).await;
        let unused = loan(&client, &product).await;
        for (what, noun) in [("make_arrears", "arrears"), ("make_default", "a default")] {
            let detail =
                format!("The loan is inactive: {noun} is possible only on a disbursed, open loan.");
            act(&client, &unused, what).await.is(409, &json!({ "detail": detail }).to_string());
        }
        let loan = paid_out(&client, &product, ("Ada", "Lovelace"), "1000").await;
        let body = act(&client, &loan, "make_arrears").await.expect(201);
        assert_eq!(fields(&body, &["status", "principal", "fee"]), r#""arrears" 1000.00 12.00"#);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(19), "{body}");
        assert_eq!(events(app, &client, "loan_is_arrears").await.len(), 1);
        let again = act(&client, &loan, "make_arrears").await.expect(201);
        assert_eq!(again, body, "the letter is charged once");
        let body = act(&client, &loan, "make_default").await.expect(201);
        // 1 % of 1,012.00.
        assert_eq!(fields(&body, &["status", "fee"]), r#""default" 22.12"#);
        let refused = act(&client, &loan, "make_arrears").await;
        refused.is(409, r#"{"detail":"The loan is in default."}"#);
        // Nothing is overdue, so that any repayment makes it active again.
        book(&client, &loan, "repayment", "10").await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 0.00 12.12"#);
        let path = format!("/api/v1/loan/{loan}/close/");
        client.post(&path, json!({"close_substatus": "paid_in_full"})).await.expect(409);
        app.advance(&client, date(2023, 1, 10)).await;
        client.post(&path, json!({"close_substatus": "written_off"})).await.expect(201);
        act(&client, &loan, "make_default").await.expect(409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_with_the_name_of_a_products_takes_no_amount_and_another_needs_one() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = card_product(&client).await;
        let loan = paid_out(&client, &product, ("Ada", "Lovelace"), "1000").await;
        let fee = charge(&client, &loan, "Copy").await;
        assert_eq!(fields(&fee, &["amount", "fee_type", "status"]), r#""5.00" "flat" "applied""#);
        // Fees of an event can be charged by hand too.
        let fee = charge(&client, &loan, "Default fee").await;
        assert_eq!(fields(&fee, &["amount", "fee_type"]), r#""10.05" "percent""#);
        let post = async |extra: Value| {
            let mut body = json!({"loan": loan, "type": "fee", "name": "Copy"});
            body.as_object_mut()
                .expect("an object")
                .extend(extra.as_object().expect("an object").clone());
            client.post("/api/v1/transaction/", body).await
        };
        let known = r#"["\"Copy\" is a fee of the product: leave this field empty."]"#;
        post(json!({"amount": 5})).await.is(400, &format!(r#"{{"amount":{known}}}"#));
        let both = post(json!({"amount": 5, "fee_type": "flat"})).await;
        both.is(400, &format!(r#"{{"amount":{known},"fee_type":{known}}}"#));
        let needed = r#"["This field is required: the product has no fee of that name."]"#;
        let neither = post(json!({"name": "Stamp"})).await;
        neither.is(400, &format!(r#"{{"fee_type":{needed},"amount":{needed}}}"#));
        let fee =
            post(json!({"name": "Stamp", "amount": "0.95", "fee_type": "flat"})).await.expect(201);
        assert_eq!(fee["amount"], "0.95");
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 0.00 16.00"#);
    })
    .await;
}
