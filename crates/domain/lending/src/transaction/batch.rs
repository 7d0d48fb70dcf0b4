//! Many requests, one transaction of the database: the hot path of `POST /transaction/`.
//!
//! Phases: (1) the tenant's day is held, the known unique keys, the loans (locked, in the order of their ids)
//! and the product's fees are read, one query a table; (2) every request is decided purely in
//! memory, in the order of arrival, each seeing what those before it did; one may be refused alone; (3) all
//! effects are written, one bulk statement a table. See [`Effects::write_in`].

use std::collections::hash_map;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use florin_events::NewEvent;
use florin_ids::{EntryId, LoanId, PaymentId, ProductId, TenantId, TransactionId};
use florin_ledger::{Entry, Resolution};
use florin_payments::Rails;
use florin_storage::Tx;
use florin_tenancy::day::{self, DayState};
use florin_tenancy::{Caller, Collections};

use super::entity::{
    self, Accepted, NewTransaction, Transaction, TransactionStatus, TransactionType,
};
use super::{correct, kept, repo, resolve, reversing};
use crate::LendingError;
use crate::collections::{Asked, Movers, ahead, clearing};
use crate::day_end::ORDINAL;
use crate::loan::dues::{Due, Dues};
use crate::loan::{self, Instalment, Loan, servicing};
use crate::postings::Moment;
use crate::product::{self, FeeCharge};
use crate::statement::{self, Statement};

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
    /// Transactions that changed: pending ones that ended, reverted ones, failed ones that are tried again.
    pub resolved: Vec<Transaction>,
    /// Failed repayments that statements show, as they were before they are tried again.
    pub past_attempts: Vec<Transaction>,
    pub keys: Vec<(String, TransactionId, [u8; 32])>,
    pub entries: Vec<Entry>,
    /// Which payments those on the clearing account belong to.
    pub cleared: Vec<(PaymentId, EntryId)>,
    pub resolutions: Vec<Resolution>,
    /// Dues that changed, for loans whose other dues stay.
    pub dues: Vec<(LoanId, Due)>,
    /// All the dues of loans whose story was told again.
    pub replaced_dues: Vec<(LoanId, Dues)>,
    /// Schedules that were made anew.
    pub schedules: Vec<(LoanId, Vec<Instalment>)>,
    pub statements: Vec<Statement>,
    /// Nights whose interest a revert took back: from (inclusive) to (exclusive).
    pub lost_nights: Vec<(LoanId, Date, Date)>,
    pub events: Vec<NewEvent>,
    /// Transactions whose money a rail is to move; see [`Effects::ask_in`].
    pub asked: Vec<Asked>,
}

impl Effects {
    /// Writes everything; the events last, since their counter is the one row that all transactions of a tenant share.
    pub(crate) fn write_in(&self, tx: &mut Tx, tenant: TenantId) -> Result<(), LendingError> {
        if !self.keys.is_empty() {
            repo::insert_keys(tx, tenant, &self.keys)?;
        }
        if !self.transactions.is_empty() {
            repo::insert_many(tx, tenant, &self.transactions)?;
            note_collections_in(tx, tenant, &self.transactions)?;
        }
        if !self.resolved.is_empty() {
            repo::resolve_many(tx, tenant, &self.resolved)?;
            self.forget_collections_in(tx, tenant)?;
            note_collections_in(tx, tenant, &self.resolved)?;
        }
        if !self.past_attempts.is_empty() {
            statement::repo::insert_attempts(tx, tenant, &self.past_attempts)?;
        }
        if !self.loans.is_empty() {
            loan::repo::update_many(tx, tenant, &self.loans)?;
        }
        for (loan, dues) in &self.replaced_dues {
            loan::dues::repo::replace(tx, tenant, *loan, dues)?;
        }
        if !self.dues.is_empty() {
            let dues = self.dues.iter().map(|(loan, due)| (*loan, due));
            loan::dues::repo::save_many(tx, tenant, dues)?;
        }
        for (loan, instalments) in &self.schedules {
            loan::repo::replace_instalments(tx, tenant, *loan, instalments)?;
        }
        for (loan, from, until) in &self.lost_nights {
            loan::repo::insert_pause(tx, tenant, *loan, (*from, *until))?;
        }
        if !self.statements.is_empty() {
            statement::repo::insert_many(tx, tenant, &self.statements)?;
        }
        if !self.entries.is_empty() {
            florin_ledger::post_many_in(tx, tenant, &self.entries)?;
        }
        if !self.cleared.is_empty() {
            clearing::note_entries(tx, tenant, &self.cleared)?;
        }
        if !self.resolutions.is_empty() {
            florin_ledger::resolve_many_in(tx, tenant, &self.resolutions)?;
        }
        if !self.events.is_empty() {
            florin_events::append_in(tx, tenant, &self.events)?;
        }
        Ok(())
    }

    /// Whether transactions of the loan stay pending beside those that are ended here. What is being given back does
    /// not change what the loan owes.
    pub(crate) fn leaves_pending_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        loan: LoanId,
    ) -> Result<bool, LendingError> {
        let pending = repo::pending_of(tx, tenant, loan)?;
        let mut moving = pending.iter().filter(|it| it.kind != TransactionType::Refund);
        Ok(moving.any(|it| self.resolved.iter().all(|ended| ended.id != it.id)))
    }

    /// Notes what a posting changed in the loan's dues, the last change of a batch in the end.
    pub(crate) fn note_dues(&mut self, loan: LoanId, before: &Dues, after: &Dues) {
        for due in after.changed_since(before) {
            self.dues.retain(|(of, noted)| (*of, noted.due_on) != (loan, due.due_on));
            self.dues.push((loan, *due));
        }
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

/// Notes what the simulated provider has been asked for: pending transactions with a day on which it answers.
fn note_collections_in(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: &[Transaction],
) -> Result<(), LendingError> {
    let is_asked =
        |it: &&Transaction| it.status == TransactionStatus::Pending && it.payment.is_none();
    let pending = transactions.iter().filter(is_asked);
    let mut asked = pending.filter_map(|it| it.processing_on.map(|date| (date, it))).peekable();
    if asked.peek().is_some() {
        repo::insert_collections(tx, tenant, asked)?;
    }
    Ok(())
}

/// Decides and books all requests; answers them in their order.
pub(crate) fn create_many_in(
    tx: &mut Tx,
    rails: &Rails,
    requests: &[Request],
) -> Result<Vec<Answer>, LendingError> {
    let mut by_tenant: BTreeMap<TenantId, Vec<usize>> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        by_tenant.entry(request.caller.tenant).or_default().push(index);
    }
    let mut answers: Vec<Option<Answer>> = requests.iter().map(|_| None).collect();
    for (tenant, indexes) in by_tenant {
        let mine: Vec<&Request> = indexes.iter().map(|index| &requests[*index]).collect();
        for (index, answer) in indexes.iter().zip(create_for_tenant_in(tx, rails, tenant, &mine)?) {
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
    rails: &Rails,
    tenant: TenantId,
    requests: &[&Request],
) -> Result<Vec<Answer>, LendingError> {
    let mut facts = Facts::load_in(tx, rails, tenant, requests)?;
    let mut effects = Effects::default();
    let mut answers: Vec<Answer> =
        requests.iter().map(|request| facts.decide(request, &mut effects)).collect();
    if !effects.asked.is_empty() {
        let at = requests.first().map_or(Timestamp::UNIX_EPOCH, |first| first.caller.now);
        let moment = Moment { on: facts.day.business_date, at: facts.day.stamp(at) };
        effects.ask_in(tx, rails, tenant, moment)?;
        for answer in answers.iter_mut().flatten() {
            if let Some(asked) = effects.transactions.iter().find(|it| it.id == answer.id) {
                answer.clone_from(asked);
            }
        }
    }
    facts.call_off_paid_in(tx, rails, requests, &mut effects)?;
    facts.close_waived_in(tx, tenant, &effects)?;
    effects.loans =
        facts.loans.into_values().filter(|held| held.is_changed).map(|held| held.loan).collect();
    effects.write_in(tx, tenant)?;
    Ok(answers)
}

/// A loan of the batch with what is unpaid of it, and whether its own row has to be written.
#[derive(Clone)]
struct Held {
    loan: Loan,
    dues: Dues,
    /// What is owed to the borrower, where it pays a fee that is charged.
    kept: i64,
    /// Principal that repayments are about to take back, where it is disbursed again.
    reversing: i64,
    is_changed: bool,
}

impl Held {
    fn of(loan: Loan) -> Self {
        Self { loan, dues: Dues::default(), kept: 0, reversing: 0, is_changed: false }
    }
}

/// What the requests of one tenant depend on.
struct Facts {
    day: DayState,
    loans: BTreeMap<LoanId, Held>,
    fees: HashMap<ProductId, Vec<(String, FeeCharge)>>,
    movers: Movers,
    /// The unique keys in use: the transaction that each made, and the request.
    keys: HashMap<String, (Transaction, [u8; 32])>,
}

impl Facts {
    fn load_in(
        tx: &mut Tx,
        rails: &Rails,
        tenant: TenantId,
        requests: &[&Request],
    ) -> Result<Self, LendingError> {
        let day = day::lock_shared_in(tx, tenant)?;
        let ids = requests.iter().map(|request| request.new.loan.uuid()).collect();
        let mut loans: BTreeMap<LoanId, Held> = loan::repo::lock_many(tx, tenant, ids)?
            .into_iter()
            .map(|loan| (loan.id, Held::of(loan)))
            .collect();
        load_dues_in(tx, tenant, &mut loans)?;
        load_kept_in(tx, tenant, requests, &mut loans)?;
        load_reversing_in(tx, tenant, requests, &mut loans)?;
        // Read after the loans are held: whoever used a key before us on one of them has committed.
        let keys = load_keys_in(tx, tenant, requests)?;
        let mut fees = HashMap::new();
        for request in requests.iter().filter(|request| request.new.kind == TransactionType::Fee) {
            let Some(held) = loans.get(&request.new.loan) else { continue };
            if let hash_map::Entry::Vacant(product) = fees.entry(held.loan.product) {
                product.insert(product::fees_in(tx, tenant, held.loan.product)?);
            }
        }
        let batch = requests.iter().map(|request| {
            let held = loans.get(&request.new.loan);
            (request.new.kind, held.map(|held| &held.loan))
        });
        let movers = Movers::load_in(tx, rails, tenant, batch)?;
        Ok(Self { day, loans, fees, movers, keys })
    }

    /// Decides one request; what it does is added to `effects` and seen by the requests after it.
    fn decide(&mut self, request: &Request, effects: &mut Effects) -> Answer {
        let new = &request.new;
        let fingerprint = new.unique_key.as_ref().map(|_| new.fingerprint());
        if let Some((first, asked)) = new.unique_key.as_ref().and_then(|key| self.keys.get(key)) {
            if fingerprint.as_ref() == Some(asked) {
                return Ok(first.clone());
            }
            return Err(entity::key_used_otherwise());
        }
        let Accepted { transaction, entry } = self.accept(request, effects)?;
        if let (Some(key), Some(fingerprint)) = (&new.unique_key, fingerprint) {
            self.keys.insert(key.clone(), (transaction.clone(), fingerprint));
            effects.keys.push((key.clone(), transaction.id, fingerprint));
        }
        effects.entries.push(entry);
        effects.transactions.push(transaction.clone());
        Ok(transaction)
    }

    /// Calls off what is still to be collected of the loans that owe nothing any more.
    fn call_off_paid_in(
        &mut self,
        tx: &mut Tx,
        rails: &Rails,
        requests: &[&Request],
        effects: &mut Effects,
    ) -> Result<(), LendingError> {
        let pays = |kind| matches!(kind, TransactionType::Repayment | TransactionType::Waiver);
        for Request { caller, new } in requests.iter().filter(|request| pays(request.new.kind)) {
            let Some(held) = self.loans.get_mut(&new.loan) else { continue };
            let before = effects.resolved.len();
            let on = self.day.date_for(ORDINAL, new.loan.uuid());
            let moment = Moment { on, at: self.day.stamp(caller.now) };
            let tenant = caller.tenant;
            ahead::call_off_paid_in(tx, rails, tenant, &mut held.loan, moment, effects)?;
            held.is_changed |= effects.resolved.len() > before;
        }
        Ok(())
    }

    /// Closes the loans of which a waiver left nothing owed. (A repayment closes a loan when it is applied.)
    fn close_waived_in(
        &mut self,
        tx: &mut Tx,
        tenant: TenantId,
        effects: &Effects,
    ) -> Result<(), LendingError> {
        let waivers = effects.transactions.iter().filter(|it| it.kind == TransactionType::Waiver);
        for waiver in waivers {
            let of_loan = |it: &&Transaction| it.loan == waiver.loan;
            let mut batch = effects.transactions.iter().filter(of_loan);
            let Some(held) = self.loans.get_mut(&waiver.loan) else { continue };
            if batch.all(|it| it.status != TransactionStatus::Pending) {
                resolve::close_if_paid(tx, tenant, &mut held.loan, effects)?;
                held.is_changed = true;
            }
        }
        Ok(())
    }

    fn accept(
        &mut self,
        request: &Request,
        effects: &mut Effects,
    ) -> Result<Accepted, LendingError> {
        let new = &request.new;
        let held = self.loans.get_mut(&new.loan).ok_or_else(|| entity::unknown_loan(new.loan))?;
        let (id, currency) = (TransactionId::new(), held.loan.currency);
        let moment = Moment {
            on: self.day.date_for(ORDINAL, new.loan.uuid()),
            at: self.day.stamp(request.caller.now),
        };
        // Decided on a copy, so that a refusal leaves nothing behind.
        let mut copy = held.clone();
        let Held { loan, dues, kept, reversing, .. } = &mut copy;
        let mut accepted = match new.kind {
            TransactionType::Disbursement => {
                let amount = entity::amount_minor(new.amount, currency)?;
                let accepted = entity::disburse(loan, id, amount, *reversing, moment)?;
                effects.asked.extend(self.movers.ask(&accepted.transaction, loan, moment.on));
                accepted
            }
            TransactionType::Repayment => {
                let amount = entity::amount_minor(new.amount, currency)?;
                let mut accepted = entity::repay(loan, dues, id, amount, moment)?;
                match self.movers.ask(&accepted.transaction, loan, moment.on) {
                    Some(asked) => effects.asked.push(asked),
                    None => ask_provider(&self.day, loan, &mut accepted.transaction, moment.on),
                }
                accepted
            }
            TransactionType::Waiver => {
                let amount = entity::amount_minor(new.amount, currency)?;
                entity::waive(loan, dues, id, amount, moment)?
            }
            TransactionType::Fee => {
                let known = self.fees.get(&loan.product).into_iter().flatten();
                let known = known.into_iter().find(|(name, _)| Some(name) == new.name.as_ref());
                let fee = entity::resolve_fee(new, known.map(|(_, charge)| *charge), currency)?;
                let accepted = entity::charge(loan, id, fee, moment)?;
                let amount = loan.balances.owed().total()?.min(*kept);
                if amount > 0 {
                    *kept -= amount;
                    let parts = servicing::repay(loan, dues, amount, moment.on)?;
                    correct::reallocate(loan, TransactionType::Repayment, parts, moment, effects)?;
                }
                accepted
            }
            TransactionType::Interest | TransactionType::Refund => {
                return Err(LendingError::invalid(
                    "type",
                    format!("\"{}\" is not a valid choice.", new.kind),
                ));
            }
        };
        accepted.transaction.unique_key = new.unique_key.clone();
        effects.note_dues(copy.loan.id, &held.dues, &copy.dues);
        copy.is_changed = held.is_changed || copy.loan.own_row_differs(&held.loan);
        *held = copy;
        Ok(accepted)
    }
}

/// The simulated provider is asked to collect and will answer some business days later.
fn ask_provider(day: &DayState, loan: &Loan, transaction: &mut Transaction, today: Date) {
    if day.collections == Collections::Simulated {
        transaction.processing_on = Some(answer_on(loan, today));
        transaction.provider_reference = Some(simulated_reference(transaction.id.uuid()));
    }
}

/// When the simulated provider answers what it is asked today.
pub(crate) fn answer_on(loan: &Loan, today: Date) -> Date {
    loan.terms.calendar.add_business_days(today, COLLECTION_DAYS)
}

/// The id under which the simulated provider knows an attempt.
pub(crate) fn simulated_reference(attempt: Uuid) -> String {
    format!("SIM-{}", attempt.simple())
}

/// Reads what is unpaid of the loans that have something unpaid.
fn load_dues_in(
    tx: &mut Tx,
    tenant: TenantId,
    loans: &mut BTreeMap<LoanId, Held>,
) -> Result<(), LendingError> {
    let unpaid = loans.values().filter(|held| held.loan.unpaid_since.is_some());
    let unpaid = unpaid.map(|held| held.loan.id.uuid()).collect();
    for (id, dues) in loan::dues::repo::unpaid(tx, tenant, unpaid)? {
        if let Some(held) = loans.get_mut(&id) {
            held.dues = dues;
        }
    }
    Ok(())
}

/// Reads what is owed to the borrowers of the loans that owe nothing and are charged a fee: it pays the fee.
fn load_kept_in(
    tx: &mut Tx,
    tenant: TenantId,
    requests: &[&Request],
    loans: &mut BTreeMap<LoanId, Held>,
) -> Result<(), LendingError> {
    let fees = requests.iter().filter(|request| request.new.kind == TransactionType::Fee);
    let charged: HashSet<LoanId> = fees.map(|request| request.new.loan).collect();
    let paid = loans.values().map(|held| &held.loan).filter(|loan| {
        charged.contains(&loan.id) && loan.disbursed_minor > 0 && loan.balances.owed().is_zero()
    });
    let paid: Vec<Uuid> = paid.map(|loan| loan.id.uuid()).collect();
    if paid.is_empty() {
        return Ok(());
    }
    for (id, kept) in kept::kept(tx, tenant, paid)? {
        if let Some(held) = loans.get_mut(&id) {
            held.kept = kept.left();
        }
    }
    Ok(())
}

fn load_reversing_in(
    tx: &mut Tx,
    tenant: TenantId,
    requests: &[&Request],
    loans: &mut BTreeMap<LoanId, Held>,
) -> Result<(), LendingError> {
    let is_paid_out = |request: &&&Request| request.new.kind == TransactionType::Disbursement;
    let paid_out: HashSet<LoanId> =
        requests.iter().filter(is_paid_out).map(|request| request.new.loan).collect();
    let loans_paid_out = loans.values().map(|held| &held.loan);
    let loans_paid_out = loans_paid_out.filter(|loan| paid_out.contains(&loan.id));
    for (id, principal) in reversing::principal_in(tx, tenant, loans_paid_out)? {
        if let Some(held) = loans.get_mut(&id) {
            held.reversing = principal;
        }
    }
    Ok(())
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
