//! The decision engine over the API; a file a group of URLs, and the way from input source to decision.

mod backtest;
mod card;
mod engine;
mod flow;
mod linked;
mod point;
mod processing;
mod replay;
mod selector;
mod source;

use florin_events::{Event, EventFilter, EventsError, list_in};
use serde_json::{Value, json};

use crate::app::{Answer, Client, TestApp, id};
use crate::scenario;

/// An id that nothing has.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// The words of a reference to something that is not there.
fn no_object(id: &str) -> String {
    format!("Invalid pk \"{id}\" - object does not exist.")
}

/// Registers an input source.
async fn source(client: &Client, name: &str, kind: &str) -> String {
    let body = json!({"name": name, "type": kind});
    id(&client.post("/api/v1/input-source/", body).await.expect(201))
}

/// The id of an input source that Florin fills itself.
async fn built_in(client: &Client, name: &str) -> String {
    let list = client.get(&format!("/api/v1/input-source/?name={name}")).await.expect(200);
    id(&list["results"][0])
}

/// A rule.
fn rule(statement: &str, weight: &str, threshold: i64) -> Value {
    json!({"statement": statement, "weight": weight, "threshold": threshold})
}

/// Creates a scorecard.
async fn card(client: &Client, name: &str, threshold: i64, stop: bool, rules: Value) -> String {
    let body = json!({
        "name": name, "threshold": threshold, "stop_on_first_fail": stop, "rules": rules
    });
    id(&client.post("/api/v1/scorecard/", body).await.expect(201))
}

/// Creates a scorecard of one rule that must reach `threshold`.
async fn card_of(client: &Client, statement: &str, threshold: i64) -> String {
    card(client, "Card", threshold, false, json!([rule(statement, "1", threshold)])).await
}

/// Creates an active risk engine.
async fn engine(client: &Client, version: &str, cards: &[&str]) -> String {
    let body = json!({"version": version, "is_active": true, "scorecards": cards});
    id(&client.post("/api/v1/risk-engine/", body).await.expect(201))
}

/// Creates the selector of a product over versions and weights.
async fn selector(client: &Client, product: &str, engines: &[(&str, &str)]) -> String {
    let engines =
        engines.iter().map(|(version, weight)| json!({"risk_engine": version, "weight": weight}));
    let body = json!({"product": product, "risk_engines": engines.collect::<Vec<_>>()});
    id(&client.post("/api/v1/risk-engine-selector/", body).await.expect(201))
}

/// The ids of one thing of each kind.
pub struct Things {
    pub input_source: String,
    pub data_point: String,
    pub scorecard: String,
    pub risk_engine: String,
    pub selector: String,
    pub decision: String,
}

/// One thing of each kind, for the walk over all operations.
pub async fn things(client: &Client) -> Things {
    let input_source = source(client, "victims_input", "number").await;
    let scorecard = card_of(client, "{{victims_input}}", 1).await;
    let risk_engine = engine(client, "v1", &[&scorecard]).await;
    let product = scenario::term_product(client).await;
    let selector = selector(client, &product, &[("v1", "1")]).await;
    let end_user = scenario::end_user(client).await;
    let setting = Setting { client: client.clone(), product, end_user };
    let application = setting.application(json!({})).await;
    let data_point = setting.point(&application, "victims_input", json!(5)).await;
    setting.complete(&application).await;
    let decision = id(&setting.decision(&application).await);
    Things { input_source, data_point, scorecard, risk_engine, selector, decision }
}

/// A lender with a product of up to 12,000 whose applications one engine of one rule decides.
struct Setting {
    client: Client,
    product: String,
    end_user: String,
}

impl Setting {
    /// A lender without a selector.
    async fn bare(app: &TestApp) -> Self {
        let client = app.tenant("Lender").await;
        let product = scenario::term_product(&client).await;
        let end_user = scenario::end_user(&client).await;
        Self { client, product, end_user }
    }

    /// A lender whose product is decided by one rule over partner's inputs of these names and types.
    async fn with_rule(
        app: &TestApp,
        sources: &[(&str, &str)],
        statement: &str,
        threshold: i64,
    ) -> Self {
        let setting = Self::bare(app).await;
        for (name, kind) in sources {
            source(&setting.client, name, kind).await;
        }
        let card = card_of(&setting.client, statement, threshold).await;
        engine(&setting.client, "v1", &[&card]).await;
        selector(&setting.client, &setting.product, &[("v1", "1")]).await;
        setting
    }

    /// A new application with these fields.
    async fn application(&self, fields: Value) -> String {
        let mut body = json!({"product": self.product, "end_user": self.end_user});
        if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
            body.extend(fields);
        }
        id(&self.client.post("/api/v1/application/", body).await.expect(201))
    }

    /// Sends a data point for a source by its name.
    async fn point(&self, application: &str, name: &str, value: Value) -> String {
        let source = built_in(&self.client, name).await;
        let body = json!({"input_source": source, "application": application, "value": value});
        id(&self.client.post("/api/v1/data-point/", body).await.expect(201))
    }

    async fn act(&self, application: &str, verb: &str) -> Answer {
        self.client.act(&format!("/api/v1/application/{application}/{verb}/")).await
    }

    /// Completes an application; status and reason.
    async fn complete(&self, application: &str) -> (String, String) {
        let answer = self.act(application, "complete").await.expect(200);
        let text = |field: &str| answer[field].as_str().expect("a text").to_owned();
        (text("status"), text("reason"))
    }

    /// The decisions on an application, oldest first.
    async fn decisions(&self, application: &str) -> Vec<Value> {
        let path = format!("/api/v1/decision/?application={application}&ordering=id");
        let list = self.client.get(&path).await.expect(200);
        list["results"].as_array().expect("a list").clone()
    }

    /// The tenant's events, oldest first.
    async fn events(&self, app: &TestApp) -> Vec<Event> {
        let tenant = self.client.tenant.expect("a tenant");
        let all = EventFilter { after: 0, kind: None, limit: 100 };
        let events: Result<_, EventsError> =
            app.db().read(move |tx| list_in(tx, tenant, &all)).await;
        events.expect("events")
    }

    /// The only decision on an application.
    async fn decision(&self, application: &str) -> Value {
        let decisions = self.decisions(application).await;
        assert_eq!(decisions.len(), 1, "{decisions:?}");
        let path = format!("/api/v1/decision/{}/", id(&decisions[0]));
        self.client.get(&path).await.expect(200)
    }
}
