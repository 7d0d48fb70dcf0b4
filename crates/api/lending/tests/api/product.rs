//! `/api/v1/product/`.

use serde_json::{Value, json};

use crate::app::{Client, TestApp, id, on_each_engine};
use crate::change::{delete, patch, put, same_shape, without_id};

const PATH: &str = "/api/v1/product/";

/// The document's example of a product.
fn example() -> Value {
    json!({
        "id": "'ec0ebaf1-525b-48e8-9738-e6a592962d87'",
        "type": "revolving_credit",
        "is_draft": true,
        "max_loan_amount": 1000,
        "default_loan_amount": 600,
        "max_interest_rate": 15,
        "default_interest_rate": 10,
        "name": "Cash advance",
        "installments": 6,
        "default_grace_instalments": "2",
        "principal_repayment_grace": "2",
        "default_fees": {"name": "\"Disbursement Fee\"", "type": "flat", "Amount": 1, "Event": "arrears"},
        "arrears_tolerance": "7",
        "interest_calculation": "equal_principal_payments",
        "early_repayment_recalculation": "from_last_instalment",
        "repayment_holiday_scheduling": "last_business_day_before_the_day",
        "calculate_interest_on_holidays": true,
        "repayment_date_type": "day_of_month",
        "repayment_date_period": 10
    })
}

/// The least that configures a term loan.
fn least() -> Value {
    json!({
        "type": "equal_instalments_term_loan",
        "name": "Term loan",
        "max_loan_amount": "12000.50",
        "max_interest_rate": "12.5",
        "installments": "6"
    })
}

/// What `least` is answered with.
fn least_answer() -> Value {
    json!({
        "type": "equal_instalments_term_loan",
        "is_draft": true,
        "max_loan_amount": 12000.5,
        "default_loan_amount": 12000.5,
        "max_interest_rate": 12.5,
        "default_interest_rate": 12.5,
        "name": "Term loan",
        "installments": 6,
        "default_grace_instalments": "0",
        "principal_repayment_grace": "0",
        "default_fees": [],
        "arrears_tolerance": "7",
        "interest_calculation": "equal_instalments",
        "early_repayment_recalculation": "from_last_instalment",
        "repayment_holiday_scheduling": "on_day",
        "calculate_interest_on_holidays": true,
        "repayment_date_type": "day_of_month",
        "repayment_date_period": 1
    })
}

/// `base` with the fields of `changes`.
fn with(mut base: Value, changes: Value) -> Value {
    if let (Some(base), Value::Object(changes)) = (base.as_object_mut(), changes) {
        base.extend(changes);
    }
    base
}

fn path(product: &Value) -> String {
    format!("{PATH}{}/", id(product))
}

async fn created(client: &Client, body: Value) -> Value {
    client.post(PATH, body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_example_is_answered_as_it_is_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = created(&client, example()).await;
        // The id that a partner sends is not the product's.
        assert_ne!(product["id"], example()["id"]);
        assert_eq!(without_id(product.clone()), without_id(example()));
        same_shape("product", &product, &example());
        assert_eq!(client.get(&path(&product)).await.expect(200), product);
        let list = client.get(PATH).await.expect(200);
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [product]}));
        // The older path serves the same.
        assert_eq!(client.get("/api/v1/products/product/").await.expect(200)["count"], 1);
        let text = client.get(&path(&product)).await.text;
        assert!(text.contains(r#""max_loan_amount":1000,"default_loan_amount":600,"#), "{text}");
    })
    .await;
}

/// The document's other examples of a product, as differences from the first.
#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_document_is_answered_as_it_is_printed() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let fee = |kind: &str, event: &str| {
            json!({"name": "\"Disbursement Fee\"", "type": kind, "Amount": 1, "Event": event})
        };
        for changes in [
            json!({
                "type": "simple_revolving_credit",
                "default_fees": fee("percent", "arrears"),
                "early_repayment_recalculation": "reduced_instalments",
                "repayment_holiday_scheduling": "on_day",
                "repayment_date_type": "last_day_of_month"
            }),
            json!({
                "type": "simple_revolving_credit",
                "default_fees": fee("percent", "default"),
                "repayment_holiday_scheduling": "first_business_day_after_the_day",
                "repayment_date_type": "last_day_of_month"
            }),
            json!({
                "default_fees": fee("percent", "default"),
                "interest_calculation": "equal_instalments",
                "repayment_date_type": "last_day_of_month"
            }),
        ] {
            let example = with(example(), changes);
            let product = created(&client, example.clone()).await;
            assert_eq!(without_id(product.clone()), without_id(example.clone()));
            same_shape("product", &product, &example);
            let replaced = put(&client, &path(&product), example).await.expect(200);
            assert_eq!(replaced, product);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_instalments_can_be_exact() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let plain = created(&client, least()).await;
        for method in ["standard", "exact"] {
            let method = json!({"instalment_method": method});
            let product = created(&client, with(least(), method.clone())).await;
            assert_eq!(without_id(product.clone()), with(least_answer(), method.clone()));
            assert_eq!(client.get(&path(&product)).await.expect(200), product);
            assert_eq!(patch(&client, &path(&plain), method.clone()).await.expect(200), {
                with(plain.clone(), method)
            });
            let cleared = patch(&client, &path(&plain), json!({"instalment_method": null})).await;
            assert_eq!(cleared.expect(200), plain);
        }
        let exact = client.get(&format!("{PATH}?instalment_method=exact")).await.expect(200);
        assert_eq!(exact["count"], 1);
        // Another type leaves it behind; asking for both is refused.
        let id = path(&exact["results"][0]);
        let principal = json!({"type": "equal_principal_term_loan"});
        let both = with(principal.clone(), json!({"instalment_method": "exact"}));
        let message =
            "Only the type equal_instalments_term_loan has one, not equal_principal_term_loan.";
        let refused = json!({"instalment_method": [message]});
        assert_eq!(patch(&client, &id, both).await.expect(400), refused);
        let retyped = patch(&client, &id, principal).await.expect(200);
        assert_eq!(retyped.get("instalment_method"), None);
        let unknown = client.post(PATH, with(least(), json!({"instalment_method": "level"}))).await;
        unknown.is(400, r#"{"instalment_method":["\"level\" is not a valid choice."]}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_and_every_field_comes_back() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        assert_eq!(without_id(created(&client, least()).await), least_answer());
        let full = json!({
            "type": "revolving_credit",
            "max_loan_amount": 5000.25,
            "default_loan_amount": 0.01,
            "max_interest_rate": 39.9,
            "default_interest_rate": 0,
            "name": "Card",
            "installments": null,
            "default_grace_instalments": "0",
            "principal_repayment_grace": "0",
            "default_fees": [
                {"name": "Late", "type": "flat", "amount": 12.5, "event": "arrears"},
                {"name": "Default", "type": "percent", "amount": 2.25, "event": "default"},
                {"name": "Letter", "type": "flat", "amount": 0, "event": "ad_hoc"},
                {"name": "Opening", "type": "percent", "amount": 1, "event": "disbursement"}
            ],
            "arrears_tolerance": "30",
            "interest_calculation": "equal_instalments",
            "early_repayment_recalculation": "reduced_instalments",
            "repayment_holiday_scheduling": "first_business_day_after_the_day",
            "calculate_interest_on_holidays": false,
            "repayment_date_type": "last_day_of_month",
            "repayment_date_period": 31,
            "minimum_repayment_percent": 5,
            "minimum_repayment_amount": 25,
            "statement_day": 1,
            "repayment_due_day": 25,
            "currency": "USD",
            "day_count": "30/360",
            "calendar": "US-FED"
        });
        let expected = with(full.clone(), json!({"is_draft": true}));
        assert_eq!(without_id(created(&client, full).await), expected);
        for (sent, answered) in [
            ("simple_revolving_credit", "simple_revolving_credit"),
            ("line_of_credit", "simple_revolving_credit"),
            ("equal_principal_term_loan", "equal_principal_term_loan"),
        ] {
            let product = created(&client, with(least(), json!({"type": sent}))).await;
            assert_eq!(product["type"], answered);
            assert_eq!(product["interest_calculation"], "equal_principal_payments");
        }
        // Capitals are read in a list too, and a bare object may come in small letters.
        let fees = json!([{"name": "a", "type": "flat", "Amount": "1.50", "Event": "arrears"}]);
        let product = created(&client, with(least(), json!({"default_fees": fees}))).await;
        let small = json!([{"name": "a", "type": "flat", "amount": 1.5, "event": "arrears"}]);
        assert_eq!(product["default_fees"], small);
        let product = created(&client, with(least(), json!({"default_fees": small[0]}))).await;
        let capitals = json!({"name": "a", "type": "flat", "Amount": 1.5, "Event": "arrears"});
        assert_eq!(product["default_fees"], capitals);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        client
            .post(PATH, json!({}))
            .await
            .is(400, concat!(
                r#"{"type":["This field is required."],"name":["This field is required."],"#,
                r#""max_loan_amount":["This field is required."],"max_interest_rate":["This field is required."]}"#
            ));
        let faulty = json!({
            "type": "mortgage",
            "name": 5,
            "max_loan_amount": "many",
            "default_loan_amount": "1.005",
            "max_interest_rate": 10000.1,
            "default_interest_rate": -1,
            "installments": 6.5,
            "default_fees": [{"name": "a", "type": "flat", "amount": "x", "event": "never"}],
            "calculate_interest_on_holidays": "maybe",
            "repayment_date_period": 32,
            "interest_calculation": null,
            "day_count": "365",
            "calendar": "MOON",
            "currency": "XXXX",
            "statement_day": "first",
            "arrears_tolerance": null
        });
        let expected = json!({
            "type": ["\"mortgage\" is not a valid choice."],
            "name": ["Not a valid string."],
            "max_loan_amount": ["A valid number is required."],
            "default_loan_amount": ["Ensure that there are no more than 2 decimal places."],
            "max_interest_rate": ["Ensure this value is less than or equal to 10000."],
            "default_interest_rate": ["Ensure this value is greater than or equal to 0."],
            "installments": ["A valid integer is required."],
            "default_fees": ["Fee 1: amount: A valid number is required. event: \"never\" is not a valid choice."],
            "calculate_interest_on_holidays": ["Must be a valid boolean."],
            "repayment_date_period": ["Ensure this value is less than or equal to 31."],
            "day_count": ["\"365\" is not a valid choice."],
            "calendar": ["\"MOON\" is not a valid choice."],
            "currency": ["\"XXXX\" is not a valid choice."],
            "statement_day": ["A valid integer is required."],
            "arrears_tolerance": ["This field may not be null."]
        });
        assert_eq!(client.post(PATH, faulty.clone()).await.expect(400), expected);
        let product = created(&client, least()).await;
        assert_eq!(put(&client, &path(&product), faulty.clone()).await.expect(400), expected);
        assert_eq!(patch(&client, &path(&product), faulty).await.expect(400), expected);
        assert_eq!(client.get(&path(&product)).await.expect(200), product);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_value_is_refused_by_name() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for (field, value) in [
            ("name", json!("")),
            ("name", json!("x".repeat(256))),
            ("name", json!("a\u{0}b")),
            ("max_loan_amount", json!(0)),
            ("max_loan_amount", json!(-5)),
            ("max_loan_amount", json!("NaN")),
            ("max_loan_amount", json!("1e30")),
            ("max_loan_amount", json!(true)),
            ("default_loan_amount", json!(12000.51)),
            ("default_interest_rate", json!(12.51)),
            ("max_interest_rate", json!("0.0000001")),
            ("installments", json!(0)),
            ("installments", json!(1201)),
            ("installments", json!(null)),
            ("default_grace_instalments", json!("6")),
            ("principal_repayment_grace", json!(6)),
            ("interest_calculation", json!("equal_principal_payments")),
            ("repayment_date_type", json!("monday")),
            ("minimum_repayment_percent", json!(100.5)),
            ("minimum_repayment_amount", json!(-1)),
            ("repayment_due_day", json!(0)),
            ("default_fees", json!("none")),
            ("default_fees", json!([1])),
            ("default_fees", json!({})),
            (
                "default_fees",
                json!([{"name": "a", "type": "percent", "amount": 101, "event": "arrears"}]),
            ),
        ] {
            let refused = client.post(PATH, with(least(), json!({field: value}))).await.expect(400);
            let keys: Vec<_> = refused.as_object().expect("an object").keys().collect();
            assert_eq!(keys, [field], "{value}: {refused}");
            assert!(refused[field][0].is_string(), "{value}: {refused}");
        }
        assert_eq!(client.get(PATH).await.expect(200)["count"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_changes_and_goes() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = created(&client, example()).await;
        let patched =
            patch(&client, &path(&product), json!({"name": "Advance", "statement_day": 3})).await;
        let expected = with(product.clone(), json!({"name": "Advance", "statement_day": 3}));
        assert_eq!(patched.expect(200), expected);
        assert_eq!(patch(&client, &path(&product), json!({})).await.expect(200), expected);
        let refused =
            patch(&client, &path(&product), json!({"max_loan_amount": 599})).await.expect(400);
        assert_eq!(refused.as_object().expect("an object").len(), 1);
        assert!(refused["default_loan_amount"].is_array(), "{refused}");
        let replaced = put(&client, &path(&product), least()).await.expect(200);
        assert_eq!(replaced, with(least_answer(), json!({"id": product["id"]})));
        let missing = put(&client, &path(&product), json!({"name": "x"})).await.expect(400);
        assert_eq!(missing["type"], json!(["This field is required."]));
        delete(&client, &path(&product)).await.is(204, "");
        client.get(&path(&product)).await.is(404, r#"{"detail":"Not found."}"#);
        delete(&client, &path(&product)).await.is(404, r#"{"detail":"Not found."}"#);
        client.get("/api/v1/product/no-id/").await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_product_stays_as_it_is() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = created(&client, least()).await;
        let (path, publish) = (path(&product), format!("{}publish/", path(&product)));
        let published = client.act(&publish).await.expect(201);
        assert_eq!(published, with(product, json!({"is_draft": false})));
        let stays = r#"{"detail":"The product is published and can no longer be changed."}"#;
        put(&client, &path, least()).await.is(409, stays);
        patch(&client, &path, json!({"name": "x"})).await.is(409, stays);
        let stays = r#"{"detail":"The product is published and can no longer be deleted."}"#;
        delete(&client, &path).await.is(409, stays);
        client.act(&publish).await.is(409, r#"{"detail":"The product is already published."}"#);
        assert_eq!(client.get(&path).await.expect(200), published);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_with_applications_cannot_be_deleted() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = created(&client, least()).await;
        let end_user = crate::scenario::end_user(&client).await;
        let body = json!({"product": product["id"], "end_user": end_user});
        client.post("/api/v1/application/", body).await.expect(201);
        delete(&client, &path(&product)).await.is(
            409,
            r#"{"detail":"The product cannot be deleted: there are applications for it."}"#,
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_ordered_paged_and_downloaded() {
    on_each_engine(lists).await;
}

async fn lists(app: &TestApp) {
    let client = app.tenant("Lender").await;
    for (name, kind, amount) in [
        ("b", "revolving_credit", 100),
        ("a", "equal_principal_term_loan", 200),
        ("c, \"d\"", "equal_principal_term_loan", 300),
    ] {
        created(
            &client,
            with(least(), json!({"name": name, "type": kind, "max_loan_amount": amount})),
        )
        .await;
    }
    let names = async |query: &str| {
        let list = client.get(&format!("{PATH}?{query}")).await.expect(200);
        let names = list["results"].as_array().expect("results").iter();
        names
            .map(|product| product["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
            .join("|")
    };
    let all = "b|a|c, \"d\"";
    for (query, expected) in [
        ("", all),
        ("ordering=name", "a|b|c, \"d\""),
        ("ordering=-max_loan_amount", "c, \"d\"|a|b"),
        ("limit=1&offset=1", "a"),
        ("type=revolving_credit", "b"),
        ("type=revolving_credit,equal_principal_term_loan", all),
        ("name=a,b", "b|a"),
        ("is_draft=true", all),
        ("is_draft=false", ""),
        ("max_loan_amount__gte=200", "a|c, \"d\""),
        ("max_loan_amount__lte=200&ordering=name", "a|b"),
        ("max_loan_amount=100,300", "b|c, \"d\""),
        ("max_interest_rate=12.5", all),
        ("max_interest_rate__gte=12.6", ""),
        ("installments=6", all),
        ("calculate_interest_on_holidays=false", ""),
        ("currency=GBP", all),
        ("created_at__gte=2023-01-01", all),
        ("created_at__gte=2023-01-02", ""),
        ("unknown=1", all),
    ] {
        assert_eq!(names(query).await, expected, "{query} on {}", app.engine());
    }
    let refused =
        client.get(&format!("{PATH}?limit=0&installments=x&ordering=nothing")).await.expect(400);
    let faulty: Vec<_> = refused.as_object().expect("an object").keys().collect();
    assert_eq!(faulty, ["installments", "limit", "ordering"]);
    let csv = client.get(&format!("{PATH}?format=csv&name=b")).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", csv.text);
    assert!(lines[0].starts_with("id,type,is_draft,max_loan_amount,"), "{}", lines[0]);
    let cells = "revolving_credit,true,100,100,12.5,12.5,b,6,0,0,[],7,equal_principal_payments,\
                 from_last_instalment,on_day,true,day_of_month,1,,,,,GBP,,,";
    let row = lines[1].split_once(',').expect("cells").1.replace("\"[]\"", "[]");
    assert_eq!(row, cells);
    assert_eq!(lines[0].split(',').count(), cells.split(',').count() + 1);
    // CSV is the whole list, whatever the page.
    let whole = client.get(&format!("{PATH}?format=csv&limit=1")).await;
    assert_eq!(whole.text.lines().count(), 4);
}
