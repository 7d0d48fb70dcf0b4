//! A college fund over real ACH files by the clock, prices moving, with the server killed on the way: what was paid in, what
//! the market made of it and what was taken out add up.

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Serving, client_of, florin, florin_ok, lending_key, stderr, wait_for};

struct Partner {
    url: String,
    tenant: Value,
    server: Serving,
}

impl Partner {
    fn begin(url: &str) -> Self {
        let facts = "tenant create --name Partner --clock 2026-03-02 --currency USD --time-zone America/New_York --json";
        let args: Vec<&str> = facts.split(' ').chain(["--database", url]).collect();
        let tenant = serde_json::from_str(&florin_ok(&args)).unwrap();
        Self { url: url.to_owned(), tenant, server: Serving::start(url) }
    }

    /// A verified account of the partner's; its number says what happens to money.
    fn account(&self, number: &str) -> Value {
        let mut client = client_of(self.server.address, "").with_basic(&self.tenant);
        let names = json!({"firstName": "Ada", "lastName": "Lovelace"});
        let customer = client.post("/customer/create", &names)["data"]["customerId"].clone();
        let account = json!({
            "customerId": customer, "routingNumber": "021000021", "accountNumber": number,
            "type": "Checking", "firstName": "Ada", "lastName": "Lovelace",
        });
        client.post("/externalAccount/create", &account)["data"]["externalAccountId"].clone()
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let token = self.tenant["savings"]["token"].as_str().unwrap();
        let mut client = client_of(self.server.address, "").with_token(token);
        let (status, text) = client.send(method, &format!("/restapi/v1{path}"), body).unwrap();
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn move_over(&self, account: &Value) {
        self.ask("PUT", "/settings", Some(&json!({"funding_account": account})));
    }

    fn advance(&self, to: &str) {
        let mut client = client_of(self.server.address, &lending_key(&self.tenant));
        client.post("/sandbox/v1/clock/advance", &json!({"to": to}));
    }

    /// The same, with a `kill -9` on the way.
    fn advance_killed(&mut self, to: &str) {
        let (address, key) = (self.server.address, lending_key(&self.tenant));
        let (before, body) = (self.business_date(), json!({"to": to}));
        let asked = std::thread::spawn(move || {
            let _ = client_of(address, &key).send("POST", "/sandbox/v1/clock/advance", Some(&body));
        });
        wait_for("a day", || (self.business_date() > before).then_some(()));
        self.server.kill();
        asked.join().unwrap();
        self.server = Serving::start(&self.url);
        self.advance(to);
    }

    fn business_date(&self) -> String {
        let listed = florin_ok(&["tenant", "list", "--json", "--database", &self.url]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed[0]["business_date"].as_str().unwrap().to_owned()
    }

    fn verify(&self) -> String {
        florin_ok(&["ledger", "verify", "--database", &self.url])
    }
}

#[test]
fn a_fund_is_paid_into_and_spent_over_files_while_prices_move() {
    for database in databases(&[]) {
        let mut partner = Partner::begin(&database.url);
        let (good, closed) = (partner.account("123456"), partner.account("9900102"));
        let own = partner.account("123457");
        partner.move_over(&good);
        let link = json!({
            "plan_id": 60, "account_number": "901939500", "beneficiary_first_name": "John",
            "beneficiary_last_name": "Doe", "fund_name": "John's College Fund",
        });
        let fund =
            partner.ask("POST", "/linked_funds", Some(&link))["uuid"].as_str().unwrap().to_owned();
        let of_fund = |rest: &str| format!("/funds/{fund}{rest}");
        let terms =
            json!({"frequency": "semimonthly", "amount": 25_000, "first_day": 1, "second_day": 15});
        partner.ask("POST", &of_fund("/contributions"), Some(&terms));
        partner.advance_killed("2026-05-29");
        // Mid March, two in April, two in May.
        let settled = |partner: &Partner| {
            partner.ask("GET", &of_fund(""), None)["settled_balance"].as_i64().unwrap()
        };
        let before = settled(&partner);
        let performance = partner.ask("GET", &of_fund("/performance"), None);
        assert_eq!(performance["contributed"], 5 * 25_000);
        assert_eq!(performance["balance"], before);
        assert_ne!(performance["gain"], 0);
        let out = |amount: i64| json!({"amount": amount, "expense_type": "college"});
        let withdraw = of_fund("/initiate_withdrawal");
        partner.ask("POST", &withdraw, Some(&out(30_000)));
        // The rest goes to an account of the saver's own.
        let mut to_own = out(10_000);
        to_own["external_account_id"] = own.clone();
        partner.ask("POST", &withdraw, Some(&to_own));
        assert_eq!(settled(&partner), before - 40_000);
        partner.advance("2026-06-12");
        // The bank of the other account sends it back.
        partner.move_over(&closed);
        partner.ask("POST", &withdraw, Some(&out(30_000)));
        partner.move_over(&good);
        partner.advance_killed("2026-06-30");
        let withdrawals = partner.ask("GET", &of_fund("/withdrawals"), None);
        let shown = withdrawals.as_array().unwrap().iter();
        let shown: Vec<_> =
            shown.map(|it| [&it["status"], &it["reason"], &it["external_account_id"]]).collect();
        let (paid, none) = (json!("paid"), Value::Null);
        assert_eq!(
            shown,
            [[&json!("failed"), &json!("R02"), &none], [&paid, &none, &own], [&paid, &none, &none]]
        );
        let performance = partner.ask("GET", &of_fund("/performance"), None);
        // June's two have come as well.
        assert_eq!(
            (&performance["contributed"], &performance["withdrawn"]),
            (&json!(7 * 25_000), &json!(40_000))
        );
        let gain = performance["gain"].as_i64().unwrap();
        assert_eq!(settled(&partner), 7 * 25_000 - 40_000 + gain);
        let proof = partner.verify();
        assert!(proof.contains("1 holdings of units are proven"), "{proof}");
    }
}

#[test]
fn a_list_of_plans_is_loaded_and_every_server_goes_by_it() {
    for database in databases(&[]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plans.txt").display().to_string();
        let partner = Partner::begin(&database.url);
        let run = |args: &[&str]| florin_ok(&[args, &["--database", &database.url]].concat());
        let refused = |args: &[&str]| {
            let output = florin(&[args, &["--database", &database.url]].concat());
            assert_eq!(output.status.code(), Some(1));
            stderr(&output)
        };
        let list =
            || -> Value { serde_json::from_str(&run(&["plans", "list", "--json"])).unwrap() };
        assert_eq!(
            (&list()["as_of"], &list()["is_built_in"]),
            (&json!("2025-01-01"), &json!(true))
        );
        let text = run(&["plans", "list", "--as-file"]);
        let text = text.replace("As of 2025-01-01", "As of 2026-01-01");
        let raised = text.replace("60|UT|direct|560000|", "60|UT|direct|580000|");
        std::fs::write(&path, &raised).unwrap();
        let told = run(&["plans", "load", &path]);
        let plans = list()["plans"].as_array().unwrap().len();
        let expected =
            format!("{plans} plans as of 2026-01-01 are loaded: 0 new, 1 changed, 0 gone.\n");
        assert_eq!(told, expected);
        assert!(run(&["plans", "load", &path]).contains("were loaded before"));
        assert_eq!(list()["is_built_in"], false);
        assert!(run(&["plans", "list"]).contains("$580,000"));
        // The server that was running goes by it.
        let shown = partner.ask("GET", "/plans", None);
        assert_eq!(shown.as_array().unwrap().len(), plans);
        let short = raised.lines().filter(|line| !line.starts_with("1011|"));
        std::fs::write(&path, short.collect::<Vec<_>>().join("\n")).unwrap();
        assert!(run(&["plans", "load", &path]).contains("0 changed, 1 gone"));
        assert_eq!(partner.ask("GET", "/plans", None).as_array().unwrap().len(), plans - 1);
        std::fs::write(&path, raised.replace("|580000|", "|$580,000|")).unwrap();
        let told = refused(&["plans", "load", &path]);
        assert!(told.contains("column 14: limit: whole dollars from 10000"), "{told}");
        std::fs::write(&path, text.replace("2026-01-01", "2025-06-30")).unwrap();
        let told = refused(&["plans", "load", &path]);
        assert!(
            told.contains("as of 2025-06-30, and the list that counts as of 2026-01-01"),
            "{told}"
        );
        assert!(run(&["plans", "load", "--older", &path]).contains("as of 2025-06-30 are loaded"));
    }
}
