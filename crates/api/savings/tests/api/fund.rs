//! `/restapi/v1/users/{uuid}/funds`, `/restapi/v1/funds/{uuid}` and `/restapi/v1/linked_funds`.

use serde_json::{Value, json};

use crate::app::{Client, TestApp, kid_input, on_each_engine, prebirth_input, user_input, uuid};

async fn funds_of_new_user(client: &Client, external_id: &str) -> String {
    let user = client.post("/restapi/v1/users", user_input(external_id)).await.expect(201);
    format!("/restapi/v1/users/{}/funds", uuid(&user))
}

fn with(mut input: Value, changes: Value) -> Value {
    let object = input.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        object.insert(name.clone(), value.clone());
    }
    input
}

#[tokio::test]
async fn what_is_missing_is_told_of_kids_and_future_babies() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = funds_of_new_user(&client, "U1").await;
        for (input, prebirth, count) in [(kid_input(), false, 24), (prebirth_input(), true, 15)] {
            let errors = client.post(&path, json!({"prebirth": prebirth})).await.expect(400);
            let found: Vec<&str> = errors["errors"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|error| error.as_str().expect("a text"))
                .collect();
            let optional = ["prebirth", "owner_middle_name"];
            for name in input.as_object().expect("an object").keys() {
                let is_told = found.contains(&format!("{name} is required").as_str());
                assert_eq!(is_told, !optional.contains(&name.as_str()), "{name}");
            }
            assert_eq!(found.len(), count, "{found:?}");
        }
        let errors = client.post(&path, json!({})).await.expect(400);
        assert_eq!(errors["errors"][0], "prebirth is required");
        assert!(
            errors["errors"].as_array().expect("a list").contains(&json!("fund_name is required"))
        );
        let nobody = "/restapi/v1/users/0198c7c4-7d1e-7a55-9c11-0242ac120002/funds";
        client.post(nobody, kid_input()).await.refuses(404, &["user not found"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_malformed_is_told_and_what_is_impossible_is_422() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = funds_of_new_user(&client, "U1").await;
        let bad = with(kid_input(), json!({
            "beneficiary_born_on": "03/17/2020", "beneficiary_ssn": "000123456",
            "owner_born_on": "2030-01-01", "owner_relationship": "boss", "owner_ssn": 321654987,
            "owner_phone": "12345", "owner_physical_address_zip": "9410",
            "owner_mailing_address_state": "California", "risk_level": "wild",
            "fund_name": "x".repeat(101),
        }));
        let errors = client.post(&path, bad).await.expect(400);
        let found = errors["errors"].as_array().expect("a list");
        for expected in [
            "owner_ssn must be a string",
            "beneficiary_born_on is not a valid date (YYYY-MM-DD)",
            "beneficiary_ssn is not a valid social security number",
            "owner_born_on must not be in the future",
            "owner_phone is not a valid phone number",
            "owner_physical_address_zip is not a valid ZIP code",
            "owner_mailing_address_state is not a valid state (two letters, such as CA)",
            "risk_level must be one of maximizing_gains, balanced, minimizing_losses, preserving_capital",
            "fund_name must have no more than 100 characters",
        ] {
            assert!(found.contains(&json!(expected)), "{expected} in {found:?}");
        }
        assert_eq!(found.len(), 10, "{found:?}");
        let impossible =
            with(kid_input(), json!({"owner_born_on": "2006-01-01", "owner_ssn": "123-45-6789"}));
        client.post(&path, impossible).await.refuses(422, &[
            "owner_born_on: the owner must be at least 18",
            "beneficiary_ssn must differ from owner_ssn",
        ]);
    })
    .await;
}

#[tokio::test]
async fn handles_are_unique_and_can_be_changed() {
    on_each_engine(async |app| {
        let (one, other) = (app.tenant("One").await, app.tenant("Other").await);
        let path = funds_of_new_user(&one, "U1").await;
        let first = one.post(&path, kid_input()).await.expect(201);
        let second = one.post(&path, kid_input()).await.expect(201);
        assert_ne!(first["handle"], second["handle"]);
        let (first, second) = (
            format!("/restapi/v1/funds/{}", uuid(&first)),
            format!("/restapi/v1/funds/{}", uuid(&second)),
        );
        let changed = one.put(&first, json!({"handle": "Johns-Fund"})).await.expect(200);
        assert_eq!(changed["handle"], "johns-fund");
        assert!(changed["public_url"].as_str().expect("a URL").ends_with("/johns-fund"));
        let taken = ["handle has already been taken"];
        one.put(&second, json!({"handle": "johns-fund"})).await.refuses(422, &taken);
        one.put(&second, json!({"handle": "restapi"})).await.refuses(422, &["handle is reserved"]);
        one.put(&first, json!({"handle": "johns-fund"})).await.expect(200);
        // A handle is an address on the web, so other tenants cannot have it either.
        let path = funds_of_new_user(&other, "U1").await;
        let theirs = other.post(&path, kid_input()).await.expect(201);
        let theirs = format!("/restapi/v1/funds/{}", uuid(&theirs));
        other.put(&theirs, json!({"handle": "johns-fund"})).await.refuses(422, &taken);
        other.put(&first, json!({"handle": "mine"})).await.refuses(404, &["fund not found"]);
        let bad = json!({"handle": "<b>", "photo_url": "https://x.org/\"><script>", "fund_name": null,
            "description": 5});
        one.put(&first, bad).await.refuses(400, &[
            "description must be a string",
            "fund_name is required",
            "handle must have 3 to 60 letters, digits, hyphens and underscores and begin with a letter or digit",
            "photo_url is not a valid URL (https://...)",
        ]);
        let gone = one.put(&first, json!({"description": null})).await.expect(200);
        assert_eq!((&gone["description"], &gone["fund_name"]), (&json!(null), &json!("John's College Fund")));
    })
    .await;
}

#[tokio::test]
async fn accounts_are_linked_once_and_to_plans_that_there_are() {
    on_each_engine(async |app| {
        let (one, other) = (app.tenant("One").await, app.tenant("Other").await);
        let path = "/restapi/v1/linked_funds";
        let input = json!({"plan_id": 1011, "account_number": "12345-678", "fund_name": "F",
            "beneficiary_first_name": "John", "beneficiary_last_name": "Doe"});
        let linked = one.post(path, input.clone()).await.expect(201);
        assert_eq!(linked["plan_provider"], "ScholarShare College Savings Plan - California");
        let fund = one.get(&format!("/restapi/v1/funds/{}", uuid(&linked))).await.expect(200);
        assert_eq!(fund["is_established"], true);
        assert_eq!(fund["established_at"], "2022-10-01T10:00:00.123456Z");
        assert_eq!(
            (&fund["establishment_url"], &fund["portfolio_label"]),
            (&json!(null), &json!(null))
        );
        assert_eq!((&fund["settled_balance"], &fund["pending_balance"]), (&json!(0), &json!(0)));
        let again = with(input.clone(), json!({"account_number": "12345678"}));
        one.post(path, again).await.refuses(422, &["account_number is linked already"]);
        one.post(path, with(input.clone(), json!({"plan_id": 3}))).await.expect(201);
        other.post(path, input.clone()).await.expect(201);
        let unknown = with(input.clone(), json!({"plan_id": 999}));
        let text = "plan_id 999 is not a supported plan: GET /restapi/v1/plans lists them";
        one.post(path, unknown).await.refuses(422, &[text]);
        let bad = with(input, json!({"plan_id": "3", "account_number": "no number"}));
        one.post(path, bad).await.refuses(
            400,
            &["plan_id must be an integer", "account_number is not a valid account number"],
        );
        one.post(path, json!({})).await.refuses(
            400,
            &[
                "plan_id is required",
                "account_number is required",
                "beneficiary_first_name is required",
                "beneficiary_last_name is required",
                "fund_name is required",
            ],
        );
    })
    .await;
}

#[tokio::test]
async fn a_birth_makes_a_fund_before_birth_a_child_s_fund() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = funds_of_new_user(&client, "U1").await;
        let fund = client.post(&path, prebirth_input()).await.expect(201);
        let path = format!("/restapi/v1/funds/{}", uuid(&fund));
        let found = client.get(&path).await.expect(200);
        assert_eq!(found["portfolio_label"], json!(null));
        let before = "With your help, we can ensure that our baby gets to pursue as much education as they want.";
        assert_eq!(found["description"], before);
        let errors = client.put(&path, json!({"prebirth": false})).await.expect(400);
        assert_eq!(errors["errors"][0], "beneficiary_first_name is required");
        assert_eq!(errors["errors"].as_array().map(Vec::len), Some(9), "{errors}");
        let mut birth = json!({"prebirth": false, "owner_relationship": "father"});
        for (name, value) in kid_input().as_object().expect("an object") {
            if name.starts_with("beneficiary_") {
                birth[name.as_str()] = value.clone();
            }
        }
        answer_as_frusciante(app, &fund).await;
        let open = client.get(&path).await.expect(200);
        assert_eq!(open["portfolio_label"], "Target Enrollment 2040/2041");
        let born = client.put(&path, birth.clone()).await.expect(200);
        assert_eq!(born["portfolio_label"], "Target Enrollment 2038/2039");
        assert_eq!(born["account_number"], open["account_number"]);
        assert_eq!(born["description"], before.replace("our baby", "John"));
        client.put(&path, json!({"prebirth": true})).await
            .refuses(422, &["prebirth cannot become true: the child is born"]);
        let caller = florin_tenancy::Caller {
            tenant: client.tenant.expect("a tenant"),
            currency: florin_savings::postings::CURRENCY,
            now: app.now(),
        };
        let id = uuid(&fund).parse().expect("an id");
        let people = app.savings.fund_people(&caller, id).await.expect("people");
        assert_eq!(people.len(), 2);
        assert_eq!((people[0].first_name.as_str(), people[1].first_name.as_str()), ("John", "John"));
        assert!(!format!("{people:?}").contains("123456789"), "numbers are not printed");
    })
    .await;
}

/// The right answers of the owner of the document's fund before birth.
async fn answer_as_frusciante(app: &TestApp, fund: &Value) {
    let url = fund["establishment_url"].as_str().expect("a URL");
    let key = url.split("key=").nth(1).expect("a key");
    let rights = ["Marie P DeBartolo Way", "March", "4987", "55"];
    for right in rights {
        let view = app.savings.establishment(key, app.now()).await.expect("a view");
        let question = view.question.expect("a question");
        let choice = question.choices.iter().position(|it| it == right).expect("the right choice");
        let choice = u32::try_from(choice).expect("small");
        app.savings.answer_question(key, question.id, choice, app.now()).await.expect("answered");
    }
}

#[tokio::test]
async fn faults_are_told_in_the_document_s_order_and_nothing_is_passed_over() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = funds_of_new_user(&client, "U1").await;
        let mut input = kid_input();
        let object = input.as_object_mut().expect("an object");
        object.remove("fund_name");
        object.remove("risk_level");
        let errors = ["fund_name is required", "risk_level is required"];
        client.post(&path, input).await.refuses(400, &errors);
        // Where it is not said which fund it is, the fields of the usual one are missed.
        let errors = client.post(&path, json!({})).await.expect(400);
        let count = errors["errors"].as_array().map(Vec::len);
        assert_eq!((&errors["errors"][0], count), (&json!("prebirth is required"), Some(25)));
        assert!(errors.to_string().contains("beneficiary_ssn is required"));
        let fund = client.post(&path, kid_input()).await.expect(201);
        let path = format!("/restapi/v1/funds/{}", uuid(&fund));
        let fixed = json!({"owner_ssn": "321654988", "risk_level": "balanced", "fund_name": "New",
            "beneficiary_first_name": "Jim"});
        client.put(&path, fixed).await.refuses(
            422,
            &[
                "beneficiary_first_name cannot be changed",
                "owner_ssn cannot be changed",
                "risk_level cannot be changed",
            ],
        );
        let found = client.get(&path).await.expect(200);
        assert_eq!(found["fund_name"], "John's College Fund");
        // What was answered can be put back as it is.
        client.put(&path, found).await.expect(200);
    })
    .await;
}
