//! SQL of holdings, trades, prices and markets.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use florin_ids::{FundId, FundTransactionId, TenantId};
use florin_storage::{Insert, Row, StorageError, Tx, Type, Value, params};
use jiff::civil::Date;
use uuid::Uuid;

use super::correct::Correction;
use super::holding::{Bought, Holding, Trade, TradeKind};
use super::market::{FilePrice, Market};
use super::portfolio::Portfolio;
use super::price::Price;
use crate::column;

fn portfolio_of_fund(row: &Row<'_>) -> Result<Portfolio, StorageError> {
    let label: Option<String> = row.get("portfolio_label")?;
    Ok(Portfolio::of(row.get("plan_id")?, label.as_deref()))
}

/// The portfolio of a fund; `None` without such a fund.
pub(crate) fn portfolio_of(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Option<Portfolio>, StorageError> {
    let sql = "SELECT plan_id, portfolio_label FROM savings_fund WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, fund], portfolio_of_fund)
}

/// The portfolios of these funds; nobody else can trade for them until the transaction ends.
pub(crate) fn lock_funds(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
) -> Result<Vec<(FundId, Portfolio)>, StorageError> {
    let sql = "SELECT id, plan_id, portfolio_label FROM savings_fund WHERE tenant_id = ?1 AND id = ANY(?2) \
               ORDER BY id FOR UPDATE";
    tx.query(sql, params![tenant, Value::Uuids(funds)], |row| {
        Ok((row.get("id")?, portfolio_of_fund(row)?))
    })
}

/// The holdings of these funds; a fund that has never held anything has none.
pub(super) fn of_funds(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
) -> Result<Vec<Holding>, StorageError> {
    let sql = "SELECT * FROM savings_holding WHERE tenant_id = ?1 AND fund_id = ANY(?2)";
    tx.query(sql, params![tenant, Value::Uuids(funds)], read)
}

/// The funds that hold something, after `after` in the order of their ids.
pub(super) fn holders_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<FundId>, StorageError> {
    let sql = "SELECT fund_id FROM savings_holding WHERE tenant_id = ?1 AND fund_id > ?2 \
               AND (value_minor > 0 OR units_micro > 0 OR cash_minor > 0) ORDER BY fund_id LIMIT ?3";
    let after = after.unwrap_or(Uuid::nil());
    tx.query(sql, params![tenant, after, limit], |row| row.get("fund_id"))
}

/// Whether any fund of the tenant holds units or money.
pub(super) fn holds_units(tx: &mut Tx, tenant: TenantId) -> Result<bool, StorageError> {
    Ok(!holders_after(tx, tenant, None, 1)?.is_empty())
}

const PUT: Insert = Insert {
    table: "savings_holding",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("fund_id", Type::Uuid),
        ("portfolio", Type::Text),
        ("units_micro", Type::Int),
        ("cash_minor", Type::Int),
        ("value_minor", Type::Int),
        ("price_micro", Type::Int),
        ("priced_on", Type::Text),
        ("trades", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, fund_id) DO UPDATE SET portfolio = excluded.portfolio, \
        units_micro = excluded.units_micro, cash_minor = excluded.cash_minor, value_minor = excluded.value_minor, \
        price_micro = excluded.price_micro, priced_on = excluded.priced_on, trades = excluded.trades",
};

pub(super) fn put_many(
    tx: &mut Tx,
    tenant: TenantId,
    holdings: &[Holding],
) -> Result<(), StorageError> {
    let rows = holdings.iter().map(|it| {
        vec![
            tenant.into(),
            it.fund.into(),
            it.portfolio.code().into(),
            it.units_micro.into(),
            it.cash_minor.into(),
            it.value_minor.into(),
            it.price.map(|price| price.micro).into(),
            it.price.map(|price| price.on).into(),
            it.trades.into(),
        ]
    });
    tx.insert_many(&PUT, rows.collect::<Vec<Vec<Value>>>())?;
    Ok(())
}

const INSERT_TRADE: Insert = Insert {
    table: "savings_trade",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("fund_id", Type::Uuid),
        ("number", Type::Int),
        ("kind", Type::Text),
        ("transaction_id", Type::Uuid),
        ("traded_on", Type::Text),
        ("portfolio", Type::Text),
        ("price_micro", Type::Int),
        ("priced_on", Type::Text),
        ("amount_minor", Type::Int),
        ("invested_minor", Type::Int),
        ("units_micro", Type::Int),
        ("units_after_micro", Type::Int),
        ("cash_after_minor", Type::Int),
        ("recorded_at", Type::Int),
    ],
    on_conflict: "",
};

pub(super) fn insert_trades(
    tx: &mut Tx,
    tenant: TenantId,
    trades: &[Trade],
) -> Result<(), StorageError> {
    let rows = trades.iter().map(|it| {
        vec![
            tenant.into(),
            it.fund.into(),
            it.number.into(),
            it.kind.as_str().into(),
            it.transaction.into(),
            it.on.into(),
            it.portfolio.code().into(),
            it.price_micro.into(),
            it.priced_on.into(),
            it.amount_minor.into(),
            it.invested_minor.into(),
            it.units_micro.into(),
            it.units_after_micro.into(),
            it.cash_after_minor.into(),
            it.recorded_at.into(),
        ]
    });
    tx.insert_many(&INSERT_TRADE, rows.collect::<Vec<Vec<Value>>>())?;
    Ok(())
}

/// The trades of a fund, in order.
pub(crate) fn trades_of_fund(
    tx: &mut Tx,
    tenant: TenantId,
    fund: FundId,
) -> Result<Vec<Trade>, StorageError> {
    let sql = "SELECT * FROM savings_trade WHERE tenant_id = ?1 AND fund_id = ?2 ORDER BY number";
    tx.query(sql, params![tenant, fund], read_trade)
}

/// What the payments of these transactions have bought, by transaction and portfolio.
pub(super) fn bought(
    tx: &mut Tx,
    tenant: TenantId,
    transactions: Vec<Uuid>,
) -> Result<HashMap<(FundTransactionId, Portfolio), Bought>, StorageError> {
    let sql = "SELECT transaction_id, portfolio, CAST(SUM(units_micro) AS BIGINT) AS units_micro, \
               CAST(SUM(invested_minor) AS BIGINT) AS invested_minor FROM savings_trade \
               WHERE tenant_id = ?1 AND transaction_id = ANY(?2) GROUP BY transaction_id, portfolio";
    let rows = tx.query(sql, params![tenant, Value::Uuids(transactions)], |row| {
        let key = (row.get("transaction_id")?, read_portfolio(row)?);
        let (units_micro, invested_minor) = (row.get("units_micro")?, row.get("invested_minor")?);
        Ok((key, Bought { units_micro, invested_minor }))
    })?;
    Ok(rows.into_iter().collect())
}

/// What the trades of a fund come to, for a proof.
pub(super) struct Sums {
    pub fund: FundId,
    pub trades: i64,
    pub units_micro: i64,
    /// Money that came in less what the plan was paid: what is not invested.
    pub cash_minor: i64,
}

/// The sums over the trades of these funds.
pub(super) fn sums_of(
    tx: &mut Tx,
    tenant: TenantId,
    funds: Vec<Uuid>,
) -> Result<Vec<Sums>, StorageError> {
    let sql = "SELECT fund_id, COUNT(*) AS trades, CAST(SUM(units_micro) AS BIGINT) AS units_micro, \
               CAST(SUM(amount_minor - invested_minor) AS BIGINT) AS cash_minor FROM savings_trade \
               WHERE tenant_id = ?1 AND fund_id = ANY(?2) GROUP BY fund_id";
    tx.query(sql, params![tenant, Value::Uuids(funds)], |row| {
        Ok(Sums {
            fund: row.get("fund_id")?,
            trades: row.get("trades")?,
            units_micro: row.get("units_micro")?,
            cash_minor: row.get("cash_minor")?,
        })
    })
}

/// A page of all tenants' holdings, in order, for a proof.
pub(super) fn all_after(
    tx: &mut Tx,
    after: (TenantId, FundId),
    limit: u32,
) -> Result<Vec<(TenantId, Holding)>, StorageError> {
    let sql = "SELECT * FROM savings_holding WHERE tenant_id > ?1 OR (tenant_id = ?1 AND fund_id > ?2) \
               ORDER BY tenant_id, fund_id LIMIT ?3";
    tx.query(sql, params![after.0, after.1, limit], |row| Ok((row.get("tenant_id")?, read(row)?)))
}

/// What the tenant has said about its prices.
pub(super) fn market(tx: &mut Tx, tenant: TenantId) -> Result<Option<Market>, StorageError> {
    let sql = "SELECT market FROM savings_market WHERE tenant_id = ?1";
    tx.query_opt(sql, params![tenant], |row| column::word(row, "market", Market::parse))
}

pub(super) fn set_market(
    tx: &mut Tx,
    tenant: TenantId,
    market: Market,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO savings_market (tenant_id, market) VALUES (?1, ?2) \
               ON CONFLICT (tenant_id) DO UPDATE SET market = excluded.market";
    tx.execute(sql, params![tenant, market.as_str()])?;
    Ok(())
}

/// The loaded price of a day, or the latest before it.
pub(super) fn latest_price(
    tx: &mut Tx,
    portfolio: &Portfolio,
    on: Date,
) -> Result<Option<Price>, StorageError> {
    let sql = "SELECT price_micro, priced_on FROM savings_price WHERE tenant_id = ?1 AND portfolio = ?2 \
               AND priced_on <= ?3 ORDER BY priced_on DESC LIMIT 1";
    tx.query_opt(sql, params![TenantId::EVERYBODY, portfolio.code(), on], read_price)
}

/// The same, and it stays what it is until the transaction ends.
pub(super) fn hold_latest_price(
    tx: &mut Tx,
    portfolio: &Portfolio,
    on: Date,
) -> Result<Option<Price>, StorageError> {
    let sql = "SELECT price_micro, priced_on FROM savings_price WHERE tenant_id = ?1 AND portfolio = ?2 \
               AND priced_on <= ?3 ORDER BY priced_on DESC LIMIT 1 FOR SHARE";
    tx.query_opt(sql, params![TenantId::EVERYBODY, portfolio.code(), on], read_price)
}

/// The loaded price of a day itself, which nobody else can use until the transaction ends.
pub(super) fn hold_price(
    tx: &mut Tx,
    portfolio: &Portfolio,
    on: Date,
) -> Result<Option<Price>, StorageError> {
    let sql = "SELECT price_micro, priced_on FROM savings_price WHERE tenant_id = ?1 AND portfolio = ?2 \
               AND priced_on = ?3 FOR UPDATE";
    tx.query_opt(sql, params![TenantId::EVERYBODY, portfolio.code(), on], read_price)
}

/// The loaded prices of these days, both included, in order.
pub(super) fn prices_between(
    tx: &mut Tx,
    portfolio: &Portfolio,
    from: Date,
    to: Date,
) -> Result<Vec<Price>, StorageError> {
    let sql = "SELECT price_micro, priced_on FROM savings_price WHERE tenant_id = ?1 AND portfolio = ?2 \
               AND priced_on >= ?3 AND priced_on <= ?4 ORDER BY priced_on";
    tx.query(sql, params![TenantId::EVERYBODY, portfolio.code(), from, to], read_price)
}

const INSERT_PRICE: Insert = Insert {
    table: "savings_price",
    columns: &[
        ("tenant_id", Type::Uuid),
        ("portfolio", Type::Text),
        ("priced_on", Type::Text),
        ("price_micro", Type::Int),
    ],
    on_conflict: "ON CONFLICT (tenant_id, portfolio, priced_on) DO NOTHING",
};

/// Writes prices that are not known yet; answers how many those were.
pub(super) fn insert_prices(tx: &mut Tx, prices: &[FilePrice]) -> Result<u64, StorageError> {
    let rows = prices.iter().map(|it| {
        vec![
            TenantId::EVERYBODY.into(),
            it.portfolio.code().into(),
            it.price.on.into(),
            it.price.micro.into(),
        ]
    });
    tx.insert_many(&INSERT_PRICE, rows.collect::<Vec<Vec<Value>>>())
}

/// Puts a loaded price in the place of the one that was known.
pub(super) fn set_price(
    tx: &mut Tx,
    portfolio: &Portfolio,
    price: Price,
) -> Result<(), StorageError> {
    let sql = "UPDATE savings_price SET price_micro = ?4 WHERE tenant_id = ?1 AND portfolio = ?2 AND priced_on = ?3";
    tx.execute(sql, params![TenantId::EVERYBODY, portfolio.code(), price.on, price.micro])?;
    Ok(())
}

/// How many trades of each tenant were made at a price of a day, wherever that came from.
pub(super) fn trades_at(
    tx: &mut Tx,
    portfolio: &Portfolio,
    price: Price,
) -> Result<Vec<(TenantId, i64)>, StorageError> {
    let sql = "SELECT tenant_id, COUNT(*) AS trades FROM savings_trade WHERE portfolio = ?1 AND priced_on = ?2 \
               AND price_micro = ?3 GROUP BY tenant_id";
    tx.query(sql, params![portfolio.code(), price.on, price.micro], |row| {
        Ok((row.get("tenant_id")?, row.get("trades")?))
    })
}

/// The funds of each tenant that are valued at a price, wherever that came from: of its day, or of one before whose price was
/// the same.
pub(super) fn holders_at(
    tx: &mut Tx,
    portfolio: &Portfolio,
    price: Price,
) -> Result<BTreeMap<TenantId, BTreeSet<FundId>>, StorageError> {
    let sql = "SELECT tenant_id, fund_id FROM savings_holding WHERE portfolio = ?1 AND priced_on <= ?2 \
               AND price_micro = ?3";
    let mut found: BTreeMap<TenantId, BTreeSet<FundId>> = BTreeMap::new();
    tx.for_each(sql, params![portfolio.code(), price.on, price.micro], |row| {
        found.entry(row.get("tenant_id")?).or_default().insert(row.get("fund_id")?);
        Ok(())
    })?;
    Ok(found)
}

/// Notes a correction, whose price is held.
pub(super) fn insert_correction(tx: &mut Tx, made: &Correction) -> Result<(), StorageError> {
    let (portfolio, reason) = (made.portfolio.code(), made.reason.as_str());
    let sql = "SELECT COUNT(*) AS corrections FROM savings_price_correction WHERE tenant_id = ?1 AND portfolio = ?2 \
               AND priced_on = ?3";
    let before: i64 =
        tx.query_one(sql, params![TenantId::EVERYBODY, portfolio, made.on], |row| {
            row.get("corrections")
        })?;
    let sql = "INSERT INTO savings_price_correction (tenant_id, portfolio, priced_on, number, was_micro, is_micro, \
               reason, corrected_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let number = before + 1;
    let (was, is, at) = (made.was_micro, made.is_micro, made.corrected_at);
    tx.execute(sql, params![TenantId::EVERYBODY, portfolio, made.on, number, was, is, reason, at])?;
    Ok(())
}

/// Every correction, the latest first.
pub(super) fn corrections(tx: &mut Tx) -> Result<Vec<Correction>, StorageError> {
    let sql = "SELECT * FROM savings_price_correction WHERE tenant_id = ?1 \
               ORDER BY corrected_at DESC, portfolio, priced_on, number DESC";
    tx.query(sql, params![TenantId::EVERYBODY], |row| {
        Ok(Correction {
            portfolio: read_portfolio(row)?,
            on: row.get("priced_on")?,
            was_micro: row.get("was_micro")?,
            is_micro: row.get("is_micro")?,
            reason: row.get("reason")?,
            corrected_at: row.get("corrected_at")?,
        })
    })
}

fn read_portfolio(row: &Row<'_>) -> Result<Portfolio, StorageError> {
    row.parse("portfolio", "a portfolio's code", Portfolio::parse)
}

fn read_price(row: &Row<'_>) -> Result<Price, StorageError> {
    Ok(Price { micro: row.get("price_micro")?, on: row.get("priced_on")? })
}

fn read(row: &Row<'_>) -> Result<Holding, StorageError> {
    let (micro, on): (Option<i64>, Option<Date>) = (row.get("price_micro")?, row.get("priced_on")?);
    Ok(Holding {
        fund: row.get("fund_id")?,
        portfolio: read_portfolio(row)?,
        units_micro: row.get("units_micro")?,
        cash_minor: row.get("cash_minor")?,
        value_minor: row.get("value_minor")?,
        price: micro.zip(on).map(|(micro, on)| Price { micro, on }),
        trades: row.get("trades")?,
    })
}

fn read_trade(row: &Row<'_>) -> Result<Trade, StorageError> {
    Ok(Trade {
        fund: row.get("fund_id")?,
        number: row.get("number")?,
        kind: column::word(row, "kind", TradeKind::parse)?,
        transaction: row.get("transaction_id")?,
        on: row.get("traded_on")?,
        portfolio: read_portfolio(row)?,
        price_micro: row.get("price_micro")?,
        priced_on: row.get("priced_on")?,
        amount_minor: row.get("amount_minor")?,
        invested_minor: row.get("invested_minor")?,
        units_micro: row.get("units_micro")?,
        units_after_micro: row.get("units_after_micro")?,
        cash_after_minor: row.get("cash_after_minor")?,
        recorded_at: row.get("recorded_at")?,
    })
}

#[cfg(test)]
mod tests {
    use florin_storage::MigrationSet;
    use florin_storage::testing::databases;
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;
    use crate::SavingsError;
    use crate::investment::holding::Act;

    /// The tables as they were before units were counted.
    const BEFORE: MigrationSet =
        MigrationSet { name: "savings", files: crate::MIGRATIONS.files.split_at(1).0 };

    /// A fund with three payments, two of them settled.
    fn insert_settled(tx: &mut Tx, tenant: TenantId, fund: FundId) -> Result<(), StorageError> {
        tx.execute(
            "INSERT INTO savings_fund (tenant_id, id, kind, fund_name, handle, state, plan_id, failed_tries, answers, \
             inserted_at) VALUES (?1, ?2, 'linked', 'x', 'x', 'established', 60, 0, '[]', 0)",
            params![tenant, fund],
        )?;
        for (amount, status) in [(10_001, "settled"), (5_000, "failed"), (20_000, "settled")] {
            tx.execute(
                "INSERT INTO savings_transaction (tenant_id, id, fund_id, kind, source_id, source_key, frequency, \
                 amount_minor, description, occurred_on, status, reason, inserted_at) VALUES (?1, ?2, ?3, \
                 'contribution', ?2, 'x', 'monthly', ?4, '', '2022-10-14', ?5, '', ?6)",
                params![tenant, FundTransactionId::new(), fund, amount, status, Timestamp::UNIX_EPOCH],
            )?;
        }
        Ok(())
    }

    #[test]
    fn what_had_settled_before_units_were_counted_keeps_its_worth() {
        for database in databases(&[BEFORE]) {
            let (tenant, fund) = (TenantId::new(), FundId::new());
            let written = database.db.write_blocking(move |tx| insert_settled(tx, tenant, fund));
            written.expect("written");
            database.db.migrate(&[crate::MIGRATIONS]).expect("migrated");
            let checked = database.db.read_blocking(move |tx| {
                let mut held = of_funds(tx, tenant, vec![fund.uuid()])?.pop().expect("a holding");
                assert_eq!((held.value_minor, held.units_micro, held.trades), (30_001, 0, 1));
                assert_eq!(held.portfolio, Portfolio::of(60, None));
                let sums = sums_of(tx, tenant, vec![fund.uuid()])?;
                assert_eq!((sums[0].units_micro, sums[0].cash_minor), (0, 0));
                let trades = trades_of_fund(tx, tenant, fund)?;
                assert_eq!((trades[0].amount_minor, trades[0].on), (30_001, date(2022, 10, 14)));
                assert_eq!(holders_after(tx, tenant, None, 9)?, [fund]);
                // The first price says how many units it is.
                let price = Price { micro: 20_000_000, on: date(2022, 10, 17) };
                let change = held.act(Act::Nothing, Some(price))?;
                assert_eq!((change.invested_minor, change.gain_minor), (0, 0));
                assert_eq!((held.units_micro, change.units_micro), (15_000_500, 15_000_500));
                Ok::<_, SavingsError>(())
            });
            checked.expect("checked");
        }
    }
}
