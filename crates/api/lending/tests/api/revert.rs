//! Taking transactions back, trying them again, telling them late, letting debt go. At 18.25 % 1,000.00 bears exactly
//! 0.50 a day.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{Answer, Client, TestApp, fields, id, on_each_engine};
use crate::scenario::{
    apply, book, card_product, charge, dear_line_product, disburse, paid_out, standing,
};

const PATH: &str = "/api/v1/transaction/";

async fn revert(client: &Client, transaction: &Value, query: &str) -> Answer {
    client.act(&format!("{PATH}{}/revert/{query}", id(transaction))).await
}

async fn count(client: &Client, query: &str) -> Value {
    client.get(&format!("{PATH}?{query}")).await.expect(200)["count"].clone()
}

fn refusal(detail: &str) -> String {
    json!({ "detail": detail }).to_string()
}

async fn prove(app: &TestApp) {
    let proof = app.db().read(florin_ledger::verify_in).await.expect("a proof");
    assert!(proof.holds(), "{proof}");
}

/// A line of credit with 1,000.00 paid out on 1 January.
async fn line(client: &Client) -> String {
    let product = dear_line_product(client).await;
    paid_out(client, &product, ("Ada", "Lovelace"), "1000").await
}

async fn fee(client: &Client, loan: &str, amount: &str) -> Value {
    let body =
        json!({"loan": loan, "type": "fee", "name": "Stamp", "amount": amount, "fee_type": "flat"});
    client.post(PATH, body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postdates_a_reverted_transaction_goes_with_it_and_is_not_recalculated() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = line(&client).await;
        app.advance(&client, date(2023, 1, 11)).await;
        let stamp = fee(&client, &loan, "20").await;
        app.advance(&client, date(2023, 1, 21)).await;
        let before = standing(&client, &loan).await;
        assert_eq!(before, r#""active" 1000.00 10.00 20.00"#);
        let preview = revert(&client, &stamp, "?preview=true").await.expect(200);
        let reverted = preview["reverted"].as_array().expect("a list");
        assert_eq!(reverted.len(), 1 + 10, "the fee and the interest of ten days");
        assert_eq!(id(&reverted[0]), id(&stamp));
        assert!(reverted.iter().all(|it| it["status"] == "reverted"), "{preview}");
        assert!(reverted[1..].iter().all(|it| it["type"] == "interest" && it["amount"] == "0.50"));
        assert_eq!(preview["corrections"], json!([]));
        assert_eq!(preview["entries"].as_array().map(Vec::len), Some(11));
        let names = ["status", "principal", "interest", "fee"];
        assert_eq!(fields(&preview["before"], &names), before);
        assert_eq!(fields(&preview["after"], &names), r#""active" 1000.00 5.00 0.00"#);
        assert_eq!(standing(&client, &loan).await, before, "a preview changes nothing");
        assert_eq!(count(&client, "status=reverted").await, 0);
        let done = revert(&client, &stamp, "").await.expect(201);
        assert_eq!(
            fields(&done, &["id", "status", "ended_date"]),
            format!(r#"{} "reverted" "2023-01-21""#, stamp["id"])
        );
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 5.00 0.00"#);
        assert_eq!(count(&client, &format!("loan={loan}&type=interest&status=reverted")).await, 10);
        // The ten nights bear no interest, those after them do.
        app.advance(&client, date(2023, 1, 31)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 10.00 0.00"#);
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_recalculation_it_is_as_if_it_had_never_been() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = line(&client).await;
        app.advance(&client, date(2023, 1, 11)).await;
        let repayment = apply(&client, &book(&client, &loan, "repayment", "505").await).await;
        app.advance(&client, date(2023, 1, 21)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 500.00 2.50 0.00"#);
        let path = format!("{PATH}{}/revert/", id(&repayment));
        let options = json!({"preview": true, "recalculate": "true"});
        let preview = client.post(&path, options).await.expect(200);
        assert_eq!(preview["reverted"].as_array().map(Vec::len), Some(1));
        let corrections = preview["corrections"].as_array().expect("a list");
        assert_eq!(corrections.len(), 1, "{preview}");
        assert_eq!(
            fields(&corrections[0], &["type", "name", "amount", "date"]),
            r#""interest" "Recalculation" "2.50" "2023-01-21""#
        );
        let entries = preview["entries"].as_array().expect("a list");
        let told: Vec<String> = entries.iter().flat_map(told).collect();
        let owner = format!("\"{loan}\"");
        assert_eq!(
            told,
            [
                format!(r#"1110 "Interest receivable" {owner} "5.00" null"#),
                format!(r#"1100 "Loan principal" {owner} "500.00" null"#),
                r#"1000 "Cash at bank" null null "505.00""#.to_owned(),
                format!(r#"1110 "Interest receivable" {owner} "2.50" null"#),
                r#"4000 "Interest income" null null "2.50""#.to_owned(),
            ]
        );
        let names = ["principal", "interest", "fee"];
        assert_eq!(fields(&preview["before"], &names), "500.00 2.50 0.00");
        assert_eq!(fields(&preview["after"], &names), "1000.00 10.00 0.00");
        assert_eq!(standing(&client, &loan).await, r#""active" 500.00 2.50 0.00"#);
        // The query wins over the body.
        let path = format!("{path}?preview=false&recalculate=true");
        client.post(&path, json!({"preview": true, "recalculate": false})).await.expect(201);
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 10.00 0.00"#);
        prove(app).await;
    })
    .await;
}

/// The lines of an entry as account, name, owner, debit and credit.
fn told(entry: &Value) -> Vec<String> {
    let postings = entry["postings"].as_array().expect("a list").iter();
    postings.map(|it| fields(it, &["account", "name", "owner", "debit", "credit"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reverting_the_disbursement_makes_the_loan_inactive_again() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = dear_line_product(&client).await;
        let loan = crate::scenario::loan(&client, &product).await;
        let paid = disburse(&client, &loan, "1000").await;
        app.advance(&client, date(2023, 1, 5)).await;
        apply(&client, &paid).await;
        app.advance(&client, date(2023, 1, 11)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 3.00 0.00"#);
        revert(&client, &paid, "").await.expect(201);
        assert_eq!(standing(&client, &loan).await, r#""inactive" 0.00 0.00 0.00"#);
        app.advance(&client, date(2023, 1, 12)).await;
        apply(&client, &disburse(&client, &loan, "2000").await).await;
        app.advance(&client, date(2023, 1, 13)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 2000.00 1.00 0.00"#);
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reverted() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = line(&client).await;
        let stamp = fee(&client, &loan, "20").await;
        let bad = "[\"Must be a valid boolean.\"]";
        let refused = revert(&client, &stamp, "?preview=perhaps&recalculate=2").await;
        refused.is(400, &format!(r#"{{"recalculate":{bad},"preview":{bad}}}"#));
        let path = format!("{PATH}{}/revert/", id(&stamp));
        let refused = client.post(&path, json!({"preview": 1})).await;
        refused.is(400, &format!(r#"{{"preview":{bad}}}"#));
        let pending = book(&client, &loan, "repayment", "100").await;
        let only = "only an applied transaction can be reverted.";
        let detail = format!("The transaction is pending: {only}");
        revert(&client, &pending, "").await.is(409, &refusal(&detail));
        let detail = format!(
            "The repayment {} after it is pending: wait for it or apply it first.",
            id(&pending)
        );
        for query in ["", "?recalculate=true", "?preview=true"] {
            revert(&client, &stamp, query).await.is(409, &refusal(&detail));
        }
        apply(&client, &pending).await;
        // Alone it may go as long as what was repaid later was owed all the same.
        let second = apply(&client, &disburse(&client, &loan, "500").await).await;
        apply(&client, &book(&client, &loan, "repayment", "1000").await).await;
        let detail = "The loan owed 920.00 on 2023-01-01: less than the 1000.00 repaid then.";
        revert(&client, &second, "?recalculate=true").await.is(409, &refusal(detail));
        revert(&client, &second, "").await.expect(201);
        let detail = format!("The transaction is reverted: {only}");
        revert(&client, &second, "").await.is(409, &refusal(&detail));
        let unknown = json!({"id": "01890000-0000-7000-8000-000000000000"});
        revert(&client, &unknown, "").await.is(404, r#"{"detail":"Not found."}"#);
        let path = format!("/api/v1/loan/{loan}/close/");
        client.post(&path, json!({"close_substatus": "written_off"})).await.expect(201);
        let detail = "The loan was written off: its transactions can't be reverted.";
        revert(&client, &stamp, "").await.is(409, &refusal(detail));
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_closed_statement_shows_stays() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = card_product(&client).await;
        let application = crate::scenario::loan(&client, &product).await;
        // Charged before anything was paid out, it is part of the first statement too.
        let early = charge(&client, &application, "Copy").await;
        apply(&client, &disburse(&client, &application, "1000").await).await;
        let copy = charge(&client, &application, "Copy").await;
        app.advance(&client, date(2023, 2, 1)).await;
        let detail = "The transaction is part of a closed statement and can't be reverted.";
        for transaction in [&early, &copy] {
            for query in ["", "?recalculate=true"] {
                revert(&client, transaction, query).await.is(409, &refusal(detail));
            }
        }
        let sheet = client.get("/api/v1/statement/").await.expect(200)["results"][0].clone();
        // 31 nights at 0.50, and two copies.
        assert_eq!(fields(&sheet, &["closing_balance"]), r#""1025.50""#);
        let sheet = client.get(&format!("/api/v1/statement/{}/", id(&sheet))).await.expect(200);
        let lines = sheet["transactions"].as_array().expect("lines");
        assert_eq!(lines.iter().filter(|it| it["type"] == "fee").count(), 2, "{sheet}");
        assert_eq!(lines.last().map(|it| &it["balance"]), Some(&json!("1025.50")));
        // What came after the statement on its day may go; the interest of the night before is the statement's.
        let later = charge(&client, &application, "Copy").await;
        revert(&client, &later, "").await.expect(201);
        assert_eq!(standing(&client, &application).await, r#""active" 1000.00 15.50 10.00"#);
        let body = json!({"loan": application, "type": "repayment", "amount": 5, "effective_date": "2023-01-31"});
        let detail = "The statement of 2023-02-01 is closed: ensure this date is not before it.";
        let refused = client.post(PATH, body).await;
        refused.is(400, &json!({"effective_date": [detail]}).to_string());
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repayment_told_late_counts_from_its_day() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = line(&client).await;
        app.advance(&client, date(2023, 1, 21)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 10.00 0.00"#);
        let body = |on: &str| json!({"loan": loan, "type": "repayment", "amount": "505.00", "effective_date": on, "unique_key": "late-1"});
        let told = client.post(PATH, body("2023-01-11")).await.expect(201);
        assert_eq!(
            fields(&told, &["status", "date", "interest", "principal"]),
            r#""applied" "2023-01-11" "5.00" "500.00""#
        );
        // Ten nights on 500.00 since, instead of on 1,000.00.
        assert_eq!(standing(&client, &loan).await, r#""active" 500.00 2.50 0.00"#);
        assert_eq!(client.post(PATH, body("2023-01-11")).await.expect(201), told);
        client.post(PATH, body("2023-01-12")).await.expect(409);
        let check = async |kind: &str, on: Value, message: &str| {
            let body = json!({"loan": loan, "type": kind, "amount": 5, "effective_date": on, "name": "Stamp", "fee_type": "flat"});
            let refused = client.post(PATH, body).await;
            refused.is(400, &json!({"effective_date": [message]}).to_string());
        };
        let format = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
        check("repayment", json!("11.1.2023"), format).await;
        check("repayment", json!(20230111), format).await;
        let future = "Ensure this date is not after today, 2023-01-21.";
        check("repayment", json!("2023-01-22"), future).await;
        let early = "Ensure this date is not before the first disbursement.";
        check("repayment", json!("2022-12-31"), early).await;
        for kind in ["fee", "disbursement", "waiver"] {
            check(kind, json!("2023-01-11"), "Only a repayment can be told late.").await;
        }
        // Today is late enough to be applied at once.
        let today = json!({"loan": loan, "type": "repayment", "amount": "502.50", "effective_date": "2023-01-21"});
        assert_eq!(client.post(PATH, today).await.expect(201)["status"], "applied");
        assert_eq!(standing(&client, &loan).await, r#""active" 0.00 0.00 0.00"#);
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_repayment_is_tried_again() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = dear_line_product(&client).await;
        let loan = paid_out(&client, &product, ("Penniless", "Jack"), "1000").await;
        let again = async |transaction: &Value| {
            client.act(&format!("{PATH}{}/retry/", id(transaction))).await
        };
        let repayment = book(&client, &loan, "repayment", "1000").await;
        let only = "only a failed transaction can be tried again.";
        let detail = format!("The transaction is pending: {only}");
        again(&repayment).await.is(409, &refusal(&detail));
        // Refused by the provider on 4 January, with a holiday and a weekend between.
        app.advance(&client, date(2023, 1, 11)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 5.00 0.00"#);
        let retried = again(&repayment).await.expect(201);
        assert_eq!(
            fields(&retried, &["id", "status", "date", "interest", "principal", "failure_reason"]),
            format!(r#"{} "pending" "2023-01-11" "5.00" "995.00" """#, repayment["id"])
        );
        assert_eq!(standing(&client, &loan).await, r#""active" 5.00 0.00 0.00"#);
        apply(&client, &retried).await;
        let other = book(&client, &loan, "repayment", "5").await;
        app.advance(&client, date(2023, 1, 17)).await;
        let detail = format!("The transaction is applied: {only}");
        again(&retried).await.is(409, &refusal(&detail));
        client.post(PATH, json!({"loan": loan, "type": "waiver", "amount": "4"})).await.expect(201);
        let refused = again(&other).await.expect(409);
        let detail = refused["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.ends_with("less than the repayment of 5.00."), "{detail}");
        let unknown = json!({"id": "01890000-0000-7000-8000-000000000000"});
        again(&unknown).await.is(404, r#"{"detail":"Not found."}"#);
        prove(app).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiver_pays_at_the_lenders_expense() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = line(&client).await;
        app.advance(&client, date(2023, 1, 11)).await;
        fee(&client, &loan, "20").await;
        let waiver = book(&client, &loan, "waiver", "26").await;
        assert_eq!(
            fields(&waiver, &["status", "fee", "interest", "principal"]),
            r#""applied" "20.00" "5.00" "1.00""#
        );
        assert_eq!(standing(&client, &loan).await, r#""active" 999.00 0.00 0.00"#);
        let too_much = json!({"loan": loan, "type": "waiver", "amount": "999.01"});
        let refused = client.post(PATH, too_much).await.expect(400);
        assert!(refused["amount"].is_array(), "{refused}");
        let tenant = client.tenant.expect("a tenant's client");
        let lines = app.db().read(move |tx| florin_ledger::trial_balance_in(tx, tenant)).await;
        let lines = lines.expect("a trial balance");
        let waived: i64 = lines.iter().filter(|it| it.no == 5010).map(|it| it.posted).sum();
        assert_eq!(waived, 2_600);
        for kind in ["interest", "refund", "gift"] {
            let body = json!({"loan": loan, "type": kind, "amount": 1});
            let refused = client.post(PATH, body).await;
            refused.is(400, &format!(r#"{{"type":["\"{kind}\" is not a valid choice."]}}"#));
        }
    })
    .await;
}
