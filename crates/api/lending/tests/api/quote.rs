//! `/api/v1/product/{id}/quote/`.

use serde_json::{Value, json};

use crate::app::{Client, id, on_each_engine};
use crate::change::patch;
use crate::scenario;

/// The two repayment tables that the document prints, with the terms that reproduce them: principal, interest, total
/// and principal after of each instalment.
pub struct Golden {
    kind: &'static str,
    day: u32,
    pub disbursed_on: &'static str,
    pub rows: [(&'static str, &'static str, &'static str, &'static str, &'static str); 6],
    pub interest: &'static str,
}

pub const GOLDEN: [Golden; 2] = [
    Golden {
        kind: "equal_principal_term_loan",
        day: 1,
        disbursed_on: "2023-01-01",
        rows: [
            ("2023-02-01", "2000.00", "122.30", "2122.30", "10000.00"),
            ("2023-03-01", "2000.00", "92.05", "2092.05", "8000.00"),
            ("2023-04-01", "2000.00", "81.53", "2081.53", "6000.00"),
            ("2023-05-01", "2000.00", "59.18", "2059.18", "4000.00"),
            ("2023-06-01", "2000.00", "40.77", "2040.77", "2000.00"),
            ("2023-07-01", "2000.00", "19.73", "2019.73", "0.00"),
        ],
        interest: "415.56",
    },
    Golden {
        kind: "equal_instalments_term_loan",
        day: 24,
        disbursed_on: "2023-04-21",
        rows: [
            ("2023-05-24", "1940.39", "130.19", "2070.58", "10059.61"),
            ("2023-06-23", "1971.36", "99.22", "2070.58", "8088.25"),
            ("2023-07-24", "1988.15", "82.43", "2070.58", "6100.10"),
            ("2023-08-24", "2008.41", "62.17", "2070.58", "4091.69"),
            ("2023-09-22", "2031.57", "39.01", "2070.58", "2060.12"),
            ("2023-10-24", "2060.12", "21.67", "2081.79", "0.00"),
        ],
        interest: "434.69",
    },
];

impl Golden {
    /// A draft product of the table's terms.
    pub async fn product(&self, client: &Client) -> String {
        let holiday = if self.day == 1 { "on_day" } else { "last_business_day_before_the_day" };
        let body = json!({
            "type": self.kind, "name": "Golden", "max_loan_amount": 12000, "max_interest_rate": 12,
            "installments": 6, "repayment_date_period": self.day, "repayment_holiday_scheduling": holiday
        });
        id(&client.post("/api/v1/product/", body).await.expect(201))
    }

    /// The table as a schedule in an answer.
    pub fn expected(&self) -> Value {
        let rows =
            self.rows.iter().zip(1..).map(|((due, principal, interest, total, after), number)| {
                json!({
                    "number": number, "due_date": due, "principal": principal, "interest": interest,
                    "fee": "0.00", "total": total, "principal_after": after
                })
            });
        let rows: Vec<Value> = rows.collect();
        let total = format!("12{}", self.interest);
        json!({
            "installments": rows,
            "totals": {"principal": "12000.00", "interest": self.interest, "fee": "0.00", "total": total}
        })
    }
}

fn without_apr(mut quote: Value) -> Value {
    let apr = quote.as_object_mut().and_then(|quote| quote.remove("apr"));
    let apr = apr.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    assert!(apr.parse::<f64>().is_ok_and(|apr| (12.0..14.0).contains(&apr)), "apr {apr}");
    quote
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_tables_come_out_to_the_penny() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for golden in &GOLDEN {
            let product = golden.product(&client).await;
            let path = format!("/api/v1/product/{product}/quote/");
            let by_query = format!("{path}?disbursement_date={}", golden.disbursed_on);
            let quote = client.get(&by_query).await.expect(200);
            assert_eq!(without_apr(quote.clone()), golden.expected());
            let body = json!({
                "disbursement_date": golden.disbursed_on, "amount": "12000.00", "rate": 12, "installments": "6"
            });
            assert_eq!(client.post(&path, body.clone()).await.expect(200), quote);
            // A parameter of the query wins over the body.
            let smaller = client.post(&format!("{path}?amount=600&amount="), body).await.expect(200);
            assert_eq!(smaller["totals"]["principal"], "600.00");
        }
        // Without a date the loan is disbursed on the tenant's business date, which is the first table's.
        let product = GOLDEN[0].product(&client).await;
        let quote = client.get(&format!("/api/v1/product/{product}/quote/")).await.expect(200);
        assert_eq!(without_apr(quote), GOLDEN[0].expected());
        app.advance(&client, jiff::civil::date(2023, 1, 2)).await;
        let quote = client.act(&format!("/api/v1/product/{product}/quote/")).await.expect(200);
        assert_eq!(quote["installments"][0]["interest"], "118.36");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_of_the_disbursement_are_in_the_quote() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let plain = GOLDEN[0].product(&client).await;
        let fees = json!([
            {"name": "Arrangement", "type": "percent", "amount": 1.5, "event": "disbursement"},
            {"name": "Letter", "type": "flat", "amount": 12, "event": "arrears"},
            {"name": "Transfer", "type": "flat", "amount": "7.50", "event": "disbursement"},
            {"name": "Broker", "type": "percent", "amount": 1, "event": "disbursement"}
        ]);
        let product = GOLDEN[0].product(&client).await;
        let changes = json!({"default_fees": fees, "default_grace_instalments": 1});
        patch(&client, &format!("/api/v1/product/{product}/"), changes).await.expect(200);
        let grace = json!({"default_grace_instalments": 1});
        patch(&client, &format!("/api/v1/product/{plain}/"), grace).await.expect(200);
        let quote = async |product: &str| {
            let path = format!("/api/v1/product/{product}/quote/?disbursement_date=2023-01-01");
            client.get(&path).await.expect(200)
        };
        let (with, without) = (quote(&product).await, quote(&plain).await);
        // 180.00, 7.50 and 1 % of 12,187.50, with the second instalment: the first is in grace.
        let mut expected = without.clone();
        expected["installments"][1]["fee"] = json!("309.38");
        expected["installments"][1]["total"] = json!("2942.15");
        expected["totals"]["fee"] = json!("309.38");
        expected["totals"]["total"] = json!("12783.59");
        expected["apr"] = with["apr"].clone();
        assert_eq!(with, expected);
        let apr = |quote: &Value| {
            quote["apr"].as_str().expect("a rate").parse::<f64>().expect("a number")
        };
        assert!(apr(&with) > apr(&without) + 5.0, "{} {}", with["apr"], without["apr"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_instalments_differ_by_pennies_only() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = GOLDEN[1].product(&client).await;
        let path = format!("/api/v1/product/{product}/");
        let exact = json!({"instalment_method": "exact"});
        patch(&client, &path, exact).await.expect(200);
        let quote =
            client.get(&format!("{path}quote/?disbursement_date=2023-04-21")).await.expect(200);
        let totals = |quote: &Value| -> Vec<String> {
            let rows = quote["installments"].as_array().expect("rows").iter();
            rows.map(|row| row["total"].as_str().expect("an amount").to_owned()).collect()
        };
        let each = "2072.40";
        assert_eq!(totals(&quote), [each, each, each, each, each, "2072.42"]);
        assert_eq!(quote["totals"]["interest"], "434.42");
        // What was quoted is what is booked.
        client.act(&format!("{path}publish/")).await.expect(201);
        let today = client.get(&format!("{path}quote/")).await.expect(200);
        let loan = scenario::loan(&client, &product).await;
        let paid_out = scenario::disburse(&client, &loan, "12000").await;
        scenario::apply(&client, &paid_out).await;
        let booked = client.get(&format!("/api/v1/loan/{loan}/schedule/")).await.expect(200);
        assert_eq!(booked["installments"], today["installments"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_quoted_is_refused() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = GOLDEN[0].product(&client).await;
        let path = format!("/api/v1/product/{product}/quote/");
        let query = "amount=12000.01&rate=12.1&installments=0&disbursement_date=2023-02-30&first_repayment_date=soon";
        let date = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
        let expected = json!({
            "amount": ["Ensure this value is less than or equal to 12000.00."],
            "rate": ["Ensure this value is less than or equal to 12."],
            "installments": ["Ensure this value is greater than or equal to 1."],
            "disbursement_date": [date],
            "first_repayment_date": [date]
        });
        assert_eq!(client.get(&format!("{path}?{query}")).await.expect(400), expected);
        let body = json!({
            "amount": 12000.01, "rate": 12.1, "installments": 0,
            "disbursement_date": "2023-02-30", "first_repayment_date": "soon"
        });
        assert_eq!(client.post(&path, body).await.expect(400), expected);
        for (query, field) in [
            ("amount=-1", "amount"),
            ("amount=0", "amount"),
            ("amount=1.001", "amount"),
            ("installments=1201", "installments"),
            ("installments=2.5", "installments"),
            ("disbursement_date=2023-05-01&first_repayment_date=2023-05-01", "first_repayment_date"),
            ("disbursement_date=9999-12-01", "disbursement_date"),
        ] {
            let refused = client.get(&format!("{path}?{query}")).await.expect(400);
            let keys: Vec<_> = refused.as_object().expect("an object").keys().collect();
            assert_eq!(keys, [field], "{query}: {refused}");
        }
        let line = scenario::credit_line_product(&client).await;
        client.get(&format!("/api/v1/product/{line}/quote/")).await.is(
            409,
            concat!(
                r#"{"detail":"Only term loans have a repayment schedule; "#,
                r#"this product is of type simple_revolving_credit."}"#
            ),
        );
        let unknown = "/api/v1/product/01890000-0000-7000-8000-000000000000/quote/";
        client.get(unknown).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}
