//! The platform API on both engines, through the door that the server uses.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

#[path = "platform/ach.rs"]
mod ach;
#[path = "platform/refunds.rs"]
mod refunds;

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine;
use florin_api_platform::{PlatformState, router};
use florin_calendar::FixedClock;
use florin_crypto::KeyRing;
use florin_events::{AddressPolicy, NewEvent, Webhooks, append_in, kinds};
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_ids::{EntryId, TenantId};
use florin_ledger::{Account, Entry, Kind, Posting};
use florin_lending::Lending;
use florin_mandates::Mandates;
use florin_money::Currency;
use florin_payments::Rails;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{NewTenant, TenantKeys, create_tenant};
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

const CASH: Account = Account { no: 1000, name: "Cash at bank", kind: Kind::Asset };
const LOANS: Account = Account { no: 1100, name: "Loan principal", kind: Kind::Asset };

struct Setting {
    test: TestDb,
    edge: Edge,
    lending: Lending,
    network: ach::Network,
    tenant: TenantId,
    keys: TenantKeys,
    stranger: TenantKeys,
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

async fn settings(mode: Mode) -> Vec<Setting> {
    let sets = [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_ach_origination::MIGRATIONS,
        florin_mandates::MIGRATIONS,
        florin_external_accounts::MIGRATIONS,
        florin_decisioning::MIGRATIONS,
        florin_lending::MIGRATIONS,
    ];
    let mut settings = Vec::new();
    for test in databases(&sets) {
        let new = |name: &str| NewTenant {
            name: name.to_owned(),
            clock: Some(date(2026, 1, 30)),
            ..NewTenant::default()
        };
        let (tenant, keys) = create_tenant(&test.db, new("Acme"), now()).await.unwrap();
        let (_, stranger) = create_tenant(&test.db, new("Stranger"), now()).await.unwrap();
        let clock = Arc::new(FixedClock::new(now()));
        let policy = match mode {
            Mode::Sandbox => AddressPolicy::Any,
            Mode::Production => AddressPolicy::Public,
        };
        let keys_of_people = Arc::new(KeyRing::generate());
        let lending = Lending::new(test.db.clone(), keys_of_people);
        let steps = florin_lending::day_steps(&Rails::default());
        let network = ach::Network::new(&test.db, &clock);
        let state = PlatformState {
            http: HttpState::new(test.db.clone(), clock.clone(), HttpOptions::of(mode)),
            webhooks: Webhooks::new(test.db.clone(), None, policy),
            mandates: Mandates::new(test.db.clone(), Arc::new(KeyRing::generate()), clock.clone()),
            lending: lending.clone(),
            ach: network.ach.clone(),
            days: DayRunner::new(test.db.clone(), clock, steps),
            chart: &[CASH, LOANS],
        };
        let http = state.http.clone();
        let edge = Edge::new(router(state), &http);
        settings.push(Setting { test, edge, lending, network, tenant: tenant.id, keys, stranger });
    }
    settings
}

impl Setting {
    async fn send(&self, method: &str, path: &str, body: Json, auth: (&str, &str)) -> (u16, Json) {
        let mut request = Request::builder().method(method).uri(path);
        if !auth.0.is_empty() {
            request = request.header(auth.0, auth.1);
        }
        let body = match body {
            Json::Null => Body::empty(),
            body => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        let response = self.edge.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    async fn call(&self, method: &str, path: &str, body: Json) -> (u16, Json) {
        let key = self.keys.lending.presented();
        self.send(method, path, body, ("x-api-key", &key)).await
    }

    async fn check(&self, method: &str, path: &str, body: Json, expected: (u16, Json)) {
        let got = self.call(method, path, body.clone()).await;
        assert_eq!(got, expected, "{}: {method} {path} {body}", self.test.name);
    }
}

#[tokio::test]
async fn any_key_of_the_tenant_opens_it() {
    for setting in settings(Mode::Sandbox).await {
        let basic = |pair: String| {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        };
        let keys = &setting.keys;
        for (header, value) in [
            ("x-api-key", keys.lending.presented()),
            ("authorization", basic(keys.external_accounts.presented())),
            ("authorization", basic(keys.connect.presented())),
            ("authorization", keys.savings.presented()),
        ] {
            for path in [
                "/platform/v1/events",
                "/platform/v1/webhooks/",
                "/platform/v1/ledger/trial-balance/",
                "/sandbox/v1/clock",
            ] {
                let (status, _) = setting.send("GET", path, Json::Null, (header, &value)).await;
                assert_eq!(status, 200, "{path} {header}");
            }
        }
        let refused = setting.send("GET", "/platform/v1/events", Json::Null, ("", "")).await;
        let detail = json!({"detail": "Authentication credentials were not provided."});
        assert_eq!(refused, (401, detail));
        let wrong = ("authorization", "wrong");
        let refused = setting.send("GET", "/platform/v1/events", Json::Null, wrong).await;
        assert_eq!(refused, (401, json!({"detail": "Invalid API key."})));
    }
}

#[tokio::test]
async fn the_event_log_is_read_on_from_where_one_stopped() {
    for setting in settings(Mode::Sandbox).await {
        let tenant = setting.tenant;
        let appended = move |tx: &mut florin_storage::Tx| {
            for kind in
                [kinds::REPAYMENT_CREATED, kinds::REPAYMENT_RESULT, kinds::REPAYMENT_CREATED]
            {
                let event = NewEvent {
                    kind,
                    resource: "loan:1".to_owned(),
                    occurred_at: now(),
                    data: json!({"amount": "10.00"}),
                };
                append_in(tx, tenant, &[event])?;
            }
            Ok::<_, florin_events::EventsError>(())
        };
        setting.test.db.write(appended).await.unwrap();

        let (status, page) = setting.call("GET", "/platform/v1/events?limit=2", Json::Null).await;
        assert_eq!((status, &page["next_after"]), (200, &json!(2)));
        assert_eq!(page["events"].as_array().unwrap().len(), 2);
        let first = &page["events"][0];
        assert!(first["id"].is_string());
        assert_eq!(first["seq"], 1);
        assert_eq!(first["type"], "repayment_created");
        assert_eq!(first["resource"], "loan:1");
        assert_eq!(first["created"], now().as_second());
        assert_eq!(first["data"], json!({"amount": "10.00"}));

        let path = "/platform/v1/events/?after=1&type=repayment_created";
        let (_, page) = setting.call("GET", path, Json::Null).await;
        assert_eq!(page["events"][0]["seq"], 3);
        assert_eq!(page["next_after"], 3);
        let empty = (200, json!({"events": [], "next_after": 3}));
        setting.check("GET", "/platform/v1/events?after=3", Json::Null, empty).await;

        let path = "/platform/v1/events?after=-1&limit=1001&type=nonsense";
        let faults = json!({
            "after": ["Ensure this value is greater than or equal to 0."],
            "limit": ["Ensure this value is less than or equal to 1000."],
            "type": ["\"nonsense\" is not a valid choice."],
        });
        setting.check("GET", path, Json::Null, (400, faults)).await;
        let faults = json!({"limit": ["A valid integer is required."]});
        setting.check("GET", "/platform/v1/events?limit=x", Json::Null, (400, faults)).await;
        let stranger = setting.stranger.lending.presented();
        let auth = ("x-api-key", stranger.as_str());
        let (_, page) = setting.send("GET", "/platform/v1/events", Json::Null, auth).await;
        assert_eq!(page, json!({"events": [], "next_after": 0}));
    }
}

#[tokio::test]
async fn the_trial_balance_adds_up_and_is_the_tenants_own() {
    for setting in settings(Mode::Sandbox).await {
        let tenant = setting.tenant;
        let booked = move |tx: &mut florin_storage::Tx| {
            let loan = EntryId::new().uuid();
            let entry = |pending, amount| Entry {
                id: EntryId::new(),
                kind: "disbursement",
                currency: Currency::GBP,
                pending,
                effective_on: date(2026, 1, 30),
                recorded_at: now(),
                postings: vec![
                    Posting::debit(LOANS.of(loan), amount),
                    Posting::credit(CASH.house(), amount),
                ],
            };
            florin_ledger::post_many_in(
                tx,
                tenant,
                &[entry(false, 1_200_000), entry(true, 5_000)],
            )?;
            Ok::<_, florin_ledger::LedgerError>(())
        };
        setting.test.db.write(booked).await.unwrap();
        let line = |account: &Account, debit: i64, credit: i64, pending: (i64, i64)| {
            json!({
                "account": account.no,
                "name": account.name,
                "currency": "GBP",
                "debit_minor": debit,
                "credit_minor": credit,
                "pending_debit_minor": pending.0,
                "pending_credit_minor": pending.1,
            })
        };
        let lines = [line(&CASH, 0, 1_200_000, (0, 5_000)), line(&LOANS, 1_200_000, 0, (5_000, 0))];
        let path = "/platform/v1/ledger/trial-balance/";
        setting.check("GET", path, Json::Null, (200, json!({ "lines": lines }))).await;
        let stranger = setting.stranger.lending.presented();
        let auth = ("x-api-key", stranger.as_str());
        let got = setting.send("GET", path, Json::Null, auth).await;
        assert_eq!(got, (200, json!({ "lines": [] })));
    }
}

#[tokio::test]
async fn webhooks_from_registration_to_deletion() {
    for setting in settings(Mode::Sandbox).await {
        let body = json!({"url": "http://localhost:9/hook", "events": ["repayment_created"]});
        let (status, created) = setting.call("POST", "/platform/v1/webhooks/", body).await;
        assert_eq!(status, 201, "{created}");
        let secret = created["secret"].as_str().unwrap();
        assert!(secret.starts_with("whsec_"));
        let id = created["id"].as_str().unwrap();
        let path = |rest: &str| format!("/platform/v1/webhooks/{id}{rest}");
        let shown = json!({
            "id": id,
            "url": "http://localhost:9/hook",
            "events": ["repayment_created"],
            "enabled": true,
            "created": now().as_second(),
            "previous_secret_until": null,
        });
        setting.check("GET", &path("/"), Json::Null, (200, shown.clone())).await;
        let list = (200, json!({"webhooks": [shown]}));
        setting.check("GET", "/platform/v1/webhooks", Json::Null, list).await;

        let (status, rotated) = setting.call("POST", &path("/rotate-secret"), Json::Null).await;
        assert_eq!(status, 200);
        assert_ne!(rotated["secret"], secret);
        assert_eq!(rotated["previous_secret_until"], now().as_second() + 24 * 3600);

        let (status, event) = setting.call("POST", &path("/test/"), Json::Null).await;
        assert_eq!((status, &event["type"]), (202, &json!("test")));
        // In the tenant's own time.
        assert_eq!(
            event["created"],
            "2026-01-30T12:00:00Z".parse::<Timestamp>().unwrap().as_second()
        );
        let none = (200, json!({"deliveries": [], "next_before": null}));
        setting.check("GET", &path("/deliveries"), Json::Null, none).await;
        let not_found = (404, json!({"detail": "Not found."}));
        let redeliver = path(&format!("/deliveries/{id}/redeliver"));
        setting.check("POST", &redeliver, Json::Null, not_found.clone()).await;

        // Another tenant's id, an unknown one, and what is no id at all look the same.
        let stranger = setting.stranger.lending.presented();
        for (method, rest) in [
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/rotate-secret"),
            ("POST", "/test"),
            ("GET", "/deliveries"),
        ] {
            let auth = ("x-api-key", stranger.as_str());
            let got = setting.send(method, &path(rest), Json::Null, auth).await;
            assert_eq!(got, not_found, "{method} {rest}");
            for unknown in ["01900000-0000-7000-8000-000000000000", "nonsense"] {
                let path = format!("/platform/v1/webhooks/{unknown}{rest}");
                setting.check(method, &path, Json::Null, not_found.clone()).await;
            }
        }
        setting.check("DELETE", &path("/"), Json::Null, (204, Json::Null)).await;
        setting.check("DELETE", &path("/"), Json::Null, not_found).await;
        let refused = json!({"detail": "Method \"PUT\" not allowed."});
        setting.check("PUT", "/platform/v1/webhooks/", Json::Null, (405, refused)).await;
    }
}

#[tokio::test]
async fn webhooks_that_are_refused() {
    for setting in settings(Mode::Sandbox).await {
        let check = async |body: Json, faults: Json| {
            setting.check("POST", "/platform/v1/webhooks/", body, (400, faults)).await;
        };
        check(json!({}), json!({"url": ["This field is required."]})).await;
        check(json!({"url": null}), json!({"url": ["This field may not be null."]})).await;
        check(json!({"url": 5}), json!({"url": ["Not a valid string."]})).await;
        check(json!({"url": "nowhere"}), json!({"url": ["Enter a valid URL."]})).await;
        check(
            json!({"url": "http://localhost/", "events": []}),
            json!({"events": ["This list may not be empty."]}),
        )
        .await;
        check(
            json!({"url": "http://localhost/", "events": ["nothing"]}),
            json!({"events": ["\"nothing\" is not a valid choice."]}),
        )
        .await;
    }
    for setting in settings(Mode::Production).await {
        let check = async |url: &str, message: &str| {
            let answer = (400, json!({"url": [message]}));
            setting.check("POST", "/platform/v1/webhooks/", json!({"url": url}), answer).await;
        };
        check("http://example.com/", "Enter an https URL.").await;
        check("https://127.0.0.1/", "The address is not on the public internet.").await;
        check("https://[::1]/", "The address is not on the public internet.").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_moves_forward_only() {
    for setting in settings(Mode::Sandbox).await {
        let clock =
            |date: &str| json!({"date": date, "target": date, "running": false, "simulated": true});
        let answer = (200, clock("2026-01-30"));
        setting.check("GET", "/sandbox/v1/clock/", Json::Null, answer).await;
        let advance = async |body: Json, expected: (u16, Json)| {
            setting.check("POST", "/sandbox/v1/clock/advance", body, expected).await;
        };
        let done = |date: &str, days: u32| (200, json!({"date": date, "days_run": days}));
        advance(json!({"days": 1}), done("2026-01-31", 1)).await;
        advance(json!({"days": "2"}), done("2026-02-02", 2)).await;
        advance(json!({"to": "2026-03-02"}), done("2026-03-02", 28)).await;
        advance(json!({"to": "2026-03-02"}), done("2026-03-02", 0)).await;
        advance(json!({"to": "2026-03-03", "days": null}), done("2026-03-03", 1)).await;
        setting.check("GET", "/sandbox/v1/clock", Json::Null, (200, clock("2026-03-03"))).await;

        let fault = |field: &str, message: &str| (400, json!({field: [message]}));
        let both = fault("non_field_errors", "Give either \"to\" or \"days\".");
        advance(json!({}), both.clone()).await;
        advance(json!({"to": "2026-03-04", "days": 1}), both).await;
        let back = fault("to", "The clock is at 2026-03-03 and cannot go back.");
        advance(json!({"to": "2026-03-02"}), back).await;
        let far = fault("to", "Ensure that the date is at most 3660 days ahead.");
        advance(json!({"to": "2036-03-13"}), far.clone()).await;
        advance(json!({"to": "9999-12-31"}), far).await;
        let few = fault("days", "Ensure this value is greater than or equal to 1.");
        advance(json!({"days": 0}), few).await;
        let many = fault("days", "Ensure this value is less than or equal to 3660.");
        advance(json!({"days": 3661}), many).await;
        let (status, _) =
            setting.call("POST", "/sandbox/v1/clock/advance", json!({"to": "2026-02-30"})).await;
        assert_eq!(status, 400);
    }
    for setting in settings(Mode::Production).await {
        let refused = json!({
            "detail": "The clock can be moved on a sandbox only; this server runs in production mode."
        });
        let body = json!({"days": 1});
        setting.check("POST", "/sandbox/v1/clock/advance", body, (403, refused)).await;
        let (status, clock) = setting.call("GET", "/sandbox/v1/clock", Json::Null).await;
        assert_eq!((status, &clock["date"]), (200, &json!("2026-01-30")));
    }
}

#[tokio::test]
async fn provider_accounts_keep_their_secrets() {
    for setting in settings(Mode::Sandbox).await {
        let url = "/platform/v1/provider-accounts/";
        let new = |environment: &str| json!({"environment": environment, "access_token": "tok_secret", "webhook_secret": "whs_secret"});
        let (status, first) = setting.call("POST", url, new("sandbox")).await;
        assert_eq!(status, 201, "{first}");
        let path = format!("{url}{}/", first["id"].as_str().unwrap());
        let id = first["id"].as_str().unwrap().to_owned();
        let expected = json!({
            "id": id, "provider": "gocardless", "environment": "sandbox", "base_url": "", "creditor": "",
            "pages": "own", "is_active": true, "webhook_url": format!("/hooks/gocardless/{id}"),
            "created": now().as_second()
        });
        assert_eq!(first, expected);
        setting.check("GET", &path, Json::Null, (200, expected)).await;
        let change = json!({"access_token": "tok_newer", "pages": "provider"});
        let (status, changed) = setting.call("PATCH", &path, change).await;
        assert_eq!((status, &changed["pages"]), (200, &json!("provider")));
        let (_, second) = setting.call("POST", url, new("simulated")).await;
        let (_, list) = setting.call("GET", url, Json::Null).await;
        let shown = |at: usize| &list["provider_accounts"][at];
        assert_eq!((&shown(0)["id"], &shown(0)["is_active"]), (&second["id"], &json!(true)));
        assert_eq!((&shown(1)["id"], &shown(1)["is_active"]), (&json!(id), &json!(false)));
        assert!(!list.to_string().contains("secret") && !list.to_string().contains("tok_"));
        // Nobody else's business.
        let key = setting.stranger.lending.presented();
        let theirs = ("x-api-key", key.as_str());
        for (method, path, body) in [
            ("GET", path.as_str(), Json::Null),
            ("PATCH", &path, json!({"pages": "own"})),
            ("DELETE", &path, Json::Null),
        ] {
            assert_eq!(setting.send(method, path, body, theirs).await.0, 404, "{method}");
        }
        let (_, none) = setting.send("GET", url, Json::Null, theirs).await;
        assert_eq!(none, json!({"provider_accounts": []}));
        let second = format!("{url}{}/", second["id"].as_str().unwrap());
        setting.check("DELETE", &second, Json::Null, (204, Json::Null)).await;
        let (_, gone) = setting.call("GET", &second, Json::Null).await;
        assert_eq!(gone["is_active"], false);
    }
}

#[tokio::test]
async fn a_simulated_organisation_belongs_to_one_tenant() {
    for setting in settings(Mode::Sandbox).await {
        let url = "/platform/v1/provider-accounts/";
        let new =
            json!({"environment": "simulated", "access_token": "any", "webhook_secret": "whs"});
        assert_eq!(setting.call("POST", url, new.clone()).await.0, 201);
        let key = setting.stranger.lending.presented();
        let refused = setting.send("POST", url, new, ("x-api-key", &key)).await;
        let text =
            "Another tenant uses this token at the simulated provider: choose one of your own.";
        assert_eq!(refused, (400, json!({"access_token": [text]})));
    }
}

#[tokio::test]
async fn reconciliations_are_there_once_both_sides_were_compared() {
    for setting in settings(Mode::Sandbox).await {
        let url = "/platform/v1/reconciliations/";
        setting.check("GET", url, Json::Null, (200, json!({"reconciliations": []}))).await;
        let unknown = format!("{url}{}/", uuid::Uuid::nil());
        let not_found = (404, json!({"detail": "Not found."}));
        setting.check("GET", &unknown, Json::Null, not_found).await;
        let (status, _) = setting.send("GET", url, Json::Null, ("", "")).await;
        assert_eq!(status, 401);
    }
}

#[tokio::test]
async fn provider_accounts_that_are_refused() {
    for setting in settings(Mode::Sandbox).await {
        let url = "/platform/v1/provider-accounts/";
        let required = "This field is required.";
        for (body, expected) in [
            (
                json!({}),
                json!({"environment": [required], "access_token": [required], "webhook_secret": [required]}),
            ),
            (
                json!({"environment": "moon", "access_token": "", "webhook_secret": 5, "pages": "ours"}),
                json!({
                    "environment": ["\"moon\" is not a valid choice."],
                    "access_token": ["This field may not be blank."],
                    "webhook_secret": ["Not a valid string."],
                    "pages": ["\"ours\" is not a valid choice."]
                }),
            ),
            (
                json!({"environment": "custom", "access_token": "a", "webhook_secret": "b", "base_url": "file:///etc"}),
                json!({"base_url": ["Enter a valid URL."]}),
            ),
        ] {
            setting.check("POST", url, body, (400, expected)).await;
        }
        setting.check("GET", url, Json::Null, (200, json!({"provider_accounts": []}))).await;
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own switch, not a setting of the server")]
fn the_document_is_the_one_that_is_checked_in() {
    let document = florin_api_platform::openapi();
    let generated = document.to_pretty_json().unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../openapi/platform.json");
    if std::env::var_os("FLORIN_BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == generated,
        "openapi/platform.json is not what the code says; run this test with FLORIN_BLESS=1 and \
         look at the difference"
    );
}
