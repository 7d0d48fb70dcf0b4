-- Who schedules payments, keys of payments, and every handle that a fund has had.

-- Who schedules the payments of a tenant's contributions, when it was said: 'florin' or 'partner'.
CREATE TABLE savings_scheduling (
    tenant_id UUID NOT NULL,
    scheduling TEXT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- A partner's key that named a payment which the schedule had made before it was asked for.
CREATE TABLE savings_payment_key (
    tenant_id UUID NOT NULL,
    contribution_id UUID NOT NULL,
    payment_key TEXT NOT NULL,
    transaction_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, contribution_id, payment_key)
);

-- Every handle that a fund has or had: links that were shared go on leading to it, and nobody else can have them.
CREATE TABLE savings_handle (
    tenant_id UUID NOT NULL,
    fund_id UUID NOT NULL,
    handle TEXT NOT NULL,
    PRIMARY KEY (tenant_id, fund_id, handle)
);

CREATE UNIQUE INDEX savings_handle_by_handle ON savings_handle (handle);

INSERT INTO savings_handle (tenant_id, fund_id, handle) SELECT tenant_id, id, handle FROM savings_fund;
