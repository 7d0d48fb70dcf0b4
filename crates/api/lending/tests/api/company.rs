//! `/api/v1/company/{company_pk}/assign-enduser/`.

use serde_json::{Value, json};

use crate::app::{Client, id, on_each_engine};
use crate::change::{delete, patch, put, without_id};
use crate::scenario;

const END_USERS: &str = "/api/v1/end-user/";

/// A company of a type.
async fn company(client: &Client, kind: &str) -> String {
    let body = json!({"type": kind, "company_name": "Ada's Engines"});
    let names = json!({"type": kind, "first_name": "Ada", "last_name": "Lovelace"});
    let body = if kind == "sole_trader" { names } else { body };
    id(&client.post(END_USERS, body).await.expect(201))
}

fn people(company: &str) -> String {
    format!("/api/v1/company/{company}/assign-enduser/")
}

/// Assigns somebody new; `details` are the fields beside `end_user`.
async fn assign(client: &Client, company: &str, details: Value) -> Value {
    let mut body = details;
    body["end_user"] = scenario::end_user(client).await.into();
    client.post(&people(company), body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_lives() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let person = scenario::end_user(&client).await;
        let path = people(&company);
        let created = client.post(&path, json!({"end_user": person})).await.expect(201);
        let expected = json!({
            "company": company, "end_user": person, "role": "director", "ownership_percent": null,
            "is_primary_contact": false, "from_date": null, "until_date": null
        });
        assert_eq!(without_id(created.clone()), expected);
        let one = format!("{path}{}/", id(&created));
        assert_eq!(client.get(&one).await.expect(200), created);
        let list = client.get(&path).await.expect(200);
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [created]}));
        let share = json!({"role": "owner", "ownership_percent": 33.5, "from_date": "2020-01-01"});
        let changed = patch(&client, &one, share).await.expect(200);
        assert_eq!(
            (&changed["ownership_percent"], &changed["role"]),
            (&json!("33.5"), &json!("owner"))
        );
        // A change of one thing keeps the others; a role without a share drops it.
        let left = patch(&client, &one, json!({"until_date": "2022-01-01"})).await.expect(200);
        assert_eq!(
            (&left["ownership_percent"], &left["from_date"]),
            (&json!("33.5"), &json!("2020-01-01"))
        );
        let contact = patch(&client, &one, json!({"role": "contact"})).await.expect(200);
        assert_eq!(contact["ownership_percent"], Value::Null);
        let replaced = put(&client, &one, json!({"end_user": person})).await.expect(200);
        assert_eq!(replaced, created);
        let refused = put(&client, &one, json!({"role": "owner"})).await.expect(400);
        assert_eq!(refused, json!({"end_user": ["This field is required."]}));
        delete(&client, &one).await.is(204, "");
        delete(&client, &one).await.is(404, r#"{"detail":"Not found."}"#);
        client.get(&one).await.is(404, r#"{"detail":"Not found."}"#);
        patch(&client, &one, json!({})).await.is(404, r#"{"detail":"Not found."}"#);
        assert_eq!(client.get(&path).await.expect(200)["count"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_takes_its_own_people() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        for (kind, usual, refused) in [
            ("limited_company", "director", "partner"),
            ("sole_trader", "owner", "director"),
            ("small_partnership", "partner", "owner"),
            ("large_partnership", "partner", "director"),
        ] {
            let company = company(&client, kind).await;
            assert_eq!(assign(&client, &company, json!({})).await["role"], usual, "{kind}");
            let body = json!({"end_user": scenario::end_user(&client).await, "role": refused});
            let answer = client.post(&people(&company), body).await.expect(400);
            assert_eq!(answer, json!({"role": [format!("A {kind} has no {refused}.")]}));
        }
        let individual = scenario::end_user(&client).await;
        let path = people(&individual);
        client.get(&path).await.is(404, r#"{"detail":"Not found."}"#);
        let body = json!({"end_user": scenario::end_user(&client).await});
        client.post(&path, body).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_partnership_has_three_partners() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "small_partnership").await;
        let mut partners = Vec::new();
        for _ in 0..3 {
            partners.push(id(&assign(&client, &company, json!({})).await));
        }
        assign(&client, &company, json!({"role": "guarantor"})).await;
        let fourth = json!({"end_user": scenario::end_user(&client).await});
        let refused = client.post(&people(&company), fourth.clone()).await.expect(400);
        let message = "A small_partnership has at most 3 partners at a time.";
        assert_eq!(refused, json!({"end_user": [message]}));
        // Once one has left there is room for another, from then on.
        let first = format!("{}{}/", people(&company), partners[0]);
        patch(&client, &first, json!({"until_date": "2022-06-30"})).await.expect(200);
        let refused = client.post(&people(&company), fourth.clone()).await.expect(400);
        assert_eq!(refused, json!({"end_user": [message]}));
        let mut fourth = fourth;
        fourth["from_date"] = "2022-06-30".into();
        let fourth = client.post(&people(&company), fourth).await.expect(201);
        let back = patch(&client, &first, json!({"until_date": null})).await.expect(400);
        assert_eq!(back, json!({"end_user": [message]}));
        delete(&client, &format!("{}{}/", people(&company), id(&fourth))).await.is(204, "");
        patch(&client, &first, json!({"until_date": null})).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_checked() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let other_company = self::company(&client, "sole_trader").await;
        let path = people(&company);
        let check = async |body: Value, expected: Value| {
            assert_eq!(client.post(&path, body).await.expect(400), expected);
        };
        check(json!({}), json!({"end_user": ["This field is required."]})).await;
        check(
            json!({
                "end_user": "x", "role": "boss", "ownership_percent": "all", "is_primary_contact": "maybe",
                "from_date": "1/1/2023", "until_date": 5
            }),
            json!({
                "end_user": ["Must be a valid UUID."],
                "role": ["\"boss\" is not a valid choice."],
                "ownership_percent": ["A valid number is required."],
                "is_primary_contact": ["Must be a valid boolean."],
                "from_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
                "until_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]
            }),
        )
        .await;
        check(
            json!({
                "end_user": other_company, "role": null, "ownership_percent": 100.1, "is_primary_contact": null,
                "from_date": "2023-01-02", "until_date": "2023-01-02"
            }),
            json!({
                "end_user": ["Only an individual can be assigned to a company."],
                "role": ["This field may not be null."],
                "ownership_percent": ["Ensure this value is less than or equal to 100."],
                "is_primary_contact": ["This field may not be null."],
                "until_date": ["Ensure this date is after 2023-01-02."]
            }),
        )
        .await;
        let unknown = "01890000-0000-7000-8000-000000000000";
        let message = format!("Invalid pk \"{unknown}\" - object does not exist.");
        check(json!({"end_user": unknown}), json!({"end_user": [message]})).await;
        let person = scenario::end_user(&client).await;
        let director = json!({"end_user": person, "ownership_percent": 1});
        let message = "Only an owner or a partner has a share.";
        check(director, json!({"ownership_percent": [message]})).await;
        client.post(&path, json!({"end_user": person})).await.expect(201);
        let message = "This person is director of the company already.";
        check(json!({"end_user": person}), json!({"end_user": [message]})).await;
        client.post(&path, json!({"end_user": person, "role": "guarantor"})).await.expect(201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_add_up_to_the_whole_at_most() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let owner = json!({"role": "owner", "ownership_percent": "66.666667"});
        let first = assign(&client, &company, owner).await;
        let second = assign(&client, &company, json!({"role": "owner"})).await;
        let second = format!("{}{}/", people(&company), id(&second));
        let refused =
            patch(&client, &second, json!({"ownership_percent": 33.333334})).await.expect(400);
        let message = "Ensure this value is less than or equal to 33.333333: the rest is others'.";
        assert_eq!(refused, json!({"ownership_percent": [message]}));
        patch(&client, &second, json!({"ownership_percent": 33.333333})).await.expect(200);
        let first = format!("{}{}/", people(&company), id(&first));
        patch(&client, &first, json!({"ownership_percent": 66.67})).await.expect(400);
        patch(&client, &first, json!({"ownership_percent": 50})).await.expect(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_has_one_primary_contact() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let first = assign(&client, &company, json!({"is_primary_contact": true})).await;
        let second = assign(&client, &company, json!({"role": "contact"})).await;
        let other = self::company(&client, "limited_company").await;
        assign(&client, &other, json!({"is_primary_contact": true})).await;
        let primary = format!("{}?is_primary_contact=true", people(&company));
        assert_eq!(client.get(&primary).await.expect(200)["results"], json!([first]));
        let path = format!("{}{}/", people(&company), id(&second));
        let second = patch(&client, &path, json!({"is_primary_contact": true})).await.expect(200);
        assert_eq!(client.get(&primary).await.expect(200)["results"], json!([second]));
        let others = format!("{}?is_primary_contact=true", people(&other));
        assert_eq!(client.get(&others).await.expect(200)["count"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_assignments_stand_against_stays() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "large_partnership").await;
        let mut last = Value::Null;
        for _ in 0..4 {
            last = assign(&client, &company, json!({})).await;
        }
        let path = format!("{END_USERS}{company}/");
        let check = async |path: &str, kind: &str, expected: &str| {
            let refused = patch(&client, path, json!({"type": kind})).await.expect(400);
            assert_eq!(refused, json!({"type": [expected]}));
        };
        check(&path, "small_partnership", "A small_partnership has at most 3 partners at a time.")
            .await;
        check(
            &path,
            "limited_company",
            "A limited_company has no partner, and this company has one.",
        )
        .await;
        let person = format!("{END_USERS}{}/", last["end_user"].as_str().expect("a person"));
        let message = "This person is assigned to a company: only an individual can be.";
        check(&person, "sole_trader", message).await;
        delete(&client, &format!("{}{}/", people(&company), id(&last))).await.is(204, "");
        patch(&client, &person, json!({"type": "sole_trader"})).await.expect(200);
        patch(&client, &path, json!({"type": "small_partnership"})).await.expect(200);
        let body = json!({"type": "individual", "first_name": "Ada", "last_name": "Lovelace"});
        let refused = patch(&client, &path, body).await.expect(400);
        assert_eq!(
            refused,
            json!({"type": ["People are assigned to this company: remove them first."]})
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assignments_are_their_tenants() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let assignment = assign(&client, &company, json!({})).await;
        let thief = app.tenant("Thief").await;
        let own = self::company(&thief, "limited_company").await;
        let person = scenario::end_user(&thief).await;
        let other = self::company(&client, "limited_company").await;
        for (who, company) in [(&thief, &company), (&thief, &own), (&client, &other)] {
            let one = format!("{}{}/", people(company), id(&assignment));
            for answer in [
                who.get(&one).await,
                put(who, &one, json!({"end_user": person})).await,
                patch(who, &one, json!({})).await,
                delete(who, &one).await,
            ] {
                answer.is(404, r#"{"detail":"Not found."}"#);
            }
        }
        let path = people(&company);
        thief.get(&path).await.is(404, r#"{"detail":"Not found."}"#);
        thief.get(&format!("{path}?format=csv")).await.is(404, r#"{"detail":"Not found."}"#);
        thief.post(&path, json!({"end_user": person})).await.is(404, r#"{"detail":"Not found."}"#);
        // Another tenant's person is nobody.
        let stolen = json!({"end_user": assignment["end_user"]});
        let refused = thief.post(&people(&own), stolen).await.expect(400);
        let message = format!("Invalid pk {} - object does not exist.", assignment["end_user"]);
        assert_eq!(refused, json!({"end_user": [message]}));
        let one = format!("{path}{}/", id(&assignment));
        assert_eq!(client.get(&one).await.expect(200), assignment);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assignments_are_filtered_and_downloaded() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "limited_company").await;
        let owner = json!({"role": "owner", "ownership_percent": 25, "from_date": "2020-01-01"});
        let owner = assign(&client, &company, owner).await;
        assign(&client, &company, json!({"until_date": "2021-12-31"})).await;
        let path = people(&company);
        for (query, count) in [
            ("", 2),
            ("role=owner", 1),
            ("role=owner,director,guarantor", 2),
            ("ownership_percent=25", 1),
            ("ownership_percent__gte=25.01", 0),
            ("from_date__lte=2020-01-01", 1),
            ("until_date__gte=2021-12-31", 1),
            ("is_primary_contact=false", 2),
        ] {
            let list = client.get(&format!("{path}?{query}")).await.expect(200);
            assert_eq!(list["count"], count, "{query}");
        }
        let person = owner["end_user"].as_str().expect("a person");
        let list = client.get(&format!("{path}?end_user={person}")).await.expect(200);
        assert_eq!(list["results"], json!([owner]));
        let csv = client.get(&format!("{path}?format=csv&ordering=-role")).await.text;
        let lines: Vec<&str> = csv.lines().collect();
        let header =
            "id,company,end_user,role,ownership_percent,is_primary_contact,from_date,until_date";
        assert_eq!(lines[0], header);
        let row = format!("{},{company},{person},owner,25,false,2020-01-01,", id(&owner));
        assert_eq!((lines[1], lines.len()), (row.as_str(), 3));
        assert!(lines[2].ends_with(",director,,false,,2021-12-31"), "{}", lines[2]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_the_same_time_keep_the_rules() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let company = company(&client, "small_partnership").await;
        let mut sent = Vec::new();
        for _ in 0..6 {
            let body = json!({"end_user": scenario::end_user(&client).await});
            let (client, path) = (client.clone(), people(&company));
            sent.push(tokio::spawn(async move { client.post(&path, body).await.status }));
        }
        let mut statuses = Vec::new();
        for task in sent {
            statuses.push(task.await.expect("an answer"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 201, 201, 400, 400, 400], "{}", app.engine());
    })
    .await;
}
