//! Origins: a tenant's companies at their banks. One is in use at a time.

mod delivery;
mod entity;
pub(crate) mod repo;

use florin_crypto::KeyRing;
use florin_ids::{AchOriginId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;
use jiff::Timestamp;

pub(crate) use delivery::fingerprint;
pub use delivery::{Delivery, Login, Sftp};
pub use entity::{Bank, NewOrigin, Origin};

use crate::delivery::faults_of;
use crate::{Ach, AchError};

impl Ach {
    /// Sets up an origin and puts it in use; files of the one before it go their way. Its folders, and the bank's server,
    /// are tried first.
    ///
    /// # Errors
    /// [`AchError::Invalid`] with every faulty field; [`AchError::Undeliverable`] with those that stand in the way of
    /// files.
    pub async fn set_origin(&self, caller: &Caller, new: NewOrigin) -> Result<Origin, AchError> {
        let origin = new.read(AchOriginId::new(), caller.now).map_err(AchError::Invalid)?;
        // A folder that is not there would keep every file, and the money that it moves, waiting.
        let faults = faults_of(origin.delivery.as_ref()).await;
        if !faults.is_empty() {
            return Err(AchError::Undeliverable(faults));
        }
        self.put_in_use(caller, origin).await
    }

    /// The same for folders and servers that cannot be tried from here, or not yet.
    ///
    /// # Errors
    /// [`AchError::Invalid`] with every faulty field.
    pub async fn set_origin_untried(
        &self,
        caller: &Caller,
        new: NewOrigin,
    ) -> Result<Origin, AchError> {
        let origin = new.read(AchOriginId::new(), caller.now).map_err(AchError::Invalid)?;
        self.put_in_use(caller, origin).await
    }

    async fn put_in_use(&self, caller: &Caller, origin: Origin) -> Result<Origin, AchError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db
            .write(move |tx| {
                repo::retire_all(tx, tenant)?;
                repo::insert(tx, &keys, tenant, &origin)?;
                Ok(origin.clone())
            })
            .await
    }

    /// The tenant's origins, the newest first.
    ///
    /// # Errors
    /// Storage, or a key ring that does not open them.
    pub async fn list_origins(&self, caller: &Caller) -> Result<Vec<Origin>, AchError> {
        let (tenant, keys) = (caller.tenant, self.keys.clone());
        self.db.read(move |tx| repo::list(tx, &keys, tenant)).await
    }
}

/// The origin in use; in a sandbox one at the simulated bank is made where there is none.
pub(crate) fn in_use_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    is_sandbox: bool,
    now: Timestamp,
) -> Result<Option<Origin>, AchError> {
    let found = repo::active(tx, keys, tenant)?;
    if found.is_some() || !is_sandbox {
        return Ok(found);
    }
    let made = NewOrigin::simulated().read(AchOriginId::new(), now).map_err(AchError::Invalid)?;
    repo::insert(tx, keys, tenant, &made)?;
    Ok(Some(made))
}
