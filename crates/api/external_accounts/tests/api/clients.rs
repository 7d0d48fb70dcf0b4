//! What the original's six public client libraries send, byte for byte where it matters: paths in small letters, slashes
//! more, every unset property `null`, numbers and booleans as texts, absolute targets and chunks.

use serde_json::{Value, json};

use crate::app::{TestApp, on_each_engine};
use crate::door::base64_of::basic;
use crate::door::raw;

/// How a client library speaks.
struct Habits {
    name: &'static str,
    /// Before the path: a slash more, or scheme and host.
    before: &'static str,
    /// After the path of a POST.
    after: &'static str,
    /// Whether paths are in small letters.
    is_lower: bool,
    /// Whether a POST's body comes in chunks.
    is_chunked: bool,
    /// How a request is written.
    write: fn(Value) -> String,
}

const fn habits(name: &'static str, write: fn(Value) -> String) -> Habits {
    Habits { name, before: "", after: "", is_lower: true, is_chunked: false, write }
}

const HABITS: &[Habits] = &[
    Habits { before: "/", ..habits("C#", as_is) },
    habits("Java", as_is),
    Habits {
        before: "https://sandbox.example.com:443",
        is_chunked: true,
        ..habits("node behind a proxy setting", with_nulls)
    },
    Habits { after: "/", is_lower: false, ..habits("PHP", with_empties) },
    habits("Python", with_nulls),
    habits("Ruby", as_texts),
];

fn as_is(body: Value) -> String {
    body.to_string()
}

/// Every property that the library's class has, unset ones as `null`.
fn with_nulls(mut body: Value) -> String {
    for name in [
        "requestId",
        "externalAccountId",
        "customerId",
        "tag",
        "name",
        "routingNumber",
        "accountNumber",
        "type",
        "nickName",
        "status",
        "statusDate",
        "nocCode",
        "isActive",
        "isLocked",
        "lockedDate",
        "lockedReason",
        "fromId",
        "toId",
        "amount",
        "transactionId",
        "birthDate",
        "phones",
        "addresses",
        "accounts",
        "externalAccounts",
        "isSubjectToBackupWithholding",
        "transactionCount",
    ] {
        if body.get(name).is_none() {
            body[name] = Value::Null;
        }
    }
    body.to_string()
}

/// Unset properties as empty texts.
fn with_empties(mut body: Value) -> String {
    for name in ["tag", "statusDate", "isActive", "transactionId", "birthDate", "phones"] {
        if body.get(name).is_none() {
            body[name] = json!("");
        }
    }
    body.to_string()
}

/// Everything but texts as a text of its JSON: numbers, booleans, and dates and exact decimals within a second pair of
/// quotes.
fn as_texts(body: Value) -> String {
    let mut texts = json!({ "birthDate": "\"1976-07-04\"" });
    for (name, value) in body.as_object().expect("an object") {
        texts[name] = match value {
            Value::String(_) => value.clone(),
            _ if name.starts_with("amount") => json!(format!("\"{value}\"")),
            other => json!(other.to_string()),
        };
    }
    texts.to_string()
}

impl Habits {
    fn target(&self, path: &str) -> String {
        let path = if self.is_lower { path.to_lowercase() } else { path.to_owned() };
        format!("{}{path}", self.before)
    }

    async fn get(&self, app: &TestApp, credential: &str, path: &str) -> Value {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: sandbox.example.com\r\nAuthorization: {}\r\n\
             Accept: application/json; charset=utf-8\r\nConnection: close\r\n\r\n",
            self.target(path),
            basic(credential)
        );
        self.understood(path, raw(app, &request).await)
    }

    async fn post(&self, app: &TestApp, credential: &str, path: &str, body: Value) -> Value {
        let body = (self.write)(body);
        let head = format!(
            "POST {}{} HTTP/1.1\r\nHost: sandbox.example.com\r\nAuthorization: {}\r\n\
             Content-Type: application/json; charset=utf-8\r\nConnection: close\r\n",
            self.target(path),
            self.after,
            basic(credential)
        );
        let request = if self.is_chunked {
            let length = body.len();
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n")
        } else {
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
        };
        self.understood(path, raw(app, &request).await)
    }

    /// Some look at the HTTP status, some at the body's, some at the list of errors; all need the request's id.
    fn understood(&self, path: &str, (status, body): (u16, Value)) -> Value {
        let name = self.name;
        assert!(matches!(status, 200 | 201), "{name} {path}: {status} {body}");
        assert!(matches!(body["status"].as_u64(), Some(200 | 201)), "{name} {path}: {body}");
        assert_eq!(body["errors"], json!([]), "{name} {path}");
        assert!(body["requestId"].is_string(), "{name} {path}: {body}");
        body["data"].clone()
    }
}

#[tokio::test]
async fn every_client_library_goes_the_whole_way() {
    on_each_engine(async |app| {
        for habits in HABITS {
            let bank = app.bank(habits.name).await;
            let credential = bank.credential.clone().expect("a credential");
            whole_way(app, habits, &credential).await;
        }
    })
    .await;
}

async fn whole_way(app: &TestApp, habits: &Habits, credential: &str) {
    let get = async |path: &str| habits.get(app, credential, path).await;
    let post = async |path: &str, body: Value| habits.post(app, credential, path, body).await;
    let name = habits.name;
    assert_eq!(get("/program/get").await["verificationType"], "Any", "{name}");
    let body =
        json!({ "firstName": "Ada", "lastName": "Lovelace", "tag": "ada", "isActive": true });
    let customer = post("/customer/create", body).await["customerId"].clone();
    let shown = get(&format!("/customer/get/{customer}")).await;
    let by_tag = get("/customer/getByTag/?tag=ada").await;
    assert_eq!(by_tag, shown, "{name}");
    let inside = &shown["accounts"][0]["accountId"];
    let asked = json!({
        "customerId": customer, "routingNumber": "123456789", "accountNumber": "343434",
        "firstName": "Ada", "lastName": "Lovelace", "type": "Savings", "nickName": "Mine",
    });
    let account = post("/externalAccount/initiate", asked).await["externalAccountId"].clone();
    let told = json!({
        "customerId": customer, "externalAccountId": account, "amount1": 0.18, "amount2": 0.28,
    });
    post("/externalAccount/verify", told).await;
    let update = json!({ "customerId": customer, "externalAccountId": account, "tag": "one" });
    post("/externalAccount/update", update).await;
    let found = get(&format!("/externalAccount/getByTag/{customer}/one")).await;
    assert_eq!(
        (&found["status"], &found["nickName"]),
        (&json!("Verified"), &json!("Mine")),
        "{name}"
    );
    let list = get(&format!("/externalAccount/list/{customer}?pageNumber=0&pageSize=200")).await;
    assert_eq!(list, json!([found]), "{name}");
    let transfer = json!({
        "customerId": customer, "fromId": account, "toId": inside, "amount": 12.34, "isSameDaySettle": true,
    });
    let moved = post("/transfer/create", transfer).await;
    let number = &moved[0]["transactionId"];
    let list =
        get(&format!("/transaction/list/{customer}/{account}///?pageNumber=0&pageSize=200")).await;
    assert_eq!(&list[0]["transactionId"], number, "{name}");
    let void = json!({ "customerId": customer, "transactionId": number });
    assert_eq!(post("/transfer/void", void).await[0]["status"], "Voided", "{name}");
    let named = json!({ "customerId": customer, "externalAccountId": account });
    post("/externalAccount/archive", named).await;
    assert_eq!(get(&format!("/externalAccount/list/{customer}")).await, json!([]), "{name}");
}

/// What single libraries ask in a way of their own.
#[tokio::test]
async fn oddities_of_single_libraries_are_understood() {
    on_each_engine(async |app| {
        let bank = app.bank("odd").await;
        // Java writes dates as Americans do.
        let body = json!({ "firstName": "A", "lastName": "B", "birthDate": "Jul 4, 1976, 12:00:00\u{202f}AM", "tag": "x" });
        let customer = bank.post("/customer/create", body).await.data(201)["customerId"].clone();
        let shown = bank.get(&format!("/customer/get/{customer}")).await.data(200);
        assert_eq!(shown["birthDate"], "1976-07-04T00:00:00.000+00:00");
        // It and PHP put the customer before the tag, Java also when it does not know it.
        for path in [format!("/customer/getByTag/{customer}/x"), "/customer/getByTag/null/x".to_owned()] {
            assert_eq!(bank.get(&path).await.data(200), shown, "{path}");
        }
        assert_eq!(bank.get("/customer/getByTag/4711/x").await.errors(400)[0].0, 66101);
        // C# may list one account alone, names its requests, and calls the description otherwise.
        let customer = customer.as_i64().expect("an integer");
        let (one, two) = (bank.verified(customer).await, bank.verified(customer).await);
        let list = bank.get(&format!("//externalaccount/list/{customer}/{two}")).await.data(200);
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
        assert_eq!(list[0]["externalAccountId"], two);
        let id = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
        let named = bank.request(reqwest::Method::GET, "/program/get").header("X-CorePro-RequestId", id);
        assert_eq!(bank.send(named).await.body["requestId"], id);
        let inside = &shown["accounts"][0]["accountId"];
        let transfer = json!({ "customerId": customer, "fromId": one, "toId": inside, "amount": 1, "nachaDescription": "RENT" });
        let moved = bank.post("/transfer/create", transfer).await.data(201);
        assert_eq!((&moved[0]["description"], &moved[0]["nachaDescription"]), (&json!("RENT"), &json!("RENT")));
        let path = format!("/transaction/getbytag/{customer}/?tag=x");
        assert_eq!(bank.get(&path).await.errors(501)[0].0, 50501);
    })
    .await;
}
