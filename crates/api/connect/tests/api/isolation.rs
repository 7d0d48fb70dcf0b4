//! Nobody reaches another's: every operation is tried with the guids of another end user and of another tenant.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{TestApp, on_each_engine};
use crate::client::{Client, Partner, items, path_of, text};

/// Operations whose path names nothing that is somebody's own.
const NOBODYS: &[&str] = &[
    "GET /connect/v1/blocked_routing_numbers/{routing_number}",
    "GET /connect/v1/institutions/code/{code}",
    "GET /connect/v1/institutions/{guid}",
    "GET /connect/v1/institutions/{guid}/credentials",
    "PUT /connect/v1/partner/blocked_routing_numbers/{routing_number}",
    "DELETE /connect/v1/partner/blocked_routing_numbers/{routing_number}",
];

/// An operation that names something: its method and path, and whether it is a browser's.
struct Operation {
    method: Method,
    path: String,
    is_browsers: bool,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(florin_api_connect::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let is_browsers = operation["security"][0].get("Session").is_some();
            all.push(Operation { method, path: path.clone(), is_browsers });
        }
    }
    all
}

/// One of everything that Ada has, by the place in paths.
async fn belongings(app: &TestApp, partner: &Partner) -> (Client, BTreeMap<String, String>) {
    let ada = partner.visit_in("ada", "verification").await;
    let member = ada.linked(app, "gringotts", "demo").await;
    let new = json!({ "institution_code": "gringotts_oauth" });
    ada.client.post("/connect/v1/members", new).await.body(200);
    let states = ada.get("/connect/v1/oauth_states").await;
    let asked = json!({
        "account_name": "Checking", "account_number": "987654321", "account_type": 1,
        "routing_number": "123456789", "first_name": "Ada", "last_name": "Lovelace",
        "email": "ada@example.com",
    });
    let deposit = ada.client.post("/connect/v1/micro_deposits", asked).await.body(200);
    let version = &ada.get("/connect/v1/session").await["consent"]["text_version"];
    let agreed = json!({ "text_version": version, "purposes": ["account_data"] });
    let consent = ada.client.post("/connect/v1/consents", agreed).await.body(201);
    let accounts = ada.get(&format!("{}/accounts", path_of(&member))).await;
    let by_hand = json!({ "account_type": 9, "user_name": "Purse", "balance": "20" });
    let by_hand = ada.client.post("/connect/v1/accounts", by_hand).await.body(200);
    let known = [
        ("accounts", text(&by_hand["guid"])),
        ("members", text(&member["guid"])),
        ("member", text(&member["guid"])),
        ("jobs", text(&member["most_recent_job_guid"])),
        ("oauth_states", text(&states[0]["guid"])),
        ("micro_deposits", text(&deposit["guid"])),
        ("consents", text(&consent["guid"])),
        ("consent", text(&consent["guid"])),
        ("users", ada.user.clone()),
        ("user_profiles", ada.user.clone()),
        ("account", text(&items(&accounts, "accounts")[0]["guid"])),
    ];
    (ada.client, known.map(|(place, guid)| (place.to_owned(), guid)).into())
}

/// The path of an operation with these guids in it.
fn filled(path: &str, guids: &BTreeMap<String, String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        let name = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        let place = name.map(|name| match name {
            // The thing is named by the folder before it.
            "guid" => parts.last().unwrap().clone(),
            other => other.to_owned(),
        });
        parts.push(place.map_or_else(|| part.to_owned(), |place| guids[&place].clone()));
    }
    parts.join("/")
}

async fn asked(client: &Client, operation: &Operation, path: &str) -> u16 {
    let body = json!({ "deposit_amount_1": "05", "deposit_amount_2": "07", "job_type": 0 });
    client.send(client.request(operation.method.clone(), path).json(&body)).await.status
}

/// Everything that can be read of Ada.
async fn read(partner: &Partner, ada: &Client, guids: &BTreeMap<String, String>) -> Vec<Value> {
    let mut all = Vec::new();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        // The window is a new one each time when the last is over; what it says of Ada stands in the member.
        let is_read = operation.method == Method::GET && !NOBODYS.contains(&name.as_str());
        if is_read && operation.path.contains('{') {
            let path = filled(&operation.path, guids);
            let client = if operation.is_browsers { ada } else { &partner.client };
            let answer = client.get(&path).await;
            // Ada's first member is linked with a password.
            let status = if path.ends_with("/oauth_window_uri") { 409 } else { 200 };
            all.push(answer.body(status));
        }
    }
    all
}

#[tokio::test]
async fn nobody_reaches_anothers() {
    on_each_engine(async |app| {
        let partner = app.partner("Adas").await;
        let (ada, guids) = belongings(app, &partner).await;
        let before = read(&partner, &ada, &guids).await;
        assert!(before.len() > 12, "{}", before.len());
        let bob = partner.visit("bob").await;
        let neighbour = app.partner("Eves").await;
        let eve = neighbour.visit("ada").await;
        let mut walked = 0;
        for operation in operations() {
            let name = format!("{} {}", operation.method, operation.path);
            if !operation.path.contains('{') || NOBODYS.contains(&name.as_str()) {
                continue;
            }
            walked += 1;
            let path = filled(&operation.path, &guids);
            let others: &[&Client] = match operation.is_browsers {
                true => &[&bob.client, &eve.client],
                false => &[&neighbour.client],
            };
            for other in others {
                assert_eq!(asked(other, &operation, &path).await, 404, "{name}");
            }
            if !operation.is_browsers {
                // Nor by way of an end user of one's own.
                let mixed = path.replace(&guids["users"], &bob.user);
                let is_whole = mixed.ends_with(&bob.user)
                    || ["/members", "/accounts", "/consents", "/micro_deposits"]
                        .iter()
                        .any(|end| mixed.ends_with(end));
                if !is_whole {
                    assert_eq!(asked(&partner.client, &operation, &mixed).await, 404, "{name}");
                }
            }
        }
        assert!(walked > 25, "{walked}");
        let of_ada = format!("/connect/v1/oauth_states?outbound_member_guid={}", guids["members"]);
        assert_eq!(bob.get(&of_ada).await, json!([]));
        for list in ["members", "consents"] {
            let mine = bob.get(&format!("/connect/v1/{list}")).await;
            assert!(items(&mine, list).is_empty(), "{mine}");
        }
        assert_eq!(read(&partner, &ada, &guids).await, before, "nothing of Ada's has changed");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_answered_to_those_who_show_nothing() {
    on_each_engine(async |app| {
        let (partner, keys) = app.tenant("shown").await;
        let ada = partner.visit("ada").await;
        let guids = BTreeMap::new();
        let other_key = app.stranger().basic(&keys.external_accounts.presented());
        for operation in operations() {
            let name = format!("{} {}", operation.method, operation.path);
            let path = operation.path.replace(['{', '}'], "");
            let path = filled(&path, &guids);
            assert_eq!(asked(&app.stranger(), &operation, &path).await, 401, "{name}");
            let (wrong, status) = match operation.is_browsers {
                true => (&partner.client, 401),
                false => (&other_key, 403),
            };
            assert_eq!(asked(wrong, &operation, &path).await, status, "{name}");
            if !operation.is_browsers {
                assert_eq!(asked(&ada.client, &operation, &path).await, 401, "{name}");
            }
        }
    })
    .await;
}
