//! The examples of the savings document: what they send is taken, and what they show has the same keys and types.

use jiff::civil::date;
use serde_json::json;

use crate::app::{kid_input, like, on_each_engine, prebirth_input, user_input, uuid};

#[tokio::test]
async fn users_and_plans() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("USR123-456")).await.expect(201);
        like(
            &user,
            &json!({
                "email": "jane@example.com",
                "uuid": "e95d1ea1-9f5b-44d6-822f-ad4a481ba2c8",
                "external_id": "USR123-456",
                "inserted_at": "2019-10-08T17:39:18.179490Z",
                "first_name": "Jane",
                "last_name": "Doe",
                "middle_name": "Arianne",
            }),
        );
        assert_eq!(user["inserted_at"], "2022-10-01T10:00:00.123456Z");
        let mut with_photo = user_input("USR2");
        with_photo["photo_url"] = json!("https://res.cloudinary.com/myphoto.png");
        let pictured = client.post("/restapi/v1/users", with_photo).await.expect(201);
        let shown = json!({
            "uuid": "6a62fadd-6f95-4549-9d3f-b625716ccbbd",
            "external_id": "USR123-456",
            "email": "user@example.com",
            "inserted_at": "2019-10-08T17:39:18.179490Z",
            "first_name": "Jane",
            "last_name": "Doe",
            "middle_name": "Arianne",
            "photo_url": "https://res.cloudinary.com/myphoto.png",
        });
        let found = client.get(&format!("/restapi/v1/users/{}", uuid(&pictured))).await.expect(200);
        like(&found, &shown);
        let found = client.get("/restapi/v1/users/search/USR2").await.expect(200);
        like(&found, &shown);
        assert_eq!(found["uuid"], pictured["uuid"]);
        // The document asks for the plans without a token.
        let plans = app.stranger().get("/restapi/v1/plans").await.expect(200);
        let example = json!({
            "id": 1011,
            "name": "ScholarShare College Savings Plan",
            "display_name": "ScholarShare College Savings Plan - California",
            "state": "CA",
        });
        like(&plans, &json!([example]));
        assert!(plans.as_array().expect("a list").contains(&example));
        assert_eq!(client.get("/restapi/v1/plans/").await.expect(200), plans);
    })
    .await;
}

#[tokio::test]
async fn funds() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("USR123-456")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let established = json!({
            "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
            "establishment_url": "https://login.my529.org/poaaccountapplication?key=423acf31",
            "fund_name": "John's College Fund",
            "handle": "johnscollegefund123",
        });
        like(&client.post(&path, prebirth_input()).await.expect(201), &established);
        let fund = client.post(&path, kid_input()).await.expect(201);
        like(&fund, &established);
        let handle = fund["handle"].as_str().expect("a handle");
        assert!(handle.starts_with("johnscollegefund") && handle.len() == 19, "{handle}");
        app.answer(&fund, true).await.expect("established");
        let path = format!("/restapi/v1/funds/{}", uuid(&fund));
        client.put(&path, json!({"photo_url": "https://x.org/j.png"})).await.expect(200);
        let mut example = json!({
            "uuid": "c516af7e-69f4-4a9f-ad50-32524bd4a0c8",
            "establishment_url": "https://login.my529.org/poaaccountapplication?key=423acf31",
            "fund_name": "John's College Fund",
            "handle": "johnscollegefund123",
            "public_url": "https://backer.com/johncollegefund123",
            "photo_url": "https://res.cloudinary.com/johnsphoto.png",
            "description": "With your help, we can ensure that John gets to pursue as much education as they want.",
            "is_established": true,
            "settled_balance": 231867,
            "pending_balance": 251867,
            "plan_id": 60,
            "plan_provider": "my529 - Utah",
            "account_number": "901939500",
            "portfolio_label": "Target Enrollment 2032/2033",
            "established_at": "2018-03-29T08:27:34.365846Z",
        });
        let found = client.get(&path).await.expect(200);
        like(&found, &example);
        for same in ["description", "is_established", "plan_id", "plan_provider"] {
            assert_eq!(found[same], example[same]);
        }
        assert_eq!(found["portfolio_label"], "Target Enrollment 2038/2039");
        assert_eq!(found["account_number"].as_str().map(str::len), Some(9));
        let change = json!({"fund_name": "John's Fund 🎓", "handle": "johnsfund489"});
        let changed = client.put(&path, change.clone()).await.expect(200);
        // The document's answer to a change has no plan_id.
        example.as_object_mut().expect("an object").remove("plan_id");
        like(&changed, &example);
        assert_eq!((&changed["fund_name"], &changed["handle"]), (&change["fund_name"], &change["handle"]));
    })
    .await;
}

#[tokio::test]
async fn linked_funds() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let link = json!({
            "plan_id": 3,
            "account_number": "1234567890",
            "beneficiary_first_name": "John",
            "beneficiary_last_name": "Doe",
            "fund_name": "John's College Fund",
        });
        let linked = client.post("/restapi/v1/linked_funds", link).await.expect(201);
        let example = json!({
            "uuid": "3ad7f2a1-5add-4ae7-942b-0690ad35f2c2",
            "fund_name": "John's College Fund",
            "handle": "johnscollegefund987",
            "plan_id": 3,
            "plan_provider": "BlackRock CollegeAdvantage Advisor 529 Savings Plan",
            "account_number": "1234567890",
        });
        like(&linked, &example);
        for same in ["fund_name", "plan_id", "plan_provider", "account_number"] {
            assert_eq!(linked[same], example[same]);
        }
    })
    .await;
}

#[tokio::test]
async fn contributions_and_transactions() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, fund) = app.established(&client).await;
        let path = format!("/restapi/v1/funds/{fund}/contributions");
        let input = json!({"frequency": "monthly", "amount": 15000, "first_day": 14});
        let made = client.post(&path, input).await.expect(201);
        let mut example = json!({
            "uuid": made["uuid"],
            "frequency": "monthly",
            "amount": 15000,
            "status": "scheduled",
            "activation_date": "2022-10-14",
            "first_day": 14,
            "second_day": null,
        });
        assert_eq!(made, example);
        let path = format!("/restapi/v1/contributions/{}", uuid(&made));
        example["amount"] = json!(50000);
        assert_eq!(client.put(&path, json!({"amount": 50000})).await.expect(200), example);
        let payment = format!("{path}/payments");
        like(&client.post(&payment, json!({})).await.expect(201), &example);
        example["activation_date"] = json!("2022-11-14");
        example["status"] = json!("cancelled");
        assert_eq!(client.delete(&path).await.expect(200), example);
        app.advance(&client, date(2022, 10, 5)).await;
        let list = client.get(&format!("/restapi/v1/funds/{fund}/transactions")).await.expect(200);
        let transaction = json!({
            "uuid": list[0]["uuid"],
            "amount": 50000,
            "description": "Contribution from Jane Arianne Doe",
            "occurred_on": "2022-10-01",
            "status": "Settled",
            "type": "contribution",
            "frequency": "monthly",
        });
        assert_eq!(list, json!([transaction]));
        app.prove().await;
    })
    .await;
}
