//! `kill -9`: what was answered is there once, and what was broken off goes on.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::mpsc::{Sender, channel};

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{
    Client, Serving, command, create_tenant, florin_ok, lending_key, paid_out_loan, wait_for,
};

const CLIENTS: usize = 64;
const LOANS: usize = 8;
/// The server is killed after so many answers.
const ANSWERS: usize = 1_500;

/// A request that was answered.
struct Answered {
    body: Value,
    id: String,
}

/// Posts repayments until the server is gone; tells of every answer.
fn post_until_killed(mut client: Client, number: usize, loan: &str, answered: &Sender<Answered>) {
    for count in 0.. {
        let body = json!({
            "loan": loan, "type": "repayment", "amount": "0.01",
            "unique_key": format!("{number}-{count}"),
        });
        let Ok((status, text)) = client.send("POST", "/api/v1/transaction/", Some(&body)) else {
            return;
        };
        assert_eq!(status, 201, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let id = answer["id"].as_str().unwrap().to_owned();
        if answered.send(Answered { body, id }).is_err() {
            return;
        }
    }
}

fn load_until_killed(server: &mut Serving, key: &str, loans: &[String]) -> Vec<Answered> {
    let (sender, receiver) = channel();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (client, sender) = (server.client(key), sender.clone());
            let loan = loans[number % loans.len()].clone();
            std::thread::spawn(move || post_until_killed(client, number, &loan, &sender))
        })
        .collect();
    drop(sender);
    let mut answered: Vec<Answered> = receiver.iter().take(ANSWERS).collect();
    server.kill();
    answered.extend(receiver.iter());
    for client in clients {
        client.join().unwrap();
    }
    answered
}

/// The ids of all repayments by their unique key; a key that occurs twice fails.
fn repayments(client: &mut Client) -> HashMap<String, String> {
    let csv = client.get("/api/v1/transaction/?type=repayment&format=csv");
    let csv = csv.as_str().unwrap();
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|field| *field == name).unwrap();
    let (id, key) = (column("id"), column("unique_key"));
    let mut found = HashMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let twice = found.insert(cells[key].to_owned(), cells[id].to_owned());
        assert!(twice.is_none(), "{line} is there twice");
    }
    found
}

#[test]
fn every_answered_post_is_there_once_after_kill_9() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        let key = lending_key(&create_tenant(url, "2023-04-21"));
        let mut server = Serving::start(url);
        let mut client = server.client(&key);
        let loans: Vec<String> = (0..LOANS).map(|_| paid_out_loan(&mut client)).collect();
        let answered = load_until_killed(&mut server, &key, &loans);
        assert!(answered.len() >= ANSWERS, "{}: only {}", database.name, answered.len());

        let server = Serving::start(url);
        let mut client = server.client(&key);
        let stored = repayments(&mut client);
        for one in &answered {
            let key = one.body["unique_key"].as_str().unwrap();
            assert_eq!(stored.get(key), Some(&one.id), "{}: {key} was answered", database.name);
        }
        // Whoever got no answer asks again, and so may the others: nothing happens twice.
        let before = stored.len();
        for one in answered.iter().step_by(50) {
            let again = client.post("/api/v1/transaction/", &one.body);
            assert_eq!(again["id"], one.id.as_str());
        }
        assert_eq!(repayments(&mut client).len(), before);
        florin_ok(&["ledger", "verify", "--database", url]);
    }
}

fn business_date(url: &str) -> String {
    let listed = florin_ok(&["tenant", "list", "--json", "--database", url]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    listed[0]["business_date"].as_str().unwrap().to_owned()
}

/// The loan after its life: closed, nothing left, exactly the quoted interest earned.
fn check_paid_off(url: &str, key: &str, loan: &str) {
    let server = Serving::start(url);
    let loan = server.client(key).get(&format!("/api/v1/loan/{loan}/"));
    assert_eq!(loan["status"], "closed", "{loan}");
    assert_eq!(loan["principal"].to_string(), "0.00");
    assert_eq!(loan["interest"].to_string(), "0.00");
    let balance = florin_ok(&["ledger", "trial-balance", "--json", "--database", url]);
    let balance: Value = serde_json::from_str(&balance).unwrap();
    let income = balance.as_array().unwrap().iter().find(|line| line["account"] == 4000).unwrap();
    assert_eq!(income["credit_minor"], 43_469, "{balance}");
    florin_ok(&["ledger", "verify", "--database", url]);
}

#[test]
fn day_end_goes_on_where_kill_9_stopped_it() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        let key = lending_key(&create_tenant(url, "2023-04-21"));
        let loan = paid_out_loan(&mut Serving::start(url).client(&key));
        let args = ["day-end", "--date", "2023-11-01", "--tenant", "Acme", "--database", url];
        for after in ["2023-04-22", "2023-05-25"] {
            let mut run = command(&args).stdout(Stdio::null()).spawn().unwrap();
            wait_for("some days", || (business_date(url).as_str() >= after).then_some(()));
            run.kill().unwrap();
            run.wait().unwrap();
        }
        let printed = florin_ok(&args);
        assert!(printed.contains("the business date is 2023-11-01"), "{printed}");
        assert!(florin_ok(&args).contains("0 days run"), "a day is run once");
        check_paid_off(url, &key, &loan);
    }
}

#[test]
fn a_server_goes_on_with_a_clock_that_kill_9_stopped() {
    for database in databases(&[]) {
        let url = database.url.as_str();
        let key = lending_key(&create_tenant(url, "2023-04-21"));
        let mut server = Serving::start(url);
        let loan = paid_out_loan(&mut server.client(&key));
        let mut moving = server.client(&key);
        let advance = std::thread::spawn(move || {
            let body = json!({ "to": "2023-11-01" });
            moving.send("POST", "/sandbox/v1/clock/advance/", Some(&body))
        });
        let mut client = server.client(&key);
        wait_for("the clock's target", || {
            (client.get("/sandbox/v1/clock/")["target"] == "2023-11-01").then_some(())
        });
        server.kill();
        // Broken off, or just answered: both may be.
        let _ = advance.join().unwrap();
        let server = Serving::start(url);
        let mut client = server.client(&key);
        wait_for("the rest of the days", || {
            (client.get("/sandbox/v1/clock/")["date"] == "2023-11-01").then_some(())
        });
        drop(server);
        check_paid_off(url, &key, &loan);
    }
}
