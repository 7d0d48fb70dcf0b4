//! Consents: what an end user agreed to, and what happens when they take it back.
//!
//! A consent names purposes. A purpose holds as long as one consent to it does; when the last one is taken back,
//!
//! - `account_data`: every link to a bank is deleted with its credentials, accounts, balances, transactions, owners and
//!   statements;
//! - `credit_decision`: nothing is told to the decision engine any more, also not of applications that wait for their
//!   decision. What was decided before keeps the inputs that it was decided by, as the law asks of lenders;
//! - `payments`: no further account becomes an external account.

mod entity;
mod repo;
mod tell;
mod text;

use std::collections::BTreeSet;

use florin_ids::{ConnectUserId, ConsentId, MemberId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;

pub use entity::{Consent, NewConsent, Purpose, Revoker};
pub use text::{ConsentText, Paragraph, TEXTS, current_text, text};

pub(crate) use repo::delete_of_user;

use crate::{Connect, ConnectError, Visitor, member, profile};

const CONSENT: &str = "consent";

impl Connect {
    /// The end user agrees.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a text that was never shown or a purpose that it does not speak of.
    pub async fn give_consent(
        &self,
        visitor: &Visitor,
        new: NewConsent,
    ) -> Result<Consent, ConnectError> {
        let (version, purposes) = new.check().map_err(ConnectError::Invalid)?;
        let visitor = visitor.clone();
        self.db()
            .write(move |tx| {
                let at = profile::hold_in(tx, visitor.tenant, visitor.user, visitor.now)?;
                let consent = Consent {
                    id: ConsentId::new(),
                    user: visitor.user,
                    session: Some(visitor.session),
                    text_version: version.to_owned(),
                    purposes: purposes.clone(),
                    given_at: at,
                    revoked: None,
                };
                repo::insert(tx, visitor.tenant, &consent)?;
                tell::given_in(tx, visitor.tenant, &consent)?;
                Ok(consent)
            })
            .await
    }

    /// Everything that the end user has agreed to, oldest first, also what they have taken back.
    ///
    /// # Errors
    /// Storage only.
    pub async fn consents(&self, visitor: &Visitor) -> Result<Vec<Consent>, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        self.db().read(move |tx| Ok(repo::of_user(tx, tenant, user)?)).await
    }

    /// The end user takes a consent back. Done once, it stays done.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn revoke_consent(
        &self,
        visitor: &Visitor,
        id: ConsentId,
    ) -> Result<Consent, ConnectError> {
        self.revoke(visitor.caller(), visitor.user, id, Revoker::EndUser).await
    }

    /// A user's consents, for the partner.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for an unknown user.
    pub async fn consents_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
    ) -> Result<Vec<Consent>, ConnectError> {
        self.user(caller, user).await?;
        let tenant = caller.tenant;
        self.db().read(move |tx| Ok(repo::of_user(tx, tenant, user)?)).await
    }

    /// Takes a user's consent back, for the partner whom the end user told.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn revoke_consent_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        id: ConsentId,
    ) -> Result<Consent, ConnectError> {
        self.revoke(caller.clone(), user, id, Revoker::Partner).await
    }

    async fn revoke(
        &self,
        caller: Caller,
        user: ConnectUserId,
        id: ConsentId,
        by: Revoker,
    ) -> Result<Consent, ConnectError> {
        let service = self.clone();
        self.db().write(move |tx| revoke_in(tx, &service, &caller, user, id, by)).await
    }
}

/// Whether the end user agrees to a purpose now.
pub(crate) fn is_allowed_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    purpose: Purpose,
) -> Result<bool, ConnectError> {
    Ok(entity::allowed(&repo::of_user(tx, tenant, user)?).contains(&purpose))
}

/// What the end user has taken back and not given again.
pub(crate) fn withdrawn_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<BTreeSet<Purpose>, ConnectError> {
    Ok(entity::withdrawn(&repo::of_user(tx, tenant, user)?))
}

fn revoke_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    user: ConnectUserId,
    id: ConsentId,
    by: Revoker,
) -> Result<Consent, ConnectError> {
    let tenant = caller.tenant;
    let mut all = repo::of_user(tx, tenant, user)?;
    if !all.iter().any(|consent| consent.id == id) {
        return Err(ConnectError::NotFound(CONSENT));
    }
    let at = profile::hold_in(tx, tenant, user, caller.now)?;
    let before = entity::allowed(&all);
    let consent = all.iter_mut().find(|consent| consent.id == id);
    let consent = consent.ok_or(ConnectError::NotFound(CONSENT))?;
    if !consent.is_active() {
        return Ok(consent.clone());
    }
    consent.revoked = Some((at, by));
    let consent = consent.clone();
    repo::update(tx, tenant, &consent)?;
    let lost: BTreeSet<Purpose> = before.difference(&entity::allowed(&all)).copied().collect();
    if lost.contains(&Purpose::AccountData) {
        for member in linked_in(tx, tenant, user)? {
            member::forget_in(tx, service, tenant, member, at)?;
        }
    }
    tell::revoked_in(tx, tenant, at, &consent, &lost)?;
    Ok(consent)
}

/// The end user's links to banks. What they told by hand was read from nobody.
fn linked_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<MemberId>, ConnectError> {
    let members = member::repo::of_user(tx, tenant, user)?;
    Ok(members.into_iter().filter(|member| !member.is_manual).map(|member| member.id).collect())
}
