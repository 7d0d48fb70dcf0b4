//! End users, as the partner knows them.

mod entity;

use florin_ids::ConnectUserId;
use florin_storage::{ListQuery, Page};
use florin_tenancy::Caller;

pub use entity::ConnectUser;

use crate::{Connect, ConnectError, Visitor};

impl Connect {
    /// One end user.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn user(
        &self,
        caller: &Caller,
        id: ConnectUserId,
    ) -> Result<ConnectUser, ConnectError> {
        let _ = (caller, id);
        crate::later()
    }

    /// The end user who is here.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] when the partner has deleted them.
    pub async fn current_user(&self, visitor: &Visitor) -> Result<ConnectUser, ConnectError> {
        let _ = visitor;
        crate::later()
    }

    /// A page of the end users that `query` selects by `user::FIELDS`.
    ///
    /// # Errors
    /// Storage only.
    pub async fn users(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<ConnectUser>, ConnectError> {
        let _ = (caller, query);
        crate::later()
    }

    /// Deletes an end user with everything that is known of them: members, credentials, accounts, transactions.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn delete_user(
        &self,
        caller: &Caller,
        id: ConnectUserId,
    ) -> Result<(), ConnectError> {
        let _ = (caller, id);
        crate::later()
    }
}
