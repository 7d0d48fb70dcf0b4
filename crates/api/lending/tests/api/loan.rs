//! `/api/v1/loan/`.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{fields, id, on_each_engine};
use crate::scenario::{
    application, apply, credit_line, credit_line_product, disburse, loan, read_loan, term_product,
};

/// The keys of the document's example of a loan and whether each is a number.
const KEYS: [(&str, bool); 19] = [
    ("id", false),
    ("application", false),
    ("end_user", false),
    ("amount", true),
    ("rate", true),
    ("installments", true),
    ("grace_instalments", true),
    ("principal_repayment_grace", true),
    ("arrears_tolerance", true),
    ("status", false),
    ("principal", true),
    ("interest", true),
    ("fee", true),
    ("pending_principal", true),
    ("pending_interest", true),
    ("pending_fee", true),
    ("is_interest_calculation_enabled", false),
    ("close_reason", false),
    ("close_substatus", false),
];

fn has_the_documents_keys(body: &Value) {
    let object = body.as_object().expect("an object");
    assert_eq!(object.len(), KEYS.len(), "{body}");
    for (key, is_number) in KEYS {
        // Revolving loans have no number of instalments.
        let is_absent = key == "installments" && object[key].is_null();
        assert!(is_absent || object[key].is_number() == is_number, "{key} of {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_takes_what_is_left_out_from_its_product() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = term_product(&client).await;
        let application = application(&client, &product).await;
        let body = json!({"application": application});
        let loan = client.post("/api/v1/loan/", body.clone()).await.expect(201);
        has_the_documents_keys(&loan);
        let shown = fields(&loan, &["amount", "rate", "installments", "status", "principal"]);
        assert_eq!(shown, "12000.00 12 6 \"inactive\" 0.00");
        assert_eq!(read_loan(&client, &id(&loan)).await, loan);
        let again = client.post("/api/v1/loan/", body).await;
        assert_eq!(again.status, 409, "{again:?}");
        assert!(again.text.starts_with(r#"{"detail":"#));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_stays_within_its_product() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = term_product(&client).await;
        let application = application(&client, &product).await;
        for (field, value) in [
            ("amount", json!("12000.01")),
            ("amount", json!(100.001)),
            ("amount", json!(0)),
            ("rate", json!(12.5)),
            ("installments", json!(0)),
        ] {
            let body = json!({"application": application, field: value});
            let refused = client.post("/api/v1/loan/", body).await.expect(400);
            assert!(refused[field].is_array(), "{field} {value}: {refused}");
        }
        let unknown = json!({"application": "01890000-0000-7000-8000-000000000000"});
        let refused = client.post("/api/v1/loan/", unknown).await.expect(400);
        assert!(refused["application"].is_array(), "{refused}");
        let body = json!({"application": application, "amount": "600.50", "rate": "10.25", "installments": 3});
        let loan = client.post("/api/v1/loan/", body).await.expect(201);
        assert_eq!(fields(&loan, &["amount", "rate", "installments"]), "600.50 10.25 3");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revolving_loans_have_no_instalments() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        let body = read_loan(&client, &loan).await;
        assert_eq!(fields(&body, &["amount", "installments"]), "2000.00 null");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_undisbursed_loan_can_be_cancelled() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let first = credit_line(&client).await;
        let path = format!("/api/v1/loan/{first}/cancel/");
        let cancelled = client.act(&path).await.expect(201);
        assert_eq!(cancelled["status"], "cancelled");
        client.act(&path).await.expect(409);
        let refused = json!({"loan": first, "type": "disbursement", "amount": 1});
        client.post("/api/v1/transaction/", refused).await.expect(409);
        let second = credit_line(&client).await;
        apply(&client, &disburse(&client, &second, "100").await).await;
        client.act(&format!("/api/v1/loan/{second}/cancel/")).await.expect(409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_loan_says_why() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        apply(&client, &disburse(&client, &loan, "100").await).await;
        let path = format!("/api/v1/loan/{loan}/close/");
        let refused = client.post(&path, json!({"close_substatus": "lost"})).await;
        refused.is(400, r#"{"close_substatus":["\"lost\" is not a valid choice."]}"#);
        client.act(&path).await.is(400, r#"{"close_substatus":["This field is required."]}"#);
        let body = json!({"reason": "Insolvent", "substatus": "written_off"});
        let closed = client.post(&path, body.clone()).await.expect(201);
        let shown = fields(&closed, &["status", "close_reason", "close_substatus"]);
        assert_eq!(shown, r#""closed" "Insolvent" "written_off""#);
        client.post(&path, body).await.expect(409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn interest_can_be_stopped_and_started() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = credit_line(&client).await;
        apply(&client, &disburse(&client, &loan, "1000").await).await;
        app.advance(&client, date(2023, 1, 11)).await;
        let accrued = read_loan(&client, &loan).await;
        // 1000 x 10 % x 10 / 365, rounded half up.
        assert_eq!(fields(&accrued, &["principal", "interest"]), "1000.00 2.74");
        let stop = format!("/api/v1/loan/{loan}/stop_interest_calculation/");
        let stopped = client.act(&stop).await.expect(201);
        assert_eq!(stopped["is_interest_calculation_enabled"], false);
        app.advance(&client, date(2023, 1, 21)).await;
        assert_eq!(fields(&read_loan(&client, &loan).await, &["interest"]), "2.74");
        let start = format!("/api/v1/loan/{loan}/start_interest_calculation/");
        let started = client.act(&start).await.expect(201);
        assert_eq!(started["is_interest_calculation_enabled"], true);
        app.advance(&client, date(2023, 1, 31)).await;
        // 20 of the 30 days count: 1000 x 10 % x 20 / 365.
        assert_eq!(fields(&read_loan(&client, &loan).await, &["interest"]), "5.48");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_filters_orders_pages_and_exports() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = credit_line_product(&client).await;
        let mut loans = Vec::new();
        for _ in 0..3 {
            loans.push(loan(&client, &product).await);
        }
        apply(&client, &disburse(&client, &loans[1], "500").await).await;
        let list = async |query: &str| {
            let page = client.get(&format!("/api/v1/loan/?{query}")).await.expect(200);
            let ids =
                page["results"].as_array().expect("a list").iter().map(id).collect::<Vec<_>>();
            (ids, page)
        };
        let (ids, page) = list("").await;
        assert_eq!(ids, loans);
        has_the_documents_keys(&page["results"][0]);
        assert_eq!(fields(&page, &["count", "next", "previous"]), "3 null null");
        assert_eq!(list("status=active,late").await.0, [loans[1].clone()]);
        assert_eq!(
            list("status=inactive&ordering=-id").await.0,
            [loans[2].clone(), loans[0].clone()]
        );
        assert_eq!(list("principal__gte=499.99&principal__lte=500").await.0, [loans[1].clone()]);
        assert_eq!(list(&format!("id={},{}", loans[0], loans[2])).await.0.len(), 2);
        assert_eq!(list("created_at__lte=2022-12-31").await.0.len(), 0);
        let (ids, page) = list("limit=1&offset=1").await;
        assert_eq!(ids, [loans[1].clone()]);
        let next = page["next"].as_str().expect("a next page");
        assert!(
            next.starts_with("http://127.0.0.1:")
                && next.ends_with("/api/v1/loan/?limit=1&offset=2"),
            "{next}"
        );
        let previous = page["previous"].as_str().expect("a previous page");
        assert!(previous.ends_with("/api/v1/loan/?limit=1"), "{previous}");
        let csv = client.get("/api/v1/loan/?format=csv&limit=1&status=inactive").await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = csv.text.lines().collect();
        assert_eq!(lines[0], KEYS.map(|(key, _)| key).join(","));
        assert_eq!(lines.len(), 3, "{}", csv.text);
        assert!(
            lines[1].starts_with(&loans[0]) && lines[1].contains(",2000.00,10,,0,"),
            "{}",
            lines[1]
        );
    })
    .await;
}
