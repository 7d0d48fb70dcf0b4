//! Transactions on loan accounts: disbursements, repayments, fees, interest.

pub(crate) mod backdate;
pub(crate) mod batch;
pub(crate) mod correct;
pub(crate) mod entity;
pub(crate) mod kept;
pub(crate) mod repo;
pub(crate) mod resolve;
pub(crate) mod retry;
pub(crate) mod reversing;
mod revert;

use florin_ids::TransactionId;
use florin_storage::{BatchQueue, ListQuery, Page};
use florin_tenancy::Caller;

use crate::{Lending, LendingError};

pub(crate) use batch::{Effects, create_many_in};
pub use entity::{NewTransaction, Transaction, TransactionStatus, TransactionType};
pub use repo::FIELDS;
pub use revert::{Reversion, RevertOptions};

/// The queue in front of [`Lending::create_transaction`]: what waits is committed together.
pub(crate) type Queue = BatchQueue<batch::Request, batch::Answer, LendingError>;

impl Lending {
    /// Books a disbursement, a repayment or a fee; a known `unique_key` answers the first result.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] for a wrong field, [`LendingError::Conflict`] when the limit or the loan's status
    /// does not allow it, or when the unique key was used for another request.
    pub async fn create_transaction(
        &self,
        caller: &Caller,
        new: NewTransaction,
    ) -> Result<Transaction, LendingError> {
        if let Some(on) = new.effective_on {
            let (caller, rails) = (caller.clone(), self.rails.clone());
            let backdate = move |tx: &mut _| backdate::backdate_in(tx, &rails, &caller, &new, on);
            return self.db.write(backdate).await;
        }
        self.transactions.submit(0, batch::Request { caller: caller.clone(), new }).await?
    }

    /// Tries a failed disbursement or repayment again.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it has not failed or what it would do is no
    /// longer possible.
    pub async fn retry_transaction(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let (caller, rails) = (caller.clone(), self.rails.clone());
        self.db.write(move |tx| retry::retry_in(tx, &rails, &caller, id)).await
    }

    /// Takes an applied transaction back, and all that postdate it or, recalculating, it alone.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is not applied, one after it is pending, it
    /// is part of a closed statement, or the loan would have been repaid more than it owed without it.
    pub async fn revert_transaction(
        &self,
        caller: &Caller,
        id: TransactionId,
        options: RevertOptions,
    ) -> Result<Reversion, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| revert::revert_in(tx, &caller, id, options)).await
    }

    /// Tells that a pending disbursement or repayment was carried out.
    ///
    /// # Errors
    /// [`LendingError::NotFound`], or [`LendingError::Conflict`] when it is not pending.
    pub async fn apply_transaction(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let caller = caller.clone();
        self.db.write(move |tx| resolve::apply_in(tx, &caller, id)).await
    }

    /// One transaction.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_transaction(
        &self,
        caller: &Caller,
        id: TransactionId,
    ) -> Result<Transaction, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(LendingError::NotFound("transaction")))
            .await
    }

    /// A page of transactions.
    pub async fn list_transactions(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<Transaction>, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }

    /// Hands every transaction of the filtered list to `f` until it answers false.
    pub async fn each_transaction(
        &self,
        caller: &Caller,
        query: ListQuery,
        mut f: impl FnMut(Transaction) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::each(tx, tenant, &query, &mut f)?)).await
    }
}
