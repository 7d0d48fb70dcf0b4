//! What a fund's trades and prices come to over time. Pure.

use florin_calendar::Calendar;
use florin_money::MoneyError;
use florin_storage::words;
use jiff::ToSpan;
use jiff::civil::Date;

use super::xirr::{Flow, yearly_return_micro};
use crate::investment::price::value_minor;
use crate::investment::{Portfolio, Price, Trade};

/// The most points that are answered.
pub const POINTS_MAX: usize = 1_000;
/// A day's point each up to this many days, and a week's up to the other, unless it is said otherwise.
const DAYS_MAX: i32 = 190;
const WEEKS_MAX_DAYS: i32 = 1_300;

words! {
    /// How far apart the points of a series lie.
    pub enum Interval {
        /// A business day.
        Day = "day",
        /// Seven days, counted back from the last.
        Week = "week",
        /// A month: its last day.
        Month = "month",
    }
}

/// What part of a fund's life is looked at, and how closely.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first day; the day of the first trade unless it is said.
    pub from: Option<Date>,
    /// The last day; today unless it is said, and never after today.
    pub to: Option<Date>,
    /// How far apart the points lie; by the length of the span unless it is said.
    pub interval: Option<Interval>,
}

/// A fund on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// At the end of this day.
    pub on: Date,
    /// What it was worth, in cents; less than 0 when the owner owed more.
    pub balance_minor: i64,
    /// Money that had come in less money that had left, in cents.
    pub contributed_minor: i64,
}

/// What has become of the money of a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// What people call the portfolio that it is in.
    pub portfolio: String,
    /// The first day that is looked at.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Units held on the last day, in millionths.
    pub units_micro: i64,
    /// What a unit cost on the last day; `None` while there is no price.
    pub price: Option<Price>,
    /// What it is worth on the last day, in cents.
    pub balance_minor: i64,
    /// Money that came in within the span, less what was returned, in cents.
    pub contributed_minor: i64,
    /// Money that was taken out within the span, in cents.
    pub withdrawn_minor: i64,
    /// What the market has made of it within the span, in cents.
    pub gain_minor: i64,
    /// The money-weighted return of a year in millionths; see [`yearly_return_micro`]. Over less than a year it says what
    /// the same pace would come to.
    pub yearly_return_micro: Option<i64>,
    /// The fund at the end of each interval, the oldest first: from `from` to `to`.
    pub points: Vec<Point>,
}

/// The days of the points between two days, both of them among these.
pub(super) fn days(from: Date, to: Date, interval: Option<Interval>) -> Vec<Date> {
    let length = florin_calendar::epoch_day(to) - florin_calendar::epoch_day(from);
    let by_length = if length <= DAYS_MAX {
        Interval::Day
    } else if length <= WEEKS_MAX_DAYS {
        Interval::Week
    } else {
        Interval::Month
    };
    let interval = interval.unwrap_or(by_length);
    let mut days = vec![to];
    let mut day = to;
    // One more than are answered tells that there are too many.
    while day > from && days.len() <= POINTS_MAX {
        let before = match interval {
            Interval::Day => day.yesterday().map(|it| Calendar::UsFed.on_or_before(it)),
            Interval::Week => day.checked_sub(7.days()),
            Interval::Month => day.first_of_month().yesterday(),
        };
        day = before.map_or(from, |before| before.max(from));
        days.push(day);
    }
    days.reverse();
    days
}

/// The state of a fund between two trades.
struct Stretch<'a> {
    portfolio: &'a Portfolio,
    units_micro: i64,
    cash_minor: i64,
    contributed_minor: i64,
}

/// Puts it together: all trades of a fund, in order, and the prices of its portfolios on each of the days.
pub(super) fn perform(
    portfolio: &Portfolio,
    trades: &[Trade],
    days: &[Date],
    price_on: impl Fn(&Portfolio, usize) -> Option<Price>,
) -> Result<Option<Performance>, MoneyError> {
    let (Some(from), Some(to)) = (days.first().copied(), days.last().copied()) else {
        return Ok(None);
    };
    let nothing = Stretch { portfolio, units_micro: 0, cash_minor: 0, contributed_minor: 0 };
    let (mut now, mut next) = (nothing, trades.iter().peekable());
    let mut points = Vec::with_capacity(days.len());
    for (number, day) in days.iter().enumerate() {
        while let Some(trade) = next.next_if(|trade| trade.on <= *day) {
            now = Stretch {
                portfolio: &trade.portfolio,
                units_micro: trade.units_after_micro,
                cash_minor: trade.cash_after_minor,
                contributed_minor: now.contributed_minor.saturating_add(trade.amount_minor),
            };
        }
        let worth = match price_on(now.portfolio, number) {
            Some(price) => value_minor(now.units_micro, price.micro)?,
            None => 0,
        };
        let balance_minor = worth.saturating_add(now.cash_minor);
        points.push(Point { on: *day, balance_minor, contributed_minor: now.contributed_minor });
    }
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
        return Ok(None);
    };
    // The first day's own money is part of the span: what was there before is what the day ended with without it.
    let of_first: i64 =
        trades.iter().filter(|trade| trade.on == from).map(|it| it.amount_minor).sum();
    let opening = first.balance_minor.saturating_sub(of_first);
    let within = trades.iter().filter(|trade| trade.on >= from && trade.on <= to);
    let (mut contributed_minor, mut withdrawn_minor) = (0_i64, 0_i64);
    let mut flows = vec![Flow { on: from, minor: opening }];
    for trade in within {
        match trade.kind.is_out() {
            true => withdrawn_minor = withdrawn_minor.saturating_sub(trade.amount_minor),
            false => contributed_minor = contributed_minor.saturating_add(trade.amount_minor),
        }
        flows.push(Flow { on: trade.on, minor: trade.amount_minor });
    }
    let paid = opening.saturating_add(contributed_minor).saturating_sub(withdrawn_minor);
    Ok(Some(Performance {
        portfolio: portfolio.label().to_owned(),
        from,
        to,
        units_micro: now.units_micro,
        price: price_on(now.portfolio, days.len() - 1),
        balance_minor: last.balance_minor,
        contributed_minor,
        withdrawn_minor,
        gain_minor: last.balance_minor.saturating_sub(paid),
        yearly_return_micro: yearly_return_micro(&flows, to, last.balance_minor),
        points,
    }))
}

#[cfg(test)]
#[path = "entity_tests.rs"]
mod tests;
