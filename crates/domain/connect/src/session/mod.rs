//! Sessions: what an end user's browser holds.

mod entity;
pub(crate) mod repo;

use florin_crypto::{Secret, hash_key};
use florin_tenancy::{Caller, day};
use jiff::{SignedDuration, Timestamp};

pub use entity::{Mode, NewSession, PartnerUser, Product, SESSION_LASTS, Session, Visitor};

use crate::{Connect, ConnectError, member, user};

/// What a token begins with.
const TOKEN_PREFIX: &str = "flc_";
/// Sessions that ended are kept for so long.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

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
        new.checked()?;
        let (tenant, now) = (caller.tenant, caller.now);
        let token = Secret::generate(TOKEN_PREFIX);
        let token_hash = token.hash();
        let session = self.db.write(move |tx| {
            let at = day::state_in(tx, tenant)?.stamp(now);
            let user = user::known_in(tx, tenant, &new.user, at)?;
            if let Some(member) = new.current_member {
                let found = member::repo::get(tx, tenant, member)?;
                if found.is_none_or(|it| it.user != user) {
                    return Err(ConnectError::invalid(
                        "current_member_guid",
                        "No such member of this user.",
                    ));
                }
            }
            let session = new.clone().into_session(tenant, user, now);
            let long_ago = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
            repo::delete_ended(tx, tenant, user, long_ago)?;
            repo::insert(tx, &session, token_hash)?;
            Ok::<_, ConnectError>(session)
        });
        Ok((session.await?, token))
    }

    /// Whom a token stands for.
    ///
    /// # Errors
    /// [`ConnectError::Unauthenticated`] for a token that was never given out or has expired.
    pub async fn visitor(&self, token: &str) -> Result<(Visitor, Session), ConnectError> {
        let (token_hash, now) = (hash_key(token), self.clock.now());
        let found = self.db.read(move |tx| Ok::<_, ConnectError>(repo::by_token(tx, token_hash)?));
        let session = found.await?.filter(|session| now < session.expires_at);
        let session = session.ok_or(ConnectError::Unauthenticated)?;
        Ok((session.visitor(now), session))
    }

    /// Ends the session: its token opens nothing any more.
    ///
    /// # Errors
    /// Storage only.
    pub async fn end_session(&self, visitor: &Visitor) -> Result<(), ConnectError> {
        let (tenant, id) = (visitor.tenant, visitor.session);
        self.db
            .write(move |tx| Ok::<_, ConnectError>(repo::delete(tx, tenant, id)?))
            .await
            .map(|_| ())
    }
}
