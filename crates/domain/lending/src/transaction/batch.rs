//! Many requests, one transaction of the database: the hot path of `POST /transaction/`.
//!
//! Phases: (1) the tenant's day is held, the known unique keys, the loans (locked, in the order of their ids)
//! and the product's fees are read, one query a table; (2) every request is decided purely in
//! memory, in the order of arrival, each seeing what those before it did; one may be refused alone; (3) all
//! effects are written, one bulk statement a table. See [`Effects::write_in`].

use std::collections::hash_map;
use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use uuid::Uuid;

use florin_events::NewEvent;
use florin_ids::{LoanId, ProductId, TenantId, TransactionId};
use florin_ledger::{Entry, Resolution};
use florin_storage::Tx;
use florin_tenancy::day::{self, DayState};
use florin_tenancy::{Caller, Collections};

use super::entity::{
    self, Accepted, NewTransaction, Transaction, TransactionStatus, TransactionType,
};
use super::repo;
use crate::LendingError;
use crate::day_end::ORDINAL;
use crate::loan::{self, Loan};
use crate::postings::Moment;
use crate::product::{self, FeeCharge};

/// How many business days a simulated provider takes for a repayment that the partner asks for.
const COLLECTION_DAYS: i32 = 3;

/// One request and who asks.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub caller: Caller,
    pub new: NewTransaction,
}

/// The answer to one request.
pub(crate) type Answer = Result<Transaction, LendingError>;

/// All that a batch writes.
#[derive(Default)]
pub(crate) struct Effects {
    /// Loans whose own rows changed.
    pub loans: Vec<Loan>,
    pub transactions: Vec<Transaction>,
    /// Pending transactions that ended.
    pub resolved: Vec<Transaction>,
    pub keys: Vec<(String, TransactionId, [u8; 32])>,
    pub entries: Vec<Entry>,
    pub resolutions: Vec<Resolution>,
    pub events: Vec<NewEvent>,
}

impl Effects {
    /// Writes everything; the events last, since their counter is the one row that all transactions of a tenant share.
    pub(crate) fn write_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LendingError> {
        if !self.keys.is_empty() {
            repo::insert_keys(tx, tenant, &self.keys)?;
        }
        if !self.transactions.is_empty() {
            repo::insert_many(tx, tenant, &self.transactions)?;
            self.note_collections_in(tx, tenant)?;
        }
        if !self.resolved.is_empty() {
            repo::resolve_many(tx, tenant, &self.resolved)?;
            self.forget_collections_in(tx, tenant)?;
        }
        if !self.loans.is_empty() {
            loan::repo::update_many(tx, tenant, &self.loans)?;
        }
        if !self.entries.is_empty() {
            florin_ledger::post_many_in(tx, tenant, &self.entries)?;
        }
        if !self.resolutions.is_empty() {
            florin_ledger::resolve_many_in(tx, tenant, &self.resolutions)?;
        }
        if !self.events.is_empty() {
            florin_events::append_in(tx, tenant, &self.events)?;
        }
        Ok(())
    }

    fn note_collections_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LendingError> {
        let pending = self.transactions.iter().filter(|it| it.status == TransactionStatus::Pending);
        let mut asked = pending.filter_map(|it| it.processing_on.map(|date| (date, it))).peekable();
        if asked.peek().is_some() {
            repo::insert_collections(tx, tenant, asked)?;
        }
        Ok(())
    }

    fn forget_collections_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LendingError> {
        let mut by_date: BTreeMap<Date, Vec<Uuid>> = BTreeMap::new();
        for answered in &self.resolved {
            if let Some(date) = answered.processing_on {
                by_date.entry(date).or_default().push(answered.id.uuid());
            }
        }
        for (date, ids) in by_date {
            repo::delete_collections(tx, tenant, date, ids)?;
        }
        Ok(())
    }
}

/// Decides and books all requests; answers them in their order.
pub(crate) fn create_many_in(
    tx: &mut Tx,
    requests: &[Request],
) -> Result<Vec<Answer>, LendingError> {
    let mut by_tenant: BTreeMap<TenantId, Vec<usize>> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        by_tenant.entry(request.caller.tenant).or_default().push(index);
    }
    let mut answers: Vec<Option<Answer>> = requests.iter().map(|_| None).collect();
    for (tenant, indexes) in by_tenant {
        let mine: Vec<&Request> = indexes.iter().map(|index| &requests[*index]).collect();
        for (index, answer) in indexes.iter().zip(create_for_tenant_in(tx, tenant, &mine)?) {
            answers[*index] = Some(answer);
        }
    }
    Ok(answers
        .into_iter()
        .map(|answer| answer.unwrap_or(Err(LendingError::NotFound("loan"))))
        .collect())
}

fn create_for_tenant_in(
    tx: &mut Tx,
    tenant: TenantId,
    requests: &[&Request],
) -> Result<Vec<Answer>, LendingError> {
    let mut facts = Facts::load_in(tx, tenant, requests)?;
    let mut effects = Effects::default();
    let answers = requests.iter().map(|request| facts.decide(request, &mut effects)).collect();
    effects.loans =
        facts.loans.into_values().filter(|held| held.is_changed).map(|held| held.loan).collect();
    effects.write_in(tx, tenant)?;
    Ok(answers)
}

/// A loan of the batch, and whether its own row has to be written.
struct Held {
    loan: Loan,
    is_changed: bool,
}

/// What the requests of one tenant depend on.
struct Facts {
    day: DayState,
    loans: BTreeMap<LoanId, Held>,
    fees: HashMap<ProductId, Vec<(String, FeeCharge)>>,
    /// The unique keys in use: the transaction that each made, and the request.
    keys: HashMap<String, (Transaction, [u8; 32])>,
}

impl Facts {
    fn load_in(tx: &mut Tx, tenant: TenantId, requests: &[&Request]) -> Result<Self, LendingError> {
        let day = day::lock_shared_in(tx, tenant)?;
        let ids = requests.iter().map(|request| request.new.loan.uuid()).collect();
        let loans: BTreeMap<LoanId, Held> = loan::repo::lock_many(tx, tenant, ids)?
            .into_iter()
            .map(|loan| (loan.id, Held { loan, is_changed: false }))
            .collect();
        // Read after the loans are held: whoever used a key before us on one of them has committed.
        let keys = load_keys_in(tx, tenant, requests)?;
        let mut fees = HashMap::new();
        for request in requests.iter().filter(|request| request.new.kind == TransactionType::Fee) {
            let Some(held) = loans.get(&request.new.loan) else { continue };
            if let hash_map::Entry::Vacant(product) = fees.entry(held.loan.product) {
                product.insert(product::fees_in(tx, tenant, held.loan.product)?);
            }
        }
        Ok(Self { day, loans, fees, keys })
    }

    /// Decides one request; what it does is added to `effects` and seen by the requests after it.
    fn decide(&mut self, request: &Request, effects: &mut Effects) -> Answer {
        let new = &request.new;
        let fingerprint = new.unique_key.as_ref().map(|_| new.fingerprint());
        if let Some((first, asked)) = new.unique_key.as_ref().and_then(|key| self.keys.get(key)) {
            if fingerprint.as_ref() == Some(asked) {
                return Ok(first.clone());
            }
            return Err(LendingError::conflict(
                "The unique_key was used before with another request.",
            ));
        }
        let Accepted { transaction, entry } = self.accept(request)?;
        if let (Some(key), Some(fingerprint)) = (&new.unique_key, fingerprint) {
            self.keys.insert(key.clone(), (transaction.clone(), fingerprint));
            effects.keys.push((key.clone(), transaction.id, fingerprint));
        }
        effects.entries.push(entry);
        effects.transactions.push(transaction.clone());
        Ok(transaction)
    }

    fn accept(&mut self, request: &Request) -> Result<Accepted, LendingError> {
        let new = &request.new;
        let unknown = || {
            LendingError::invalid(
                "loan",
                format!("Invalid pk \"{}\" - object does not exist.", new.loan),
            )
        };
        let held = self.loans.get_mut(&new.loan).ok_or_else(unknown)?;
        let (id, currency) = (TransactionId::new(), held.loan.currency);
        let moment = Moment {
            on: self.day.date_for(ORDINAL, new.loan.uuid()),
            at: self.day.stamp(request.caller.now),
        };
        // Decided on a copy, so that a refusal leaves nothing behind.
        let mut loan = held.loan.clone();
        let mut accepted = match new.kind {
            TransactionType::Disbursement => entity::disburse(
                &mut loan,
                id,
                entity::amount_minor(new.amount, currency)?,
                moment,
            )?,
            TransactionType::Repayment => {
                let mut accepted = entity::repay(
                    &mut loan,
                    id,
                    entity::amount_minor(new.amount, currency)?,
                    moment,
                )?;
                ask_provider(&self.day, &loan, &mut accepted.transaction, moment.on);
                accepted
            }
            TransactionType::Fee => {
                let known = self
                    .fees
                    .get(&loan.product)
                    .into_iter()
                    .flatten()
                    .find(|(name, _)| Some(name) == new.name.as_ref());
                let fee = entity::resolve_fee(new, known.map(|(_, charge)| *charge), currency)?;
                entity::charge(&mut loan, id, fee, moment)?
            }
            TransactionType::Interest | TransactionType::Refund | TransactionType::Waiver => {
                return Err(LendingError::invalid(
                    "type",
                    format!("\"{}\" is not a valid choice.", new.kind),
                ));
            }
        };
        accepted.transaction.unique_key = new.unique_key.clone();
        held.is_changed |= loan.accrued != held.loan.accrued;
        held.loan = loan;
        Ok(accepted)
    }
}

/// The simulated provider is asked to collect and will answer some business days later.
fn ask_provider(day: &DayState, loan: &Loan, transaction: &mut Transaction, today: Date) {
    if day.collections == Collections::Simulated {
        transaction.processing_on =
            Some(loan.terms.calendar.add_business_days(today, COLLECTION_DAYS));
        transaction.provider_reference = Some(simulated_reference(transaction.id));
    }
}

/// The id under which the simulated provider knows a transaction.
pub(crate) fn simulated_reference(id: TransactionId) -> String {
    format!("SIM-{}", id.uuid().simple())
}

fn load_keys_in(
    tx: &mut Tx,
    tenant: TenantId,
    requests: &[&Request],
) -> Result<HashMap<String, (Transaction, [u8; 32])>, LendingError> {
    let keys: Vec<String> =
        requests.iter().filter_map(|request| request.new.unique_key.clone()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut known = repo::known_keys(tx, tenant, keys)?;
    if known.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = known.values().map(|(id, _)| id.uuid()).collect();
    let transactions: HashMap<TransactionId, Transaction> = repo::get_many(tx, tenant, ids)?
        .into_iter()
        .map(|transaction| (transaction.id, transaction))
        .collect();
    let found = known.drain().filter_map(|(key, (id, request))| {
        transactions.get(&id).map(|first| (key, (first.clone(), request)))
    });
    Ok(found.collect())
}
