-- What a loan is collected with, who pays it out, and the policy by which failed collections are tried again.

-- 'direct_debit:ID' or 'ach:ID'; NULL where the tenant's own setting for collections holds.
ALTER TABLE loan ADD COLUMN instrument TEXT;
-- The last due date that a collection over the instrument was asked for.
ALTER TABLE loan ADD COLUMN collected_for TEXT;
CREATE INDEX loan_by_instrument ON loan (tenant_id, instrument) WHERE instrument IS NOT NULL;

-- What is owed to borrowers (account 2000 of the chart), which few loans have.
CREATE INDEX ledger_balance_overpaid ON ledger_balance (tenant_id, owner_id) WHERE account_no = 2000;

-- The payment that carries the transaction's money, where a rail does.
ALTER TABLE loan_transaction ADD COLUMN payment_id UUID;

-- One row a tenant that has chosen; else the defaults hold.
CREATE TABLE lending_settings (
    tenant_id UUID NOT NULL,
    -- How often a collection is tried in all, and the business days between two attempts.
    collection_attempts BIGINT NOT NULL,
    collection_retry_days BIGINT NOT NULL,
    -- 'manual' (the partner pays out and tells) or 'provider'.
    payouts TEXT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- Failed collections that will be tried again, by the day.
CREATE TABLE loan_collection_retry (
    tenant_id UUID NOT NULL,
    retry_on TEXT NOT NULL,
    transaction_id UUID NOT NULL,
    loan_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, retry_on, transaction_id)
);
CREATE INDEX loan_collection_retry_by_loan ON loan_collection_retry (tenant_id, loan_id);

-- Which payment an entry on the clearing account (1020) belongs to, where a rail moves the money.
CREATE TABLE loan_payment_entry (
    tenant_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, payment_id, entry_id)
);

-- The differences between the clearing account and the payments that were told last, in minor units.
CREATE TABLE loan_clearing_told (
    tenant_id UUID NOT NULL,
    currency TEXT NOT NULL,
    difference BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, currency)
);
