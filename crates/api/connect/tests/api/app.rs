//! A server under test.

use std::sync::Arc;
use std::time::Duration;

use florin_ach_origination::{Accounts, Ach, AchRail};
use florin_api_connect::{ConnectApi, ConnectFace, router};
use florin_calendar::{Clock, FixedClock};
use florin_connect::aggregator::SimulatedAggregator;
use florin_connect::{Aggregators, Connect, FollowMicrodeposits, MicrodepositPayments};
use florin_crypto::KeyRing;
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::{ExpireTrials, ExternalAccounts, TransferPayments};
use florin_http::{Edge, HttpOptions, HttpState, Mode};
use florin_jobs::Outcome;
use florin_payments::{Owners, Rails};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet};
use florin_tenancy::day::{DayRunner, DayStep};
use florin_tenancy::{NewTenant, TenantKeys, create_tenant};
use jiff::SignedDuration;
use jiff::civil::Date;

use crate::client::{Client, Partner};

/// The Tuesday on which every tenant begins.
pub const START: Date = jiff::civil::date(2026, 12, 1);

const MIGRATIONS: [MigrationSet; 8] = [
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_ach_origination::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
    florin_connect::MIGRATIONS,
];

/// A server on a fresh database.
pub struct TestApp {
    database: TestDb,
    clock: FixedClock,
    keys: Arc<KeyRing>,
    connect: Connect,
    pub url: String,
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
        let app = TestApp::start(database, options.clone()).await;
        test(&app).await;
        app.server.abort();
    }
}

impl TestApp {
    async fn start(database: TestDb, options: HttpOptions) -> Self {
        let clock = FixedClock::new("2026-11-21T15:00:00Z".parse().unwrap());
        let http = HttpState::new(database.db.clone(), Arc::new(clock.clone()), options);
        let keys = Arc::new(KeyRing::generate());
        let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(&keys)));
        let rail = AchRail::new(Arc::clone(&keys), book, true);
        let accounts = ExternalAccounts::new(database.db.clone(), Arc::clone(&keys))
            .with_rails(Rails::new(vec![Arc::new(rail)]))
            .in_sandbox();
        let aggregators = Aggregators::new(vec![Arc::new(SimulatedAggregator)]);
        let db = database.db.clone();
        let connect = Connect::new(db, Arc::new(clock.clone()), Arc::clone(&keys), aggregators)
            .with_external_accounts(accounts);
        let (router, _) = router(ConnectApi::new(http.clone(), connect.clone()));
        let edge = Edge::with_faces(router, &http, vec![Arc::new(ConnectFace)]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, edge.into_make_service()).await;
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        let http = client.build().unwrap();
        Self { database, clock, keys, connect, url, http, server }
    }

    pub fn db(&self) -> &Db {
        &self.database.db
    }

    /// Lets time pass.
    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    /// A client that shows nothing.
    pub fn stranger(&self) -> Client {
        Client::new(self.http.clone(), self.url.clone())
    }

    /// A new tenant with a simulated clock, and its keys.
    pub async fn tenant(&self, name: &str) -> (Partner, TenantKeys) {
        let new = NewTenant { name: name.to_owned(), clock: Some(START), ..NewTenant::default() };
        let (tenant, keys) = create_tenant(self.db(), new, self.clock.now()).await.unwrap();
        let client = self.stranger().basic(&keys.connect.presented());
        (Partner { client, tenant: tenant.id }, keys)
    }

    /// A new tenant's back end.
    pub async fn partner(&self, name: &str) -> Partner {
        self.tenant(name).await.0
    }

    /// Carries out every job that is due, of every tenant.
    pub async fn work(&self) {
        let handlers = self.connect.job_handlers();
        let kinds: Vec<_> = handlers.iter().map(|it| (it.kind(), it.lease())).collect();
        loop {
            let now = self.clock.now();
            let jobs = florin_jobs::claim(self.db(), &kinds, 100, now).await.unwrap();
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                let handler = handlers.iter().find(|it| it.kind() == job.kind).unwrap();
                assert_eq!(handler.run(&job).await, Outcome::Done, "{job:?}");
                florin_jobs::finish(self.db(), job.lease(), now).await.unwrap();
            }
        }
    }

    /// Runs a tenant's business days up to and including `to`.
    pub async fn advance(&self, partner: &Partner, to: Date) {
        let (db, clock) = (self.db().clone(), Arc::new(self.clock.clone()));
        let (tenant, keys) = (partner.tenant, Arc::clone(&self.keys));
        let run = tokio::task::spawn_blocking(move || {
            let owners = Owners::new(vec![
                Arc::new(MicrodepositPayments::new(Arc::clone(&keys))),
                Arc::new(TransferPayments),
            ]);
            let book: Arc<dyn Accounts> = Arc::new(AccountBook::new(Arc::clone(&keys)));
            let ach = Ach::new(db.clone(), Arc::clone(&keys), book, owners, clock.clone());
            let mut steps: Vec<Arc<dyn DayStep>> = vec![
                Arc::new(ExpireTrials::new(Arc::clone(&keys))),
                Arc::new(FollowMicrodeposits::new(keys)),
            ];
            steps.extend(ach.day_steps());
            DayRunner::new(db, clock, steps).advance_to_blocking(tenant, to, &mut |_| {})
        });
        run.await.unwrap().unwrap();
    }
}
