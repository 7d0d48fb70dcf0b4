//! Consents: what an end user agreed to, and what happens when they take it back.
//!
//! A consent names purposes. A purpose holds as long as one consent to it does; when the last one is taken back,
//!
//! - `account_data`: every link to a bank is deleted with its credentials, accounts, balances, transactions, owners and
//!   statements;
//! - `credit_decision`: nothing is told to the decision engine any more, also not of applications that wait for their
//!   decision. What was decided before keeps the inputs that it was decided by, as the law asks of lenders;
//! - `payments`: no further account becomes an external account, and those that became one by this are put away, as they
//!   are with `account_data`, on which they rest too.

mod entity;
mod repo;
mod tell;
mod text;

use std::collections::BTreeSet;

use florin_ids::{ConnectUserId, ConsentId, MemberId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;

pub use entity::{Consent, NewConsent, Purpose, Revocation, Revoker};
pub use text::{ConsentText, Paragraph, TEXTS, current_text, text};

pub(crate) use repo::delete_of_user;

use crate::{Connect, ConnectError, Visitor, member, profile, session, share};

const CONSENT: &str = "consent";

impl Connect {
    /// The end user agrees.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] for a text that was never shown or a purpose that the session does not ask for.
    pub async fn give_consent(
        &self,
        visitor: &Visitor,
        new: NewConsent,
    ) -> Result<Consent, ConnectError> {
        let visitor = visitor.clone();
        self.db()
            .write(move |tx| {
                let session = session::repo::get(tx, visitor.tenant, visitor.session)?;
                let asked = session.ok_or(ConnectError::Unauthenticated)?.purposes;
                let (version, purposes) = new.check(&asked).map_err(ConnectError::Invalid)?;
                let at = profile::hold_in(tx, visitor.tenant, visitor.user, visitor.now)?;
                let consent = Consent {
                    id: ConsentId::new(),
                    user: visitor.user,
                    session: Some(visitor.session),
                    text_version: version.to_owned(),
                    purposes,
                    given_at: at,
                    revoked: None,
                };
                repo::insert(tx, visitor.tenant, &consent)?;
                tell::given_in(tx, visitor.tenant, &consent)?;
                Ok(consent)
            })
            .await
    }

    /// Everything that the end user has agreed to, oldest first, also what they have taken back. Beside what holds stands
    /// what taking it back now would do.
    ///
    /// # Errors
    /// Storage only.
    pub async fn consents(
        &self,
        visitor: &Visitor,
    ) -> Result<Vec<(Consent, Option<Revocation>)>, ConnectError> {
        let (service, tenant, user) = (self.clone(), visitor.tenant, visitor.user);
        self.db().read(move |tx| agreed_in(tx, &service, tenant, user)).await
    }

    /// What the end user agrees to now.
    ///
    /// # Errors
    /// Storage only.
    pub async fn allowed(&self, visitor: &Visitor) -> Result<BTreeSet<Purpose>, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        self.db().read(move |tx| Ok(entity::allowed(&repo::of_user(tx, tenant, user)?))).await
    }

    /// The end user takes a consent back, and is told what that did. Done once, it stays done, and does nothing more.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn revoke_consent(
        &self,
        visitor: &Visitor,
        id: ConsentId,
    ) -> Result<(Consent, Option<Revocation>), ConnectError> {
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
    ) -> Result<Vec<(Consent, Option<Revocation>)>, ConnectError> {
        self.user(caller, user).await?;
        let (service, tenant) = (self.clone(), caller.tenant);
        self.db().read(move |tx| agreed_in(tx, &service, tenant, user)).await
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
    ) -> Result<(Consent, Option<Revocation>), ConnectError> {
        self.revoke(caller.clone(), user, id, Revoker::Partner).await
    }

    async fn revoke(
        &self,
        caller: Caller,
        user: ConnectUserId,
        id: ConsentId,
        by: Revoker,
    ) -> Result<(Consent, Option<Revocation>), ConnectError> {
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

/// An end user's consents; with each that holds, what taking it back now would do.
fn agreed_in(
    tx: &mut Tx,
    service: &Connect,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<(Consent, Option<Revocation>)>, ConnectError> {
    let all = repo::of_user(tx, tenant, user)?;
    let links = linked_in(tx, tenant, user)?.len() as u64;
    let accounts = share::resting_in(tx, service, tenant, user)?.len() as u64;
    let would = |one: &Consent| {
        let mut would = Revocation::of(one, &all);
        would.links = if would.ends_links() { links } else { 0 };
        would.external_accounts = if would.ends_payments() { accounts } else { 0 };
        would
    };
    Ok(all.iter().map(|one| (one.clone(), one.is_active().then(|| would(one)))).collect())
}

fn revoke_in(
    tx: &mut Tx,
    service: &Connect,
    caller: &Caller,
    user: ConnectUserId,
    id: ConsentId,
    by: Revoker,
) -> Result<(Consent, Option<Revocation>), ConnectError> {
    let tenant = caller.tenant;
    let at = profile::hold_in(tx, tenant, user, caller.now)?;
    let all = repo::of_user(tx, tenant, user)?;
    let found = all.iter().find(|consent| consent.id == id).cloned();
    let mut consent = found.ok_or(ConnectError::NotFound(CONSENT))?;
    if !consent.is_active() {
        return Ok((consent, None));
    }
    let mut did = Revocation::of(&consent, &all);
    consent.revoked = Some((at, by));
    repo::update(tx, tenant, &consent)?;
    if did.ends_payments() {
        did.external_accounts = share::retire_in(tx, service, caller, user)?;
    }
    if did.ends_links() {
        for member in linked_in(tx, tenant, user)? {
            member::forget_in(tx, service, tenant, member, at)?;
            did.links += 1;
        }
    }
    tell::revoked_in(tx, tenant, at, &consent, &did)?;
    Ok((consent, Some(did)))
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
