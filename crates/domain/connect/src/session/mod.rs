//! Sessions: what an end user's browser holds.

mod entity;
pub(crate) mod repo;

use florin_crypto::{Secret, hash_key};
use florin_ids::ConnectSessionId;
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::{SignedDuration, Timestamp};

pub use entity::{Mode, NewSession, PartnerUser, Product, SESSION_LASTS, Session, Visitor};

use crate::{Connect, ConnectError, member, microdeposit, user};

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
        if let Some(code) = new.institution_code.as_deref() {
            let found = self.catalogue(caller.tenant).await?.by_code(code);
            if found.is_none_or(|it| it.is_hidden || it.is_discontinued) {
                let message = "There is no such institution.";
                return Err(ConnectError::invalid("current_institution_code", message));
            }
        }
        let caller = caller.clone();
        self.db.write(move |tx| open_in(tx, &caller, &new)).await
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

    /// The origin of the page that may put the hosted page into a frame: of a session by its token or by its id, which is
    /// no secret, also after it has expired. `None` when there is no such session, or nobody may.
    ///
    /// # Errors
    /// Storage only.
    pub async fn embedding_origin(
        &self,
        token: Option<&str>,
        id: Option<ConnectSessionId>,
    ) -> Result<Option<String>, ConnectError> {
        let token_hash = token.map(hash_key);
        self.db
            .read(move |tx| {
                let session = match (token_hash, id) {
                    (Some(token_hash), _) => repo::by_token(tx, token_hash)?,
                    (None, Some(id)) => repo::by_id(tx, id)?,
                    (None, None) => None,
                };
                Ok(session.and_then(|session| session.origin))
            })
            .await
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

/// Opens a session, whatever institution it begins with; it joins the caller's transaction.
///
/// # Errors
/// As [`Connect::create_session`].
pub fn open_in(
    tx: &mut Tx,
    caller: &Caller,
    new: &NewSession,
) -> Result<(Session, Secret), ConnectError> {
    new.checked()?;
    let (tenant, now) = (caller.tenant, caller.now);
    let at = day::state_in(tx, tenant)?.stamp(now);
    let user = user::known_in(tx, tenant, &new.user, at)?;
    if let Some(member) = new.current_member {
        let found = member::repo::get(tx, tenant, member)?;
        if found.is_none_or(|it| it.user != user) {
            let message = "No such member of this user.";
            return Err(ConnectError::invalid("current_member_guid", message));
        }
    }
    if let Some(id) = new.current_microdeposit
        && !microdeposit::is_of_user_in(tx, tenant, user, id)?
    {
        let message = "No such microdeposit of this user.";
        return Err(ConnectError::invalid("current_microdeposit_guid", message));
    }
    let (session, token) =
        (new.clone().into_session(tenant, user, now), Secret::generate(TOKEN_PREFIX));
    let long_ago = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
    repo::delete_ended(tx, tenant, user, long_ago)?;
    repo::insert(tx, &session, token.hash())?;
    Ok((session, token))
}
