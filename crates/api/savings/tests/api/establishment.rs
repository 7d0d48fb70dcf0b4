//! What comes after `establishment_url`: questions, tries, events.

use serde_json::json;

use crate::app::{kid_input, on_each_engine, user_input, uuid};
use florin_savings::fund::FundState;

#[tokio::test]
async fn right_answers_open_the_account_and_tell_it() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let fund = client.post(&path, kid_input()).await.expect(201);
        let path = format!("/restapi/v1/funds/{}", uuid(&fund));
        let before = client.get(&path).await.expect(200);
        assert_eq!(before["establishment_url"], fund["establishment_url"], "the link stays");
        assert_eq!(
            (&before["is_established"], &before["account_number"]),
            (&json!(false), &json!(null))
        );
        assert_eq!((&before["plan_id"], &before["established_at"]), (&json!(60), &json!(null)));
        let first = app.answer(&fund, false).await.expect("a view");
        assert_eq!((first.state, first.tries_left, first.number), (FundState::Establishing, 2, 1));
        let done = app.answer(&fund, true).await.expect("a view");
        assert_eq!((done.state, done.question), (FundState::Established, None));
        let again = app.answer(&fund, false).await.expect("a view");
        assert_eq!(again.state, FundState::Established, "what is done is done");
        let after = client.get(&path).await.expect(200);
        assert_eq!(after["portfolio_label"], "Target Enrollment 2038/2039");
        let event = json!({
            "uuid": fund["uuid"],
            "established_at": "2022-10-01T10:00:00.123456Z",
            "plan_provider": "my529 - Utah",
            "account_number": after["account_number"],
            "portfolio_label": "Target Enrollment 2038/2039",
            "is_established": true,
            "fund_name": "John's College Fund",
        });
        assert_eq!(app.events(&client, "FundEstablished").await, [event]);
        assert_eq!(after["established_at"], "2022-10-01T10:00:00.123456Z");
    })
    .await;
}

#[tokio::test]
async fn three_wrong_tries_end_it() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let fund = client.post(&path, kid_input()).await.expect(201);
        for left in [2, 1, 0] {
            assert_eq!(app.answer(&fund, false).await.expect("a view").tries_left, left);
        }
        let view = app.answer(&fund, true).await.expect("a view");
        assert_eq!((view.state, view.question), (FundState::Failed, None));
        let event = json!({"uuid": fund["uuid"], "is_established": false, "fund_name": "John's College Fund"});
        assert_eq!(app.events(&client, "EstablishFundFailed").await, [event]);
        assert!(app.events(&client, "FundEstablished").await.is_empty());
        let path = format!("/restapi/v1/funds/{}/contributions", uuid(&fund));
        let input = json!({"frequency": "monthly", "amount": 100, "first_day": 14});
        client.post(&path, input).await.refuses(422, &["the fund could not be established"]);
    })
    .await;
}
