//! What a statement says; pure.

use jiff::Timestamp;
use jiff::civil::Date;

use florin_ids::{LoanId, StatementId};
use florin_money::{Money, MoneyError};

use crate::loan::Loan;
use crate::loan::dues::Dues;
use crate::loan::servicing::{self, Billed};
use crate::postings::{Moment, Parts};
use crate::product::{Product, minimum_repayment};

/// A closed statement of a revolving account. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub id: StatementId,
    /// The loan.
    pub loan: LoanId,
    /// Counted from 1 within the loan; the transactions of the period carry the same number.
    pub number: u32,
    /// The first day of the period.
    pub period_from: Date,
    /// The day on which it was closed.
    pub period_to: Date,
    /// What was owed at the beginning.
    pub opening: Money,
    /// What is owed at the end, by kind, in minor units.
    pub closing_parts: Parts,
    /// What is owed at the end.
    pub closing: Money,
    /// What has to be repaid by the due date.
    pub minimum_repayment: Money,
    /// The part of it that no earlier statement asked for, in minor units.
    pub billed_minor: i64,
    /// By when.
    pub due_on: Date,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Closes the running period of a revolving loan: the statement, and the loan as it stands after it.
pub(crate) fn close(
    loan: &mut Loan,
    dues: &mut Dues,
    product: &Product,
    moment: Moment,
) -> Result<Statement, MoneyError> {
    let owed = loan.balances.owed();
    let (closing, unpaid) = (owed.total()?, dues.unpaid());
    let minimum = minimum_repayment(owed, &product.statement_terms(), unpaid)?;
    let billed =
        Billed { amount: (minimum - unpaid).max(0), due_on: product.statement_due_on(moment.on) };
    let opening = loan.statement_closing_minor;
    let period_from = loan.period_from(moment.on);
    servicing::close_statement(loan, dues, product, billed, moment.on);
    loan.statement_closing_minor = closing;
    Ok(Statement {
        id: StatementId::new(),
        loan: loan.id,
        number: loan.statements,
        period_from,
        period_to: moment.on,
        opening: loan.money(opening),
        closing_parts: owed,
        closing: loan.money(closing),
        minimum_repayment: loan.money(minimum),
        billed_minor: billed.amount,
        due_on: billed.due_on,
        created_at: moment.at,
    })
}
