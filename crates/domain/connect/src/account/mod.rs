//! What is known of the accounts behind a member.

mod entity;

use florin_ids::{ConnectAccountId, ConnectUserId, MemberId};
use florin_storage::Page;
use florin_tenancy::Caller;

pub use entity::{
    Account, AccountType, Category, ConnectStatement, ConnectTransaction, Detail, Numbers, Owner,
    TransactionQuery,
};

use crate::{Connect, ConnectError, Visitor};

impl Connect {
    /// The accounts behind one member, numbers masked, for the end user.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn member_accounts(
        &self,
        visitor: &Visitor,
        member: MemberId,
    ) -> Result<Vec<Account>, ConnectError> {
        let _ = (visitor, member);
        crate::later()
    }

    /// A user's accounts, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn user_accounts(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        detail: Detail,
    ) -> Result<Vec<Account>, ConnectError> {
        let _ = (caller, user, detail);
        crate::later()
    }

    /// One account of a user, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn user_account(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
        detail: Detail,
    ) -> Result<Account, ConnectError> {
        let _ = (caller, user, account, detail);
        crate::later()
    }

    /// A page of an account's transactions, newest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`]; [`ConnectError::Invalid`] for a page of more than 1000.
    pub async fn account_transactions(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
        query: TransactionQuery,
    ) -> Result<Page<ConnectTransaction>, ConnectError> {
        let _ = (caller, user, account, query);
        crate::later()
    }

    /// An account's statements, newest first, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn account_statements(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
    ) -> Result<Vec<ConnectStatement>, ConnectError> {
        let _ = (caller, user, account);
        crate::later()
    }
}
