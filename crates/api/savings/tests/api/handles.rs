//! What protects a child's page: handles that stay their fund's, pages that tell little, and whoever tries handles waits.

use serde_json::{Value, json};

use crate::app::{Client, TestApp, kid_input, on_each_engine, user_input, uuid};

/// A fund of a new user; its path and its handle.
async fn fund(client: &Client, external_id: &str, changes: Value) -> (String, String) {
    let user = client.post("/restapi/v1/users", user_input(external_id)).await.expect(201);
    let mut input = kid_input();
    for (name, value) in changes.as_object().expect("an object") {
        input[name.as_str()] = value.clone();
    }
    let path = format!("/restapi/v1/users/{}/funds", uuid(&user));
    let made = client.post(&path, input).await.expect(201);
    let handle = made["handle"].as_str().expect("a handle").to_owned();
    (format!("/restapi/v1/funds/{}", uuid(&made)), handle)
}

/// The status of a page for a browser that follows nothing, and where it is sent.
async fn look(app: &TestApp, path: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let request = app.stranger().request(reqwest::Method::GET, path).build().expect("a request");
    let response = client.build().expect("a client").get(request.url().as_str());
    let response = response.header("accept", "text/html").send().await.expect("an answer");
    let location = response.headers().get("location").map(|it| it.to_str().expect("text"));
    (response.status().as_u16(), location.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_link_that_was_shared_leads_to_its_fund_for_ever() {
    on_each_engine(async |app| {
        let (one, other) = (app.tenant("One").await, app.tenant("Other").await);
        let (path, first) = fund(&one, "U1", json!({})).await;
        one.put(&path, json!({"handle": "johns-fund"})).await.expect(200);
        one.put(&path, json!({"handle": "johns-new-fund"})).await.expect(200);
        for old in [first.as_str(), "johns-fund", "JOHNS-FUND"] {
            for page in ["", "/gift", "/card.png"] {
                let expected = (301, format!("/johns-new-fund{page}"));
                assert_eq!(look(app, &format!("/{old}{page}")).await, expected);
            }
        }
        assert_eq!(look(app, "/johns-new-fund").await.0, 200);
        // Nobody else can have it, of this tenant or of another.
        let taken = ["handle has already been taken"];
        for client in [&one, &other] {
            let (theirs, _) = fund(client, "U2", json!({})).await;
            client.put(&theirs, json!({"handle": "johns-fund"})).await.refuses(422, &taken);
            let user = client.post("/restapi/v1/users", user_input("U3")).await.expect(201);
            let mut input = kid_input();
            input["handle"] = json!(first);
            let new = format!("/restapi/v1/users/{}/funds", uuid(&user));
            client.post(&new, input).await.refuses(422, &taken);
        }
        // Its own it can have again.
        one.put(&path, json!({"handle": "johns-fund"})).await.expect(200);
        assert_eq!(look(app, "/johns-fund").await.0, 200);
        assert_eq!(look(app, "/johns-new-fund").await, (301, "/johns-fund".to_owned()));
        // What is not public is nowhere.
        one.put(&format!("{path}/page"), json!({"is_public": false})).await.expect(200);
        assert_eq!(look(app, "/johns-new-fund").await.0, 404);
        for count in 0..17 {
            let handle = json!({"handle": format!("another-{count}")});
            one.put(&path, handle).await.expect(200);
        }
        let more = one.put(&path, json!({"handle": "one-too-many"})).await;
        more.refuses(422, &["handle has been changed too often"]);
        let reserved = one.put(&path, json!({"handle": "restapi"})).await;
        reserved.refuses(422, &["handle is reserved"]);
    })
    .await;
}

#[tokio::test]
async fn a_page_tells_no_amounts_unless_its_owner_wants_that() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (path, handle) = fund(&client, "U1", json!({})).await;
        let page = format!("{path}/page");
        assert_eq!(client.get(&page).await.expect(200)["shows_balance"], false);
        client.put(&page, json!({"goal": 100_000})).await.expect(200);
        let shown = app.stranger().get(&format!("/{handle}")).await.text;
        assert!(shown.contains("On the way to $1,000") && shown.contains("0%"), "{shown}");
        assert!(!shown.contains("saved so far"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn whoever_tries_handles_waits() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let (_, handle) = fund(&client, "U1", json!({})).await;
        for number in 0..30 {
            assert_eq!(look(app, &format!("/{handle}")).await.0, 200);
            assert_eq!(look(app, &format!("/nobodysfund{number:03}")).await.0, 404);
        }
        for path in
            ["/nobodysfund999".to_owned(), format!("/{handle}"), format!("/{handle}/card.png")]
        {
            assert_eq!(look(app, &path).await.0, 429, "{path}");
        }
        let program = app.stranger().get("/nobodysfund999").await;
        assert!(
            program.status == 429 && program.headers.contains_key("retry-after"),
            "{program:?}"
        );
        client.get("/restapi/v1/settings").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_page_can_be_set_up_with_its_fund() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let public = json!({
            "handle": "Johns-Own",
            "photo_url": "https://res.cloudinary.com/johnsphoto.png",
            "description": "For John.\nThank you!",
        });
        let (path, handle) = fund(&client, "U1", public.clone()).await;
        assert_eq!(handle, "johns-own");
        let found = client.get(&path).await.expect(200);
        for name in ["photo_url", "description"] {
            assert_eq!(found[name], public[name]);
        }
        let linked = json!({"plan_id": 3, "account_number": "1234567890", "fund_name": "F",
            "beneficiary_first_name": "John", "beneficiary_last_name": "Doe", "handle": "johns-linked",
            "photo_url": "http://x.org/a.png", "description": 7});
        client.post("/restapi/v1/linked_funds", linked.clone()).await.refuses(
            400,
            &["description must be a string", "photo_url is not a valid URL (https://...)"],
        );
        let mut linked = linked;
        linked["photo_url"] = Value::Null;
        linked["description"] = json!("For John.");
        let made = client.post("/restapi/v1/linked_funds", linked).await.expect(201);
        assert_eq!(made["handle"], "johns-linked");
        let changed = client.put(&path, json!({"description": "One.\r\n\r\nTwo."})).await.expect(200);
        assert_eq!(changed["description"], "One.\n\nTwo.");
    })
    .await;
}
