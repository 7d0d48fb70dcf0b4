//! Every JSON example of the lending documents beside our answer to the request that it belongs to: the same keys,
//! the same JSON types. The examples stand in `tests/fixtures/` as they are printed (one lacked a comma). What may
//! differ stands in [`DIFFERENCES`] and, for clients, in docs/API.md.

use jiff::civil::date;
use serde_json::{Map, Value, json};

use crate::app::{Client, TestApp, id, on_each_engine};
use crate::change::{patch, put};
use crate::scenario;

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../fixtures/", $name, ".json")))),*]
    };
}

const FIXTURES: &[(&str, &str)] = fixtures![
    "application_complete",
    "application_create",
    "application_create_request",
    "application_get",
    "application_list",
    "application_patch",
    "application_patch_request",
    "application_reopen",
    "application_withdraw",
    "end_user_create",
    "end_user_create_request",
    "end_user_get",
    "end_user_list",
    "end_user_patch",
    "end_user_put",
    "fee",
    "loan_close",
    "loan_create",
    "loan_get",
    "loan_list",
    "loan_make_arrears",
    "loan_make_default",
    "loan_start_interest_calculation",
    "loan_stop_interest_calculation",
    "product",
    "product_create",
    "product_get",
    "product_list",
];

/// Examples, where in them (as [`differences`] tells it), and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("_list", "previous: null for string", "the printed \"None\" is Python's null"),
    ("loan_list", "count: number for string", "the printed \"\" is no number of results"),
    (
        "end_user_list",
        "the whole: an item",
        "the document prints one end user; its text has count, next, previous and results as all lists do",
    ),
    (
        "end_user_",
        "type: not printed",
        "only the example of one end user has it; it is answered always",
    ),
];

fn fixture(name: &str) -> Value {
    let found = FIXTURES.iter().find(|(known, _)| *known == name);
    let (_, text) = found.unwrap_or_else(|| panic!("no fixture {name}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Tells in what our answer differs from the example, key by key.
fn differences(at: &str, ours: &Value, example: &Value, found: &mut Vec<String>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match (ours, example) {
        (Value::Object(ours), Value::Object(example)) => {
            let more = ours.keys().filter(|key| !example.contains_key(*key));
            found.extend(more.map(|key| format!("{}: not printed", below(key))));
            for (key, value) in example {
                match ours.get(key) {
                    Some(own) => differences(&below(key), own, value, found),
                    None => found.push(format!("{}: missing", below(key))),
                }
            }
        }
        (Value::Array(ours), Value::Array(example)) => {
            assert!(!ours.is_empty(), "{at} is empty: nothing to compare");
            for own in ours {
                differences(&format!("{at}[]"), own, &example[0], found);
            }
        }
        _ if kind(ours) == kind(example) => {}
        _ => found.push(format!("{at}: {} for {}", kind(ours), kind(example))),
    }
}

/// Checks an answer against an example: it differs only in what may differ.
#[track_caller]
fn check(name: &str, ours: &Value) {
    let mut found = Vec::new();
    differences("", ours, &fixture(name), &mut found);
    let is_allowed = |difference: &String| {
        DIFFERENCES.iter().any(|(of, what, _)| name.contains(of) && difference == what)
    };
    found.retain(|difference| !is_allowed(difference));
    assert!(found.is_empty(), "{name}: {found:#?}\n{ours}");
}

/// The example without what the caller of a request does not say.
fn request(name: &str) -> Map<String, Value> {
    let Value::Object(mut body) = fixture(name) else { panic!("{name} is no object") };
    for key in ["id", "is_draft", "status", "reason"] {
        body.remove(key);
    }
    body
}

#[test]
fn every_fixture_is_there_and_read() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let names = std::fs::read_dir(directory).expect("the fixtures").map(|file| {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        name.trim_end_matches(".json").to_owned()
    });
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    assert_eq!(names, FIXTURES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, _) in FIXTURES {
        assert!(fixture(name).is_object(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_answered_as_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for name in ["product_create", "product_get", "product"] {
            let created = client.post("/api/v1/product/", request(name).into()).await.expect(201);
            check(name, &created);
            let path = format!("/api/v1/product/{}/", id(&created));
            check(name, &client.get(&path).await.expect(200));
        }
        let product = request("product_create");
        let fee = fixture("fee");
        let with_fee = json!({"default_fees": fee});
        let changed: Map<String, Value> =
            product.into_iter().chain(with_fee.as_object().expect("an object").clone()).collect();
        let created = client.post("/api/v1/product/", changed.into()).await.expect(201);
        check("fee", &created["default_fees"]);
        let page = client.get("/api/v1/products/product/?limit=1").await.expect(200);
        check("product_list", &page);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn end_users_are_answered_as_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let body = fixture("end_user_create_request");
        let created = client.post("/api/v1/end-user/", body).await.expect(201);
        check("end_user_create", &created);
        let path = format!("/api/v1/end-user/{}/", id(&created));
        check("end_user_get", &client.get(&path).await.expect(200));
        check(
            "end_user_put",
            &put(&client, &path, request("end_user_put").into()).await.expect(200),
        );
        let body = request("end_user_patch").into();
        check("end_user_patch", &patch(&client, &path, body).await.expect(200));
        let page = client.get("/api/v1/end-user/").await.expect(200);
        check("end_user_list", &page["results"][0]);
    })
    .await;
}

/// What the document's applications are for: 1,000 in 4 instalments at 10 %.
async fn product(client: &Client) -> String {
    let body = json!({
        "type": "equal_principal_term_loan", "name": "Term loan", "max_loan_amount": 10000,
        "default_loan_amount": 1000, "max_interest_rate": 15, "default_interest_rate": 10,
        "installments": 5, "repayment_date_type": "day_of_month", "repayment_date_period": 1
    });
    scenario::product(client, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_are_answered_as_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let (product, end_user) = (product(&client).await, scenario::end_user(&client).await);
        let of = |name: &str| {
            let mut body = request(name);
            body.insert("product".to_owned(), product.clone().into());
            body.insert("end_user".to_owned(), end_user.clone().into());
            Value::Object(body)
        };
        let path = "/api/v1/application/";
        let created = client.post(path, of("application_create_request")).await.expect(201);
        check("application_create", &created);
        let path = format!("{path}{}/", id(&created));
        check("application_get", &client.get(&path).await.expect(200));
        let body = of("application_patch_request");
        check("application_patch", &patch(&client, &path, body.clone()).await.expect(200));
        check("application_patch", &put(&client, &path, body).await.expect(200));
        for verb in ["complete", "reopen", "withdraw"] {
            let answer = client.act(&format!("{path}{verb}/")).await.expect(200);
            check(&format!("application_{verb}"), &answer);
            assert_eq!(answer["status"], fixture(&format!("application_{verb}"))["status"]);
        }
        let other = client.post("/api/v1/application/", of("application_create_request")).await;
        other.expect(201);
        let page = client.get("/api/v1/application/?limit=1").await.expect(200);
        check("application_list", &page);
    })
    .await;
}

/// A loan that was paid out and is behind with its first instalment.
async fn owing(app: &TestApp, client: &Client, product: &str) -> String {
    let loan = scenario::loan(client, product).await;
    let payout = scenario::disburse(client, &loan, "1000.00").await;
    scenario::apply(client, &payout).await;
    app.advance(client, date(2023, 2, 3)).await;
    loan
}

#[tokio::test(flavor = "multi_thread")]
async fn loans_are_answered_as_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = product(&client).await;
        let application = scenario::application(&client, &product).await;
        let body = json!({"application": application});
        let created = client.post("/api/v1/loan/", body).await.expect(201);
        check("loan_create", &created);
        let path = format!("/api/v1/loan/{}/", id(&created));
        check("loan_get", &client.get(&path).await.expect(200));
        let stopped = client.act(&format!("{path}stop_interest_calculation/")).await.expect(201);
        check("loan_stop_interest_calculation", &stopped);
        let started = client.act(&format!("{path}start_interest_calculation/")).await.expect(201);
        check("loan_start_interest_calculation", &started);
        let loan = owing(app, &client, &product).await;
        let path = format!("/api/v1/loan/{loan}/");
        let late = client.act(&format!("{path}make_arrears/")).await.expect(201);
        check("loan_make_arrears", &late);
        let lost = client.act(&format!("{path}make_default/")).await.expect(201);
        check("loan_make_default", &lost);
        let body = json!({"close_reason": "Lost", "close_substatus": "written_off"});
        let closed = client.post(&format!("{path}close/"), body).await.expect(201);
        check("loan_close", &closed);
        check("loan_list", &client.get("/api/v1/loan/?limit=1").await.expect(200));
    })
    .await;
}
