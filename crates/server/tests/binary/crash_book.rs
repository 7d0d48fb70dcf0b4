//! A whole book under `kill -9`: its days, run in pieces, come to what undisturbed days come to, cent for cent.

use std::process::Stdio;

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Client, Serving, command, florin_ok, lending_key, wait_for};

const OPENING: &str = "2023-01-10";
const END: &str = "2023-09-20";
/// The run is killed when it has come so far, in the middle of whatever it does then.
const KILLS: [&str; 9] = [
    "2023-01-11",
    "2023-01-31",
    "2023-02-02",
    "2023-02-28",
    "2023-03-17",
    "2023-05-01",
    "2023-06-14",
    "2023-08-01",
    "2023-09-19",
];

/// The products of the book: every type, with fees of every event.
fn products() -> Vec<Value> {
    let fees = json!([
        {"name": "Set-up", "type": "percent", "amount": "1.5", "event": "disbursement"},
        {"name": "Arrears", "type": "flat", "amount": "12.00", "event": "arrears"},
    ]);
    let product = |kind: &str, more: Value| {
        let mut product = json!({
            "type": kind, "name": kind, "max_loan_amount": 20000, "max_interest_rate": 24,
            "default_fees": fees, "arrears_tolerance": "5",
        });
        for (key, value) in more.as_object().unwrap() {
            product[key] = value.clone();
        }
        product
    };
    vec![
        product(
            "equal_principal_term_loan",
            json!({"installments": 6, "repayment_date_period": 1, "default_grace_instalments": "1"}),
        ),
        product(
            "equal_instalments_term_loan",
            json!({
                "installments": 9, "repayment_date_period": 24,
                "interest_calculation": "equal_instalments",
                "early_repayment_recalculation": "reduced_instalments",
                "repayment_holiday_scheduling": "first_business_day_after_the_day",
            }),
        ),
        product("revolving_credit", json!({"statement_day": 28, "repayment_due_day": 14})),
        product("simple_revolving_credit", json!({})),
    ]
}

/// Makes a tenant with a loan of each product for each borrower; one of them can't be collected from.
fn make_book(url: &str, tenant: &str) -> (String, Vec<String>) {
    let printed = florin_ok(&[
        "tenant",
        "create",
        "--name",
        tenant,
        "--clock",
        OPENING,
        "--json",
        "--database",
        url,
    ]);
    let key = lending_key(&serde_json::from_str(&printed).unwrap());
    let server = Serving::start(url);
    let mut client = server.client(&key);
    let mut loans = Vec::new();
    for product in products() {
        let product = client.post("/api/v1/product/", &product);
        let product = product["id"].as_str().unwrap();
        client.post(&format!("/api/v1/product/{product}/publish/"), &json!({}));
        for (name, amount) in [("Ada", "12000.00"), ("Penniless", "3333.33"), ("Alan", "777.77")] {
            loans.push(open_loan(&mut client, product, name, amount));
        }
    }
    (key, loans)
}

/// A loan that is paid out, and of which a part is repaid at once.
fn open_loan(client: &mut Client, product: &str, name: &str, amount: &str) -> String {
    let borrower = json!({ "type": "individual", "first_name": name, "last_name": "Lovelace" });
    let borrower = client.post("/api/v1/end-user/", &borrower);
    let application = json!({
        "product": product, "end_user": borrower["id"], "amount": amount, "rate": "12",
    });
    let application = client.post("/api/v1/application/", &application);
    let application = application["id"].as_str().unwrap();
    client.post(&format!("/api/v1/application/{application}/complete/"), &json!({}));
    let loan = client.post("/api/v1/loan/", &json!({ "application": application }));
    let loan = loan["id"].as_str().unwrap().to_owned();
    let payout = json!({ "loan": loan, "type": "disbursement", "amount": amount });
    let payout = client.post("/api/v1/transaction/", &payout);
    let payout = payout["id"].as_str().unwrap();
    client.post(&format!("/api/v1/transaction/{payout}/apply/"), &json!({}));
    let early = json!({ "loan": loan, "type": "repayment", "amount": "250.00" });
    client.post("/api/v1/transaction/", &early);
    loan
}

/// All that a book says of its loans, without ids.
fn told(url: &str, key: &str, loans: &[String]) -> Vec<String> {
    let server = Serving::start(url);
    let mut client = server.client(key);
    let mut told = Vec::new();
    for (number, loan) in loans.iter().enumerate() {
        let mut line = |what: &str, value: &Value, fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|it| value[it].to_string()).collect();
            told.push(format!("{number} {what} {}", fields.join(" ")));
        };
        let state = client.get(&format!("/api/v1/loan/{loan}/"));
        line("loan", &state, &["status", "principal", "interest", "fee", "days_past_due"]);
        let schedule = client.get(&format!("/api/v1/loan/{loan}/schedule/"));
        line("schedule", &schedule, &["installments"]);
        let path = format!("/api/v1/statement/?loan={loan}&limit=1000&ordering=period_to");
        for it in client.get(&path)["results"].as_array().unwrap() {
            let fields = ["period_to", "opening_balance", "closing_balance", "minimum_repayment"];
            line("statement", it, &fields);
        }
        let path = format!("/api/v1/transaction/?loan={loan}&limit=1000");
        let transactions = client.get(&path);
        assert_eq!(transactions["next"], Value::Null, "all of them");
        for it in transactions["results"].as_array().unwrap() {
            let fields = ["date", "type", "status", "amount", "principal", "interest", "fee"];
            line("transaction", it, &fields);
        }
    }
    told.sort_unstable();
    told
}

fn business_date(url: &str, tenant: &str) -> String {
    let listed = florin_ok(&["tenant", "list", "--json", "--database", url]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let tenants = listed.as_array().unwrap();
    let tenant = tenants.iter().find(|it| it["name"] == tenant).unwrap();
    tenant["business_date"].as_str().unwrap().to_owned()
}

#[test]
fn a_book_killed_again_and_again_is_the_book_left_alone() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        let (left_key, left) = make_book(url, "Left alone");
        let (killed_key, killed) = make_book(url, "Killed");
        let days = |tenant| ["day-end", "--date", END, "--tenant", tenant, "--database", url];
        for after in KILLS {
            let mut run = command(&days("Killed")).stdout(Stdio::null()).spawn().unwrap();
            let reached = || (business_date(url, "Killed").as_str() >= after).then_some(());
            wait_for("some days", reached);
            run.kill().unwrap();
            run.wait().unwrap();
        }
        florin_ok(&days("Killed"));
        florin_ok(&days("Left alone"));
        let (left, killed) = (told(url, &left_key, &left), told(url, &killed_key, &killed));
        assert!(left.len() > 1_000, "{} lines", left.len());
        for (one, other) in left.iter().zip(&killed) {
            assert_eq!(one, other);
        }
        assert_eq!(left.len(), killed.len());
        florin_ok(&["ledger", "verify", "--database", url]);
    }
}
