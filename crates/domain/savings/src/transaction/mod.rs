//! Transactions: what moves, or was to move, the balance of a fund, and what became of it.

mod entity;
mod limit;
pub(crate) mod news;
pub(crate) mod pay;
pub(crate) mod payout;
mod reason;
mod repo;

use florin_ids::{FundId, TenantId};
use florin_storage::Tx;
use florin_tenancy::Caller;
use uuid::Uuid;

pub(crate) use entity::{Effects, PaidOut};
pub use entity::{Transaction, TransactionKind, TransactionStatus};
pub use news::SavingsPayments;
pub use reason::reason_text;

use crate::fund::{self, FUND};
use crate::{Savings, SavingsError};

/// The kind by which payments know savings' transactions.
pub const OWNER: &str = "savings_contribution";

/// At most this many transactions are answered at a time.
pub const LIST_LIMIT_MAX: u32 = 1_000;

impl Savings {
    /// A page of a fund's transactions, the newest first; `limit` is at most [`LIST_LIMIT_MAX`].
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund.
    pub async fn fund_transactions(
        &self,
        caller: &Caller,
        id: FundId,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Transaction>, SavingsError> {
        let (tenant, keys) = (caller.tenant, self.keys_handle());
        let limit = limit.clamp(1, LIST_LIMIT_MAX);
        self.db()
            .read(move |tx| {
                let fund = fund::repo::get(tx, &keys, tenant, id)?;
                let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
                Ok(repo::of_fund(tx, tenant, fund.id, limit, i64::from(offset))?)
            })
            .await
    }
}

/// The payment that was made of a source under this key.
pub(crate) fn of_source_in(
    tx: &mut Tx,
    tenant: TenantId,
    source: Uuid,
    key: &str,
) -> Result<Option<Transaction>, SavingsError> {
    Ok(repo::of_source(tx, tenant, source, key)?)
}

/// The ids of a fund's contributions and gifts that have settled.
pub(crate) fn settled_in(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Vec<Uuid>, SavingsError> {
    Ok(repo::settled(tx, tenant, fund)?)
}
