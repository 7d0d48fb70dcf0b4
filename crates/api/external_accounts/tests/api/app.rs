//! A server under test and clients for it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_api_external_accounts::{ExternalAccountsApi, ExternalAccountsFace, router};
use florin_calendar::FixedClock;
use florin_crypto::KeyRing;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::program::CURRENCY;
use florin_external_accounts::{
    CustomerChange, ExpireTrials, ExternalAccounts, Program, ProgramSettings, TransferPayments,
    TrialPayments,
};
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_ids::TenantId;
use florin_payments::{Owners, Rail, Rails};
use florin_storage::MigrationSet;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::day::{DayRunner, DayStep};
use florin_tenancy::{
    Caller, Credential, NewKey, NewTenant, Surface, TenantKeys, create_key, create_tenant,
};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};

/// The Tuesday on which every tenant begins.
pub const START: Date = jiff::civil::date(2026, 12, 1);

const MIGRATIONS: [MigrationSet; 7] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_ach_origination::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
];

/// A server on a database.
pub struct TestApp {
    database: Arc<TestDb>,
    clock: FixedClock,
    pub accounts: ExternalAccounts,
    keys: Arc<KeyRing>,
    pub address: std::net::SocketAddr,
    http: reqwest::Client,
    server: tokio::task::JoinHandle<()>,
}

/// Runs `test` against a sandbox's server on a fresh database of each engine.
pub async fn on_each_engine(test: impl AsyncFn(&TestApp)) {
    with_options(HttpOptions::of(Mode::Sandbox), test).await;
}

/// The same with other bounds.
pub async fn with_options(options: HttpOptions, test: impl AsyncFn(&TestApp)) {
    for database in databases(&MIGRATIONS) {
        let keys = Arc::new(KeyRing::generate());
        let app = TestApp::start(Arc::new(database), keys, options.clone()).await;
        test(&app).await;
        app.server.abort();
    }
}

fn rails(keys: &Arc<KeyRing>) -> (Rails, Arc<dyn Accounts>) {
    let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(keys)));
    let rail: Arc<dyn Rail> = Arc::new(AchRail::new(Arc::clone(keys), Arc::clone(&book), true));
    (Rails::new(vec![rail]), book)
}

/// Handlers that no surface has: what is refused when one of its own panics, or never answers.
fn misbehaving() -> Router {
    Router::new()
        .route("/program/panic", get(|| async { panics() }))
        .route("/program/never", get(std::future::pending::<()>))
}

fn panics() -> &'static str {
    panic!("on purpose")
}

impl TestApp {
    async fn start(database: Arc<TestDb>, keys: Arc<KeyRing>, options: HttpOptions) -> Self {
        let now = "2026-11-21T15:00:00Z".parse().expect("a timestamp");
        let clock = FixedClock::new(now);
        let http = HttpState::new(database.db.clone(), Arc::new(clock.clone()), options);
        let accounts = ExternalAccounts::new(database.db.clone(), Arc::clone(&keys))
            .with_rails(rails(&keys).0)
            .in_sandbox();
        let (router, _) = router(ExternalAccountsApi::new(http.clone(), accounts.clone()));
        let router = router.merge(misbehaving());
        let edge = Edge::with_faces(router, &http, vec![Arc::new(ExternalAccountsFace)]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, edge.into_make_service()).await;
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        let http = client.build().expect("a client");
        Self { database, clock, accounts, keys, address, http, server }
    }

    /// Another server on the same database, which has not the keys that open what is sealed.
    pub async fn with_wrong_keys(&self) -> TestApp {
        let options = HttpOptions::of(Mode::Sandbox);
        Self::start(Arc::clone(&self.database), Arc::new(KeyRing::generate()), options).await
    }

    pub fn db(&self) -> &florin_storage::Db {
        &self.database.db
    }

    pub fn now(&self) -> jiff::Timestamp {
        florin_calendar::Clock::now(&self.clock)
    }

    /// A new tenant with a simulated clock, and its keys.
    pub async fn tenant(&self, name: &str) -> (TenantId, TenantKeys) {
        let new = NewTenant { name: name.to_owned(), clock: Some(START), ..NewTenant::default() };
        let (tenant, keys) = create_tenant(self.db(), new, self.now()).await.expect("a tenant");
        (tenant.id, keys)
    }

    /// A new tenant's client.
    pub async fn bank(&self, name: &str) -> Client {
        let (tenant, keys) = self.tenant(name).await;
        self.client(tenant, &keys.external_accounts)
    }

    pub fn client(&self, tenant: TenantId, key: &Credential) -> Client {
        Client {
            http: self.http.clone(),
            url: format!("http://{}", self.address),
            credential: Some(key.presented()),
            tenant,
        }
    }

    /// A client of another server, at this one.
    pub fn client_of(&self, client: &Client) -> Client {
        Client { url: format!("http://{}", self.address), ..client.clone() }
    }

    /// A client with another key of the same tenant.
    pub async fn with_key(&self, client: &Client, new: NewKey) -> Client {
        let created = create_key(self.db(), client.tenant, new, self.now()).await;
        self.client(client.tenant, &created.expect("a key").1)
    }

    /// A key that may only look.
    pub async fn reader(&self, client: &Client) -> Client {
        let scopes = vec!["read".to_owned()];
        self.with_key(client, NewKey { scopes, ..NewKey::everything(Surface::ExternalAccounts) })
            .await
    }

    /// The caller that the services know the client by.
    pub fn caller(&self, client: &Client) -> Caller {
        Caller { tenant: client.tenant, currency: CURRENCY, now: self.now() }
    }

    /// Changes the settings of the client's program.
    pub async fn settings(
        &self,
        client: &Client,
        change: impl FnOnce(&mut ProgramSettings),
    ) -> Program {
        let program = self.accounts.get_program(&self.caller(client)).await.expect("a program");
        let mut settings = program.settings;
        change(&mut settings);
        let changed = self.accounts.change_program(client.tenant, program.id, settings).await;
        changed.expect("settings that make sense")
    }

    /// What an operator does to a customer.
    pub async fn change_customer(&self, client: &Client, customer: i64, change: CustomerChange) {
        let changed = self.accounts.change_customer(&self.caller(client), customer, change).await;
        changed.expect("a customer");
    }

    /// Runs the tenant's business days up to and including `to`.
    pub async fn advance(&self, client: &Client, to: Date) {
        let (db, clock) = (self.db().clone(), Arc::new(self.clock.clone()));
        let (tenant, keys) = (client.tenant, Arc::clone(&self.keys));
        let run = tokio::task::spawn_blocking(move || {
            let owners = Owners::new(vec![
                Arc::new(TrialPayments::new(Arc::clone(&keys))),
                Arc::new(TransferPayments),
            ]);
            let book = rails(&keys).1;
            let ach = Ach::new(db.clone(), Arc::clone(&keys), book, owners, clock.clone());
            let mut steps: Vec<Arc<dyn DayStep>> = ach.day_steps();
            steps.push(Arc::new(ExpireTrials::new(keys)));
            DayRunner::new(db, clock, steps).advance_to_blocking(tenant, to, &mut |_| {})
        });
        run.await.expect("no panic").expect("the days run");
    }
}

/// A client of the API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    /// `key:secret`; none sends nothing.
    pub credential: Option<String>,
    pub tenant: TenantId,
}

impl Client {
    /// The same without a credential, or with another.
    pub fn with(&self, credential: Option<&str>) -> Self {
        Self { credential: credential.map(str::to_owned), ..self.clone() }
    }

    /// What every request is made of.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match self.credential.as_deref().and_then(|it| it.split_once(':')) {
            Some((key, secret)) => request.basic_auth(key, Some(secret)),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let url = response.url().path().to_owned();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url}: no JSON: {text}"));
        Answer { url, status, headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST of any text.
    pub async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.send(self.request(Method::POST, path).body(body.to_owned())).await
    }

    /// A new customer's number and that of its account in the program.
    pub async fn customer(&self) -> (i64, i64) {
        let body = json!({ "firstName": "Brock", "lastName": "Weaver" });
        let customer = self.post("/customer/create", body).await.data(201)["customerId"].clone();
        let customer = customer.as_i64().expect("an integer");
        let shown = self.get(&format!("/customer/get/{customer}")).await.data(200);
        (customer, shown["accounts"][0]["accountId"].as_i64().expect("an integer"))
    }

    /// A request for an account that lacks nothing.
    pub fn asked(&self, customer: i64) -> Value {
        json!({
            "customerId": customer, "routingNumber": "123456789", "accountNumber": "343434",
            "firstName": "Brock", "lastName": "Weaver", "type": "Checking",
        })
    }

    /// A verified external account's number.
    pub async fn verified(&self, customer: i64) -> i64 {
        let answer = self.post("/externalAccount/create", self.asked(customer)).await;
        answer.data(201)["externalAccountId"].as_i64().expect("an integer")
    }

    /// An unverified external account's number.
    pub async fn initiated(&self, customer: i64) -> i64 {
        let answer = self.post("/externalAccount/initiate", self.asked(customer)).await;
        answer.initiated()["externalAccountId"].as_i64().expect("an integer")
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub url: String,
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The data of an answer with this status, in a sound envelope.
    #[track_caller]
    pub fn data(self, status: u16) -> Value {
        self.check_envelope(status);
        assert_eq!(self.body["status"], status, "{}: {}", self.url, self.body);
        assert_eq!(self.body["errors"], json!([]), "{}: {}", self.url, self.body);
        self.body["data"].clone()
    }

    /// The data of `initiate`, whose two statuses differ.
    #[track_caller]
    pub fn initiated(self) -> Value {
        self.check_envelope(201);
        assert_eq!(self.body["status"], 200, "{}: {}", self.url, self.body);
        self.body["data"].clone()
    }

    #[track_caller]
    pub fn check_envelope(&self, status: u16) {
        assert_eq!(self.status, status, "{}: {}", self.url, self.body);
        let keys: Vec<&str> =
            self.body.as_object().expect("an object").keys().map(String::as_str).collect();
        let is_refused = self.body["errors"] != json!([]);
        let expected: &[&str] = match is_refused {
            true => &["errors", "requestId", "status"],
            false => &["data", "errors", "requestId", "status"],
        };
        assert_eq!(keys, expected, "{}", self.url);
        let id = self.body["requestId"].as_str().expect("a text");
        assert!(id.parse::<uuid::Uuid>().is_ok_and(|id| !id.is_nil()), "{id}");
        assert_eq!(self.headers["x-request-id"], id, "{}", self.url);
    }

    /// The codes and texts of a refusal with this status.
    #[track_caller]
    pub fn errors(self, status: u16) -> Vec<(u32, String)> {
        self.check_envelope(status);
        assert_eq!(self.body["status"], status, "{}: {}", self.url, self.body);
        let errors = self.body["errors"].as_array().expect("a list");
        let error = |error: &Value| {
            let code = error["code"].as_u64().and_then(|code| u32::try_from(code).ok());
            (code.expect("a code"), error["message"].as_str().expect("a text").to_owned())
        };
        errors.iter().map(error).collect()
    }
}
