//! What falls due today, what is asked for it, and what will fall due soon.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use florin_events::NewEvent;
use florin_ids::{LoanId, TransactionId};
use florin_money::MoneyError;
use florin_storage::Tx;
use florin_tenancy::Collections;

use super::{Books, Run, penniless};
use crate::LendingError;
use crate::collections::ahead;
use crate::loan::servicing;
use crate::loan::{self, Instalment, Loan};
use crate::postings::{self, Moment, Parts};
use crate::transaction::batch::simulated_reference;
use crate::transaction::resolve::{self, event};
use crate::transaction::{Transaction, TransactionStatus, TransactionType};

/// How many days before it is due a repayment is announced (the document's `repayment_due_day_soon`).
const NOTICE_DAYS: i64 = 5;

impl Run<'_> {
    /// Lets fall due what is due today and, when the simulated provider collects, collects it.
    pub(super) fn fall_due(&mut self, tx: &mut Tx, books: &mut Books) -> Result<(), LendingError> {
        let today = self.day.date;
        let due = self.loans.iter().filter(|loan| loan.next_due_on == Some(today));
        let (ids, users): (Vec<Uuid>, Vec<_>) =
            due.map(|loan| (loan.id.uuid(), loan.end_user)).unzip();
        if ids.is_empty() {
            return Ok(());
        }
        let collects = self.day.collections == Collections::Simulated;
        let penniless = if collects {
            penniless(tx, self.day.tenant, users.into_iter())?
        } else {
            HashSet::new()
        };
        self.freshen(tx, today)?;
        let mut instalments = self.instalments_of(tx, ids.clone(), today)?;
        for id in ids.into_iter().map(LoanId::from_uuid) {
            let Some(index) = self.index_of(id) else { continue };
            self.changed.insert(id);
            let asked = self.ask(index, instalments.remove(&id), books)?;
            // What is collected over a rail was asked for ahead of its day.
            if collects && asked > 0 && self.loans[index].instrument.is_none() {
                let fails = penniless.contains(&self.loans[index].end_user);
                self.collect(index, asked, fails, books)?;
            }
            let loan = &mut self.loans[index];
            resolve::close_if_paid(tx, self.day.tenant, loan, &self.effects)?;
        }
        Ok(())
    }

    /// What is asked of a loan today: an instalment, or what is unpaid of the last statement's minimum.
    fn ask(
        &mut self,
        index: usize,
        instalment: Option<(Instalment, Option<Date>)>,
        books: &mut Books,
    ) -> Result<i64, MoneyError> {
        let loan = &mut self.loans[index];
        let dues = books.dues.entry(loan.id).or_default();
        match instalment {
            Some((instalment, following)) => {
                servicing::fall_due(loan, dues, &instalment, following).total()
            }
            None => {
                loan.next_due_on = dues.next_after(self.day.date);
                Ok(dues.unpaid_by(self.day.date))
            }
        }
    }

    /// One automatic repayment: created, and answered by the simulated provider on the same day.
    fn collect(
        &mut self,
        index: usize,
        amount: i64,
        fails: bool,
        books: &mut Books,
    ) -> Result<(), LendingError> {
        let mut loan = self.loans[index].clone();
        let parts = Parts::allocate(loan.balances.owed(), amount);
        let (id, kind) = (TransactionId::new(), TransactionType::Repayment);
        let mut transaction = Transaction::new(id, &loan, kind, parts, self.moment)?;
        transaction.is_automatic = true;
        transaction.processing_on = Some(self.day.date);
        transaction.provider_reference = Some(simulated_reference(id.uuid()));
        transaction.status = TransactionStatus::Pending;
        self.effects.events.push(event("repayment_created", &transaction));
        if fails {
            transaction.end(TransactionStatus::Failed, &loan, self.moment);
            transaction.failure_reason = "insufficient_funds".to_owned();
        } else {
            transaction.status = TransactionStatus::Applied;
            let dues = books.dues.entry(loan.id).or_default();
            let repaid = servicing::repay(&mut loan, dues, amount, self.day.date)?;
            transaction.split(repaid);
            self.effects.entries.push(postings::repayment_collected(
                id.into(),
                loan.id,
                loan.currency,
                (repaid, 0),
                postings::Arrived::AtBank,
                self.moment,
            ));
        }
        self.effects.events.push(event("repayment_result", &transaction));
        self.effects.transactions.push(transaction);
        self.loans[index] = loan;
        Ok(())
    }

    /// Asks the rails for what falls due in the days that they need, and for what is overdue and was not asked for.
    pub(super) fn collect_ahead(&mut self, tx: &mut Tx, books: &Books) -> Result<(), LendingError> {
        let (tenant, today) = (self.day.tenant, self.day.date);
        let is_time = |it: &&Loan| ahead::asks_up_to(it, self.rails, today).is_some();
        let soon = self.loans.iter().filter(is_time).cloned().collect();
        let by_due = ahead::collectable_in(tx, self.rails, tenant, (soon, today))?;
        for (due_on, ids) in by_due {
            self.freshen(tx, due_on)?;
            let under_way = ahead::under_way_in(tx, tenant, ids.clone())?;
            // One of today is a due by now.
            let mut instalments = HashMap::new();
            if due_on > today {
                instalments = self.instalments_of(tx, ids.clone(), due_on)?;
            }
            for id in ids.into_iter().map(LoanId::from_uuid) {
                let Some(index) = self.index_of(id) else { continue };
                let loan = &mut self.loans[index];
                let expected = match instalments.remove(&id) {
                    Some((instalment, _)) => loan.expected_on(&instalment, today)?,
                    None => {
                        let asked = books.dues.get(&id).map_or(0, |dues| dues.unpaid_by(due_on));
                        Parts::allocate(loan.balances.owed(), asked)
                    }
                };
                let under_way = under_way.get(&id).copied().unwrap_or(0);
                let asked = ahead::collection(loan, due_on, expected, under_way, self.moment)?;
                if let Some((transaction, asked)) = asked {
                    self.effects.transactions.push(transaction);
                    self.effects.asked.push(asked);
                }
                self.changed.insert(id);
            }
        }
        self.effects.ask_in(tx, self.rails, tenant, self.moment)
    }

    /// Calls off what is still to be collected of loans that were paid otherwise, and closes them.
    pub(super) fn call_off_paid(&mut self, tx: &mut Tx) -> Result<(), LendingError> {
        let (tenant, moment) = (self.day.tenant, self.moment);
        for index in 0..self.loans.len() {
            let loan = &mut self.loans[index];
            if loan.instrument.is_none() || !loan.is_paid() {
                continue;
            }
            ahead::call_off_in(tx, self.rails, tenant, loan, moment, &mut self.effects)?;
            resolve::close_if_paid(tx, tenant, loan, &self.effects)?;
            self.changed.insert(loan.id);
        }
        Ok(())
    }

    /// Brings the schedules up to date of the loans with something due on `date` that were repaid early.
    fn freshen(&mut self, tx: &mut Tx, date: Date) -> Result<(), LendingError> {
        let stale = self.loans.iter().enumerate();
        let stale: Vec<usize> = stale
            .filter(|(_, loan)| loan.early_minor > 0 && loan.next_due_on == Some(date))
            .map(|(index, _)| index)
            .collect();
        if stale.is_empty() {
            return Ok(());
        }
        let ids = stale.iter().map(|index| self.loans[*index].id.uuid()).collect();
        let mut schedules = loan::repo::schedules(tx, self.day.tenant, ids)?;
        for index in stale {
            let product = self.product_in(tx, self.loans[index].product)?;
            let loan = &mut self.loans[index];
            let mut instalments = schedules.remove(&loan.id).unwrap_or_default();
            servicing::freshen(loan, &mut instalments, &product)?;
            loan::repo::replace_instalments(tx, self.day.tenant, loan.id, &instalments)?;
            self.changed.insert(loan.id);
        }
        Ok(())
    }

    /// The instalments of `ids` that fall due on `date`, each with the due date after it.
    fn instalments_of(
        &self,
        tx: &mut Tx,
        ids: Vec<Uuid>,
        date: Date,
    ) -> Result<HashMap<LoanId, (Instalment, Option<Date>)>, LendingError> {
        let due = loan::repo::due_on(tx, self.day.tenant, ids, date)?;
        Ok(due.into_iter().map(|(id, instalment, next)| (id, (instalment, next))).collect())
    }

    /// The day whose repayments are announced today.
    pub(super) fn soon(&self) -> Date {
        self.day.date.checked_add(jiff::Span::new().days(NOTICE_DAYS)).unwrap_or(Date::MAX)
    }

    /// Announces what falls due in [`NOTICE_DAYS`] days.
    pub(super) fn announce(&mut self, tx: &mut Tx, books: &Books) -> Result<(), LendingError> {
        let soon = self.soon();
        self.freshen(tx, soon)?;
        let due =
            self.loans.iter().filter(|it| it.status.is_open() && it.next_due_on == Some(soon));
        let (terms, statements): (Vec<&Loan>, Vec<&Loan>) = due.partition(|loan| loan.is_term());
        for loan in statements {
            let amount = books.dues.get(&loan.id).map_or(0, |dues| dues.unpaid_by(soon));
            self.effects.events.push(due_soon(loan, soon, None, amount, self.moment));
        }
        let ids: Vec<Uuid> = terms.iter().map(|loan| loan.id.uuid()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        for (id, instalment, _) in loan::repo::due_on(tx, self.day.tenant, ids, soon)? {
            let Some(index) = self.index_of(id) else { continue };
            let loan = &self.loans[index];
            let amount = loan.expected_on(&instalment, self.day.date)?.total()?;
            let number = Some(instalment.number);
            self.effects.events.push(due_soon(loan, soon, number, amount, self.moment));
        }
        Ok(())
    }
}

/// `repayment_due_day_soon`, with the amount that will be asked for if nothing happens until then.
fn due_soon(
    loan: &Loan,
    due_on: Date,
    instalment: Option<u32>,
    amount: i64,
    moment: Moment,
) -> NewEvent {
    NewEvent {
        kind: "repayment_due_day_soon",
        resource: format!("loan:{}", loan.id),
        occurred_at: moment.at,
        data: json!({
            "loan": loan.id.to_string(),
            "instalment": instalment,
            "due_date": due_on.to_string(),
            "amount": loan.money(amount).to_string(),
        }),
    }
}
