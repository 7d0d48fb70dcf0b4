//! A tenant with the simulated banks and a clock that stands still; on each engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use florin_calendar::{Clock, FixedClock};
use florin_connect::aggregator::SimulatedAggregator;
use florin_connect::{
    Aggregator, Aggregators, Connect, ConnectError, ConnectJob, ConnectUser, JobType, Member, Mode,
    NewMember, NewSession, PartnerUser, Product, Session, Visitor,
};
use florin_crypto::KeyRing;
use florin_events::log::{Event, EventFilter};
use florin_ids::{ConnectUserId, TenantId};
use florin_jobs::{Job, JobHandler, Outcome};
use florin_money::Currency;
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Caller, NewTenant, create_tenant};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The tables that linked accounts need.
pub fn sets() -> Vec<MigrationSet> {
    vec![
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_ledger::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_external_accounts::MIGRATIONS,
        florin_connect::MIGRATIONS,
    ]
}

/// A tenant and everything that linked accounts need.
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub caller: Caller,
    pub connect: Connect,
    pub clock: Arc<FixedClock>,
}

/// Runs `test` with a desk on each engine.
pub async fn on_both<F>(test: impl Fn(Desk) -> F)
where
    F: Future<Output = ()>,
{
    for TestDb { db, name, .. } in &databases(&sets()) {
        println!("on {name}");
        test(Desk::new(db, None, vec![Arc::new(SimulatedAggregator)]).await).await;
    }
}

/// The same with these aggregators.
pub async fn on_both_with<F>(all: &dyn Fn() -> Vec<Arc<dyn Aggregator>>, test: impl Fn(Desk) -> F)
where
    F: Future<Output = ()>,
{
    for TestDb { db, .. } in &databases(&sets()) {
        test(Desk::new(db, None, all()).await).await;
    }
}

/// The same for a tenant whose clock is moved by hand and stands on `start`.
pub async fn on_both_simulated<F>(start: Date, test: impl Fn(Desk) -> F)
where
    F: Future<Output = ()>,
{
    for TestDb { db, .. } in &databases(&sets()) {
        test(Desk::new(db, Some(start), vec![Arc::new(SimulatedAggregator)]).await).await;
    }
}

impl Desk {
    pub async fn new(db: &Db, start: Option<Date>, all: Vec<Arc<dyn Aggregator>>) -> Self {
        Self::of(db, start, all, Currency::USD).await
    }

    /// A desk of a tenant of this currency.
    pub async fn of(
        db: &Db,
        start: Option<Date>,
        all: Vec<Arc<dyn Aggregator>>,
        currency: Currency,
    ) -> Self {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().expect("a time");
        let clock = Arc::new(FixedClock::new(now));
        let new = NewTenant {
            name: "Partner".to_owned(),
            clock: start,
            currency: Some(currency),
            ..NewTenant::default()
        };
        let (tenant, _) = create_tenant(db, new, now).await.expect("a tenant");
        let caller = Caller { tenant: tenant.id, currency, now };
        let keys = Arc::new(KeyRing::generate());
        let connect = Connect::new(db.clone(), clock.clone(), keys, Aggregators::new(all));
        Self { db: db.clone(), caller, connect, clock }
    }

    /// Another tenant on the same database.
    pub async fn neighbour(&self) -> Self {
        let new = NewTenant { name: "Neighbour".to_owned(), ..NewTenant::default() };
        let (tenant, _) = create_tenant(&self.db, new, self.clock.now()).await.expect("a tenant");
        Self { caller: Caller { tenant: tenant.id, ..self.caller.clone() }, ..self.clone() }
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    /// A visitor for the partner's user of this id.
    pub async fn visit_in(&self, user: &str, mode: Mode) -> Visitor {
        let (_, token) = self.session(user, mode).await;
        self.connect.visitor(&token).await.expect("a visitor").0
    }

    pub async fn visit(&self, user: &str) -> Visitor {
        self.visit_in(user, Mode::Aggregation).await
    }

    /// A visitor in a session for everything.
    pub async fn visit_for_all(&self, user: &str, mode: Mode) -> Visitor {
        let products = Product::ALL.to_vec();
        let new = NewSession { mode: Some(mode), products, ..NewSession::default() };
        let (_, token) = self.open(user, new).await;
        self.connect.visitor(&token).await.expect("a visitor").0
    }

    pub async fn session(&self, user: &str, mode: Mode) -> (Session, String) {
        self.open(user, NewSession { mode: Some(mode), ..NewSession::default() }).await
    }

    /// A session like this of the partner's user.
    pub async fn open(&self, user: &str, new: NewSession) -> (Session, String) {
        let user = PartnerUser { id: user.to_owned(), email: None };
        let new = NewSession { user, ..new };
        let caller = Caller { now: self.clock.now(), ..self.caller.clone() };
        let (session, token) = self.connect.create_session(&caller, new).await.expect("a session");
        (session, token.expose().to_owned())
    }

    /// What a bank's fields are filled in with.
    pub async fn login(&self, bank: &str, user: &str, password: &str) -> Vec<(Uuid, String)> {
        let found = self.connect.institution_by_code(self.tenant(), bank).await.expect("a bank");
        let value = |name: &str| match name {
            "LOGIN" => user.to_owned(),
            "PASSWORD" => password.to_owned(),
            "REGION" => "west".to_owned(),
            _ => "word".to_owned(),
        };
        found.credentials.iter().map(|field| (field.id, value(&field.field_name))).collect()
    }

    /// A new member at a bank.
    pub async fn try_add(
        &self,
        visitor: &Visitor,
        bank: &str,
        user: &str,
    ) -> Result<Member, ConnectError> {
        let new = NewMember {
            institution_code: Some(bank.to_owned()),
            credentials: self.login(bank, user, "secret").await,
            ..NewMember::default()
        };
        self.connect.add_member(visitor, new).await
    }

    pub async fn add(&self, visitor: &Visitor, bank: &str, user: &str) -> Member {
        self.try_add(visitor, bank, user).await.expect("a member")
    }

    pub async fn begin(&self, visitor: &Visitor, member: &Member, job: JobType) -> ConnectJob {
        self.connect.run_job(visitor, member.id, job).await.expect("a job")
    }

    /// Runs a job on a member until it is over or waits; answers the member afterwards.
    pub async fn aggregate(&self, visitor: &Visitor, member: &Member, job: JobType) -> Member {
        self.begin(visitor, member, job).await;
        self.work().await;
        self.look(visitor, member).await
    }

    /// A member that is linked.
    pub async fn linked(&self, visitor: &Visitor, bank: &str, user: &str) -> Member {
        let member = self.add(visitor, bank, user).await;
        let member = self.aggregate(visitor, &member, JobType::Aggregation).await;
        assert_eq!(member.status.as_str(), "CONNECTED", "{:?}", member.error);
        member
    }

    pub async fn look(&self, visitor: &Visitor, member: &Member) -> Member {
        self.connect.member(visitor, member.id).await.expect("a member")
    }

    pub async fn last_job(&self, visitor: &Visitor, member: &Member) -> ConnectJob {
        let id = self.look(visitor, member).await.most_recent_job.expect("a job");
        self.connect.job(visitor, id).await.expect("a job")
    }

    /// Answers every question of the bank with this text, or with the option of this key.
    pub async fn answer(
        &self,
        visitor: &Visitor,
        member: &Member,
        value: &str,
    ) -> Result<Member, ConnectError> {
        let asked = self.look(visitor, member).await.challenge;
        let answer = |question: &florin_connect::MemberQuestion| {
            let chosen = question.options.iter().find(|option| option.key == value);
            let chosen = chosen.or(question.options.first()).map(|option| option.id.to_string());
            (question.id, chosen.unwrap_or_else(|| value.to_owned()))
        };
        let answers = asked.iter().map(answer).collect();
        self.connect.answer_mfa(visitor, member.id, answers).await
    }

    fn handlers(&self) -> BTreeMap<&'static str, Arc<dyn JobHandler>> {
        self.connect.job_handlers().into_iter().map(|it| (it.kind(), it)).collect()
    }

    /// The jobs that are due now, claimed.
    pub async fn claim(&self) -> Vec<Job> {
        let handlers = self.handlers();
        let kinds: Vec<_> = handlers.values().map(|it| (it.kind(), it.lease())).collect();
        florin_jobs::claim(&self.db, &kinds, 1000, self.clock.now()).await.expect("jobs")
    }

    pub async fn carry_out(&self, job: &Job) -> Outcome {
        self.handlers()[job.kind.as_str()].run(job).await
    }

    /// Carries out what is due until nothing is; answers how many jobs that were.
    pub async fn work(&self) -> usize {
        let mut count = 0;
        loop {
            let jobs = self.claim().await;
            if jobs.is_empty() {
                return count;
            }
            for job in jobs {
                assert_eq!(self.carry_out(&job).await, Outcome::Done, "{job:?}");
                let now = self.clock.now();
                florin_jobs::finish(&self.db, job.lease(), now).await.expect("an end");
                count += 1;
            }
        }
    }

    /// The kinds of events that listeners were told, with the status of the member.
    pub async fn told(&self) -> Vec<(String, String)> {
        let name = |event: &Event| {
            let name = event.data.get("connection_status_name").and_then(|it| it.as_str());
            (event.kind.clone(), name.unwrap_or_default().to_owned())
        };
        self.events().await.iter().map(name).collect()
    }

    pub async fn events(&self) -> Vec<Event> {
        let tenant = self.tenant();
        let filter = EventFilter { after: 0, kind: None, limit: 1000 };
        let read = self.db.read(move |tx| florin_events::log::list_in(tx, tenant, &filter));
        read.await.expect("events")
    }

    pub async fn user(&self, id: ConnectUserId) -> Result<ConnectUser, ConnectError> {
        self.connect.user(&self.caller, id).await
    }

    /// Lets the days of a tenant whose clock is moved by hand pass.
    pub async fn pass_days_to(&self, date: Date) {
        let step = Arc::new(florin_connect::job::RefreshMembers::new(self.connect.clone()));
        let runner = DayRunner::new(self.db.clone(), self.clock.clone(), vec![step]);
        let tenant = self.tenant();
        let run = move || runner.advance_to_blocking(tenant, date, &mut |_| {});
        tokio::task::spawn_blocking(run).await.expect("no panic").expect("days pass");
    }
}
