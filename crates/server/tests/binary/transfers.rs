//! A month of ACH transfers by the clock, one in twenty returned, with the server killed on the way: every transfer is in
//! one file, balances and ledger add up.

use std::thread::JoinHandle;

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Serving, client_of, florin_ok, lending_key, wait_for};

const CUSTOMERS: usize = 12;
/// Days on which each customer pulls money in and pushes some of it out.
const DAYS: [&str; 8] = [
    "2026-03-03",
    "2026-03-06",
    "2026-03-10",
    "2026-03-13",
    "2026-03-17",
    "2026-03-20",
    "2026-03-24",
    "2026-03-27",
];

/// A tenant in dollars with its server.
pub struct Bank {
    pub url: String,
    tenant: Value,
    pub server: Serving,
    pub customers: Vec<Customer>,
}

pub struct Customer {
    id: i64,
    settlement: i64,
    account: i64,
    /// What was asked for: whether it is a pull, and cents.
    pub asked: Vec<(bool, i64)>,
}

impl Bank {
    pub fn begin(url: &str) -> Self {
        let printed = florin_ok(&[
            "tenant",
            "create",
            "--name",
            "Bank",
            "--clock",
            "2026-03-02",
            "--currency",
            "USD",
            "--time-zone",
            "America/New_York",
            "--json",
            "--database",
            url,
        ]);
        let tenant = serde_json::from_str(&printed).unwrap();
        let server = Serving::start(url);
        Self { url: url.to_owned(), tenant, server, customers: Vec::new() }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut client = client_of(self.server.address, "").with_basic(&self.tenant);
        let (status, text) = client.send(method, path, body).unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask("POST", path, Some(body));
        assert!((200..300).contains(&status), "{path} {body}: {answer}");
        answer["data"].clone()
    }

    /// A customer with a verified account; every pull from `number` comes to what that number says.
    pub fn open(&mut self, number: &str) {
        let names = json!({"firstName": "Ada", "lastName": "Lovelace"});
        let id = self.done("/customer/create", &names)["customerId"].as_i64().unwrap();
        let account = json!({
            "customerId": id, "routingNumber": "021000021", "accountNumber": number,
            "type": "Checking", "firstName": "Ada", "lastName": "Lovelace",
        });
        let account = self.done("/externalAccount/create", &account);
        let (_, view) = self.ask("GET", &format!("/customer/get/{id}"), None);
        let settlement = view["data"]["accounts"][0]["accountId"].as_i64().unwrap();
        let account = account["externalAccountId"].as_i64().unwrap();
        self.customers.push(Customer { id, settlement, account, asked: Vec::new() });
    }

    pub fn transfer(&mut self, index: usize, is_pull: bool, cents: i64) {
        let customer = &self.customers[index];
        let (from, to) = match is_pull {
            true => (customer.account, customer.settlement),
            false => (customer.settlement, customer.account),
        };
        let tag = format!("{index}-{}", customer.asked.len());
        let body = json!({
            "customerId": customer.id, "fromId": from, "toId": to, "tag": tag,
            "amount": format!("{}.{:02}", cents / 100, cents % 100),
        });
        let first = self.done("/transfer/create", &body);
        assert_eq!(self.done("/transfer/create", &body), first, "the tag makes it once");
        self.customers[index].asked.push((is_pull, cents));
    }

    pub fn advance(&self, to: &str) {
        let mut client = client_of(self.server.address, &lending_key(&self.tenant));
        client.post("/sandbox/v1/clock/advance", &json!({"to": to}));
    }

    /// The same, by somebody who does not mind that the server is killed.
    pub fn begin_to_advance(&self, to: &str) -> JoinHandle<()> {
        let (address, key) = (self.server.address, lending_key(&self.tenant));
        let body = json!({"to": to});
        std::thread::spawn(move || {
            let _ = client_of(address, &key).send("POST", "/sandbox/v1/clock/advance", Some(&body));
        })
    }

    /// The same, with a `kill -9` on the way.
    fn advance_killed(&mut self, to: &str) {
        let before = self.business_date();
        let asked = self.begin_to_advance(to);
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

    /// What stands on a customer's settlement account, in cents.
    pub fn balance(&self, customer: &Customer) -> i64 {
        let (_, view) = self.ask("GET", &format!("/customer/get/{}", customer.id), None);
        let balance = view["data"]["accounts"][0]["accountBalance"].to_string();
        balance.replace('.', "").parse().unwrap()
    }

    pub fn transactions(&self, customer: &Customer) -> Vec<Value> {
        let Customer { id, settlement, .. } = customer;
        let of_status = |status: &str| {
            let days = "2026-03-01/2026-05-31";
            let path = format!("/transaction/list/{id}/{settlement}/{status}/{days}");
            let (code, answer) = self.ask("GET", &path, None);
            assert_eq!(code, 200, "{answer}");
            answer["data"].as_array().unwrap().clone()
        };
        let statuses = ["Initiated", "Pending", "Settled", "Returned", "Voided"];
        statuses.into_iter().flat_map(of_status).collect()
    }
}

/// The numbers of accounts: one of twelve has no money, one is closed.
fn number(index: usize) -> String {
    match index {
        5 => "9900101".to_owned(),
        9 => "9900102".to_owned(),
        other => format!("5000{other:04}"),
    }
}

#[test]
fn a_month_of_transfers_with_returns_and_kills_adds_up() {
    for database in databases(&[]) {
        let mut bank = Bank::begin(&database.url);
        for index in 0..CUSTOMERS {
            bank.open(&number(index));
        }
        for (round, day) in DAYS.into_iter().enumerate() {
            for index in 0..CUSTOMERS {
                let returns = matches!(index, 5 | 9);
                if !returns || round == 0 {
                    bank.transfer(
                        index,
                        true,
                        10_000 + i64::try_from(100 * round + index).unwrap(),
                    );
                }
                if round >= 4 && !returns {
                    bank.transfer(index, false, 2_500 + i64::try_from(index).unwrap());
                }
            }
            if round % 3 == 1 { bank.advance_killed(day) } else { bank.advance(day) }
        }
        bank.advance("2026-04-15");
        let (mut entries, mut cents) = (0, 0);
        for (index, customer) in bank.customers.iter().enumerate() {
            let returns = matches!(index, 5 | 9);
            let sign = |(is_pull, cents): &(bool, i64)| if *is_pull { *cents } else { -*cents };
            let expected: i64 = if returns { 0 } else { customer.asked.iter().map(sign).sum() };
            assert_eq!(bank.balance(customer), expected, "customer {index}");
            let transactions = bank.transactions(customer);
            assert_eq!(transactions.len(), customer.asked.len(), "customer {index}");
            for transaction in transactions {
                let status = if returns { "Returned" } else { "Settled" };
                assert_eq!(transaction["status"], status, "{transaction}");
                if returns {
                    let code = if index == 5 { "R01" } else { "R02" };
                    assert_eq!(transaction["returnCode"], code, "{transaction}");
                }
            }
            // What found no money is presented twice more.
            let times = if index == 5 { 3 } else { 1 };
            entries += times * i64::try_from(customer.asked.len()).unwrap();
            cents += times * customer.asked.iter().map(|(_, cents)| cents).sum::<i64>();
        }
        let files = florin_ok(&["bank", "files", "--json", "--database", &bank.url]);
        let files: Value = serde_json::from_str(&files).unwrap();
        let sum = |field: &str| -> i64 {
            let out = files.as_array().unwrap().iter().filter(|it| it["direction"] == "out");
            out.map(|it| it[field].as_i64().unwrap()).sum()
        };
        assert_eq!(sum("entries"), entries, "each presentment is in one file");
        assert_eq!(sum("debits_cents") + sum("credits_cents"), cents);
        florin_ok(&["ledger", "verify", "--database", &bank.url]);
    }
}

/// Takes back the file with these debits or credits.
fn reverse(url: &str, field: &str, cents: i64) {
    let parsed = |args: &[&str]| -> Value {
        let text = florin_ok(&[&["bank"], args, &["--json", "--database", url]].concat());
        serde_json::from_str(&text).unwrap()
    };
    let files = parsed(&["files"]);
    let file = files.as_array().unwrap().iter().find(|it| it[field] == cents).unwrap();
    let made = parsed(&["reverse", "--file", file["id"].as_str().unwrap()]);
    let amounts = made["entries"].as_array().unwrap().iter().map(|it| it["amount_cents"].as_i64());
    assert_eq!(amounts.collect::<Vec<_>>(), [Some(cents)]);
}

#[test]
fn what_was_sent_by_mistake_is_taken_back_and_the_ledger_says_so() {
    for database in &databases(&[]) {
        let mut bank = Bank::begin(&database.url);
        bank.open("50000001");
        bank.transfer(0, true, 20_000);
        bank.advance("2026-03-06");
        bank.transfer(0, false, 5_000);
        bank.advance("2026-03-11");
        assert_eq!(bank.balance(&bank.customers[0]), 15_000);
        reverse(&bank.url, "credits_cents", 5_000);
        bank.advance("2026-03-20");
        assert_eq!(bank.balance(&bank.customers[0]), 20_000);
        bank.transfer(0, true, 700);
        bank.advance("2026-03-26");
        assert_eq!(bank.balance(&bank.customers[0]), 20_700);
        reverse(&bank.url, "debits_cents", 700);
        bank.advance("2026-04-10");
        assert_eq!(bank.balance(&bank.customers[0]), 20_000);
        let back = bank.transactions(&bank.customers[0]).into_iter();
        let back = back.filter(|it| it["status"] == "Returned" && it["returnCode"] == "reversed");
        assert_eq!(back.count(), 2);
        florin_ok(&["ledger", "verify", "--database", &bank.url]);
    }
}
