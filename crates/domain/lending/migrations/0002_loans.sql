-- Loans, their instalments and their transactions. What a loan owes stands on the ledger's accounts.

CREATE TABLE loan (
    tenant_id                 UUID   NOT NULL,
    id                        UUID   NOT NULL,
    application_id            UUID   NOT NULL,
    end_user_id               UUID   NOT NULL,
    product_id                UUID   NOT NULL,
    currency                  TEXT   NOT NULL,
    amount                    BIGINT NOT NULL,
    rate                      BIGINT NOT NULL,
    installments              BIGINT,
    grace_instalments         BIGINT NOT NULL,
    principal_repayment_grace BIGINT NOT NULL,
    arrears_tolerance         BIGINT NOT NULL,
    status                    TEXT   NOT NULL,
    -- How interest accrues: copied from the product, so that a day's run need not look there.
    day_count                 TEXT   NOT NULL,
    calendar                  TEXT   NOT NULL,
    interest_on_holidays      BIGINT NOT NULL,
    interest_enabled          BIGINT NOT NULL,
    -- The exact interest accrued in the period up to accrual_from, as a numerator (see accrual.rs).
    accrual_from              TEXT,
    accrual_base              TEXT   NOT NULL,
    disbursed                 BIGINT NOT NULL,
    next_due_on               TEXT,
    close_reason              TEXT   NOT NULL,
    close_substatus           TEXT   NOT NULL,
    created_at                BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;
CREATE UNIQUE INDEX loan_application ON loan (tenant_id, application_id);
CREATE INDEX loan_end_user ON loan (tenant_id, end_user_id);

-- The schedule as booked. following_due_on saves the day's run a second look.
CREATE TABLE loan_instalment (
    tenant_id        UUID   NOT NULL,
    loan_id          UUID   NOT NULL,
    number           BIGINT NOT NULL,
    due_on           TEXT   NOT NULL,
    principal        BIGINT NOT NULL,
    interest         BIGINT NOT NULL,
    fee              BIGINT NOT NULL,
    principal_after  BIGINT NOT NULL,
    following_due_on TEXT,
    PRIMARY KEY (tenant_id, loan_id, number)
);

-- When interest calculation was stopped; open while until_on is NULL.
CREATE TABLE loan_interest_pause (
    tenant_id UUID   NOT NULL,
    loan_id   UUID   NOT NULL,
    number    BIGINT NOT NULL,
    from_on   TEXT   NOT NULL,
    until_on  TEXT,
    PRIMARY KEY (tenant_id, loan_id, number)
);

CREATE TABLE loan_transaction (
    tenant_id          UUID   NOT NULL,
    id                 UUID   NOT NULL,
    loan_id            UUID   NOT NULL,
    type               TEXT   NOT NULL,
    status             TEXT   NOT NULL,
    currency           TEXT   NOT NULL,
    amount             BIGINT NOT NULL,
    principal          BIGINT NOT NULL,
    interest           BIGINT NOT NULL,
    fee                BIGINT NOT NULL,
    is_automatic       BIGINT NOT NULL,
    effective_on       TEXT   NOT NULL,
    created_at         BIGINT NOT NULL,
    applied_at         BIGINT,
    processing_on      TEXT,
    name               TEXT,
    fee_type           TEXT,
    unique_key         TEXT,
    provider_reference TEXT,
    failure_reason     TEXT,
    -- The ledger entry, where it is not the transaction's own id (a day's interest is one entry for many loans).
    entry_id           UUID,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX loan_transaction_loan ON loan_transaction (tenant_id, loan_id, id);

-- Repayments that a provider has been asked to collect, by the day on which it will have answered.
CREATE TABLE loan_collection (
    tenant_id      UUID NOT NULL,
    answer_on      TEXT NOT NULL,
    transaction_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, answer_on, transaction_id)
);

-- A unique key names one transaction for ever; the hash of the request tells a repeat from another one.
CREATE TABLE loan_transaction_key (
    tenant_id      UUID  NOT NULL,
    unique_key     TEXT  NOT NULL,
    transaction_id UUID  NOT NULL,
    request        BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, unique_key)
);
