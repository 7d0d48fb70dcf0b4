//! What a tenant has set up for savings: the account that contributions are pulled from.

pub(crate) mod repo;

use florin_payments::{Instrument, PaymentsError, RailKind};
use florin_storage::StorageError;
use florin_tenancy::Caller;

use crate::{Savings, SavingsError};

impl Savings {
    /// The external account, by its number as text, from which the tenant's contributions are pulled over the ACH rail.
    ///
    /// # Errors
    /// The database's.
    pub async fn funding_account(&self, caller: &Caller) -> Result<Option<String>, StorageError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| repo::funding_account(tx, tenant)).await
    }

    /// Sets that account, or takes it away. Without one, the built-in bank answers where the tenant has it collect, and
    /// contributions fail otherwise.
    ///
    /// # Errors
    /// [`SavingsError::Impossible`] when money cannot be pulled from the account now; it stays as it was.
    pub async fn set_funding_account(
        &self,
        caller: &Caller,
        account: Option<String>,
    ) -> Result<(), SavingsError> {
        let (tenant, rails) = (caller.tenant, self.rails().clone());
        self.db()
            .write(move |tx| {
                if let Some(reference) = account.clone() {
                    let instrument = Instrument { rail: RailKind::Ach, reference };
                    let usable = rails
                        .get(RailKind::Ach)
                        .and_then(|rail| rail.check_usable_in(tx, tenant, &instrument));
                    match usable {
                        Ok(()) => {}
                        Err(PaymentsError::Unusable(why)) => {
                            return Err(SavingsError::impossible(format!(
                                "funding_account: {why}"
                            )));
                        }
                        Err(error @ PaymentsError::NoRail(_)) => {
                            return Err(SavingsError::impossible(error.to_string()));
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(repo::set_funding_account(tx, tenant, account.as_deref())?)
            })
            .await
    }
}
