//! Programs, customers and transfers as a bank program's back end sees them, by the clock.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::app::{Client, START, on_each_engine};

#[tokio::test]
async fn a_program_tells_how_it_is_configured() {
    on_each_engine(async |app| {
        let bank = app.bank("program").await;
        let program = bank.get("/program/get").await.data(200);
        assert_eq!(program["verificationType"], "Any");
        assert_eq!(program["decimalCount"], 2);
        assert_eq!(program["perUserExternalAccountCountMax"], 3);
        let limit = &program["perUserDailyWithdrawLimit"];
        assert_eq!(limit["minimumAmount"].to_string(), "0.01");
        assert_eq!(limit["maximumAmount"].to_string(), "10000.00");
        let kinds: Vec<&str> = program["accounts"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|account| account["type"].as_str())
            .collect();
        assert_eq!(kinds, ["VerificationFunds", "RetailClearing", "ProgramClearing"]);
        assert_eq!(program["externalAccounts"][0]["nachaName"], "COREPRO SANDBOX BANK");
        assert!(
            program["filledDate"].as_str().is_some_and(|it| it.ends_with("-05:00")),
            "{program}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_customer_comes_back_as_it_was_sent() {
    on_each_engine(async |app| {
        let bank = app.bank("customer").await;
        let body = json!({
            "firstName": "Brock", "middleName": "B", "lastName": "Weaver", "suffix": "Jr.",
            "birthDate": "1976-07-04T00:00:00.000-05:00", "gender": "M", "culture": "en-US",
            "tag": "me & you/2", "taxId": "123-45-6789", "emailAddress": "b@example.com",
            "customField5": "five", "phones": [{ "phoneType": "Mobile", "number": 5155550100_i64, "isActive": "true" }],
            "addresses": [{ "addressType": "Residence", "addressLine1": "1 Main", "city": "Ames", "state": "IA", "postalCode": "50010", "country": "US", "isActive": true }],
        });
        let customer = bank.post("/customer/create", body).await.data(201)["customerId"].clone();
        let shown = bank.get(&format!("/customer/get/{customer}")).await.data(200);
        let expected = json!({
            "customerId": customer, "firstName": "Brock", "middleName": "B", "lastName": "Weaver",
            "suffix": "Jr.", "birthDate": "1976-07-04T00:00:00.000+00:00", "gender": "M",
            "culture": "en-US", "tag": "me & you/2", "status": "Verified",
            "createdDate": "2026-12-01T10:00:00.000-05:00", "taxIdMasked": "******6789",
            "emailAddress": "b@example.com", "isActive": true, "isLocked": false,
            "lockedDate": "9999-12-31T23:59:59.999+00:00", "customField5": "five",
            "lastModifiedDate": "2026-12-01T10:00:00.000-05:00",
            "phones": [{ "phoneType": "Mobile", "number": "5155550100", "isActive": true }],
            "addresses": [{ "addressType": "Residence", "addressLine1": "1 Main", "city": "Ames", "state": "IA", "postalCode": "50010", "country": "US", "isActive": true }],
            "accounts": shown["accounts"], "externalAccounts": [],
        });
        assert_eq!(shown, expected);
        for path in ["/customer/getByTag/me%20%26%20you%2F2", "/customer/getbytag/?tag=me+%26+you%2F2"] {
            assert_eq!(bank.get(path).await.data(200), shown, "{path}");
        }
        let twice = json!({ "firstName": "A", "lastName": "B", "tag": "me & you/2" });
        let errors = bank.post("/customer/create", twice).await.errors(400);
        assert_eq!(errors[0].0, 60203, "{errors:?}");
        let errors = bank.post("/customer/create", json!({})).await.errors(400);
        assert_eq!(errors[0], (60201, "First Name is a required field.".to_owned()));
    })
    .await;
}

async fn balances(bank: &Client, customer: i64) -> String {
    let shown = bank.get(&format!("/customer/get/{customer}")).await.data(200);
    let account = &shown["accounts"][0];
    ["accountBalance", "availableBalance", "pendingBalance"]
        .map(|name| account[name].to_string())
        .join(" ")
}

async fn statuses(bank: &Client, path: &str) -> Vec<String> {
    let list = bank.get(&format!("/transaction/list/{path}")).await.data(200);
    let status =
        |it: &Value| format!("{} {}", it["transactionId"], it["status"].as_str().expect("a text"));
    list.as_array().expect("a list").iter().map(status).collect()
}

#[tokio::test]
async fn money_comes_in_and_goes_out_again() {
    on_each_engine(async |app| {
        let bank = app.bank("money").await;
        let (customer, inside) = bank.customer().await;
        let outside = bank.verified(customer).await;
        let deposit = json!({
            "customerId": customer.to_string(), "fromId": outside, "toId": inside.to_string(), "amount": "25.00",
            "tag": "in-1", "description": "First", "isSameDaySettle": "false", "transactionId": null,
        });
        let first = bank.post("/transfer/create", deposit.clone()).await.data(201);
        let number = first[0]["transactionId"].as_i64().expect("an integer");
        assert_eq!(first, json!([{
            "customerId": customer, "fromId": outside, "toId": inside, "amount": first[0]["amount"],
            "tag": "in-1", "description": "First", "nachaDescription": "First", "isSameDaySettle": false,
            "transactionId": number, "status": "Initiated",
        }]));
        assert_eq!(first[0]["amount"].to_string(), "25.00");
        let again = bank.post("/transfer/create", deposit.clone()).await.data(201);
        assert_eq!(again, first, "the same tag is the same transfer");
        assert_eq!(balances(&bank, customer).await, "0.00 0.00 25.00");
        let void = json!({ "customerId": customer, "fromId": null, "toId": null, "amount": null, "tag": "in-1", "transactionId": 0 });
        let voided = bank.post("/transfer/void", void.clone()).await.data(200);
        assert_eq!(voided[0]["status"], "Voided");
        assert_eq!(balances(&bank, customer).await, "0.00 0.00 0.00");

        let mut second = deposit;
        second["tag"] = json!("in-2");
        let second = bank.post("/transfer/create", second).await.data(201);
        let second = second[0]["transactionId"].as_i64().expect("an integer");
        app.advance(&bank, START + 1.day()).await;
        let late = json!({ "customerId": customer, "transactionId": second });
        let errors = bank.post("/transfer/void", late).await.errors(400);
        assert_eq!(errors[0].0, 63102, "it is in a file: {errors:?}");
        app.advance(&bank, START + 9.days()).await;
        assert_eq!(balances(&bank, customer).await, "25.00 25.00 0.00");
        let shown = bank.get(&format!("/transaction/get/{customer}/{second}")).await.data(200);
        assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown}");
        let shown = &shown[0];
        assert_eq!((&shown["status"], &shown["type"], &shown["isCredit"]), (&json!("Settled"), &json!("External Deposit"), &json!(true)));
        assert_eq!(shown["institutionName"], "COREPRO SANDBOX BANK");
        assert!(shown["settledDate"].as_str().is_some_and(|it| it.ends_with("-05:00")), "{shown}");
        let out = json!({ "customerId": customer, "fromId": inside, "toId": outside, "amount": 30 });
        let errors = bank.post("/transfer/create", out).await.errors(400);
        assert_eq!(errors, [(63006, "Insufficient funds: 25.00 available.".to_owned())]);
        lists(&bank, customer, (inside, outside), (number, second)).await;
    })
    .await;
}

async fn lists(
    bank: &Client,
    customer: i64,
    (inside, outside): (i64, i64),
    (first, second): (i64, i64),
) {
    let both = vec![format!("{second} Settled"), format!("{first} Voided")];
    let today = START;
    let rows = [
        (format!("{customer}"), both.clone()),
        (format!("{customer}/{inside}/null//?pageNumber=0&pageSize=50"), both.clone()),
        (format!("{customer}/{outside}///"), both.clone()),
        (format!("{customer}/0//{today}/{today}"), both.clone()),
        (format!("{customer}/{inside}/{today}/{today}?pageNumber=0"), both.clone()),
        (format!("{customer}//settled"), both[..1].to_vec()),
        (format!("{customer}//Voided//"), both[1..].to_vec()),
        (format!("{customer}///1900-01-01/{}", today - 1.day()), Vec::new()),
        (format!("{customer}?PageNumber=1&pagesize=1"), both[1..].to_vec()),
    ];
    for (path, expected) in rows {
        assert_eq!(statuses(bank, &path).await, expected, "{path}");
    }
    let refused = async |path: String, code: u32| {
        let errors = bank.get(&format!("/transaction/{path}")).await.errors(400);
        assert_eq!(errors[0].0, code, "{path}: {errors:?}");
    };
    refused(format!("list/{customer}/x"), 66402).await;
    refused(format!("list/{customer}/4711"), 66402).await;
    refused(format!("list/{customer}//Lost"), 66403).await;
    refused(format!("list/{customer}///yesterday/"), 59952).await;
    refused(format!("list/{customer}?pageSize=x"), 59956).await;
    refused(format!("get/{customer}/4711"), 66401).await;
    refused(format!("get/{customer}/x"), 66401).await;
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    on_each_engine(async |app| {
        let (one, two) = (app.bank("one").await, app.bank("two").await);
        for _ in 0..3 {
            one.customer().await;
        }
        let (customer, inside) = one.customer().await;
        let account = one.verified(customer).await;
        let tagged = json!({ "customerId": customer, "externalAccountId": account, "tag": "mine" });
        one.post("/externalAccount/update", tagged).await.data(200);
        let move_money =
            json!({ "customerId": customer, "fromId": account, "toId": inside, "amount": 1 });
        let moved = one.post("/transfer/create", move_money.clone()).await.data(201);
        let moved = &moved[0]["transactionId"];
        let named = json!({ "customerId": customer, "externalAccountId": account });
        for path in [
            format!("/customer/get/{customer}"),
            format!("/externalAccount/get/{customer}/{account}"),
            format!("/externalAccount/getByTag/{customer}/mine"),
            format!("/externalAccount/list/{customer}"),
            format!("/transaction/get/{customer}/{moved}"),
            format!("/transaction/list/{customer}"),
        ] {
            assert_eq!(two.get(&path).await.errors(400)[0].0, 60001, "{path}");
        }
        for path in ["verify", "update", "archive", "deactivate", "create", "initiate"] {
            let path = format!("/externalAccount/{path}");
            let mut body = named.clone();
            (body["amount1"], body["amount2"]) = (json!(0.18), json!(0.28));
            assert_eq!(two.post(&path, body).await.errors(400)[0].0, 60001, "{path}");
        }
        assert_eq!(two.post("/transfer/create", move_money).await.errors(400)[0].0, 60001);
        let void = json!({ "customerId": customer, "transactionId": moved });
        assert_eq!(two.post("/transfer/void", void).await.errors(400)[0].0, 60001);
    })
    .await;
}
