//! `/api/v1/loan/{id}/payoff/` and `/api/v1/loan/{id}/explain/`.

use jiff::civil::date;
use serde_json::json;

use crate::app::{Client, fields, on_each_engine};
use crate::scenario::{apply, disburse, loan, read_loan, term_product};

/// The first golden loan: 12,000 at 12 %, paid out on 1 January 2023.
async fn golden(client: &Client) -> String {
    let product = term_product(client).await;
    let loan = loan(client, &product).await;
    apply(client, &disburse(client, &loan, "12000").await).await;
    loan
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payoff_ends_the_loan_on_its_day() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = golden(&client).await;
        app.advance(&client, date(2023, 1, 11)).await;
        let path = format!("/api/v1/loan/{loan}/payoff/");
        let names = ["date", "principal", "interest", "fee", "total", "pending_repayments"];
        let today = client.get(&path).await.expect(200);
        assert_eq!(
            fields(&today, &names),
            r#""2023-01-11" "12000.00" "39.45" "0.00" "12039.45" "0.00""#
        );
        let later = client.get(&format!("{path}?date=2023-01-25")).await.expect(200);
        assert_eq!(later["total"], "12094.68");
        app.advance(&client, date(2023, 1, 25)).await;
        let repayment = json!({"loan": loan, "type": "repayment", "amount": later["total"]});
        client.post("/api/v1/transaction/", repayment).await.expect(201);
        let left = client.get(&path).await.expect(200);
        assert_eq!(fields(&left, &["total", "pending_repayments"]), r#""0.00" "12094.68""#);
        let body = read_loan(&client, &loan).await;
        assert_eq!(fields(&body, &["principal", "interest", "fee"]), "0.00 0.00 0.00");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_quoted_or_explained_says_so() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = golden(&client).await;
        let path = format!("/api/v1/loan/{loan}");
        let wrong = [
            ("payoff/?date=2022-12-31", r#"{"date":["Ensure this date is not before today, 2023-01-01."]}"#),
            ("payoff/?date=2123-01-02", r#"{"date":["Ensure this date is not after 2123-01-01."]}"#),
            ("payoff/?date=soon", r#"{"date":["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]}"#),
            ("explain/?date=2023-01-02", r#"{"date":["Ensure this date is not after today, 2023-01-01."]}"#),
            ("explain/?balance=cash&format=pdf", r#"{"balance":["\"cash\" is not a valid choice."],"format":["\"pdf\" is not a valid choice."]}"#),
        ];
        for (query, expected) in wrong {
            client.get(&format!("{path}/{query}")).await.is(400, expected);
        }
        let unused = crate::scenario::credit_line(&client).await;
        let refused = client.get(&format!("/api/v1/loan/{unused}/payoff/")).await.expect(409);
        assert!(refused["detail"].as_str().is_some_and(|it| it.contains("inactive")), "{refused}");
        let empty = client.get(&format!("/api/v1/loan/{unused}/explain/")).await.expect(200);
        assert_eq!(empty["principal"]["lines"], json!([]));
        let stranger = app.tenant("Another").await;
        for operation in ["payoff", "explain"] {
            stranger.get(&format!("{path}/{operation}/")).await.expect(404);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cent_is_explained() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let loan = golden(&client).await;
        app.advance(&client, date(2023, 2, 11)).await;
        let fee = json!({"loan": loan, "type": "fee", "name": "Letter"});
        client.post("/api/v1/transaction/", fee).await.expect(201);
        let path = format!("/api/v1/loan/{loan}/explain/");
        let told = client.get(&path).await.expect(200);
        let first = &told["interest"]["periods"][0];
        assert_eq!(
            fields(
                first,
                &["from", "to", "is_ended", "interest", "posted", "difference", "postings"]
            ),
            r#""2023-01-01" "2023-02-01" true "122.30" "122.30" "0.00" 31"#
        );
        assert_eq!(
            first["exact"],
            json!({"decimal": "122.301369863013", "numerator": "8928", "denominator": "73"})
        );
        assert_eq!(first["spells"][0]["formula"], "12000.00 x 12 % x 31/365");
        let listed = client.get(first["transactions"].as_str().expect("a path")).await.expect(200);
        assert_eq!(listed["count"], 31);
        let steps = told["interest"]["lines"].as_array().expect("lines");
        let steps: Vec<_> =
            steps.iter().map(|it| fields(it, &["date", "what", "amount", "balance"])).collect();
        assert_eq!(
            steps,
            [
                r#""2023-02-01" "interest" "122.30" "122.30""#,
                r#""2023-02-01" "repayment" "-122.30" "0.00""#,
                r#""2023-02-11" "interest" "32.88" "32.88""#,
            ]
        );
        assert_eq!(told["interest"]["balance"], "32.88");
        assert_eq!(told["fee"]["lines"][0]["formula"], "a flat amount");
        assert_eq!(told["principal"]["difference"], "0.00");
        assert_eq!(told["repayments"][0]["paid"]["principal"], "2000.00");
        let one = client.get(&format!("{path}?balance=fee&date=2023-02-10")).await.expect(200);
        assert_eq!(one["fee"]["balance"], "0.00");
        assert!(one.get("interest").is_none() && one.get("principal").is_none());
        let text = client.get(&format!("{path}?format=text")).await;
        assert!(text.header("content-type").starts_with("text/plain"));
        assert!(text.text.contains("12000.00 x 12 % x 31/365 = 122.301369863013"), "{}", text.text);
        assert!(text.text.contains("INTEREST: 32.88"), "{}", text.text);
    })
    .await;
}
