//! The books: the transactions that count, in their order, with the running balances; pure.

use jiff::civil::Date;

use super::{Facts, Line, Night, Split, What, fee_formula, text};
use crate::postings::Parts;
use crate::transaction::{Transaction, TransactionType};

/// What the transactions come to.
pub(super) struct Books {
    /// The balances in the end.
    pub(super) running: Parts,
    /// The lines of principal, interest and fees.
    pub(super) lines: [Vec<Line>; 3],
    pub(super) splits: Vec<Split>,
    /// The interest that corrections charged.
    pub(super) corrections: i64,
}

/// Goes through the transactions up to the day in question.
pub(super) fn walk(facts: &Facts) -> Books {
    let lines = [Vec::new(), Vec::new(), Vec::new()];
    let mut books = Books { running: Parts::default(), lines, splits: Vec::new(), corrections: 0 };
    let ends: Vec<Date> = match &facts.retold {
        Ok(retold) => retold.segments.iter().map(|segment| segment.to).collect(),
        Err(_) => Vec::new(),
    };
    let mut nights = facts.nights.as_slice();
    for transaction in &facts.transactions {
        books.post_nights(&mut nights, transaction.effective_on, &ends);
        books.book(facts, transaction);
    }
    books.post_nights(&mut nights, facts.date, &ends);
    if let Some(on) = facts.written_off {
        let left = books.running;
        let gone = Parts { principal: -left.principal, interest: -left.interest, fee: -left.fee };
        books.add(on, gone, &What::WriteOff);
    }
    if facts.is_today {
        let (shown, told) = (facts.loan.balances.owed(), books.running);
        let missing = Parts {
            principal: shown.principal - told.principal,
            interest: shown.interest - told.interest,
            fee: shown.fee - told.fee,
        };
        books.add(Some(facts.date), missing, &What::Unexplained);
    }
    books
}

impl Books {
    /// Posts the nights up to and including `until`: a line for those that belong to one spell.
    fn post_nights(&mut self, nights: &mut &[Night], until: Date, ends: &[Date]) {
        let due = nights.partition_point(|(on, _)| *on <= until);
        let (mut posted, rest) = nights.split_at(due);
        *nights = rest;
        while let Some((first, _)) = posted.first() {
            let end = ends.get(ends.partition_point(|end| end < first));
            let count = posted.partition_point(|(on, _)| end.is_none_or(|end| on <= end));
            let (group, rest) = posted.split_at(count.max(1));
            posted = rest;
            let to = group.last().map_or(*first, |(on, _)| *on);
            let interest = group.iter().map(|(_, amount)| amount).sum();
            let what = What::Nights {
                from: first.yesterday().unwrap_or(*first),
                to,
                postings: u32::try_from(group.len()).unwrap_or(u32::MAX),
            };
            self.add(Some(to), Parts { interest, ..Parts::default() }, &what);
        }
    }

    fn book(&mut self, facts: &Facts, transaction: &Transaction) {
        let parts = transaction.parts();
        let owed = self.running;
        let total = owed.principal + owed.interest + owed.fee;
        let formula = match transaction.kind {
            TransactionType::Fee => fee_formula(facts, transaction, total),
            _ => text::correction(&transaction.name).to_owned(),
        };
        let what = What::Transaction {
            id: transaction.id,
            kind: transaction.kind,
            name: transaction.name.clone(),
            formula,
        };
        let pays = matches!(
            transaction.kind,
            TransactionType::Repayment | TransactionType::Waiver | TransactionType::Refund
        );
        let sign = if pays { -1 } else { 1 };
        let change = Parts {
            principal: sign * parts.principal,
            interest: sign * parts.interest,
            fee: sign * parts.fee,
        };
        if transaction.kind == TransactionType::Interest {
            self.corrections += parts.interest;
        }
        let amount = parts.principal + parts.interest + parts.fee;
        if pays && amount != 0 && transaction.name.is_empty() {
            self.splits.push(split(facts, transaction, owed, amount));
        }
        self.add(Some(transaction.effective_on), change, &what);
    }

    /// Adds a line to each balance that changes.
    fn add(&mut self, date: Option<Date>, change: Parts, what: &What) {
        let running = &mut self.running;
        let balances = [
            (&mut running.principal, change.principal),
            (&mut running.interest, change.interest),
            (&mut running.fee, change.fee),
        ];
        for (lines, (balance, amount)) in self.lines.iter_mut().zip(balances) {
            if amount != 0 {
                *balance += amount;
                lines.push(Line { date, what: what.clone(), amount, balance: *balance });
            }
        }
    }
}

fn split(facts: &Facts, transaction: &Transaction, owed: Parts, amount: i64) -> Split {
    let paid = transaction.parts();
    let told_again = facts.retold.as_ref().ok().map(|retold| retold.split_of(transaction.id));
    let told_again = told_again.filter(|told| !told.is_zero() && *told != paid);
    Split {
        transaction: transaction.id,
        kind: transaction.kind,
        date: transaction.effective_on,
        amount,
        owed,
        paid,
        told_again,
        why: text::split(&facts.loan, owed, paid, amount, told_again.is_some()),
    }
}
