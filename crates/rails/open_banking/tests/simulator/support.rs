//! A simulator on a socket, and a client that does not wait.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use florin_calendar::FixedClock;
use florin_crypto::Secret;
use florin_open_banking::simulator::{DAILY_LIMIT, Simulator, SimulatorOptions};
use florin_open_banking::wire::*;
use florin_open_banking::{Client, ClientOptions, Credentials, http_client};

pub const NOON: &str = "2026-11-21T12:00:00Z";
pub const PATH: &str = "/simulator/open-banking";
pub const MONZO: &str = "MONZO_MONZGB2L";
pub const BACK: &str = "https://florin.example/back?state=s%201";

/// Every answer is there by then, on the busiest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Enough for an answer, and little enough to wait for one that does not come.
const HASTE: Duration = Duration::from_secs(3);

/// A simulator that runs on a socket until it is dropped.
pub struct Bench {
    pub simulator: Simulator,
    pub clock: FixedClock,
    pub url: String,
    pub client: Client,
    /// The pauses that clients would have made.
    pub pauses: Arc<Mutex<Vec<Duration>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub async fn bench() -> Bench {
    bench_with(None, None).await
}

pub async fn bench_with(journal: Option<PathBuf>, secrets: Option<(&str, &str)>) -> Bench {
    let clock = FixedClock::new(NOON.parse().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Mounted under a path, as a server does it.
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    let simulator = Simulator::new(SimulatorOptions {
        journal,
        clock: Arc::new(clock.clone()),
        public_url: url.clone(),
        secrets: secrets.map(|(id, key)| BTreeMap::from([(id.to_owned(), key.to_owned())])),
        daily_limit: Some(DAILY_LIMIT),
    })
    .unwrap();
    let app = axum::Router::new().nest(PATH, simulator.router());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let pauses = Arc::default();
    let client = client(&url, ("id", "key"), PATIENCE, &clock, &pauses);
    Bench { simulator, clock, url, client, pauses, server }
}

/// A client that notes its pauses instead of making them.
pub fn client(
    url: &str,
    (id, key): (&str, &str),
    timeout: Duration,
    clock: &FixedClock,
    pauses: &Arc<Mutex<Vec<Duration>>>,
) -> Client {
    let noted = pauses.clone();
    let options = ClientOptions {
        timeout,
        sleep: Arc::new(move |pause| {
            noted.lock().unwrap().push(pause);
            Box::pin(std::future::ready(()))
        }),
        clock: Arc::new(clock.clone()),
        ..ClientOptions::default()
    };
    let credentials = Credentials { id: id.to_owned(), key: Secret::from_text(key) };
    Client::new(url, credentials, options).unwrap()
}

impl Bench {
    /// A client of other secrets.
    /// Has the client wait for no answer for long.
    pub fn hasten(&mut self) {
        self.client = client(&self.url, ("id", "key"), HASTE, &self.clock, &self.pauses);
    }

    pub fn client_of(&self, id: &str, key: &str) -> Client {
        client(&self.url, (id, key), PATIENCE, &self.clock, &self.pauses)
    }

    /// A requisition at a bank over everything that it allows.
    pub async fn requisition(&self, bank: &str) -> Requisition {
        let bank = self.client.institution(bank).await.unwrap();
        let (days, valid) = (bank.transaction_total_days, bank.max_access_valid_for_days);
        let agreement = NewAgreement::all(&bank.id, days.unwrap(), valid.unwrap());
        let agreement = self.client.create_agreement(&agreement).await.unwrap();
        let new = NewRequisition {
            redirect: BACK.to_owned(),
            institution_id: bank.id,
            agreement: Some(agreement.id),
            reference: None,
            user_language: Some("EN".to_owned()),
            account_selection: false,
        };
        self.client.create_requisition(&new).await.unwrap()
    }

    /// The end user's browser: sends the form of a requisition's page, and tells where it is sent.
    pub async fn answer(&self, requisition: &Requisition, answer: &str, user: &str) -> String {
        let http = http_client(PATIENCE).unwrap();
        let form = format!("answer={answer}&user={user}");
        let kind = "application/x-www-form-urlencoded";
        let sent = http.post(&requisition.link).header("content-type", kind).body(form).send();
        let response = sent.await.unwrap();
        let location = response.headers().get("location");
        location.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// A linked requisition of a user at a bank.
    pub async fn linked(&self, bank: &str, user: &str) -> Requisition {
        let requisition = self.requisition(bank).await;
        self.answer(&requisition, "agree", user).await;
        self.client.requisition(requisition.id).await.unwrap()
    }

    pub fn pauses(&self) -> usize {
        self.pauses.lock().unwrap().len()
    }
}
