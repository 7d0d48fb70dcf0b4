//! What a program allows and which banks are known, from the command line to the API.

use serde_json::{Value, json};

use crate::operators::Desk;

fn person(desk: &Desk) -> i64 {
    let names = json!({ "firstName": "Ada", "lastName": "Lovelace" });
    let made = desk.ask("POST", "/customer/create", Some(&names));
    made["data"]["customerId"].as_i64().unwrap()
}

/// What comes of adding an account of this type and bank.
fn add(desk: &Desk, customer: i64, kind: &str, routing: &str) -> Value {
    let account = json!({
        "customerId": customer, "routingNumber": routing, "accountNumber": "123456",
        "type": kind, "firstName": "Ada", "lastName": "Lovelace",
    });
    desk.ask("POST", "/externalAccount/create", Some(&account))
}

/// What the bank of an account that was added is called.
fn bank_of(desk: &Desk, customer: i64, added: &Value) -> Value {
    let account = added["data"]["externalAccountId"].as_i64().unwrap_or_else(|| panic!("{added}"));
    desk.ask("GET", &format!("/externalAccount/get/{customer}/{account}"), None)["data"]["name"]
        .clone()
}

fn code(answer: &Value) -> u64 {
    answer["errors"][0]["code"].as_u64().unwrap_or_default()
}

fn listed(desk: &Desk) -> Value {
    serde_json::from_str(&desk.run(&["program", "list", "--json"])).unwrap()
}

#[test]
fn every_flag_of_a_program_is_what_the_api_goes_by() {
    let desk = Desk::open();
    desk.run(&["program", "create", "--name", "First"]);
    let flags = "--name Cards --nacha true --allow-type savings --allow-type prepaid --accounts-max 1 \
        --archivals-a-day 7 --attempts 5 --days 9 --time-zone America/Chicago --website https://bank.example \
        --customers-start-verified false --bank-routing 021000021 --bank-name CHASE --verification none \
        --limit per-user-daily-withdraw=1..50 --limit per-program-daily-deposit=0.02..1000.50";
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let table = desk.run(&[&["program", "change", "1"], &flags[..]].concat());
    assert!(table.contains("Prepaid, Savings"), "{table}");
    let expected = json!({
        "id": 1, "name": "Cards", "is_default": true, "verification": "None", "nacha": true,
        "allowed_types": ["Prepaid", "Savings"], "accounts_max": 1, "archivals_a_day": 7, "attempts": 5,
        "days": 9, "time_zone": "America/Chicago", "customers_start_verified": false,
    });
    assert_eq!(listed(&desk)[0], expected);
    let program = desk.ask("GET", "/program/get", None)["data"].clone();
    let limit = |name: &str| {
        ["minimumAmount", "maximumAmount"].map(|it| program[name][it].as_f64().unwrap())
    };
    assert_eq!(
        [&program["name"], &program["website"], &program["timeZone"], &program["verificationType"]],
        ["Cards", "https://bank.example", "America/Chicago", "None"]
    );
    assert_eq!(program["externalAccounts"][0]["nachaName"], "CHASE");
    assert_eq!(program["perUserExternalAccountCountMax"], 1);
    assert_eq!(limit("perUserDailyWithdrawLimit"), [1.0, 50.0]);
    assert_eq!(limit("perProgramDailyDepositLimit"), [0.02, 1_000.5]);
    let customer = person(&desk);
    assert_eq!(code(&add(&desk, customer, "Savings", "021000021")), 60003);
    desk.run(&["program", "change", "1", "--customers-start-verified", "true"]);
    let customer = person(&desk);
    assert_eq!(code(&add(&desk, customer, "Checking", "021000021")), 59020);
    assert_eq!(add(&desk, customer, "Savings", "021000021")["status"], 201);
    assert_eq!(code(&add(&desk, customer, "Savings", "021000021")), 62001);
    desk.run(&["program", "change", "1", "--allow-type", "none"]);
    let other = person(&desk);
    assert_eq!(code(&add(&desk, other, "Savings", "021000021")), 59008);
    let table = desk.run(&["program", "list"]);
    assert!(table.contains("call it") && table.contains("none"), "{table}");
    let both = ["program", "change", "1", "--allow-type", "none", "--allow-type", "savings"];
    assert!(desk.refused(&both).contains("--allow-type none stands alone"));
    assert!(desk.refused(&["program", "change", "9", "--name", "x"]).contains("no program 9"));
}

#[test]
fn keys_see_the_customers_of_the_program_that_they_call() {
    let desk = Desk::open();
    let customer = person(&desk);
    let path = format!("/customer/get/{customer}");
    // The first call has made a program: another one is called only when it is said so.
    desk.run(&["program", "create", "--name", "Second"]);
    assert_eq!(desk.ask("GET", &path, None)["status"], 200);
    desk.run(&["program", "use", "2"]);
    assert_eq!(code(&desk.ask("GET", &path, None)), 60001);
    desk.run(&["program", "use", "1"]);
    assert_eq!(desk.ask("GET", &path, None)["status"], 200);
    desk.run(&["program", "create", "--name", "Third", "--default"]);
    assert_eq!(desk.ask("GET", "/program/get", None)["data"]["name"], "Third");
}

#[test]
fn banks_have_the_names_of_the_loaded_directory() {
    let desk = Desk::open();
    let customer = person(&desk);
    let line = |routing: &str, record: char, new: &str, name: &str| {
        format!(
            "{routing}O011000015{record}020802{new:0<9}{name:<36}{:<36}{:<20}MA0110100004135550100 11    \n",
            "1 MAIN STREET", "SPRINGFIELD"
        )
    };
    let path = desk.folder().join("FedACHdir.txt");
    let file = path.to_str().unwrap();
    let banks = [
        line("011000015", '0', "", "FEDERAL RESERVE BANK"),
        line("011000138", '2', "011000015", "OLD BANK"),
        line("021000021", '1', "", "THE BANK ON THE CORNER"),
    ];
    std::fs::write(&path, banks.concat()).unwrap();
    let said = desk.run(&["routing", "load", file]);
    assert_eq!(said.trim(), "3 banks are known by their routing numbers.");
    let made = add(&desk, customer, "Checking", "021000021");
    assert_eq!(bank_of(&desk, customer, &made), "THE BANK ON THE CORNER");
    assert_eq!(code(&add(&desk, customer, "Checking", "026009593")), 69205);
    // A file that cannot be read leaves the directory as it was.
    std::fs::write(&path, format!("{}short", banks[0])).unwrap();
    let wrong = desk.refused(&["routing", "load", file]);
    assert!(wrong.contains("line 2"), "{wrong}");
    let made = add(&desk, customer, "Savings", "021000021");
    assert_eq!(bank_of(&desk, customer, &made), "THE BANK ON THE CORNER");
    let wrong = desk.refused(&["routing", "load", "/no/such/file"]);
    assert!(wrong.contains("/no/such/file cannot be read"), "{wrong}");
}
