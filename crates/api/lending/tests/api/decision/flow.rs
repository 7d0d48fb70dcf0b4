//! From an application to its decision.

use jiff::civil::date;
use serde_json::{Value, json};

use super::{Setting, card, card_of, engine, rule, selector, source};
use crate::app::{fields, id, on_each_engine};
use crate::change::patch;
use crate::scenario;

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_statements_decide() {
    on_each_engine(async |app| {
        let check = async |kind: &str, statement: &str, threshold: i64, table: &[(Value, &str)]| {
            let setting = Setting::with_rule(app, &[("x", kind)], statement, threshold).await;
            for (value, expected) in table {
                let application = setting.application(json!({})).await;
                setting.point(&application, "x", value.clone()).await;
                let (status, _) = setting.complete(&application).await;
                assert_eq!(&status, expected, "{statement} with {value}");
            }
        };
        let table = [(json!(true), "approved"), (json!(false), "declined")];
        check("boolean", "1000 if {{x}} else 0", 1000, &table).await;
        let table = [
            (json!(365), "approved"),
            (json!("365.0000001"), "approved"),
            (json!(364.99), "declined"),
            (json!(-365), "declined"),
        ];
        check("number", "(100 * {{x}})/365", 100, &table).await;
        let table =
            [(json!("test"), "approved"), (json!("Test"), "declined"), (json!(""), "declined")];
        check("string", "500 if {{x}} == ‘test’ else 100", 500, &table).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_keeps_what_the_document_lists() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        source(client, "income", "number").await;
        source(client, "city", "string").await;
        let rules = json!([
            {"name": "Income", "statement": "{{income}} / 2", "weight": 0.6, "threshold": 1000,
             "reason": "Your income is too low for this loan."},
            {"name": "City", "statement": "500 if {{city}} == 'Leeds' else 100", "weight": 0.4, "threshold": 500}
        ]);
        let card = card(client, "Affordability", 700, false, rules).await;
        let engine = engine(client, "2026-11", &[&card]).await;
        selector(client, &setting.product, &[("2026-11", "1")]).await;
        let application = setting.application(json!({"amount": "1000.00", "installments": 4})).await;
        setting.point(&application, "income", json!("1400.00")).await;
        setting.point(&application, "city", json!("Leeds")).await;
        let (status, reason) = setting.complete(&application).await;
        let told = "Your income is too low for this loan.";
        assert_eq!((status.as_str(), reason.as_str()), ("declined", told));
        let decision = setting.decision(&application).await;
        let result = json!({
            "decision": "declined",
            "scorecards": [{
                "id": card, "name": "Affordability", "decision": "declined", "score": 620, "threshold": 700,
                "stopped": false,
                "rules": [
                    {"name": "Income", "calculation": "1400 / 2 = 700", "statement": "{{income}} / 2", "value": 700,
                     "weight": 0.6, "score": 420, "threshold": 1000, "passed": false, "evaluated": true,
                     "failure": null},
                    {"name": "City", "calculation": "500 if 'Leeds' == 'Leeds' else 100 = 500",
                     "statement": "500 if {{city}} == 'Leeds' else 100", "value": 500, "weight": 0.4, "score": 200,
                     "threshold": 500, "passed": true, "evaluated": true, "failure": null}
                ]
            }],
            "limits": [],
            "reasons": decision["result"]["reasons"],
            "smallest_change": decision["result"]["smallest_change"]
        });
        assert_eq!(decision["result"].to_string(), result.to_string());
        let reasons = &decision["result"]["reasons"];
        assert_eq!(fields(&reasons[0], &["rule", "scorecard", "text"]),
            format!(r#""Income" "Affordability" "{told}""#));
        // 0.6 x income / 2 + 200 >= 700 from an income of 1,666.67 on (to the cent, or finer).
        let change = &decision["result"]["smallest_change"];
        assert_eq!(change["input"], "income", "{change}");
        let to: f64 = change["to"].to_string().parse().expect("a number");
        assert!((1666.66..1667.01).contains(&to), "{change}");
        let names = ["application", "version", "risk_engine", "shadows"];
        let expected = format!(r#""{application}" "2026-11" "{engine}" []"#);
        assert_eq!(fields(&decision, &names), expected);
        let inputs = json!({
            "amount": 1000, "city": "Leeds", "days_since_first_loan": 0,
            "end_user_type": "individual", "existing_debt": 0, "income": 1400,
            "rate": 12, "term": 4, "worst_arrears_12_months": 0
        });
        assert_eq!(decision["inputs"].to_string(), inputs.to_string());
        // A list tells all of it but the change, which is looked for anew each time.
        let mut listed = setting.decisions(&application).await.remove(0);
        listed["result"]["smallest_change"] = change.clone();
        assert_eq!(listed, decision);
        let queries = ["decision=declined", "version=2026-11", &format!("product={}", setting.product)];
        counts_one(client, &queries).await;
        let csv = client.get("/api/v1/decision/?format=csv").await;
        assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
    })
    .await;
}

/// Checks that each of these filters finds one decision.
async fn counts_one(client: &crate::app::Client, queries: &[&str]) {
    for query in queries {
        let list = client.get(&format!("/api/v1/decision/?{query}")).await.expect(200);
        assert_eq!(list["count"], 1, "{query}");
    }
}

/// Two rules whose values are the inputs themselves, a weight of one half and a threshold of 100 each, on a card of 100.
async fn halves(app: &crate::app::TestApp, stop: bool) -> Setting {
    let setting = Setting::bare(app).await;
    let client = &setting.client;
    source(client, "a", "number").await;
    source(client, "b", "number").await;
    let rules = json!([rule("{{a}}", "0.5", 100), rule("{{b}}", "0.5", 100)]);
    let card = card(client, "Halves", 100, stop, rules).await;
    engine(client, "v1", &[&card]).await;
    selector(client, &setting.product, &[("v1", "1")]).await;
    setting
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_calculation_options_differ() {
    on_each_engine(async |app| {
        // stop on first fail, a, b: status, score, evaluated, passed.
        let table = [
            (false, 50, 200, "approved", "125", "true true", "false true"),
            (true, 50, 200, "declined", "25", "true false", "false false"),
            (false, 200, 50, "approved", "125", "true true", "true false"),
            (true, 200, 50, "declined", "125", "true true", "true false"),
            (false, 100, 100, "approved", "100", "true true", "true true"),
            (true, 100, 100, "approved", "100", "true true", "true true"),
            (false, 99, 100, "declined", "99.5", "true true", "false true"),
        ];
        for stop in [false, true] {
            let setting = halves(app, stop).await;
            for (_, a, b, status, score, evaluated, passed) in
                table.iter().filter(|row| row.0 == stop)
            {
                let application = setting.application(json!({})).await;
                setting.point(&application, "a", json!(a)).await;
                setting.point(&application, "b", json!(b)).await;
                assert_eq!(&setting.complete(&application).await.0, status, "{stop} {a} {b}");
                let decision = setting.decision(&application).await;
                let card = &decision["result"]["scorecards"][0];
                assert_eq!(&card["score"].to_string(), score, "{stop} {a} {b}");
                assert_eq!(card["stopped"], json!(stop && *status == "declined"));
                let rules = [&card["rules"][0], &card["rules"][1]];
                let of = |field: &str| rules.map(|rule| rule[field].to_string()).join(" ");
                assert_eq!((&*of("evaluated"), &*of("passed")), (*evaluated, *passed));
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_scorecards_must_pass_and_missing_data_fails() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        source(client, "income", "number").await;
        let fine = card_of(client, "{{amount}}", 1).await;
        let income = card_of(client, "1000 / {{income}}", 10).await;
        engine(client, "v1", &[&fine, &income]).await;
        selector(client, &setting.product, &[("v1", "1")]).await;
        let table = [
            (json!(100), "approved", json!(null)),
            (json!(101), "declined", json!(null)),
            (json!(0), "declined", json!("The calculation divides by zero.")),
            (json!(null), "declined", json!("There is no value for {{income}}.")),
        ];
        for (value, status, failure) in table {
            let application = setting.application(json!({})).await;
            if !value.is_null() {
                setting.point(&application, "income", value.clone()).await;
            }
            let (found, reason) = setting.complete(&application).await;
            assert_eq!(found, status, "{value}");
            assert_eq!(reason.is_empty(), status == "approved", "{reason}");
            let decision = setting.decision(&application).await;
            let cards = &decision["result"]["scorecards"];
            assert_eq!(cards[0]["decision"], "approved");
            assert_eq!(cards[1]["decision"], status);
            assert_eq!(cards[1]["rules"][0]["failure"], failure, "{value}");
            let has_value = decision["inputs"].get("income").is_some();
            assert_eq!(has_value, !value.is_null());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_value_before_completion_counts_and_old_decisions_stay() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[("income", "number")], "{{income}}", 1000).await;
        let application = setting.application(json!({})).await;
        setting.point(&application, "income", json!(1500)).await;
        let corrected = setting.point(&application, "income", json!(900)).await;
        assert_eq!(setting.complete(&application).await.0, "declined");
        let first = setting.decision(&application).await;
        assert_eq!(first["inputs"]["income"], 900);
        // What comes later changes nothing, not even a correction.
        setting.point(&application, "income", json!(2000)).await;
        let path = format!("/api/v1/data-point/{corrected}/");
        patch(&setting.client, &path, json!({"value": 5000})).await.expect(200);
        assert_eq!(setting.decision(&application).await, first);
        setting.act(&application, "complete").await.expect(409);
        setting.act(&application, "reopen").await.expect(200);
        assert_eq!(setting.complete(&application).await.0, "approved");
        let decisions = setting.decisions(&application).await;
        assert_eq!(decisions.len(), 2);
        assert_eq!(decisions[0]["result"]["scorecards"], first["result"]["scorecards"]);
        assert_eq!(decisions[0]["inputs"], first["inputs"]);
        assert_eq!(decisions[1]["inputs"]["income"], 2000);
        assert_eq!(decisions[1]["result"]["decision"], "approved");
        assert_eq!(decisions[1]["result"]["reasons"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_products_limits_hold_whatever_the_score() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[], "{{amount}}", 1).await;
        let application = setting.application(json!({"amount": "12000.01"})).await;
        let (status, reason) = setting.complete(&application).await;
        let limit = "The amount 12000.01 is above the product's maximum of 12000.00.";
        assert_eq!((status.as_str(), reason.as_str()), ("declined", limit));
        let result = &setting.decision(&application).await["result"];
        assert_eq!(result["limits"], json!([limit]));
        assert_eq!(result["decision"], "declined");
        assert_eq!(result["scorecards"][0]["decision"], "approved");
        // A product without a selector decides by its limits alone, and no engine is asked.
        let plain = Setting::bare(app).await;
        let application = plain.application(json!({"amount": "12000.01"})).await;
        assert_eq!(plain.complete(&application).await, ("declined".to_owned(), limit.to_owned()));
        assert_eq!(plain.decisions(&application).await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_application_meets_the_same_engine_and_shadows_watch() {
    on_each_engine(async |app| {
        let setting = Setting::bare(app).await;
        let client = &setting.client;
        let yes = card_of(client, "{{amount}}", 1).await;
        let no = card_of(client, "{{amount}}", 1_000_000).await;
        engine(client, "yes", &[&yes]).await;
        engine(client, "also", &[&yes]).await;
        engine(client, "shadow", &[&no]).await;
        let weights = [("yes", "0.5"), ("also", "0.5"), ("shadow", "0")];
        selector(client, &setting.product, &weights).await;
        let mut met = std::collections::BTreeMap::<String, u32>::new();
        for _ in 0..24 {
            let application = setting.application(json!({})).await;
            assert_eq!(setting.complete(&application).await.0, "approved");
            setting.act(&application, "reopen").await.expect(200);
            assert_eq!(setting.complete(&application).await.0, "approved");
            let decisions = setting.decisions(&application).await;
            assert_eq!(decisions[0]["version"], decisions[1]["version"]);
            *met.entry(decisions[0]["version"].to_string()).or_default() += 1;
            let shadows = decisions[0]["shadows"].as_array().expect("a list");
            assert_eq!(shadows.len(), 1);
            assert_eq!(fields(&shadows[0], &["version", "decision"]), r#""shadow" "declined""#);
            assert_eq!(shadows[0]["scorecards"][0]["decision"], "declined");
        }
        // All of 24 fair coins on one side is one chance in eight millions.
        assert_eq!(met.len(), 2, "{met:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_complete_at_once_one_does() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[], "{{amount}}", 1).await;
        let application = setting.application(json!({})).await;
        let path = format!("/api/v1/application/{application}/complete/");
        let callers = (0..8).map(|_| {
            let (client, path) = (setting.client.clone(), path.clone());
            tokio::spawn(async move { client.act(&path).await.status })
        });
        let mut statuses = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            statuses.push(caller.await.expect("no panic"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
        setting.decision(&application).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_is_told_by_an_event() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[("x", "number")], "{{x}}", 1).await;
        let application = setting.application(json!({})).await;
        let (_, reason) = setting.complete(&application).await;
        let events = setting.events(app).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind, "application_processing_finished");
        let data = &events[0].data;
        let expected = format!(r#""{application}" "declined" {}"#, json!(reason));
        assert_eq!(fields(data, &["id", "status", "reason"]), expected);
        assert!(data["processed_at"].is_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_florin_knows_of_a_borrower() {
    on_each_engine(async |app| {
        let setting = Setting::with_rule(app, &[], "{{amount}}", 1).await;
        let client = &setting.client;
        let person = json!({
            "type": "sole_trader", "first_name": "Penniless", "last_name": "Jack", "birth_date": "1990-02-12"
        });
        let borrower = id(&client.post("/api/v1/end-user/", person).await.expect(201));
        let setting = Setting { end_user: borrower, ..setting };
        let client = &setting.client;
        let first = setting.application(json!({"amount": 6000})).await;
        assert_eq!(setting.complete(&first).await.0, "approved");
        let names = [
            "end_user_age", "end_user_type", "existing_debt", "worst_arrears_12_months", "days_since_first_loan",
        ];
        let inputs = &setting.decision(&first).await["inputs"];
        assert_eq!(fields(inputs, &names), r#"32 "sole_trader" 0 0 0"#);
        let loan = client.post("/api/v1/loan/", json!({"application": first})).await;
        let loan = id(&loan.expect(201));
        scenario::apply(client, &scenario::disburse(client, &loan, "6000.00").await).await;
        // The first instalment falls due on 1 February and is not paid.
        app.advance(client, date(2023, 2, 11)).await;
        let second = setting.application(json!({"amount": 100})).await;
        setting.complete(&second).await;
        let inputs = &setting.decision(&second).await["inputs"];
        let owed = scenario::read_loan(client, &loan).await;
        let cents = |field: &str| owed[field].to_string().replace('.', "").parse::<i64>().expect("cents");
        let debt = cents("principal") + cents("interest") + cents("fee");
        assert!(debt > 600_000, "{debt}");
        let known: rust_decimal::Decimal =
            inputs["existing_debt"].to_string().parse().expect("a number");
        assert_eq!(known, rust_decimal::Decimal::new(debt, 2));
        let names = ["end_user_age", "worst_arrears_12_months", "days_since_first_loan"];
        assert_eq!(fields(inputs, &names), "32 10 41");
        // Another borrower's loans are not theirs.
        let other = scenario::end_user(client).await;
        let setting = Setting { end_user: other, ..setting };
        let third = setting.application(json!({"amount": 100})).await;
        setting.complete(&third).await;
        let inputs = &setting.decision(&third).await["inputs"];
        let names = ["end_user_age", "existing_debt", "worst_arrears_12_months"];
        assert_eq!(fields(inputs, &names), "null 0 0");
    })
    .await;
}
