//! `florin reconcile` finds what stands on the clearing account and belongs to no payment.

use florin_storage::{Db, DbOptions, StorageError, params};
use serde_json::{Value, json};

use crate::support::{Serving, create_tenant, florin, florin_ok, lending_key};

/// A repayment of 100.00 is under way, which the partner collects.
fn repayment_under_way(server: &Serving, key: &str) {
    let mut client = server.client(key);
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let product = json!({
        "type": "simple_revolving_credit", "name": "Line", "max_loan_amount": 1000,
        "max_interest_rate": 10,
    });
    let product = id(&client.post("/api/v1/product/", &product));
    client.post(&format!("/api/v1/product/{product}/publish/"), &json!({}));
    let borrower = json!({"type": "individual", "first_name": "Ada", "last_name": "Lovelace"});
    let borrower = id(&client.post("/api/v1/end-user/", &borrower));
    let application = json!({"product": product, "end_user": borrower});
    let application = id(&client.post("/api/v1/application/", &application));
    client.post(&format!("/api/v1/application/{application}/complete/"), &json!({}));
    let loan = id(&client.post("/api/v1/loan/", &json!({"application": application})));
    let payout = json!({"loan": loan, "type": "disbursement", "amount": "500.00"});
    let payout = id(&client.post("/api/v1/transaction/", &payout));
    client.post(&format!("/api/v1/transaction/{payout}/apply/"), &json!({}));
    let repaid = json!({"loan": loan, "type": "repayment", "amount": "100.00"});
    client.post("/api/v1/transaction/", &repaid);
}

#[test]
fn the_ledger_is_compared_with_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("florin.db").display());
    let tenant = create_tenant(&url, "2026-03-02");
    let server = Serving::start(&url);
    repayment_under_way(&server, &lending_key(&tenant));
    let args = ["reconcile", "--from", "2026-03-01", "--to", "2026-03-31", "--database", &url];
    let agreed = florin_ok(&args);
    assert!(agreed.contains("100.00 GBP; by our payments: 100.00."), "{agreed}");
    assert!(agreed.ends_with("Both agree.\n"), "{agreed}");

    let db = Db::open(&url, &DbOptions::default()).unwrap();
    let done = db.write_blocking(|tx| {
        tx.execute(
            "UPDATE ledger_balance SET posted = posted - 1 WHERE account_no = 1020",
            params![],
        )
    });
    assert_eq!(done.map_err(|error: StorageError| error.to_string()), Ok(1));
    db.close();
    let output = florin(&args);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("-0.01 GBP of the difference belong to no payment."), "{told}");
    let output = florin(&[&args[..], &["--json"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        json,
        json!({
            "accounts": [],
            "clearing": [{
                "currency": "GBP", "ledger": "99.99", "payments": "100.00",
                "unexplained": "-0.01", "lines": [],
            }],
        })
    );
}
