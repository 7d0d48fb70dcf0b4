//! 620xx to 624xx, 626xx, 66xxx, 692xx: adding, finding, changing and verifying external accounts.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::Seen;
use crate::app::{Client, START, TestApp};

const CREATE: &str = "/externalAccount/create";
const INITIATE: &str = "/externalAccount/initiate";

pub async fn check(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("accounts").await;
    adding(seen, &bank).await;
    adding_too_many(seen, app).await;
    finding(seen, &bank).await;
    updating(seen, &bank).await;
    verifying(seen, app, &bank).await;
    verifying_too_late(seen, app).await;
}

/// A request with some properties changed; `null` leaves one out.
fn with(mut asked: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        asked[name] = value.clone();
    }
    asked
}

/// A path, what is changed of a request that lacks nothing, and what is wrong with it then.
type Row = (&'static str, Value, u32, &'static str);

fn creating() -> Vec<Row> {
    vec![
        (
            CREATE,
            json!({ "type": "Loan" }),
            62002,
            "Invalid Type: 'Loan'. Valid values are 'Prepaid', 'Checking', or 'Savings'.",
        ),
        (
            CREATE,
            json!({ "tag": "t-1" }),
            62003,
            "Tag t-1 is already associated with another external account.",
        ),
        (
            CREATE,
            json!({ "firstName": null, "lastName": "" }),
            62005,
            "Either FirstName or LastName must be provided, preferrably both.",
        ),
        (CREATE, json!({ "routingNumber": null }), 62006, "Routing number is a required field."),
        (CREATE, json!({ "accountNumber": null }), 62007, "Account number is a required field."),
        (CREATE, json!({ "routingNumber": " " }), 69203, "Routing number is a required field."),
        (
            CREATE,
            json!({ "routingNumber": "99999999" }),
            69205,
            "Routing number lookup failed. 99999999: a routing number has nine digits, this one has 8.",
        ),
    ]
}

fn initiating() -> Vec<Row> {
    vec![
        (
            INITIATE,
            json!({ "type": "Prepaid" }),
            62601,
            "Invalid Type: 'Prepaid'. Valid values are 'Checking' or 'Savings'.",
        ),
        (
            INITIATE,
            json!({ "nickName": "mine" }),
            62602,
            "An external bank account with nickname 'mine' already exists.",
        ),
        (INITIATE, json!({ "firstName": null }), 62604, "FirstName is a required field."),
        (INITIATE, json!({ "lastName": null }), 62605, "LastName is a required field."),
        (INITIATE, json!({ "routingNumber": null }), 62606, "Routing number is a required field."),
        (INITIATE, json!({ "accountNumber": "" }), 62607, "Account number is a required field."),
        (
            INITIATE,
            json!({ "tag": "t-1" }),
            62608,
            "Tag t-1 is already associated with another external account.",
        ),
        (
            INITIATE,
            json!({ "routingNumber": 123456781 }),
            62610,
            "Routing Number '123456781' is invalid.",
        ),
        (INITIATE, json!({ "routingNumber": " " }), 69203, "Routing number is a required field."),
        (
            INITIATE,
            json!({ "routingNumber": "12345678a" }),
            69206,
            "Routing number 12345678a must be numeric.",
        ),
        (
            INITIATE,
            json!({ "customField1": "x".repeat(51) }),
            59956,
            "Value for property 'customField1' is not acceptable. Specifics: Maximum length is 50 characters.",
        ),
    ]
}

async fn adding(seen: &mut Seen, bank: &Client) {
    let customer = bank.customer().await.0;
    let tagged = with(bank.asked(customer), json!({ "tag": "t-1", "nickName": "Mine" }));
    bank.post(CREATE, tagged).await.data(201);
    let rows = creating().into_iter().chain(initiating());
    for (path, changes, code, text) in rows {
        let answer = bank.post(path, with(bank.asked(customer), changes.clone())).await;
        if code == 69205 {
            // The reason after the document's own words is the directory's.
            let errors = answer.errors(400);
            assert!(errors[0].1.starts_with("Routing number lookup failed. "), "{errors:?}");
            seen.0.insert(errors[0].0);
            continue;
        }
        seen.refused(answer, 400, code, text);
    }
    let empty = json!({ "customerId": customer });
    let errors = bank.post(INITIATE, empty).await.errors(400);
    let codes: Vec<u32> = errors.into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [62601, 62604, 62605, 62606, 62607], "all reasons come at once");
}

async fn adding_too_many(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("too many").await;
    let customer = bank.customer().await.0;
    app.settings(&bank, |it| it.external_account_count_max = 1).await;
    let account = bank.verified(customer).await;
    let text = "At most 1 external account(s) may be added.";
    seen.refused(bank.post(CREATE, bank.asked(customer)).await, 400, 62001, text);
    seen.refused(bank.post(INITIATE, bank.asked(customer)).await, 400, 62609, text);
    app.settings(&bank, |it| it.archival_limit_daily = 1).await;
    let named = json!({ "customerId": customer, "externalAccountId": account });
    bank.post("/externalAccount/archive", named).await.data(200);
    let text = "External account archival limit reached for today.";
    seen.refused(bank.post(CREATE, bank.asked(customer)).await, 400, 62004, text);
    seen.refused(bank.post(INITIATE, bank.asked(customer)).await, 400, 62611, text);
    let plain = |it: &mut florin_external_accounts::ProgramSettings| it.is_nacha = false;
    app.settings(&bank, plain).await;
    let other = bank.customer().await.0;
    let real = with(bank.asked(other), json!({ "routingNumber": "021000021" }));
    seen.refused(bank.post(INITIATE, real).await, 400, 62603, "Name is a required field.");
}

async fn finding(seen: &mut Seen, bank: &Client) {
    let (customer, other) = (bank.customer().await.0, bank.customer().await.0);
    let account = bank.verified(other).await;
    for wrong in [account.to_string(), "4711".to_owned(), "x".to_owned()] {
        let answer = bank.get(&format!("/externalAccount/get/{customer}/{wrong}")).await;
        seen.refused(answer, 400, 66201, &format!("Invalid external account id '{wrong}'."));
    }
    for path in ["nothing", "?tag=nothing"] {
        let answer = bank.get(&format!("/externalAccount/getByTag/{customer}/{path}")).await;
        let text = format!("Tag 'nothing' does not exist or is not tied to customer {customer}.");
        seen.refused(answer, 400, 66301, &text);
    }
}

async fn updating(seen: &mut Seen, bank: &Client) {
    let path = "/externalAccount/update";
    let customer = bank.customer().await.0;
    let first = with(bank.asked(customer), json!({ "nickName": "First", "tag": "u-1" }));
    bank.post(CREATE, first).await.data(201);
    let account = bank.verified(customer).await;
    let named = json!({ "customerId": customer, "externalAccountId": account });
    let rows = [
        (
            json!({ "nickname": "first" }),
            62401,
            "Another external account already exists with the nickname of 'first'.",
        ),
        (json!({ "externalAccountId": "4711" }), 62402, "Invalid external account id '4711'."),
        (
            json!({ "tag": "u-1" }),
            62403,
            "Tag 'u-1' is already associated with another external account.",
        ),
    ];
    for (changes, code, text) in rows {
        seen.refused(bank.post(path, with(named.clone(), changes)).await, 400, code, text);
    }
}

fn told(customer: i64, account: i64, amounts: (Value, Value)) -> Value {
    json!({ "customerId": customer, "externalAccountId": account, "amount1": amounts.0, "amount2": amounts.1 })
}

async fn verifying(seen: &mut Seen, app: &TestApp, bank: &Client) {
    let path = "/externalAccount/verify";
    let caller = app.caller(bank);
    let (customer, other) = (bank.customer().await.0, bank.customer().await.0);
    let verify = async |account: i64, amounts: (Value, Value)| {
        bank.post(path, told(customer, account, amounts)).await
    };
    let (right, wrong) = ((json!(0.28), json!("0.18")), (json!(0.24), json!(0.14)));
    let answer = verify(4711, right.clone()).await;
    seen.refused(answer, 400, 62201, "Invalid ExternalAccountId '4711'.");
    let foreign = bank.initiated(other).await;
    let text = format!("Invalid external account id '{foreign}'.");
    seen.refused(verify(foreign, right.clone()).await, 400, 62302, &text);
    let account = bank.initiated(customer).await;
    for left in [2, 1] {
        let text =
            format!("Given amounts do not match what is on record. {left} attempt(s) remaining.");
        seen.refused(verify(account, wrong.clone()).await, 400, 62207, &text);
    }
    let text = "Maximum number of failed attempts exceeded. Verification has been locked.";
    seen.refused(verify(account, wrong.clone()).await, 400, 62206, text);
    let text = "External account is in a Locked status. Unable to verify.";
    seen.refused(verify(account, right.clone()).await, 400, 62202, text);
    let account = bank.initiated(customer).await;
    app.accounts.deny_account(&caller, account, "by hand").await.expect("denied");
    let text = "External account is in a Denied status. Unable to verify.";
    seen.refused(verify(account, right.clone()).await, 400, 62203, text);
    let account = bank.initiated(customer).await;
    verify(account, right.clone()).await.data(200);
    let text = "External account has already been verified.";
    seen.refused(verify(account, right).await, 400, 62204, text);
}

async fn verifying_too_late(seen: &mut Seen, app: &TestApp) {
    let bank = app.bank("late").await;
    let path = "/externalAccount/verify";
    let right = || (json!("0.18"), json!("0.28"));
    // Under a name that has meanwhile been given to another account, where `create` lets two have one.
    let customer = bank.customer().await.0;
    let named = with(bank.asked(customer), json!({ "nickName": "Mine" }));
    let account = bank.post(INITIATE, named.clone()).await.initiated()["externalAccountId"].clone();
    let account = account.as_i64().expect("an integer");
    bank.post(CREATE, named).await.data(201);
    let text = "Another external account already exists with the nickname of 'Mine'.";
    seen.refused(bank.post(path, told(customer, account, right())).await, 400, 62301, text);
    app.settings(&bank, |it| it.verify_days = 1).await;
    let customer = bank.customer().await.0;
    let account = bank.initiated(customer).await;
    app.advance(&bank, START + 5.days()).await;
    let errors = bank.post(path, told(customer, account, right())).await.errors(400);
    assert!(errors[0].1.starts_with("Verification period expired on '2026-12-0"), "{errors:?}");
    assert_eq!(errors.len(), 1, "{errors:?}");
    seen.0.insert(errors[0].0);
}
