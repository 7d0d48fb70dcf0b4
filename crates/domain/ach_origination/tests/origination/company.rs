//! A company that collects and pays, its customers' accounts, and whoever hears of its payments.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use florin_ach::{AccountType, Change, Correction, ReturnCode, RoutingNumber, compose};
use florin_ach_origination::{Accounts, Ach, AchFile, AchRail, BankDetails, Cause, Usable, Use};
use florin_calendar::{Clock, FixedClock};
use florin_crypto::{KeyRing, Secret};
use florin_events::{EventFilter, list_in};
use florin_ids::TenantId;
use florin_jobs::{JobHandler, Outcome, claim, finish, retry_later};
use florin_money::{Currency, Money};
use florin_payments::{
    Change as Changed, Direction, Instrument, Moment, NewPayment, Owner, OwnerRef, Owners, Payment,
    PaymentState, PaymentsError, Purpose, RailKind, Rails,
};
use florin_storage::testing::{TestDb, databases};
use florin_storage::{Db, MigrationSet, Tx};
use florin_tenancy::day::DayRunner;
use florin_tenancy::{Caller, NewTenant, create_tenant_in};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// A keeper of accounts: the reference is the account number, as long as nothing was corrected or stopped.
#[derive(Default)]
pub struct Book {
    pub corrected: Mutex<BTreeMap<String, Correction>>,
    pub stopped: Mutex<BTreeMap<String, String>>,
}

impl Accounts for Book {
    fn details_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        references: &[String],
        _usage: Use,
    ) -> Result<BTreeMap<String, Usable>, Cause> {
        let corrected = self.corrected.lock().unwrap();
        let details = |reference: &String| {
            if let Some(code) = self.stopped.lock().unwrap().get(reference) {
                return Err(format!("The account was stopped by {code}."));
            }
            let correction = corrected.get(reference);
            let account = correction.and_then(|it| it.account).map(|it| it.as_str().to_owned());
            Ok(BankDetails {
                routing: RoutingNumber::parse("021000021").unwrap(),
                account: Secret::from_text(account.unwrap_or_else(|| reference.clone())),
                kind: AccountType::Checking,
                name: "Ada Lovelace".to_owned(),
                is_company: reference.starts_with("77"),
            })
        };
        Ok(references.iter().map(|it| (it.clone(), details(it))).collect())
    }

    fn corrected_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        reference: &str,
        change: &Change,
    ) -> Result<(), Cause> {
        let correction = change.code.parse_corrected(change.corrected.as_str())?;
        self.corrected.lock().unwrap().insert(reference.to_owned(), correction);
        Ok(())
    }

    fn returned_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        reference: &str,
        code: ReturnCode,
    ) -> Result<(), Cause> {
        if code.category() == florin_ach::Category::StopAccount {
            self.stopped.lock().unwrap().insert(reference.to_owned(), code.to_string());
        }
        Ok(())
    }
}

/// Whose payments they are: remembers every change of a state.
#[derive(Default)]
pub struct Listener(pub Mutex<Vec<(Uuid, PaymentState, String, Date)>>);

struct Ears(Arc<Listener>);

impl Owner for Ears {
    fn kind(&self) -> &'static str {
        "test"
    }

    fn changed_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        moment: Moment,
        changes: &[Changed],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        for change in changes.iter().filter(|it| it.before != it.payment.state) {
            let payment = &change.payment;
            let heard = (payment.id.uuid(), payment.state, payment.reason.clone(), moment.on);
            self.0.0.lock().unwrap().push(heard);
        }
        Ok(())
    }
}

/// A tenant that collects and pays by ACH.
pub struct Company {
    pub db: Db,
    pub ach: Ach,
    pub rails: Rails,
    pub days: DayRunner,
    pub caller: Caller,
    pub heard: Arc<Listener>,
    pub book: Arc<Book>,
    pub runtime: Runtime,
    keys: Arc<KeyRing>,
    clock: Arc<FixedClock>,
}

fn tenant_in(db: &Db, start: Option<Date>, now: Timestamp) -> TenantId {
    let new = NewTenant {
        name: "Company".to_owned(),
        time_zone: Some("America/New_York".to_owned()),
        clock: start,
        ..NewTenant::default()
    };
    db.write_blocking(move |tx| create_tenant_in(tx, new.clone(), now)).unwrap().0.id
}

pub fn sets() -> [MigrationSet; 5] {
    [
        florin_tenancy::MIGRATIONS,
        florin_jobs::MIGRATIONS,
        florin_events::MIGRATIONS,
        florin_payments::MIGRATIONS,
        florin_ach_origination::MIGRATIONS,
    ]
}

pub fn on_both(start: Date, test: impl Fn(&Company)) {
    for TestDb { db, .. } in &databases(&sets()) {
        test(&Company::new(db, Some(start), "2026-11-21T15:00:00Z"));
    }
}

impl Company {
    pub fn new(db: &Db, start: Option<Date>, now: &str) -> Self {
        let clock = Arc::new(FixedClock::new(now.parse().unwrap()));
        let tenant = tenant_in(db, start, clock.now());
        let keys = Arc::new(KeyRing::generate());
        Self::of(db, tenant, (keys, clock), (Arc::default(), Arc::default()))
    }

    /// The same company in another server, with its own handle on the database.
    pub fn beside(&self, db: Db) -> Self {
        let (heard, book) = (Arc::clone(&self.heard), Arc::clone(&self.book));
        let (keys, clock) = (Arc::clone(&self.keys), Arc::clone(&self.clock));
        Self::of(&db, self.caller.tenant, (keys, clock), (heard, book))
    }

    /// Another company on the same server.
    pub fn neighbour(&self, start: Option<Date>) -> Self {
        let tenant = tenant_in(&self.db, start, self.clock.now());
        let (heard, book) = (Arc::clone(&self.heard), Arc::clone(&self.book));
        let (keys, clock) = (Arc::clone(&self.keys), Arc::clone(&self.clock));
        Self::of(&self.db, tenant, (keys, clock), (heard, book))
    }

    fn of(
        db: &Db,
        tenant: TenantId,
        (keys, clock): (Arc<KeyRing>, Arc<FixedClock>),
        (heard, book): (Arc<Listener>, Arc<Book>),
    ) -> Self {
        let accounts: Arc<dyn Accounts> = Arc::<Book>::clone(&book);
        let rail = AchRail::new(Arc::clone(&keys), Arc::clone(&accounts), true);
        let owners = Owners::new(vec![Arc::new(Ears(Arc::clone(&heard)))]);
        let time: Arc<dyn Clock> = Arc::<FixedClock>::clone(&clock);
        let ach = Ach::new(db.clone(), Arc::clone(&keys), accounts, owners, Arc::clone(&time));
        let currency = Currency::from_code("USD").unwrap();
        let caller = Caller { tenant, currency, now: clock.now() };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let rails = Rails::new(vec![Arc::new(rail)]);
        let days = DayRunner::new(db.clone(), time, ach.day_steps())
            .settled_by(vec![ach.between_days(runtime.handle().clone())]);
        Self { db: db.clone(), ach, rails, days, caller, heard, book, runtime, keys, clock }
    }

    pub fn set_clock(&self, now: &str) {
        self.clock.set(now.parse().unwrap());
    }

    pub fn ask(&self, account: &str, direction: Direction, cents: i64, wanted_on: Date) -> Payment {
        let purpose = match direction {
            Direction::Collect => Purpose::Repayment,
            Direction::Pay => Purpose::Disbursement,
        };
        self.try_ask(account, (direction, purpose), cents, wanted_on, false).unwrap()
    }

    pub fn try_ask(
        &self,
        account: &str,
        (direction, purpose): (Direction, Purpose),
        cents: i64,
        wanted_on: Date,
        same_day: bool,
    ) -> Result<Payment, PaymentsError> {
        let new = self.wanted(account, (direction, purpose), cents, (wanted_on, same_day));
        Ok(self.create(vec![new])?.remove(0))
    }

    /// Pays out to many accounts, today.
    pub fn pay_many(&self, asked: Vec<(String, i64)>) {
        let day = (Date::constant(2026, 11, 24), true);
        let purpose = (Direction::Pay, Purpose::Transfer);
        let new = asked.iter().map(|(account, cents)| self.wanted(account, purpose, *cents, day));
        self.create(new.collect()).unwrap();
    }

    fn wanted(
        &self,
        account: &str,
        (direction, purpose): (Direction, Purpose),
        cents: i64,
        (wanted_on, same_day): (Date, bool),
    ) -> NewPayment {
        NewPayment {
            instrument: Instrument { rail: RailKind::Ach, reference: account.to_owned() },
            direction,
            purpose,
            amount: Money::from_minor(cents, self.caller.currency),
            owner: OwnerRef { kind: "test".to_owned(), id: florin_ids::PaymentId::new().uuid() },
            wanted_on,
            counterparty: "Ada Lovelace".to_owned(),
            note: String::new(),
            same_day,
        }
    }

    fn create(&self, new: Vec<NewPayment>) -> Result<Vec<Payment>, PaymentsError> {
        let (rails, tenant, now) = (self.rails.clone(), self.caller.tenant, self.caller.now);
        self.db.write_blocking(move |tx| {
            let moment = florin_payments::moment_in(tx, tenant, now)?;
            florin_payments::create_many_in(tx, &rails, tenant, moment, new.clone())
        })
    }

    pub fn advance(&self, to: Date) {
        self.days.advance_to_blocking(self.caller.tenant, to, &mut |_| {}).unwrap();
    }

    /// What was heard of a payment: states, reasons and days.
    pub fn heard_of(&self, payment: &Payment) -> Vec<(PaymentState, String, Date)> {
        let heard = self.heard.0.lock().unwrap();
        let of = heard.iter().filter(|(id, ..)| *id == payment.id.uuid());
        of.map(|(_, state, reason, on)| (*state, reason.clone(), *on)).collect()
    }

    pub fn files(&self) -> Vec<AchFile> {
        let mut files = self.runtime.block_on(self.ach.list_files(&self.caller)).unwrap();
        files.reverse();
        files
    }

    pub fn content(&self, index: usize) -> florin_ach::File {
        let id = self.files()[index].id;
        let bytes = self.runtime.block_on(self.ach.file_content(&self.caller, id)).unwrap();
        florin_ach::read(&bytes).unwrap()
    }

    /// The kinds of the events so far, with what they tell.
    pub fn events(&self) -> Vec<(String, serde_json::Value)> {
        let tenant = self.caller.tenant;
        let filter = EventFilter { after: 0, kind: None, limit: 1_000 };
        let found = self.db.write_blocking(move |tx| list_in(tx, tenant, &filter)).unwrap();
        found.into_iter().map(|it| (it.kind, it.data)).collect()
    }

    /// How many events of a kind there were.
    pub fn told(&self, kind: &str) -> usize {
        self.events().iter().filter(|(found, _)| found == kind).count()
    }

    /// Runs the jobs of a handler that are due at a time, once each.
    pub fn work_off(&self, handler: &dyn JobHandler, now: Timestamp) {
        self.runtime.block_on(async {
            let kinds = [(handler.kind(), handler.lease())];
            for job in claim(&self.db, &kinds, 10, now).await.unwrap() {
                let settled = match handler.run(&job).await {
                    Outcome::Done => finish(&self.db, job.lease(), now).await,
                    Outcome::Retry(error) => retry_later(&self.db, job.lease(), &error, now).await,
                    Outcome::GiveUp(error) => panic!("{error}"),
                };
                assert!(settled.unwrap());
            }
        });
    }

    /// The file with which the receiving bank returns the first entry of one of ours.
    pub fn answer(&self, index: usize, code: &str) -> Vec<u8> {
        self.answer_with(index, code, |_| {})
    }

    /// The same, with something else in the entry.
    pub fn answer_with(
        &self,
        index: usize,
        code: &str,
        change: impl FnOnce(&mut florin_ach::Entry),
    ) -> Vec<u8> {
        let sent = self.content(index);
        let mut item = self.return_of(&sent, code, 1);
        change(&mut item);
        answering(&sent, sent.batches[0].header.sec, vec![item])
    }

    /// The return of the first entry of a file.
    pub fn return_of(
        &self,
        sent: &florin_ach::File,
        code: &str,
        sequence: u32,
    ) -> florin_ach::Entry {
        let original = &sent.batches[0].entries[0];
        let trace = florin_ach::Trace::new(original.bank, sequence).unwrap();
        let reason = ReturnCode::parse(code).unwrap().into();
        compose::return_entry(original, reason, sent.batches[0].header.bank, trace)
    }
}

/// A file with which a bank answers one of ours.
pub fn answering(
    sent: &florin_ach::File,
    sec: florin_ach::Sec,
    items: Vec<florin_ach::Entry>,
) -> Vec<u8> {
    let batch = &sent.batches[0];
    let bank = batch.entries[0].bank;
    let header = compose::answering_header(&batch.header, sec, &items, bank, 1);
    let batches = vec![florin_ach::Batch { header, entries: items }];
    florin_ach::write(&florin_ach::File { header: sent.header.clone(), batches }).unwrap()
}

pub fn heard(state: PaymentState, reason: &str, on: Date) -> (PaymentState, String, Date) {
    (state, reason.to_owned(), on)
}
