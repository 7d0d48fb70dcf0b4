//! 625xx: putting external accounts away.

use serde_json::{Value, json};

use super::Seen;
use crate::app::{START, TestApp};

pub async fn check(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("archiving").await;
    let (archive, deactivate) = ("/externalAccount/archive", "/externalAccount/deactivate");
    let (customer, inside) = bank.customer().await;
    let named = |account: Value| json!({ "customerId": customer, "externalAccountId": account });
    for path in [archive, deactivate] {
        let answer = bank.post(path, named(json!("4711"))).await;
        seen.refused(answer, 400, 62501, "Invalid external account id '4711'.");
    }
    let unverified = bank.initiated(customer).await;
    let answer = bank.post(archive, named(json!(unverified))).await;
    seen.refused(
        answer,
        400,
        62506,
        "Unable to archive an external account whose status is Unverified.",
    );
    let answer = bank.post(deactivate, named(json!(unverified))).await;
    let text = "Unable to deactivate an external account that is not in a Verified status.";
    seen.refused(answer, 400, 62502, text);
    let account = bank.verified(customer).await;
    let deposit =
        json!({ "customerId": customer, "fromId": account, "toId": inside, "amount": "5.00" });
    bank.post("/transfer/create", deposit).await.data(201);
    let answer = bank.post(archive, named(json!(account))).await;
    seen.refused(answer, 400, 62505, "Unable to archive as there are outstanding transactions.");
    let text = "Unable to deactivate an external account for a customer who has a pending transaction or any account with a non-zero balance.";
    let answer = bank.post(deactivate, named(json!(account))).await;
    seen.refused(answer, 400, 62503, text);
    app.advance(&bank, START.saturating_add(jiff::ToSpan::days(9))).await;
    let shown = bank.get(&format!("/customer/get/{customer}")).await.data(200);
    assert_eq!(shown["accounts"][0]["accountBalance"].to_string(), "5.00", "it has settled");
    let answer = bank.post(deactivate, named(json!(account))).await;
    seen.refused(answer, 400, 62503, text);
    bank.post(archive, named(json!(account))).await.data(200);
}
