//! `/api/v1/risk-engine/{id}/backtest/`.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{Setting, UNKNOWN, card_of, source};
use crate::app::{fields, id, on_each_engine};
use crate::scenario;

/// A draft engine of one rule.
async fn draft(client: &crate::app::Client, version: &str, statement: &str, least: i64) -> String {
    let card = card_of(client, statement, least).await;
    let body = json!({"version": version, "scorecards": [card]});
    id(&client.post("/api/v1/risk-engine/", body).await.expect(201))
}

impl Setting {
    async fn backtest(&self, engine: &str, body: Value) -> Value {
        let path = format!("/api/v1/risk-engine/{engine}/backtest/");
        self.client.post(&path, body).await.expect(200)
    }

    /// Another borrower with this first name.
    async fn borrower(self, first_name: &str) -> Self {
        let body = json!({"type": "individual", "first_name": first_name, "last_name": "Lovelace"});
        let end_user = id(&self.client.post("/api/v1/end-user/", body).await.expect(201));
        Self { end_user, ..self }
    }

    /// A loan for an approved application, paid out.
    async fn lend(&self, application: &str, amount: &str) {
        let body = json!({"application": application, "amount": amount});
        let loan = id(&self.client.post("/api/v1/loan/", body).await.expect(201));
        let paid_out = scenario::disburse(&self.client, &loan, amount).await;
        scenario::apply(&self.client, &paid_out).await;
    }
}

/// Four decided applications of the setting's rule (an income of 1,000) and an open one: approved and lent to, one who
/// pays and one who does not; approved without a loan; declined.
async fn decided(setting: Setting) -> Setting {
    let setting = setting.borrower("Ada").await;
    let payer = setting.application(json!({"amount": 1200})).await;
    setting.point(&payer, "income", json!(3000)).await;
    setting.complete(&payer).await;
    setting.lend(&payer, "1200.00").await;
    let setting = setting.borrower("Penniless").await;
    let late = setting.application(json!({"amount": 2400})).await;
    setting.point(&late, "income", json!(1500)).await;
    setting.complete(&late).await;
    setting.lend(&late, "2400.00").await;
    let idle = setting.application(json!({"amount": 100})).await;
    setting.point(&idle, "income", json!(1600)).await;
    setting.complete(&idle).await;
    let declined = setting.application(json!({"amount": 100})).await;
    setting.point(&declined, "income", json!(999)).await;
    setting.complete(&declined).await;
    let open = setting.application(json!({})).await;
    setting.point(&open, "income", json!(5000)).await;
    setting
}

#[tokio::test(flavor = "multi_thread")]
async fn past_applications_are_decided_again() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[("income", "number")], "{{income}}", 1000).await;
        let setting = decided(setting).await;
        app.advance(&setting.client, date(2023, 2, 11)).await;

        let strict = draft(&setting.client, "strict", "{{income}}", 2000).await;
        let found = setting.backtest(&strict, json!({})).await;
        let names = [
            "version",
            "applications",
            "is_cut",
            "approved",
            "approval_rate",
            "recorded_approved",
            "recorded_approval_rate",
            "missing_inputs",
        ];
        assert_eq!(fields(&found, &names), r#""strict" 4 false 1 0.25 3 0.75 []"#);
        let group = [
            "applications",
            "loans",
            "loans_in_arrears",
            "arrears_rate",
            "loans_lost",
            "worst_arrears_days",
            "lent",
        ];
        let of = |group_name: &str| fields(&found[group_name], &group);
        let lent = |amount: &str| format!(r#"[{{"amount":"{amount}","currency":"GBP"}}]"#);
        assert_eq!(of("kept"), format!("1 1 0 0 0 0 {}", lent("1200.00")));
        assert_eq!(of("refused"), format!("2 1 1 1 0 10 {}", lent("2400.00")));
        assert_eq!(of("added"), "0 0 0 null 0 0 []");

        let generous = draft(&setting.client, "generous", "{{income}}", 500).await;
        let found = setting.backtest(&generous, json!({"product": setting.product})).await;
        assert_eq!(fields(&found, &names[1..5]), "4 false 4 1");
        assert_eq!(found["added"]["applications"], 1);
        assert_eq!(found["refused"]["applications"], 0);
        // The draft is still a draft.
        let path = format!("/api/v1/risk-engine/{generous}/");
        assert_eq!(setting.client.get(&path).await.expect(200)["is_active"], false);

        let first = setting.backtest(&generous, json!({"limit": 3})).await;
        assert_eq!(fields(&first, &["applications", "is_cut"]), "3 true");
        let none = setting.backtest(&generous, json!({"from": "2023-01-02"})).await;
        assert_eq!(fields(&none, &["applications", "approval_rate"]), "0 null");
        let all = json!({"from": "2023-01-01", "to": "2023-01-01"});
        assert_eq!(setting.backtest(&generous, all).await["applications"], 4);
        let other = scenario::term_product(&setting.client).await;
        assert_eq!(setting.backtest(&generous, json!({"product": other})).await["applications"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_that_their_products_limits_decided_count_too() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        source(client, "income", "number").await;
        for (amount, income) in [("5000", Some(3000)), ("500", None), ("12001", Some(9000))] {
            let application = setting.application(json!({"amount": amount})).await;
            if let Some(income) = income {
                setting.point(&application, "income", json!(income)).await;
            }
            setting.complete(&application).await;
        }
        let small = draft(client, "small", "10000 - {{amount}} - {{existing_debt}}", 6000).await;
        let found = setting.backtest(&small, json!({})).await;
        let names = ["applications", "approved", "recorded_approved", "missing_inputs"];
        assert_eq!(fields(&found, &names), "3 1 2 []");
        let income = draft(client, "income", "{{income}}", 1000).await;
        let found = setting.backtest(&income, json!({})).await;
        // The limits forbid the third whatever the engine says.
        assert_eq!(fields(&found, &names), r#"3 1 2 [{"applications":1,"input":"income"}]"#);
        assert_eq!(found["added"]["applications"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        let engine = draft(client, "v1", "{{amount}}", 1).await;
        let path = format!("/api/v1/risk-engine/{engine}/backtest/");
        let date = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
        let faulty = json!({"from": "yesterday", "to": 5, "product": "x", "limit": "many"});
        let refused = client.post(&path, faulty).await.expect(400);
        let expected = json!({
            "from": [date], "to": [date], "product": ["Must be a valid UUID."],
            "limit": ["A valid integer is required."]
        });
        assert_eq!(refused, expected);
        for limit in [0, -1, 100_001] {
            let refused = client.post(&path, json!({"limit": limit})).await.expect(400);
            assert_eq!(refused, json!({"limit": ["Ensure this value is from 1 to 100000."]}));
        }
        let backwards = json!({"from": "2023-02-01", "to": "2023-01-01"});
        let refused = client.post(&path, backwards).await.expect(400);
        assert_eq!(refused, json!({"to": ["Ensure this date is not before \"from\"."]}));
        let nowhere = format!("/api/v1/risk-engine/{UNKNOWN}/backtest/");
        client.act(&nowhere).await.is(404, r#"{"detail":"Not found."}"#);
    })
    .await;
}
