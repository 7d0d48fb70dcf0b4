//! Every operation of every surface, sent what no client of good will sends: it refuses in JSON, and never fails.

use florin_storage::testing::databases;
use serde_json::{Map, Value, json};

use crate::support::{Client, Serving, client_of, create_tenant, lending_key};

const SURFACES: &[&str] = &["lending", "external-accounts", "connect", "savings", "platform"];
const NOBODY: &str = "01a1fe37-4c91-7041-8d6c-0f0774a1ddb9";

/// What stands in a path or a query for an id, a number or a date.
const WORDS: &[&str] = &[
    "%00",
    "%FF",
    "..%2F..",
    "'%20OR%201=1",
    "-1",
    "99999999999999999999999",
    "%F0%9F%98%80",
    "a%0D%0Ab",
    "2026-02-30",
    "1.5",
    NOBODY,
];

/// What stands in a body for any field.
fn values() -> Vec<Value> {
    vec![
        json!("a\u{0}b"),
        json!("x".repeat(70_000)),
        json!("\u{202e}\u{1f600}\r\n"),
        json!("  "),
        json!("2026-02-30"),
        json!("1e999"),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(true),
        Value::Null,
        json!([[[]]]),
        json!({}),
    ]
}

/// Bodies that are no object, or no JSON at all.
fn bodies() -> Vec<String> {
    let deep = "[".repeat(20_000);
    let same = r#"{"a": 1, "a": 2}"#;
    ["", "null", "[]", "1", "{\"a\":", r#"{"\ud800": 1}"#, same, &deep].map(str::to_owned).into()
}

/// Follows `$ref`.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(path) => resolved(document, document.pointer(&path[1..]).expect("a schema")),
        None => schema,
    }
}

/// The names of a body's fields and an example of it.
fn fields_of(document: &Value, operation: &Value) -> Option<Map<String, Value>> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let schema = resolved(document, content.get("schema")?);
    let example = [&content["example"], &schema["example"]].into_iter().find_map(Value::as_object);
    let mut fields = Map::new();
    for part in std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten()) {
        let properties = resolved(document, part)["properties"].as_object();
        fields.extend(properties.into_iter().flatten().map(|(name, _)| (name.clone(), json!(1))));
    }
    fields.extend(example.cloned().unwrap_or_default());
    Some(fields)
}

/// The paths of an operation with a word in each of its places, and in each parameter of its query.
fn paths_of(path: &str, operation: &Value) -> Vec<String> {
    let filled = |word: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { word } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let long = "x".repeat(3_000);
    let words = || WORDS.iter().copied().chain([long.as_str()]);
    let mut paths = vec![filled(NOBODY)];
    if path.contains('{') {
        paths.extend(words().map(filled));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for name in parameters.filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str()) {
        paths.extend(words().map(|word| format!("{}?{name}={word}", filled(NOBODY))));
    }
    paths
}

/// Who asks: a client for each way to be let in.
struct Callers {
    lending: Client,
    external_accounts: Client,
    savings: Client,
    partner: Client,
    browser: Client,
}

impl Callers {
    fn new(server: &Serving, tenant: &Value) -> Self {
        let of = || client_of(server.address, &lending_key(tenant));
        let mut partner = of().with_pair(&tenant["connect"], "client_id", "api_key");
        let asked = json!({"user": {"id": "ada"}, "mode": "aggregation"});
        let session = partner.post("/connect/v1/sessions", &asked)["session"].clone();
        Self {
            lending: of(),
            external_accounts: of().with_basic(tenant),
            savings: of().with_token(tenant["savings"]["token"].as_str().unwrap()),
            partner,
            browser: of().with_token(&format!("Bearer {}", session.as_str().unwrap())),
        }
    }

    fn of(&mut self, surface: &str, operation: &Value) -> &mut Client {
        match surface {
            "external-accounts" => &mut self.external_accounts,
            "savings" => &mut self.savings,
            "connect" if operation["security"][0].get("Key").is_some() => &mut self.partner,
            "connect" => &mut self.browser,
            _ => &mut self.lending,
        }
    }
}

/// Sends a request that may be refused but must be answered, in JSON.
fn check(client: &mut Client, method: &str, path: &str, body: &str) {
    let told = || format!("{method} {path:.200} {body:.200}");
    let first = client.send_text(method, path, body);
    let answer = first.or_else(|_| client.reconnect().send_text(method, path, body));
    let (status, text) = answer.unwrap_or_else(|error| panic!("{}: {error}", told()));
    assert!(status < 500, "{}: {status} {text}", told());
    let is_json = serde_json::from_str::<Value>(&text).is_ok();
    assert!(status < 400 || is_json, "{}: {status} {text}", told());
}

fn check_operation(
    document: &Value,
    client: &mut Client,
    (method, path): (&str, &str),
    operation: &Value,
) {
    for path in paths_of(path, operation) {
        check(client, method, &path, "");
    }
    let Some(fields) = fields_of(document, operation) else { return };
    let path = &paths_of(path, operation)[0];
    for body in bodies() {
        check(client, method, path, &body);
    }
    for name in fields.keys() {
        for value in values() {
            let mut body = fields.clone();
            body.insert(name.clone(), value);
            check(client, method, path, &Value::from(body).to_string());
        }
    }
}

#[test]
fn every_operation_refuses_what_makes_no_sense() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2026-03-02");
        let server = Serving::start(&database.url);
        let mut callers = Callers::new(&server, &tenant);
        let mut operations = 0;
        for surface in SURFACES {
            let document = callers.lending.get(&format!("/openapi/{surface}.json"));
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    // The clock would go on for centuries.
                    if path.ends_with("/clock/advance") {
                        continue;
                    }
                    let client = callers.of(surface, operation);
                    let named = (method.to_uppercase(), path.as_str());
                    check_operation(&document, client, (&named.0, named.1), operation);
                    operations += 1;
                }
            }
        }
        assert!(operations > 200, "{operations} operations");
        assert_eq!(callers.lending.get("/health/ready")["status"], "ok");
    }
}
