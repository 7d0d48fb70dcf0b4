//! `/api/v1/transaction/`.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{Client, fields, id, on_each_engine};
use crate::scenario::{apply, credit_line, disburse, loan, read_loan, term_product};

const PATH: &str = "/api/v1/transaction/";

const KEYS: [&str; 18] = [
    "amount",
    "applied_at",
    "created_at",
    "date",
    "failure_reason",
    "fee",
    "fee_type",
    "id",
    "interest",
    "is_automatic",
    "loan",
    "name",
    "principal",
    "processing_date",
    "provider_transaction_id",
    "status",
    "type",
    "unique_key",
];

async fn post(client: &Client, loan: &str, kind: &str, amount: &str) -> crate::app::Answer {
    client.post(PATH, json!({"loan": loan, "type": kind, "amount": amount})).await
}

async fn balances(client: &Client, loan: &str) -> String {
    let names = ["status", "principal", "pending_principal", "interest", "fee"];
    fields(&read_loan(client, loan).await, &names)
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_disbursements_count_against_the_limit() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        let first = disburse(&client, &loan, "1500").await;
        assert_eq!(
            fields(&first, &["type", "status", "amount", "principal"]),
            r#""disbursement" "pending" "1500.00" "1500.00""#
        );
        assert_eq!(balances(&client, &loan).await, r#""inactive" 0.00 1500.00 0.00 0.00"#);
        let applied = apply(&client, &first).await;
        assert_eq!(applied["status"], "applied");
        assert!(applied["applied_at"].is_string());
        assert_eq!(balances(&client, &loan).await, r#""active" 1500.00 0.00 0.00 0.00"#);
        disburse(&client, &loan, "500").await;
        assert_eq!(balances(&client, &loan).await, r#""active" 1500.00 500.00 0.00 0.00"#);
        let refused = post(&client, &loan, "disbursement", "500").await.expect(409);
        assert!(refused["detail"].as_str().is_some_and(|text| text.contains("limit")), "{refused}");
        assert_eq!(balances(&client, &loan).await, r#""active" 1500.00 500.00 0.00 0.00"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_racing_clients_gets_the_last_of_the_limit() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let (client, loan) = (client.clone(), loan.clone());
                tokio::spawn(async move { post(&client, &loan, "disbursement", "1200").await })
            })
            .collect();
        let mut statuses = Vec::new();
        for racer in racers {
            statuses.push(racer.await.expect("no panic").status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409], "{}", app.engine());
        assert_eq!(balances(&client, &loan).await, r#""inactive" 0.00 1200.00 0.00 0.00"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repayment_lowers_the_balance_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        apply(&client, &disburse(&client, &loan, "1000").await).await;
        app.advance(&client, date(2023, 1, 11)).await;
        let repayment = post(&client, &loan, "repayment", "102.74").await.expect(201);
        let shown = fields(&repayment, &["status", "amount", "principal", "interest", "date"]);
        assert_eq!(shown, r#""pending" "102.74" "100.00" "2.74" "2023-01-11""#);
        let body = read_loan(&client, &loan).await;
        assert_eq!(fields(&body, &["principal", "interest"]), "900.00 0.00");
        apply(&client, &repayment).await;
        let body = read_loan(&client, &loan).await;
        assert_eq!(
            fields(&body, &["principal", "interest", "pending_principal"]),
            "900.00 0.00 0.00"
        );
        let too_much = post(&client, &loan, "repayment", "900.01").await.expect(400);
        assert!(too_much["amount"].is_array(), "{too_much}");
        let again = client.act(&format!("{PATH}{}/apply/", id(&repayment))).await;
        assert_eq!(again.status, 409, "{again:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_of_the_product_and_others() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = term_product(&client).await;
        let loan = loan(&client, &product).await;
        apply(&client, &disburse(&client, &loan, "12000").await).await;
        let letter = json!({"loan": loan, "type": "fee", "name": "Letter"});
        let fee = client.post(PATH, letter).await.expect(201);
        let shown = fields(&fee, &["status", "amount", "fee", "name", "fee_type"]);
        assert_eq!(shown, r#""applied" "15.00" "15.00" "Letter" "flat""#);
        let percent = json!({"loan": loan, "type": "fee", "name": "Other", "fee_type": "percent", "amount": "0.5"});
        let fee = client.post(PATH, percent).await.expect(201);
        // Half a percent of 12,015.
        assert_eq!(fields(&fee, &["amount"]), r#""60.08""#);
        let unknown = json!({"loan": loan, "type": "fee", "name": "Third"});
        let refused = client.post(PATH, unknown).await.expect(400);
        assert!(refused["amount"].is_array() && refused["fee_type"].is_array(), "{refused}");
        assert_eq!(fields(&read_loan(&client, &loan).await, &["fee"]), "75.08");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_key_makes_it_happen_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        let body = |amount: &str| json!({"loan": loan, "type": "disbursement", "amount": amount, "unique_key": "k-1"});
        let posts: Vec<_> = (0..8)
            .map(|_| {
                let (client, body) = (client.clone(), body("100.00"));
                tokio::spawn(async move { client.post(PATH, body).await.expect(201) })
            })
            .collect();
        let mut ids = Vec::new();
        for post in posts {
            ids.push(id(&post.await.expect("no panic")));
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{}", app.engine());
        let same = client.post(PATH, body("100")).await.expect(201);
        assert_eq!(id(&same), ids[0]);
        client.post(PATH, body("101")).await.expect(409);
        assert_eq!(balances(&client, &loan).await, r#""inactive" 0.00 100.00 0.00 0.00"#);
        // Another tenant's keys are its own.
        let other = app.tenant("Other").await;
        let loan = credit_line(&other).await;
        let body = json!({"loan": loan, "type": "disbursement", "amount": 5, "unique_key": "k-1"});
        other.post(PATH, body).await.expect(201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_are_none() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        for amount in [
            json!(0),
            json!("-1"),
            json!("0.001"),
            json!("1e30"),
            json!("NaN"),
            json!(""),
            Value::Null,
        ] {
            let body = json!({"loan": loan, "type": "disbursement", "amount": amount});
            let refused = client.post(PATH, body).await.expect(400);
            assert!(refused["amount"].is_array(), "{amount}: {refused}");
        }
        let unknown = post(&client, "01890000-0000-7000-8000-000000000000", "disbursement", "1")
            .await
            .expect(400);
        assert!(unknown["loan"].is_array(), "{unknown}");
        assert_eq!(balances(&client, &loan).await, r#""inactive" 0.00 0.00 0.00 0.00"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_what_moved_the_balance() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        let first = apply(&client, &disburse(&client, &loan, "1000").await).await;
        let keys: Vec<&str> =
            first.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, KEYS);
        let read = client.get(&format!("{PATH}{}/", id(&first))).await.expect(200);
        assert_eq!(read, first);
        disburse(&client, &loan, "10").await;
        app.advance(&client, date(2023, 1, 3)).await;
        let list = async |query: &str| client.get(&format!("{PATH}?{query}")).await.expect(200);
        let pending = list("status=pending&type=disbursement").await;
        assert_eq!(fields(&pending["results"][0], &["amount"]), r#""10.00""#);
        let interest = list(&format!("loan={loan}&type=interest&ordering=date")).await;
        assert_eq!(fields(&interest, &["count"]), "2");
        let shown = fields(
            &interest["results"][0],
            &["date", "amount", "interest", "is_automatic", "status"],
        );
        assert_eq!(shown, r#""2023-01-02" "0.27" "0.27" true "applied""#);
        assert_eq!(list("date__gte=2023-01-03").await["count"], 1);
        let csv = client.request(reqwest::Method::GET, PATH).header("accept", "text/csv");
        let csv = client.send(csv).await;
        assert_eq!(csv.text.lines().count(), 5, "{}", csv.text);
        assert!(csv.text.starts_with("id,loan,type,status,amount,"), "{}", csv.text);
    })
    .await;
}
