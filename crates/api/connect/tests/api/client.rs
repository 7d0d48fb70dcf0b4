//! Those who ask: a partner's back end, and an end user's browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use florin_ids::TenantId;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

use crate::app::TestApp;

/// Somebody who asks, with what they show.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// The header `Authorization`; none sends none.
    pub shown: Option<String>,
    /// The header `Origin`.
    pub origin: Option<String>,
}

impl Client {
    pub fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url, shown: None, origin: None }
    }

    pub fn basic(&self, credential: &str) -> Self {
        self.showing(&format!("Basic {}", STANDARD.encode(credential)))
    }

    pub fn bearer(&self, session: &str) -> Self {
        self.showing(&format!("Bearer {session}"))
    }

    pub fn showing(&self, shown: &str) -> Self {
        Self { shown: Some(shown.to_owned()), ..self.clone() }
    }

    pub fn on_page_of(&self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url =
            if path.starts_with('/') { format!("{}{path}", self.url) } else { path.to_owned() };
        let mut request = self.http.request(method, url);
        if let Some(shown) = &self.shown {
            request = request.header(AUTHORIZATION, shown);
        }
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        request
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (url, status) = (response.url().to_string(), response.status().as_u16());
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        Answer { url, status, headers, text }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub url: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn body(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        let json = serde_json::from_str(&self.text);
        json.unwrap_or_else(|_| panic!("{}: no JSON: {}", self.url, self.text))
    }

    /// The message of a refusal.
    #[track_caller]
    pub fn refusal(self, status: u16) -> String {
        self.body(status)["message"].as_str().expect("a message").to_owned()
    }

    /// The broken fields of a refusal, in alphabetical order.
    #[track_caller]
    pub fn broken(self) -> Vec<String> {
        let body = self.body(400);
        assert!(body["message"].is_string(), "{body}");
        body["fields"].as_object().unwrap_or_else(|| panic!("{body}")).keys().cloned().collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A partner's back end.
#[derive(Clone)]
pub struct Partner {
    pub client: Client,
    pub tenant: TenantId,
}

impl Partner {
    /// What a new session for this end user is answered.
    pub async fn session(&self, user: &str, mode: &str) -> Value {
        let new = json!({ "user": { "id": user, "email": "ada@example.com" }, "mode": mode });
        self.client.post("/connect/v1/sessions", new).await.body(201)
    }

    /// An end user's browser.
    pub async fn visit_in(&self, user: &str, mode: &str) -> Browser {
        let session = self.session(user, mode).await;
        let client = self.client.bearer(session["session"].as_str().unwrap());
        Browser { client, user: text(&session["user_guid"]) }
    }

    /// An end user's browser in a session with more in its request.
    pub async fn visit_for(&self, user: &str, mut more: Value) -> Browser {
        more["user"] = json!({ "id": user });
        let session = self.client.post("/connect/v1/sessions", more).await.body(201);
        let client = self.client.bearer(text(&session["session"]).as_str());
        Browser { client, user: text(&session["user_guid"]) }
    }

    pub async fn visit(&self, user: &str) -> Browser {
        self.visit_in(user, "aggregation").await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.client.get(path).await.body(200)
    }
}

/// An end user's browser.
#[derive(Clone)]
pub struct Browser {
    pub client: Client,
    /// `USR-...`
    pub user: String,
}

impl Browser {
    pub async fn get(&self, path: &str) -> Value {
        self.client.get(path).await.body(200)
    }

    pub async fn institution(&self, code: &str) -> Value {
        self.get(&format!("/connect/v1/institutions/code/{code}")).await
    }

    /// What is sent to link a bank as this customer of it.
    pub async fn login(&self, bank: &str, user: &str) -> Value {
        let guid = text(&self.institution(bank).await["guid"]);
        let fields = self.get(&format!("/connect/v1/institutions/{guid}/credentials")).await;
        let fields = fields["credentials"].as_array().unwrap();
        let value = |field: &Value| match field["field_name"].as_str() {
            Some("LOGIN") => user.to_owned(),
            _ => "secret".to_owned(),
        };
        let credential = |field: &Value| json!({ "guid": field["guid"], "value": value(field) });
        let credentials: Vec<Value> = fields.iter().map(credential).collect();
        json!({ "institution_guid": guid, "credentials": credentials })
    }

    /// A new member.
    pub async fn add(&self, bank: &str, user: &str) -> Value {
        let new = self.login(bank, user).await;
        self.client.post("/connect/v1/members", new).await.body(200)["member"].clone()
    }

    /// Runs a job on a member and answers the member afterwards.
    pub async fn run(&self, app: &TestApp, member: &Value, job_type: i64) -> Value {
        let path = format!("{}/jobs", path_of(member));
        let begun = self.client.post(&path, json!({ "job_type": job_type })).await.body(200);
        assert!(begun["job_guid"].as_str().unwrap().starts_with("JOB-"), "{begun}");
        app.work().await;
        self.look(member).await
    }

    pub async fn look(&self, member: &Value) -> Value {
        self.get(&path_of(member)).await["member"].clone()
    }

    /// A member that is linked.
    pub async fn linked(&self, app: &TestApp, bank: &str, user: &str) -> Value {
        let member = self.add(bank, user).await;
        let member = self.run(app, &member, 0).await;
        assert_eq!(member["connection_status"], 6, "{member}");
        member
    }

    /// The same with accounts that are proven for payments.
    pub async fn proven(&self, app: &TestApp, bank: &str) -> Value {
        let member = self.add(bank, "single").await;
        let member = self.run(app, &member, 1).await;
        assert_eq!(member["connection_status"], 6, "{member}");
        member
    }
}

/// Where a member is.
pub fn path_of(member: &Value) -> String {
    format!("/connect/v1/members/{}", member["guid"].as_str().unwrap())
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The items of a list in an envelope.
#[track_caller]
pub fn items<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body[name].as_array().unwrap_or_else(|| panic!("no list {name}: {body}"))
}
