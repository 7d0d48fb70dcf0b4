//! `/api/v1/end-user/`.

use serde_json::{Value, json};

use crate::app::{id, on_each_engine};
use crate::change::{delete, patch, put, same_shape, without_id};
use crate::scenario;

const PATH: &str = "/api/v1/end-user/";

/// The document's example of a request; its answer has an id too.
fn example() -> Value {
    json!({
        "first_name": "John",
        "last_name": "Blond",
        "birth_date": "1980-04-23",
        "address_line_1": "Example Mension",
        "address_line_2": "3 Example Lane",
        "address_line_3": "",
        "city": "Example Town",
        "postal_code": "CD2 4HD",
        "country": "GB",
        "bank_account_number": "123456678",
        "sort_code": "124354",
        "mobile_number": "",
        "email": "",
        "type": "individual"
    })
}

/// `base` with the fields of `changes`.
fn with(mut base: Value, changes: Value) -> Value {
    if let (Some(base), Value::Object(changes)) = (base.as_object_mut(), changes) {
        base.extend(changes);
    }
    base
}

fn masked() -> Value {
    with(example(), json!({"bank_account_number": "****6678", "sort_code": "****54"}))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_example_is_answered_with_its_numbers_masked() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let created = client.post(PATH, example()).await.expect(201);
        assert_eq!(without_id(created.clone()), masked());
        same_shape("end user", &created, &with(example(), json!({"id": ""})));
        let path = format!("{PATH}{}/", id(&created));
        assert_eq!(client.get(&path).await.expect(200), created);
        let list = client.get(PATH).await.expect(200);
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [created]}));
        let least = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let expected = json!({
            "first_name": "Ada", "last_name": "Lovelace", "birth_date": null, "address_line_1": "",
            "address_line_2": "", "address_line_3": "", "city": "", "postal_code": "", "country": "",
            "bank_account_number": "", "sort_code": "", "mobile_number": "", "email": "", "type": "individual"
        });
        assert_eq!(without_id(client.post(PATH, least).await.expect(201)), expected);
        let method = delete(&client, &path).await;
        method.is(405, r#"{"detail":"Method \"DELETE\" not allowed."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn details_change_and_masks_sent_back_keep_the_numbers() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let created = client.post(PATH, example()).await.expect(201);
        let path = format!("{PATH}{}/", id(&created));
        let body = json!({"city": "Elsewhere", "bank_account_number": "****6678", "email": "john@example.com"});
        let expected = with(created.clone(), json!({"city": "Elsewhere", "email": "john@example.com"}));
        assert_eq!(patch(&client, &path, body).await.expect(200), expected);
        assert_eq!(put(&client, &path, masked()).await.expect(200), created);
        let body = json!({"bank_account_number": "87654321", "sort_code": "01-02-03", "type": "sole_trader"});
        let changed = patch(&client, &path, body).await.expect(200);
        let expected = json!({"bank_account_number": "****4321", "sort_code": "****03", "type": "sole_trader"});
        assert_eq!(changed, with(created.clone(), expected));
        let refused = patch(&client, &path, json!({"bank_account_number": "****6678"})).await.expect(400);
        assert_eq!(refused, json!({"bank_account_number": ["Enter an account number of 6 to 10 digits."]}));
        let replaced = put(&client, &path, json!({"first_name": "J", "last_name": "B"})).await.expect(200);
        assert_eq!(replaced["bank_account_number"], "");
        assert_eq!(replaced["birth_date"], Value::Null);
        let refused = put(&client, &path, json!({"first_name": "J"})).await.expect(400);
        assert_eq!(refused, json!({"last_name": ["This field is required."]}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let faulty = json!({
            "type": "club", "first_name": " ", "last_name": null, "birth_date": "23/04/1980",
            "address_line_1": 5, "city": "x".repeat(256), "postal_code": "x".repeat(21), "country": "GBR",
            "bank_account_number": "12", "sort_code": "12345", "mobile_number": "call me", "email": "john@"
        });
        let expected = json!({
            "type": ["\"club\" is not a valid choice."],
            "first_name": ["This field may not be blank."],
            "last_name": ["This field may not be null."],
            "birth_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
            "address_line_1": ["Not a valid string."],
            "city": ["Ensure this field has no more than 255 characters."],
            "postal_code": ["Ensure this field has no more than 20 characters."],
            "country": ["Enter a two-letter country code."],
            "bank_account_number": ["Enter an account number of 6 to 10 digits."],
            "sort_code": ["Enter a sort code of 6 digits, such as 124354 or 12-43-54."],
            "mobile_number": ["Enter a valid phone number."],
            "email": ["Enter a valid email address."]
        });
        assert_eq!(client.post(PATH, faulty).await.expect(400), expected);
        // The tenant's date is 1 January 2023, whatever the real one is.
        let unborn = with(example(), json!({"birth_date": "2023-01-02"}));
        let expected = json!({"birth_date": ["Ensure this date is not after 2023-01-01."]});
        assert_eq!(client.post(PATH, unborn).await.expect(400), expected);
        let unknown = format!("{PATH}01890000-0000-7000-8000-000000000000/");
        client.get(&unknown).await.is(404, r#"{"detail":"Not found."}"#);
        put(&client, &unknown, example()).await.is(404, r#"{"detail":"Not found."}"#);
        patch(&client, &unknown, json!({})).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_downloaded_with_masks() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        client.post(PATH, example()).await.expect(201);
        let other = json!({"first_name": "=SUM(A1)", "last_name": "Lannister", "type": "limited_company"});
        client.post(PATH, other).await.expect(201);
        for (query, count) in [
            ("type=limited_company", 1),
            ("last_name=Blond,Lannister", 2),
            ("birth_date__lte=1980-04-23", 1),
            ("birth_date__gte=1980-04-24", 0),
            ("country=GB", 1),
            // Sealed: no filter, so it is an unknown parameter.
            ("bank_account_number=000", 2),
        ] {
            let list = client.get(&format!("{PATH}?{query}")).await.expect(200);
            assert_eq!(list["count"], count, "{query}");
        }
        let csv = client.get(&format!("{PATH}?format=csv&ordering=last_name")).await.text;
        let lines: Vec<&str> = csv.lines().collect();
        let header = "id,first_name,last_name,birth_date,address_line_1,address_line_2,address_line_3,city,\
                      postal_code,country,bank_account_number,sort_code,mobile_number,email,type,company_name,\
                      registration_number";
        assert_eq!(lines[0], header);
        let row = "John,Blond,1980-04-23,Example Mension,3 Example Lane,,Example Town,CD2 4HD,GB,****6678,****54,,,\
                   individual,,";
        assert_eq!(lines[1].split_once(',').expect("cells").1, row);
        assert!(lines[2].contains("\"'=SUM(A1)\""), "{}", lines[2]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_users_loans_are_its_own() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let product = scenario::credit_line_product(&client).await;
        let loan = scenario::loan(&client, &product).await;
        scenario::loan(&client, &product).await;
        let loan = scenario::read_loan(&client, &loan).await;
        let path = format!("{PATH}{}/loans/", loan["end_user"].as_str().expect("an end user"));
        let list = client.get(&path).await.expect(200);
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [loan]}));
        assert_eq!(client.get(&format!("{path}?status=closed")).await.expect(200)["count"], 0);
        assert_eq!(client.get(&format!("{path}?format=csv")).await.text.lines().count(), 2);
        let other = scenario::end_user(&client).await;
        assert_eq!(client.get(&format!("{PATH}{other}/loans/")).await.expect(200)["count"], 0);
        let unknown = format!("{PATH}01890000-0000-7000-8000-000000000000/loans/");
        client.get(&unknown).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

/// The newer document's other end user, as its answers print it.
fn cersei() -> Value {
    json!({
        "first_name": "cersei",
        "last_name": "lannister",
        "birth_date": "1967-09-12",
        "address_line_1": "Red Keep Castle",
        "address_line_2": "1 Castle way",
        "address_line_3": "",
        "city": "King's landing",
        "postal_code": "N2 4FY",
        "country": "GB",
        "bank_account_number": "12345678",
        "sort_code": "123456",
        "mobile_number": "",
        "email": ""
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_other_end_user_goes_in_and_out_unchanged() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let created = client.post(PATH, cersei()).await.expect(201);
        let expected = with(
            cersei(),
            json!({"type": "individual", "bank_account_number": "****5678", "sort_code": "****56"}),
        );
        assert_eq!(without_id(created.clone()), expected);
        let path = format!("{PATH}{}/", id(&created));
        for answer in [
            client.get(&path).await,
            put(&client, &path, cersei()).await,
            patch(&client, &path, json!({"city": "King's landing"})).await,
        ] {
            assert_eq!(answer.expect(200), created);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_have_names_and_numbers_of_their_own() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for kind in ["limited_company", "small_partnership", "large_partnership"] {
            let body = json!({"type": kind, "company_name": " Ada Ltd ", "registration_number": "sc 123456"});
            let created = client.post(PATH, body).await.expect(201);
            let expected = json!({"company_name": "Ada Ltd", "registration_number": "SC123456", "first_name": ""});
            assert_eq!(with(created.clone(), expected), created, "{kind}");
            // The document's own fields alone are answered with the document's own keys.
            let plain = with(example(), json!({"type": kind}));
            let created = client.post(PATH, plain.clone()).await.expect(201);
            same_shape("end user", &created, &with(plain, json!({"id": ""})));
            let refused = client.post(PATH, json!({"type": kind})).await.expect(400);
            let message = "This field is required unless company_name is given.";
            assert_eq!(refused, json!({"first_name": [message], "last_name": [message]}));
        }
        let company = json!({"company_name": "Ada Ltd", "registration_number": "1234567"});
        let refused = client.post(PATH, with(example(), company)).await.expect(400);
        let expected = json!({
            "company_name": ["An individual has no company name."],
            "registration_number": ["Only a company or a partnership has a registration number."]
        });
        assert_eq!(refused, expected);
        let trader = json!({"type": "sole_trader", "company_name": "Ada's Engines"});
        let trader = client.post(PATH, with(example(), trader)).await.expect(201);
        assert_eq!(trader["company_name"], "Ada's Engines");
        let list = client.get(&format!("{PATH}?registration_number=SC123456")).await.expect(200);
        assert_eq!(list["count"], 3);
        let csv = client.get(&format!("{PATH}?format=csv&company_name=Ada%20Ltd")).await.text;
        assert!(csv.lines().nth(1).is_some_and(|row| row.ends_with(",Ada Ltd,SC123456")), "{csv}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn british_details_are_held_to_british_rules() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let british = json!({"postal_code": "ec1a1bb", "country": "uk", "sort_code": "12-43-54"});
        let created = client.post(PATH, with(example(), british)).await.expect(201);
        assert_eq!((&created["postal_code"], &created["country"]), (&json!("EC1A 1BB"), &json!("GB")));
        let wrong = json!({
            "postal_code": "90210", "sort_code": "021000021", "bank_account_number": "GB29NWBK60161331926819"
        });
        let refused = client.post(PATH, with(example(), wrong.clone())).await.expect(400);
        let expected = json!({
            "postal_code": ["Enter a UK postcode, such as SW1Y 4JH."],
            "bank_account_number": ["Enter an account number of 6 to 10 digits."],
            "sort_code": ["Enter a sort code of 6 digits, such as 124354 or 12-43-54."]
        });
        assert_eq!(refused, expected);
        let abroad = with(with(example(), wrong), json!({"country": "US"}));
        let created = client.post(PATH, abroad).await.expect(201);
        let masked = [&created["bank_account_number"], &created["sort_code"], &created["postal_code"]];
        assert_eq!(masked, [&json!("****6819"), &json!("****21"), &json!("90210")]);
        let old = json!({"birth_date": "1891-12-31"});
        let refused = client.post(PATH, with(example(), old)).await.expect(400);
        assert_eq!(refused, json!({"birth_date": ["Ensure this date is within the last 130 years."]}));
    })
    .await;
}
