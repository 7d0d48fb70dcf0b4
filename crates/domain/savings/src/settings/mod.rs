//! What a tenant has set up for savings: the account that contributions are pulled from, and who schedules them.

pub(crate) mod repo;

use florin_payments::{Direction, Instrument, PaymentsError, RailKind};
use florin_storage::{StorageError, words};
use florin_tenancy::{Caller, day};

use crate::{Savings, SavingsError};

words! {
    /// Who says when the payments of contributions are made.
    pub enum Scheduling {
        /// The day's run makes them on their days.
        Florin = "florin",
        /// The partner asks for each; the day's run makes none.
        Partner = "partner",
    }
}

impl Savings {
    /// Who schedules the payments of the tenant's contributions; Florin, until somebody says otherwise.
    ///
    /// # Errors
    /// The database's.
    pub async fn scheduling(&self, caller: &Caller) -> Result<Scheduling, StorageError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| repo::scheduling(tx, tenant)).await
    }

    /// Sets who schedules them. What was due while the partner did and was not asked for is not made up for afterwards.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_scheduling(
        &self,
        caller: &Caller,
        who: Scheduling,
    ) -> Result<(), SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .write(move |tx| {
                // Not in the middle of a day's run, half of which would be made by each.
                day::lock_shared_in(tx, tenant)?;
                Ok(repo::set_scheduling(tx, tenant, who)?)
            })
            .await
    }

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
                    let usable = rails.get(RailKind::Ach).and_then(|rail| {
                        rail.check_usable_in(tx, tenant, &instrument, Direction::Collect)
                    });
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
