-- External accounts: programs, their customers, the customers' accounts at other banks, and transfers.

-- The last number given of each kind of integer id.
CREATE TABLE ea_counter (
    tenant_id UUID   NOT NULL,
    -- 'program', 'customer', 'account' or 'transaction'.
    series    TEXT   NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, series)
) /* hot */;

CREATE TABLE ea_program (
    tenant_id                UUID   NOT NULL,
    id                       BIGINT NOT NULL,
    name                     TEXT   NOT NULL,
    -- 'None', 'TrialDeposits' or 'Any'.
    verification             TEXT   NOT NULL,
    is_nacha                 BIGINT NOT NULL,
    -- Words separated by commas.
    allowed_types            TEXT   NOT NULL,
    account_count_max        BIGINT NOT NULL,
    archival_limit_daily     BIGINT NOT NULL,
    verify_attempts_max      BIGINT NOT NULL,
    verify_days              BIGINT NOT NULL,
    -- JSON, amounts in cents.
    limits                   TEXT   NOT NULL,
    time_zone                TEXT   NOT NULL,
    website                  TEXT   NOT NULL,
    customers_start_verified BIGINT NOT NULL,
    -- JSON: number and type of each of its own accounts.
    accounts                 TEXT   NOT NULL,
    -- Its account at its bank; NULL when it has none.
    bank_account_id          BIGINT,
    bank_routing             TEXT,
    bank_name                TEXT,
    -- 1 for exactly one program of a tenant: the one that API keys call.
    is_default               BIGINT NOT NULL,
    created_at               BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE ea_customer (
    tenant_id     UUID   NOT NULL,
    id            BIGINT NOT NULL,
    program_id    BIGINT NOT NULL,
    -- The number of its settlement account; what stands on it is the ledger's.
    account_id    BIGINT NOT NULL,
    -- The lending borrower who is the same person.
    end_user_id   UUID,
    first_name    TEXT   NOT NULL,
    middle_name   TEXT,
    last_name     TEXT   NOT NULL,
    suffix        TEXT,
    birth_date    TEXT,
    gender        TEXT,
    culture       TEXT,
    tag           TEXT,
    status        TEXT   NOT NULL,
    -- Sealed, and the fingerprint that finds it.
    tax_id        BYTEA,
    tax_id_index  BYTEA,
    email_address TEXT,
    is_active     BIGINT NOT NULL,
    locked_at     BIGINT,
    locked_reason TEXT,
    deceased_on   TEXT,
    custom_field1 TEXT,
    custom_field2 TEXT,
    custom_field3 TEXT,
    custom_field4 TEXT,
    custom_field5 TEXT,
    -- JSON.
    phones        TEXT   NOT NULL,
    addresses     TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    modified_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX ea_customer_by_tag ON ea_customer (tenant_id, program_id, tag);
CREATE INDEX ea_customer_by_end_user ON ea_customer (tenant_id, end_user_id);
CREATE INDEX ea_customer_by_tax_id ON ea_customer (tenant_id, tax_id_index);

CREATE TABLE ea_account (
    tenant_id         UUID   NOT NULL,
    id                BIGINT NOT NULL,
    customer_id       BIGINT NOT NULL,
    program_id        BIGINT NOT NULL,
    tag               TEXT,
    name              TEXT   NOT NULL,
    -- Sealed, and the fingerprint of both together that finds them.
    routing_number    BYTEA,
    account_number    BYTEA,
    number_index      BYTEA,
    kind              TEXT   NOT NULL,
    nick_name         TEXT   NOT NULL,
    first_name        TEXT,
    last_name         TEXT,
    status            TEXT   NOT NULL,
    status_at         BIGINT NOT NULL,
    modified_at       BIGINT NOT NULL,
    noc_code          TEXT,
    locked_at         BIGINT,
    locked_reason     TEXT,
    -- Why nothing may be collected from it: a return code with its title.
    debits_refused    TEXT,
    custom_field1     TEXT,
    custom_field2     TEXT,
    custom_field3     TEXT,
    custom_field4     TEXT,
    custom_field5     TEXT,
    verify_sent_at    BIGINT,
    verify_expired_at BIGINT,
    archived_on       TEXT,
    created_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX ea_account_by_tag ON ea_account (tenant_id, program_id, tag);
CREATE INDEX ea_account_by_customer ON ea_account (tenant_id, customer_id);

-- Trial deposits of accounts. A row that is still open has an account that is Unverified.
CREATE TABLE ea_trial (
    tenant_id  UUID   NOT NULL,
    account_id BIGINT NOT NULL,
    -- Sealed.
    amounts    BYTEA  NOT NULL,
    attempts   BIGINT NOT NULL,
    sent_at    BIGINT NOT NULL,
    last_day   TEXT   NOT NULL,
    is_open    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE INDEX ea_trial_by_day ON ea_trial (tenant_id, is_open, last_day);

-- The payments of trial deposits, and what the ledger knows of each.
CREATE TABLE ea_trial_leg (
    tenant_id  UUID   NOT NULL,
    payment_id UUID   NOT NULL,
    account_id BIGINT NOT NULL,
    entry_id   UUID   NOT NULL,
    -- 'pending', 'posted' or 'undone'.
    booked     TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, payment_id)
);

CREATE TABLE ea_transfer (
    tenant_id             UUID   NOT NULL,
    id                    BIGINT NOT NULL,
    customer_id           BIGINT NOT NULL,
    program_id            BIGINT NOT NULL,
    -- 'Deposit' or 'Withdraw'.
    kind                  TEXT   NOT NULL,
    external_account_id   BIGINT NOT NULL,
    settlement_account_id BIGINT NOT NULL,
    amount_minor          BIGINT NOT NULL,
    tag                   TEXT,
    description           TEXT,
    institution_name      TEXT   NOT NULL,
    -- Whether it can settle on the day on which it leaves, and whether that was asked for.
    is_same_day           BIGINT NOT NULL,
    asked_same_day        BIGINT NOT NULL,
    status                TEXT   NOT NULL,
    return_code           TEXT,
    payment_id            UUID   NOT NULL,
    entry_id              UUID   NOT NULL,
    booked                TEXT   NOT NULL,
    -- The open entry that holds the money while it is being taken back.
    held_entry_id         UUID,
    charge_on             TEXT,
    created_on            TEXT   NOT NULL,
    created_at            BIGINT NOT NULL,
    settled_on            TEXT,
    settled_at            BIGINT,
    voided_at             BIGINT,
    returned_at           BIGINT,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE UNIQUE INDEX ea_transfer_by_tag ON ea_transfer (tenant_id, program_id, tag);
CREATE INDEX ea_transfer_by_customer ON ea_transfer (tenant_id, customer_id, created_on);
CREATE INDEX ea_transfer_by_account ON ea_transfer (tenant_id, external_account_id);
CREATE INDEX ea_transfer_by_day ON ea_transfer (tenant_id, program_id, created_on);

-- Participants of the ACH network, as the Federal Reserve lists them: public, the same for every tenant.
CREATE TABLE ea_routing (
    routing     TEXT NOT NULL,
    -- The number to use instead, after a merger.
    new_routing TEXT,
    name        TEXT NOT NULL,
    city        TEXT NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (routing)
);
