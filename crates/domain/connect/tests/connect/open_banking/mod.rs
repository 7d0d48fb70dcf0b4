//! Members at banks that are read through the open-banking provider, which is simulated: the whole way.

use std::sync::Arc;
use std::time::Duration;

use florin_calendar::{Clock as _, FixedClock};
use florin_connect::aggregator::open_banking::OpenBanking;
use florin_connect::{
    Aggregator, AuthStatus, InstitutionQuery, JobType, Member, Mode, NewMember, OauthAnswer,
    OauthErrorReason, TransactionQuery, Visitor,
};
use florin_crypto::{KeyRing, Secret};
use florin_money::Currency;
use florin_open_banking::simulator::{Simulator, SimulatorOptions, Visit};
use florin_open_banking::{Client, ClientOptions, Credentials};
use florin_storage::testing::{TestDb, databases};
use jiff::SignedDuration;

use crate::members::support::{self, Desk};

const MONZO: &str = "monzo_monzgb2l";

/// A desk whose aggregator is open banking, and the provider on a socket.
struct Bench {
    desk: Desk,
    clock: FixedClock,
    simulator: Simulator,
    client: Client,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn on_both<F: Future<Output = ()>>(test: impl Fn(Bench) -> F) {
    for TestDb { db, .. } in &databases(&support::sets()) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let clock = FixedClock::new("2026-11-21T09:00:00Z".parse().expect("a time"));
        let options = ClientOptions {
            timeout: Duration::from_secs(60),
            sleep: Arc::new(|_| Box::pin(std::future::ready(()))),
            clock: Arc::new(clock.clone()),
            ..ClientOptions::default()
        };
        let open_banking = OpenBanking::new(db.clone(), Arc::new(KeyRing::generate()))
            .with_client_options(options.clone());
        let all: Vec<Arc<dyn Aggregator>> = vec![Arc::new(open_banking.clone())];
        let mut desk = Desk::of(db, None, all, Currency::GBP).await;
        desk.connect = desk.connect.with_public_url("https://florin.example");
        let simulator = Simulator::new(SimulatorOptions {
            journal: None,
            clock: Arc::new(clock.clone()),
            public_url: url.clone(),
            secrets: None,
            daily_limit: None,
        });
        let simulator = simulator.expect("a simulator");
        let serving = simulator.clone();
        let server = tokio::spawn(async move { serving.serve(listener).await.expect("a server") });
        let key = Secret::from_text("key");
        let account = florin_connect::aggregator::open_banking::NewOpenBankingAccount {
            base_url: Some(url.clone()),
            secret_id: "partner".to_owned(),
            secret_key: key.clone(),
        };
        open_banking.set_account(&desk.caller, account).await.expect("an account");
        let file = open_banking.institution_file(&desk.caller, &["GB"]).await.expect("a file");
        desk.connect.load_institutions(&desk.caller, &file).await.expect("a list");
        let credentials = Credentials { id: "partner".to_owned(), key };
        let client = Client::new(&url, credentials, options).expect("a client");
        test(Bench { desk, clock, simulator, client, server }).await;
    }
}

impl Bench {
    fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
        self.desk.pass(time);
    }

    /// A member of the bank, whose page is open.
    async fn add(&self, visitor: &Visitor) -> Member {
        let institution_code = Some(MONZO.to_owned());
        let new = NewMember { institution_code, is_oauth: true, ..NewMember::default() };
        self.desk.connect.add_member(visitor, new).await.expect("a member")
    }

    /// What the end user does at the bank's page, and the way back.
    async fn visit(&self, member: &Member, visit: Visit<'_>) -> florin_connect::OauthRequest {
        let page = member.oauth_window.as_deref().expect("a page");
        let to = self.simulator.visit(page, visit).expect("a way back");
        let query = to.strip_prefix("https://florin.example/connect/oauth/return?").expect("ours");
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let parameters: Vec<(String, String)> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let state = parameters.iter().find(|(name, _)| name == "state").expect("a state").1.clone();
        let answer = OauthAnswer::Returned { parameters };
        self.desk.connect.oauth_answer(&state, answer).await.expect("an answer")
    }

    /// Carries out what is due, and what is due later, until the member's job is over.
    async fn work(&self, visitor: &Visitor, member: &Member) -> Member {
        for _ in 0..60 {
            self.desk.work().await;
            let seen = self.desk.look(visitor, member).await;
            if !seen.is_being_aggregated || !seen.challenge.is_empty() {
                return seen;
            }
            self.pass(SignedDuration::from_secs(30));
        }
        panic!("a job without an end")
    }

    async fn aggregate(&self, visitor: &Visitor, member: &Member) -> Member {
        self.desk.begin(visitor, member, JobType::Aggregation).await;
        self.work(visitor, member).await
    }

    async fn held_by_provider(&self) -> (Option<u64>, Option<u64>) {
        let state = self.client.simulator_state().await.expect("a state");
        (state["requisitions"].as_u64(), state["agreements"].as_u64())
    }
}

#[tokio::test]
async fn a_bank_is_found_linked_read_lost_linked_again_and_left() {
    on_both(async |bench| {
        let (desk, connect) = (&bench.desk, &bench.desk.connect);
        let query = InstitutionQuery { search_name: Some("monzo".into()), ..Default::default() };
        let found = connect.search_institutions(desk.tenant(), query).await.expect("banks");
        assert_eq!((found[0].code.as_str(), found[0].supports_oauth), (MONZO, true));

        let visitor = desk.visit("ada").await;
        let member = bench.add(&visitor).await;
        assert_eq!(member.status.as_str(), "PENDING");
        let request = bench.visit(&member, Visit::Agree("demo")).await;
        assert_eq!(request.state.auth_status, AuthStatus::Success);
        let seen = bench.aggregate(&visitor, &member).await;
        assert_eq!(seen.status.as_str(), "CONNECTED", "{:?}", seen.error);
        let accounts = connect.member_accounts(&visitor, member.id).await.expect("accounts");
        assert_eq!(accounts.len(), 2);
        let query = TransactionQuery { per_page: Some(1000), ..TransactionQuery::default() };
        let user = visitor.user;
        let first = connect.account_transactions(&desk.caller, user, accounts[0].id, query).await;
        let first = first.expect("transactions");
        assert!(first.items.len() > 350, "{}", first.items.len());

        // The next day's job adds the next day, and nothing twice.
        bench.pass(SignedDuration::from_hours(24));
        let visitor = desk.visit("ada").await;
        assert_eq!(bench.aggregate(&visitor, &member).await.status.as_str(), "CONNECTED");
        let next = connect.account_transactions(&desk.caller, user, accounts[0].id, query).await;
        let next = next.expect("transactions");
        let of_day = |day: &str| {
            let is_of = |one: &&_| -> bool {
                let one: &florin_connect::ConnectTransaction = one;
                one.posted_on.to_string() == day
            };
            (first.items.iter().filter(is_of).count(), next.items.iter().filter(is_of).count())
        };
        let (before, after) = of_day("2026-11-21");
        assert_eq!(before, after, "what was pending is booked, once");

        // Ninety days later the bank wants its customer's consent again; the accounts stay who they are.
        bench.pass(SignedDuration::from_hours(90 * 24));
        let visitor = desk.visit("ada").await;
        let seen = bench.aggregate(&visitor, &member).await;
        let error = seen.error.expect("an error");
        assert_eq!(error.code.as_str(), "REAUTHORIZATION_REQUIRED");
        connect.oauth_window(&visitor, member.id).await.expect("a page");
        let again = desk.look(&visitor, &member).await;
        bench.visit(&again, Visit::Agree("demo")).await;
        let seen = bench.aggregate(&visitor, &member).await;
        assert_eq!((seen.status.as_str(), seen.error.is_none()), ("CONNECTED", true));
        let held = connect.member_accounts(&visitor, member.id).await.expect("accounts");
        let ids = |all: &[florin_connect::Account]| all.iter().map(|it| it.id).collect::<Vec<_>>();
        assert_eq!(ids(&held), ids(&accounts));
        assert_eq!(bench.held_by_provider().await, (Some(1), Some(1)), "the old consent is gone");

        connect.delete_member(&visitor, member.id).await.expect("a deletion");
        desk.work().await;
        assert_eq!(bench.held_by_provider().await, (Some(0), Some(0)));
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_agree_can_try_again() {
    on_both(async |bench| {
        for (user, visit, reason) in [
            ("ada", Visit::Cancel, OauthErrorReason::Cancelled),
            ("bob", Visit::Reject, OauthErrorReason::Denied),
            ("eve", Visit::BankDown, OauthErrorReason::Provider),
        ] {
            let visitor = bench.desk.visit(user).await;
            let member = bench.add(&visitor).await;
            let request = bench.visit(&member, visit).await;
            assert_eq!(request.state.error_reason, Some(reason), "{user}");
            let again = bench.add(&visitor).await;
            let request = bench.visit(&again, Visit::Agree("single")).await;
            assert_eq!(request.state.auth_status, AuthStatus::Success);
            let seen = bench.aggregate(&visitor, &member).await;
            assert_eq!(seen.status.as_str(), "CONNECTED", "{user} {:?}", seen.error);
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_is_chosen_for_payments() {
    on_both(async |bench| {
        let visitor = bench.desk.visit_in("ada", Mode::Verification).await;
        let member = bench.add(&visitor).await;
        bench.visit(&member, Visit::Agree("demo")).await;
        bench.desk.begin(&visitor, &member, JobType::Verification).await;
        let seen = bench.work(&visitor, &member).await;
        assert_eq!(seen.status.as_str(), "CHALLENGED", "{:?}", seen.error);
        assert_eq!(seen.challenge[0].external_id.as_deref(), Some("single_account_select"));
        bench.desk.answer(&visitor, &member, "the first").await.expect("an answer");
        let seen = bench.work(&visitor, &member).await;
        assert_eq!(seen.status.as_str(), "CONNECTED", "{:?}", seen.error);
        let connect = &bench.desk.connect;
        let accounts = connect.member_accounts(&visitor, member.id).await.expect("accounts");
        assert_eq!(accounts.iter().filter(|it| it.is_verified).count(), 1);
        assert!(accounts.iter().all(|it| it.numbers.account.is_some()));
    })
    .await;
}

#[tokio::test]
async fn what_banks_say_is_told_to_the_member() {
    on_both(async |bench| {
        for (name, status, code) in [
            ("no_accounts", "FAILED", Some("NO_ACCOUNTS")),
            ("down", "FAILED", Some("INSTITUTION_DOWN")),
            ("limited", "FAILED", Some("INSTITUTION_UNAVAILABLE")),
            ("inactive", "CLOSED", Some("INSTITUTION_UNAVAILABLE")),
            ("forbidden", "IMPEDED", Some("ACCESS_DENIED")),
            ("suspended", "IMPEDED", Some("ACCESS_DENIED")),
            ("expired", "DENIED", Some("REAUTHORIZATION_REQUIRED")),
            ("processing", "CONNECTED", None),
            ("partly", "CONNECTED", None),
            ("messy", "CONNECTED", None),
        ] {
            let visitor = bench.desk.visit(name).await;
            let member = bench.add(&visitor).await;
            bench.visit(&member, Visit::Agree(name)).await;
            let seen = bench.aggregate(&visitor, &member).await;
            let found = seen.error.as_ref().map(|error| error.code.as_str());
            assert_eq!((seen.status.as_str(), found), (status, code), "{name}");
        }
    })
    .await;
}
