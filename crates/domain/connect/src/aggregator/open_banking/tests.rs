//! The aggregator against the simulated provider, over sockets.

use std::sync::Arc;
use std::time::Duration;

use florin_calendar::{Clock as _, FixedClock};
use florin_crypto::{KeyRing, Secret};
use florin_ids::{InstitutionId, MemberId, TenantId};
use florin_money::Currency;
use florin_open_banking::ClientOptions;
use florin_open_banking::simulator::{
    DAILY_LIMIT, Fault, FaultKind, Simulator, SimulatorOptions, Visit,
};
use florin_open_banking::wire::RequisitionStatus;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::Caller;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::consent::Consent;
use super::*;
use crate::aggregator::{AccountData, Answer, Challenge, Data};
use crate::institution::Institution;
use crate::job::JobType;
use crate::oauth::OauthErrorReason;
use crate::session::Product;
use crate::{AccountType, ConnectError, MIGRATIONS};

const NOON: &str = "2026-11-21T12:00:00Z";
const RETURN: &str = "https://florin.example/connect/oauth/return?state=signed";
const MONZO: &str = "MONZO_MONZGB2L";

/// A simulator on a socket, an aggregator that knows it, a tenant.
struct Bench {
    simulator: Simulator,
    url: String,
    clock: FixedClock,
    open_banking: OpenBanking,
    tenant: TenantId,
    server: tokio::task::JoinHandle<()>,
    /// Keeps the database for as long.
    _db: TestDb,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn bench() -> Bench {
    let db = databases(&[MIGRATIONS]).remove(0);
    bench_on(db).await
}

async fn bench_on(db: TestDb) -> Bench {
    let clock = FixedClock::new(NOON.parse().unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let simulator = Simulator::new(SimulatorOptions {
        journal: None,
        clock: Arc::new(clock.clone()),
        public_url: url.clone(),
        secrets: None,
        daily_limit: Some(DAILY_LIMIT),
    })
    .unwrap();
    let serving = simulator.clone();
    let server = tokio::spawn(async move { serving.serve(listener).await.unwrap() });
    let options = ClientOptions {
        timeout: Duration::from_millis(500),
        sleep: Arc::new(|_| Box::pin(std::future::ready(()))),
        clock: Arc::new(clock.clone()),
        ..ClientOptions::default()
    };
    let open_banking = OpenBanking::new(db.db.clone(), Arc::new(KeyRing::generate()))
        .with_client_options(options)
        .with_simulator(&url);
    Bench { simulator, url, clock, open_banking, tenant: TenantId::new(), server, _db: db }
}

fn institution(external_id: &str) -> Institution {
    Institution {
        id: InstitutionId::new(),
        code: external_id.to_lowercase(),
        name: "Monzo".to_owned(),
        url: "https://bank.example".to_owned(),
        login_url: None,
        logo_url: None,
        color: "#264653".to_owned(),
        popularity: 1,
        supports_oauth: true,
        verification: true,
        identification: true,
        tax_statements: false,
        country: "GB".to_owned(),
        currency: Currency::GBP,
        routing_numbers: Vec::new(),
        forgot_password_url: None,
        forgot_username_url: None,
        trouble_signing_url: None,
        instructions: None,
        is_disabled_by_client: false,
        is_discontinued: false,
        is_hidden: false,
        is_test: false,
        credentials: Vec::new(),
        aggregator: NAME.to_owned(),
        external_id: external_id.to_owned(),
    }
}

/// What a job came to.
#[derive(Debug)]
struct Ran {
    /// Everything that was read, step by step.
    read: Vec<Data>,
    /// Why it came to nothing.
    refused: Option<Refusal>,
    challenges: Vec<Challenge>,
    waits: Vec<SignedDuration>,
}

impl Ran {
    /// The accounts with their transactions, as the last step left them.
    fn accounts(&self) -> Vec<AccountData> {
        let mut accounts: Vec<AccountData> = Vec::new();
        for account in self.read.iter().flat_map(|data| &data.accounts) {
            match accounts.iter_mut().find(|it| it.external_id == account.external_id) {
                Some(held) => *held = account.clone(),
                None => accounts.push(account.clone()),
            }
        }
        accounts
    }
}

/// How a job is asked for.
struct Job<'a> {
    job: JobType,
    is_for_verification: bool,
    is_background: bool,
    since: Option<Date>,
    grant: Option<&'a [u8]>,
    /// Which of the offered options is chosen.
    choose: usize,
}

impl<'a> Job<'a> {
    fn new(job: JobType, grant: &'a [u8]) -> Self {
        Self {
            job,
            is_for_verification: false,
            is_background: false,
            since: None,
            grant: Some(grant),
            choose: 0,
        }
    }
}

impl Bench {
    fn asked<'a>(&self, institution: &'a Institution) -> Authorize<'a> {
        Authorize {
            tenant: self.tenant,
            member: MemberId::new(),
            institution,
            state: "signed",
            return_url: RETURN,
            language: "en-GB",
            now: self.clock.now(),
        }
    }

    async fn authorize(&self) -> Authorization {
        let bank = institution(MONZO);
        self.open_banking.authorize(self.asked(&bank)).await.unwrap()
    }

    /// The end user's way back, with what stands in its address.
    async fn back(&self, grant: &[u8], url: &str) -> Grant {
        let (_, query) = url.split_once('?').unwrap();
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        let parameters: Vec<(String, String)> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let bank = institution(MONZO);
        let answer = Returned {
            tenant: self.tenant,
            member: MemberId::new(),
            institution: &bank,
            grant,
            parameters: &parameters,
            now: self.clock.now(),
        };
        self.open_banking.returned(answer).await
    }

    /// A member of this user name, linked.
    async fn linked(&self, user: &str) -> Vec<u8> {
        let authorization = self.authorize().await;
        let url = self.simulator.visit(&authorization.url, Visit::Agree(user)).unwrap();
        match self.back(&authorization.grant, &url).await {
            Grant::Given { grant } => grant,
            refused => panic!("{user}: {refused:?}"),
        }
    }

    async fn run(&self, job: Job<'_>) -> Ran {
        let bank = institution(MONZO);
        let mut ran = Ran { read: vec![], refused: None, challenges: vec![], waits: vec![] };
        let (mut state, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let now = self.clock.now();
            let ask = Ask {
                tenant: self.tenant,
                member: MemberId::new(),
                institution: &bank,
                job: job.job,
                products: Product::ALL,
                currency: Currency::GBP,
                is_for_verification: job.is_for_verification,
                is_background: job.is_background,
                credentials: &[],
                answers: &answers,
                grant: job.grant,
                state: &state,
                since: job.since,
                today: now.to_zoned(TimeZone::UTC).date(),
                now,
            };
            match self.open_banking.run(ask).await {
                Outcome::Wait { after, progress, state: next, .. } => {
                    assert!(progress <= 100);
                    ran.waits.push(after);
                    state = next;
                }
                Outcome::Challenged { challenge, state: next } => {
                    let question = &challenge.questions[0];
                    let value = question.options.get(job.choose).map(|it| it.key.clone());
                    let value = Secret::from_text(value.unwrap_or_else(|| "none".to_owned()));
                    answers = vec![Answer { key: question.key.clone(), value }];
                    ran.challenges.push(challenge);
                    state = next;
                }
                Outcome::Read { data, more } => {
                    ran.read.push(data);
                    match more {
                        Some(next) => state = next,
                        None => return ran,
                    }
                }
                Outcome::Refused(refusal) => {
                    ran.refused = Some(refusal);
                    return ran;
                }
            }
        }
        panic!("a job without an end: {ran:?}");
    }

    /// The client of the tenant's account at the simulator.
    async fn client(&self) -> florin_open_banking::Client {
        self.open_banking.client(self.tenant).await.unwrap()
    }

    fn caller(&self) -> Caller {
        Caller { tenant: self.tenant, currency: Currency::GBP, now: self.clock.now() }
    }
}

#[tokio::test]
async fn a_member_is_linked_and_read() {
    let bench = bench().await;
    let authorization = bench.authorize().await;
    assert!(authorization.url.starts_with(&bench.url), "{authorization:?}");
    let url = bench.simulator.visit(&authorization.url, Visit::Agree("demo")).unwrap();
    assert!(url.starts_with(&format!("{RETURN}&ref=")), "{url}");
    let Grant::Given { grant } = bench.back(&authorization.grant, &url).await else {
        panic!("{url}")
    };
    let ran = bench.run(Job::new(JobType::Aggregation, &grant)).await;
    assert_eq!((ran.refused, ran.challenges.len()), (None, 0));
    assert!(ran.read[0].is_complete && ran.read[0].accounts.len() == 2);
    assert!(
        ran.read[0].accounts.iter().all(|it| it.transactions.is_empty()),
        "balances come first"
    );
    let accounts = ran.accounts();
    let types: Vec<_> = accounts.iter().map(|it| it.account_type).collect();
    assert_eq!(types, [AccountType::Checking, AccountType::Savings]);
    let current = &accounts[0];
    assert_eq!(current.currency, Currency::GBP);
    assert!(current.transactions.len() > 350, "{}", current.transactions.len());
    assert!(current.numbers.is_none() && current.owners.is_none(), "what is not asked is not kept");
    let booked = current.transactions.iter().filter(|it| !it.is_pending);
    let yesterday = booked.filter(|it| it.posted_on <= date(2026, 11, 20));
    let moved: i64 = yesterday.map(|it| it.amount_minor).sum();
    assert_ne!(moved, 0);
    // A second job has the same ids, and nothing that is older than asked for.
    let since = Some(date(2026, 11, 1));
    let again = bench.run(Job { since, ..Job::new(JobType::Aggregation, &grant) }).await;
    let again = again.accounts().remove(0).transactions;
    assert!(!again.is_empty() && again.iter().all(|it| it.posted_on >= date(2026, 11, 1)));
    assert!(again.iter().all(|it| current.transactions.contains(it)));
}

#[tokio::test]
async fn jobs_read_what_they_are_for() {
    let bench = bench().await;
    let grant = bench.linked("demo").await;
    let ran = bench.run(Job::new(JobType::Balance, &grant)).await.accounts();
    assert!(ran.iter().all(|it| it.transactions.is_empty() && it.numbers.is_none()));
    let ran = bench.run(Job::new(JobType::Identification, &grant)).await.accounts();
    assert!(!ran[0].owners.as_ref().unwrap()[0].name.is_empty());
    assert!(ran[0].numbers.is_none());
    let ran = bench.run(Job::new(JobType::Combination, &grant)).await.accounts();
    assert!(ran[0].owners.is_some() && ran[0].numbers.is_some());
    assert!(!ran[0].transactions.is_empty());
    let ran = bench.run(Job::new(JobType::Tax, &grant)).await;
    assert_eq!((ran.refused, ran.accounts().len()), (None, 0));
}

#[tokio::test]
async fn an_account_is_chosen_for_payments() {
    let bench = bench().await;
    let grant = bench.linked("demo").await;
    let verify = |choose| Job {
        is_for_verification: true,
        choose,
        ..Job::new(JobType::Verification, &grant)
    };
    let ran = bench.run(verify(1)).await;
    let question = &ran.challenges[0].questions[0];
    assert_eq!(question.external_id.as_deref(), Some("single_account_select"));
    assert!(question.options[1].label.starts_with("Savings ****"), "{question:?}");
    let verified: Vec<_> = ran.accounts().iter().map(|it| it.is_verified).collect();
    assert_eq!(verified, [false, true]);
    let numbers = ran.accounts()[1].numbers.clone().unwrap();
    assert_eq!(numbers.routing.map(|it| it.len()), Some(6));
    assert_eq!(numbers.account.map(|it| it.len()), Some(8));
    assert!(numbers.iban.unwrap().starts_with("GB"));
    assert_eq!(bench.run(verify(9)).await.refused, Some(Refusal::Rejected));
    // One account alone is not asked about, and nobody is asked in the background.
    let single = bench.linked("single").await;
    let job = Job { is_for_verification: true, ..Job::new(JobType::Verification, &single) };
    let ran = bench.run(job).await;
    assert!(ran.challenges.is_empty() && ran.accounts()[0].is_verified);
    let ran = bench.run(Job { is_background: true, ..verify(0) }).await;
    assert!(ran.challenges.is_empty() && ran.refused.is_none());
    let messy = bench.linked("messy").await;
    let job = Job { is_for_verification: true, ..Job::new(JobType::Verification, &messy) };
    assert_eq!(bench.run(job).await.refused, Some(Refusal::NoEligibleAccounts));
}

#[tokio::test]
async fn whoever_does_not_agree_is_told_apart() {
    let bench = bench().await;
    for (visit, expected) in [
        (Visit::Cancel, OauthErrorReason::Cancelled),
        (Visit::Reject, OauthErrorReason::Denied),
        (Visit::Agree("rejected"), OauthErrorReason::Denied),
        (Visit::BankDown, OauthErrorReason::Provider),
    ] {
        let authorization = bench.authorize().await;
        let url = bench.simulator.visit(&authorization.url, visit).unwrap();
        let found = bench.back(&authorization.grant, &url).await;
        assert_eq!(found, Grant::Refused(expected), "{visit:?}");
        // Nothing is left of it.
        assert_eq!(bench.simulator.visit(&authorization.url, Visit::Agree("demo")), None);
    }
    // An address that says yes is not believed.
    let authorization = bench.authorize().await;
    let consent = Consent::read(&authorization.grant).unwrap();
    let forged = format!("{RETURN}&ref={}", consent.requisition);
    let found = bench.back(&authorization.grant, &forged).await;
    assert_eq!(found, Grant::Refused(OauthErrorReason::Cancelled));
    // Neither is one of another way.
    let authorization = bench.authorize().await;
    let url = bench.simulator.visit(&authorization.url, Visit::Agree("demo")).unwrap();
    let other = bench.authorize().await;
    let found = bench.back(&other.grant, &url).await;
    assert_eq!(found, Grant::Refused(OauthErrorReason::Session));
    // A page that is opened again after it was used leads back with an error, and the accounts are there.
    let again = bench.simulator.visit(&authorization.url, Visit::Agree("demo")).unwrap();
    assert!(again.contains("error=RequisitionLinkReused"), "{again}");
    let found = bench.back(&authorization.grant, &again).await;
    assert!(matches!(found, Grant::Given { .. }), "{found:?}");
}

#[tokio::test]
async fn whoever_agreed_is_let_in_though_the_provider_is_down() {
    let bench = bench().await;
    let authorization = bench.authorize().await;
    let url = bench.simulator.visit(&authorization.url, Visit::Agree("demo")).unwrap();
    let down = Fault::once(FaultKind::Error).times(9);
    bench.client().await.simulator_set_faults(&[down]).await.unwrap();
    let found = bench.back(&authorization.grant, &url).await;
    assert!(matches!(found, Grant::Given { .. }), "{found:?}");
}

#[tokio::test]
async fn what_banks_say_becomes_a_refusal() {
    let bench = bench().await;
    for (user, expected) in [
        ("no_accounts", Some(Refusal::NoAccounts)),
        ("down", Some(Refusal::Down)),
        ("broken", Some(Refusal::Down)),
        ("limited", Some(Refusal::Unavailable)),
        ("inactive", Some(Refusal::Closed)),
        ("forbidden", Some(Refusal::AccessDenied)),
        ("suspended", Some(Refusal::Impeded)),
        ("expired", Some(Refusal::ReauthorizationRequired)),
        ("partly", None),
        ("processing", None),
    ] {
        let grant = bench.linked(user).await;
        let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
        assert_eq!(ran.refused, expected, "{user}");
        match user {
            "partly" => {
                assert_eq!(ran.accounts().len(), 1);
                assert!(!ran.read[0].is_complete, "the other is not closed for that");
            }
            "processing" => assert!(ran.waits.len() >= 2 && ran.accounts().len() == 2),
            // One more of those that count, and no more.
            "broken" => assert_eq!(ran.waits.len(), 2, "{:?}", ran.waits),
            _ => {}
        }
    }
    // What can be read of many accounts is read in several steps.
    let many = bench.linked("many").await;
    let ran = bench.run(Job::new(JobType::Balance, &many)).await;
    assert_eq!(ran.accounts().len(), 12);
    assert_eq!(ran.waits, [SignedDuration::ZERO; 3]);
}

#[tokio::test]
async fn requisitions_states_become_refusals() {
    use RequisitionStatus::*;
    let bench = bench().await;
    for (status, expected) in [
        (Rejected, Some(Refusal::Denied)),
        (Expired, Some(Refusal::ReauthorizationRequired)),
        (Suspended, Some(Refusal::Impeded)),
        (UndergoingAuthentication, Some(Refusal::ReauthorizationRequired)),
        (Error, Some(Refusal::Failed)),
        (Linked, None),
    ] {
        let grant = bench.linked("single").await;
        let requisition = Consent::read(&grant).unwrap().requisition;
        bench.client().await.simulator_set_status(requisition, status).await.unwrap();
        let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
        assert_eq!(ran.refused, expected, "{status}");
        let waits = if status == UndergoingAuthentication { 15 } else { 0 };
        assert_eq!(ran.waits.len(), waits, "{status}");
    }
    let ran = bench.run(Job { grant: None, ..Job::new(JobType::Balance, &[]) }).await;
    assert_eq!(
        ran.refused,
        Some(Refusal::ReauthorizationRequired),
        "nobody has agreed to anything"
    );
    let ran = bench.run(Job::new(JobType::Balance, b"nonsense")).await;
    assert_eq!(ran.refused, Some(Refusal::ReauthorizationRequired));
}

#[tokio::test]
async fn a_consent_runs_out_and_a_new_one_leads_to_the_same_accounts() {
    let bench = bench().await;
    let grant = bench.linked("demo").await;
    let before = bench.run(Job::new(JobType::Balance, &grant)).await.accounts();
    bench.clock.advance(SignedDuration::from_hours(89 * 24));
    assert_eq!(bench.run(Job::new(JobType::Balance, &grant)).await.refused, None);
    bench.clock.advance(SignedDuration::from_hours(24));
    let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
    assert_eq!(ran.refused, Some(Refusal::ReauthorizationRequired));
    let again = bench.linked("demo").await;
    let after = bench.run(Job::new(JobType::Balance, &again)).await.accounts();
    let ids = |accounts: &[AccountData]| -> Vec<String> {
        accounts.iter().map(|it| it.external_id.clone()).collect()
    };
    assert_eq!(ids(&before), ids(&after));
}

#[tokio::test]
async fn a_bank_that_was_asked_too_often_is_left_alone() {
    let bench = bench().await;
    let grant = bench.linked("single").await;
    for _ in 0..DAILY_LIMIT {
        assert_eq!(bench.run(Job::new(JobType::Balance, &grant)).await.refused, None);
    }
    let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
    assert_eq!((ran.refused, ran.waits.len()), (Some(Refusal::Unavailable), 0));
    bench.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(bench.run(Job::new(JobType::Balance, &grant)).await.refused, None);
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let bench = bench().await;
    let grant = bench.linked("single").await;
    let client = bench.client().await;
    let short = Fault::once(FaultKind::RateLimit).times(6).on("GET", "/balances/");
    client.simulator_set_faults(&[short]).await.unwrap();
    let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
    assert_eq!((ran.refused, ran.waits.len()), (None, 2), "three attempts within each step");
    let reads = client.simulator_state().await.unwrap()["reads"].as_u64();
    assert_eq!(reads, Some(2), "details were read once");
    let down = Fault::once(FaultKind::Error).times(4).on("GET", "/transactions/");
    client.simulator_set_faults(&[down]).await.unwrap();
    let ran = bench.run(Job::new(JobType::Aggregation, &grant)).await;
    assert_eq!((ran.refused, ran.waits.len()), (None, 1));
    assert!(!ran.accounts()[0].transactions.is_empty());
    let always = Fault::once(FaultKind::Unavailable).times(99).on("GET", "/transactions/");
    client.simulator_set_faults(&[always]).await.unwrap();
    let ran = bench.run(Job::new(JobType::Aggregation, &grant)).await;
    assert_eq!(ran.refused, Some(Refusal::Down));
    assert_eq!(ran.accounts().len(), 1, "its balance was told nevertheless");
    let pauses: Vec<_> = ran.waits.iter().map(|wait| wait.as_secs()).collect();
    assert_eq!(pauses, [10, 40, 160]);
}

#[tokio::test]
async fn data_as_bad_as_banks_send_it_does_no_harm() {
    let bench = bench().await;
    let grant = bench.linked("messy").await;
    let ran = bench.run(Job::new(JobType::Combination, &grant)).await;
    assert_eq!(ran.refused, None);
    let account = ran.accounts().remove(0);
    assert!(account.available_minor.is_none(), "what is no number is not there");
    let messy: Vec<_> =
        account.transactions.iter().filter(|it| it.description == "MESSY").collect();
    let mut amounts: Vec<i64> = messy.iter().map(|it| it.amount_minor).collect();
    amounts.sort_unstable();
    // Of nineteen: a number for a text, a plus, an odd date beside a good one, an id used twice, two without any.
    assert_eq!(amounts, [-1_100, -1_000, -1_000, -1_000, -1_000, -710, 300]);
    let mut ids: Vec<_> = account.transactions.iter().map(|it| &it.external_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), account.transactions.len());
    let foreign = bench.linked("foreign").await;
    let accounts = bench.run(Job::new(JobType::Balance, &foreign)).await.accounts();
    assert_eq!(accounts[1].currency, Currency::JPY);
}

#[tokio::test]
async fn what_is_forgotten_is_gone_at_the_provider() {
    let bench = bench().await;
    let grant = bench.linked("demo").await;
    let counts = || async {
        let state = bench.client().await.simulator_state().await.unwrap();
        (state["requisitions"].as_u64(), state["agreements"].as_u64(), state["accounts"].as_u64())
    };
    assert_eq!(counts().await, (Some(1), Some(1), Some(2)));
    bench.open_banking.forget(&grant).await.unwrap();
    assert_eq!(counts().await, (Some(0), Some(0), Some(0)));
    bench.open_banking.forget(&grant).await.unwrap();
    bench.open_banking.forget(b"nonsense").await.unwrap_err();
    let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
    assert_eq!(ran.refused, Some(Refusal::ReauthorizationRequired));
    // A way that nobody went, too.
    let authorization = bench.authorize().await;
    bench.open_banking.forget(&authorization.grant).await.unwrap();
    assert_eq!(counts().await, (Some(0), Some(0), Some(0)));
}

#[tokio::test]
async fn banks_that_left_and_tenants_without_an_account_are_told_apart() {
    let bench = bench().await;
    let (gone, there) = (institution("GONE_GONEGB2L"), institution(MONZO));
    let refused = bench.open_banking.authorize(bench.asked(&gone)).await;
    assert_eq!(refused, Err(Refusal::Discontinued));
    let live = OpenBanking { simulator: None, known: Arc::default(), ..bench.open_banking.clone() };
    let refused = live.authorize(bench.asked(&there)).await;
    assert_eq!(refused, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn tenants_have_accounts_of_their_own() {
    for db in databases(&[MIGRATIONS]) {
        let bench = bench_on(db).await;
        let (caller, aggregator) = (bench.caller(), &bench.open_banking);
        let new = |key: &str| NewOpenBankingAccount {
            base_url: Some(format!("{}/", bench.url)),
            secret_id: "their-own".to_owned(),
            secret_key: Secret::from_text(key),
        };
        assert_eq!(aggregator.account(&caller).await.unwrap(), None);
        let account = aggregator.set_account(&caller, new("hush-hush")).await.unwrap();
        assert_eq!(account.base_url, bench.url);
        assert_eq!(aggregator.account(&caller).await.unwrap(), Some(account));
        let grant = bench.linked("demo").await;
        assert_eq!(bench.run(Job::new(JobType::Balance, &grant)).await.refused, None);
        let refused = aggregator.set_account(&caller, new("wrong")).await.unwrap_err();
        assert!(
            matches!(&refused, ConnectError::Invalid(faults) if faults[0].field == "secret_key"),
            "{refused:?}"
        );
        // Another tenant uses the simulator, and sees nothing of this.
        let other = OpenBanking { known: Arc::default(), ..aggregator.clone() };
        let client = other.client(TenantId::new()).await.unwrap();
        let requisition = Consent::read(&grant).unwrap().requisition;
        client.requisition(requisition).await.unwrap_err();
        // The key is sealed with the tenant's id, and is nowhere in the clear.
        let tenant = bench.tenant;
        let held = aggregator.db.read(move |tx| Ok::<_, ConnectError>(repo::get(tx, tenant)?));
        let held = held.await.unwrap().unwrap();
        assert!(!format!("{held:?}").contains("hush"));
        assert!(held.open(&aggregator.keys, TenantId::new()).is_err());
        aggregator.remove_account(&caller).await.unwrap();
        let gone = aggregator.remove_account(&caller).await.unwrap_err();
        assert!(matches!(gone, ConnectError::NotFound(_)));
        let ran = bench.run(Job::new(JobType::Balance, &grant)).await;
        assert_eq!(ran.refused, Some(Refusal::ReauthorizationRequired), "it was another's consent");
    }
}

#[tokio::test]
async fn accounts_are_checked_field_by_field() {
    let bench = bench().await;
    let production = bench.open_banking.clone().without_custom_hosts();
    let new = |base_url: Option<&str>, id: &str, key: &str| NewOpenBankingAccount {
        base_url: base_url.map(str::to_owned),
        secret_id: id.to_owned(),
        secret_key: Secret::from_text(key),
    };
    let check =
        |aggregator: OpenBanking, new: NewOpenBankingAccount, expected: Vec<&'static str>| {
            let caller = bench.caller();
            async move {
                match aggregator.set_account(&caller, new).await {
                    Err(ConnectError::Invalid(faults)) => {
                        let fields: Vec<_> = faults.iter().map(|it| it.field.as_str()).collect();
                        assert_eq!(fields, expected);
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
    check(production, new(Some(&bench.url), "id", "key"), vec!["base_url"]).await;
    let plain = || bench.open_banking.clone();
    check(plain(), new(None, "", "a b"), vec!["secret_id", "secret_key"]).await;
    check(plain(), new(Some("ftp://x"), "id", "key"), vec!["base_url"]).await;
    let (aggregator, caller) = (plain(), bench.caller());
    let nowhere = new(Some("http://127.0.0.1:9"), "id", "key");
    let nobody = aggregator.set_account(&caller, nowhere).await;
    assert!(matches!(nobody, Err(ConnectError::Unavailable(_))), "{nobody:?}");
}

#[tokio::test]
async fn the_providers_banks_become_a_partners_list() {
    let bench = bench().await;
    let file = bench.open_banking.institution_file(&bench.caller(), &["GB", "ie"]).await.unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&file).unwrap();
    assert!(rows.len() > 15, "{}", rows.len());
    let row = rows.iter().find(|row| row["external_id"] == MONZO).unwrap();
    assert_eq!((&row["code"], &row["country"]), (&"monzo_monzgb2l".into(), &"GB".into()));
    assert!(rows.iter().all(|row| row["aggregator"] == NAME && row["supports_oauth"] == true));
    let refused = bench.open_banking.institution_file(&bench.caller(), &["ZZ"]).await;
    assert!(matches!(refused, Err(ConnectError::Invalid(_))), "{refused:?}");
}
