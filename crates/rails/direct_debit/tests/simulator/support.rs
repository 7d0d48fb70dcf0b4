//! A simulator on a socket, and a client that does not wait.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use florin_calendar::FixedClock;
use florin_crypto::Secret;
use florin_direct_debit::simulator::{Simulator, SimulatorOptions};
use florin_direct_debit::wire::*;
use florin_direct_debit::{Client, ClientOptions};
use jiff::Timestamp;
use jiff::civil::Date;

/// A Monday, 09:00 in the United Kingdom, three working weeks before Christmas.
pub const MONDAY: &str = "2026-11-23T09:00:00Z";

/// Every answer is there by then, on the busiest machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Enough for an answer, and little enough to wait for one that does not come.
pub const HASTE: Duration = Duration::from_secs(3);

/// A simulator that runs on a socket until it is dropped.
pub struct Bench {
    pub simulator: Simulator,
    pub clock: FixedClock,
    pub url: String,
    pub client: Client,
    /// The pauses that the client would have made.
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

pub async fn bench_with(journal: Option<PathBuf>, tokens: Option<&[&str]>) -> Bench {
    let clock = FixedClock::new(MONDAY.parse().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    // Mounted under a path, as the server does it.
    let url = format!("http://{}/simulator/gocardless", listener.local_addr().unwrap());
    let simulator = Simulator::new(SimulatorOptions {
        journal,
        clock: Arc::new(clock.clone()),
        public_url: url.clone(),
        tokens: tokens.map(|known| known.iter().map(|token| (*token).to_owned()).collect()),
    })
    .unwrap();
    let app = axum::Router::new().nest("/simulator/gocardless", simulator.router());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let pauses = Arc::default();
    let client = client(&url, "token", PATIENCE, &pauses);
    Bench { simulator, clock, url, client, pauses, server }
}

/// A client that notes its pauses instead of making them.
pub fn client(
    url: &str,
    token: &str,
    timeout: Duration,
    pauses: &Arc<Mutex<Vec<Duration>>>,
) -> Client {
    let noted = pauses.clone();
    let options = ClientOptions {
        timeout,
        sleep: Arc::new(move |pause| {
            noted.lock().unwrap().push(pause);
            Box::pin(std::future::ready(()))
        }),
        ..ClientOptions::default()
    };
    Client::new(url, Secret::from_text(token), options).unwrap()
}

impl Bench {
    /// A client of another organisation.
    pub fn client_of(&self, token: &str) -> Client {
        client(&self.url, token, PATIENCE, &self.pauses)
    }

    /// A mandate of a payer with this name and account, not yet submitted.
    pub async fn mandate(&self, given_name: &str, account: &str) -> Mandate {
        mandate(&self.client, given_name, account).await
    }

    /// The same, active.
    pub async fn active_mandate(&self, given_name: &str, account: &str) -> Mandate {
        let mandate = self.mandate(given_name, account).await;
        self.client.run_scenario(Scenario::MandateActivated, &mandate.id).await.unwrap();
        self.client.get_mandate(&mandate.id).await.unwrap()
    }

    pub async fn payment(&self, mandate: &Mandate, pence: i64, key: &str) -> Payment {
        self.client.create_payment(&NewPayment::pounds(pence, &mandate.id), key).await.unwrap()
    }

    /// Moves the organisation's clock.
    pub async fn set_date(&self, text: &str) {
        self.client.simulator_set_date(day(text)).await.unwrap();
    }

    /// What has happened to a thing, oldest first.
    pub async fn actions_of(&self, id: &str) -> Vec<String> {
        let events = self.client.events_since(None, 10_000).await.unwrap();
        let about = |event: &Event| {
            let links = &event.links;
            [&links.payment, &links.mandate, &links.billing_request]
                .into_iter()
                .any(|link| link.as_deref() == Some(id))
        };
        events.into_iter().filter(about).map(|event| event.action).collect()
    }

    pub async fn status_of(&self, payment: &str) -> PaymentStatus {
        self.client.get_payment(payment).await.unwrap().status
    }
}

pub async fn mandate(client: &Client, given_name: &str, account: &str) -> Mandate {
    let new = NewBillingRequest {
        mandate_request: MandateRequest::bacs(Metadata::new()),
        metadata: Metadata::new(),
        links: NewBillingRequestLinks::default(),
    };
    let key = format!("brq-{given_name}-{account}");
    let request = client.create_billing_request(&new, &key).await.unwrap();
    client.collect_customer_details(&request.id, &details(given_name)).await.unwrap();
    let account = BankAccountDetails::uk("Ada Lovelace", "20-00-00", account);
    client.collect_bank_account(&request.id, &account).await.unwrap();
    client.confirm_payer_details(&request.id).await.unwrap();
    let request = client.fulfil_billing_request(&request.id).await.unwrap();
    client.get_mandate(request.mandate().unwrap()).await.unwrap()
}

pub fn details(given_name: &str) -> CustomerDetails {
    let some = |text: &str| Some(text.to_owned());
    CustomerDetails {
        customer: NewCustomer {
            given_name: some(given_name),
            family_name: some("Lovelace"),
            email: some("ada@example.com"),
            ..NewCustomer::default()
        },
        customer_billing_detail: BillingDetail {
            address_line1: some("12 St James's Square"),
            city: some("London"),
            postal_code: some("SW1Y 4JH"),
            country_code: some("GB"),
            ..BillingDetail::default()
        },
    }
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
