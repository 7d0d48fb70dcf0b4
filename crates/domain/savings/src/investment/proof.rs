//! Proves the holdings: units and money from the trades, worth from units and prices, and the ledger from both.

use std::collections::BTreeMap;
use std::fmt;

use florin_ids::{FundId, TenantId};
use florin_ledger::{AccountNo, Balance};
use florin_storage::Tx;
use uuid::Uuid;

use super::holding::Holding;
use super::price::value_minor;
use super::repo;
use crate::{SavingsError, fund, postings};

/// How many holdings are looked at together.
const CHUNK: u32 = 1_000;

/// What [`verify_in`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// All is well.
    Holds {
        /// How many holdings were proven.
        holdings: u64,
    },
    /// A fund's holding does not follow from its trades, or the ledger not from it.
    FundDiffers {
        /// Whose fund.
        tenant: TenantId,
        /// Which one; the first in order.
        fund: FundId,
        /// What differs.
        what: &'static str,
        /// What is kept, in millionths of a unit or cents.
        kept: i64,
        /// What it comes to.
        proven: i64,
    },
    /// An account of the house does not follow from all holdings.
    HouseDiffers {
        /// Whose house.
        tenant: TenantId,
        /// The account's number.
        account: AccountNo,
        /// What stands on it, in cents.
        kept: i64,
        /// What the holdings come to.
        proven: i64,
    },
}

impl Proof {
    /// Whether the holdings are proven.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Holds { .. })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { holdings } => {
                write!(
                    f,
                    "{holdings} holdings of units are proven from their trades, and the ledger from them"
                )
            }
            Self::FundDiffers { tenant, fund, what, kept, proven } => {
                write!(f, "fund {fund} of tenant {tenant}: {what} is {kept} and comes to {proven}")
            }
            Self::HouseDiffers { tenant, account, kept, proven } => write!(
                f,
                "account {account} of tenant {tenant} stands at {kept} and the holdings come to {proven}"
            ),
        }
    }
}

/// What the holdings of a tenant come to.
#[derive(Default)]
struct Totals {
    value_minor: i64,
    cash_minor: i64,
    /// Of funds' withdrawals that are on their way.
    payable_minor: i64,
}

/// Proves the holdings of all tenants; stops at the first fault.
///
/// # Errors
/// The database's.
pub fn verify_in(tx: &mut Tx) -> Result<Proof, SavingsError> {
    let nobody = (TenantId::from_uuid(Uuid::nil()), FundId::from_uuid(Uuid::nil()));
    let (mut after, mut holdings) = (nobody, 0_u64);
    let mut totals: BTreeMap<TenantId, Totals> = BTreeMap::new();
    loop {
        let page = repo::all_after(tx, after, CHUNK)?;
        let Some(last) = page.last() else { break };
        after = (last.0, last.1.fund);
        holdings += u64::try_from(page.len()).unwrap_or_default();
        for of_tenant in page.chunk_by(|one, other| one.0 == other.0) {
            let tenant = of_tenant[0].0;
            let totals = totals.entry(tenant).or_default();
            if let Some(fault) = first_fault_in(tx, tenant, of_tenant, totals)? {
                return Ok(fault);
            }
        }
    }
    for (tenant, totals) in totals {
        if let Some(fault) = house_fault_in(tx, tenant, &totals)? {
            return Ok(fault);
        }
    }
    Ok(Proof::Holds { holdings })
}

fn first_fault_in(
    tx: &mut Tx,
    tenant: TenantId,
    page: &[(TenantId, Holding)],
    totals: &mut Totals,
) -> Result<Option<Proof>, SavingsError> {
    let ids: Vec<Uuid> = page.iter().map(|(_, held)| held.fund.uuid()).collect();
    let sums = repo::sums_of(tx, tenant, ids.clone())?;
    let sums: BTreeMap<FundId, repo::Sums> = sums.into_iter().map(|it| (it.fund, it)).collect();
    let balances = florin_ledger::balances_in(tx, tenant, ids)?;
    for (_, held) in page {
        let sums = sums.get(&held.fund);
        let worth = match held.price {
            Some(price) => value_minor(held.units_micro, price.micro)?,
            // Carried over from before units were counted.
            None => held.value_minor,
        };
        let checks = [
            ("the number of trades", held.trades, sums.map_or(0, |it| it.trades)),
            ("units (millionths)", held.units_micro, sums.map_or(0, |it| it.units_micro)),
            ("uninvested money (cents)", held.cash_minor, sums.map_or(0, |it| it.cash_minor)),
            ("the worth of the units (cents)", held.value_minor, worth),
            (
                "the settled balance on the ledger (cents)",
                fund::settled_minor(&balances, held.fund),
                held.total_minor(),
            ),
        ];
        for (what, kept, proven) in checks {
            if kept != proven {
                return Ok(Some(Proof::FundDiffers {
                    tenant,
                    fund: held.fund,
                    what,
                    kept,
                    proven,
                }));
            }
        }
        let payable = (held.fund.uuid(), postings::WITHDRAWALS_PAYABLE.no);
        let payable = balances.get(&payable).map_or(0, |balance| -balance.posted);
        totals.value_minor = totals.value_minor.saturating_add(held.value_minor);
        totals.cash_minor = totals.cash_minor.saturating_add(held.cash_minor);
        totals.payable_minor = totals.payable_minor.saturating_add(payable);
    }
    Ok(None)
}

/// What the plans hold is what the units are worth; what is between banks and plans is what waits and what is to be paid.
fn house_fault_in(
    tx: &mut Tx,
    tenant: TenantId,
    totals: &Totals,
) -> Result<Option<Proof>, SavingsError> {
    let balances = florin_ledger::balances_in(tx, tenant, vec![Uuid::nil()])?;
    let posted = |account: AccountNo| {
        balances.get(&(Uuid::nil(), account)).copied().unwrap_or_else(Balance::default).posted
    };
    let clearing = totals.cash_minor.saturating_add(totals.payable_minor);
    let checks = [
        (postings::HELD_AT_PLANS.no, totals.value_minor),
        (postings::CONTRIBUTIONS_CLEARING.no, clearing),
    ];
    for (account, proven) in checks {
        let kept = posted(account);
        if kept != proven {
            return Ok(Some(Proof::HouseDiffers { tenant, account, kept, proven }));
        }
    }
    Ok(None)
}
