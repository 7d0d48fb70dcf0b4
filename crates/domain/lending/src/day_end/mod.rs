//! Lending's part of the business day.
//!
//! Two steps. The first ([`LendingDay`]) takes the open loans in the order of their ids, a chunk at a time. For
//! each, in this order: (1) the interest of the day that has just ended is posted; (2) an instalment that falls due
//! today ends the period and, when the simulated provider collects, is collected; (3) what falls due five days
//! from now is announced. All of a chunk is written with one bulk statement a table, and the interest of the chunk
//! is one ledger entry. The second step ([`CollectionsDay`]) ends the repayments that the provider answers today.

mod collections;
mod repo;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use florin_events::NewEvent;
use florin_ids::{EndUserId, EntryId, LoanId, TenantId, TransactionId};
use florin_money::Currency;
use florin_storage::Tx;
use florin_tenancy::Collections;
use florin_tenancy::day::{DayContext, DayStep, StepError};

use crate::LendingError;
use crate::loan::{self, Instalment, Loan};
use crate::postings::{self, Moment, Parts};
use crate::transaction::batch::simulated_reference;
use crate::transaction::resolve::{self, event};
pub use collections::CollectionsDay;

use crate::transaction::{Effects, Transaction, TransactionStatus, TransactionType, take};

/// Lending's place in the day.
pub(crate) const ORDINAL: i64 = 10;

/// The steps of lending's business day.
pub fn day_steps() -> Vec<Arc<dyn DayStep>> {
    vec![Arc::new(LendingDay), Arc::new(CollectionsDay)]
}

/// How many loans one transaction deals with. Posting to the tenant's loans waits for the chunk in flight.
const CHUNK: usize = 10_000;

/// How many days before it is due a repayment is announced (the document's `repayment_due_day_soon`).
const NOTICE_DAYS: i64 = 5;

/// The first name of an end user from whom the simulated provider can't collect: the account is empty.
pub const PENNILESS: &str = "Penniless";

/// The business day of lending.
#[derive(Debug, Clone, Copy, Default)]
pub struct LendingDay;

impl DayStep for LendingDay {
    fn name(&self) -> &'static str {
        "lending"
    }

    fn ordinal(&self) -> i64 {
        ORDINAL
    }

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StepError> {
        run_chunk(tx, day, after)
            .map_err(|error| StepError { step: "lending", source: Box::new(error) })
    }
}

fn run_chunk(
    tx: &mut Tx,
    day: &DayContext,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, LendingError> {
    let mut loans = loan::repo::open_after(tx, day.tenant, after, CHUNK)?;
    let Some(last) = loans.last().map(|loan| loan.id.uuid()) else { return Ok(None) };
    let more = (loans.len() == CHUNK).then_some(last);
    let mut run = Run::new(day);
    run.accrue(&mut loans)?;
    run.collect_due(tx, &mut loans)?;
    run.announce(tx, &loans)?;
    run.effects.loans = loans.into_iter().filter(|loan| run.changed.contains(&loan.id)).collect();
    run.effects.write_in(tx, day.tenant)?;
    Ok(more)
}

/// The interest of a chunk in one currency: one ledger entry.
struct InterestOfDay {
    entry: EntryId,
    amounts: Vec<(LoanId, i64)>,
    total: i64,
}

impl Default for InterestOfDay {
    fn default() -> Self {
        Self { entry: EntryId::new(), amounts: Vec::new(), total: 0 }
    }
}

/// One chunk of one day.
struct Run<'a> {
    day: &'a DayContext,
    moment: Moment,
    effects: Effects,
    /// Loans whose own rows have to be written.
    changed: HashSet<LoanId>,
}

impl<'a> Run<'a> {
    fn new(day: &'a DayContext) -> Self {
        let moment = Moment { on: day.date, at: day.stamp };
        Self { day, moment, effects: Effects::default(), changed: HashSet::new() }
    }

    /// Posts the interest of the day that has ended: a transaction a loan, one ledger entry a currency.
    fn accrue(&mut self, loans: &mut [Loan]) -> Result<(), LendingError> {
        let mut by_currency: BTreeMap<Currency, InterestOfDay> = BTreeMap::new();
        self.effects.transactions.reserve(loans.len());
        for loan in loans {
            let amount = loan.interest_of_day(self.day.date)?;
            if amount == 0 {
                continue;
            }
            let of_day = by_currency.entry(loan.currency).or_default();
            of_day.amounts.push((loan.id, amount));
            of_day.total =
                of_day.total.checked_add(amount).ok_or(florin_money::MoneyError::OutOfRange)?;
            take(loan, Parts { interest: -amount, ..Parts::default() })?;
            let parts = Parts { interest: amount, ..Parts::default() };
            let mut transaction = Transaction::new(
                TransactionId::new(),
                loan.id,
                TransactionType::Interest,
                loan.currency,
                parts,
                self.moment,
            )?;
            transaction.is_automatic = true;
            transaction.entry = Some(of_day.entry);
            self.effects.transactions.push(transaction);
        }
        for (currency, of_day) in by_currency {
            let InterestOfDay { entry, amounts, total } = of_day;
            let entry = postings::interest(entry, currency, &amounts, total, self.moment);
            self.effects.entries.push(entry);
        }
        Ok(())
    }

    /// Ends the period of the loans with an instalment due today and collects what is due.
    fn collect_due(&mut self, tx: &mut Tx, loans: &mut [Loan]) -> Result<(), LendingError> {
        let due: Vec<Uuid> = loans
            .iter()
            .filter(|loan| loan.next_due_on == Some(self.day.date))
            .map(|loan| loan.id.uuid())
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let collects = self.day.collections == Collections::Simulated;
        let due_users = loans
            .iter()
            .filter(|loan| loan.next_due_on == Some(self.day.date))
            .map(|loan| loan.end_user);
        let penniless =
            if collects { penniless(tx, self.day.tenant, due_users)? } else { HashSet::new() };
        for (id, instalment, following) in
            loan::repo::due_on(tx, self.day.tenant, due, self.day.date)?
        {
            let Ok(index) = loans.binary_search_by_key(&id, |loan| loan.id) else { continue };
            let loan = &mut loans[index];
            if !loan.status.is_open() {
                continue;
            }
            self.changed.insert(id);
            loan.end_period(self.day.date);
            loan.next_due_on = following;
            if collects {
                self.collect(loan, &instalment, penniless.contains(&loan.end_user))?;
            }
            resolve::close_if_paid(tx, self.day.tenant, loan, &self.effects)?;
        }
        Ok(())
    }

    /// One automatic repayment: created, and answered by the simulated provider on the same day.
    fn collect(
        &mut self,
        loan: &mut Loan,
        instalment: &Instalment,
        fails: bool,
    ) -> Result<(), LendingError> {
        let parts = loan.due_parts(instalment.principal_after_minor);
        if instalment.total_minor == 0 || parts.is_zero() {
            return Ok(());
        }
        let id = TransactionId::new();
        let mut transaction = Transaction::new(
            id,
            loan.id,
            TransactionType::Repayment,
            loan.currency,
            parts,
            self.moment,
        )?;
        transaction.is_automatic = true;
        transaction.processing_on = Some(self.day.date);
        transaction.provider_reference = Some(simulated_reference(id));
        transaction.status = TransactionStatus::Pending;
        self.effects.events.push(event("repayment_created", &transaction));
        if fails {
            transaction.status = TransactionStatus::Failed;
            transaction.failure_reason = "insufficient_funds".to_owned();
        } else {
            transaction.status = TransactionStatus::Applied;
            take(loan, parts)?;
            self.effects.entries.push(postings::repayment_collected(
                id.into(),
                loan.id,
                loan.currency,
                parts,
                self.moment,
            ));
        }
        self.effects.events.push(event("repayment_result", &transaction));
        self.effects.transactions.push(transaction);
        Ok(())
    }

    /// Announces the repayments that fall due in [`NOTICE_DAYS`] days.
    fn announce(&mut self, tx: &mut Tx, loans: &[Loan]) -> Result<(), LendingError> {
        let soon =
            self.day.date.checked_add(jiff::Span::new().days(NOTICE_DAYS)).unwrap_or(Date::MAX);
        let ids: Vec<Uuid> = loans
            .iter()
            .filter(|loan| loan.next_due_on == Some(soon))
            .map(|loan| loan.id.uuid())
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        for (id, instalment, _) in loan::repo::due_on(tx, self.day.tenant, ids, soon)? {
            let Ok(index) = loans.binary_search_by_key(&id, |loan| loan.id) else { continue };
            self.effects.events.push(due_soon(&loans[index], &instalment, self.moment));
        }
        Ok(())
    }
}

/// Those of `end_users` from whom the simulated provider can't collect.
fn penniless(
    tx: &mut Tx,
    tenant: TenantId,
    end_users: impl Iterator<Item = EndUserId>,
) -> Result<HashSet<EndUserId>, LendingError> {
    let ids = end_users.map(|id| id.uuid()).collect();
    Ok(repo::end_users_named(tx, tenant, PENNILESS, ids)?)
}

/// `repayment_due_day_soon`, with the amount as scheduled.
fn due_soon(loan: &Loan, instalment: &Instalment, moment: Moment) -> NewEvent {
    NewEvent {
        kind: "repayment_due_day_soon",
        resource: format!("loan:{}", loan.id),
        occurred_at: moment.at,
        data: json!({
            "loan": loan.id.to_string(),
            "instalment": instalment.number,
            "due_date": instalment.due_on.to_string(),
            "amount": loan.money(instalment.total_minor).to_string(),
        }),
    }
}
