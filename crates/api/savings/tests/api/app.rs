//! A server under test and a client for it.

use std::sync::Arc;
use std::time::Duration;

use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_api_savings::{SavingsApi, SavingsFace, router};
use florin_calendar::{Clock, FixedClock};
use florin_crypto::KeyRing;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::verified::{VerifiedAccount, create_verified_in};
use florin_external_accounts::{
    AccountKind, ExpireTrials, ExternalAccounts, NewCustomer, TrialPayments,
};
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_ids::TenantId;
use florin_money::Currency;
use florin_payments::{Owners, Rails};
use florin_savings::establishment::Establishment;
use florin_savings::investment::Market;
use florin_savings::{Savings, SavingsError, SavingsPayments};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Caller, NewTenant, TenantKeys, create_tenant};
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};

/// The first business date of every tenant under test: a Saturday.
pub const OPENING: Date = jiff::civil::date(2022, 10, 1);

const MIGRATIONS: [MigrationSet; 8] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_ach_origination::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
    florin_savings::MIGRATIONS,
];

/// A server on a fresh database.
pub struct TestApp {
    database: TestDb,
    clock: FixedClock,
    keys: Arc<KeyRing>,
    pub savings: Savings,
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
        let now = "2026-11-21T10:00:00.123456Z".parse().expect("a timestamp");
        let clock = FixedClock::new(now);
        let http = HttpState::new(database.db.clone(), Arc::new(clock.clone()), options);
        let keys = Arc::new(KeyRing::generate());
        let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(&keys)));
        let ach = AchRail::new(Arc::clone(&keys), book, true);
        let rails = Rails::new(vec![Arc::new(ach)]);
        let accounts = ExternalAccounts::new(database.db.clone(), Arc::clone(&keys));
        let savings = Savings::new(database.db.clone(), Arc::clone(&keys))
            .with_rails(rails.clone())
            .with_external_accounts(accounts.with_rails(rails).in_sandbox());
        let (router, _) = router(SavingsApi::new(http.clone(), savings.clone()));
        let edge = Edge::with_faces(router, &http, vec![Arc::new(SavingsFace)]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, edge.into_make_service()).await;
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        Self {
            database,
            clock,
            keys,
            savings,
            url: format!("http://{address}"),
            http: client.build().expect("a client"),
            server,
        }
    }

    /// The database, for what the API does not show.
    pub fn db(&self) -> &Db {
        &self.database.db
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A client without a token.
    pub fn stranger(&self) -> Client {
        Client { http: self.http.clone(), url: self.url.clone(), key: None, tenant: None }
    }

    /// A client that is told where to go and does not go there by itself, as browsers' cookies want it.
    pub fn browser(&self) -> Client {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        Client { http: client.expect("a client"), ..self.stranger() }
    }

    /// A client with a token.
    pub fn with_key(&self, key: &str) -> Client {
        Client { key: Some(key.to_owned()), ..self.stranger() }
    }

    /// A new tenant with a simulated clock and a flat market, in which a cent paid in stays a cent; and its client.
    pub async fn tenant(&self, name: &str) -> Client {
        self.tenant_keys(name).await.0
    }

    /// The same with all of its keys.
    pub async fn tenant_keys(&self, name: &str) -> (Client, TenantKeys) {
        let new = NewTenant { name: name.to_owned(), clock: Some(OPENING), ..NewTenant::default() };
        let created = create_tenant(self.db(), new, self.now()).await;
        let (tenant, keys) = created.expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now: self.now() };
        self.savings.set_market(&caller, Market::Flat).await.expect("a flat market");
        let client = self.with_key(&keys.savings.presented());
        (Client { tenant: Some(tenant.id), ..client }, keys)
    }

    /// Runs a tenant's business days up to and including `to`.
    pub async fn advance(&self, client: &Client, to: Date) {
        let tenant = client.tenant.expect("a tenant's client");
        let (db, clock) = (self.database.db.clone(), Arc::new(self.clock.clone()));
        let (keys, rails) = (Arc::clone(&self.keys), self.savings.rails().clone());
        let run = tokio::task::spawn_blocking(move || {
            let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(&keys)));
            let owners = Owners::new(vec![
                Arc::new(TrialPayments::new(Arc::clone(&keys))),
                Arc::new(SavingsPayments),
            ]);
            let ring = Arc::clone(&keys);
            let ach = Ach::new(db.clone(), ring, book, owners, Arc::new((*clock).clone()));
            let mut steps = florin_savings::day_steps(&keys, &rails);
            steps.extend(ach.day_steps());
            steps.push(Arc::new(ExpireTrials::new(keys)));
            DayRunner::new(db, clock, steps).advance_to_blocking(tenant, to, &mut |_| {})
        });
        run.await.expect("no panic").expect("the days run");
    }

    /// A verified external account of a customer with this tag; its id.
    pub async fn account(&self, client: &Client, tag: &str) -> i64 {
        let accounts = self.savings.external_accounts().expect("accounts").clone();
        let tenant = client.tenant.expect("a tenant's client");
        let caller = Caller { tenant, currency: Currency::USD, now: self.now() };
        let new = NewCustomer {
            first_name: Some("Jane".to_owned()),
            last_name: Some("Doe".to_owned()),
            tag: Some(tag.to_owned()),
            ..NewCustomer::default()
        };
        let customer = accounts.create_customer(&caller, new).await.expect("a customer");
        let made = self.db().write(move |tx| {
            let new = VerifiedAccount {
                end_user: None,
                customer: Some(customer.id.number()),
                first_name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                routing_number: "021000021".to_owned(),
                account_number: "33334444".to_owned(),
                kind: AccountKind::Checking,
                bank_name: None,
            };
            create_verified_in(tx, &accounts, &caller, &new)
        });
        made.await.expect("an account").id.number()
    }

    /// A user and an established fund of it; their ids.
    pub async fn established(&self, client: &Client) -> (String, String) {
        let user = client.post("/restapi/v1/users", user_input("USR123-456")).await.expect(201);
        let user = uuid(&user);
        let path = format!("/restapi/v1/users/{user}/funds");
        let fund = client.post(&path, kid_input()).await.expect(201);
        self.answer(&fund, true).await.expect("established");
        (user, uuid(&fund))
    }

    /// Answers every identity question of a fund as its owner would, or wrong.
    pub async fn answer(&self, fund: &Value, right: bool) -> Result<Establishment, SavingsError> {
        let url = fund["establishment_url"].as_str().expect("a URL");
        let key = url.split("key=").nth(1).expect("a key").to_owned();
        let mut view = self.savings.establishment(&key, self.now()).await?;
        for _ in 0..view.of {
            let Some(question) = view.question.clone() else { break };
            let rights = ["Bryant St", "January", "4987", "55"];
            let is_right = |choice: &String| rights.contains(&choice.as_str()) == right;
            let choice = question.choices.iter().position(is_right).expect("a choice");
            let choice = u32::try_from(choice).expect("small");
            view = self.savings.answer_question(&key, question.id, choice, self.now()).await?;
        }
        Ok(view)
    }

    /// The data of the tenant's events of a kind.
    pub async fn events(&self, client: &Client, kind: &'static str) -> Vec<Value> {
        let tenant = client.tenant.expect("a tenant's client");
        let filter =
            florin_events::EventFilter { after: 0, kind: Some(kind.to_owned()), limit: 1_000 };
        let events = self.db().read(move |tx| florin_events::list_in(tx, tenant, &filter));
        events.await.expect("events").into_iter().map(|event| event.data).collect()
    }

    /// Proves the ledger.
    pub async fn prove(&self) {
        let proof = self.db().read(florin_ledger::verify_in).await;
        assert!(proof.expect("a proof").holds());
        let proof = self.db().read(florin_savings::investment::verify_in).await.expect("a proof");
        assert!(proof.holds(), "{proof}");
    }
}

/// The user of the document.
pub fn user_input(external_id: &str) -> Value {
    json!({
        "external_id": external_id,
        "first_name": "Jane",
        "last_name": "Doe",
        "middle_name": "Arianne",
        "email": "jane@example.com",
    })
}

/// The fund for a kid of the document.
pub fn kid_input() -> Value {
    json!({
        "prebirth": false,
        "beneficiary_first_name": "John",
        "beneficiary_last_name": "Doe",
        "beneficiary_born_on": "2020-03-17",
        "beneficiary_ssn": "123456789",
        "beneficiary_physical_address_street": "474 Bryant St",
        "beneficiary_physical_address_zip": "94107",
        "beneficiary_physical_address_city": "San Francisco",
        "beneficiary_physical_address_state": "CA",
        "owner_first_name": "Jane",
        "owner_middle_name": "Arianne",
        "owner_last_name": "Doe",
        "owner_born_on": "1982-01-11",
        "owner_relationship": "mother",
        "owner_ssn": "321654987",
        "owner_phone": "5555555555",
        "owner_physical_address_street": "474 Bryant St",
        "owner_physical_address_zip": "94107",
        "owner_physical_address_city": "San Francisco",
        "owner_physical_address_state": "CA",
        "owner_mailing_address_street": "474 Bryant St",
        "owner_mailing_address_zip": "94107",
        "owner_mailing_address_city": "San Francisco",
        "owner_mailing_address_state": "CA",
        "risk_level": "maximizing_gains",
        "fund_name": "John's College Fund",
    })
}

/// The fund for a future baby of the document.
pub fn prebirth_input() -> Value {
    json!({
        "prebirth": true,
        "owner_first_name": "John",
        "owner_last_name": "Frusciante",
        "owner_born_on": "1970-03-05",
        "owner_ssn": "321654987",
        "owner_phone": "5555555555",
        "owner_physical_address_street": "4900 Marie P DeBartolo Way",
        "owner_physical_address_zip": "95054",
        "owner_physical_address_city": "Santa Clara",
        "owner_physical_address_state": "CA",
        "owner_mailing_address_street": "4900 Marie P DeBartolo Way",
        "owner_mailing_address_zip": "95054",
        "owner_mailing_address_city": "Santa Clara",
        "owner_mailing_address_state": "CA",
        "risk_level": "maximizing_gains",
        "fund_name": "John's College Fund",
    })
}

/// A client of the API, with or without a token.
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
            Some(key) => request.header("authorization", key),
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

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
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
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Checks that it is a refusal with this status and these errors.
    #[track_caller]
    pub fn refuses(self, status: u16, errors: &[&str]) {
        assert_eq!(self.expect(status), json!({ "errors": errors }));
    }
}

/// The id in an object.
#[track_caller]
pub fn uuid(body: &Value) -> String {
    body["uuid"].as_str().unwrap_or_else(|| panic!("no uuid in {body}")).to_owned()
}

/// Compares an answer with an example of the document: the same keys and the same JSON types.
#[track_caller]
pub fn like(found: &Value, example: &Value) {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert_eq!(kind(found), kind(example), "{found} is not like {example}");
    match (found, example) {
        (Value::Object(found), Value::Object(example)) => {
            let (mut ours, mut theirs): (Vec<_>, Vec<_>) =
                (found.keys().collect(), example.keys().collect());
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs);
            for (key, value) in example {
                like(&found[key], value);
            }
        }
        (Value::Array(found), Value::Array(example)) => {
            for found in found {
                like(found, &example[0]);
            }
        }
        _ => {}
    }
}
