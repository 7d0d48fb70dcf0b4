//! Accounts that an end user tells of by hand: no bank tells of them. They stand behind a member of the end user's own,
//! which is made with the first.

mod entity;
mod repo;

use florin_ids::{ConnectAccountId, ConnectUserId};
use florin_tenancy::Caller;

pub use entity::{ManualTerms, NewManualAccount};

pub(crate) use repo::delete_of_user;

use crate::{Account, Connect, ConnectError, Visitor};

impl Connect {
    /// Adds an account by hand. Its member is answered by [`Account::member`]; the member's institution is the one that
    /// stands for accounts of this kind.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field; [`ConnectError::Conflict`] when the session takes none.
    pub async fn create_account(
        &self,
        visitor: &Visitor,
        new: NewManualAccount,
    ) -> Result<Account, ConnectError> {
        let _ = (visitor, new);
        crate::later()
    }

    /// What a user told of an account by hand beside the account itself, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn manual_terms(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        account: ConnectAccountId,
    ) -> Result<ManualTerms, ConnectError> {
        let _ = (caller, user, account);
        crate::later()
    }
}
