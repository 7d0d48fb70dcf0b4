//! The way to a loan, over the API, as a partner goes it.

use serde_json::{Value, json};

use crate::app::{Client, id};

/// Publishes a term loan product: 12,000 at 12 % in 6 equal parts, due on the first of the month.
pub async fn term_product(client: &Client) -> String {
    product(
        client,
        json!({
            "type": "equal_principal_term_loan",
            "name": "Term loan",
            "max_loan_amount": 12000,
            "max_interest_rate": 12,
            "installments": 6,
            "repayment_holiday_scheduling": "on_day",
            "repayment_date_type": "day_of_month",
            "repayment_date_period": 1,
            "default_fees": [
                {"name": "Letter", "type": "flat", "amount": 15, "event": "ad_hoc"}
            ]
        }),
    )
    .await
}

/// Publishes a line of credit of up to 2,000 at 10 %.
pub async fn credit_line_product(client: &Client) -> String {
    product(
        client,
        json!({
            "type": "simple_revolving_credit",
            "name": "Line of credit",
            "max_loan_amount": 2000,
            "max_interest_rate": 10
        }),
    )
    .await
}

/// Creates and publishes a product.
pub async fn product(client: &Client, body: Value) -> String {
    let id = id(&client.post("/api/v1/product/", body).await.expect(201));
    client.act(&format!("/api/v1/product/{id}/publish/")).await.expect(201);
    id
}

/// Registers a borrower.
pub async fn end_user(client: &Client) -> String {
    let body = json!({"type": "individual", "first_name": "Ada", "last_name": "Lovelace"});
    id(&client.post("/api/v1/end-user/", body).await.expect(201))
}

/// An approved application of a new borrower for a product.
pub async fn application(client: &Client, product: &str) -> String {
    let end_user = end_user(client).await;
    let body = json!({"product": product, "end_user": end_user});
    let id = id(&client.post("/api/v1/application/", body).await.expect(201));
    let path = format!("/api/v1/application/{id}/complete/");
    let completed = client.act(&path).await.expect(200);
    assert_eq!(completed["status"], "approved", "{completed}");
    id
}

/// An inactive loan of a product, with what the product has as default.
pub async fn loan(client: &Client, product: &str) -> String {
    let application = application(client, product).await;
    let body = json!({"application": application});
    id(&client.post("/api/v1/loan/", body).await.expect(201))
}

/// An inactive line of credit of 2,000 at 10 %.
pub async fn credit_line(client: &Client) -> String {
    let product = credit_line_product(client).await;
    loan(client, &product).await
}

/// Asks for a disbursement; gives the transaction.
pub async fn disburse(client: &Client, loan: &str, amount: &str) -> Value {
    let body = json!({"loan": loan, "type": "disbursement", "amount": amount});
    client.post("/api/v1/transaction/", body).await.expect(201)
}

/// Applies a transaction.
pub async fn apply(client: &Client, transaction: &Value) -> Value {
    let path = format!("/api/v1/transaction/{}/apply/", id(transaction));
    client.act(&path).await.expect(201)
}

/// The loan as it is now.
pub async fn read_loan(client: &Client, loan: &str) -> Value {
    client.get(&format!("/api/v1/loan/{loan}/")).await.expect(200)
}

/// A revolving account's product: 2,000 at 18.25 %, which is 5 pence a day for 100.00; a statement on the 1st, due by
/// the 15th, 5 % and at least 25.00. Arrears cost 12.00, a default 1 %, a copy 5.00.
pub async fn card_product(client: &Client) -> String {
    product(
        client,
        json!({
            "type": "revolving_credit",
            "name": "Card",
            "max_loan_amount": 2000,
            "max_interest_rate": 18.25,
            "arrears_tolerance": 7,
            "repayment_holiday_scheduling": "on_day",
            "statement_day": 1,
            "repayment_due_day": 15,
            "minimum_repayment_percent": 5,
            "minimum_repayment_amount": 25,
            "default_fees": [
                {"name": "Arrears letter", "type": "flat", "amount": 12, "event": "arrears"},
                {"name": "Default fee", "type": "percent", "amount": 1, "event": "default"},
                {"name": "Copy", "type": "flat", "amount": 5, "event": "ad_hoc"}
            ]
        }),
    )
    .await
}

/// A line of credit of 2,000 at 18.25 %.
pub async fn dear_line_product(client: &Client) -> String {
    product(
        client,
        json!({
            "type": "simple_revolving_credit",
            "name": "Line of credit",
            "max_loan_amount": 2000,
            "max_interest_rate": 18.25
        }),
    )
    .await
}

/// A loan of a product to someone of this name, with an amount paid out today.
pub async fn paid_out(
    client: &Client,
    product: &str,
    (first, last): (&str, &str),
    amount: &str,
) -> String {
    let body = json!({"type": "individual", "first_name": first, "last_name": last});
    let end_user = id(&client.post("/api/v1/end-user/", body).await.expect(201));
    let body = json!({"product": product, "end_user": end_user});
    let application = id(&client.post("/api/v1/application/", body).await.expect(201));
    let path = format!("/api/v1/application/{application}/complete/");
    client.act(&path).await.expect(200);
    let body = json!({"application": application});
    let loan = id(&client.post("/api/v1/loan/", body).await.expect(201));
    apply(client, &disburse(client, &loan, amount).await).await;
    loan
}

/// Asks for a transaction of an amount.
pub async fn book(client: &Client, loan: &str, kind: &str, amount: &str) -> Value {
    let body = json!({"loan": loan, "type": kind, "amount": amount});
    client.post("/api/v1/transaction/", body).await.expect(201)
}

/// Charges a fee that the product knows by its name.
pub async fn charge(client: &Client, loan: &str, name: &str) -> Value {
    let body = json!({"loan": loan, "type": "fee", "name": name});
    client.post("/api/v1/transaction/", body).await.expect(201)
}

/// The status of a loan and what it owes, as sent.
pub async fn standing(client: &Client, loan: &str) -> String {
    let names = ["status", "principal", "interest", "fee"];
    crate::app::fields(&read_loan(client, loan).await, &names)
}
