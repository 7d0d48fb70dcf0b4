//! A server under test, and a browser without scripts.

use std::sync::Arc;
use std::time::Duration;

use florin_api_payments::{PaymentsApi, router};
use florin_calendar::FixedClock;
use florin_crypto::{KeyRing, Secret};
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_ids::{EndUserId, ProviderAccountId};
use florin_jobs::Outcome;
use florin_mandates::{
    Collector, Environment, Mandates, NewFlow, NewProviderAccount, Pages, Prefilled,
};
use florin_payments::Owners;
use florin_storage::MigrationSet;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::{Caller, NewTenant, create_tenant};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

use crate::provider::Provider;

pub const WEBHOOK_SECRET: &str = "webhook-secret";
pub const SUCCESS_URL: &str = "https://lender.example/done?loan=7#top";
pub const FAILURE_URL: &str = "https://lender.example/failed";

const MIGRATIONS: [MigrationSet; 6] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_mandates::MIGRATIONS,
];

/// A server on a fresh database, beside a provider.
pub struct TestApp {
    _database: TestDb,
    pub clock: FixedClock,
    pub mandates: Mandates,
    collector: Collector,
    pub provider: Provider,
    pub url: String,
    db: florin_storage::Db,
    server: tokio::task::JoinHandle<()>,
}

/// Runs `test` against a server on a fresh database of each engine.
pub async fn on_each_engine(test: impl AsyncFn(&TestApp)) {
    // Nobody is sent to wait because the machine is busy.
    on_each_engine_within(Duration::from_secs(60), test).await;
}

/// The same with pages that wait so long for the provider.
pub async fn on_each_engine_within(patience: Duration, test: impl AsyncFn(&TestApp)) {
    for database in databases(&MIGRATIONS) {
        let app = TestApp::start(database, patience).await;
        test(&app).await;
        app.server.abort();
    }
}

impl TestApp {
    async fn start(database: TestDb, patience: Duration) -> Self {
        let now = "2026-11-21T10:00:00Z".parse().expect("a timestamp");
        let clock = FixedClock::new(now);
        let db = database.db.clone();
        let http =
            HttpState::new(db.clone(), Arc::new(clock.clone()), HttpOptions::of(Mode::Sandbox));
        let keys = Arc::new(KeyRing::generate());
        let client = florin_direct_debit::ClientOptions {
            attempts_max: 1,
            timeout: 2 * patience,
            ..Default::default()
        };
        let mandates = Mandates::new(db.clone(), Arc::clone(&keys), Arc::new(clock.clone()));
        let mandates = mandates.with_client_options(client);
        let collector = Collector::new(mandates.clone(), Owners::default());
        let api = PaymentsApi::new(http.clone(), mandates.clone(), collector.clone(), keys);
        let api = api.with_patience(patience);
        let edge = Edge::new(router(api), &http);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, edge.into_make_service()).await;
        });
        let provider = Provider::start(&clock).await;
        Self { _database: database, clock, mandates, collector, provider, url, db, server }
    }

    /// A new tenant with an account at the provider.
    pub async fn tenant(&self, name: &str, pages: Pages) -> (Caller, ProviderAccountId) {
        let now = florin_calendar::Clock::now(&self.clock);
        let new = NewTenant {
            name: name.to_owned(),
            currency: None,
            time_zone: None,
            clock: None,
            collections: None,
        };
        let (tenant, _) = create_tenant(&self.db, new, now).await.expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency: tenant.currency, now };
        let account = NewProviderAccount {
            environment: Environment::Custom,
            base_url: Some(self.provider.url.clone()),
            is_simulator: None,
            access_token: Secret::from_text("token"),
            webhook_secret: Secret::from_text(WEBHOOK_SECRET),
            creditor: None,
            pages,
        };
        let account = self.mandates.set_account(&caller, account).await.expect("an account");
        (caller, account.id)
    }

    /// A link for an end user that little is known of.
    pub async fn link(&self, caller: &Caller, change: impl FnOnce(&mut NewFlow)) -> String {
        let mut new = NewFlow {
            end_user: EndUserId::new(),
            success_url: SUCCESS_URL.to_owned(),
            failure_url: FAILURE_URL.to_owned(),
            prefilled: Prefilled { given_name: "Ada".to_owned(), ..Prefilled::default() },
            expires_after: None,
        };
        change(&mut new);
        let (_, token) = self.mandates.start_flow(caller, new).await.expect("a flow");
        format!("/mandates/{}", token.expose())
    }

    /// A link of a new lender with pages of ours.
    pub async fn some_link(&self) -> String {
        let (caller, _) = self.tenant("Northbank", Pages::Own).await;
        self.link(&caller, |_| {}).await
    }

    /// Time passes.
    pub fn wait(&self, duration: SignedDuration) {
        let now: Timestamp = florin_calendar::Clock::now(&self.clock);
        self.clock.set(now.saturating_add(duration).expect("a time"));
    }

    /// Carries out every job that is due, one attempt each.
    pub async fn work(&self) {
        for handler in self.collector.job_handlers() {
            let now = florin_calendar::Clock::now(&self.clock);
            let kinds = [(handler.kind(), handler.lease())];
            for job in florin_jobs::claim(&self.db, &kinds, 100, now).await.expect("jobs") {
                let outcome = handler.run(&job).await;
                assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
                let done = florin_jobs::finish(&self.db, job.lease(), now).await;
                assert!(done.expect("a settled job"), "the lease holds");
            }
        }
    }

    /// How many jobs are due, of any kind.
    pub async fn waiting_jobs(&self) -> usize {
        let handlers = self.collector.job_handlers();
        let kinds: Vec<_> = handlers.iter().map(|it| (it.kind(), it.lease())).collect();
        let now = florin_calendar::Clock::now(&self.clock);
        florin_jobs::claim(&self.db, &kinds, 100, now).await.expect("jobs").len()
    }

    pub fn browser(&self) -> Browser {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Browser { http, url: self.url.clone(), cookie: None }
    }
}

/// A browser: it keeps its cookie and sends forms as they were shown.
pub struct Browser {
    http: reqwest::Client,
    url: String,
    pub cookie: Option<String>,
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.http.get(format!("{}{path}", self.url));
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.http.post(format!("{}{path}", self.url));
        let kind = "application/x-www-form-urlencoded";
        self.send(request.header("content-type", kind).body(body.finish())).await
    }

    /// Fills in the provider's own page.
    pub async fn post_elsewhere(&self, url: &str, fields: &[(&str, &str)]) -> u16 {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let kind = "application/x-www-form-urlencoded";
        let request = self.http.post(url).header("content-type", kind).body(body.finish());
        request.send().await.expect("an answer").status().as_u16()
    }

    /// Presses a button of a page's form, with these fields filled in.
    pub async fn press(&mut self, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![("proof", page.hidden("proof")), ("action", button.to_owned())];
        all.push(("details", page.hidden("details")));
        let mut pairs: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        pairs.extend_from_slice(fields);
        self.post(&page.form_path(), &pairs).await
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let request = match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        let headers = response.headers().clone();
        if let Some(set) = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok()) {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        Page {
            status: response.status().as_u16(),
            location: location.unwrap_or_default().to_owned(),
            headers,
            text: response.text().await.expect("a body"),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: String,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Page {
    /// Checks the status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.location, self.text);
        self
    }

    /// Checks that it leads to `path`.
    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.location.as_str()), (303, path), "{}", self.text);
    }

    /// Checks that the page says something.
    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }

    /// The value of a hidden field; empty when there is none.
    pub fn hidden(&self, name: &str) -> String {
        self.between(&format!("type=\"hidden\" name=\"{name}\" value=\""))
    }

    fn form_path(&self) -> String {
        self.between("<form method=\"post\" action=\"")
    }

    fn between(&self, start: &str) -> String {
        let Some((_, rest)) = self.text.split_once(start) else { return String::new() };
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
