//! What Florin says of a loan.

use florin_ids::LoanId;
use florin_lending::loan::Instalment;
use florin_lending::loan::dues::Due;
use florin_lending::statement::Statement;
use florin_lending::{Transaction, TransactionType};
use florin_storage::{Filter, ListQuery, Op};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::support::Lender;

/// What was said before, so that only what is new of the transactions is said again.
#[derive(Default)]
pub struct View {
    transactions: Vec<Value>,
}

impl View {
    /// All that Florin says now, of the transactions only those that changed.
    pub fn changes(&mut self, lender: &Lender, id: LoanId) -> Value {
        let (loan, instalments) = lender
            .runtime
            .block_on(lender.lending.loan_schedule(&lender.caller, id))
            .expect("a schedule");
        let transactions: Vec<Value> = transactions(lender, id).iter().map(row).collect();
        let known = &self.transactions;
        let changed = transactions.iter().enumerate();
        let changed: Vec<Value> = changed
            .filter(|(index, row)| known.get(*index) != Some(*row))
            .map(|(index, row)| json!([index, row]))
            .collect();
        self.transactions = transactions;
        let owed = loan.balances.owed();
        let retold = lender.runtime.block_on(lender.lending.retold(&lender.caller, id));
        let dues = retold.map(|it| it.booked.dues).unwrap_or_default();
        json!({
            "date": lender.today().to_string(),
            "owed": [owed.principal, owed.interest, owed.fee],
            "status": loan.status.as_str(),
            "next_due_on": loan.next_due_on.map(|date| date.to_string()),
            "instalments": instalments.iter().map(instalment).collect::<Vec<_>>(),
            "dues": dues.iter().map(due).collect::<Vec<_>>(),
            "statements": statements(lender, id).iter().map(statement).collect::<Vec<_>>(),
            "transactions": changed,
        })
    }
}

/// The loan's transactions in the order in which they were made, however many.
pub fn transactions(lender: &Lender, loan: LoanId) -> Vec<Transaction> {
    let mut all = Vec::new();
    loop {
        let query = ListQuery {
            filters: vec![Filter { column: "loan_id", op: Op::In(vec![loan.into()]) }],
            order: vec![("id", false)],
            limit: 1_000,
            offset: all.len() as u64,
        };
        let page = lender.lending.list_transactions(&lender.caller, query);
        let page = lender.runtime.block_on(page).expect("a list").items;
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn statements(lender: &Lender, loan: LoanId) -> Vec<Statement> {
    let query = ListQuery {
        filters: vec![Filter { column: "loan_id", op: Op::In(vec![loan.into()]) }],
        order: vec![("id", false)],
        limit: 1_000,
        offset: 0,
    };
    let page = lender.lending.list_statements(&lender.caller, query);
    let items = lender.runtime.block_on(page).expect("a list").items;
    items.into_iter().map(|it| it.statement).collect()
}

/// When the loan's statements were made.
#[allow(dead_code, reason = "some look at no statements")]
pub fn statement_days(lender: &Lender, loan: LoanId) -> Vec<Date> {
    statements(lender, loan).iter().map(|it| it.period_to).collect()
}

/// `[type, status, amount, principal, interest, fee, effective on, name]`.
fn row(it: &Transaction) -> Value {
    let parts = it.parts();
    // Made by itself on a due date, or asked for.
    let kind = match it.kind {
        TransactionType::Repayment if it.is_automatic && it.name.is_empty() => "collection",
        kind => kind.as_str(),
    };
    json!([
        kind,
        it.status.as_str(),
        it.amount.minor(),
        parts.principal,
        parts.interest,
        parts.fee,
        it.effective_on.to_string(),
        it.name
    ])
}

/// `[number, due on, principal, interest, fee, total, principal afterwards]`.
fn instalment(it: &Instalment) -> Value {
    let (principal, interest, fee) = (it.principal_minor, it.interest_minor, it.fee_minor);
    let (total, after) = (it.total_minor, it.principal_after_minor);
    json!([it.number, it.due_on.to_string(), principal, interest, fee, total, after])
}

/// `[due on, asked for, unpaid, paid on]`.
fn due(it: &Due) -> Value {
    let paid_on = it.paid_on.map(|date| date.to_string());
    json!([it.due_on.to_string(), it.billed_minor, it.unpaid_minor, paid_on])
}

/// `[from, to, opening, closing, minimum, asked for beyond earlier ones, due on]`.
fn statement(it: &Statement) -> Value {
    json!([
        it.period_from.to_string(),
        it.period_to.to_string(),
        it.opening.minor(),
        it.closing.minor(),
        it.minimum_repayment.minor(),
        it.billed_minor,
        it.due_on.to_string()
    ])
}
