//! A tenant with a simulated clock, an end user, and the simulated provider over a socket; on each engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use florin_calendar::{Clock, FixedClock};
use florin_crypto::{KeyRing, Secret};
use florin_direct_debit::Client;
use florin_events::log::{Event, EventFilter};
use florin_ids::{EndUserId, MandateId, PaymentId, ProviderAccountId, TenantId};
use florin_jobs::{JobHandler, Outcome};
use florin_mandates::{
    Collector, DirectDebitRail, Environment, FlowState, Mandate, Mandates, NewFlow,
    NewProviderAccount, Pages, PayerDetails, Prefilled, SettleDirectDebit, mandate,
};
use florin_money::{Currency, Money};
use florin_payments::{
    Change, Direction, Instrument, Moment, NewPayment, Owner, OwnerRef, Owners, Payment,
    PaymentState, PaymentsError, Purpose, RailKind, Rails,
};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet, Tx};
use florin_tenancy::day::{self, DayRunner};
use florin_tenancy::{Caller, NewTenant, create_tenant};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub mod simulator;

use simulator::Simulator;

/// An account number that nothing is special about.
pub const SOUND: &str = "55779911";
pub const SECRET: &str = "webhook-secret";

/// The tables that mandates need.
pub fn sets() -> [MigrationSet; 6] {
    [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_mandates::MIGRATIONS,
    ]
}

/// Remembers what it is told.
#[derive(Default)]
pub struct Book(Mutex<Vec<(PaymentId, PaymentState, PaymentState)>>);

impl Owner for Book {
    fn kind(&self) -> &'static str {
        "test"
    }

    fn changed_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        changes: &[Change],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let told = changes.iter().map(|it| (it.payment.id, it.before, it.payment.state));
        self.0.lock().expect("no panic").extend(told);
        Ok(())
    }
}

/// A tenant and everything that direct debit needs.
pub struct Desk {
    pub db: Db,
    pub caller: Caller,
    pub mandates: Mandates,
    pub collector: Collector,
    pub rails: Rails,
    pub account: ProviderAccountId,
    pub simulator: Simulator,
    /// The same organisation as the desk's, for a look behind the scenes.
    pub client: Client,
    pub clock: Arc<FixedClock>,
    pub book: Arc<Book>,
    runner: DayRunner,
}

/// Runs `test` with a desk whose clock stands on `start`, on each engine.
pub async fn on_both<F>(start: Date, test: impl Fn(Desk) -> F)
where
    F: Future<Output = ()>,
{
    for TestDb { db, .. } in &databases(&sets()) {
        test(Desk::new(db, start, Pages::Own).await).await;
    }
}

impl Desk {
    pub async fn new(db: &Db, start: Date, pages: Pages) -> Self {
        Self::on(db, Some(start), pages).await
    }

    /// A tenant on the real clock, which stands still; the simulator's stands on the same day.
    pub async fn on_the_real_clock(db: &Db, pages: Pages) -> Self {
        Self::on(db, None, pages).await
    }

    /// A second tenant in the same database, with an organisation of its own.
    pub async fn beside(db: &Db, start: Date) -> Self {
        let token = Secret::from_text("token_of_another_desk");
        Self::with(db, Some(start), Pages::Own, token).await
    }

    async fn on(db: &Db, start: Option<Date>, pages: Pages) -> Self {
        // The same one each time, from which the simulator derives what happens by chance.
        Self::with(db, start, pages, Secret::from_text("token_of_the_desk")).await
    }

    async fn with(db: &Db, start: Option<Date>, pages: Pages, token: Secret) -> Self {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(FixedClock::new(now));
        let new = NewTenant { name: "Lender".to_owned(), clock: start, ..NewTenant::default() };
        let (tenant, _) = create_tenant(db, new, now).await.expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency: Currency::GBP, now };
        let start = start.unwrap_or_else(|| now.to_zoned(jiff::tz::TimeZone::UTC).date());
        let simulator = Simulator::start(&token, start).await;
        let mandates = Mandates::new(db.clone(), Arc::new(KeyRing::generate()), clock.clone())
            .with_client_options(simulator::options());
        let account = NewProviderAccount {
            environment: Environment::Custom,
            base_url: Some(simulator.base_url.clone()),
            is_simulator: Some(true),
            access_token: token.clone(),
            webhook_secret: Secret::from_text(SECRET),
            creditor: None,
            pages,
        };
        let account = mandates.set_account(&caller, account).await.expect("an account").id;
        let book = Arc::new(Book::default());
        let collector =
            Collector::new(mandates.clone(), Owners::new(vec![book.clone() as Arc<dyn Owner>]));
        let rails = Rails::new(vec![Arc::new(DirectDebitRail::new(clock.clone()))]);
        let settle =
            SettleDirectDebit::shared(collector.clone(), tokio::runtime::Handle::current());
        let runner = DayRunner::new(db.clone(), clock.clone(), vec![]).settled_by(vec![settle]);
        let client =
            Client::new(&simulator.base_url, token, simulator::options()).expect("a client");
        Self {
            db: db.clone(),
            caller,
            mandates,
            collector,
            rails,
            account,
            simulator,
            client,
            clock,
            book,
            runner,
        }
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    /// Another tenant, on a clock of its own.
    pub async fn stranger(&self) -> Caller {
        let clock = Some(Date::constant(2023, 1, 1));
        let new = NewTenant { name: "Stranger".to_owned(), clock, ..NewTenant::default() };
        let made = create_tenant(&self.db, new, self.caller.now).await.expect("a tenant");
        Caller { tenant: made.0.id, ..self.caller.clone() }
    }

    /// Lets the days pass up to `date`, each with its settling.
    pub async fn pass(&self, date: Date) {
        let (runner, tenant) = (self.runner.clone(), self.tenant());
        let run = move || runner.advance_to_blocking(tenant, date, &mut |_| {});
        tokio::task::spawn_blocking(run).await.expect("no panic").expect("days pass");
    }

    /// Settles the day on which the tenant is.
    pub async fn settle(&self) {
        let date = self.today().await;
        self.collector.settle(self.tenant(), date).await.expect("a settled day");
    }

    pub async fn today(&self) -> Date {
        let tenant = self.tenant();
        let state = self.db.read(move |tx| day::state_in(tx, tenant)).await.expect("a day");
        state.business_date
    }

    pub async fn moment(&self) -> Moment {
        let (tenant, now) = (self.tenant(), self.clock.now());
        let read = self.db.read(move |tx| {
            let state = day::state_in(tx, tenant)?;
            Ok::<_, PaymentsError>(Moment { on: state.business_date, at: state.stamp(now) })
        });
        read.await.expect("a moment")
    }

    /// Starts a flow; answers its token.
    pub async fn link(&self, end_user: EndUserId) -> Secret {
        let new = NewFlow {
            end_user,
            success_url: "https://lender.example/thanks".to_owned(),
            failure_url: "https://lender.example/sorry".to_owned(),
            prefilled: Prefilled { given_name: "Ada".to_owned(), ..Prefilled::default() },
            expires_after: None,
        };
        self.mandates.start_flow(&self.caller, new).await.expect("a flow").1
    }

    /// A mandate as it is when the end user has just given it.
    pub async fn new_mandate(&self, account_number: &str) -> Mandate {
        let token = self.link(EndUserId::new()).await;
        let flow = self.mandates.submit_flow(token.expose(), details(account_number)).await;
        let flow = flow.expect("a submitted flow");
        assert_eq!((flow.state, flow.reason.as_str()), (FlowState::Completed, ""));
        self.mandate(flow.mandate.expect("a mandate")).await
    }

    /// A mandate that has become active; a week passes.
    pub async fn active_mandate(&self, account_number: &str) -> Mandate {
        let mandate = self.new_mandate(account_number).await;
        let today = self.today().await;
        self.pass(today.saturating_add(jiff::Span::new().days(10))).await;
        let mandate = self.mandate(mandate.id).await;
        assert_eq!(mandate.status.as_str(), "active");
        mandate
    }

    pub async fn mandate(&self, id: MandateId) -> Mandate {
        self.mandates.get_mandate(&self.caller, id).await.expect("a mandate")
    }

    /// Asks for 50 pounds over a mandate.
    pub async fn collect(&self, mandate: MandateId, wanted_on: Date) -> Payment {
        self.try_collect(mandate, wanted_on).await.expect("a payment")
    }

    pub async fn try_collect(
        &self,
        mandate: MandateId,
        wanted_on: Date,
    ) -> Result<Payment, PaymentsError> {
        let (tenant, rails, moment) = (self.tenant(), self.rails.clone(), self.moment().await);
        let new = NewPayment {
            instrument: Instrument { rail: RailKind::DirectDebit, reference: mandate.to_string() },
            direction: Direction::Collect,
            purpose: Purpose::Repayment,
            amount: Money::from_minor(5_000, Currency::GBP),
            owner: OwnerRef { kind: "test".to_owned(), id: Uuid::nil() },
            wanted_on,
            counterparty: "Ada Lovelace".to_owned(),
            note: "Instalment 1".to_owned(),
            same_day: false,
        };
        let made = self.db.write(move |tx| {
            florin_payments::create_many_in(tx, &rails, tenant, moment, vec![new.clone()])
        });
        Ok(made.await?.remove(0))
    }

    pub async fn retry(&self, payment: PaymentId, wanted_on: Date) -> Payment {
        let (tenant, rails, moment) = (self.tenant(), self.rails.clone(), self.moment().await);
        let retried = self.db.write(move |tx| {
            florin_payments::retry_in(tx, &rails, tenant, moment, payment, wanted_on)
        });
        retried.await.expect("another attempt")
    }

    pub async fn cancel(&self, payment: PaymentId) -> bool {
        let (tenant, rails, moment) = (self.tenant(), self.rails.clone(), self.moment().await);
        let cancelled = self
            .db
            .write(move |tx| florin_payments::cancel_in(tx, &rails, tenant, moment, payment));
        cancelled.await.expect("an answer")
    }

    pub async fn payment(&self, id: PaymentId) -> Payment {
        let tenant = self.tenant();
        let found = self.db.read(move |tx| florin_payments::get_in(tx, tenant, id));
        found.await.expect("an answer").expect("a payment")
    }

    /// The changes of state that the owner was told of, in order.
    pub fn told(&self, payment: PaymentId) -> Vec<&'static str> {
        let told = self.book.0.lock().expect("no panic");
        told.iter().filter(|it| it.0 == payment && it.1 != it.2).map(|it| it.2.as_str()).collect()
    }

    /// The payments that the provider has.
    pub async fn remote_payments(&self) -> Vec<florin_direct_debit::wire::Payment> {
        self.client.list_payments(&Default::default()).await.expect("payments").items
    }

    /// Every event that listeners were told.
    pub async fn events(&self) -> Vec<Event> {
        let tenant = self.tenant();
        let filter = EventFilter { after: 0, kind: None, limit: 1000 };
        let read = self.db.read(move |tx| florin_events::log::list_in(tx, tenant, &filter));
        read.await.expect("events")
    }

    /// Carries out the jobs of a kind that are there, whatever their time; answers how each went.
    pub async fn run_jobs(&self, kind: &'static str) -> Vec<Outcome> {
        let handlers: BTreeMap<&str, Arc<dyn JobHandler>> =
            self.collector.job_handlers().into_iter().map(|it| (it.kind(), it)).collect();
        let kinds = [(kind, jiff::SignedDuration::from_secs(60))];
        let later = self.clock.now() + jiff::SignedDuration::from_hours(24 * 30);
        let jobs = florin_jobs::claim(&self.db, &kinds, 100, later).await.expect("jobs");
        let mut outcomes = Vec::new();
        for job in jobs {
            let outcome = handlers[kind].run(&job).await;
            if outcome == Outcome::Done {
                florin_jobs::finish(&self.db, job.lease(), later).await.expect("an end");
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    pub async fn active_of(&self, end_user: EndUserId) -> Option<Mandate> {
        let tenant = self.tenant();
        let found = self.db.read(move |tx| mandate::active_of_in(tx, tenant, end_user));
        found.await.expect("an answer")
    }
}

/// Sound details with this account number.
pub fn details(account_number: &str) -> PayerDetails {
    PayerDetails {
        given_name: "Ada".to_owned(),
        family_name: "Lovelace".to_owned(),
        company_name: String::new(),
        email: "ada@example.com".to_owned(),
        address_line1: "1 High Street".to_owned(),
        address_line2: String::new(),
        city: "London".to_owned(),
        postal_code: "N1 1AA".to_owned(),
        account_holder_name: "Ada Lovelace".to_owned(),
        sort_code: "20-00-00".to_owned(),
        account_number: account_number.to_owned(),
    }
}
