//! Monthly statements of revolving credit.

pub mod entity;
mod lines;
pub(crate) mod repo;

use florin_ids::{StatementId, TenantId};
use florin_money::{Money, Rate};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, get_tenant_in};

use crate::end_user::{self, EndUser};
use crate::{Lending, LendingError, loan};

pub use entity::Statement;
pub(crate) use entity::close;
pub use lines::Line;
pub use repo::FIELDS;

const STATEMENT: &str = "statement";

/// A statement, and what has been paid towards it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementNow {
    /// The statement, which never changes.
    pub statement: Statement,
    /// Repayments and waivers that count, from the statement to its due date.
    pub paid_so_far: Money,
}

/// A statement with its lines, which lead from the opening to the closing balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The statement.
    pub head: StatementNow,
    /// Every change of the balance in its period, in the order of the days.
    pub lines: Vec<Line>,
}

/// A statement with all that stands on a letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The statement and its lines.
    pub sheet: Sheet,
    /// The lender's name.
    pub lender: String,
    /// The borrower as of now.
    pub borrower: EndUser,
    /// The product's name.
    pub product: String,
    /// A year's interest in percent.
    pub rate: Rate,
}

impl Lending {
    /// A page of statements.
    ///
    /// # Errors
    /// Storage only.
    pub async fn list_statements(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<StatementNow>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every statement of the filtered list to `f` until it answers false.
    ///
    /// # Errors
    /// Storage only.
    pub async fn each_statement(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(StatementNow) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }

    /// One statement with its lines.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_statement(
        &self,
        caller: &Caller,
        id: StatementId,
    ) -> Result<Sheet, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| sheet_in(tx, tenant, id)).await
    }

    /// Hands every line of a statement to `f` until it answers false.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn each_statement_line(
        &self,
        caller: &Caller,
        id: StatementId,
        mut f: impl FnMut(&Sheet, &Line) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                let sheet = sheet_in(tx, tenant, id)?;
                sheet.lines.iter().all(|line| f(&sheet, line));
                Ok(())
            })
            .await
    }

    /// One statement as it is sent to the borrower.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn statement_letter(
        &self,
        caller: &Caller,
        id: StatementId,
    ) -> Result<Letter, LendingError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .read(move |tx| {
                let sheet = sheet_in(tx, tenant, id)?;
                let loan = loan::repo::get(tx, tenant, sheet.head.statement.loan)?
                    .ok_or(LendingError::NotFound("loan"))?;
                let borrower = end_user::repo::get(tx, &keys, tenant, loan.end_user)?
                    .ok_or(LendingError::NotFound("end user"))?;
                let product = loan::product_in(tx, tenant, loan.product)?.name;
                let lender = get_tenant_in(tx, tenant)?.name;
                Ok(Letter { sheet, lender, borrower, product, rate: loan.rate })
            })
            .await
    }
}

fn sheet_in(tx: &mut Tx, tenant: TenantId, id: StatementId) -> Result<Sheet, LendingError> {
    let head = repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound(STATEMENT))?;
    let Statement { loan, number, opening, .. } = head.statement;
    let booked = repo::booked(tx, tenant, loan, number)?;
    let lines = lines::lines(number, opening.minor(), booked)?;
    Ok(Sheet { head, lines })
}
