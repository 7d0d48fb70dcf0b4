//! From a billing request to a mandate: by calls, and on the provider's page.

use florin_direct_debit::ApiError;
use florin_direct_debit::wire::*;

use crate::support::*;

fn request() -> NewBillingRequest {
    NewBillingRequest {
        mandate_request: MandateRequest::bacs(Metadata::from([("end_user".into(), "7".into())])),
        metadata: Metadata::new(),
        links: NewBillingRequestLinks::default(),
    }
}

#[tokio::test]
async fn a_billing_request_becomes_a_mandate() {
    let bench = bench().await;
    let client = &bench.client;
    let made = client.create_billing_request(&request(), "k1").await.unwrap();
    assert_eq!(made.status, BillingRequestStatus::Pending);
    let missing = made.actions[0].collect_customer_details.clone().unwrap().incomplete_fields;
    assert_eq!(missing.customer, ["email", "given_name", "family_name"]);

    // What is missing stands in the way of what follows.
    let early = client.confirm_payer_details(&made.id).await.unwrap_err();
    assert!(matches!(early, ApiError::State { .. }), "{early}");
    let early = client.fulfil_billing_request(&made.id).await.unwrap_err();
    assert_eq!(early.reason(), "billing_request_not_ready_to_fulfil");

    let collected = client.collect_customer_details(&made.id, &details("Ada")).await.unwrap();
    assert_eq!(collected.actions[0].status, ActionStatus::Completed);
    let account = BankAccountDetails::uk("Ada Lovelace", "200000", "55779911");
    client.collect_bank_account(&made.id, &account).await.unwrap();
    let confirmed = client.confirm_payer_details(&made.id).await.unwrap();
    assert_eq!(confirmed.status, BillingRequestStatus::ReadyToFulfil);
    let fulfilled = client.fulfil_billing_request(&made.id).await.unwrap();
    assert_eq!(fulfilled.status, BillingRequestStatus::Fulfilled);
    // Again: the same answer.
    assert_eq!(client.fulfil_billing_request(&made.id).await.unwrap(), fulfilled);

    let mandate = client.get_mandate(fulfilled.mandate().unwrap()).await.unwrap();
    assert_eq!(mandate.status, MandateStatus::PendingSubmission);
    assert_eq!(mandate.metadata["end_user"], "7");
    assert_eq!(mandate.next_possible_charge_date, Some(day("2026-11-27")));
    let customer = client.get_customer(&mandate.links.customer).await.unwrap();
    assert_eq!(customer.given_name.as_deref(), Some("Ada"));
    let account =
        client.get_customer_bank_account(&mandate.links.customer_bank_account).await.unwrap();
    assert_eq!(account.account_number_ending, "11");
    assert_eq!(account.bank_name.as_deref(), Some("BARCLAYS BANK PLC"));
    let told = bench.actions_of(&made.id).await;
    let expected = [
        "created",
        "collect_customer_details",
        "collect_bank_account",
        "payer_details_confirmed",
        "fulfilled",
    ];
    assert_eq!(told, expected);
    let cancelled = client.cancel_billing_request(&made.id).await.unwrap_err();
    assert_eq!(cancelled.reason(), "billing_request_already_finished");
}

#[tokio::test]
async fn broken_details_are_refused_field_by_field() {
    let bench = bench().await;
    let made = bench.client.create_billing_request(&request(), "k1").await.unwrap();
    let mut account = BankAccountDetails::uk("", "20000", "5577991x");
    account.currency = Some("EUR".to_owned());
    let refused = bench.client.collect_bank_account(&made.id, &account).await.unwrap_err();
    let ApiError::Validation { fields, .. } = refused else { panic!("{refused}") };
    let found: Vec<(&str, &str)> =
        fields.iter().map(|fault| (fault.field.as_str(), fault.message.as_str())).collect();
    assert_eq!(
        found,
        [
            ("branch_code", "is the wrong length (should be 6 characters)"),
            ("account_number", "must be a number"),
            ("currency", "is not supported by the scheme"),
            ("account_holder_name", "can't be blank"),
        ]
    );
    let mut details = details("Ada");
    details.customer.email = Some("ada".to_owned());
    let refused = bench.client.collect_customer_details(&made.id, &details).await.unwrap_err();
    assert!(refused.to_string().contains("email is invalid"), "{refused}");
    // Details may come in pieces; the account may be given anew, which has to be confirmed anew.
    let lookup = BankAccountDetails::uk("Ada", "400000", "12345678");
    let known = bench.client.look_up_bank_details(&lookup).await.unwrap();
    assert_eq!(known.bank_name.as_deref(), Some("HSBC UK BANK PLC"));
    assert_eq!(known.available_debit_schemes, ["bacs"]);
}

#[tokio::test]
async fn a_cancelled_billing_request_stays_cancelled() {
    let bench = bench().await;
    let made = bench.client.create_billing_request(&request(), "k1").await.unwrap();
    for _ in 0..2 {
        let cancelled = bench.client.cancel_billing_request(&made.id).await.unwrap();
        assert_eq!(cancelled.status, BillingRequestStatus::Cancelled);
    }
    let late = bench.client.collect_customer_details(&made.id, &details("Ada")).await.unwrap_err();
    assert_eq!(late.reason(), "billing_request_already_finished");
}

/// What a browser would do.
struct Browser {
    http: reqwest::Client,
    url: String,
}

impl Browser {
    async fn open(bench: &Bench) -> Browser {
        let made = bench.client.create_billing_request(&request(), "k1").await.unwrap();
        let new = NewBillingRequestFlow {
            redirect_uri: Some("https://lender.example/done?a=b".to_owned()),
            exit_uri: Some("https://lender.example/exit".to_owned()),
            auto_fulfil: None,
            prefilled_customer: Some(PrefilledCustomer {
                given_name: Some("<Ada>".to_owned()),
                ..PrefilledCustomer::default()
            }),
            links: FlowLinks { billing_request: made.id },
        };
        let flow = bench.client.create_billing_request_flow(&new, "f1").await.unwrap();
        let again = bench.client.create_billing_request_flow(&new, "f1").await.unwrap();
        assert_ne!(again.id, flow.id, "links are not held to their keys");
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Browser { http, url: flow.authorisation_url.unwrap() }
    }

    async fn get(&self) -> String {
        self.http.get(&self.url).send().await.unwrap().text().await.unwrap()
    }

    async fn post(&self, fields: &[(&str, &str)]) -> (Option<String>, String) {
        let mut form = reqwest::Url::parse("http://form/").unwrap();
        form.query_pairs_mut().extend_pairs(fields);
        let body = form.query().unwrap_or_default().to_owned();
        let response = self.http.post(&self.url).body(body).send().await.unwrap();
        let location = response.headers().get("location");
        let location = location.map(|value| value.to_str().unwrap().to_owned());
        (location, response.text().await.unwrap())
    }
}

const FORM: [(&str, &str); 9] = [
    ("given_name", "Ada"),
    ("family_name", "Lovelace"),
    ("email", "ada@example.com"),
    ("address_line1", "12 St James's Square"),
    ("city", "London"),
    ("postal_code", "SW1Y 4JH"),
    ("account_holder_name", "A Lovelace"),
    ("branch_code", "20-00-00"),
    ("account_number", "55779911"),
];

#[tokio::test]
async fn a_payer_gives_a_mandate_on_the_page() {
    let bench = bench().await;
    let browser = Browser::open(&bench).await;
    let shown = browser.get().await;
    assert!(shown.contains("value=\"&lt;Ada&gt;\""), "prefilled and escaped: {shown}");
    assert!(shown.contains("Direct Debit Guarantee"));

    let mut wrong = FORM;
    wrong[8].1 = "12";
    let (location, shown) = browser.post(&wrong).await;
    assert_eq!(location, None);
    assert!(shown.contains("role=\"alert\""));
    assert!(shown.contains("Account number is the wrong length (should be 8 characters)"));
    assert!(shown.contains("value=\"Lovelace\""), "what was typed is kept");
    let (_, shown) = browser.post(&FORM[1..]).await;
    assert!(shown.contains("First name can&#39;t be blank"), "{shown}");

    for _ in 0..2 {
        // The second time by a double click.
        let (location, _) = browser.post(&FORM).await;
        let location = location.unwrap();
        let expected = "https://lender.example/done?a=b&outcome=success&id=BRF";
        assert!(location.starts_with(expected), "{location}");
    }
    let mandates = bench.client.list_mandates(&MandateFilter::default()).await.unwrap();
    assert_eq!(mandates.items.len(), 1);
    assert!(browser.get().await.contains("This link was used"));
}

#[tokio::test]
async fn a_payer_gives_up() {
    let bench = bench().await;
    let browser = Browser::open(&bench).await;
    let (location, _) = browser.post(&[("give_up", "yes")]).await;
    assert_eq!(location.as_deref(), Some("https://lender.example/exit"));
    let mandates = bench.client.list_mandates(&MandateFilter::default()).await.unwrap();
    assert!(mandates.items.is_empty());
    // They think again.
    assert!(browser.post(&FORM).await.0.is_some());

    let lost = Browser { http: browser.http, url: format!("{}/flow/BRF1", bench.url) };
    assert!(lost.get().await.contains("This link leads nowhere"));
}

#[tokio::test]
async fn a_link_expires() {
    let bench = bench().await;
    let browser = Browser::open(&bench).await;
    bench.clock.set(at("2026-12-01T09:00:00Z"));
    assert!(browser.get().await.contains("This link leads nowhere"));
    assert!(browser.post(&FORM).await.0.is_none());
}
