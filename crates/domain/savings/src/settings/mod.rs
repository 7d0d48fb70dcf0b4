//! What a tenant has set up for savings: the account that contributions are pulled from.

pub(crate) mod repo;

use florin_ids::TenantId;
use florin_storage::StorageError;

use crate::Savings;

impl Savings {
    /// The external account, by its number as text, from which the tenant's contributions are pulled over the ACH rail.
    ///
    /// # Errors
    /// The database's.
    pub async fn funding_account(&self, tenant: TenantId) -> Result<Option<String>, StorageError> {
        self.db().read(move |tx| repo::funding_account(tx, tenant)).await
    }

    /// Sets that account, or takes it away. Without one, the built-in bank answers where the tenant has it collect, and
    /// contributions fail otherwise.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_funding_account(
        &self,
        tenant: TenantId,
        account: Option<String>,
    ) -> Result<(), StorageError> {
        self.db().write(move |tx| repo::set_funding_account(tx, tenant, account.as_deref())).await
    }
}
