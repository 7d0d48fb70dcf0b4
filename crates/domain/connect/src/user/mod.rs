//! End users, as the partner knows them.

mod entity;
pub(crate) mod repo;

use florin_ids::{ConnectUserId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::ConnectUser;
pub use repo::FIELDS;

use crate::session::PartnerUser;
use crate::{Connect, ConnectError, Visitor, member, profile};

const USER: &str = "user";

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
        let tenant = caller.tenant;
        self.db.read(move |tx| get_in(tx, tenant, id)).await
    }

    /// The end user who is here.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] when the partner has deleted them.
    pub async fn current_user(&self, visitor: &Visitor) -> Result<ConnectUser, ConnectError> {
        let (tenant, id) = (visitor.tenant, visitor.user);
        self.db.read(move |tx| get_in(tx, tenant, id)).await
    }

    /// A page of the end users that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// Storage only.
    pub async fn users(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<ConnectUser>, ConnectError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok::<_, ConnectError>(repo::list(tx, tenant, &query)?)).await
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
        let (tenant, now, service) = (caller.tenant, caller.now, self.clone());
        self.db
            .write(move |tx| {
                repo::hold_for_deletion(tx, tenant, id)?.ok_or(ConnectError::NotFound(USER))?;
                let at = day::state_in(tx, tenant)?.stamp(now);
                for member in member::repo::ids_of_user(tx, tenant, id)? {
                    member::forget_in(tx, &service, tenant, member, at)?;
                }
                profile::forget_in(tx, tenant, id)?;
                repo::delete(tx, tenant, id)?;
                Ok(())
            })
            .await
    }
}

/// The user with this id.
pub(crate) fn get_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: ConnectUserId,
) -> Result<ConnectUser, ConnectError> {
    repo::get(tx, tenant, id)?.ok_or(ConnectError::NotFound(USER))
}

/// The user whom the partner knows by this id, if they have been here.
pub(crate) fn find_in(
    tx: &mut Tx,
    tenant: TenantId,
    partner_id: &str,
) -> Result<Option<ConnectUserId>, ConnectError> {
    Ok(repo::by_partner_id(tx, tenant, partner_id)?.map(|user| user.id))
}

/// The user whom the partner means, made known if need be; a new e-mail address is noted.
pub(crate) fn known_in(
    tx: &mut Tx,
    tenant: TenantId,
    told: &PartnerUser,
    at: Timestamp,
) -> Result<ConnectUserId, ConnectError> {
    let partner_id = told.id.trim();
    let found = match repo::by_partner_id(tx, tenant, partner_id)? {
        Some(found) => found,
        None => {
            let user = ConnectUser {
                id: ConnectUserId::new(),
                tenant,
                partner_id: partner_id.to_owned(),
                email: told.email.clone(),
                created_at: at,
                updated_at: at,
            };
            repo::insert(tx, &user)?;
            // Somebody else may have been faster.
            repo::by_partner_id(tx, tenant, partner_id)?.ok_or(ConnectError::NotFound(USER))?
        }
    };
    if let Some(email) = &told.email
        && found.email.as_ref() != Some(email)
    {
        repo::set_email(tx, tenant, found.id, email, at)?;
    }
    Ok(found.id)
}
