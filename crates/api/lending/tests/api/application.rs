//! `/api/v1/application/`.

use florin_events::{EventFilter, EventsError, list_in};
use serde_json::{Value, json};

use crate::app::{Client, fields, id, on_each_engine};
use crate::change::{delete, patch, put, same_shape};
use crate::scenario;

const PATH: &str = "/api/v1/application/";
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000000";

/// A published product and an end user, both of a new tenant.
struct Setting {
    client: Client,
    product: String,
    end_user: String,
}

impl Setting {
    async fn new(app: &crate::app::TestApp) -> Self {
        let client = app.tenant("Lender").await;
        let product = json!({
            "type": "equal_principal_term_loan", "name": "Term loan", "max_loan_amount": 2000,
            "default_loan_amount": 1000, "max_interest_rate": 15, "default_interest_rate": 10, "installments": 4
        });
        let product = scenario::product(&client, product).await;
        let end_user = scenario::end_user(&client).await;
        Self { client, product, end_user }
    }

    /// The answer of an application with these fields, over the document's example.
    fn body(&self, id: &str, changes: Value) -> Value {
        let mut body = json!({
            "id": id, "status": "incomplete", "product": self.product, "end_user": self.end_user,
            "amount": "1000.00", "installments": "4", "rate": "10", "reason": ""
        });
        if let (Some(body), Value::Object(changes)) = (body.as_object_mut(), changes) {
            body.extend(changes);
        }
        body
    }

    /// A request for the product with these fields.
    fn request(&self, changes: Value) -> Value {
        let mut body = json!({"product": self.product, "end_user": self.end_user});
        if let (Some(body), Value::Object(changes)) = (body.as_object_mut(), changes) {
            body.extend(changes);
        }
        body
    }

    async fn opened(&self, changes: Value) -> String {
        id(&self.client.post(PATH, self.request(changes)).await.expect(201))
    }

    async fn act(&self, id: &str, verb: &str) -> crate::app::Answer {
        self.client.act(&format!("{PATH}{id}/{verb}/")).await
    }

    /// A new application, brought to a status.
    async fn at(&self, status: &str) -> String {
        let amount = if status == "declined" { "2000.01" } else { "1000" };
        let id = self.opened(json!({"amount": amount})).await;
        match status {
            "approved" | "declined" => {
                assert_eq!(self.act(&id, "complete").await.expect(200)["status"], status);
            }
            "withdrawn" => {
                self.act(&id, "withdraw").await.expect(200);
            }
            _ => {}
        }
        id
    }

    async fn events(&self, app: &crate::app::TestApp) -> Vec<florin_events::Event> {
        let tenant = self.client.tenant.expect("a tenant");
        let all = EventFilter { after: 0, kind: None, limit: 100 };
        let events: Result<_, EventsError> =
            app.db().read(move |tx| list_in(tx, tenant, &all)).await;
        events.expect("events")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_example_comes_from_the_products_defaults() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let created = setting.client.post(PATH, setting.request(json!({}))).await.expect(201);
        assert_eq!(created, setting.body(&id(&created), json!({})));
        same_shape("application", &created, &setting.body("", json!({})));
        let path = format!("{PATH}{}/", id(&created));
        assert_eq!(setting.client.get(&path).await.expect(200), created);
        let list = setting.client.get(PATH).await.expect(200);
        assert_eq!(list, json!({"count": 1, "next": null, "previous": null, "results": [created]}));
        let fields = json!({"channel": "web", "score": 1.50, "nested": {"a": [null, true]}});
        let asked = json!({"amount": 5000.5, "installments": 12, "rate": "99.25", "custom_fields": fields});
        let created = setting.client.post(PATH, setting.request(asked)).await.expect(201);
        let expected =
            json!({"amount": "5000.50", "installments": "12", "rate": "99.25", "custom_fields": fields});
        assert_eq!(created, setting.body(&id(&created), expected));
        let line = scenario::credit_line_product(&setting.client).await;
        let revolving = setting.client.post(PATH, setting.request(json!({"product": line}))).await.expect(201);
        let expected = json!({"product": line, "amount": "2000.00", "installments": null});
        assert_eq!(revolving, setting.body(&id(&revolving), expected));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_named_at_once() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let client = &setting.client;
        client.post(PATH, json!({})).await.is(
            400,
            r#"{"product":["This field is required."],"end_user":["This field is required."]}"#,
        );
        let faulty = json!({
            "product": "x", "end_user": UNKNOWN, "amount": -1, "installments": 0, "rate": "high", "custom_fields": [1]
        });
        let expected = json!({
            "product": ["Must be a valid UUID."],
            "end_user": [format!("Invalid pk \"{UNKNOWN}\" - object does not exist.")],
            "amount": ["Ensure this value is greater than 0."],
            "installments": ["Ensure this value is greater than or equal to 1."],
            "rate": ["A valid number is required."],
            "custom_fields": ["Expected a dictionary of items but got type \"list\"."]
        });
        let mut expected_of_a_change = expected.clone();
        let refused = client.post(PATH, faulty.clone()).await.expect(400);
        assert_eq!(refused, expected);
        let id = setting.opened(json!({})).await;
        expected_of_a_change["end_user"] = json!(["The end user of an application cannot be changed."]);
        for answer in [
            put(client, &format!("{PATH}{id}/"), faulty.clone()).await,
            patch(client, &format!("{PATH}{id}/"), faulty).await,
        ] {
            let refused = answer.expect(400);
            assert_eq!(refused, expected_of_a_change.clone());
        }
        for (field, value) in [
            ("product", json!(null)),
            ("product", json!(UNKNOWN)),
            ("end_user", json!(5)),
            ("amount", json!(0)),
            ("amount", json!("0.001")),
            ("amount", json!("1e20")),
            ("installments", json!(1201)),
            ("rate", json!(10001)),
            ("custom_fields", json!({"note": "x".repeat(20_000)})),
        ] {
            let refused = client.post(PATH, setting.request(json!({field: value}))).await.expect(400);
            let keys: Vec<_> = refused.as_object().expect("an object").keys().collect();
            assert_eq!(keys, [field], "{refused}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transition_from_every_status() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        for (from, verb, expected) in [
            ("incomplete", "complete", Some("approved")),
            ("incomplete", "reopen", None),
            ("incomplete", "withdraw", Some("withdrawn")),
            ("approved", "complete", None),
            ("approved", "reopen", Some("incomplete")),
            ("approved", "withdraw", Some("withdrawn")),
            ("declined", "complete", None),
            ("declined", "reopen", Some("incomplete")),
            ("declined", "withdraw", Some("withdrawn")),
            ("withdrawn", "complete", None),
            ("withdrawn", "reopen", Some("incomplete")),
            ("withdrawn", "withdraw", None),
        ] {
            let id = setting.at(from).await;
            let amount = if from == "declined" { "2000.01" } else { "1000.00" };
            let answer = setting.act(&id, verb).await;
            match expected {
                Some(status) => {
                    let expected = setting.body(&id, json!({"status": status, "amount": amount}));
                    assert_eq!(answer.expect(200), expected, "{verb} from {from}");
                }
                None => {
                    let past = match verb {
                        "complete" => "completed",
                        "reopen" => "reopened",
                        _ => "withdrawn",
                    };
                    let text = format!("The application cannot be {past}: its status is {from}.");
                    answer.is(409, &json!({"detail": text}).to_string());
                }
            }
        }
        for verb in ["complete", "reopen", "withdraw"] {
            setting.act(UNKNOWN, verb).await.is(404, r#"{"detail":"Not found."}"#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_products_limits_decide_and_an_event_tells() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let approved = setting.at("approved").await;
        let asked = json!({"amount": 2000.01, "rate": 15.5});
        let declined = setting.opened(asked).await;
        let reason = "The amount 2000.01 is above the product's maximum of 2000.00. \
                      The rate 15.5 is above the product's maximum of 15.";
        let answer = setting.act(&declined, "complete").await.expect(200);
        let expected = json!({"status": "declined", "amount": "2000.01", "rate": "15.5", "reason": reason});
        assert_eq!(answer, setting.body(&declined, expected));
        // Refused, so no event.
        assert_eq!(setting.act(&declined, "complete").await.status, 409);
        let events = setting.events(app).await;
        let told: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.data.clone())).collect();
        let kind = "application_processing_finished";
        let at = "2023-01-01T10:00:00Z";
        assert_eq!(
            told,
            [
                (kind, json!({"id": approved, "status": "approved", "reason": "", "processed_at": at})),
                (kind, json!({"id": declined, "status": "declined", "reason": reason, "processed_at": at})),
            ]
        );
        assert_eq!(events[0].resource, format!("application:{approved}"));
        // A draft product decides too; only a loan needs a published one.
        let draft = json!({"type": "line_of_credit", "name": "Draft", "max_loan_amount": 1, "max_interest_rate": 1});
        let draft = id(&setting.client.post("/api/v1/product/", draft).await.expect(201));
        let on_draft = setting.opened(json!({"product": draft})).await;
        assert_eq!(setting.act(&on_draft, "complete").await.expect(200)["status"], "approved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_under_18_is_given_credit() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let client = &setting.client;
        // The business date is 1 January 2023.
        let decide = async |born: &str| {
            let person = json!({"first_name": "Ada", "last_name": "Lovelace", "birth_date": born});
            let person = id(&client.post("/api/v1/end-user/", person).await.expect(201));
            let application = setting.opened(json!({"end_user": person, "rate": "12"})).await;
            let decided = setting.act(&application, "complete").await.expect(200);
            fields(&decided, &["status", "reason"])
        };
        let declined = "\"declined\" \"The end user is under 18.\"";
        assert_eq!(decide("2005-01-02").await, declined);
        assert_eq!(decide("2005-01-01").await, "\"approved\" \"\"");
        // A scorecard that lets everybody pass changes nothing about it.
        let rules = json!([{"statement": "1000", "weight": 1, "threshold": 0}]);
        let card =
            json!({"name": "All", "threshold": 0, "stop_on_first_fail": false, "rules": rules});
        let card = id(&client.post("/api/v1/scorecard/", card).await.expect(201));
        let engine = json!({"version": "1", "is_active": true, "scorecards": [card]});
        client.post("/api/v1/risk-engine/", engine).await.expect(201);
        let engines = json!([{"risk_engine": "1", "weight": 1}]);
        let selector = json!({"product": setting.product, "risk_engines": engines});
        client.post("/api/v1/risk-engine-selector/", selector).await.expect(201);
        assert_eq!(decide("2005-01-02").await, declined);
        assert_eq!(decide("2005-01-01").await, "\"approved\" \"\"");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_request_loses_its_decision() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let client = &setting.client;
        let other = scenario::term_product(client).await;
        let line = scenario::credit_line_product(client).await;
        for (from, change, expected) in [
            (
                "approved",
                json!({"amount": 999}),
                json!({"status": "incomplete", "amount": "999.00"}),
            ),
            ("approved", json!({"rate": 9}), json!({"status": "incomplete", "rate": "9"})),
            (
                "approved",
                json!({"installments": 5}),
                json!({"status": "incomplete", "installments": "5"}),
            ),
            (
                "approved",
                json!({"product": other}),
                json!({"status": "incomplete", "product": other}),
            ),
            (
                "approved",
                json!({"amount": "1000.000", "rate": "10.0"}),
                json!({"status": "approved"}),
            ),
            (
                "approved",
                json!({"custom_fields": {"a": 1}, "end_user": setting.end_user}),
                json!({"status": "approved", "custom_fields": {"a": 1}}),
            ),
            (
                "declined",
                json!({"amount": 2000}),
                json!({"status": "incomplete", "amount": "2000.00"}),
            ),
            ("withdrawn", json!({"amount": 5}), json!({"status": "withdrawn", "amount": "5.00"})),
            ("incomplete", json!({"amount": 5}), json!({"status": "incomplete", "amount": "5.00"})),
            (
                "incomplete",
                json!({"product": line}),
                json!({"status": "incomplete", "product": line}),
            ),
        ] {
            let id = setting.at(from).await;
            let path = format!("{PATH}{id}/");
            let changed = patch(client, &path, change.clone()).await.expect(200);
            assert_eq!(changed, setting.body(&id, expected), "{from} {change}");
            assert_eq!(client.get(&path).await.expect(200), changed);
        }
        let id = setting.at("approved").await;
        let path = format!("{PATH}{id}/");
        // PUT takes what it leaves out from the product, which here changes nothing.
        let same = put(client, &path, setting.request(json!({}))).await.expect(200);
        assert_eq!(same, setting.body(&id, json!({"status": "approved"})));
        let refused = put(client, &path, json!({"amount": 5})).await.expect(400);
        let required = json!(["This field is required."]);
        assert_eq!(refused, json!({"product": required, "end_user": required}));
        let stranger = scenario::end_user(client).await;
        let refused = patch(client, &path, json!({"end_user": stranger})).await.expect(400);
        assert_eq!(
            refused,
            json!({"end_user": ["The end user of an application cannot be changed."]})
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_loan_exists_the_application_stays() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let client = &setting.client;
        let id = setting.at("approved").await;
        let loan = client.post("/api/v1/loan/", json!({"application": id})).await.expect(201);
        let path = format!("{PATH}{id}/");
        let stays = |verb: &str| {
            let text = format!(
                "The application cannot be {verb}: loan {} was created for it.",
                crate::app::id(&loan)
            );
            json!({"detail": text}).to_string()
        };
        put(client, &path, setting.request(json!({}))).await.is(409, &stays("changed"));
        patch(client, &path, json!({"custom_fields": {}})).await.is(409, &stays("changed"));
        setting.act(&id, "complete").await.is(409, &stays("completed"));
        setting.act(&id, "reopen").await.is(409, &stays("reopened"));
        setting.act(&id, "withdraw").await.is(409, &stays("withdrawn"));
        let expected = setting.body(&id, json!({"status": "approved"}));
        assert_eq!(client.get(&path).await.expect(200), expected);
        let second = client.post("/api/v1/loan/", json!({"application": id})).await;
        assert_eq!(second.status, 409, "{}", second.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_downloaded() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let client = &setting.client;
        let approved = setting.at("approved").await;
        setting.at("declined").await;
        setting.opened(json!({"custom_fields": {"a": "b,c"}, "amount": 1})).await;
        for (query, count) in [
            (String::new(), 3),
            ("status=approved,declined".to_owned(), 2),
            (format!("id={approved}"), 1),
            (format!("product={}", setting.product), 3),
            (format!("end_user={UNKNOWN}"), 0),
            ("amount__gte=1000&amount__lte=2000".to_owned(), 1),
            ("rate=10".to_owned(), 3),
            ("installments=4".to_owned(), 3),
            ("processed_at__gte=2023-01-01".to_owned(), 2),
        ] {
            let list = client.get(&format!("{PATH}?{query}")).await.expect(200);
            assert_eq!(list["count"], count, "{query}");
        }
        let csv = client.get(&format!("{PATH}?format=csv&ordering=amount")).await.text;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "id,status,product,end_user,amount,installments,rate,reason,custom_fields"
        );
        assert!(lines[1].ends_with(r#",1.00,4,10,,"{""a"":""b,c""}""#), "{}", lines[1]);
        assert!(lines[2].ends_with(",1000.00,4,10,,"), "{}", lines[2]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_complete_it_at_once_one_does() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let path = format!("{PATH}{}/complete/", setting.opened(json!({})).await);
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (client, path) = (setting.client.clone(), path.clone());
                tokio::spawn(async move { client.act(&path).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.expect("no panic"));
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
        assert_eq!(setting.events(app).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_application_is_left_without_its_product() {
    on_each_engine(async |app| {
        let setting = Setting::new(app).await;
        let draft = json!({"type": "line_of_credit", "name": "Draft", "max_loan_amount": 1, "max_interest_rate": 1});
        for _ in 0..8 {
            let product = id(&setting.client.post("/api/v1/product/", draft.clone()).await.expect(201));
            let body = setting.request(json!({"product": product}));
            let path = format!("/api/v1/product/{product}/");
            let (opened, deleted) =
                tokio::join!(setting.client.post(PATH, body), delete(&setting.client, &path));
            // Whoever comes second is refused: never both, never neither.
            assert!(
                matches!((opened.status, deleted.status), (201, 409) | (400, 204)),
                "{} and {}: {}",
                opened.status,
                deleted.status,
                app.engine()
            );
        }
    })
    .await;
}
