//! Statements that are closed today, and loans that fall behind.

use std::collections::HashSet;

use serde_json::json;

use florin_events::NewEvent;
use florin_ids::LoanId;
use florin_storage::Tx;

use super::{Books, Run};
use crate::LendingError;
use crate::collections::ahead;
use crate::loan::{Loan, fall_behind};
use crate::postings::Moment;
use crate::product::FeeEvent;
use crate::statement::{self, Statement};
use crate::transaction;
use crate::transaction::resolve::charge_fees;

impl Run<'_> {
    /// Closes the statements whose day it is.
    pub(super) fn close_statements(
        &mut self,
        tx: &mut Tx,
        books: &mut Books,
    ) -> Result<(), LendingError> {
        for index in 0..self.loans.len() {
            let loan = &self.loans[index];
            if loan.next_statement_on != Some(self.day.date) || !loan.status.is_open() {
                continue;
            }
            let (id, product) = (loan.id, loan.product);
            let product = self.product_in(tx, product)?;
            let dues = books.dues.entry(id).or_default();
            let statement = statement::close(&mut self.loans[index], dues, &product, self.moment)?;
            self.changed.insert(id);
            self.effects.events.push(statement_ready(&statement, self.moment));
            self.effects.statements.push(statement);
        }
        Ok(())
    }

    /// Makes late, and puts into arrears with the fees for it, what has been overdue for long enough.
    pub(super) fn fall_behind(
        &mut self,
        tx: &mut Tx,
        books: &mut Books,
    ) -> Result<(), LendingError> {
        let today = self.day.date;
        let waiting = self.waiting_in(tx, books)?;
        for index in 0..self.loans.len() {
            let loan = &mut self.loans[index];
            if !loan.falls_behind(today) || waiting.contains(&loan.id) {
                continue;
            }
            let overdue = books.dues.get(&loan.id).map_or(0, |dues| dues.overdue(today));
            let in_arrears = fall_behind(loan, overdue, self.moment, &mut self.effects.events);
            self.changed.insert(loan.id);
            let product = loan.product;
            if in_arrears {
                let product = self.product_in(tx, product)?;
                let (loan, moment) = (&mut self.loans[index], self.moment);
                charge_fees(loan, &product, FeeEvent::Arrears, moment, &mut self.effects)?;
            }
        }
        Ok(())
    }
}

impl Run<'_> {
    /// The loans that are behind only because what is under way has not arrived: a provider's time makes nobody late.
    fn waiting_in(&self, tx: &mut Tx, books: &Books) -> Result<HashSet<LoanId>, LendingError> {
        let today = self.day.date;
        let may_wait: Vec<&Loan> = self
            .loans
            .iter()
            .filter(|loan| loan.instrument.is_some() && loan.falls_behind(today))
            .collect();
        if may_wait.is_empty() {
            return Ok(HashSet::new());
        }
        let ids = may_wait.iter().map(|loan| loan.id.uuid()).collect();
        let under_way = transaction::repo::under_way(tx, self.day.tenant, ids)?;
        let waits = |loan: &&Loan| {
            let amount = under_way.get(&loan.id).copied().unwrap_or(0);
            let dues = books.dues.get(&loan.id);
            dues.is_some_and(|dues| !ahead::is_behind(loan, dues, amount, today))
        };
        Ok(may_wait.into_iter().filter(waits).map(|loan| loan.id).collect())
    }
}

/// `statement_ready`. The document lists no fields: those that a partner shows to the borrower.
fn statement_ready(statement: &Statement, moment: Moment) -> NewEvent {
    NewEvent {
        kind: "statement_ready",
        resource: format!("loan:{}", statement.loan),
        occurred_at: moment.at,
        data: json!({
            "statement": statement.id.to_string(),
            "loan": statement.loan.to_string(),
            "period_from": statement.period_from.to_string(),
            "period_to": statement.period_to.to_string(),
            "closing_balance": statement.closing.to_string(),
            "minimum_repayment": statement.minimum_repayment.to_string(),
            "due_date": statement.due_on.to_string(),
        }),
    }
}
