//! Tenants never see each other: every operation of the document with another tenant's ids.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Client, TestApp, fields, on_each_engine};
use crate::scenario::{application, apply, disburse, end_user, loan, read_loan, term_product};

/// The ids of one tenant's things, by the word that stands before `{id}` in a path.
struct Things(Vec<(&'static str, String)>);

async fn things(app: &TestApp, client: &Client) -> Things {
    let card = crate::scenario::card_product(client).await;
    crate::scenario::paid_out(client, &card, ("Ada", "Lovelace"), "100").await;
    app.advance(client, jiff::civil::date(2023, 2, 1)).await;
    let statements = client.get("/api/v1/statement/").await.expect(200);
    let statement = crate::app::id(&statements["results"][0]);
    let product = term_product(client).await;
    let application = application(client, &product).await;
    let loan = loan(client, &product).await;
    let transaction = apply(client, &disburse(client, &loan, "100").await).await;
    let transaction = crate::app::id(&transaction);
    let end_user = end_user(client).await;
    let company = json!({"type": "limited_company", "company_name": "Example Ltd", "city": "York"});
    let company = crate::app::id(&client.post("/api/v1/end-user/", company).await.expect(201));
    let people = format!("/api/v1/company/{company}/assign-enduser/");
    let person = json!({"end_user": end_user});
    let assignment = crate::app::id(&client.post(&people, person).await.expect(201));
    let addresses = format!("/api/v1/end-user/{end_user}/address/");
    let address = json!({"address_line_1": "3 Example Lane"});
    let address = crate::app::id(&client.post(&addresses, address).await.expect(201));
    crate::mandates::with_provider(app, client).await;
    let mandate = crate::mandates::given(app, client, &end_user).await;
    let (flow, _) = crate::mandates::link(client, &end_user).await;
    let decisions = crate::decision::things(client).await;
    Things(vec![
        ("company", company),
        ("assign-enduser", assignment),
        ("address", address),
        ("product", product),
        ("application", application),
        ("end-user", end_user),
        ("loan", loan),
        ("transaction", transaction),
        ("statement", statement),
        ("go-cardless-mandate", mandate),
        ("flow", flow),
        ("input-source", decisions.input_source),
        ("data-point", decisions.data_point),
        ("scorecard", decisions.scorecard),
        ("risk-engine", decisions.risk_engine),
        ("risk-engine-selector", decisions.selector),
        ("decision", decisions.decision),
    ])
}

impl Things {
    /// The path with another tenant's ids in it; none when it has no parameter.
    fn fill(&self, path: &str) -> Option<String> {
        let (before, after) = path.split_once('{')?;
        let (_, after) = after.split_once('}')?;
        let word = before.trim_end_matches('/').rsplit('/').next()?;
        let known = self.0.iter().find(|(name, _)| *name == word);
        let (_, id) = known.unwrap_or_else(|| panic!("no thing for {path}: add it here"));
        let filled = format!("{before}{id}{after}");
        Some(self.fill(&filled).unwrap_or(filled))
    }
}

/// A body that would do for every operation, if only the ids were the caller's own.
fn body(things: &Things) -> Value {
    let id = |word: &str| things.0.iter().find(|(name, _)| *name == word).map(|(_, id)| id.clone());
    json!({
        "application": id("application"), "product": id("product"), "end_user": id("end-user"),
        "success_url": "https://eve.example", "failure_url": "https://eve.example", "is_disabled": true,
        "mandate": id("go-cardless-mandate"),
        "loan": id("loan"), "type": "disbursement", "amount": "1.00",
        "first_name": "Eve", "last_name": "Eve", "name": "Eve", "address_line_1": "1 Eve Street",
        "close_substatus": "written_off", "close_reason": "theft",
        "input_source": id("input-source"), "value": 1, "version": "Eve", "scorecards": [id("scorecard")],
        "risk_engines": [{"risk_engine": id("risk-engine"), "weight": 1}], "risk_engine": id("risk-engine"),
        "threshold": 1, "rules": [{"statement": "{{victims_input}}", "weight": 1, "threshold": 1}]
    })
}

fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(florin_api_lending::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(move |method| {
            let method = method.to_uppercase().parse().expect("a method");
            (method, path.clone())
        })
    });
    operations.collect()
}

async fn walk(app: &TestApp) {
    let victim = app.tenant("Victim").await;
    let things = things(app, &victim).await;
    let loan = things.fill("/api/v1/loan/{id}/").expect("a path");
    let loan_id = loan.trim_end_matches('/').rsplit('/').next().expect("an id").to_owned();
    let before = read_loan(&victim, &loan_id).await;
    let thief = app.tenant("Thief").await;
    let mut walked = 0;
    for (method, path) in operations() {
        let filled = things.fill(&path).unwrap_or_else(|| path.clone());
        let request = thief.request(method.clone(), &filled);
        let request = if method == Method::GET { request } else { request.json(&body(&things)) };
        let answer = thief.send(request).await;
        let name = format!("{method} {filled}");
        let names_things = path.contains('{')
            || (method == Method::POST
                && path != "/api/v1/product/"
                && path != "/api/v1/end-user/");
        if names_things {
            assert!(
                matches!(answer.status, 400 | 404),
                "{name}: {} {}",
                answer.status,
                answer.text
            );
        }
        // A refusal may repeat the id that was sent; an answer must not.
        for (_, id) in things.0.iter().filter(|_| answer.status < 400) {
            assert!(!answer.text.contains(id.as_str()), "{name} told of {id}: {}", answer.text);
        }
        walked += 1;
    }
    assert!(walked >= 10, "{walked} operations");
    // Filters by another tenant's ids find nothing, and CSV is no way around.
    for query in ["", "&format=csv"] {
        let list = thief.get(&format!("/api/v1/transaction/?loan={loan_id}{query}")).await;
        assert!(!list.text.contains(&loan_id), "{}", list.text);
    }
    let after = read_loan(&victim, &loan_id).await;
    let names = ["status", "principal", "pending_principal", "fee"];
    assert_eq!(fields(&after, &names), fields(&before, &names));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_ids_open_nothing() {
    on_each_engine(walk).await;
}
