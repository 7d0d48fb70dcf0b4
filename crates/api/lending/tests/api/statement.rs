//! `/api/v1/statement/`. At 18.25 % a balance of 1,000.00 bears exactly 0.50 a day.

use florin_lending::statement::FIELDS;
use jiff::civil::date;
use serde_json::Value;

use crate::app::{Client, TestApp, fields, id, on_each_engine};
use crate::scenario::{book, card_product, charge, paid_out, standing};

const PATH: &str = "/api/v1/statement/";

async fn statements(client: &Client, loan: &str) -> Vec<Value> {
    let path = format!("{PATH}?loan={loan}&ordering=number");
    let page = client.get(&path).await.expect(200);
    page["results"].as_array().expect("results").clone()
}

async fn read(client: &Client, statement: &Value) -> Value {
    client.get(&format!("{PATH}{}/", id(statement))).await.expect(200)
}

/// All of a statement that never changes.
async fn fixed(client: &Client, statement: &Value) -> Value {
    let mut sheet = read(client, statement).await;
    sheet.as_object_mut().expect("an object").remove("paid_so_far");
    sheet
}

/// The head of a statement, as sent.
fn head(statement: &Value) -> String {
    let names = [
        "number",
        "period_from",
        "period_to",
        "opening_balance",
        "closing_balance",
        "minimum_repayment",
        "due_date",
        "paid_so_far",
    ];
    fields(statement, &names).replace('"', "")
}

/// The lines that are not interest of a night.
fn lines(statement: &Value) -> Vec<String> {
    let lines = statement["transactions"].as_array().expect("lines").iter();
    let told = lines.filter(|it| it["type"] != "interest" || it["name"] != "");
    let names = ["date", "type", "name", "amount", "balance", "is_returned"];
    told.map(|it| fields(it, &names).replace('"', "")).collect()
}

/// A month of a card: 1,000.00 on 1 January, a copy for 5.00 and a repayment of 110.00 on the 11th.
async fn a_month(app: &TestApp) -> (Client, String) {
    let client = app.tenant("Lend & Co <Ltd>").await;
    let product = card_product(&client).await;
    let loan = paid_out(&client, &product, ("Ada", "O'Hara <b>"), "1000").await;
    app.advance(&client, date(2023, 1, 11)).await;
    charge(&client, &loan, "Copy").await;
    book(&client, &loan, "repayment", "110").await;
    app.advance(&client, date(2023, 2, 1)).await;
    (client, loan)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_has_a_statement_a_month() {
    on_each_engine(async |app| {
        let (client, loan) = a_month(app).await;
        // 10 nights at 0.50, then 21 at 0.45 on 900.00: 1,000 + 5 + 5 - 110 + 9.45. The minimum is 5 % of that, 45.47,
        // and the interest.
        let first = &statements(&client, &loan).await[0];
        let told = "1 2023-01-01 2023-02-01 0.00 909.45 54.92 2023-02-15 0.00";
        assert_eq!(head(first), told);
        assert_eq!(fields(first, &["principal", "interest", "fee"]), r#""900.00" "9.45" "0.00""#);
        let sheet = fixed(&client, first).await;
        assert_eq!(sheet["transactions"].as_array().map(Vec::len), Some(1 + 10 + 2 + 21));
        assert_eq!(
            lines(&sheet),
            [
                "2023-01-01 disbursement  1000.00 1000.00 false",
                "2023-01-11 fee Copy 5.00 1010.00 false",
                "2023-01-11 repayment  -110.00 900.00 false",
            ]
        );
        let last = sheet["transactions"].as_array().and_then(|it| it.last()).expect("a line");
        assert_eq!(fields(last, &["date", "balance"]), r#""2023-02-01" "909.45""#);
        // 20.00 on the 10th: 13.50 of it is interest. What is left of the minimum is collected on the 15th.
        app.advance(&client, date(2023, 2, 10)).await;
        book(&client, &loan, "repayment", "20").await;
        let told = "1 2023-01-01 2023-02-01 0.00 909.45 54.92 2023-02-15 20.00";
        assert_eq!(head(&statements(&client, &loan).await[0]), told);
        app.advance(&client, date(2023, 3, 1)).await;
        let both = statements(&client, &loan).await;
        let told = "1 2023-01-01 2023-02-01 0.00 909.45 54.92 2023-02-15 54.92";
        assert_eq!(head(&both[0]), told);
        // 893.50 from the 10th, 860.81 from the 15th: 2.23 and 6.03 of interest after the 4.05 of nine nights.
        let told = "2 2023-02-02 2023-03-01 909.45 866.84 49.37 2023-03-15 0.00";
        assert_eq!(head(&both[1]), told);
        assert_eq!(
            lines(&read(&client, &both[1]).await),
            [
                "2023-02-10 repayment  -20.00 893.50 false",
                "2023-02-15 repayment  -34.92 860.81 false"
            ]
        );
        assert_eq!(standing(&client, &loan).await, r#""active" 860.81 6.03 0.00"#);
        assert_eq!(fixed(&client, first).await, sheet, "a statement never changes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repayment_that_fails_after_the_statement_is_given_back_by_the_next_one() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = card_product(&client).await;
        let loan = paid_out(&client, &product, ("Penniless", "Jack"), "1000").await;
        app.advance(&client, date(2023, 1, 30)).await;
        // 29 nights: 14.50. The provider refuses three business days later, on 2 February.
        let repayment = book(&client, &loan, "repayment", "100").await;
        assert_eq!(fields(&repayment, &["interest", "principal"]), r#""14.50" "85.50""#);
        app.advance(&client, date(2023, 2, 1)).await;
        let first = statements(&client, &loan).await.remove(0);
        // Two nights on 914.50: 0.91. The minimum is 45.77 and the interest.
        let told = "1 2023-01-01 2023-02-01 0.00 915.41 46.68 2023-02-15 0.00";
        assert_eq!(head(&first), told);
        let before = fixed(&client, &first).await;
        app.advance(&client, date(2023, 2, 2)).await;
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 16.00 0.00"#);
        let failed = client.get(&format!("/api/v1/transaction/{}/", id(&repayment))).await;
        let failed = failed.expect(200);
        assert_eq!(
            fields(&failed, &["status", "failure_reason", "ended_date"]),
            r#""failed" "insufficient_funds" "2023-02-02""#
        );
        assert_eq!(fixed(&client, &first).await, before, "a statement never changes");
        assert_eq!(lines(&before)[1], "2023-01-30 repayment  -100.00 914.50 false");
        // Tried again, it is a repayment of this period, and the first statement still shows what it showed.
        let path = format!("/api/v1/transaction/{}/retry/", id(&repayment));
        let again = client.act(&path).await.expect(201);
        assert_eq!(fields(&again, &["status", "date"]), r#""pending" "2023-02-02""#);
        assert_eq!(again.get("ended_date"), None);
        assert_eq!(fixed(&client, &first).await, before, "a statement never changes");
        app.advance(&client, date(2023, 3, 1)).await;
        let second = statements(&client, &loan).await.remove(1);
        // The repayment given back, the night that it had spared less of and its correction, 27 nights at 0.50, and
        // the fee of the arrears: 915.41 + 100 + 0.46 + 0.13 + 13.50 + 12. What failed at once does not show.
        assert_eq!(
            fields(&second, &["opening_balance", "closing_balance"]),
            r#""915.41" "1041.50""#
        );
        assert_eq!(
            fields(&second, &["principal", "interest", "fee", "minimum_repayment"]),
            r#""1000.00" "29.50" "12.00" "93.58""#
        );
        let sheet = read(&client, &second).await;
        let lines = lines(&sheet);
        let repayments: Vec<&String> =
            lines.iter().filter(|it| it.contains(" repayment  ")).collect();
        assert_eq!(repayments.len(), 1, "{lines:?}");
        let is_given_back = repayments[0].starts_with("2023-02-02 repayment  100.00 ");
        assert!(is_given_back && repayments[0].ends_with(" true"), "{lines:?}");
        assert!(lines.contains(&"2023-02-23 fee Arrears letter 12.00 1038.50 false".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_as_csv_and_as_a_page_to_print() {
    on_each_engine(async |app| {
        let (client, loan) = a_month(app).await;
        let first = &statements(&client, &loan).await[0];
        let path = format!("{PATH}{}/", id(first));
        let csv = client.get(&format!("{path}?format=csv")).await;
        assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
        let rows: Vec<&str> = csv.text.lines().collect();
        assert_eq!(rows.len(), 1 + 34, "{}", csv.text);
        let columns = "transaction,date,type,name,is_returned,amount,principal,interest,fee,balance";
        assert_eq!(rows[0], columns);
        let row = ",2023-01-11,repayment,,false,-110.00,-100.00,-5.00,-5.00,900.00";
        assert!(rows.iter().any(|it| it.ends_with(row)), "{}", csv.text);
        let request = client.request(reqwest::Method::GET, &path).header("accept", "text/html");
        let page = client.send(request).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        for text in [
            "<title>Statement of 1 February 2023 - Lend &amp; Co &lt;Ltd&gt;</title>",
            "Ada O&#39;Hara &lt;b&gt;",
            "Please pay at least 54.92 GBP by 15 February 2023.",
            "<th scope=\"row\">Fee: Copy</th><td class=\"amount\">5.00</td><td class=\"amount\">1,010.00</td>",
            "<th scope=\"row\">Closing balance</th><td></td><td class=\"amount\">909.45</td>",
            "@page { size: A4;",
        ] {
            assert!(page.text.contains(text), "{text} in {}", page.text);
        }
        assert!(!page.text.contains("<script") && !page.text.contains("O'Hara"), "{}", page.text);
        let refused = client.get(&format!("{path}?format=pdf")).await;
        refused.is(400, r#"{"format":["\"pdf\" is not a valid choice."]}"#);
        let unknown = format!("{PATH}01890000-0000-7000-8000-000000000000/");
        for format in ["json", "csv", "html"] {
            let path = format!("{unknown}?format={format}");
            client.get(&path).await.is(404, r#"{"detail":"Not found."}"#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_listed_by_every_field() {
    on_each_engine(async |app| {
        let (client, loan) = a_month(app).await;
        app.advance(&client, date(2023, 4, 1)).await;
        let all = statements(&client, &loan).await;
        assert_eq!(all.len(), 3);
        for field in FIELDS {
            let value = &all[1][field.name];
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let query = format!("{PATH}?{}={value}&ordering=-{}", field.name, field.name);
            let page = client.get(&query).await.expect(200);
            let found = page["results"].as_array().expect("results");
            assert!(found.contains(&all[1]), "{query}: {page}");
            assert!(found.iter().all(|it| it[field.name] == all[1][field.name]), "{query}");
        }
        let count = async |query: &str| {
            let page = client.get(&format!("{PATH}?{query}")).await.expect(200);
            page["count"].clone()
        };
        assert_eq!(count("due_date__gte=2023-03-01").await, 2);
        assert_eq!(count("due_date__gte=2023-03-01&due_date__lte=2023-03-31").await, 1);
        assert_eq!(count("number=1,3").await, 2);
        assert_eq!(count("paid_so_far__gte=0.01").await, 2);
        assert_eq!(count("closing_balance__lte=1.00").await, 0);
        let csv = client.get(&format!("{PATH}?format=csv&ordering=-number")).await;
        let rows: Vec<&str> = csv.text.lines().collect();
        assert_eq!(rows.len(), 4, "{}", csv.text);
        assert!(rows[0].starts_with("id,loan,number,period_from,period_to,opening_balance"));
        assert!(rows[1].contains(",3,2023-03-02,2023-04-01,"), "{}", csv.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_credit_has_no_statements() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = crate::scenario::dear_line_product(&client).await;
        let loan = paid_out(&client, &product, ("Ada", "Lovelace"), "1000").await;
        app.advance(&client, date(2023, 3, 1)).await;
        assert_eq!(statements(&client, &loan).await, Vec::<Value>::new());
        // 59 nights.
        assert_eq!(standing(&client, &loan).await, r#""active" 1000.00 29.50 0.00"#);
    })
    .await;
}
