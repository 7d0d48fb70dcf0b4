//! A server under test and a client for it.

use std::sync::Arc;
use std::time::Duration;

use florin_api_lending::{LendingApi, router};
use florin_calendar::FixedClock;
use florin_connect::aggregator::{Aggregators, SimulatedAggregator};
use florin_connect::{Connect, ConnectInputs};
use florin_crypto::KeyRing;
use florin_decisioning::Providers;
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_ids::TenantId;
use florin_jobs::{JobHandler, Outcome};
use florin_lending::{DecisionHandler, Lending};
use florin_mandates::{DirectDebitRail, Mandates};
use florin_payments::{Rail, Rails};
use florin_storage::MigrationSet;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Credential, NewKey, NewTenant, Surface, create_key, create_tenant};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::Value;

/// The first business date of every tenant under test.
pub const OPENING: Date = jiff::civil::date(2023, 1, 1);

const MIGRATIONS: [MigrationSet; 11] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_ach_origination::MIGRATIONS,
    florin_mandates::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
    florin_decisioning::MIGRATIONS,
    florin_lending::MIGRATIONS,
    florin_connect::MIGRATIONS,
];

/// A server on a fresh database.
pub struct TestApp {
    database: TestDb,
    clock: FixedClock,
    lending: Lending,
    mandates: Mandates,
    connect: Connect,
    url: String,
    http: reqwest::Client,
    server: tokio::task::JoinHandle<()>,
}

/// Runs `test` against a server on a fresh database of each engine.
pub async fn on_each_engine(test: impl AsyncFn(&TestApp)) {
    with_options(HttpOptions::of(Mode::Sandbox), test).await;
}

/// The same with other bounds.
pub async fn with_options(options: HttpOptions, test: impl AsyncFn(&TestApp)) {
    for database in databases(&MIGRATIONS) {
        let app = TestApp::start(database, options.clone()).await;
        test(&app).await;
        app.server.abort();
    }
}

impl TestApp {
    async fn start(database: TestDb, options: HttpOptions) -> Self {
        let now = "2026-11-21T10:00:00Z".parse().expect("a timestamp");
        let clock = FixedClock::new(now);
        let http = HttpState::new(database.db.clone(), Arc::new(clock.clone()), options);
        let keys = Arc::new(KeyRing::generate());
        let lending = Lending::new(database.db.clone(), Arc::clone(&keys));
        let rail: Arc<dyn Rail> = Arc::new(DirectDebitRail::new(Arc::new(clock.clone())));
        let lending = lending
            .with_providers(Providers::sandbox())
            .with_rails(Rails::new(vec![rail]))
            .with_linked_accounts(Arc::new(ConnectInputs));
        let banks = Aggregators::new(vec![Arc::new(SimulatedAggregator)]);
        let connect =
            Connect::new(database.db.clone(), Arc::new(clock.clone()), Arc::clone(&keys), banks);
        let mandates = Mandates::new(database.db.clone(), keys, Arc::new(clock.clone()));
        let (router, _) = router(LendingApi::new(http.clone(), lending.clone(), mandates.clone()));
        let edge = Edge::new(router, &http);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, edge.into_make_service()).await;
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        Self {
            database,
            clock,
            lending,
            mandates,
            connect,
            url: format!("http://{address}"),
            http: client.build().expect("a client"),
            server,
        }
    }

    /// The database, for what the API does not show.
    pub fn db(&self) -> &florin_storage::Db {
        &self.database.db
    }

    /// The mandates' service, for what the API does not do.
    pub fn mandates(&self) -> &Mandates {
        &self.mandates
    }

    /// Where borrowers link their bank accounts.
    pub fn connect(&self) -> &Connect {
        &self.connect
    }

    /// The clock that everything takes its time from.
    pub fn clock(&self) -> &FixedClock {
        &self.clock
    }

    /// The time on the clock.
    pub fn now(&self) -> jiff::Timestamp {
        florin_calendar::Clock::now(&self.clock)
    }

    /// `sqlite` or `postgres`, for messages.
    pub fn engine(&self) -> &'static str {
        self.database.name
    }

    /// A client without a key.
    pub fn stranger(&self) -> Client {
        Client { http: self.http.clone(), url: self.url.clone(), key: None, tenant: None }
    }

    /// A client with a key of its own.
    pub fn with_key(&self, key: &str) -> Client {
        Client { key: Some(key.to_owned()), ..self.stranger() }
    }

    /// A new tenant with a simulated clock, and its client.
    pub async fn tenant(&self, name: &str) -> Client {
        self.tenant_on(name, OPENING).await
    }

    /// A new tenant whose simulated clock stands at a date, and its client.
    pub async fn tenant_on(&self, name: &str, date: Date) -> Client {
        let new = NewTenant {
            name: name.to_owned(),
            currency: None,
            time_zone: None,
            clock: Some(date),
            collections: None,
        };
        let now = florin_calendar::Clock::now(&self.clock);
        let created = create_tenant(&self.database.db, new, now).await;
        let (tenant, keys) = created.expect("a tenant");
        let client = self.with_key(&keys.lending.presented());
        Client { tenant: Some(tenant.id), ..client }
    }

    /// Another key of a tenant.
    pub async fn key(&self, client: &Client, new: NewKey) -> Credential {
        let tenant = client.tenant.expect("a tenant's client");
        let now = florin_calendar::Clock::now(&self.clock);
        let created = create_key(&self.database.db, tenant, new, now).await;
        created.expect("a key").1
    }

    /// Another lending key of a tenant with these scopes.
    pub async fn scoped(&self, client: &Client, scopes: &[&str]) -> Client {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewKey { scopes, ..NewKey::everything(Surface::Lending) };
        let key = self.key(client, new).await;
        Client { tenant: client.tenant, ..self.with_key(&key.presented()) }
    }

    /// Carries out the jobs that decide on applications, one attempt each; tells how each attempt went.
    pub async fn decide_waiting(&self) -> Vec<Outcome> {
        let clock = Arc::new(self.clock.clone());
        let handler = DecisionHandler::new(self.lending.clone(), clock);
        let now = florin_calendar::Clock::now(&self.clock);
        let kinds = [(handler.kind(), handler.lease())];
        let jobs = florin_jobs::claim(self.db(), &kinds, 100, now).await.expect("jobs");
        let mut outcomes = Vec::new();
        for job in jobs {
            let outcome = handler.run(&job).await;
            let lease = job.lease();
            let settled = match &outcome {
                Outcome::Done => florin_jobs::finish(self.db(), lease, now).await,
                Outcome::Retry(error) => {
                    florin_jobs::retry_later(self.db(), lease, error, now).await
                }
                Outcome::GiveUp(error) => florin_jobs::fail(self.db(), lease, error, now).await,
            };
            assert!(settled.expect("a settled job"), "the lease holds");
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Runs a tenant's business days up to and including `to`.
    pub async fn advance(&self, client: &Client, to: Date) {
        let tenant = client.tenant.expect("a tenant's client");
        let (db, clock) = (self.database.db.clone(), Arc::new(self.clock.clone()));
        let run = tokio::task::spawn_blocking(move || {
            let runner = DayRunner::new(db, clock, florin_lending::day_steps(&Default::default()));
            runner.advance_to_blocking(tenant, to, &mut |_| {})
        });
        run.await.expect("no panic").expect("the days run");
    }
}

/// A client of the API, with or without a key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: Option<String>,
    /// Whose client it is.
    pub tenant: Option<TenantId>,
}

impl Client {
    /// What every request is made of.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.header("x-api-key", key),
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
        Answer { url, status, headers, text }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// POST of any text as JSON.
    pub async fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body.to_owned())).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub url: String,
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The JSON body of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Checks status and body to the letter.
    #[track_caller]
    pub fn is(self, status: u16, body: &str) {
        assert_eq!((self.status, self.text.as_str()), (status, body), "{}", self.url);
    }

    /// A header's text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The texts of some fields of an object, exactly as sent: `1000.00`, `"2000.00"`, `null`.
pub fn fields(body: &Value, names: &[&str]) -> String {
    let texts: Vec<String> = names.iter().map(|name| body[name].to_string()).collect();
    texts.join(" ")
}

/// The id in an object.
#[track_caller]
pub fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id in {body}")).to_owned()
}
