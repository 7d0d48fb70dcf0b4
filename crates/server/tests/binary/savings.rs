//! A college fund over real ACH files by the clock, prices moving, with the server killed on the way: what was paid in, what
//! the market made of it and what was taken out add up.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{
    Client, Serving, client_of, florin, florin_ok, lending_key, stderr, wait_for,
};

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

#[test]
fn prices_are_loaded_and_corrected_with_a_reason() {
    for database in databases(&[]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.csv").display().to_string();
        let partner = Partner::begin(&database.url);
        let at = ["--database", database.url.as_str()];
        let run = |args: &[&str]| florin_ok(&[args, &at].concat());
        let write = |price: &str| {
            let text = format!("portfolio,date,price\n60:FDIC-Insured,2026-02-27,{price}\n");
            std::fs::write(&path, text).unwrap();
        };
        write("1.399610");
        let told = run(&["prices", "load", "--future", &path]);
        assert!(told.starts_with("1 prices are loaded, 1 of them new.\n"), "{told}");
        assert!(told.contains("These tenants have other prices: Partner (simulated)."), "{told}");
        partner.ask("PUT", "/settings", Some(&json!({"market": "loaded"})));
        let told = run(&["prices", "load", "--future", &path]);
        assert_eq!(told, "1 prices are loaded, 0 of them new.\n");
        write("13.99610");
        let output = florin(&[&["prices", "load", "--future", &path][..], &at].concat());
        assert!(stderr(&output).contains("`florin prices correct`"), "{}", stderr(&output));
        let correct = ["prices", "correct", "--future", &path, "--reason", "A shifted point"];
        assert_eq!(run(&correct), "1 prices are corrected, 0 holdings are valued anew.\n");
        let shown: Value =
            serde_json::from_str(&run(&["prices", "corrections", "--json"])).unwrap();
        assert_eq!((&shown["was"], &shown["is"]), (&json!("1.399610"), &json!("13.996100")));
        assert_eq!(shown["reason"], "A shifted point");
        assert!(run(&["prices", "corrections"]).contains("A shifted point"));
    }
}

/// A giver's browser: it keeps its cookie and follows nothing.
struct Giver<'a> {
    partner: &'a Partner,
    cookie: String,
}

/// What a page answered.
struct Page {
    status: u16,
    head: String,
    html: String,
}

impl Page {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    /// The value of the first hidden field of this name.
    fn field(&self, name: &str) -> &str {
        let (_, rest) = self.html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split_once('"').unwrap().0
    }
}

impl<'a> Giver<'a> {
    fn of(partner: &'a Partner) -> Self {
        Self { partner, cookie: String::new() }
    }

    fn send(&mut self, method: &str, path: &str, form: &str) -> Page {
        let mut stream = TcpStream::connect(self.partner.server.address).unwrap();
        let address = self.partner.server.address;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html\r\nCookie: {}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.cookie,
            form.len(),
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, html) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let page = Page { status, head: head.to_owned(), html: html.to_owned() };
        if let Some(cookie) = page.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        page
    }

    fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, "")
    }

    /// Sends a form of a page, with the proof that it was shown here.
    fn post(&mut self, path: &str, fields: &str) -> Page {
        let proof = self.get(path).field("proof").to_owned();
        self.send("POST", path, &format!("proof={proof}&{fields}"))
    }

    /// Asks for a gift of 250 dollars from a bank that is to be linked; the gift's address.
    fn ask(&mut self, fund_page: &str) -> String {
        let form = "amount=250&first_name=Karin&last_name=McFarlane&email=karin%40example.com&way=link&authorisation=yes";
        let led = self.post(&format!("{fund_page}/gift"), form);
        assert_eq!(led.status, 303, "{}", led.html);
        led.header("location").unwrap().to_owned()
    }

    /// Goes to link a bank for a gift; what a browser sends there, which leads back to the gift.
    fn visit(&mut self, gift: &str) -> Client {
        let token = Self::visit_of(&self.post(gift, "do=link"));
        let mut client = client_of(self.partner.server.address, "").with_token(&token);
        let session = client.get("/connect/v1/session");
        let back = format!("http://{}{gift}", self.partner.server.address);
        assert_eq!(
            (&session["return_url"], &session["mode"]),
            (&json!(back), &json!("verification"))
        );
        client
    }

    /// What a browser sends on the page of banks that it was led to.
    fn visit_of(led: &Page) -> String {
        let to = led.header("location").unwrap_or_else(|| panic!("{} {}", led.status, led.html));
        assert!(to.starts_with("/connect?visit=SES-"), "{to}");
        format!("Bearer {}", to.split_once("session=").unwrap().1)
    }
}

/// The giver agrees, and links and proves the one account that they have at a bank.
fn link_a_bank(client: &mut Client) {
    let version = client.get("/connect/v1/session")["consent"]["text_version"].clone();
    let agreed = json!({ "text_version": version, "purposes": ["account_data", "payments"] });
    let (status, text) = client.send("POST", "/connect/v1/consents", Some(&agreed)).unwrap();
    assert_eq!(status, 201, "{text}");
    let bank = client.get("/connect/v1/institutions/code/gringotts")["guid"].clone();
    let fields = format!("/connect/v1/institutions/{}/credentials", bank.as_str().unwrap());
    let fields = client.get(&fields)["credentials"].as_array().unwrap().clone();
    let credentials: Vec<Value> =
        fields.iter().map(|it| json!({ "guid": it["guid"], "value": "single" })).collect();
    let new = json!({ "institution_guid": bank, "credentials": credentials });
    let member = client.post("/connect/v1/members", &new)["member"]["guid"].clone();
    let path = format!("/connect/v1/members/{}", member.as_str().unwrap());
    client.post(&format!("{path}/jobs"), &json!({ "job_type": 1 }));
    wait_for("the bank", || {
        let seen = client.get(&path)["member"].clone();
        let is_done =
            seen["connection_status_name"] == "CONNECTED" && seen["is_being_aggregated"] == false;
        is_done.then_some(())
    });
}

#[test]
fn a_gift_is_given_from_a_bank_that_was_linked_for_it_alone() {
    for database in databases(&[]) {
        let partner = Partner::begin(&database.url);
        let link = json!({
            "plan_id": 60, "account_number": "901939500", "beneficiary_first_name": "Mia",
            "beneficiary_last_name": "Doe", "fund_name": "Mia's Fund",
        });
        partner.ask("PUT", "/settings", Some(&json!({"market": "flat"})));
        let fund = partner.ask("POST", "/linked_funds", Some(&link));
        let of_fund = |rest: &str| format!("/funds/{}{rest}", fund["uuid"].as_str().unwrap());
        let fund = partner.ask("GET", &of_fund(""), None);
        let page = format!("/{}", fund["handle"].as_str().unwrap());
        let (mut karin, mut eve) = (Giver::of(&partner), Giver::of(&partner));
        let (gift, others) = (karin.ask(&page), eve.ask(&page));
        let mut earlier = karin.visit(&gift);
        eve.visit(&others);
        // Nothing is linked yet; it can be left and come back to.
        assert!(
            karin.get(&format!("{gift}?status=cancelled")).html.contains("No account was linked.")
        );
        let mut visit = karin.visit(&gift);
        link_a_bank(&mut visit);
        let shown = karin.get(&gift);
        assert!(shown.html.contains("Your bank account is linked"), "{}", shown.html);
        let account = shown.field("account").to_owned();
        // Another gift sees nothing of it, and cannot be given from it.
        assert!(eve.get(&others).html.contains("Link your bank"));
        let stolen = eve.post(&others, &format!("do=give&account={account}"));
        assert_eq!(stolen.status, 422);
        assert!(stolen.html.contains("The account is not linked any more."), "{}", stolen.html);
        assert_eq!(partner.ask("GET", &of_fund("/transactions"), None), json!([]));
        for _ in 0..2 {
            let proof = shown.field("proof");
            let form = format!("proof={proof}&do=give&account={account}");
            assert_eq!(karin.send("POST", &gift, &form).status, 303);
        }
        let thanks = karin.get(&gift).html;
        assert!(thanks.contains("Thank you!") && thanks.contains("Gringotts"), "{thanks}");
        let made = partner.ask("GET", &of_fund("/transactions"), None);
        let made = made.as_array().unwrap();
        let found = (made.len(), &made[0]["type"], &made[0]["amount"], &made[0]["status"]);
        assert_eq!(found, (1, &json!("gift"), &json!(25_000), &json!("Pending")));
        // Eve links a bank of her own, and never comes back.
        link_a_bank(&mut eve.visit(&others));
        assert!(eve.get(&others).html.contains("Your bank account is linked"));
        partner.advance("2026-03-31");
        assert!(eve.get(&others).html.contains("Your bank account is linked"));
        partner.advance("2026-04-01");
        assert!(eve.get(&others).html.contains("Link your bank"));
        check_what_is_kept(&partner, [&mut visit, &mut earlier]);
        assert_eq!(partner.ask("GET", &of_fund(""), None)["settled_balance"], made[0]["amount"]);
        partner.verify();
    }
}

/// The giver's agreement is kept, what was linked is not, and no visit is good any more.
fn check_what_is_kept(partner: &Partner, visits: [&mut Client; 2]) {
    for visit in visits {
        assert_eq!(visit.send("GET", "/connect/v1/session", None).unwrap().0, 401);
    }
    let keys = &partner.tenant["connect"];
    let mut desk = client_of(partner.server.address, "").with_pair(keys, "client_id", "api_key");
    let users = desk.get("/connect/v1/users");
    let users = users["results"].as_array().unwrap();
    assert_eq!(users.len(), 2, "an end user a gift");
    let mut consents = 0;
    for user in users {
        let guid = user["guid"].as_str().unwrap();
        let members = desk.get(&format!("/connect/v1/users/{guid}/members"));
        assert_eq!(members["members"], json!([]), "{members}");
        let given = desk.get(&format!("/connect/v1/users/{guid}/consents"));
        consents += given["consents"].as_array().unwrap().len();
    }
    assert_eq!(consents, 2);
}
