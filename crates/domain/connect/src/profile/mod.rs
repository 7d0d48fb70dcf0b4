//! What is kept of an end user beside their links: their ways with the widgets, and who they are elsewhere.

mod entity;
mod repo;

use florin_external_accounts::CustomerId;
use florin_ids::{ConnectUserId, TenantId};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::Timestamp;

pub use entity::{FLAGS, ProfileChange, UserProfile};

use crate::{Connect, ConnectError, Visitor, consent, manual, microdeposit, share, support};

impl Connect {
    /// The end user's profile.
    ///
    /// # Errors
    /// Storage only.
    pub async fn profile(&self, visitor: &Visitor) -> Result<UserProfile, ConnectError> {
        let (tenant, user) = (visitor.tenant, visitor.user);
        self.db()
            .read(move |tx| {
                Ok(repo::get(tx, tenant, user)?.unwrap_or_else(|| UserProfile::new(user)))
            })
            .await
    }

    /// Changes the end user's profile.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for anybody else's.
    pub async fn update_profile(
        &self,
        visitor: &Visitor,
        user: ConnectUserId,
        change: ProfileChange,
    ) -> Result<UserProfile, ConnectError> {
        if user != visitor.user {
            return Err(ConnectError::NotFound("user profile"));
        }
        let (tenant, now) = (visitor.tenant, visitor.now);
        self.db()
            .write(move |tx| {
                hold_in(tx, tenant, user, now)?;
                let known = repo::get(tx, tenant, user)?;
                let mut profile = known.unwrap_or_else(|| UserProfile::new(user));
                profile.change(&change);
                repo::update(tx, tenant, &profile)?;
                Ok(profile)
            })
            .await
    }
}

/// Holds the end user: nobody else acts for them until the transaction ends. Answers the tenant's time.
pub(crate) fn hold_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    now: Timestamp,
) -> Result<Timestamp, ConnectError> {
    let at = day::lock_shared_in(tx, tenant)?.stamp(now);
    repo::hold(tx, tenant, user, at)?;
    Ok(at)
}

/// The customer of external accounts who is this end user.
pub(crate) fn customer_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Option<CustomerId>, ConnectError> {
    Ok(repo::customer(tx, tenant, user)?)
}

/// Keeps who the end user is; they are held.
pub(crate) fn set_customer_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    customer: CustomerId,
) -> Result<(), ConnectError> {
    Ok(repo::set_customer(tx, tenant, user, customer)?)
}

/// Deletes everything that an end user told, asked for and agreed to. What became external accounts stays: it is their
/// customer's.
pub(crate) fn forget_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<(), ConnectError> {
    microdeposit::delete_of_user(tx, tenant, user)?;
    manual::delete_of_user(tx, tenant, user)?;
    support::delete_of_user(tx, tenant, user)?;
    consent::delete_of_user(tx, tenant, user)?;
    share::delete_of_user(tx, tenant, user)?;
    Ok(repo::delete(tx, tenant, user)?)
}
