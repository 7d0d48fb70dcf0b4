//! What a loan comes to, worked out a second time from nothing but the money that moved, the fees, the dates on which
//! its periods end and the spells without interest: night by night, with exact fractions, none of lending's code.

use florin_lending::{Loan, Transaction, TransactionType};
use jiff::civil::Date;
use serde_json::Value;

use crate::play::Life;
use crate::play::view::statement_days;
use crate::support::Lender;

/// What a loan comes to, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reckoned {
    pub principal: i64,
    pub interest: i64,
    pub fee: i64,
    /// All the interest that was earned.
    pub earned: i64,
    /// What was paid beyond what was owed.
    pub owed_to_borrower: i64,
    /// What is owed to the borrower whatever the loan owes, and has not been given back.
    pub set_aside: i64,
    /// All the debt that was let go.
    pub waived: i64,
}

impl Reckoned {
    pub fn owed(&self) -> i64 {
        self.principal + self.interest + self.fee
    }

    fn pay(&mut self, amount: i64) -> i64 {
        let mut left = amount;
        for owed in [&mut self.fee, &mut self.interest, &mut self.principal] {
            let paid = left.min(*owed);
            *owed -= paid;
            left -= paid;
        }
        left
    }

    fn give_back(&mut self, amount: i64) {
        let mut left = amount;
        for owed in [&mut self.set_aside, &mut self.owed_to_borrower] {
            let given = left.min(*owed);
            *owed -= given;
            left -= given;
        }
        // It was not owed to the borrower.
        self.principal += left;
    }

    fn take_in(&mut self, it: &Transaction) {
        let amount = it.amount.minor();
        match it.kind {
            TransactionType::Disbursement => self.principal += amount,
            TransactionType::Fee => self.fee += amount,
            TransactionType::Repayment => self.owed_to_borrower += self.pay(amount),
            TransactionType::Waiver => self.waived += amount - self.pay(amount),
            TransactionType::Refund => self.give_back(amount),
            TransactionType::Interest => {}
        }
        // Money that was too much pays whatever comes to be owed.
        self.owed_to_borrower = self.pay(self.owed_to_borrower);
    }
}

/// The interest of a period, as far as it has come.
struct Period<'a> {
    loan: &'a Loan,
    /// In units of a minor unit divided by [`Period::unit`].
    accrued: i128,
    posted: i64,
}

impl Period<'_> {
    /// 100 % in millionths of a percent, and the day count's own.
    fn unit(&self) -> i128 {
        100_000_000 * i128::from(self.loan.terms.day_count.denominator())
    }

    /// What the night that begins on `start` adds, rounded half up over the period.
    fn night(&mut self, start: Date, principal: i64) -> i64 {
        let terms = &self.loan.terms;
        let is_free = !terms.interest_on_holidays && terms.calendar.is_bank_holiday(start);
        let end = start.tomorrow().expect("a date");
        let weight = if is_free { 0 } else { terms.day_count.weight(start, end) };
        let rate = i128::from(terms.rate.micro_percent());
        self.accrued += i128::from(principal) * rate * i128::from(weight);
        let whole = (2 * self.accrued + self.unit()).div_euclid(2 * self.unit());
        let whole = i64::try_from(whole).expect("in range");
        let added = whole - self.posted;
        self.posted = whole;
        added
    }
}

/// Works out what the loan comes to by today, with `all` its transactions and what is `set_aside` for the borrower.
pub fn reckon(
    lender: &Lender,
    life: &Life,
    (loan, set_aside): (&Loan, i64),
    all: &[Transaction],
) -> Reckoned {
    let spells = spells_without_interest(all, &life.steps);
    let ends = period_ends(lender, loan);
    let mut facts: Vec<&Transaction> = all.iter().filter(|it| it.counts()).collect();
    facts.sort_by_key(|it| (it.effective_on, it.entry_id()));
    let mut reckoned = Reckoned { set_aside, ..Reckoned::default() };
    let mut period = Period { loan, accrued: 0, posted: 0 };
    let mut facts = facts.into_iter().peekable();
    let Some(mut day) = facts.peek().map(|first| first.effective_on) else { return reckoned };
    loop {
        if ends.contains(&day) {
            (period.accrued, period.posted) = (0, 0);
        }
        while let Some(fact) = facts.next_if(|fact| fact.effective_on <= day) {
            reckoned.take_in(fact);
        }
        if day == lender.today() {
            return reckoned;
        }
        let bears = !spells.iter().any(|(from, to)| *from <= day && day < *to);
        let interest = period.night(day, if bears { reckoned.principal } else { 0 });
        reckoned.interest += interest;
        reckoned.earned += interest;
        day = day.tomorrow().expect("a date");
    }
}

/// Due dates behind the grace, and statement days.
fn period_ends(lender: &Lender, loan: &Loan) -> Vec<Date> {
    let due = lender.schedule(loan.id).into_iter();
    let due = due.filter(|it| it.number > loan.grace_instalments);
    due.map(|it| it.due_on).chain(statement_days(lender, loan.id)).collect()
}

/// From (inclusive) to (exclusive), by what was asked for.
fn spells_without_interest(all: &[Transaction], steps: &[Value]) -> Vec<(Date, Date)> {
    let mut spells = Vec::new();
    let mut since = None;
    for step in steps.iter().filter(|step| step["answer"] == "ok") {
        let command = &step["command"];
        let today: Date =
            step["state"]["date"].as_str().and_then(|it| it.parse().ok()).expect("a date");
        if command["do"] == "interest" && command["enabled"] == false {
            since = since.or(Some(today));
        } else if command["do"] == "interest" {
            spells.extend(since.take().map(|since| (since, today)));
        } else if command["do"] == "revert" && command["recalculate"] == false {
            let of = &all[command["of"].as_u64().expect("a place") as usize];
            let is_night = of.kind == TransactionType::Interest && of.name.is_empty();
            let counted = of.effective_on;
            let from = if is_night { counted.yesterday().expect("a date") } else { counted };
            spells.push((from, today));
        }
    }
    spells.extend(since.map(|since| (since, Date::MAX)));
    spells
}
