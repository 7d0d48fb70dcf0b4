//! 59001 to 59102: what a program lacks; 60001 to 60005: customers who cannot act.

use florin_external_accounts::program::{ProgramAccountType as Own, ProgramSettings};
use florin_external_accounts::{
    AccountKind, CustomerChange, CustomerStatus, ProgramId, VerificationType,
};
use serde_json::{Value, json};

use super::Seen;
use crate::app::{Client, TestApp};

pub async fn check(seen: &mut Seen, app: &TestApp) {
    settings(seen, app).await;
    customers(seen, app).await;
}

/// One request after one change of a program's settings.
struct Row {
    change: fn(&mut ProgramSettings),
    path: &'static str,
    body: Value,
    code: u32,
    text: String,
}

fn rows(id: ProgramId, asked: Value, deposit: Value, internal: Value) -> Vec<Row> {
    let row = |change, path, body, code, text: String| Row { change, path, body, code, text };
    vec![
        row(
            |it| it.accounts.retain(|own| *own != Own::VerificationFunds),
            "/externalAccount/initiate",
            asked.clone(),
            59001,
            format!("No VerificationFundsAccount configured for program {id}"),
        ),
        row(
            |it| it.accounts.retain(|own| *own != Own::RetailClearing),
            "/transfer/create",
            deposit.clone(),
            59002,
            format!("No RetailClearingAccount configured for program {id}"),
        ),
        row(
            |it| it.bank = None,
            "/externalAccount/initiate",
            asked.clone(),
            59003,
            format!("No ProgramExternalAccount configured for program {id}"),
        ),
        row(
            |_| {},
            "/transfer/create",
            internal,
            59007,
            format!("Internal to Internal transfer is disabled for program {id}"),
        ),
        row(
            |it| it.allowed_types.clear(),
            "/externalAccount/create",
            asked.clone(),
            59008,
            format!("AllowedAccountTypeId is not configured properly for program {id}"),
        ),
        row(
            |it| it.verification = VerificationType::None,
            "/externalAccount/initiate",
            asked.clone(),
            59010,
            format!(
                "Program {id} is not configured to require external account verification. Call /externalAccount/create instead."
            ),
        ),
        row(
            |it| it.verification = VerificationType::TrialDeposits,
            "/externalAccount/create",
            asked.clone(),
            59011,
            format!(
                "Program {id} is configured to require external account verification. Call /externalAccount/initiate instead."
            ),
        ),
        row(
            |it| it.allowed_types.retain(|kind| *kind != AccountKind::Checking),
            "/externalAccount/create",
            asked,
            59020,
            format!("Program {id} does not have account type Checking enabled."),
        ),
    ]
}

async fn settings(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("programs").await;
    let (customer, inside) = bank.customer().await;
    let outside = bank.verified(customer).await;
    let program = app.settings(&bank, |_| {}).await;
    let id = program.id;
    let transfer = |from: i64, to: i64| json!({ "customerId": customer, "fromId": from, "toId": to, "amount": 1 });
    let move_money = "/transfer/create";
    let rows = rows(id, bank.asked(customer), transfer(outside, inside), transfer(inside, inside));
    for Row { change, path, body, code, text } in rows {
        app.settings(&bank, change).await;
        seen.refused(bank.post(path, body).await, 400, code, &text);
        app.settings(&bank, |it| *it = program.settings.clone()).await;
    }
    let unlinked = |it: &mut ProgramSettings| {
        it.accounts.retain(|own| *own != Own::ProgramClearing);
    };
    let own = app.settings(&bank, unlinked).await.external_accounts[0].id;
    let answer = bank.post(move_money, transfer(outside, inside)).await;
    let text = format!("No ProgramClearingAccount linked to ProgramExternalAccount {own}");
    seen.refused(answer, 400, 59102, &text);
    let bare = |it: &mut ProgramSettings| {
        it.bank = None;
        it.accounts.retain(|own| *own != Own::ProgramClearing);
    };
    app.settings(&bank, bare).await;
    let answer = bank.post(move_money, transfer(outside, inside)).await;
    let missing = |what: &str| format!("No {what} configured for program {id}");
    let (external, clearing) =
        (missing("ProgramExternalAccount"), missing("ProgramClearingAccount"));
    seen.refused_with(answer, 400, &[(59003, &external), (59013, &clearing)]);
}

async fn customers(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("customers").await;
    let check = async |seen: &mut Seen, customer: Value, code: u32, text: &str| {
        for path in ["create", "initiate", "update", "archive", "deactivate"] {
            let path = format!("/externalAccount/{path}");
            let body = json!({ "customerId": customer, "externalAccountId": 1 });
            seen.refused(bank.post(&path, body).await, 400, code, text);
        }
    };
    check(seen, json!(4711), 60001, "Customer id 4711 is invalid.").await;
    check(seen, json!("4711"), 60001, "Customer id 4711 is invalid.").await;
    check(seen, Value::Null, 60001, "Customer id 0 is invalid.").await;
    for path in [
        "/customer/get/x",
        "/externalAccount/list/x",
        "/externalAccount/get/x/1",
        "/transaction/list/x",
    ] {
        seen.refused(bank.get(path).await, 400, 60001, "Customer id x is invalid.");
    }
    let other = app.bank("others").await.customer().await.0;
    let answer = bank.get(&format!("/customer/get/{}", other + 100)).await;
    seen.refused(answer, 400, 60001, &format!("Customer id {} is invalid.", other + 100));
    let inactive = CustomerChange { is_active: Some(false), ..CustomerChange::default() };
    let unverified =
        CustomerChange { status: Some(CustomerStatus::Unverified), ..CustomerChange::default() };
    let locked =
        CustomerChange { lock: Some(Some("fraud".to_owned())), ..CustomerChange::default() };
    let died = jiff::civil::date(2026, 11, 30);
    let deceased = CustomerChange { deceased_on: Some(Some(died)), ..CustomerChange::default() };
    let rows = [
        (inactive, 60002, "is inactive."),
        (unverified, 60003, "is not in a verified status."),
        (locked, 60004, "is locked."),
        (deceased, 60005, "is marked as deceased."),
    ];
    for (change, code, text) in rows {
        let customer = bank.customer().await.0;
        app.change_customer(&bank, customer, change).await;
        check(seen, json!(customer), code, &format!("Customer id {customer} {text}")).await;
        shown(&bank, customer).await;
    }
}

/// Whoever cannot act can still be looked at.
async fn shown(bank: &Client, customer: i64) {
    bank.get(&format!("/customer/get/{customer}")).await.data(200);
    bank.get(&format!("/externalAccount/list/{customer}")).await.data(200);
}
