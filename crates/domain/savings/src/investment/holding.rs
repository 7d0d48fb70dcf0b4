//! What a fund holds, and what money, prices and a change of portfolio do to it. Pure.
//!
//! Settled money that comes in becomes units at the price of the day, and money that leaves is got for units. Where no price
//! is known yet, money waits. When a bank takes back money that is no longer there, the owner owes it: the money of the
//! holding is negative then, and what comes in next pays it first.
//!
//! A payment that is returned is undone as if it had never been made: the units that it bought go for what they cost, and
//! what the market made of them meanwhile is the plan's.

use florin_ids::{FundId, FundTransactionId};
use florin_money::{MoneyError, round_half_up};
use florin_storage::words;
use jiff::Timestamp;
use jiff::civil::Date;

use super::portfolio::Portfolio;
use super::price::{Price, units_micro, value_minor};

/// What a fund holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The fund.
    pub fund: FundId,
    /// What its units are of.
    pub portfolio: Portfolio,
    /// Millionths of a unit; never negative.
    pub units_micro: i64,
    /// Settled money that is not invested, in cents; less than 0 when the owner owes it.
    pub cash_minor: i64,
    /// What the units are worth at `price`, in cents: what the ledger says.
    pub value_minor: i64,
    /// The price of `value_minor`; `None` before the first one.
    pub price: Option<Price>,
    /// How many trades there have been.
    pub trades: i64,
}

words! {
    /// Why a holding has changed.
    pub enum TradeKind {
        /// A payment into the fund has settled.
        Deposit = "deposit",
        /// A payment that had settled was taken back.
        Return = "return",
        /// Money was taken out.
        Withdrawal = "withdrawal",
        /// Money that was taken out has come back.
        Redeposit = "redeposit",
        /// Money that had waited for a price was invested.
        Purchase = "purchase",
        /// The units of one portfolio became those of another.
        Exchange = "exchange",
    }
}

impl TradeKind {
    /// Whether its money is taken out rather than paid in.
    pub(crate) const fn is_out(self) -> bool {
        matches!(self, Self::Withdrawal | Self::Redeposit)
    }
}

/// A change of a holding; never changed itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    /// Whose holding.
    pub fund: FundId,
    /// 1 for the fund's first.
    pub number: i64,
    /// Why.
    pub kind: TradeKind,
    /// Whose money it is, when it is that of one transaction.
    pub transaction: Option<FundTransactionId>,
    /// The business date.
    pub on: Date,
    /// What the units are of.
    pub portfolio: Portfolio,
    /// At which price, in millionths of a dollar; `None` when there was none yet.
    pub price_micro: Option<i64>,
    /// Of which day that price is.
    pub priced_on: Option<Date>,
    /// Money that came into the fund, in cents; less than 0 when it left.
    pub amount_minor: i64,
    /// Money that the plan was paid; less than 0 when it paid.
    pub invested_minor: i64,
    /// Units that were bought; less than 0 when they were sold.
    pub units_micro: i64,
    /// Units that were held after it.
    pub units_after_micro: i64,
    /// Money that was held after it.
    pub cash_after_minor: i64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// What is to be done with a holding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Money comes in, or leaves when it is negative.
    Money { minor: i64 },
    /// A payment of this amount is undone; what was bought for it.
    Undo { minor: i64, bought: Bought },
    /// What waits is invested; the rest is only valued.
    Nothing,
}

/// The units that a payment has bought, less those that were given back, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bought {
    pub units_micro: i64,
    pub invested_minor: i64,
}

/// What the ledger has to be told of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// Money that the plan was paid; less than 0 when it paid.
    pub invested_minor: i64,
    /// Units that were bought; less than 0 when they were sold.
    pub units_micro: i64,
    /// What the market has made of the fund since it was valued last.
    pub gain_minor: i64,
}

impl Holding {
    /// Of a fund that holds nothing yet.
    pub(crate) fn empty(fund: FundId, portfolio: Portfolio) -> Self {
        Self {
            fund,
            portfolio,
            units_micro: 0,
            cash_minor: 0,
            value_minor: 0,
            price: None,
            trades: 0,
        }
    }

    /// What the fund holds altogether, in cents.
    pub fn total_minor(&self) -> i64 {
        self.value_minor.saturating_add(self.cash_minor)
    }

    /// Does it at the latest price, and values the rest at it.
    pub(crate) fn act(&mut self, act: Act, price: Option<Price>) -> Result<Change, MoneyError> {
        let before = self.units_micro;
        let price = self.newest(price);
        let mut invested_minor = 0;
        if let (None, Some(price)) = (self.price, price)
            && self.value_minor > 0
        {
            // Invested before units were counted: they are those of the first price.
            self.units_micro = units_micro(self.value_minor, price.micro)?;
        }
        match act {
            Act::Money { minor } => self.cash_minor = add(self.cash_minor, minor)?,
            Act::Undo { minor, bought } => {
                self.cash_minor = add(self.cash_minor, -minor)?;
                invested_minor = add(invested_minor, self.undo(bought)?)?;
            }
            Act::Nothing => {}
        }
        if let Some(price) = price {
            invested_minor = add(invested_minor, self.settle(price)?)?;
            let value_minor = value_minor(self.units_micro, price.micro)?;
            let gain_minor = add(value_minor, -add(self.value_minor, invested_minor)?)?;
            (self.value_minor, self.price) = (value_minor, Some(price));
            let units_micro = self.units_micro - before;
            return Ok(Change { invested_minor, units_micro, gain_minor });
        }
        Ok(Change::default())
    }

    /// A price, unless a newer one is known: while a business day is run, a request may still live in the day before.
    pub(crate) fn newest(&self, price: Option<Price>) -> Option<Price> {
        match (price, self.price) {
            (Some(price), Some(known)) if price.on < known.on => Some(known),
            (price, known) => price.or(known),
        }
    }

    /// Gives back the units that a payment has bought, as far as they are there, for what they cost. Answers what the plan
    /// was paid: nothing or less.
    fn undo(&mut self, bought: Bought) -> Result<i64, MoneyError> {
        let units = bought.units_micro.min(self.units_micro);
        if units <= 0 || bought.invested_minor <= 0 {
            return Ok(0);
        }
        let cost = i128::from(bought.invested_minor) * i128::from(units);
        let cost = round_half_up(cost, i128::from(bought.units_micro))?;
        self.units_micro -= units;
        self.cash_minor = add(self.cash_minor, cost)?;
        Ok(-cost)
    }

    /// Invests the money that is there, or sells units for the money that is owed. Answers what the plan was paid.
    fn settle(&mut self, price: Price) -> Result<i64, MoneyError> {
        let money = self.cash_minor;
        if money > 0 {
            self.units_micro = add(self.units_micro, units_micro(money, price.micro)?)?;
            self.cash_minor = 0;
            return Ok(money);
        }
        let worth = value_minor(self.units_micro, price.micro)?;
        let sold = worth.min(-money);
        // What a fraction of a cent is worth stays until the last cent goes.
        self.units_micro = match sold == worth && sold > 0 {
            true => 0,
            false => self.units_micro - units_micro(sold, price.micro)?.min(self.units_micro),
        };
        self.cash_minor = add(money, sold)?;
        Ok(-sold)
    }

    /// Turns the units into those of another portfolio of the same worth: what leaves the one, and what enters the other.
    /// `None` while one of the prices is not known.
    pub(crate) fn exchange(
        &mut self,
        into: &Portfolio,
        price: Option<Price>,
        new_price: Option<Price>,
    ) -> Result<Option<[Exchanged; 2]>, MoneyError> {
        if self.units_micro == 0 {
            (self.portfolio, self.price) = (into.clone(), new_price);
            return Ok(Some([Exchanged::default(); 2]));
        }
        let (Some(price), Some(new_price)) = (price.or(self.price), new_price) else {
            return Ok(None);
        };
        let worth = value_minor(self.units_micro, price.micro)?;
        let left = Exchanged { units_micro: -self.units_micro, minor: -worth, price: Some(price) };
        let units = units_micro(worth, new_price.micro)?;
        let entered = Exchanged { units_micro: units, minor: worth, price: Some(new_price) };
        (self.portfolio, self.units_micro, self.price) = (into.clone(), units, Some(new_price));
        Ok(Some([left, entered]))
    }
}

/// One half of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Exchanged {
    pub units_micro: i64,
    pub minor: i64,
    pub price: Option<Price>,
}

fn add(one: i64, other: i64) -> Result<i64, MoneyError> {
    one.checked_add(other).ok_or(MoneyError::OutOfRange)
}

#[cfg(test)]
#[path = "holding_tests.rs"]
mod tests;
