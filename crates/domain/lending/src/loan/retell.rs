//! A loan's whole story retold from what happened to it; pure.
//!
//! Facts are what cannot be worked out: money that moved, fees that were charged, statements that were issued,
//! spells without interest. Interest, the split of each repayment, the schedule and what is overdue follow from
//! them. A correction (a repayment that failed, one that is told late, one that is taken back as if it had never
//! been) changes the facts, tells the story again, and books the difference.

use std::collections::VecDeque;

use jiff::civil::Date;

use florin_ids::{EntryId, TransactionId};
use florin_money::MoneyError;

use super::accrual::Accrued;
use super::entity::{Balances, Loan, LoanStatus};
use super::servicing::{self, Billed, Obligations};
use crate::LendingError;
use crate::postings::Parts;
use crate::product::Product;
use crate::transaction::TransactionType;

/// What cannot be worked out. Amounts are minor units above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// A statement was issued.
    Statement(Billed),
    /// Money reached the borrower.
    Disbursement(i64),
    /// Money came back. What exceeds the debt is owed to the borrower, and pays what the loan comes to owe later.
    Repayment(i64),
    /// Debt was let go, as far as there was any.
    Waiver(i64),
    /// A fee was charged.
    Fee(i64),
    /// What had been too much was given back to the borrower, or is being. What was not too much is owed again.
    Refund(i64),
}

/// A fact, when it counts, and the transaction that tells it (none for a statement).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The business date.
    pub on: Date,
    /// The transaction.
    pub by: Option<TransactionId>,
    /// Its ledger entry: facts of a day are told in the order in which they were booked, statements first. A
    /// repayment that was tried again is booked anew, so that its own id would be too old.
    pub booked: Option<EntryId>,
    /// What happened.
    pub fact: Fact,
}

/// All that a loan's state follows from.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// In any order; told by date, then in the order in which they were booked.
    pub facts: Vec<Told>,
    /// Spells without interest: from (inclusive) to (exclusive; open when `None`).
    pub pauses: Vec<(Date, Option<Date>)>,
    /// How the repayments, waivers and refunds are booked, corrections of them included.
    pub booked: Vec<Booked>,
    /// What is owed to the borrower whatever the loan owes, in minor units: refunds take it first. Told only of loans
    /// with refunds.
    pub set_aside: i64,
}

/// A repayment, a waiver or a refund as it is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booked {
    /// The transaction.
    pub by: TransactionId,
    /// Which of them it is.
    pub kind: TransactionType,
    /// What it took off the loan.
    pub parts: Parts,
    /// What it did not take off the loan, in minor units: of a repayment it is owed to the borrower, of a refund no
    /// longer. Below 0 for a correction by which the loan is paid with that.
    pub beyond: i64,
}

/// A repayment or a waiver of more than was owed on its day. Amounts are minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch {
    /// The transaction.
    pub by: Option<TransactionId>,
    /// The day on which it counts.
    pub on: Date,
    /// Its amount.
    pub amount: i64,
    /// What was owed then.
    pub owed: i64,
}

/// Days between which nothing that interest depends on changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The first night is the one that begins on this day.
    pub from: Date,
    /// The last night is the one that ends on this day.
    pub to: Date,
    /// The principal that bore interest, in minor units; 0 in a spell without interest.
    pub principal_minor: i64,
    /// What the days added to the numerator.
    pub numerator: i128,
    /// The numerator of the period afterwards.
    pub accrued: i128,
    /// What was charged for these days, in minor units.
    pub interest_minor: i64,
    /// Whether the period ended, so that the fraction of a cent was dropped.
    pub ends_period: bool,
}

/// A story told up to a day.
#[derive(Debug, Clone)]
pub struct Retold {
    /// The loan with the balances and the state that follow; its status is that of the loan before.
    pub loan: Loan,
    /// The schedule and the dues that follow.
    pub obligations: Obligations,
    /// How each repayment and waiver is split.
    pub splits: Vec<(TransactionId, Parts)>,
    /// Those that were more than was owed on their day.
    pub too_much: Vec<TooMuch>,
    /// What is owed to the borrower in the end, in minor units; what is set aside is not part of it.
    pub excess: i64,
    /// What was given back and was not owed to the borrower, in minor units: it is owed by the borrower again.
    pub short: i64,
    /// How the repayments, waivers and refunds are booked, as the story has it.
    pub booked: Vec<Booked>,
    /// As the story has it.
    pub set_aside: i64,
    /// How the interest came about.
    pub segments: Vec<Segment>,
}

impl Retold {
    /// How a transaction is split; nothing for one that is not part of the story.
    pub fn split_of(&self, id: TransactionId) -> Parts {
        self.splits
            .iter()
            .find(|(told, _)| *told == id)
            .map_or(Parts::default(), |(_, parts)| *parts)
    }
}

/// Tells `story` up to and including `until`.
///
/// # Errors
/// [`LendingError::Conflict`] when no schedule can be made for what was disbursed.
pub fn retell(
    loan: &Loan,
    product: &Product,
    story: &Story,
    until: Date,
) -> Result<Retold, LendingError> {
    let mut facts = story.facts.clone();
    facts.sort_unstable_by_key(|told| (told.on, told.booked));
    let mut facts = VecDeque::from(facts);
    let mut telling = Telling::begin(loan, story);
    while let Some(day) = telling.next_day(facts.front()).filter(|day| *day <= until) {
        telling.accrue_to(day)?;
        telling.use_excess(product, day)?;
        telling.fall_due(day);
        while facts.front().is_some_and(|told| told.on <= day)
            && let Some(told) = facts.pop_front()
        {
            telling.tell(&told, product)?;
            telling.use_excess(product, day)?;
        }
    }
    telling.accrue_to(until)?;
    telling.use_excess(product, until)?;
    let Telling { mut loan, obligations, excess, short, splits, too_much, segments, .. } = telling;
    loan.is_interest_calculation_enabled = story.pauses.iter().all(|(_, until)| until.is_some());
    let (booked, set_aside) = (story.booked.clone(), story.set_aside);
    Ok(Retold { loan, obligations, splits, too_much, excess, short, booked, set_aside, segments })
}

/// The story in the middle of being told.
struct Telling<'a> {
    loan: Loan,
    obligations: Obligations,
    pauses: &'a [(Date, Option<Date>)],
    /// What was repaid beyond what was owed and has not paid anything yet.
    excess: i64,
    /// What refunds can take before that.
    set_aside: i64,
    short: i64,
    splits: Vec<(TransactionId, Parts)>,
    too_much: Vec<TooMuch>,
    segments: Vec<Segment>,
}

impl<'a> Telling<'a> {
    fn begin(loan: &Loan, story: &'a Story) -> Self {
        let loan = Loan {
            status: if loan.status.is_open() { loan.status } else { LoanStatus::Active },
            is_interest_calculation_enabled: true,
            accrued: None,
            disbursed_minor: 0,
            next_due_on: None,
            planned_minor: 0,
            early_minor: 0,
            keeps_totals: false,
            unpaid_since: None,
            statements: 0,
            statement_on: None,
            next_statement_on: None,
            balances: Balances {
                principal: florin_ledger::Balance { posted: 0, ..loan.balances.principal },
                interest: florin_ledger::Balance { posted: 0, ..loan.balances.interest },
                fee: florin_ledger::Balance { posted: 0, ..loan.balances.fee },
            },
            ..loan.clone()
        };
        Self {
            loan,
            obligations: Obligations::default(),
            pauses: &story.pauses,
            excess: 0,
            set_aside: story.set_aside.max(0),
            short: 0,
            splits: Vec::new(),
            too_much: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// The next day on which something happens.
    fn next_day(&self, fact: Option<&Told>) -> Option<Date> {
        let now = self.loan.accrued.map(|accrued| accrued.from);
        let pauses = self.pauses.iter().flat_map(|(from, to)| [Some(*from), *to]).flatten();
        let pauses = pauses.filter(|day| now.is_some_and(|now| *day > now));
        pauses.chain(fact.map(|told| told.on)).chain(self.loan.next_due_on).min()
    }

    /// Charges the interest of the nights up to `day`.
    fn accrue_to(&mut self, day: Date) -> Result<(), MoneyError> {
        let Some(before) = self.loan.accrued.filter(|before| before.from < day) else {
            return Ok(());
        };
        let is_paused = self
            .pauses
            .iter()
            .any(|(from, to)| *from <= before.from && to.is_none_or(|to| to > before.from));
        self.loan.is_interest_calculation_enabled = !is_paused;
        let charged = self.loan.terms.rounded(before.base)?;
        self.loan.accrue_to(day)?;
        let base = self.loan.accrued.map_or(0, |accrued| accrued.base);
        let interest_minor = self.loan.terms.rounded(base)? - charged;
        self.loan.take(Parts { interest: -interest_minor, ..Parts::default() })?;
        self.segments.push(Segment {
            from: before.from,
            to: day,
            principal_minor: if is_paused { 0 } else { self.loan.balances.principal.posted },
            numerator: base - before.base,
            accrued: base,
            interest_minor,
            ends_period: false,
        });
        Ok(())
    }

    /// What falls due on `day`.
    fn fall_due(&mut self, day: Date) {
        if self.loan.next_due_on != Some(day) {
            return;
        }
        let Obligations { instalments, dues } = &mut self.obligations;
        let following = instalments.iter().map(|it| it.due_on).find(|due_on| *due_on > day);
        match instalments.iter().find(|it| it.due_on == day) {
            Some(instalment) => {
                servicing::fall_due(&mut self.loan, dues, instalment, following);
                self.mark_period_end(day);
            }
            None => self.loan.next_due_on = dues.next_after(day),
        }
    }

    fn tell(&mut self, told: &Told, product: &Product) -> Result<(), LendingError> {
        let (loan, obligations) = (&mut self.loan, &mut self.obligations);
        match told.fact {
            Fact::Statement(billed) => {
                servicing::close_statement(loan, &mut obligations.dues, product, billed, told.on);
                self.mark_period_end(told.on);
            }
            Fact::Disbursement(amount) => {
                servicing::disburse(loan, &mut obligations.instalments, product, amount, told.on)?;
            }
            Fact::Repayment(amount) => {
                let beyond = self.pay(told, amount, product)?;
                self.excess = self.excess.checked_add(beyond).ok_or(MoneyError::OutOfRange)?;
            }
            Fact::Waiver(amount) => {
                self.pay(told, amount, product)?;
            }
            Fact::Fee(amount) => loan.take(Parts { fee: -amount, ..Parts::default() })?,
            Fact::Refund(amount) => self.give_back(amount, told.on)?,
        }
        Ok(())
    }

    /// Takes `amount` off what is owed to the borrower; what there is not, the borrower owes.
    fn give_back(&mut self, amount: i64, on: Date) -> Result<(), MoneyError> {
        let aside = amount.min(self.set_aside);
        let kept = (amount - aside).min(self.excess);
        let short = amount - aside - kept;
        self.set_aside -= aside;
        self.excess -= kept;
        self.short = self.short.checked_add(short).ok_or(MoneyError::OutOfRange)?;
        servicing::ask_back(&mut self.loan, &mut self.obligations.dues, short, on)
    }

    /// Takes `amount` off what is owed, and answers what is left of it.
    fn pay(&mut self, told: &Told, amount: i64, product: &Product) -> Result<i64, LendingError> {
        let owed = self.loan.balances.owed().total()?;
        let taken = amount.min(owed);
        if amount > taken {
            self.too_much.push(TooMuch { by: told.by, on: told.on, amount, owed });
        }
        let Obligations { instalments, dues } = &mut self.obligations;
        let parts = servicing::repay(&mut self.loan, dues, taken, told.on)?;
        servicing::freshen(&mut self.loan, instalments, product)?;
        self.splits.extend(told.by.map(|id| (id, parts)));
        Ok(amount - taken)
    }

    /// Pays what is owed by now with what was repaid too much before.
    fn use_excess(&mut self, product: &Product, day: Date) -> Result<(), LendingError> {
        if self.excess == 0 {
            return Ok(());
        }
        let taken = self.loan.balances.owed().total()?.min(self.excess);
        if taken > 0 {
            self.excess -= taken;
            let Obligations { instalments, dues } = &mut self.obligations;
            servicing::repay(&mut self.loan, dues, taken, day)?;
            servicing::freshen(&mut self.loan, instalments, product)?;
        }
        Ok(())
    }

    fn mark_period_end(&mut self, day: Date) {
        let is_ended = self.loan.accrued == Some(Accrued { from: day, base: 0 });
        if let Some(last) = self.segments.last_mut().filter(|last| last.to == day && is_ended) {
            last.ends_period = true;
        }
    }
}
