//! 50401 to 52998: the request as a whole.

use florin_http::{HttpOptions, Mode};
use florin_tenancy::{NewKey, Surface};
use reqwest::Method;
use serde_json::json;

use super::Seen;
use crate::app::{TestApp, on_each_engine, with_options};
use crate::door::raw;

pub async fn check(seen: &mut Seen, app: &TestApp) {
    let (tenant, keys) = app.tenant("common").await;
    let bank = app.client(tenant, &keys.external_accounts);
    keys_that_open_nothing(seen, app, &bank, &keys.lending.presented()).await;
    let home = NewKey {
        allowed_networks: vec!["203.0.113.0/24".to_owned()],
        ..NewKey::everything(Surface::ExternalAccounts)
    };
    let elsewhere = app.with_key(&bank, home).await.get("/program/get").await;
    seen.refused(elsewhere, 403, 50403, "IP is not trusted");
    let here = NewKey {
        allowed_networks: vec!["127.0.0.0/8".to_owned()],
        ..NewKey::everything(Surface::ExternalAccounts)
    };
    app.with_key(&bank, here).await.get("/program/get").await.data(200);
    for path in [
        "/externalAccount/nothing",
        "/customer",
        "/transaction/list/1/2/3/4/5/6",
        "/program/get/1",
        "/card",
    ] {
        let text = "The requested resource was not found.";
        seen.refused(bank.get(path).await, 404, 50404, text);
    }
    for (method, path) in [
        (Method::GET, "/customer/create"),
        (Method::PUT, "/externalaccount/update/"),
        (Method::POST, "/program/get"),
    ] {
        let answer = bank.send(bank.request(method, path)).await;
        assert!(answer.headers.contains_key("allow"), "{path}");
        seen.refused(answer, 405, 50405, "The requested HTTP method is not allowed.");
    }
    for path in [
        "/customer/update",
        "/Customer/Search/?pageNumber=0",
        "/account/create",
        "/card/get/1/2",
        "/statement/list/1/2",
        "/externalAccountDocument/Upload",
        "/program/list",
        "//transfer//LIST/1/",
        "/transaction/getByTag/1/x",
    ] {
        let answer = bank.post(path, json!({})).await;
        seen.refused(answer, 501, 50501, "Not Implemented");
        let answer = bank.get(path).await;
        seen.refused(answer, 501, 50501, "Not Implemented");
    }
    let panicked = bank.get("/program/panic").await;
    seen.refused(panicked, 500, 50500, "Internal Server Error");
    let (status, body) = raw(app, "GET /program/get HTTP/1.0\r\nHost: x\r\n\r\n").await;
    assert_eq!((status, body["errors"][0]["code"].as_u64()), (505, Some(50505)), "{body}");
    assert_eq!(body["errors"][0]["message"], "HTTP Version Not Supported");
    seen.0.insert(50505);
    what_cannot_be_opened(seen, app, &bank).await;
}

async fn keys_that_open_nothing(
    seen: &mut Seen,
    app: &TestApp,
    bank: &crate::app::Client,
    lending: &str,
) {
    let text = "User is not authorized";
    for credential in [None, Some("no:body"), Some(&*format!("{lending}:"))] {
        let answer = bank.with(credential).get("/program/get").await;
        let challenge = answer.headers["www-authenticate"].to_str().expect("text");
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
        seen.refused(answer, 401, 50401, text);
    }
    let bare = bank.with(None);
    let token = bare.request(Method::GET, "/program/get").header("authorization", lending);
    seen.refused(bare.send(token).await, 401, 50401, text);
    let reader = app.reader(bank).await;
    reader.get("/program/get").await.data(200);
    seen.refused(reader.post("/customer/create", json!({})).await, 401, 50401, text);
}

/// 52998: what was sealed by another key ring.
async fn what_cannot_be_opened(seen: &mut Seen, app: &TestApp, bank: &crate::app::Client) {
    let body = json!({ "firstName": "A", "lastName": "B", "taxId": "123-45-6789" });
    let customer = bank.post("/customer/create", body).await.data(201)["customerId"].clone();
    let other = app.with_wrong_keys().await;
    let answer = other.client_of(bank).get(&format!("/customer/get/{customer}")).await;
    let id = answer.headers["x-request-id"].to_str().expect("text").to_owned();
    let text = format!("Internal Server Error. Incident Id : {id}");
    seen.refused(answer, 500, 52998, &text);
}

/// What needs a server with other bounds.
pub async fn check_limits(seen: &mut Seen) {
    let seen = std::sync::Mutex::new(seen);
    let bounded = |change: fn(&mut HttpOptions)| {
        let mut options = HttpOptions::of(Mode::Sandbox);
        change(&mut options);
        options
    };
    let refused = |answer, status, code, text| {
        seen.lock().expect("no panic").refused(answer, status, code, text);
    };
    let once = |options: &mut HttpOptions| {
        options.limits.requests_per_second = Some(1);
        options.limits.burst = 1;
    };
    with_options(bounded(once), async |app| {
        let bank = app.bank("once").await;
        bank.get("/program/get").await.data(200);
        let answer = bank.get("/program/get").await;
        assert_eq!(answer.headers["retry-after"], "1");
        refused(answer, 429, 50429, "Rate limit exceeded");
    })
    .await;
    with_options(bounded(|it| it.limits.concurrency = 0), async |app| {
        let answer = app.bank("busy").await.get("/program/get").await;
        assert_eq!(answer.headers["retry-after"], "1");
        refused(answer, 503, 50503, "Service Unavailable");
    })
    .await;
    let soon = |options: &mut HttpOptions| {
        options.limits.time_out = std::time::Duration::from_millis(1);
    };
    with_options(bounded(soon), async |app| {
        let answer = app.bank("slow").await.get("/program/never").await;
        refused(answer, 504, 50504, "Gateway Timeout");
    })
    .await;
    on_each_engine(async |app| {
        let bank = app.bank("closed").await;
        app.db().close();
        let answer = bank.get("/program/get").await;
        refused(answer, 503, 50503, "Service Unavailable");
    })
    .await;
}
