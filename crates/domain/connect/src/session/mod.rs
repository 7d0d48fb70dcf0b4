//! Sessions: what an end user's browser holds.

mod entity;

use florin_crypto::Secret;
use florin_tenancy::Caller;

pub use entity::{Mode, NewSession, PartnerUser, Product, SESSION_LASTS, Session, Visitor};

use crate::{Connect, ConnectError};

impl Connect {
    /// Opens a session for one end user, who is made known if need be. The token is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field.
    pub async fn create_session(
        &self,
        caller: &Caller,
        new: NewSession,
    ) -> Result<(Session, Secret), ConnectError> {
        let _ = (caller, new);
        crate::later()
    }

    /// Whom a token stands for.
    ///
    /// # Errors
    /// [`ConnectError::Unauthenticated`] for a token that was never given out or has expired.
    pub async fn visitor(&self, token: &str) -> Result<(Visitor, Session), ConnectError> {
        let _ = token;
        crate::later()
    }

    /// Ends the session: its token opens nothing any more.
    ///
    /// # Errors
    /// Storage only.
    pub async fn end_session(&self, visitor: &Visitor) -> Result<(), ConnectError> {
        let _ = visitor;
        crate::later()
    }
}
