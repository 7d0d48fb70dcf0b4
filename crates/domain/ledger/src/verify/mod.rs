//! Proves the ledger: every entry sums to zero and every balance is what its postings come to.

mod repo;

use std::fmt;

use florin_ids::{EntryId, TenantId};
use florin_storage::Tx;

use crate::{AccountKey, Balance, LedgerError};

/// What [`verify_in`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// All is well.
    Holds {
        /// How many entries were added up.
        entries: u64,
        /// How many balances were compared.
        balances: u64,
    },
    /// An entry has fewer than two postings or does not sum to zero.
    EntryOutOfBalance {
        /// Whose entry.
        tenant: TenantId,
        /// Which one; the first in order.
        entry: EntryId,
        /// Debits less credits, in minor units.
        sum: i64,
        /// How many postings it has.
        postings: i64,
    },
    /// A balance differs from its postings.
    BalanceDiffers {
        /// Whose account.
        tenant: TenantId,
        /// Which one; the first in order.
        account: AccountKey,
        /// The currency's code.
        currency: String,
        /// What the balance says.
        kept: Balance,
        /// What the postings come to.
        proven: Balance,
    },
}

impl Proof {
    /// Whether the ledger is proven.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds { .. })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { entries, balances } => write!(
                f,
                "{entries} entries sum to zero, {balances} balances are proven from their postings"
            ),
            Self::EntryOutOfBalance { tenant, entry, sum, postings } => {
                write!(
                    f,
                    "entry {entry} of tenant {tenant} has {postings} postings and is out of balance by {sum} minor units"
                )
            }
            Self::BalanceDiffers { tenant, account, currency, kept, proven } => write!(
                f,
                "account {} of owner {} ({currency}, tenant {tenant}): the balance says {} posted, {} / {} pending; its postings come to {} posted, {} / {} pending",
                account.no,
                account.owner,
                kept.posted,
                kept.pending_debit,
                kept.pending_credit,
                proven.posted,
                proven.pending_debit,
                proven.pending_credit
            ),
        }
    }
}

/// Proves the ledger of all tenants; stops at the first fault, entries before balances.
pub fn verify_in(tx: &mut Tx) -> Result<Proof, LedgerError> {
    if let Some(fault) = repo::first_entry_out_of_balance(tx)? {
        return Ok(fault);
    }
    if let Some(fault) = repo::first_balance_that_differs(tx)? {
        return Ok(fault);
    }
    let (entries, balances) = repo::counts(tx)?;
    Ok(Proof::Holds { entries, balances })
}
