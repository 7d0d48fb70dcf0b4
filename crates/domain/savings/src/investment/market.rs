//! Where the prices of a tenant's funds come from.

use std::collections::{BTreeSet, HashMap};

use florin_ids::TenantId;
use florin_storage::{Db, StorageError, Tx, words};
use florin_tenancy::{Caller, Collections, day};
use jiff::civil::Date;

use super::portfolio::Portfolio;
use super::price::{PAR_MICRO, Price};
use super::{repo, simulated};
use crate::{Savings, SavingsError};

words! {
    /// A source of prices.
    pub enum Market {
        /// The sandbox's own: they move as real ones would.
        Simulated = "simulated",
        /// Every unit costs 10 dollars, always.
        Flat = "flat",
        /// What was loaded from price files.
        Loaded = "loaded",
    }
}

/// The prices of portfolios on a day.
pub(crate) struct Prices {
    market: Market,
    on: Date,
    loaded: HashMap<Portfolio, Price>,
}

impl Prices {
    /// Looks up the prices of these portfolios: of the day itself, or the latest before it. They stay what they are until
    /// the transaction ends.
    pub(crate) fn load_in(
        tx: &mut Tx,
        tenant: TenantId,
        portfolios: BTreeSet<Portfolio>,
        on: Date,
    ) -> Result<Self, SavingsError> {
        let market = market_in(tx, tenant)?;
        let mut loaded = HashMap::new();
        for portfolio in portfolios {
            let found = match market {
                Market::Simulated => Some(simulated::price(&portfolio, on)),
                Market::Loaded => repo::hold_latest_price(tx, &portfolio, on)?,
                Market::Flat => Some(flat(on)),
            };
            loaded.extend(found.map(|price| (portfolio, price)));
        }
        Ok(Self { market, on, loaded })
    }

    /// The price of a portfolio; `None` while there is none.
    pub(crate) fn of(&self, portfolio: &Portfolio) -> Option<Price> {
        match (self.loaded.get(portfolio), self.market) {
            (Some(price), _) => Some(*price),
            (None, Market::Simulated) => Some(simulated::price(portfolio, self.on)),
            (None, Market::Flat) => Some(flat(self.on)),
            (None, Market::Loaded) => None,
        }
    }
}

/// The prices of a portfolio on the days of a list, which ascends; `None` where there is none yet.
pub(crate) fn series_in(
    tx: &mut Tx,
    tenant: TenantId,
    portfolio: &Portfolio,
    days: &[Date],
) -> Result<Vec<Option<Price>>, SavingsError> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    Ok(match market_in(tx, tenant)? {
        Market::Simulated => {
            days.iter().map(|day| Some(simulated::price(portfolio, *day))).collect()
        }
        Market::Flat => days.iter().map(|day| Some(flat(*day))).collect(),
        Market::Loaded => {
            let mut latest = repo::latest_price(tx, portfolio, *first)?;
            let mut later =
                repo::prices_between(tx, portfolio, *first, *last)?.into_iter().peekable();
            let mut latest_on = |day: &Date| {
                while let Some(price) = later.next_if(|price| price.on <= *day) {
                    latest = Some(price);
                }
                latest
            };
            days.iter().map(&mut latest_on).collect()
        }
    })
}

fn flat(on: Date) -> Price {
    Price { micro: PAR_MICRO, on }
}

/// What the tenant has chosen. Unless it has, the sandbox's prices are simulated, and elsewhere they are loaded.
pub(crate) fn market_in(tx: &mut Tx, tenant: TenantId) -> Result<Market, SavingsError> {
    if let Some(chosen) = repo::market(tx, tenant)? {
        return Ok(chosen);
    }
    Ok(match day::state_in(tx, tenant)?.collections {
        Collections::Simulated => Market::Simulated,
        Collections::Manual => Market::Loaded,
    })
}

/// Where the prices of these tenants' funds come from, in their order.
///
/// # Errors
/// The database's.
pub async fn markets(db: &Db, tenants: Vec<TenantId>) -> Result<Vec<Market>, SavingsError> {
    db.read(move |tx| tenants.iter().map(|tenant| market_in(tx, *tenant)).collect()).await
}

impl Savings {
    /// Where the prices of the tenant's funds come from.
    ///
    /// # Errors
    /// The database's.
    pub async fn market(&self, caller: &Caller) -> Result<Market, SavingsError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| market_in(tx, tenant)).await
    }

    /// Sets where the prices come from: before any fund of the tenant holds units, so that none jumps.
    ///
    /// # Errors
    /// [`SavingsError::Impossible`] once a fund holds units; outside of a sandbox, for anything but loaded prices.
    pub async fn set_market(&self, caller: &Caller, market: Market) -> Result<(), SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .write(move |tx| {
                let state = day::lock_shared_in(tx, tenant)?;
                if market_in(tx, tenant)? == market {
                    return Ok(());
                }
                let is_sandbox = state.collections == Collections::Simulated || state.simulated;
                if !is_sandbox && market != Market::Loaded {
                    return Err(SavingsError::impossible(
                        "market must be loaded outside of a sandbox",
                    ));
                }
                if repo::holds_units(tx, tenant)? {
                    return Err(SavingsError::impossible(
                        "market cannot change once a fund holds units",
                    ));
                }
                Ok::<_, SavingsError>(repo::set_market(tx, tenant, market)?)
            })
            .await
    }
}

/// A price that a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePrice {
    /// The line of the file, from 1.
    pub line: usize,
    /// The portfolio.
    pub portfolio: Portfolio,
    /// The price.
    pub price: Price,
}

/// Writes the prices of a file, all or none; answers how many were new. Those that are known already are passed over.
///
/// # Errors
/// The line of the first price that differs from the one that is known, or the database's.
pub(crate) fn insert_prices_in(
    tx: &mut Tx,
    prices: &[FilePrice],
) -> Result<Result<u64, usize>, StorageError> {
    let inserted = repo::insert_prices(tx, prices)?;
    if usize::try_from(inserted) == Ok(prices.len()) {
        return Ok(Ok(inserted));
    }
    for asked in prices {
        let known = repo::latest_price(tx, &asked.portfolio, asked.price.on)?;
        if known != Some(asked.price) {
            return Ok(Err(asked.line));
        }
    }
    Ok(Ok(inserted))
}
