//! What a loan is collected with.

use florin_ids::{LoanId, TenantId};
use florin_payments::{Instrument, PaymentsError};
use florin_storage::Tx;
use florin_tenancy::Caller;

use crate::loan::{self, Loan, LoanStatus};
use crate::{Lending, LendingError};

impl Lending {
    /// Sets what the loan is collected with from now on; what is under way goes on as it is. `None`: whatever the
    /// tenant's own setting for collections says.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Conflict`] when the loan is closed or cancelled, or the instrument
    /// can't be used.
    pub async fn set_instrument(
        &self,
        caller: &Caller,
        id: LoanId,
        instrument: Option<Instrument>,
    ) -> Result<Loan, LendingError> {
        let (caller, lending) = (caller.clone(), self.clone());
        self.db
            .write(move |tx| {
                let (loan, _) = loan::hold_in(tx, &caller, id)?;
                lending.set_instrument_in(tx, caller.tenant, loan, instrument.clone())
            })
            .await
    }

    /// [`Lending::set_instrument`] for a loan that is held.
    pub(crate) fn set_instrument_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        mut loan: Loan,
        instrument: Option<Instrument>,
    ) -> Result<Loan, LendingError> {
        if matches!(loan.status, LoanStatus::Closed | LoanStatus::Cancelled) {
            return Err(LendingError::conflict(format!(
                "The loan is {}: nothing is collected any more.",
                loan.status
            )));
        }
        if let Some(instrument) = &instrument {
            let rail = self.rails.get(instrument.rail);
            let answer = rail.and_then(|rail| rail.check_usable_in(tx, tenant, instrument));
            answer.map_err(|error| match error {
                PaymentsError::NoRail(_) | PaymentsError::Unusable(_) => {
                    LendingError::Conflict(error.to_string())
                }
                other => other.into(),
            })?;
        }
        loan::repo::set_instrument(tx, tenant, loan.id, instrument.as_ref())?;
        loan.instrument = instrument;
        Ok(loan)
    }
}
