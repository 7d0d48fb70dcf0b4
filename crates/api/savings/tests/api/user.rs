//! `/restapi/v1/users`.

use serde_json::json;

use crate::app::{on_each_engine, user_input, uuid};

#[tokio::test]
async fn every_fault_is_told_in_one_answer() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = "/restapi/v1/users";
        let missing =
            ["external_id", "first_name", "last_name", "email"].map(|name| format!("{name} is required"));
        client.post(path, json!({})).await.refuses(400, &missing.each_ref().map(String::as_str));
        let bad = json!({"external_id": 5, "first_name": " ", "last_name": "a\u{202E}b", "email": "jane",
            "middle_name": "x".repeat(101), "photo_url": "javascript:alert(1)"});
        client.post(path, bad).await.refuses(400, &[
            "external_id must be a string",
            "first_name is required",
            "middle_name must have no more than 100 characters",
            "last_name must not contain control characters",
            "email is not a valid email address",
            "photo_url is not a valid URL (https://...)",
        ]);
        client.post(path, json!([])).await.refuses(400, &["Invalid data. Expected a dictionary, but got list."]);
        let request = client.request(reqwest::Method::POST, path);
        let answer = client.send(request.header("content-type", "application/json").body("{")).await;
        assert!(answer.expect(400)["errors"][0].as_str().expect("a text").starts_with("JSON parse error"));
        let request = client.request(reqwest::Method::POST, path);
        let answer = client.send(request.header("content-type", "text/xml").body("<a/>")).await;
        answer.refuses(400, &["Unsupported media type \"text/xml\" in request."]);
    })
    .await;
}

#[tokio::test]
async fn an_external_id_is_one_user_of_one_tenant() {
    on_each_engine(async |app| {
        let (one, other) = (app.tenant("One").await, app.tenant("Other").await);
        let path = "/restapi/v1/users";
        let user = one.post(path, user_input("a/b c")).await.expect(201);
        one.post(path, user_input("a/b c"))
            .await
            .refuses(422, &["external_id has already been taken"]);
        let found = one.get("/restapi/v1/users/search/a%2Fb%20c").await.expect(200);
        assert_eq!((&found["uuid"], &found["photo_url"]), (&user["uuid"], &json!(null)));
        other.get("/restapi/v1/users/search/a%2Fb%20c").await.refuses(404, &["user not found"]);
        let by_id = format!("/restapi/v1/users/{}", uuid(&user));
        other.get(&by_id).await.refuses(404, &["user not found"]);
        assert_ne!(other.post(path, user_input("a/b c")).await.expect(201)["uuid"], user["uuid"]);
        one.get("/restapi/v1/users/nobody").await.refuses(404, &["Not found."]);
    })
    .await;
}
