//! A decision that needs an input from a provider: the server's own job asks and decides.

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Client, Serving, create_tenant, lending_key, wait_for};

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

/// A product whose applications need a score of 600 from the sandbox's provider.
fn product(client: &mut Client) -> String {
    let source = json!({ "name": "score", "type": "number", "provider": "simulated" });
    client.post("/api/v1/input-source/", &source);
    let rules = json!([{ "statement": "{{score}}", "weight": 1, "threshold": 600 }]);
    let card = json!({ "name": "Bureau", "threshold": 600, "rules": rules });
    let card = client.post("/api/v1/scorecard/", &card);
    let engine = json!({ "version": "v1", "is_active": true, "scorecards": [id(&card)] });
    client.post("/api/v1/risk-engine/", &engine);
    let product = json!({
        "type": "simple_revolving_credit", "name": "Line", "max_loan_amount": 2000,
        "max_interest_rate": 10,
    });
    let product = client.post("/api/v1/product/", &product);
    let engines = json!([{ "risk_engine": "v1", "weight": 1 }]);
    let selector = json!({ "product": id(&product), "risk_engines": engines });
    client.post("/api/v1/risk-engine-selector/", &selector);
    id(&product).to_owned()
}

#[test]
fn the_servers_own_job_asks_and_decides() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2023-04-21");
        let server = Serving::start(&database.url);
        let mut client = server.client(&lending_key(&tenant));
        let product = product(&mut client);
        let borrower =
            json!({ "type": "individual", "first_name": "Ada", "last_name": "Lovelace" });
        let borrower = client.post("/api/v1/end-user/", &borrower);
        for (fields, expected) in
            [(json!({}), "approved"), (json!({ "simulated": { "score": 599 } }), "declined")]
        {
            let application = json!({
                "product": product, "end_user": id(&borrower), "custom_fields": fields,
            });
            let application = client.post("/api/v1/application/", &application);
            let path = format!("/api/v1/application/{}/", id(&application));
            let completed = client.post(&format!("{path}complete/"), &json!({}));
            assert_eq!(completed["status"], "processing", "{}", database.name);
            let decided = wait_for("the decision", || {
                Some(client.get(&path)).filter(|it| it["status"] != "processing")
            });
            assert_eq!(decided["status"], expected, "{}", database.name);
            let decisions = format!("/api/v1/decision/?application={}", id(&application));
            assert_eq!(client.get(&decisions)["count"], 1);
        }
    }
}
