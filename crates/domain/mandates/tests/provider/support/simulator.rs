//! The simulated provider on a socket of its own.

use std::sync::Arc;

use florin_calendar::SystemClock;
use florin_crypto::Secret;
use florin_direct_debit::simulator::{Fault, FaultKind, Simulator as Provider, SimulatorOptions};
use florin_direct_debit::wire::{
    BankAccountDetails, BillingDetail, CustomerDetails, MandateRequest, Metadata,
    NewBillingRequest, NewBillingRequestLinks, NewCustomer,
};
use florin_direct_debit::{Client, ClientOptions};
use jiff::civil::Date;

/// More requests than a test makes.
const ALWAYS: u32 = 1_000_000;

pub struct Simulator {
    pub base_url: String,
    client: Client,
}

/// One attempt for each call, so that a test sees each failure.
pub fn options() -> ClientOptions {
    ClientOptions { attempts_max: 1, ..ClientOptions::default() }
}

impl Simulator {
    pub async fn start(token: &Secret, date: Date) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let provider = Provider::new(SimulatorOptions {
            journal: None,
            clock: Arc::new(SystemClock),
            public_url: base_url.clone(),
            tokens: None,
        });
        let router = provider.expect("a simulator").router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = Client::new(&base_url, token.clone(), options()).expect("a client");
        let simulator = Self { base_url, client };
        simulator.set_date(date).await;
        simulator
    }

    pub async fn set_date(&self, date: Date) {
        self.client.simulator_set_date(date).await.expect("another date");
    }

    async fn faults(&self, faults: Vec<Fault>) {
        self.client.simulator_set_faults(&faults).await.expect("faults");
    }

    /// Nothing is done, and nothing is answered.
    pub async fn stop_answering(&self) {
        self.faults(vec![Fault::once(FaultKind::ErrorBefore).times(ALWAYS)]).await;
    }

    /// Everything is done, and the connection breaks off within the answer.
    pub async fn lose_answers(&self) {
        self.faults(vec![Fault::once(FaultKind::CutAfter).times(ALWAYS)]).await;
    }

    pub async fn answer_again(&self) {
        self.faults(vec![]).await;
    }

    /// A mandate that nobody here has asked for; answers its id.
    pub async fn stray_mandate(&self) -> String {
        let new = NewBillingRequest {
            mandate_request: MandateRequest::bacs(Metadata::new()),
            metadata: Metadata::new(),
            links: NewBillingRequestLinks::default(),
        };
        let request = self.client.create_billing_request(&new, "stray").await.expect("a request");
        self.fill_in(&request.id).await;
        let request = self.client.get_billing_request(&request.id).await.expect("a request");
        request.mandate().expect("a mandate").to_owned()
    }

    /// What an end user does on the provider's page.
    pub async fn fill_in(&self, request: &str) {
        let client = &self.client;
        let (customer, account) = details();
        client.collect_customer_details(request, &customer).await.expect("details");
        client.collect_bank_account(request, &account).await.expect("an account");
        client.confirm_payer_details(request).await.expect("a confirmation");
        client.fulfil_billing_request(request).await.expect("a mandate");
    }
}

fn details() -> (CustomerDetails, BankAccountDetails) {
    let text = |text: &str| Some(text.to_owned());
    let customer = CustomerDetails {
        customer: NewCustomer {
            given_name: text("Ada"),
            family_name: text("Lovelace"),
            email: text("ada@example.com"),
            ..NewCustomer::default()
        },
        customer_billing_detail: BillingDetail {
            address_line1: text("1 High Street"),
            city: text("London"),
            postal_code: text("N1 1AA"),
            country_code: text("GB"),
            ..BillingDetail::default()
        },
    };
    (customer, BankAccountDetails::uk("Ada Lovelace", "200000", "55779911"))
}
