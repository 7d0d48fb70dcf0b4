//! Every list by every field: filters, orders, pages and CSV.

use std::collections::BTreeSet;
use std::time::Duration;

use florin_decisioning::{
    self as decisioning, data_point, input_source, risk_engine, scorecard, selector,
};
use florin_lending::{
    address, application, company, end_user, loan, product, statement, transaction,
};
use florin_storage::{Field, Insert, Kind, StorageError, Tx, Type, Value as Sql};
use jiff::civil::date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Client, TestApp, id, on_each_engine};
use crate::{decision, mandates, scenario};

/// A list's path and what it can be filtered and ordered by.
type List = (String, &'static [Field]);

/// A few of everything, and all lists of them.
async fn a_few_of_each(app: &TestApp, client: &Client) -> Vec<List> {
    let (term, line) =
        (scenario::term_product(client).await, scenario::credit_line_product(client).await);
    for (number, product) in [&term, &line, &term].into_iter().enumerate() {
        let loan = scenario::loan(client, product).await;
        let amount = format!("{}.00", 1_000 + number);
        let payout = scenario::disburse(client, &loan, &amount).await;
        if number != 1 {
            scenario::apply(client, &payout).await;
            let body = json!({
                "loan": loan, "type": "repayment", "amount": "10.00", "unique_key": format!("key {number}")
            });
            client.post("/api/v1/transaction/", body).await.expect(201);
        }
    }
    let card = scenario::card_product(client).await;
    scenario::paid_out(client, &card, ("Ada", "Lovelace"), "1000").await;
    app.advance(client, date(2023, 2, 3)).await;
    decision::things(client).await;
    let (addresses, people) = a_company(client).await;
    let borrower = client.get("/api/v1/loan/?limit=1").await.expect(200);
    let borrower = borrower["results"][0]["end_user"].as_str().expect("an id").to_owned();
    mandates::with_provider(app, client).await;
    mandates::given(app, client, &borrower).await;
    let lists: [(&str, &'static [Field]); 13] = [
        ("product/", product::FIELDS),
        ("end-user/", end_user::FIELDS),
        ("application/", application::FIELDS),
        ("loan/", loan::FIELDS),
        ("transaction/", transaction::FIELDS),
        ("statement/", statement::FIELDS),
        ("go-cardless-mandate/", florin_mandates::mandate::FIELDS),
        ("input-source/", input_source::FIELDS),
        ("data-point/", data_point::FIELDS),
        ("scorecard/", scorecard::FIELDS),
        ("risk-engine/", risk_engine::FIELDS),
        ("risk-engine-selector/", selector::FIELDS),
        ("decision/", decisioning::decision::FIELDS),
    ];
    let nested = [
        (addresses, address::FIELDS),
        (people, company::FIELDS),
        (format!("/api/v1/end-user/{borrower}/loans/"), loan::FIELDS),
    ];
    let lists = lists.map(|(path, fields)| (format!("/api/v1/{path}"), fields));
    lists.into_iter().chain(nested).collect()
}

/// A company with two addresses and two people; gives the paths of both lists.
async fn a_company(client: &Client) -> (String, String) {
    let body = json!({
        "type": "limited_company", "first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com",
        "company_name": "Cobol Ltd", "registration_number": "01234567"
    });
    let company = id(&client.post("/api/v1/end-user/", body).await.expect(201));
    let addresses = format!("/api/v1/end-user/{company}/address/");
    for (number, date) in [(1, "2020-01-01"), (2, "2022-01-01")] {
        let body = json!({
            "address_line_1": format!("{number} Shambles"), "city": "York", "postal_code": "YO1 7LZ",
            "country": "GB", "moved_in": date
        });
        client.post(&addresses, body).await.expect(201);
    }
    let people = format!("/api/v1/company/{company}/assign-enduser/");
    for role in ["director", "owner"] {
        let body = json!({"end_user": scenario::end_user(client).await, "role": role});
        client.post(&people, body).await.expect(201);
    }
    (addresses, people)
}

/// A field's value on the wire as a parameter says it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn ids(page: &Value) -> Vec<String> {
    let results = page["results"].as_array().expect("results");
    results.iter().map(id).collect()
}

/// Whether a field's text lies at or beyond another, as its kind compares.
fn at_least(kind: Kind, one: &str, other: &str) -> bool {
    match kind {
        Kind::Int | Kind::Money | Kind::Rate => {
            let number = |text: &str| text.parse::<rust_decimal::Decimal>().expect("a number");
            number(one) >= number(other)
        }
        _ => one >= other,
    }
}

/// The items whose field passes, of a list that is shown whole.
fn passing(all: &[Value], field: &Field, test: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let passes = |item: &&Value| {
        let value = &item[field.name];
        !value.is_null() && test(&text(value))
    };
    all.iter().filter(passes).map(id).collect()
}

async fn filters_of(client: &Client, path: &str, field: &Field, all: &[Value]) {
    // What is not in an answer is a filter all the same (a currency, when it was made).
    let shown: BTreeSet<String> = all
        .iter()
        .filter_map(|item| item.get(field.name))
        .filter(|value| !value.is_null() && !text(value).is_empty())
        .map(text)
        .collect();
    let get = async |parameter: &str, value: &str| {
        let answer = client.get(&format!("{path}?limit=1000&{parameter}={}", encoded(value))).await;
        ids(&answer.expect(200)).into_iter().collect::<BTreeSet<_>>()
    };
    for one in &shown {
        let expected = passing(all, field, |text| text == one);
        assert!(!one.contains(','), "{path}{}: {one}", field.name);
        assert_eq!(get(field.name, one).await, expected, "{path}?{}={one}", field.name);
        let has_order = matches!(
            field.kind,
            Kind::Int | Kind::Date | Kind::Timestamp | Kind::Money | Kind::Rate
        );
        if has_order {
            let expected = passing(all, field, |text| at_least(field.kind, text, one));
            let found = get(&format!("{}__gte", field.name), one).await;
            assert_eq!(found, expected, "{path}?{}__gte={one}", field.name);
            let expected = passing(all, field, |text| at_least(field.kind, one, text));
            let found = get(&format!("{}__lte", field.name), one).await;
            assert_eq!(found, expected, "{path}?{}__lte={one}", field.name);
        }
    }
    let several: Vec<String> = shown.into_iter().collect();
    let answer = client
        .get(&format!("{path}?limit=1000&{}={}", field.name, encoded(&several.join(","))))
        .await;
    let found: BTreeSet<String> = ids(&answer.expect(200)).into_iter().collect();
    if !several.is_empty() {
        assert_eq!(found, passing(all, field, |text| several.iter().any(|it| it == text)));
    }
}

/// Filters that show a masked or rewritten value cannot be tried with what is shown.
fn is_shown_as_kept(path: &str, field: &Field) -> bool {
    !(path.contains("end-user") && matches!(field.name, "bank_account_number" | "sort_code"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_list_is_a_filter() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for (path, fields) in a_few_of_each(app, &client).await {
            let all = client.get(&format!("{path}?limit=1000")).await.expect(200);
            let all = all["results"].as_array().expect("results");
            assert!(!all.is_empty(), "{path}");
            for field in fields.iter().filter(|field| is_shown_as_kept(&path, field)) {
                filters_of(&client, &path, field, all).await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_list_orders_both_ways() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for (path, fields) in a_few_of_each(app, &client).await {
            for field in fields {
                let up = client.get(&format!("{path}?limit=1000&ordering={}", field.name)).await;
                let up = up.expect(200);
                let down = client.get(&format!("{path}?limit=1000&ordering=-{}", field.name)).await;
                let mut back = ids(&down.expect(200));
                back.reverse();
                assert_eq!(ids(&up), back, "{path} by {}", field.name);
                let items = up["results"].as_array().expect("results");
                let values = items.iter().filter_map(|item| item.get(field.name));
                let values: Vec<String> =
                    values.filter(|value| !value.is_null()).map(text).collect();
                if field.kind != Kind::Bool {
                    let sorted = values.is_sorted_by(|one, next| at_least(field.kind, next, one));
                    assert!(sorted, "{path} by {}: {values:?}", field.name);
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_named() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for (path, fields) in a_few_of_each(app, &client).await {
            for field in fields.iter().filter(|field| field.kind != Kind::Text) {
                let query = format!("{path}?{}=%20nonsense", field.name);
                let refused = client.get(&query).await.expect(400);
                assert!(refused[field.name].is_array(), "{query}: {refused}");
                let query = format!("{path}?format=csv&{}=%20nonsense", field.name);
                client.get(&query).await.expect(400);
            }
            for (parameter, value) in [
                ("limit", "0"),
                ("limit", "1001"),
                ("limit", "x"),
                ("offset", "-1"),
                ("ordering", "nothing"),
                ("format", "xml"),
                ("after", "x"),
            ] {
                let refused = client.get(&format!("{path}?{parameter}={value}")).await.expect(400);
                assert!(refused[parameter].is_array(), "{path}?{parameter}={value}: {refused}");
            }
            client.get(&format!("{path}?limit=1000&offset=4294967295")).await.expect(200);
        }
    })
    .await;
}

const TRANSACTIONS: Insert = Insert {
    table: "loan_transaction",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("id", Type::Uuid),
        ("loan_id", Type::Uuid),
        ("type", Type::Text),
        ("status", Type::Text),
        ("currency", Type::Text),
        ("amount", Type::Int),
        ("principal", Type::Int),
        ("interest", Type::Int),
        ("fee", Type::Int),
        ("is_automatic", Type::Int),
        ("effective_on", Type::Text),
        ("created_at", Type::Int),
        ("name", Type::Text),
    ],
    on_conflict: "",
};

/// Puts so many transactions into the tenant's list, past every rule.
fn fill(app: &TestApp, client: &Client, count: u32) {
    let tenant = client.tenant.expect("a tenant").uuid();
    let insert = move |tx: &mut Tx| {
        let rows = (0..count).map(|number| {
            let id =
                Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number));
            let amount = i64::from(number % 997);
            [
                Sql::from(tenant),
                id.into(),
                Uuid::from_u128(u128::from(number % 50)).into(),
                ["interest", "repayment", "fee"][(number % 3) as usize].into(),
                if number % 100 == 0 { "failed".into() } else { "applied".into() },
                "GBP".into(),
                amount.into(),
                amount.into(),
                0_i64.into(),
                0_i64.into(),
                false.into(),
                jiff::civil::date(2023, 1, 1 + (number / 500 % 28) as i8).into(),
                i64::from(number).into(),
                format!("a name, \"quoted\" {number}").into(),
            ]
        });
        tx.insert_many(&TRANSACTIONS, rows)
    };
    let filled = app.db().write_blocking::<_, StorageError>(insert);
    assert_eq!(filled.expect("rows"), u64::from(count));
}

/// The rows of a CSV as its reader sees them, by the names of the header.
fn read_csv(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    let header = rows.remove(0);
    rows.into_iter().map(|row| header.iter().cloned().zip(row).collect()).collect()
}

async fn by_pages(client: &Client, path: &str, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = Some(format!("{path}?limit=300{query}"));
    while let Some(at) = next {
        let page = client.get(&at).await.expect(200);
        found.extend(page["results"].as_array().expect("results").iter().cloned());
        let url = page["next"].as_str();
        next = url.map(|url| url[url.find("/api/").expect("a path")..].to_owned());
        if next.is_none() {
            assert_eq!(page["count"], found.len(), "{path}?{query}");
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_has_the_rows_of_all_pages() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        fill(app, &client, 6_500);
        let path = "/api/v1/transaction/";
        for query in [
            "",
            "&ordering=-id",
            "&type=fee",
            "&status=failed",
            "&status=failed,applied&ordering=amount",
            "&amount__gte=5.00&ordering=-created_at",
            "&type=fee,repayment&date__gte=2023-01-05&date__lte=2023-01-09",
        ] {
            let pages = by_pages(&client, path, query).await;
            assert!(!pages.is_empty());
            let csv = client.get(&format!("{path}?format=csv{query}")).await;
            assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
            let rows = read_csv(&csv.text);
            assert_eq!(rows.len(), pages.len(), "{query}");
            for (row, item) in rows.iter().zip(&pages) {
                for (column, cell) in row {
                    let value = &item[column];
                    let expected = if value.is_null() { String::new() } else { text(value) };
                    assert_eq!(cell, &expected, "{query}: {column}");
                }
            }
        }
        let request = client.request(reqwest::Method::GET, path).header("accept", "text/csv");
        let by_header = client.send(request).await;
        assert_eq!(by_header.text, client.get(&format!("{path}?format=csv")).await.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_waits_for_a_slow_reader() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        fill(app, &client, 60_000);
        let path = "/api/v1/transaction/?format=csv";
        let request = client.request(reqwest::Method::GET, path);
        let mut response =
            request.timeout(Duration::from_secs(120)).send().await.expect("an answer");
        let first = response.chunk().await.expect("a chunk").expect("some bytes");
        assert!(first.len() < 1_000_000, "{} bytes at once", first.len());
        // While nobody reads on, others are served, and the rows that follow wait in the database.
        client.get("/api/v1/transaction/?limit=5").await.expect(200);
        let mut length = first.len();
        while let Some(chunk) = response.chunk().await.expect("a chunk") {
            length += chunk.len();
        }
        assert!(length > 60_000 * 100, "{length} bytes");
    })
    .await;
}
