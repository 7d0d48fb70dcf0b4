//! What comes after `establishment_url`: questions, tries, events.

use reqwest::Method;
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

#[tokio::test]
async fn the_page_asks_one_question_after_another() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let user = client.post("/restapi/v1/users", user_input("U1")).await.expect(201);
        let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
        let mut input = kid_input();
        input["fund_name"] = json!("<script>alert(1)</script>");
        let fund = client.post(&path, input).await.expect(201);
        let url = fund["establishment_url"].as_str().expect("a URL");
        let path = &url[url.find("/establish").expect("the page")..];
        let key = path.split("key=").nth(1).expect("a key");
        let browser = app.stranger();
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(
            page.text.contains("Question 1 of 4") && page.text.contains("Bryant St"),
            "{}",
            page.text
        );
        assert!(
            page.text.contains("&lt;script&gt;") && !page.text.contains("<script"),
            "{}",
            page.text
        );
        for name in ["content-security-policy", "referrer-policy", "cache-control"] {
            assert!(page.headers.contains_key(name), "{name}");
        }
        let send = async |key: &str, question: &str, choice: &str| {
            let form = format!("key={key}&question={question}&choice={choice}");
            let request = browser.request(Method::POST, "/establish").body(form);
            let kind = "application/x-www-form-urlencoded";
            browser.send(request.header("content-type", kind)).await
        };
        let none_of_them = "4";
        let next = send(key, "street", none_of_them).await;
        assert!(next.text.contains("Question 2 of 4"), "{}", next.text);
        // Answered before, not asked yet, or no choice at all: nothing changes.
        for question in ["street", "phone", "nothing"] {
            assert!(send(key, question, none_of_them).await.text.contains("Question 2 of 4"));
        }
        let unanswered = send(key, "birth_month", "9").await;
        assert_eq!(unanswered.status, 400);
        assert!(unanswered.text.contains("Please choose an answer."), "{}", unanswered.text);
        for question in ["birth_month", "ssn", "phone"] {
            send(key, question, none_of_them).await;
        }
        assert!(browser.get(path).await.text.contains("You have 2 tries left."));
        app.answer(&fund, true).await.expect("established");
        assert!(browser.get(path).await.text.contains("Your account is open"));
        for bad in ["/establish", "/establish?key=", "/establish?key=AAAA"] {
            let page = browser.get(bad).await;
            assert_eq!(page.status, 404, "{bad}");
            assert!(page.text.contains("This link does not work"), "{}", page.text);
        }
        assert_eq!(
            browser.get("/establish/style.css").await.headers["content-type"],
            "text/css; charset=utf-8"
        );
    })
    .await;
}
