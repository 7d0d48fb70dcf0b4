//! Collections and payouts over rails: what lending asks payments for, and what it does when they answer.
//!
//! Lending knows that there are rails, and no more: a loan with an [`Instrument`] has its due amounts collected over it
//! in time ([`ahead`]), a failed collection is tried again by the tenant's [`policy`](settings), a disbursement is paid out
//! by a provider where the tenant wants that. What becomes of a payment is told to [`LoanPayments`], in the transaction
//! that records it.
//!
//! An automatic repayment does not touch the balance until the money has moved; then it counts from the day on which
//! it was charged, so that what a provider takes to tell costs the borrower nothing. Money that comes back later
//! reopens what it had paid, and the days between are computed anew.

pub(crate) mod ahead;
mod ask;
mod came_back;
pub mod clearing;
mod instrument;
mod owner;
pub(crate) mod repo;
mod retries;
pub mod settings;

use florin_ids::TenantId;
use florin_payments::{Direction, Instrument, PaymentsError, Rails};
use florin_storage::Tx;

use crate::LendingError;

pub(crate) use ask::{Asked, Movers};
pub(crate) use instrument::{account_of_in, is_in_dollars, of_new_loan_in};
pub use owner::{LoanPayments, OWNER};
pub use retries::RetriesDay;
pub use settings::{CollectionSettings, Payouts};

/// Whether money can be collected with the instrument now.
pub(crate) fn is_usable_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    instrument: &Instrument,
) -> Result<bool, LendingError> {
    let rail = rails.get(instrument.rail);
    let answer =
        rail.and_then(|rail| rail.check_usable_in(tx, tenant, instrument, Direction::Collect));
    match answer {
        Ok(()) => Ok(true),
        Err(PaymentsError::NoRail(_) | PaymentsError::Unusable(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
