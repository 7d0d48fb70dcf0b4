//! Performance: what has become of the money of a fund, from its trades and the prices of its portfolios.

mod entity;
mod xirr;

use std::collections::{BTreeSet, HashMap};

use florin_ids::{FundId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::civil::Date;

pub use entity::{Interval, POINTS_MAX, Performance, Point, Span};
pub use xirr::{Flow, yearly_return_micro};

use crate::fund::FUND;
use crate::investment::{self, Portfolio, Price};
use crate::{Savings, SavingsError};

impl Savings {
    /// What has become of a fund's money within a span.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund; [`SavingsError::Invalid`] for a span that ends before it begins, or
    /// of more than [`POINTS_MAX`] points.
    pub async fn performance(
        &self,
        caller: &Caller,
        fund: FundId,
        span: Span,
    ) -> Result<Performance, SavingsError> {
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| {
                let today = day::state_in(tx, tenant)?.business_date;
                performance_in(tx, tenant, fund, today, span)
            })
            .await
    }
}

/// [`Savings::performance`] within a caller's transaction.
pub(crate) fn performance_in(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
    today: Date,
    span: Span,
) -> Result<Performance, SavingsError> {
    let portfolio = investment::repo::portfolio_of(tx, tenant, fund)?;
    let portfolio = portfolio.ok_or(SavingsError::NotFound(FUND))?;
    let trades = investment::repo::trades_of_fund(tx, tenant, fund)?;
    let to = span.to.unwrap_or(today).min(today);
    let from = span.from.unwrap_or_else(|| trades.first().map_or(to, |trade| trade.on.min(to)));
    if from > to {
        return Err(SavingsError::Invalid(vec![format!("from must not be after {to}")]));
    }
    let days = entity::days(from, to, span.interval);
    if days.len() > POINTS_MAX {
        let text = format!("interval must be longer: there would be more than {POINTS_MAX} points");
        return Err(SavingsError::Invalid(vec![text]));
    }
    let mut prices: HashMap<Portfolio, Vec<Option<Price>>> = HashMap::new();
    let portfolios: BTreeSet<&Portfolio> =
        trades.iter().map(|trade| &trade.portfolio).chain([&portfolio]).collect();
    for portfolio in portfolios {
        let series = investment::series_in(tx, tenant, portfolio, &days)?;
        prices.insert(portfolio.clone(), series);
    }
    let price_on = |portfolio: &Portfolio, day: usize| *prices.get(portfolio)?.get(day)?;
    let found = entity::perform(&portfolio, &trades, &days, price_on)?;
    found.ok_or(SavingsError::NotFound(FUND))
}
