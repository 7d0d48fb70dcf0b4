//! Refunds: what a borrower has paid beyond what was owed is given back.
//!
//! A refund is a transaction of the loan. It takes the money off what is owed to the borrower as soon as it is asked
//! for, so that nothing else uses it and it is not given back twice; when it fails or is cancelled the money is owed
//! to the borrower again. It moves as disbursements do: by the payments provider or the ACH network, or by the partner,
//! who tells when it is done.

mod ask;
mod owed;
pub(crate) mod states;

use rust_decimal::Decimal;

use florin_ids::{LoanId, TransactionId};
use florin_storage::{Filter, ListQuery, Op, Page, Tx, Value};
use florin_tenancy::Caller;

use crate::transaction::resolve;
use crate::{Lending, LendingError, Transaction, TransactionType};

pub use owed::{FIELDS, OwedToBorrower};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The loan that was paid too much.
    pub loan: LoanId,
    /// How much of it, in the loan's currency; all that can be given back when absent.
    pub amount: Option<Decimal>,
    /// A verified external account of the borrower that it goes to (loans in dollars); by the tenant's settings for
    /// payouts when absent.
    pub external_account: Option<i64>,
    /// Makes the refund happen once.
    pub unique_key: Option<String>,
}

impl Lending {
    /// Gives back what a borrower has paid too much; a known `unique_key` answers the first result.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] for an unknown loan, a wrong amount or one that is more than can be given back, or an
    /// account that can't be used; [`LendingError::Conflict`] when nothing can be given back now, or when the unique key
    /// was used for another request.
    pub async fn create_refund(
        &self,
        caller: &Caller,
        new: NewRefund,
    ) -> Result<Transaction, LendingError> {
        let (lending, caller) = (self.clone(), caller.clone());
        self.db.write(move |tx| ask::create_in(tx, &lending, &caller, &new)).await
    }

    /// Calls a refund off that has not gone out: its money is owed to the borrower again.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when it is not pending, or is with the bank already.
    pub async fn cancel_refund(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let (lending, caller) = (self.clone(), caller.clone());
        self.db.write(move |tx| states::cancel_in(tx, &lending.rails, &caller, id)).await
    }

    /// Tells that a pending refund was paid.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is not pending.
    pub async fn apply_refund(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| {
                let (found, ..) = resolve::hold_in(tx, &caller, id)?;
                check_refund(&found)?;
                resolve::apply_in(tx, &caller, id)
            })
            .await
    }

    /// One refund.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_refund(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let found = self.get_transaction(caller, id).await.map_err(not_found)?;
        check_refund(&found)?;
        Ok(found)
    }

    /// A page of refunds, by what transactions are listed by.
    pub async fn list_refunds(
        &self,
        caller: &Caller,
        mut query: ListQuery,
    ) -> Result<Page<Transaction>, LendingError> {
        let refund = vec![Value::from(TransactionType::Refund.as_str())];
        query.filters.push(Filter { column: "type", op: Op::In(refund) });
        self.list_transactions(caller, query).await
    }

    /// A page of what is owed to borrowers, by loan.
    pub async fn list_owed_to_borrowers(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<OwedToBorrower>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx: &mut Tx| Ok(owed::repo::list(tx, tenant, &query)?)).await
    }
}

fn check_refund(found: &Transaction) -> Result<(), LendingError> {
    if found.kind == TransactionType::Refund {
        return Ok(());
    }
    Err(LendingError::NotFound("refund"))
}

fn not_found(error: LendingError) -> LendingError {
    match error {
        LendingError::NotFound(_) => LendingError::NotFound("refund"),
        other => other,
    }
}
