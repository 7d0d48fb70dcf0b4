-- The double-entry ledger: append-only entries and postings, balances kept beside them.

-- One row an entry. A pending entry is later posted or voided by a row in ledger_resolution.
CREATE TABLE ledger_entry (
    tenant_id    UUID   NOT NULL,
    id           UUID   NOT NULL,
    kind         TEXT   NOT NULL,
    currency     TEXT   NOT NULL,
    pending      BIGINT NOT NULL,
    effective_on TEXT   NOT NULL,
    recorded_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- The lines of an entry: debits positive, credits negative, in minor units of the entry's currency.
CREATE TABLE ledger_posting (
    tenant_id  UUID   NOT NULL,
    entry_id   UUID   NOT NULL,
    line       BIGINT NOT NULL,
    account_no BIGINT NOT NULL,
    owner_id   UUID   NOT NULL,
    amount     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id, line)
);

-- What became of a pending entry: 'posted' or 'voided'.
CREATE TABLE ledger_resolution (
    tenant_id    UUID   NOT NULL,
    entry_id     UUID   NOT NULL,
    outcome      TEXT   NOT NULL,
    effective_on TEXT   NOT NULL,
    recorded_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id)
);

-- Balances: what the postings above come to. An account is a number of the chart and its owner
-- (a loan, a fund; all zeros for the house).
CREATE TABLE ledger_balance (
    tenant_id      UUID   NOT NULL,
    owner_id       UUID   NOT NULL,
    account_no     BIGINT NOT NULL,
    currency       TEXT   NOT NULL,
    posted         BIGINT NOT NULL,
    pending_debit  BIGINT NOT NULL,
    pending_credit BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, owner_id, account_no, currency)
) /* hot */;
