//! Users: the savers that a partner registers, each under the partner's own id.

mod entity;
pub(crate) mod repo;

use florin_ids::UserId;
use florin_tenancy::{Caller, day};

pub use entity::{User, UserFields};

use crate::{Savings, SavingsError};

pub(crate) const USER: &str = "user";
const TAKEN: &str = "external_id has already been taken";

impl Savings {
    /// Registers a user.
    ///
    /// # Errors
    /// [`SavingsError::Invalid`] with every fault; [`SavingsError::Impossible`] when the partner has a user of this
    /// `external_id` already.
    pub async fn register_user(
        &self,
        caller: &Caller,
        fields: UserFields,
    ) -> Result<User, SavingsError> {
        let (caller, id) = (caller.clone(), UserId::new());
        let written = self.db().write(move |tx| {
            let at = day::state_in(tx, caller.tenant)?.stamp(caller.now);
            let user = User::register(id, fields.clone(), at).map_err(SavingsError::Invalid)?;
            if repo::by_external_id(tx, caller.tenant, &user.external_id)?.is_some() {
                return Err(SavingsError::impossible(TAKEN));
            }
            repo::insert(tx, caller.tenant, &user)?;
            Ok(user)
        });
        match written.await {
            // Somebody registered the same user at the same time.
            Err(SavingsError::Storage(error)) if error.is_unique_violation() => {
                Err(SavingsError::impossible(TAKEN))
            }
            other => other,
        }
    }

    /// One user.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`].
    pub async fn get_user(&self, caller: &Caller, id: UserId) -> Result<User, SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| repo::get(tx, tenant, id)?.ok_or(SavingsError::NotFound(USER)))
            .await
    }

    /// The user that the partner knows by this id.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`].
    pub async fn find_user(
        &self,
        caller: &Caller,
        external_id: String,
    ) -> Result<User, SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| {
                repo::by_external_id(tx, tenant, external_id.trim())?
                    .ok_or(SavingsError::NotFound(USER))
            })
            .await
    }
}
