//! What a borrower has paid too much is listed and given back from the command line, beside a server.

use serde_json::{Value, json};

use crate::support::{Client, Serving, create_tenant, florin, florin_ok, lending_key, stderr};

/// A loan of 1,000.00 without interest that is paid twice: what could not be collected is tried again, the borrower pays
/// by another way, and then both arrive.
fn pay_twice(client: &mut Client) -> String {
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let product = json!({
        "type": "equal_principal_term_loan", "name": "Advance", "max_loan_amount": 1000,
        "max_interest_rate": 0, "installments": 1, "repayment_date_period": 24,
        "interest_calculation": "equal_principal_payments",
    });
    let product = id(&client.post("/api/v1/product/", &product));
    client.post(&format!("/api/v1/product/{product}/publish/"), &json!({}));
    let borrower = json!({"type": "individual", "first_name": "Penniless", "last_name": "Blond"});
    let borrower = id(&client.post("/api/v1/end-user/", &borrower));
    let application = json!({"product": product, "end_user": borrower});
    let application = id(&client.post("/api/v1/application/", &application));
    client.post(&format!("/api/v1/application/{application}/complete/"), &json!({}));
    let loan = id(&client.post("/api/v1/loan/", &json!({"application": application})));
    let payout = json!({"loan": loan, "type": "disbursement", "amount": "1000.00"});
    let payout = id(&client.post("/api/v1/transaction/", &payout));
    client.post(&format!("/api/v1/transaction/{payout}/apply/"), &json!({}));
    client.post("/sandbox/v1/clock/advance/", &json!({"days": 70}));
    let failed = client.get("/api/v1/transaction/?status=failed");
    let failed = id(&failed["results"][0]);
    client.post(&format!("/api/v1/transaction/{failed}/retry/"), &json!({}));
    let today = client.get("/sandbox/v1/clock/")["date"].clone();
    let paid = json!({
        "loan": loan, "type": "repayment", "amount": "1000.00", "effective_date": today,
    });
    client.post("/api/v1/transaction/", &paid);
    client.post(&format!("/api/v1/transaction/{failed}/apply/"), &json!({}));
    loan
}

#[test]
fn what_was_too_much_is_given_back_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("florin.db").display());
    let tenant = create_tenant(&url, "2026-03-02");
    let server = Serving::start(&url);
    let loan = pay_twice(&mut server.client(&lending_key(&tenant)));

    let run = |args: &[&str]| -> Value {
        let printed = florin_ok(&[&["refund"], args, &["--json", "--database", &url]].concat());
        serde_json::from_str(&printed).unwrap()
    };
    let owed = run(&["owed"]);
    assert_eq!((&owed[0]["loan"], &owed[0]["amount"]), (&json!(loan), &json!("1000.00")));
    let part = run(&["create", "--loan", &loan, "--amount", "250", "--key", "back-1"]);
    assert_eq!((&part["status"], &part["amount"]), (&json!("pending"), &json!("250.00")));
    let part = part["id"].as_str().unwrap();
    assert_eq!(run(&["apply", part])["status"], "applied");
    let rest = run(&["create", "--loan", &loan]);
    assert_eq!(rest["amount"], "750.00");
    let output = florin(&["refund", "create", "--loan", &loan, "--database", &url]);
    assert!(!output.status.success());
    let why = stderr(&output);
    assert!(why.contains("Nothing is owed to the borrower."), "{why}");
    assert_eq!(run(&["cancel", rest["id"].as_str().unwrap()])["status"], "cancelled");
    let shown = florin_ok(&["refund", "owed", "--database", &url]);
    assert!(shown.contains("750.00") && shown.contains(&loan), "{shown}");
    let shown = florin_ok(&["refund", "list", "--database", &url]);
    assert!(shown.contains("applied") && shown.contains("cancelled"), "{shown}");
    let proven = florin_ok(&["ledger", "verify", "--database", &url]);
    assert!(proven.starts_with("The ledger is proven"), "{proven}");
}
