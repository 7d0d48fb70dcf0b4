//! How a tenant's loans are collected and paid out.

use florin_ids::TenantId;
use florin_storage::Tx;
use florin_tenancy::Caller;

use super::repo;
use crate::{FieldError, Lending, LendingError};
use florin_storage::words;

words! {
    /// Who pays disbursements out.
    pub enum Payouts {
        /// The partner, who tells with `apply`.
        Manual = "manual",
        /// A payments provider, or the rail that the loan is collected with where it can pay out.
        Provider = "provider",
    }
}

/// A tenant's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionSettings {
    /// How often a collection is tried in all, the first time included: 1 to 5.
    pub attempts: u32,
    /// Business days between a failure and the next attempt: 1 to 30.
    pub retry_days: u32,
    /// Who pays disbursements out.
    pub payouts: Payouts,
}

impl Default for CollectionSettings {
    fn default() -> Self {
        Self { attempts: 3, retry_days: 5, payouts: Payouts::Manual }
    }
}

impl CollectionSettings {
    /// # Errors
    /// [`LendingError::Invalid`] with every field that is out of range.
    fn check(&self) -> Result<(), LendingError> {
        let mut faults = Vec::new();
        for (field, value, most) in
            [("attempts", self.attempts, 5), ("retry_days", self.retry_days, 30)]
        {
            if !(1..=most).contains(&value) {
                let message = format!("Ensure this value is from 1 to {most}.");
                faults.push(FieldError::new(field, message));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(LendingError::Invalid(faults)) }
    }
}

impl Lending {
    /// The tenant's settings.
    ///
    /// # Errors
    /// The database's.
    pub async fn collection_settings(
        &self,
        caller: &Caller,
    ) -> Result<CollectionSettings, LendingError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| settings_in(tx, tenant)).await
    }

    /// Changes the tenant's settings, for what happens from now on.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] for a number out of its range.
    pub async fn set_collection_settings(
        &self,
        caller: &Caller,
        settings: CollectionSettings,
    ) -> Result<(), LendingError> {
        settings.check()?;
        let tenant = caller.tenant;
        self.db.write(move |tx| Ok(repo::save_settings(tx, tenant, &settings)?)).await
    }
}

/// The tenant's settings, or the defaults.
pub(crate) fn settings_in(
    tx: &mut Tx,
    tenant: TenantId,
) -> Result<CollectionSettings, LendingError> {
    Ok(repo::settings(tx, tenant)?.unwrap_or_default())
}
