//! Lending's part of the business day.
//!
//! Two steps. The first ([`LendingDay`]) takes the open loans in the order of their ids, a chunk at a time. For
//! each, in this order: (1) the interest of the day that has just ended is posted; (2) what falls due today, an
//! instalment or the minimum repayment of a statement, ends its period and, when the simulated provider collects, is
//! collected; (3) a statement whose day it is is closed; (4) a loan with something overdue becomes late or goes into
//! arrears; (5) what falls due five days from now is announced. All of a chunk is written with one bulk statement a
//! table, and the interest of the chunk is one ledger entry. The second step ([`CollectionsDay`]) ends the
//! repayments that the provider answers today.

mod collections;
mod delinquency;
mod due;
mod repo;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use florin_ids::{EndUserId, EntryId, LoanId, ProductId, TenantId, TransactionId};
use florin_money::Currency;
use florin_payments::Rails;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, DayStep, Step};

use crate::LendingError;
use crate::collections::clearing::ClearingDay;
use crate::collections::{RetriesDay, ahead};
use crate::loan::dues::Dues;
use crate::loan::{self, Loan};
use crate::postings::{self, Moment, Parts};
use crate::product::Product;
use crate::transaction::{Effects, Transaction, TransactionType};

pub use collections::CollectionsDay;

/// Lending's place in the day.
pub(crate) const ORDINAL: i64 = 10;

/// The steps of lending's business day, with the rails that loans are collected over.
pub fn day_steps(rails: &Rails) -> Vec<Arc<dyn DayStep>> {
    vec![
        Arc::new(LendingDay { rails: rails.clone() }),
        Arc::new(CollectionsDay),
        Arc::new(RetriesDay::new(rails.clone())),
        Arc::new(ClearingDay),
    ]
}

/// How many loans one transaction deals with. Posting to the tenant's loans waits for the chunk in flight.
const CHUNK: usize = 10_000;

/// The first name of an end user from whom the simulated provider can't collect: the account is empty.
pub const PENNILESS: &str = "Penniless";

/// The business day of lending.
#[derive(Debug, Clone, Default)]
pub struct LendingDay {
    rails: Rails,
}

impl Step for LendingDay {
    const NAME: &'static str = "lending";
    const ORDINAL: i64 = ORDINAL;
    type Error = LendingError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, LendingError> {
        run_chunk(tx, &self.rails, day, after)
    }
}

fn run_chunk(
    tx: &mut Tx,
    rails: &Rails,
    day: &DayContext,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, LendingError> {
    let loans = loan::repo::open_after(tx, day.tenant, after, CHUNK)?;
    let Some(last) = loans.last().map(|loan| loan.id.uuid()) else { return Ok(None) };
    let more = (loans.len() == CHUNK).then_some(last);
    let mut run = Run::new(rails, day, loans);
    run.accrue()?;
    let mut books = run.load_books_in(tx)?;
    run.fall_due(tx, &mut books)?;
    run.close_statements(tx, &mut books)?;
    run.fall_behind(tx, &mut books)?;
    run.announce(tx, &books)?;
    run.collect_ahead(tx, &books)?;
    run.call_off_paid(tx)?;
    run.write_in(tx, books)?;
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
    rails: &'a Rails,
    day: &'a DayContext,
    moment: Moment,
    /// In the order of their ids.
    loans: Vec<Loan>,
    effects: Effects,
    /// Loans whose own rows have to be written.
    changed: HashSet<LoanId>,
    products: HashMap<ProductId, Arc<Product>>,
}

/// The unpaid dues of the loans that the day may do more with than post interest: as stored, and as they are now.
#[derive(Default)]
struct Books {
    stored: HashMap<LoanId, Dues>,
    dues: HashMap<LoanId, Dues>,
}

impl<'a> Run<'a> {
    fn new(rails: &'a Rails, day: &'a DayContext, loans: Vec<Loan>) -> Self {
        let moment = Moment { on: day.date, at: day.stamp };
        let (effects, changed, products) = Default::default();
        Self { rails, day, moment, loans, effects, changed, products }
    }

    /// Reads the dues of the loans of which something is unpaid and with which something happens today, and of those
    /// that a statement may ask for more.
    fn load_books_in(&self, tx: &mut Tx) -> Result<Books, LendingError> {
        let (today, soon) = (self.day.date, self.soon());
        let asked = self.loans.iter().filter(|loan| {
            let is_billed = loan.next_statement_on == Some(today);
            let happens = loan.next_due_on == Some(today)
                || loan.next_due_on == Some(soon)
                || loan.falls_behind(today)
                || ahead::asks_up_to(loan, self.rails, today).is_some();
            is_billed || (happens && loan.unpaid_since.is_some())
        });
        let asked: Vec<Uuid> = asked.map(|loan| loan.id.uuid()).collect();
        let stored = loan::dues::repo::unpaid_or_after(tx, self.day.tenant, asked, today)?;
        Ok(Books { dues: stored.clone(), stored })
    }

    fn write_in(mut self, tx: &mut Tx, books: Books) -> Result<(), LendingError> {
        let none = Dues::default();
        for (id, dues) in &books.dues {
            let stored = books.stored.get(id).unwrap_or(&none);
            self.effects.dues.extend(dues.changed_since(stored).map(|due| (*id, *due)));
        }
        self.effects.loans =
            self.loans.into_iter().filter(|loan| self.changed.contains(&loan.id)).collect();
        self.effects.write_in(tx, self.day.tenant)
    }

    /// The loan's place in the chunk.
    fn index_of(&self, id: LoanId) -> Option<usize> {
        self.loans.binary_search_by_key(&id, |loan| loan.id).ok()
    }

    fn product_in(&mut self, tx: &mut Tx, id: ProductId) -> Result<Arc<Product>, LendingError> {
        if let Some(known) = self.products.get(&id) {
            return Ok(Arc::clone(known));
        }
        let product = Arc::new(loan::product_in(tx, self.day.tenant, id)?);
        self.products.insert(id, Arc::clone(&product));
        Ok(product)
    }

    /// Posts the interest of the day that has ended: a transaction a loan, one ledger entry a currency.
    fn accrue(&mut self) -> Result<(), LendingError> {
        let mut by_currency: BTreeMap<Currency, InterestOfDay> = BTreeMap::new();
        self.effects.transactions.reserve(self.loans.len());
        for loan in &mut self.loans {
            let amount = loan.interest_of_day(self.day.date)?;
            if amount == 0 {
                continue;
            }
            let of_day = by_currency.entry(loan.currency).or_default();
            of_day.amounts.push((loan.id, amount));
            of_day.total =
                of_day.total.checked_add(amount).ok_or(florin_money::MoneyError::OutOfRange)?;
            loan.take(Parts { interest: -amount, ..Parts::default() })?;
            let parts = Parts { interest: amount, ..Parts::default() };
            let mut transaction = Transaction::new(
                TransactionId::new(),
                loan,
                TransactionType::Interest,
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
