//! One organisation: everything it has at the simulated provider, its clock and what is going to happen in it.
//!
//! An organisation is a function of the commands given to it: ids, times and outcomes are derived from its key, a
//! counter and the commands' times, so that playing a journal again gives the same organisation.

use std::collections::{BTreeMap, BTreeSet};

use florin_crypto::Secret;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::answer::Refusal;
use super::outcome::{Odds, Payer};
use super::table::Table;
use crate::bacs;
use crate::wire::*;

/// What a simulated clock shows on the date that it was moved to.
const MORNING: Time = Time::constant(9, 0, 0, 0);
/// How far apart two things stand in time at least: the provider's times have milliseconds.
const TICK: SignedDuration = SignedDuration::from_millis(1);

/// A mandate, with what the provider knows of it beyond what it shows.
#[derive(Debug)]
pub(super) struct MandateRow {
    pub mandate: Mandate,
    /// The day on which it went to the bank.
    pub submitted_on: Option<Date>,
    /// How often it was submitted, or moved by a scenario: what was planned for an earlier stage is void.
    pub stage: u32,
    /// Whether it was reinstated.
    pub is_reinstated: bool,
}

/// A payment, with what the provider knows of it beyond what it shows.
#[derive(Debug)]
pub(super) struct PaymentRow {
    pub payment: Payment,
    /// From 0: how often it was tried again.
    pub attempt: u32,
    /// How often it was submitted, or moved by a scenario: what was planned for an earlier stage is void.
    pub stage: u32,
}

/// A bank account with its whole number.
#[derive(Debug)]
pub(super) struct AccountRow {
    pub account: CustomerBankAccount,
    pub number: String,
}

/// A payer, with the address that the provider keeps apart.
#[derive(Debug)]
pub(super) struct CustomerRow {
    pub customer: Customer,
    pub billing_detail: String,
}

/// A payout and its lines.
#[derive(Debug)]
pub(super) struct PayoutRow {
    pub payout: Payout,
    pub items: Vec<PayoutItem>,
}

/// What is going to happen.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    SubmitMandate { id: String, stage: u32 },
    AnswerMandate { id: String, stage: u32 },
    SubmitPayment { id: String, stage: u32 },
    ReportPayment { id: String, stage: u32 },
    LateFailure { id: String, stage: u32 },
    ChargeBack { id: String, stage: u32 },
    CancelChargeback { id: String, stage: u32 },
    Payout,
}

/// Where webhooks are sent.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub url: String,
    pub secret: Secret,
}

/// Everything of one organisation.
#[derive(Debug)]
pub(super) struct Organisation {
    /// What it is known by: a part of the hash of its access token.
    pub key: String,
    /// Set when its clock is moved by hand.
    pub date: Option<Date>,
    /// Up to when things have happened.
    now: Timestamp,
    /// The time that was given out last.
    last: Timestamp,
    counter: u64,
    planned: u64,
    agenda: BTreeMap<(Timestamp, u64), Happening>,
    payout_times: BTreeSet<Timestamp>,
    pub creditor: Creditor,
    pub billing_requests: Table<BillingRequest>,
    pub flows: Table<BillingRequestFlow>,
    pub customers: Table<CustomerRow>,
    pub accounts: Table<AccountRow>,
    pub mandates: Table<MandateRow>,
    pub payments: Table<PaymentRow>,
    pub payouts: Table<PayoutRow>,
    pub events: Table<Event>,
    /// (kind, key) of every creation.
    pub keys: BTreeMap<(&'static str, String), String>,
    /// Confirmed payments, to be paid out.
    pub collected: BTreeSet<String>,
    /// Payments whose charge-back was cancelled, to be paid out again.
    pub won: BTreeSet<String>,
    /// What came back after its payout: payment, kind of line, pence.
    pub owed: Vec<(String, PayoutItemKind, i64)>,
    pub odds: Odds,
    pub endpoint: Option<Endpoint>,
    /// Events that were delivered by webhook, or passed over.
    pub delivered: usize,
}

impl Organisation {
    /// A new one.
    pub fn new(key: &str, now: Timestamp) -> Self {
        let creditor = Creditor {
            id: derived("CR", key, 0),
            created_at: now,
            name: "Florin Sandbox".to_owned(),
            country_code: Some("GB".to_owned()),
            verification_status: "successful".to_owned(),
        };
        Self {
            key: key.to_owned(),
            date: None,
            now,
            last: Timestamp::MIN,
            counter: 0,
            planned: 0,
            agenda: BTreeMap::new(),
            payout_times: BTreeSet::new(),
            creditor,
            billing_requests: Table::default(),
            flows: Table::default(),
            customers: Table::default(),
            accounts: Table::default(),
            mandates: Table::default(),
            payments: Table::default(),
            payouts: Table::default(),
            events: Table::default(),
            keys: BTreeMap::new(),
            collected: BTreeSet::new(),
            won: BTreeSet::new(),
            owed: Vec::new(),
            odds: Odds::default(),
            endpoint: None,
            delivered: 0,
        }
    }

    /// The organisation's time when the provider's clock shows `real`.
    pub fn time(&self, real: Timestamp) -> Timestamp {
        match self.date {
            Some(date) => bacs::uk_instant(date.to_datetime(MORNING)),
            None => real,
        }
    }

    /// Up to when things have happened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether nothing has ever happened in it.
    pub fn is_untouched(&self) -> bool {
        self.events.rows().is_empty()
    }

    /// Lets everything happen that is due by `now`, each thing at its own time: asking often or seldom gives the same.
    pub fn run_to(&mut self, now: Timestamp) {
        while let Some(entry) = self.agenda.first_entry() {
            let due = entry.key().0;
            if due > now {
                break;
            }
            let happening = entry.remove();
            self.now = self.now.max(due);
            self.happen(happening);
        }
        self.now = self.now.max(now);
    }

    /// Sets the clock of an untouched organisation back or forward to a time.
    pub fn start_at(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// A time for something new: later than every one given out before.
    pub fn stamp(&mut self) -> Timestamp {
        let next = self.last.checked_add(TICK).unwrap_or(Timestamp::MAX);
        self.last = self.now.max(next);
        self.last
    }

    /// A new id: `PM`, ... and twelve characters that cannot be guessed without the organisation's key.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        derived(prefix, &self.key, self.counter)
    }

    /// Plans something.
    pub fn plan(&mut self, at: Timestamp, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), happening);
    }

    /// Plans a payout, once for a time.
    pub fn plan_payout(&mut self, at: Timestamp) {
        if self.payout_times.insert(at) {
            self.plan(at, Happening::Payout);
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::SubmitMandate { id, stage } => self.submit_mandate(&id, stage),
            Happening::AnswerMandate { id, stage } => self.answer_mandate(&id, stage),
            Happening::SubmitPayment { id, stage } => self.submit_payment(&id, stage),
            Happening::ReportPayment { id, stage } => self.report_payment(&id, stage),
            Happening::LateFailure { id, stage } => self.late_failure(&id, stage),
            Happening::ChargeBack { id, stage } => self.charge_back(&id, stage),
            Happening::CancelChargeback { id, stage } => self.cancel_chargeback(&id, stage),
            Happening::Payout => self.pay_out(),
        }
    }

    /// Who pays over a mandate; blank when it is not known.
    pub fn payer<'a>(&'a self, links: &MandateLinks) -> Payer<'a> {
        let customer = self.customers.get(&links.customer).ok();
        let account = self.accounts.get(&links.customer_bank_account).ok();
        let given_name = customer.and_then(|row| row.customer.given_name.as_deref());
        Payer {
            given_name: given_name.unwrap_or_default(),
            account_number: account.map_or("", |row| row.number.as_str()),
        }
    }

    /// Writes an event down; answers its id.
    pub fn tell(&mut self, told: Told) -> String {
        let event = Event {
            id: self.new_id("EV"),
            created_at: self.stamp(),
            resource_type: told.about,
            action: told.action.to_owned(),
            details: told.details,
            metadata: told.metadata,
            resource_metadata: told.resource_metadata,
            links: told.links,
        };
        let id = event.id.clone();
        self.events.insert(&id, event);
        id
    }

    /// What was created with this key before is a conflict.
    pub fn check_key(&self, kind: &'static str, key: Option<&str>) -> Result<(), Refusal> {
        let Some(key) = key else { return Ok(()) };
        match self.keys.get(&(kind, key.to_owned())) {
            Some(id) => Err(Refusal::Conflict(id.clone())),
            None => Ok(()),
        }
    }

    /// Remembers what was created with a key.
    pub fn keep_key(&mut self, kind: &'static str, key: Option<&str>, id: &str) {
        if let Some(key) = key {
            self.keys.insert((kind, key.to_owned()), id.to_owned());
        }
    }
}

/// An event to be written down.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub about: ResourceType,
    pub action: &'static str,
    pub details: EventDetails,
    pub metadata: Metadata,
    pub resource_metadata: Metadata,
    pub links: EventLinks,
}

impl Told {
    pub fn new(about: ResourceType, action: &'static str, details: EventDetails) -> Self {
        Self {
            about,
            action,
            details,
            metadata: Metadata::new(),
            resource_metadata: Metadata::new(),
            links: EventLinks::default(),
        }
    }
}

/// Details of what the provider or the caller of its API did.
pub(super) fn because(origin: &str, cause: &str, description: &str) -> EventDetails {
    EventDetails {
        origin: origin.to_owned(),
        cause: cause.to_owned(),
        description: description.to_owned(),
        ..EventDetails::default()
    }
}

/// The `number`th id of an organisation.
fn derived(prefix: &str, key: &str, number: u64) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    hash.update(number.to_be_bytes());
    let bytes: [u8; 32] = hash.finalize().into();
    let tail = bytes[..12].iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)]));
    prefix.chars().chain(tail).collect()
}
