//! `/api/v1/go-cardless-mandate/` and the mandate of a loan.

use florin_crypto::Secret;
use florin_mandates::{Environment, NewProviderAccount, Pages, PayerDetails};
use florin_money::Currency;
use florin_tenancy::Caller;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Client, TestApp, id, on_each_engine};
use crate::provider::Provider;
use crate::scenario::{end_user, loan, read_loan, term_product};

const MANDATES: &str = "/api/v1/go-cardless-mandate/";
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// Sets the tenant up with an account at a provider that makes every mandate.
pub async fn with_provider(app: &TestApp, client: &Client) {
    let provider = Provider::start(app.clock()).await;
    let caller = Caller {
        tenant: client.tenant.expect("a tenant's client"),
        currency: Currency::GBP,
        now: app.now(),
    };
    let account = NewProviderAccount {
        environment: Environment::Custom,
        base_url: Some(provider.url.clone()),
        is_simulator: None,
        access_token: Secret::from_text("token"),
        webhook_secret: Secret::from_text("secret"),
        creditor: None,
        pages: Pages::Own,
    };
    app.mandates().set_account(&caller, account).await.expect("an account");
}

fn flow_of(end_user: &str) -> Value {
    json!({
        "end_user": end_user,
        "success_url": "https://lender.example/done",
        "failure_url": "https://lender.example/failed"
    })
}

/// A link for an end user; gives the flow's ID and the link's token.
pub async fn link(client: &Client, end_user: &str) -> (String, String) {
    let started = client.post(MANDATES, flow_of(end_user)).await.expect(201);
    let url = started["url"].as_str().expect("a URL");
    (id(&started), url.rsplit('/').next().expect("a token").to_owned())
}

/// A mandate that an end user has given.
pub async fn given(app: &TestApp, client: &Client, end_user: &str) -> String {
    let (_, token) = link(client, end_user).await;
    let details = PayerDetails {
        given_name: "Ada".to_owned(),
        family_name: "Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        address_line1: "1 High Street".to_owned(),
        city: "London".to_owned(),
        postal_code: "N1 1AA".to_owned(),
        account_holder_name: "A Lovelace".to_owned(),
        sort_code: "200000".to_owned(),
        account_number: "55779911".to_owned(),
        ..PayerDetails::default()
    };
    let flow = app.mandates().submit_flow(&token, details).await.expect("a flow");
    flow.mandate.expect("a mandate").to_string()
}

async fn manage(client: &Client, mandate: &str, body: Value) -> crate::app::Answer {
    client.post(&format!("{MANDATES}{mandate}/manage_state/"), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_asks_an_end_user_for_a_mandate() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        with_provider(app, &client).await;
        let end_user = end_user(&client).await;
        let started = client.post(MANDATES, flow_of(&end_user)).await.expect(201);
        let url = started["url"].as_str().expect("a URL").to_owned();
        assert!(url.starts_with("http://127.0.0.1:") && url.contains("/mandates/flm_"), "{url}");
        let mut shown = started.clone();
        shown.as_object_mut().expect("an object").remove("url");
        let expected = json!({
            "id": started["id"], "end_user": end_user, "state": "open", "reason": "", "mandate": null,
            "success_url": "https://lender.example/done", "failure_url": "https://lender.example/failed",
            "expires_at": "2023-01-08T10:00:00Z", "created_at": "2023-01-01T10:00:00Z"
        });
        assert_eq!(shown, expected);
        let path = format!("{MANDATES}flow/{}/", id(&started));
        assert_eq!(client.get(&path).await.expect(200), expected, "the link is shown once");
        let token = url.rsplit('/').next().expect("a token");
        let flow = app.mandates().open_flow(token).await.expect("the flow");
        assert_eq!(flow.prefilled.given_name, "Ada");
        app.mandates().exit_flow(token).await.expect("an exit");
        assert_eq!(client.get(&path).await.expect(200)["state"], "exited");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_links_are_refused_field_by_field() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let end_user = end_user(&client).await;
        let conflict = client.post(MANDATES, flow_of(&end_user)).await.expect(409);
        let detail = conflict["detail"].as_str().expect("a text");
        assert!(detail.starts_with("No direct-debit provider account is set up"), "{detail}");
        with_provider(app, &client).await;
        let check = async |body: Value, expected: Value| {
            assert_eq!(client.post(MANDATES, body.clone()).await.expect(400), expected, "{body}");
        };
        let required = "This field is required.";
        let all = json!({"end_user": [required], "success_url": [required], "failure_url": [required]});
        check(json!({}), all).await;
        let types = json!({"end_user": 5, "success_url": null, "failure_url": ["x"], "expires_in_days": "x"});
        let expected = json!({
            "end_user": ["Must be a valid UUID."], "success_url": ["This field may not be null."],
            "failure_url": ["Not a valid string."], "expires_in_days": ["A valid integer is required."]
        });
        check(types, expected).await;
        let with = |field: &str, value: Value| {
            let mut body = flow_of(&end_user);
            body[field] = value;
            body
        };
        let unknown = format!("Invalid pk \"{NOBODY}\" - object does not exist.");
        check(with("end_user", json!(NOBODY)), json!({"end_user": [unknown]})).await;
        for url in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x", "https://a b"] {
            let expected = json!({"success_url": ["Enter a valid URL."]});
            check(with("success_url", json!(url)), expected).await;
        }
        let many = "Ensure this value is less than or equal to 90.";
        check(with("expires_in_days", json!(91)), json!({"expires_in_days": [many]})).await;
        let few = "Ensure this value is greater than or equal to 1.";
        check(with("expires_in_days", json!(0)), json!({"expires_in_days": [few]})).await;
        let long = format!("https://lender.example/{}", "x".repeat(2100));
        client.post(MANDATES, with("failure_url", json!(long))).await.expect(400);
        assert_eq!(client.get(MANDATES).await.expect(200)["count"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mandates_are_listed_filtered_and_downloaded() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        with_provider(app, &client).await;
        let (ada, eve) = (end_user(&client).await, end_user(&client).await);
        let (first, second) = (given(app, &client, &ada).await, given(app, &client, &eve).await);
        let shown = client.get(&format!("{MANDATES}{first}/")).await.expect(200);
        let reference = shown["reference"].as_str().expect("a reference");
        let expected = json!({
            "id": first, "end_user": ada, "reference": reference, "status": "pending_submission",
            "is_disabled": false, "scheme": "bacs", "currency": "GBP", "bank_name": "BARCLAYS BANK PLC",
            "account_number_ending": "11", "replaced_by": null,
            "status_changed_at": "2023-01-01T10:00:00Z", "created_at": "2023-01-01T10:00:00Z"
        });
        assert_eq!(shown, expected);
        manage(&client, &second, json!({"is_disabled": true})).await.expect(201);
        for (query, count) in [
            ("", 2),
            (&format!("end_user={ada}") as &str, 1),
            (&format!("end_user={ada},{eve}"), 2),
            ("is_disabled=true", 1),
            ("is_disabled=false", 1),
            ("status=active,submitted", 0),
            ("status=pending_submission", 2),
            (&format!("reference={reference}"), 1),
            ("scheme=bacs&currency=GBP&account_number_ending=11", 2),
            ("created_at__gte=2023-01-02", 0),
            ("created_at__lte=2023-01-02", 2),
            (&format!("replaced_by={first}"), 0),
        ] {
            let list = client.get(&format!("{MANDATES}?{query}")).await.expect(200);
            assert_eq!(list["count"], count, "{query}");
        }
        client.get(&format!("{MANDATES}?is_disabled=perhaps")).await.expect(400);
        let csv = client.get(&format!("{MANDATES}?format=csv&ordering=-id")).await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = csv.text.lines().collect();
        assert!(lines[0].starts_with("id,end_user,reference,status,is_disabled,scheme"), "{}", lines[0]);
        assert!(lines[1].starts_with(&format!("{second},{eve},MD")), "{}", lines[1]);
        assert!(lines[1].contains(",pending_submission,true,bacs,GBP,"), "{}", lines[1]);
        assert_eq!(lines.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_takes_its_borrowers_mandate_and_keeps_it_in_use() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        with_provider(app, &client).await;
        let product = term_product(&client).await;
        let loan = loan(&client, &product).await;
        let before = read_loan(&client, &loan).await;
        assert!(before.get("go_cardless_mandate").is_none());
        let borrower = before["end_user"].as_str().expect("an id").to_owned();
        let mandate = given(app, &client, &borrower).await;
        let path = format!("/api/v1/loan/{loan}/set_go_cardless_mandate/");
        for name in ["mandate", "go_cardless_mandate", "id"] {
            let changed = client.post(&path, json!({ name: mandate })).await.expect(201);
            assert_eq!(
                (&changed["id"], &changed["go_cardless_mandate"]),
                (&json!(loan), &json!(mandate))
            );
        }
        let refused = manage(&client, &mandate, json!({"is_disabled": true})).await.expect(409);
        let detail = refused["detail"].as_str().expect("a text");
        assert!(detail.contains(&loan), "{detail}");
        // With another one it can be put out of use, and is not to be had any more then.
        let newer = given(app, &client, &borrower).await;
        client.post(&path, json!({"mandate": newer})).await.expect(201);
        let disabled = manage(&client, &mandate, json!({"is_disabled": true})).await.expect(201);
        assert_eq!(disabled["is_disabled"], true);
        client.post(&path, json!({"mandate": mandate})).await.expect(409);
        assert_eq!(read_loan(&client, &loan).await["go_cardless_mandate"], json!(newer));
        // Without any, both can.
        let none = client.post(&path, json!({"mandate": null})).await.expect(201);
        assert!(none.get("go_cardless_mandate").is_none(), "{none}");
        manage(&client, &newer, json!({"is_disabled": true})).await.expect(201);
        let enabled = manage(&client, &mandate, json!({"is_disabled": "false"})).await.expect(201);
        assert_eq!(enabled["is_disabled"], false);
        client.post(&path, json!({"mandate": mandate})).await.expect(201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_mandates_of_loans_are_refused() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        with_provider(app, &client).await;
        let product = term_product(&client).await;
        let loan = loan(&client, &product).await;
        let stranger = end_user(&client).await;
        let others = given(app, &client, &stranger).await;
        let path = format!("/api/v1/loan/{loan}/set_go_cardless_mandate/");
        let check = async |body: Value, message: &str| {
            let refused = client.post(&path, body).await.expect(400);
            assert_eq!(refused, json!({"mandate": [message]}));
        };
        check(json!({}), "This field is required.").await;
        check(json!({"mandate": "x"}), "Must be a valid UUID.").await;
        check(json!({"id": 5}), "Must be a valid UUID.").await;
        let unknown = format!("Invalid pk \"{NOBODY}\" - object does not exist.");
        check(json!({"mandate": NOBODY}), &unknown).await;
        check(json!({"mandate": others}), "The mandate is another end user's.").await;
        let missing = json!({"is_disabled": ["This field is required."]});
        assert_eq!(manage(&client, &others, json!({})).await.expect(400), missing);
        let wrong = manage(&client, &others, json!({"is_disabled": "perhaps"})).await.expect(400);
        assert_eq!(wrong, json!({"is_disabled": ["Must be a valid boolean."]}));
        for path in ["x", NOBODY] {
            manage(&client, path, json!({"is_disabled": true}))
                .await
                .is(404, r#"{"detail":"Not found."}"#);
            client.get(&format!("{MANDATES}{path}/")).await.is(404, r#"{"detail":"Not found."}"#);
            client
                .get(&format!("{MANDATES}flow/{path}/"))
                .await
                .is(404, r#"{"detail":"Not found."}"#);
        }
        let put = client.request(Method::PUT, MANDATES).json(&json!({}));
        client.send(put).await.is(405, r#"{"detail":"Method \"PUT\" not allowed."}"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mandates_are_their_tenants() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        with_provider(app, &client).await;
        let borrower = end_user(&client).await;
        let mandate = given(app, &client, &borrower).await;
        let (flow, _) = link(&client, &borrower).await;
        let thief = app.tenant("Thief").await;
        with_provider(app, &thief).await;
        let product = term_product(&thief).await;
        let loan = loan(&thief, &product).await;
        assert_eq!(thief.get(MANDATES).await.expect(200)["count"], 0);
        thief.get(&format!("{MANDATES}{mandate}/")).await.expect(404);
        thief.get(&format!("{MANDATES}flow/{flow}/")).await.expect(404);
        manage(&thief, &mandate, json!({"is_disabled": true})).await.expect(404);
        thief.post(MANDATES, flow_of(&borrower)).await.expect(400);
        let path = format!("/api/v1/loan/{loan}/set_go_cardless_mandate/");
        thief.post(&path, json!({"mandate": mandate})).await.expect(400);
        let reader = app.scoped(&client, &["read"]).await;
        reader.get(MANDATES).await.expect(200);
        reader.post(MANDATES, flow_of(&borrower)).await.expect(403);
        manage(&reader, &mandate, json!({"is_disabled": true})).await.expect(403);
        let shown = client.get(&format!("{MANDATES}{mandate}/")).await.expect(200);
        assert_eq!(shown["is_disabled"], false);
    })
    .await;
}
