//! The document's two tables as loans: disbursed on their date and run by the clock to the end.

use jiff::civil::Date;
use serde_json::json;

use crate::app::{fields, on_each_engine};
use crate::quote::GOLDEN;
use crate::scenario::{apply, disburse, loan, read_loan};

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_loans_end_at_exactly_zero() {
    on_each_engine(async |app| {
        for golden in &GOLDEN {
            let client = app.tenant_on("Lender", day(golden.disbursed_on)).await;
            let product = golden.product(&client).await;
            client.act(&format!("/api/v1/product/{product}/publish/")).await.expect(201);
            let loan = loan(&client, &product).await;
            apply(&client, &disburse(&client, &loan, "12000.00").await).await;
            let schedule = client.get(&format!("/api/v1/loan/{loan}/schedule/")).await.expect(200);
            assert_eq!(schedule, golden.expected(), "{}", app.engine());
            // The provider tells of the last collection some days after the due date.
            let last = day(golden.rows[5].0);
            app.advance(&client, last.saturating_add(jiff::Span::new().days(10))).await;
            let end = read_loan(&client, &loan).await;
            let names =
                ["status", "close_substatus", "principal", "interest", "fee", "pending_principal"];
            assert_eq!(fields(&end, &names), r#""closed" "paid_in_full" 0.00 0.00 0.00 0.00"#);
            let list = async |query: &str| {
                let path =
                    format!("/api/v1/transaction/?loan={loan}&limit=1000&ordering=date&{query}");
                client.get(&path).await.expect(200)
            };
            let repayments = list("type=repayment&status=applied&is_automatic=true").await;
            let repaid = repayments["results"].as_array().expect("a list").iter();
            let repaid: Vec<String> =
                repaid.map(|r| fields(r, &["principal", "interest", "amount"])).collect();
            let rows = golden.rows.iter();
            let expected: Vec<String> = rows
                .map(|(_, principal, interest, total, _)| {
                    format!("{} {} {}", json!(principal), json!(interest), json!(total))
                })
                .collect();
            assert_eq!(repaid, expected, "{}", app.engine());
            let interest = list("type=interest").await;
            let total: rust_decimal::Decimal = interest["results"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|r| r["amount"].as_str().unwrap_or_default().parse::<rust_decimal::Decimal>())
                .map(|amount| amount.expect("an amount"))
                .sum();
            assert_eq!(total.to_string(), golden.interest);
        }
    })
    .await;
}
