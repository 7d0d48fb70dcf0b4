//! Why a loan owes what it owes: every cent of its balances, with the formula, the days and the transactions that it
//! comes from.
//!
//! Two things are set side by side. The *books*: the transactions that count, in their order, with the running balance;
//! they end at what the loan shows. And the *story* told again (`retell.rs`): how the interest of each period comes
//! about, exactly. Where the two differ (a revert without recalculation, a correction that was booked on a later
//! day) the difference is a figure of its own.

mod books;
mod periods;
#[cfg(test)]
mod tests;
mod text;

use jiff::civil::Date;

use florin_ids::{EntryId, LoanId, TenantId, TransactionId};
use florin_money::Currency;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};

use super::entity::{CloseSubstatus, Loan};
use super::retell::{Retold, Story};
use super::{get_in, product_in, repo};
use crate::day_end::ORDINAL;
use crate::postings::Parts;
use crate::product::{FeeType, Product};
use crate::transaction::{self, Transaction, correct};
use crate::{Lending, LendingError};

pub use periods::{Exact, Period, Silence, Spell};
pub use text::{DIFFERENCE, FEE_FORMULA, PRINCIPAL_FORMULA};

/// One step of a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The business date on which it counts; `None` when that is not known.
    pub date: Option<Date>,
    /// What happened.
    pub what: What,
    /// By how much the balance rose, in minor units; below 0 when it fell.
    pub amount: i64,
    /// The balance afterwards.
    pub balance: i64,
}

/// What moves a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The interest of some nights, posted a day at a time.
    Nights {
        /// The first night begins on this day.
        from: Date,
        /// The last night ends on this day.
        to: Date,
        /// How many days posted something.
        postings: u32,
    },
    /// A transaction.
    Transaction {
        /// Its id.
        id: TransactionId,
        /// Its type.
        kind: transaction::TransactionType,
        /// The name of a fee, `Recalculation` and `Reallocation` of corrections, or empty.
        name: String,
        /// Where its amount comes from, in words; empty where nothing is worked out.
        formula: String,
    },
    /// What was owed when the loan was written off.
    WriteOff,
    /// What no transaction explains. There should be none.
    Unexplained,
}

/// How a repayment or a waiver was split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The transaction.
    pub transaction: TransactionId,
    /// Its type.
    pub kind: transaction::TransactionType,
    /// The business date on which it counts.
    pub date: Date,
    /// All of it that the loan took, in minor units.
    pub amount: i64,
    /// What was owed before it, by the running balances.
    pub owed: Parts,
    /// What it paid.
    pub paid: Parts,
    /// What it pays in the story as told now, where that is something else.
    pub told_again: Option<Parts>,
    /// Why, in words.
    pub why: String,
}

/// The interest that is booked beside the interest that follows from the days, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// The rounded interest of all periods together.
    pub explained: i64,
    /// What the days posted.
    pub posted: i64,
    /// What corrections charged or gave back.
    pub corrections: i64,
}

impl Reconciliation {
    /// What is booked above what is explained; 0 unless something was reverted or corrected without a
    /// recalculation, or the correction is booked after the day in question.
    pub fn difference(&self) -> i64 {
        self.posted + self.corrections - self.explained
    }
}

/// Where every cent of a loan's balances comes from.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The loan, as it is now.
    pub loan: Loan,
    /// Up to and including this business date.
    pub date: Date,
    /// The balances at its end, by the books.
    pub booked: Parts,
    /// The balances at its end by the story as it is told now; `None` when it cannot be told.
    pub told: Option<Parts>,
    /// Why the story cannot be told.
    pub untold: Option<String>,
    /// The steps of the principal.
    pub principal: Vec<Line>,
    /// The steps of the interest.
    pub interest: Vec<Line>,
    /// The steps of the fees.
    pub fee: Vec<Line>,
    /// How the interest came about.
    pub periods: Vec<Period>,
    /// The booked interest beside it; `None` when the story cannot be told.
    pub reconciliation: Option<Reconciliation>,
    /// How repayments and waivers were split.
    pub splits: Vec<Split>,
}

impl Explanation {
    /// The currency of all amounts.
    pub fn currency(&self) -> Currency {
        self.loan.currency
    }

    /// How interest comes about, in words.
    pub fn interest_formula(&self) -> String {
        text::interest_formula(&self.loan)
    }

    /// The computation of a spell, such as `12000.00 x 12 % x 31/365`.
    pub fn spell_formula(&self, spell: &Spell) -> String {
        text::spell_formula(&self.loan, spell)
    }

    /// A numerator of this loan's interest, exactly.
    pub fn exact(&self, numerator: i128) -> Exact {
        Exact::of(numerator, &self.loan)
    }
}

/// A transaction that was taken back: what a spell without interest may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenBack {
    pub id: TransactionId,
    /// The first night that went with it begins on this day.
    pub from: Date,
    /// The day on which it was taken back.
    pub on: Date,
}

/// The booked interest of one night, by the day on which it ended, in minor units.
pub(crate) type Night = (Date, i64);

/// All that an explanation is made from.
pub(crate) struct Facts {
    pub loan: Loan,
    /// What the product charges, by the fees' names.
    pub product: Product,
    pub date: Date,
    /// Whether `date` is the loan's today, so that the balances must be those that the loan shows.
    pub is_today: bool,
    /// Those that count, up to `date`, by date and id; without the interest of nights.
    pub transactions: Vec<Transaction>,
    /// Up to `date`, by date.
    pub nights: Vec<Night>,
    pub taken_back: Vec<TakenBack>,
    pub pauses: Vec<(Date, Option<Date>)>,
    /// When it was written off, as far as that is known.
    pub written_off: Option<Option<Date>>,
    /// The story told up to `date`, or why it can't be.
    pub retold: Result<Retold, String>,
}

/// The explanation that facts come to.
pub(crate) fn explain(facts: Facts) -> Explanation {
    let books = books::walk(&facts);
    let Facts { loan, date, retold, nights, .. } = &facts;
    let (mut periods, mut told, mut untold, mut reconciliation) = (Vec::new(), None, None, None);
    match retold {
        Ok(retold) => {
            periods = periods::periods(&facts, &retold.segments);
            told = Some(retold.loan.balances.owed());
            reconciliation = Some(Reconciliation {
                explained: periods.iter().map(|period| period.charged).sum(),
                posted: nights.iter().map(|(_, amount)| amount).sum(),
                corrections: books.corrections,
            });
        }
        Err(why) => untold = Some(why.clone()),
    }
    let [principal, interest, fee] = books.lines;
    Explanation {
        loan: loan.clone(),
        date: *date,
        booked: books.running,
        told,
        untold,
        principal,
        interest,
        fee,
        periods,
        reconciliation,
        splits: books.splits,
    }
}

impl Lending {
    /// Where every cent of a loan's balances comes from, as of the end of `date`; today when absent.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`] for a date after today.
    pub async fn explain_loan(
        &self,
        caller: &Caller,
        id: LoanId,
        date: Option<Date>,
    ) -> Result<Explanation, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(explain(facts_in(tx, tenant, id, date)?))).await
    }
}

fn facts_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: LoanId,
    date: Option<Date>,
) -> Result<Facts, LendingError> {
    let loan = get_in(tx, tenant, id)?;
    let today = day::state_in(tx, tenant)?.date_for(ORDINAL, id.uuid());
    let date = date.unwrap_or(today);
    if date > today {
        let message = format!("Ensure this date is not after today, {today}.");
        return Err(LendingError::invalid("date", message));
    }
    let product = product_in(tx, tenant, loan.product)?;
    let nights = transaction::repo::nights(tx, tenant, id, date)?;
    let transactions = transaction::repo::counting_by(tx, tenant, id, date)?;
    let written_off = if loan.close_substatus == Some(CloseSubstatus::WrittenOff) {
        Some(repo::entry_date(tx, tenant, EntryId::from(id))?)
    } else {
        None
    };
    let story = correct::story_in(tx, tenant, id)?;
    let taken_back = if story.pauses.is_empty() {
        Vec::new()
    } else {
        transaction::repo::taken_back(tx, tenant, id)?
    };
    let retold = retell(&loan, &product, &story, until(date, written_off, &nights))?;
    Ok(Facts {
        product,
        date,
        is_today: date == today,
        transactions,
        nights,
        taken_back,
        pauses: story.pauses,
        written_off: written_off.filter(|on| on.is_none_or(|on| on <= date)),
        retold,
        loan,
    })
}

/// How far the story goes: interest ends with a write-off.
fn until(date: Date, written_off: Option<Option<Date>>, nights: &[Night]) -> Date {
    let ended = written_off.and_then(|on| on.or(nights.last().map(|(on, _)| *on)));
    ended.map_or(date, |ended| ended.min(date))
}

/// A story for which no schedule can be made any more cannot be told; the books can be shown all the same.
fn retell(
    loan: &Loan,
    product: &Product,
    story: &Story,
    until: Date,
) -> Result<Result<Retold, String>, LendingError> {
    match super::retell::retell(loan, product, story, until) {
        Ok(retold) => Ok(Ok(retold)),
        Err(LendingError::Conflict(why)) => Ok(Err(why)),
        Err(error) => Err(error),
    }
}

/// The percentage of a fee that the product knows.
fn percent_of(product: &Product, name: &str) -> Option<florin_money::Rate> {
    let fee = product.default_fees.fees.iter().find(|fee| fee.name == name)?;
    match fee.charge {
        crate::product::FeeCharge::Percent(percent) => Some(percent),
        crate::product::FeeCharge::Flat(_) => None,
    }
}

/// Where a fee's amount comes from, when `balance` minor units were owed before it.
fn fee_formula(facts: &Facts, fee: &Transaction, balance: i64) -> String {
    let owed = facts.loan.money(balance);
    match fee.fee_type {
        Some(FeeType::Percent) => {
            let percent = percent_of(&facts.product, &fee.name);
            let percent =
                percent.filter(|it| it.of_minor(balance).is_ok_and(|of| of == fee.amount.minor()));
            match percent {
                Some(percent) => format!("{percent} % x {owed} owed before it, rounded half up"),
                None => format!("a percentage of the {owed} owed before it, rounded half up"),
            }
        }
        _ => "a flat amount".to_owned(),
    }
}
