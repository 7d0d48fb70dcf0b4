//! Banks linked over a real server with its own workers: one on the bank's page, one that asks, and many at once while the
//! server is killed.

use std::time::Duration;

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Client, Serving, client_of, create_tenant, florin, florin_ok, stderr};

/// How often a member is looked at, 50 ms apart.
const PATIENCE_LOOKS: usize = 7_200;
/// As many as link at the same time.
const MANY: usize = 60;

/// An end user's browser.
struct Visit {
    user: String,
    client: Client,
}

fn partner(server: &Serving, tenant: &Value) -> Client {
    client_of(server.address, "").with_pair(&tenant["connect"], "client_id", "api_key")
}

fn visit(server: &Serving, tenant: &Value, user: &str) -> Visit {
    let new = json!({ "user": { "id": user } });
    let opened = partner(server, tenant).post("/connect/v1/sessions", &new);
    let token = format!("Bearer {}", opened["session"].as_str().unwrap());
    let client = client_of(server.address, "").with_token(&token);
    Visit { user: opened["user_guid"].as_str().unwrap().to_owned(), client }
}

impl Visit {
    /// Adds a member and has it read.
    fn link(&mut self, bank: &str, customer: &str) -> String {
        let bank =
            self.client.get(&format!("/connect/v1/institutions/code/{bank}"))["guid"].clone();
        let fields = format!("/connect/v1/institutions/{}/credentials", bank.as_str().unwrap());
        let fields = self.client.get(&fields)["credentials"].clone();
        let credentials: Vec<Value> = fields
            .as_array()
            .unwrap()
            .iter()
            .map(|field| json!({ "guid": field["guid"], "value": customer }))
            .collect();
        let new = json!({ "institution_guid": bank, "credentials": credentials });
        let member = self.client.post("/connect/v1/members", &new)["member"]["guid"].clone();
        let member = member.as_str().unwrap().to_owned();
        self.read(&member);
        member
    }

    fn read(&mut self, member: &str) {
        let jobs = format!("/connect/v1/members/{member}/jobs");
        self.client.post(&jobs, &json!({ "job_type": 0 }));
    }

    /// The member as soon as it has this status. A job that was claimed when the server was killed is anybody's again after
    /// two minutes.
    fn wait(&mut self, member: &str, status: &str) -> Value {
        let path = format!("/connect/v1/members/{member}");
        for _ in 0..PATIENCE_LOOKS {
            let seen = self.client.get(&path)["member"].clone();
            if seen["connection_status_name"] == status && seen["is_being_aggregated"] == false {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{member} never became {status}");
    }
}

#[test]
fn a_bank_asks_and_is_answered() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2026-03-02");
        let server = Serving::start(&database.url);
        let mut ada = visit(&server, &tenant, "ada");
        let member = ada.link("gringotts", "mfa_text");
        let asked = ada.wait(&member, "CHALLENGED");
        let answer = json!({ "guid": asked["mfa"]["credentials"][0]["guid"], "value": "Rex" });
        let path = format!("/connect/v1/members/{member}/mfa");
        let answers = json!({ "credentials": [answer] });
        assert_eq!(ada.client.send("PUT", &path, Some(&answers)).unwrap().0, 200);
        ada.wait(&member, "CONNECTED");

        let bank = json!({ "institution_code": "gringotts_oauth" });
        let added = ada.client.post("/connect/v1/members", &bank)["member"].clone();
        let window = added["oauth_window_uri"].as_str().unwrap();
        assert!(window.starts_with("http://florin/connect/bank/authorize?state="), "{window}");
        let accounts = format!("/connect/v1/users/{}/accounts", ada.user);
        let accounts = partner(&server, &tenant).get(&accounts);
        assert_eq!(accounts["accounts"].as_array().unwrap().len(), 3, "{accounts}");
    }
}

#[test]
fn many_link_at_once_and_the_server_is_killed() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2026-03-02");
        let mut server = Serving::start(&database.url);
        let names = (0..MANY).map(|n| format!("user-{n}"));
        let mut linked: Vec<(String, String)> = Vec::new();
        for name in names {
            let mut visitor = visit(&server, &tenant, &name);
            // Slow banks are looked at again and again: they are under way when the server is killed.
            linked.push((name, visitor.link("gringotts", "slow")));
        }
        server.kill();
        server = Serving::start(&database.url);
        for (name, member) in &linked {
            let mut visitor = visit(&server, &tenant, name);
            visitor.wait(member, "CONNECTED");
            let path = format!("/connect/v1/users/{}/accounts", visitor.user);
            let accounts = partner(&server, &tenant).get(&path);
            assert_eq!(accounts["accounts"].as_array().unwrap().len(), 3, "{name}: {accounts}");
        }
        drop(server);
        florin_ok(&["ledger", "verify", "--database", &database.url]);
    }
}

#[test]
fn a_partners_own_list_is_loaded_from_a_file() {
    for database in databases(&[]) {
        let tenant = create_tenant(&database.url, "2026-03-02");
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let load = ["institutions", "load", path, "--database", &database.url];
        std::fs::write(path, "code,name,country\nmy_bank,My Own Bank,US\n").unwrap();
        assert!(florin_ok(&load).starts_with("1 institutions are loaded: 1 of the tenant's own"));
        std::fs::write(path, "code,name,country\n,,\n").unwrap();
        let refused = florin(&load);
        assert!(!refused.status.success());
        let told = stderr(&refused);
        assert!(told.contains("nothing of it was loaded") && told.contains("line 2"), "{told}");
        let server = Serving::start(&database.url);
        let mut ada = visit(&server, &tenant, "ada");
        let found = ada.client.get("/connect/v1/institutions?search_name=my%20own");
        assert_eq!(found[0]["code"], "my_bank");
    }
}
