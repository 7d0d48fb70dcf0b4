//! Investments: funds hold units of a [`Portfolio`], and a unit has a price each business day.
//!
//! Money that has settled buys units at the price of the day ([`holding`]); each day the units are valued anew, and what the
//! market has made of them is booked, so that the ledger says what a fund is worth. Prices come from a [`Market`]: the
//! sandbox's own ([`simulated`]), files that an operator loads ([`file`]), or none that move. [`verify_in`] proves units,
//! money and ledger from the trades.

pub mod correct;
pub mod file;
pub mod holding;
mod market;
mod portfolio;
pub mod price;
mod proof;
pub(crate) mod repo;
pub mod simulated;
pub(crate) mod trade;

use florin_calendar::Calendar;
use florin_ids::FundId;
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::day::{DayContext, Step};
use uuid::Uuid;

pub use holding::{Holding, Trade, TradeKind};
pub(crate) use market::series_in;
pub use market::{FilePrice, Market, markets};
pub use portfolio::{MAX_CODE_CHARS, Portfolio};
pub use price::Price;
pub use proof::{Proof, verify_in};

use crate::SavingsError;

/// How many holdings one transaction of the database values.
const CHUNK: u32 = 1_000;

/// The step of the business day that values every holding.
pub(crate) struct ValuationDay;

impl Step for ValuationDay {
    const NAME: &'static str = "valuation";
    const ORDINAL: i64 = 42;
    type Error = SavingsError;

    fn run_chunk(
        &self,
        tx: &mut Tx,
        day: &DayContext,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, SavingsError> {
        // There are no new prices on other days.
        if !Calendar::UsFed.is_business_day(day.date) {
            return Ok(None);
        }
        let funds = repo::holders_after(tx, day.tenant, after, CHUNK)?;
        let Some(last) = funds.last().copied().map(FundId::uuid) else { return Ok(None) };
        let is_full = u32::try_from(funds.len()).is_ok_and(|count| count == CHUNK);
        let moment = Moment { on: day.date, at: day.stamp };
        trade::value_many_in(tx, day.tenant, moment, funds.into_iter().collect())?;
        Ok(is_full.then_some(last))
    }
}
