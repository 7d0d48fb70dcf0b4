//! What an operator decides from the command line about programs, customers, banks and maintenance.

use serde_json::{Value, json};

use crate::support::{Serving, client_of, florin, florin_ok, stderr};

/// A tenant's server, and the commands beside it.
pub struct Desk {
    url: String,
    tenant: Value,
    server: Serving,
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("florin.db").display());
        let printed = florin_ok(&[
            "tenant",
            "create",
            "--name",
            "Bank",
            "--clock",
            "2026-03-02",
            "--currency",
            "USD",
            "--json",
            "--database",
            &url,
        ]);
        let tenant = serde_json::from_str(&printed).unwrap();
        let server = Serving::start(&url);
        Self { url, tenant, server, folder }
    }

    pub fn run(&self, args: &[&str]) -> String {
        florin_ok(&[args, &["--database", &self.url]].concat())
    }

    pub fn refused(&self, args: &[&str]) -> String {
        let output = florin(&[args, &["--database", &self.url]].concat());
        assert!(!output.status.success(), "{args:?}");
        stderr(&output)
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let mut client = client_of(self.server.address, "").with_basic(&self.tenant);
        let (_, text) = client.send(method, path, body).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[test]
fn programs_customers_and_accounts_are_decided_about() {
    let desk = Desk::open();
    let names = json!({"firstName": "Ada", "lastName": "Lovelace"});
    let customer = desk.ask("POST", "/customer/create", Some(&names))["data"]["customerId"].clone();
    let id = customer.to_string();
    let said = desk.run(&["customer", "change", &id, "--lock", "Two names"]);
    assert_eq!(said.trim(), format!("Customer {id} (Ada Lovelace) is Verified, and locked."));
    let account = json!({
        "customerId": customer, "routingNumber": "021000021", "accountNumber": "123456",
        "type": "Checking", "firstName": "Ada", "lastName": "Lovelace",
    });
    let refused = desk.ask("POST", "/externalAccount/create", Some(&account));
    assert_eq!(refused["errors"][0]["code"], 60004);
    desk.run(&["customer", "change", &id, "--unlock"]);
    let program = desk.run(&["program", "list", "--json"]);
    let program: Value = serde_json::from_str(&program).unwrap();
    let number = program[0]["id"].to_string();
    desk.run(&["program", "change", &number, "--verification", "trial-deposits"]);
    let refused = desk.ask("POST", "/externalAccount/create", Some(&account));
    assert_eq!(refused["errors"][0]["code"], 59011);
    let made = desk.ask("POST", "/externalAccount/initiate", Some(&account));
    let account = made["data"]["externalAccountId"].to_string();
    let said = desk.run(&["customer", "account", &account, "approve"]);
    assert_eq!(said.trim(), format!("Account {account} is Verified."));
    let said = desk.run(&["customer", "account", &account, "lock", "--reason", "Complaint"]);
    assert_eq!(said.trim(), format!("Account {account} is Verified, and locked."));
    let wrong = desk.refused(&["program", "change", &number, "--limit", "daily=1..2"]);
    assert!(wrong.contains("--limit daily=1..2 is not understood"), "{wrong}");
    let wrong = desk.refused(&["customer", "change", &id, "--status", "Fine"]);
    assert!(wrong.contains("--status Fine is no status"), "{wrong}");
}

#[test]
fn a_bank_is_set_up_and_its_files_are_listed() {
    let desk = Desk::open();
    assert_eq!(desk.run(&BANK).trim(), "ACME at 021000021 is in use.");
    assert!(desk.run(&["bank", "list"]).contains("in use"));
    assert_eq!(desk.run(&["bank", "files", "--json"]).trim(), "[]");
    let wrong = desk.refused(&BANK.map(|it| if it == "021000021" { "021000022" } else { it }));
    assert!(wrong.contains("--odfi"), "{wrong}");
    let nonsense = desk.folder.path().join("nonsense.ach");
    std::fs::write(&nonsense, "nonsense").unwrap();
    let wrong = desk.refused(&["bank", "take-in", nonsense.to_str().unwrap()]);
    assert!(wrong.contains("cannot be read"), "{wrong}");
}

const BANK: [&str; 12] = [
    "bank",
    "set",
    "--odfi",
    "021000021",
    "--destination-name",
    "BANK",
    "--origin-name",
    "ACME",
    "--company-name",
    "ACME",
    "--company-id",
    "1234567890",
];

#[test]
fn a_bank_is_reached_by_sftp_and_faults_name_the_flag() {
    let desk = Desk::open();
    let at = |name: &str| desk.folder.path().join(name).display().to_string();
    std::fs::write(at("password"), "hush\n").unwrap();
    std::fs::write(at("empty"), "\n").unwrap();
    std::fs::write(at("nonsense"), "nonsense").unwrap();
    let pin = format!("SHA256:{}", "A".repeat(43));
    let set = |host: &str, pin: &str, login: &[&str]| {
        let place = ["--sftp-host", host, "--sftp-port", "2222", "--sftp-user", "florin"];
        let folders = ["--sftp-host-key", pin, "--outbound", "/to", "--inbound", "/from"];
        let args = [&BANK, place.as_slice(), &folders, login, &["--database", &desk.url]];
        florin(&args.concat())
    };
    let password = ["--sftp-password-file", &at("password")];
    // There is no such server to try.
    let unchecked = [password.as_slice(), &["--unchecked"]].concat();
    let done = set("sftp.bank.example", &pin, &unchecked);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(desk.run(&["bank", "list"]).contains("in use"));
    let faults = |host: &str, pin: &str, login: &[&str], expected: &str| {
        let done = set(host, pin, login);
        let said = stderr(&done);
        assert!(!done.status.success() && said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("hush"), "{said}");
    };
    faults("a b", &pin, &password, "--sftp-host: Name a host.");
    faults("bank", "MD5:00", &password, "--sftp-host-key: Enter a fingerprint");
    faults("bank", &pin, &["--sftp-password-file", &at("empty")], "--sftp-password-file: Give");
    faults("bank", &pin, &["--sftp-key", &at("nonsense")], "--sftp-key: The key cannot be read");
    faults("bank", &pin, &["--sftp-key", &at("missing")], "--sftp-key: ");
    faults("bank", &pin, &[], "--sftp-key");
    let key = ["--sftp-key", &at("nonsense")];
    let both = [password, key].concat();
    faults("bank", &pin, &both, "cannot be used with");
    let alone = desk.refused(&[BANK.as_slice(), &["--sftp-host", "bank"]].concat());
    assert!(alone.contains("--sftp-user"), "{alone}");
}

#[test]
fn accounts_are_asked_for_and_mistakes_taken_back() {
    let desk = Desk::open();
    let names = json!({"firstName": "Ada", "lastName": "Lovelace"});
    let customer = desk.ask("POST", "/customer/create", Some(&names))["data"]["customerId"].clone();
    let account = json!({
        "customerId": customer, "routingNumber": "021000021", "accountNumber": "123456",
        "type": "Checking", "firstName": "Ada", "lastName": "Lovelace",
    });
    let made = desk.ask("POST", "/externalAccount/create", Some(&account));
    let account = made["data"]["externalAccountId"].to_string();
    let said = desk.run(&["bank", "prenote", "--account", &account]);
    assert!(said.contains("A prenote (WEB)"), "{said}");
    let again = desk.refused(&["bank", "prenote", "--account", &account]);
    assert!(again.contains("A prenote for this account is under way."), "{again}");
    let unknown = desk.refused(&["bank", "prenote", "--account", "99999999"]);
    assert!(unknown.contains("external account not found"), "{unknown}");
    let neither = desk.refused(&["bank", "reverse"]);
    assert!(neither.contains("--file <ID>|--entry <ID|TRACE>"), "{neither}");
    let wrong = desk.refused(&["bank", "reverse", "--file", "yesterday"]);
    assert!(wrong.contains("\"yesterday\" is no file id"), "{wrong}");
    let wrong = desk.refused(&["bank", "reverse", "--entry", "02100002"]);
    assert!(wrong.contains("is no entry's id or trace number"), "{wrong}");
    let unknown = desk.refused(&["bank", "reverse", "--entry", "021000020000001"]);
    assert!(unknown.contains("ACH entry not found"), "{unknown}");
}

#[test]
fn maintenance_is_switched_for_savings_alone() {
    let desk = Desk::open();
    let status = |path| client_of(desk.server.address, "").send("GET", path, None).unwrap().0;
    assert_eq!(status("/restapi/v1/plans"), 200);
    desk.run(&["maintenance", "on"]);
    assert_eq!(status("/restapi/v1/plans"), 503);
    assert_eq!(status("/health/ready"), 200);
    desk.run(&["maintenance", "off"]);
    assert_eq!(status("/restapi/v1/plans"), 200);
}

#[test]
fn prices_are_loaded_as_a_whole_or_not_at_all() {
    let desk = Desk::open();
    let path = desk.folder.path().join("prices.csv");
    let load = |text: &str| {
        std::fs::write(&path, text).unwrap();
        ["prices", "load", path.to_str().unwrap()]
    };
    let good = "portfolio,date,price\n60:FDIC-Insured,2026-03-02,10.01\n";
    let loaded = |args: &[&str]| desk.run(args).lines().next().unwrap_or_default().to_owned();
    assert_eq!(loaded(&load(good)), "1 prices are loaded, 1 of them new.");
    assert_eq!(loaded(&load(good)), "1 prices are loaded, 0 of them new.");
    let bad =
        "portfolio,date,price\n60:FDIC-Insured,2026-03-03,10.02\n60:FDIC-Insured,2026-03-04,ten\n";
    let wrong = desk.refused(&load(bad));
    assert!(wrong.contains("line 3, column 28: a price is expected"), "{wrong}");
    let future = "portfolio,date,price\n60:FDIC-Insured,2126-03-05,11\n";
    let wrong = desk.refused(&load(future));
    assert!(wrong.contains("line 2, column 17: the date has not come yet"), "{wrong}");
    let taken = [load(future).as_slice(), &["--future"]].concat();
    assert_eq!(loaded(&taken), "1 prices are loaded, 1 of them new.");
    assert!(desk.run(&["ledger", "verify"]).contains("0 holdings of units are proven"));
}
