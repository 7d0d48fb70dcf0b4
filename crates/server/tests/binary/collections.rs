//! A year of direct debits by the clock, with failures, charge-backs, money that comes back late and a week in which the
//! provider does not answer: afterwards loans, ledger and provider agree to the penny, however often the server was
//! killed on the way.

use std::collections::BTreeMap;
use std::process::Stdio;

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::browser::give_mandate;
use crate::support::{Serving, command, florin_ok, lending_key, wait_for};

const OPENING: &str = "2023-01-10";
const TOKEN: &str = "token_of_the_year";
const LOANS: usize = 20;

/// A lender whose provider can be told what to do.
struct Lender {
    url: String,
    journal: String,
    server: Serving,
    key: String,
    loans: Vec<String>,
}

impl Lender {
    fn begin(url: &str, journal: &str) -> Self {
        let printed = florin_ok(&[
            "tenant",
            "create",
            "--name",
            "Lender",
            "--clock",
            OPENING,
            "--json",
            "--database",
            url,
        ]);
        let key = lending_key(&serde_json::from_str(&printed).unwrap());
        let server = Serving::start_with(url, &[("FLORIN_SIMULATOR_JOURNAL", journal)]);
        let (url, journal) = (url.to_owned(), journal.to_owned());
        let lender = Self { url, journal, server, key, loans: Vec::new() };
        let account = json!({
            "environment": "simulated", "access_token": TOKEN, "webhook_secret": "a-long-secret",
        });
        lender.server.client(&lender.key).post("/platform/v1/provider-accounts", &account);
        lender.tell_provider(
            "outcomes",
            &json!({"fail_per_mille": 30, "late_failure_per_mille": 20, "charge_back_per_mille": 20}),
        );
        lender
    }

    /// Loans of two products, each of a borrower with a mandate.
    fn lend(&mut self) {
        let mut client = self.server.client(&self.key);
        let product = |kind: &str, more: Value| {
            let mut product = json!({
                "type": kind, "name": kind, "max_loan_amount": 20000, "max_interest_rate": 24,
                "arrears_tolerance": "5",
            });
            product.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            product
        };
        let products = [
            product(
                "equal_instalments_term_loan",
                json!({
                    "installments": 12, "repayment_date_period": 24,
                    "interest_calculation": "equal_instalments",
                }),
            ),
            product("revolving_credit", json!({"statement_day": 28, "repayment_due_day": 14})),
        ]
        .map(|product| {
            let product =
                client.post("/api/v1/product/", &product)["id"].as_str().unwrap().to_owned();
            client.post(&format!("/api/v1/product/{product}/publish/"), &json!({}));
            product
        });
        for number in 0..LOANS {
            let borrower =
                json!({"type": "individual", "first_name": "Ada", "last_name": "Lovelace"});
            let borrower = client.post("/api/v1/end-user/", &borrower);
            let flow = json!({
                "end_user": borrower["id"], "success_url": "https://lender.example/yes",
                "failure_url": "https://lender.example/no",
            });
            let flow = client.post("/api/v1/go-cardless-mandate/", &flow);
            give_mandate(self.server.address, flow["url"].as_str().unwrap(), "44779911");
            let application = json!({
                "product": products[number % 2], "end_user": borrower["id"], "amount": "6000.00",
                "rate": "12",
            });
            let application = client.post("/api/v1/application/", &application);
            let application = application["id"].as_str().unwrap();
            client.post(&format!("/api/v1/application/{application}/complete/"), &json!({}));
            let loan = client.post("/api/v1/loan/", &json!({"application": application}));
            assert!(loan["go_cardless_mandate"].is_string(), "{loan}");
            let loan = loan["id"].as_str().unwrap().to_owned();
            let payout = json!({"loan": loan, "type": "disbursement", "amount": "6000.00"});
            let payout = client.post("/api/v1/transaction/", &payout);
            let payout = payout["id"].as_str().unwrap();
            client.post(&format!("/api/v1/transaction/{payout}/apply/"), &json!({}));
            self.loans.push(loan);
        }
    }

    fn advance(&self, to: &str) {
        let mut client = self.server.client(&self.key);
        client.post("/sandbox/v1/clock/advance", &json!({"to": to}));
    }

    /// The same, with a `kill -9` on the way.
    fn advance_killed(&mut self, to: &str) {
        let (address, key) = (self.server.address, self.key.clone());
        let before = self.business_date();
        let body = json!({"to": to});
        let asked = std::thread::spawn(move || {
            let _ = crate::support::client_of(address, &key).send(
                "POST",
                "/sandbox/v1/clock/advance",
                Some(&body),
            );
        });
        wait_for("some days", || (self.business_date() > before).then_some(()));
        self.server.kill();
        asked.join().unwrap();
        self.server =
            Serving::start_with(&self.url, &[("FLORIN_SIMULATOR_JOURNAL", &self.journal)]);
        self.advance(to);
    }

    fn business_date(&self) -> String {
        let listed = florin_ok(&["tenant", "list", "--json", "--database", &self.url]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed[0]["business_date"].as_str().unwrap().to_owned()
    }

    fn tell_provider(&self, what: &str, body: &Value) {
        let mut client = self.server.client(&self.key).with_bearer(TOKEN);
        client.post(&format!("/simulator/gocardless/simulator/{what}"), body);
    }

    /// The provider's payments by their ids: amount and status.
    fn provider_payments(&self) -> BTreeMap<String, (i64, String)> {
        let mut client = self.server.client(&self.key).with_bearer(TOKEN);
        let mut all = BTreeMap::new();
        let mut after = String::new();
        loop {
            let path = format!("/simulator/gocardless/payments?limit=500{after}");
            let page = client.get(&path);
            for it in page["payments"].as_array().unwrap() {
                let text = |field: &str| it[field].as_str().unwrap().to_owned();
                all.insert(text("id"), (it["amount"].as_i64().unwrap(), text("status")));
            }
            match page["meta"]["cursors"]["after"].as_str() {
                Some(cursor) => after = format!("&after={cursor}"),
                None => return all,
            }
        }
    }

    /// The balance of an account of the chart, in pence.
    fn balance(&self, no: u32) -> i64 {
        let lines = florin_ok(&["ledger", "trial-balance", "--json", "--database", &self.url]);
        let lines: Value = serde_json::from_str(&lines).unwrap();
        let line = lines.as_array().unwrap().iter().find(|it| it["account"] == no);
        let side = |line: &Value, side: &str| line[side].as_i64().unwrap();
        line.map_or(0, |line| side(line, "debit_minor") - side(line, "credit_minor"))
    }
}

fn pence(text: &str) -> i64 {
    text.replace(['.', ','], "").parse().unwrap()
}

/// The repayments of every loan by the provider's id: status and amount.
fn repayments(lender: &Lender) -> BTreeMap<String, (String, i64)> {
    let mut client = lender.server.client(&lender.key);
    let mut all = BTreeMap::new();
    for loan in &lender.loans {
        let path = format!("/api/v1/transaction/?loan={loan}&type=repayment&limit=1000");
        for it in client.get(&path)["results"].as_array().unwrap() {
            if let Some(reference) = it["provider_transaction_id"].as_str() {
                let status = it["status"].as_str().unwrap().to_owned();
                all.insert(reference.to_owned(), (status, pence(it["amount"].as_str().unwrap())));
            }
        }
    }
    all
}

/// Both sides were compared every day, and never differed.
fn assert_nothing_differed(lender: &Lender) {
    let mut client = lender.server.client(&lender.key);
    for kind in ["reconciliation_differs", "clearing_differs"] {
        let told = client.get(&format!("/platform/v1/events?type={kind}"));
        assert_eq!(told["events"], json!([]), "{told}");
    }
    let listed = client.get("/platform/v1/reconciliations/");
    let today = lender.business_date();
    let all = listed["reconciliations"].as_array().unwrap();
    let of_today = all.iter().find(|it| it["to"] == *today).unwrap();
    assert_eq!(of_today["differences"], 0);
    let path = format!("/platform/v1/reconciliations/{}/", of_today["id"].as_str().unwrap());
    assert_eq!(client.get(&path)["lines"], json!([]));
}

/// Loans, ledger and provider tell the same story of so many payments at least.
fn assert_agreement(lender: &Lender, payments: usize) {
    let theirs = lender.provider_payments();
    let ours = repayments(lender);
    assert!(theirs.len() > payments, "{} payments", theirs.len());
    assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    let (mut paid_out, mut with_provider) = (0, 0);
    for (id, (amount, status)) in &theirs {
        let (our_status, our_amount) = &ours[id];
        assert_eq!(amount, our_amount, "{id}");
        let expected = match status.as_str() {
            "paid_out" => "applied",
            "confirmed" => "applied",
            "failed" | "charged_back" => "failed",
            "pending_submission" | "submitted" => "pending",
            other => panic!("{id} is {other}"),
        };
        assert_eq!(our_status, expected, "{id} is {status}");
        paid_out += if status == "paid_out" { *amount } else { 0 };
        with_provider += if status == "confirmed" { *amount } else { 0 };
    }
    assert_eq!(lender.balance(1020), with_provider);
    let lent = i64::try_from(LOANS).unwrap() * 600_000;
    assert_eq!(lender.balance(1000), paid_out - lent, "what was lent and what has come in");
    let of = ["--from", OPENING, "--to", "2024-02-15", "--database", &lender.url];
    let simulator = format!("http://{}/simulator/gocardless", lender.server.address);
    let compared = florin_ok(&[&["reconcile", "--simulator", &simulator], &of[..]].concat());
    assert!(compared.contains("Both sides agree."), "{compared}");
    assert!(compared.contains("On its way by the ledger") && compared.contains("Both agree."));
    florin_ok(&["ledger", "verify", "--database", &lender.url]);
    assert_nothing_differed(lender);
}

/// What the provider does not do in the week of silence, and what it does without saying so.
fn silence() -> Value {
    let fault = |kind: &str, times: u32| json!({"kind": kind, "times": times});
    json!({"faults": [fault("cut_after", 40), fault("error_before", 100_000)]})
}

fn a_year(lender: &mut Lender, is_killed: bool) {
    lender.lend();
    let until = |lender: &mut Lender, to: &str| {
        if is_killed { lender.advance_killed(to) } else { lender.advance(to) }
    };
    until(lender, "2023-03-01");
    until(lender, "2023-05-16");
    lender.tell_provider("faults", &silence());
    lender.advance("2023-05-23");
    lender.tell_provider("faults", &json!({"faults": []}));
    until(lender, "2023-08-10");
    until(lender, "2023-12-24");
    until(lender, "2024-02-20");
}

#[test]
fn a_year_of_collections_adds_up_to_the_penny() {
    for database in databases(&[]) {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("gocardless").display().to_string();
        let mut lender = Lender::begin(&database.url, &journal);
        a_year(&mut lender, false);
        assert_agreement(&lender, LOANS * 10);
    }
}

#[test]
fn a_year_of_collections_under_kill_adds_up_too() {
    for database in databases(&[]) {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("gocardless").display().to_string();
        let mut lender = Lender::begin(&database.url, &journal);
        a_year(&mut lender, true);
        assert_agreement(&lender, LOANS * 10);
    }
}

/// The week in which the month's instalments are asked for. At first what is asked for is done without an answer, then
/// nothing is answered at all, and the clock goes on.
fn week_of_time_outs(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("gocardless").display().to_string();
    let mut lender = Lender::begin(url, &journal);
    lender.lend();
    lender.advance("2023-02-16");
    let asked = json!({
        "kind": "timeout_after", "times": 5, "method": "POST", "path": "/payments",
    });
    lender.tell_provider("faults", &json!({ "faults": [asked] }));
    lender.advance("2023-02-20");
    let everything = json!({"kind": "timeout_before", "times": 100_000});
    lender.tell_provider("faults", &json!({ "faults": [everything] }));
    lender.advance("2023-02-27");
    lender.tell_provider("faults", &json!({"faults": []}));
    lender.advance("2023-04-30");
    assert_agreement(&lender, LOANS);
}

#[test]
fn a_week_of_time_outs_costs_nobody_a_penny() {
    let databases = databases(&[]);
    // Most of it is waiting, which both engines do side by side.
    std::thread::scope(|scope| {
        for database in &databases {
            scope.spawn(|| week_of_time_outs(&database.url));
        }
    });
}

/// The provider by itself answers like the one beside the API.
#[test]
fn the_simulated_provider_runs_alone() {
    let mut child = command(&["simulate", "gocardless", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let address = line.trim().strip_prefix("florin simulate gocardless listening on http://");
    let address = address.unwrap_or_else(|| panic!("unexpected line: {line:?}")).parse().unwrap();
    let mut client = crate::support::client_of(address, "").with_bearer("any_token");
    assert_eq!(client.get("/payments")["payments"], json!([]));
    child.kill().unwrap();
    child.wait().unwrap();
}
