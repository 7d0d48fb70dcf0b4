//! Tokens, formats, allowances, maintenance.

use florin_http::{HttpOptions, Mode};
use florin_savings::maintenance::set_maintenance;
use reqwest::Method;

use crate::app::{on_each_engine, with_options};

const OPERATIONS: &[(&str, &str)] = &[
    ("GET", "/restapi/v1/users/search/x"),
    ("GET", "/restapi/v1/users/x"),
    ("POST", "/restapi/v1/users"),
    ("POST", "/restapi/v1/users/x/funds"),
    ("POST", "/restapi/v1/linked_funds"),
    ("GET", "/restapi/v1/funds/x"),
    ("PUT", "/restapi/v1/funds/x"),
    ("POST", "/restapi/v1/funds/x/initiate_withdrawal"),
    ("GET", "/restapi/v1/funds/x/withdrawals"),
    ("GET", "/restapi/v1/funds/x/performance"),
    ("GET", "/restapi/v1/funds/x/transactions"),
    ("GET", "/restapi/v1/funds/x/contributions"),
    ("POST", "/restapi/v1/funds/x/contributions"),
    ("GET", "/restapi/v1/contributions/x"),
    ("PUT", "/restapi/v1/contributions/x"),
    ("DELETE", "/restapi/v1/contributions/x"),
    ("POST", "/restapi/v1/contributions/x/payments"),
    ("GET", "/restapi/v1/settings"),
    ("PUT", "/restapi/v1/settings"),
];

#[tokio::test]
async fn every_operation_asks_for_a_token_of_this_surface() {
    on_each_engine(async |app| {
        let (_, keys) = app.tenant_keys("Partner").await;
        let lending = app.with_key(&keys.lending.presented());
        for (method, path) in OPERATIONS {
            let method: Method = method.parse().expect("a method");
            let stranger = app.stranger();
            let answer = stranger.send(stranger.request(method.clone(), path)).await;
            answer.refuses(401, &["Authentication credentials were not provided."]);
            let liar = app.with_key("109cb6fd-5658-4297-9bbf-8fa42be80f6c");
            let answer = liar.send(liar.request(method.clone(), path)).await;
            answer.refuses(401, &["Invalid API key."]);
            let answer = lending.send(lending.request(method, path)).await;
            answer.refuses(403, &["This API key is for another API."]);
        }
        app.with_key("wrong").get("/restapi/v1/plans").await.refuses(401, &["Invalid API key."]);
    })
    .await;
}

#[tokio::test]
async fn other_formats_paths_and_methods() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        for accept in ["application/xml", "text/html", "application/json;q=0"] {
            let request = client.request(Method::GET, "/restapi/v1/plans").header("accept", accept);
            client
                .send(request)
                .await
                .refuses(406, &["Only application/json can be answered with."]);
        }
        client.get("/restapi/v1/nothing").await.refuses(404, &["Not found."]);
        client.get("/restapi").await.refuses(404, &["Not found."]);
        let request = client.request(Method::POST, "/restapi/v1/users").body(" ".repeat(2 << 20));
        client
            .send(request)
            .await
            .refuses(400, &["Request body is too large: the limit is 1048576 bytes."]);
        let answer = client.delete("/restapi/v1/users").await;
        assert_eq!(answer.headers["allow"], "POST");
        assert!(answer.headers.contains_key("x-request-id"));
        answer.refuses(405, &["Method \"DELETE\" not allowed."]);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_nothing_can_be_pulled_from_is_not_set() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        let path = "/restapi/v1/settings";
        let none =
            serde_json::json!({"funding_account": null, "market": "flat", "scheduling": "florin"});
        assert_eq!(client.get(path).await.expect(200), none);
        let refused = client.put(path, serde_json::json!({"funding_account": 17})).await;
        refused.refuses(422, &["funding_account: There is no external account 17."]);
        let refused = client.put(path, serde_json::json!({"funding_account": "17"})).await;
        refused.refuses(400, &["funding_account must be an integer"]);
        let bad = serde_json::json!({"funding_account": "x", "market": "rising"});
        client.put(path, bad).await.refuses(
            400,
            &[
                "funding_account must be an integer",
                "market must be one of simulated, flat, loaded",
            ],
        );
        for market in ["loaded", "simulated", "flat"] {
            let set = client.put(path, serde_json::json!({"market": market})).await.expect(200);
            assert_eq!(set["market"], market);
        }
        assert_eq!(client.put(path, none.clone()).await.expect(200), none);
        assert_eq!(client.put(path, serde_json::json!({})).await.expect(200), none);
    })
    .await;
}

#[tokio::test]
async fn an_allowance_is_used_up() {
    let mut options = HttpOptions::of(Mode::Sandbox);
    options.limits.requests_per_second = Some(1);
    options.limits.burst = 1;
    with_options(options, async |app| {
        let client = app.tenant("Partner").await;
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(client.get("/restapi/v1/users/search/x").await);
        }
        let refused = answers.into_iter().find(|answer| answer.status == 429).expect("a refusal");
        assert!(refused.headers.contains_key("retry-after"));
        assert!(
            refused.expect(429)["errors"][0]
                .as_str()
                .expect("a text")
                .starts_with("Request was throttled.")
        );
    })
    .await;
}

#[tokio::test]
async fn in_maintenance_nothing_is_answered() {
    on_each_engine(async |app| {
        let client = app.tenant("Partner").await;
        for _ in 0..2 {
            set_maintenance(app.db(), true, app.now()).await.expect("switched");
        }
        let text = "We're temporarily offline for maintenance. Please try again later.";
        for (method, path) in OPERATIONS {
            let method: Method = method.parse().expect("a method");
            let answer = client.send(client.request(method, path)).await;
            assert_eq!(answer.headers["retry-after"], "60");
            answer.refuses(503, &[text]);
        }
        app.stranger().get("/restapi/v1/plans").await.refuses(503, &[text]);
        set_maintenance(app.db(), false, app.now()).await.expect("switched");
        client.get("/restapi/v1/plans").await.expect(200);
    })
    .await;
}
