-- Units of portfolios, their prices, and money taken out.

-- What a fund holds: units of a portfolio, and settled money that is not invested.
CREATE TABLE savings_holding (
    tenant_id UUID NOT NULL,
    fund_id UUID NOT NULL,
    -- the plan and the portfolio's label, such as '60:Target Enrollment 2038/2039'
    portfolio TEXT NOT NULL,
    units_micro BIGINT NOT NULL,
    -- cents; more than 0 waits for a price, less than 0 is owed by the owner
    cash_minor BIGINT NOT NULL,
    -- what the units are worth on the ledger, in cents, at the price of this day (millionths of a dollar a unit)
    value_minor BIGINT NOT NULL,
    price_micro BIGINT,
    priced_on TEXT,
    -- how many trades there have been
    trades BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, fund_id)
) /* hot */;

-- Every change of a holding, never changed itself.
CREATE TABLE savings_trade (
    tenant_id UUID NOT NULL,
    fund_id UUID NOT NULL,
    -- 1 for the fund's first
    number BIGINT NOT NULL,
    -- 'deposit', 'return', 'withdrawal', 'redeposit', 'purchase' or 'exchange'
    kind TEXT NOT NULL,
    -- the fund's transaction whose money it is; NULL when it is nobody's in particular
    transaction_id UUID,
    traded_on TEXT NOT NULL,
    portfolio TEXT NOT NULL,
    -- NULL when there was no price yet; the day that it is of, NULL too for trades before days were noted
    price_micro BIGINT,
    priced_on TEXT,
    -- money that came into the fund, cents; less than 0 when it left
    amount_minor BIGINT NOT NULL,
    -- money that the plan was paid for units; less than 0 when it paid
    invested_minor BIGINT NOT NULL,
    -- units bought; less than 0 when sold
    units_micro BIGINT NOT NULL,
    -- what was held after it
    units_after_micro BIGINT NOT NULL,
    cash_after_minor BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, fund_id, number)
);

CREATE INDEX savings_trade_by_transaction ON savings_trade (tenant_id, transaction_id);

-- Prices that were loaded from files, the same for all tenants: of the nil tenant.
CREATE TABLE savings_price (
    tenant_id UUID NOT NULL,
    portfolio TEXT NOT NULL,
    priced_on TEXT NOT NULL,
    -- millionths of a dollar a unit
    price_micro BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, portfolio, priced_on)
);

-- Prices that were corrected: of the nil tenant.
CREATE TABLE savings_price_correction (
    tenant_id UUID NOT NULL,
    portfolio TEXT NOT NULL,
    priced_on TEXT NOT NULL,
    -- 1 for the first of the price
    number BIGINT NOT NULL,
    was_micro BIGINT NOT NULL,
    is_micro BIGINT NOT NULL,
    reason TEXT NOT NULL,
    corrected_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, portfolio, priced_on, number)
);

-- Where a tenant's prices come from, when it was said.
CREATE TABLE savings_market (
    tenant_id UUID NOT NULL,
    -- 'simulated', 'flat' or 'loaded'
    market TEXT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- Money taken out of a fund. What becomes of its payment stands in the fund's transaction of the same id.
CREATE TABLE savings_withdrawal (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    fund_id UUID NOT NULL,
    expense_type TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    -- the part of the amount that is gain rather than money paid in; less than 0 after a loss
    earnings_minor BIGINT NOT NULL,
    requested_on TEXT NOT NULL,
    tax_year BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX savings_withdrawal_by_fund ON savings_withdrawal (tenant_id, fund_id, id);

-- What had settled before units were counted: its units are those that its worth buys at the first price.
INSERT INTO savings_holding (tenant_id, fund_id, portfolio, units_micro, cash_minor, value_minor, trades)
SELECT f.tenant_id, f.id, CAST(f.plan_id AS TEXT) || ':' || COALESCE(f.portfolio_label, 'Age-Based'), 0, 0,
    CAST(SUM(t.amount_minor) AS BIGINT), 1
FROM savings_transaction t JOIN savings_fund f ON f.tenant_id = t.tenant_id AND f.id = t.fund_id
WHERE t.status = 'settled' GROUP BY f.tenant_id, f.id, f.plan_id, f.portfolio_label;

INSERT INTO savings_trade (tenant_id, fund_id, number, kind, traded_on, portfolio, amount_minor, invested_minor,
    units_micro, units_after_micro, cash_after_minor, recorded_at)
SELECT h.tenant_id, h.fund_id, 1, 'deposit', MAX(t.occurred_on), h.portfolio, h.value_minor, h.value_minor, 0, 0, 0,
    MAX(t.inserted_at)
FROM savings_holding h JOIN savings_transaction t ON t.tenant_id = h.tenant_id AND t.fund_id = h.fund_id
WHERE t.status = 'settled' GROUP BY h.tenant_id, h.fund_id, h.portfolio, h.value_minor;
