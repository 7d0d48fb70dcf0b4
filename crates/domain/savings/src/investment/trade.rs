//! Trading: money of funds becomes units and the reverse, on the holdings, the trades and the ledger at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use florin_ids::{EntryId, FundId, FundTransactionId, TenantId};
use florin_ledger::Entry;
use florin_payments::Moment;
use florin_storage::Tx;
use uuid::Uuid;

use super::holding::{Act, Bought, Holding, Trade, TradeKind};
use super::market::Prices;
use super::portfolio::Portfolio;
use super::price::Price;
use super::repo;
use crate::{SavingsError, postings};

/// Money that comes into a fund or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    /// The fund.
    pub fund: FundId,
    /// Why.
    pub kind: TradeKind,
    /// Whose money it is.
    pub transaction: Option<FundTransactionId>,
    /// Into the fund, in cents; less than 0 when it leaves.
    pub minor: i64,
}

/// Trades for funds at the prices of the day, in the order given. The money itself is booked by whoever orders; here are
/// booked what the plan is paid or pays, and what the market has made of the funds.
pub(crate) fn trade_many_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    orders: &[Order],
) -> Result<(), SavingsError> {
    if orders.is_empty() {
        return Ok(());
    }
    let funds: BTreeSet<FundId> = orders.iter().map(|order| order.fund).collect();
    let mut desk = Desk::open_in(tx, tenant, moment, funds)?;
    desk.recall_in(tx, orders)?;
    for order in orders {
        desk.trade(order)?;
    }
    desk.close_in(tx)
}

/// Values the holdings of these funds at the prices of the day, and invests the money that has waited for one. Answers how
/// many holdings that has changed.
pub(crate) fn value_many_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    funds: BTreeSet<FundId>,
) -> Result<usize, SavingsError> {
    let mut desk = Desk::open_in(tx, tenant, moment, funds.clone())?;
    for fund in funds {
        desk.value(fund)?;
    }
    let changed = desk.changed.len();
    desk.close_in(tx)?;
    Ok(changed)
}

/// The holdings of some funds, which nobody else can trade for, and what has been done with them.
struct Desk {
    tenant: TenantId,
    moment: Moment,
    prices: Prices,
    held: BTreeMap<FundId, Holding>,
    /// Those whose rows have to be written.
    changed: BTreeSet<FundId>,
    bought: HashMap<(FundTransactionId, Portfolio), Bought>,
    trades: Vec<Trade>,
    entries: Vec<Entry>,
}

impl Desk {
    fn open_in(
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        funds: BTreeSet<FundId>,
    ) -> Result<Self, SavingsError> {
        let ids: Vec<Uuid> = funds.iter().map(|fund| fund.uuid()).collect();
        let portfolios = repo::lock_funds(tx, tenant, ids.clone())?;
        let mut held: BTreeMap<FundId, Holding> =
            repo::of_funds(tx, tenant, ids)?.into_iter().map(|it| (it.fund, it)).collect();
        for (fund, portfolio) in &portfolios {
            held.entry(*fund).or_insert_with(|| Holding::empty(*fund, portfolio.clone()));
        }
        let wanted = portfolios.iter().map(|(_, portfolio)| portfolio);
        let wanted = wanted.chain(held.values().map(|held| &held.portfolio)).cloned().collect();
        let prices = Prices::load_in(tx, tenant, wanted, moment.on)?;
        let mut desk = Self {
            tenant,
            moment,
            prices,
            held,
            changed: BTreeSet::new(),
            bought: HashMap::new(),
            trades: Vec::new(),
            entries: Vec::new(),
        };
        for (fund, portfolio) in portfolios {
            desk.exchange(fund, &portfolio)?;
        }
        Ok(desk)
    }

    /// Looks up what was bought for the payments that are returned.
    fn recall_in(&mut self, tx: &mut Tx, orders: &[Order]) -> Result<(), SavingsError> {
        let returned = orders.iter().filter(|order| order.kind == TradeKind::Return);
        let ids: Vec<Uuid> =
            returned.filter_map(|order| order.transaction).map(|it| it.uuid()).collect();
        if !ids.is_empty() {
            self.bought = repo::bought(tx, self.tenant, ids)?;
        }
        Ok(())
    }

    fn trade(&mut self, order: &Order) -> Result<(), SavingsError> {
        let Some(portfolio) = self.held.get(&order.fund).map(|held| held.portfolio.clone()) else {
            return Err(SavingsError::NotFound(crate::fund::FUND));
        };
        let key = order.transaction.map(|transaction| (transaction, portfolio));
        let bought = key.as_ref().and_then(|key| self.bought.get(key)).copied().unwrap_or_default();
        let act = match order.kind {
            TradeKind::Return => Act::Undo { minor: -order.minor, bought },
            _ => Act::Money { minor: order.minor },
        };
        let made = self.act(order.fund, act, order.kind, order.transaction, order.minor)?;
        if let (Some(key), Some(made)) = (key, made) {
            let bought = self.bought.entry(key).or_default();
            bought.units_micro += made.units_micro;
            bought.invested_minor += made.invested_minor;
        }
        Ok(())
    }

    fn value(&mut self, fund: FundId) -> Result<(), SavingsError> {
        let Some(held) = self.held.get(&fund) else { return Ok(()) };
        let price = held.newest(self.prices.of(&held.portfolio)).map(|price| price.micro);
        if price != held.price.map(|price| price.micro) || held.cash_minor > 0 {
            self.act(fund, Act::Nothing, TradeKind::Purchase, None, 0)?;
        }
        Ok(())
    }

    /// Acts on a holding and notes what follows; answers the trade, when there was one.
    fn act(
        &mut self,
        fund: FundId,
        act: Act,
        kind: TradeKind,
        transaction: Option<FundTransactionId>,
        amount_minor: i64,
    ) -> Result<Option<Bought>, SavingsError> {
        let Some(held) = self.held.get_mut(&fund) else { return Ok(None) };
        let price = held.newest(self.prices.of(&held.portfolio));
        let change = held.act(act, price)?;
        self.changed.insert(fund);
        if change.invested_minor != 0 {
            let minor = change.invested_minor;
            self.entries.push(postings::purchase(EntryId::new(), minor, self.moment));
        }
        if change.gain_minor != 0 {
            let minor = change.gain_minor;
            self.entries.push(postings::valuation(EntryId::new(), fund, minor, self.moment));
        }
        let made =
            Bought { units_micro: change.units_micro, invested_minor: change.invested_minor };
        if act == Act::Nothing && made == Bought::default() {
            return Ok(None);
        }
        self.note(fund, kind, transaction, amount_minor, (made, price));
        Ok(Some(made))
    }

    /// Brings a holding into the portfolio that the fund is in now, as soon as both prices are known.
    fn exchange(&mut self, fund: FundId, into: &Portfolio) -> Result<(), SavingsError> {
        let Some(held) = self.held.get_mut(&fund).filter(|held| held.portfolio != *into) else {
            return Ok(());
        };
        let (price, new_price) = (self.prices.of(&held.portfolio), self.prices.of(into));
        // Valued first, so that what the old portfolio has brought is booked.
        self.act(fund, Act::Nothing, TradeKind::Purchase, None, 0)?;
        let Some(held) = self.held.get_mut(&fund) else { return Ok(()) };
        let old = held.portfolio.clone();
        let Some([left, entered]) = held.exchange(into, price, new_price)? else { return Ok(()) };
        self.changed.insert(fund);
        if left.units_micro == 0 {
            return Ok(());
        }
        let units_after = held.units_micro;
        for (portfolio, half) in [(old, left), (into.clone(), entered)] {
            let made = Bought { units_micro: half.units_micro, invested_minor: half.minor };
            self.note(fund, TradeKind::Exchange, None, 0, (made, half.price));
            if let Some(trade) = self.trades.last_mut() {
                trade.units_after_micro = if half.units_micro < 0 { 0 } else { units_after };
                trade.portfolio = portfolio;
            }
        }
        // What the worth of the new units differs by is less than a cent; it is booked with the rest.
        self.act(fund, Act::Nothing, TradeKind::Purchase, None, 0)?;
        Ok(())
    }

    fn note(
        &mut self,
        fund: FundId,
        kind: TradeKind,
        transaction: Option<FundTransactionId>,
        amount_minor: i64,
        (made, price): (Bought, Option<Price>),
    ) {
        let Some(held) = self.held.get_mut(&fund) else { return };
        held.trades += 1;
        let price = price.or(held.price);
        self.trades.push(Trade {
            fund,
            number: held.trades,
            kind,
            transaction,
            on: self.moment.on,
            portfolio: held.portfolio.clone(),
            price_micro: price.map(|price| price.micro),
            priced_on: price.map(|price| price.on),
            amount_minor,
            invested_minor: made.invested_minor,
            units_micro: made.units_micro,
            units_after_micro: held.units_micro,
            cash_after_minor: held.cash_minor,
            recorded_at: self.moment.at,
        });
    }

    /// Writes everything.
    fn close_in(self, tx: &mut Tx) -> Result<(), SavingsError> {
        let Self { tenant, held, changed, trades, entries, .. } = self;
        let changed: Vec<Holding> =
            held.into_values().filter(|held| changed.contains(&held.fund)).collect();
        repo::put_many(tx, tenant, &changed)?;
        repo::insert_trades(tx, tenant, &trades)?;
        florin_ledger::post_many_in(tx, tenant, &entries)?;
        Ok(())
    }
}
