-- Users, funds and the people of funds, contributions, transactions.

-- A saver, registered by a partner.
CREATE TABLE savings_user (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- the partner's own id
    external_id TEXT NOT NULL,
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    middle_name TEXT,
    last_name TEXT NOT NULL,
    photo_url TEXT,
    inserted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX savings_user_by_external_id ON savings_user (tenant_id, external_id);

-- A fund: a 529 account that is to be opened, is open, or was opened elsewhere and is linked.
CREATE TABLE savings_fund (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- NULL for linked funds, which belong to no registered user
    user_id UUID,
    -- 'kid', 'prebirth' or 'linked'
    kind TEXT NOT NULL,
    fund_name TEXT NOT NULL,
    handle TEXT NOT NULL,
    photo_url TEXT,
    description TEXT,
    risk_level TEXT,
    -- 'establishing', 'established' or 'failed'
    state TEXT NOT NULL,
    plan_id BIGINT NOT NULL,
    -- sealed with the fund's id; the fingerprint finds the account again
    account_number BYTEA,
    account_index BYTEA,
    portfolio_label TEXT,
    established_at BIGINT,
    -- tries at the identity questions that have failed, and the answers of the try under way (JSON)
    failed_tries BIGINT NOT NULL,
    answers TEXT NOT NULL,
    inserted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

-- A handle is an address on the web, so it is unique across tenants.
CREATE UNIQUE INDEX savings_fund_by_handle ON savings_fund (handle);
CREATE UNIQUE INDEX savings_fund_by_account ON savings_fund (tenant_id, account_index);
CREATE INDEX savings_fund_by_user ON savings_fund (tenant_id, user_id);

-- The owner and the beneficiary of a fund.
CREATE TABLE savings_person (
    tenant_id UUID NOT NULL,
    fund_id UUID NOT NULL,
    -- 'owner' or 'beneficiary'
    role TEXT NOT NULL,
    first_name TEXT NOT NULL,
    middle_name TEXT,
    last_name TEXT NOT NULL,
    born_on TEXT,
    -- of the owner to the beneficiary
    relationship TEXT,
    -- sealed with the fund's id; the fingerprint finds the person again
    ssn BYTEA,
    ssn_index BYTEA,
    -- ten digits
    phone TEXT,
    physical_street TEXT,
    physical_street2 TEXT,
    physical_zip TEXT,
    physical_city TEXT,
    physical_state TEXT,
    mailing_street TEXT,
    mailing_street2 TEXT,
    mailing_zip TEXT,
    mailing_city TEXT,
    mailing_state TEXT,
    PRIMARY KEY (tenant_id, fund_id, role)
);

CREATE INDEX savings_person_by_ssn ON savings_person (tenant_id, ssn_index);

-- A contribution: once, or again and again.
CREATE TABLE savings_contribution (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    fund_id UUID NOT NULL,
    frequency TEXT NOT NULL,
    -- cents
    amount_minor BIGINT NOT NULL,
    first_day BIGINT,
    second_day BIGINT,
    -- nothing is paid before this day
    starts_on TEXT,
    -- 1 to 12, for yearly ones: the month of the first payment
    month BIGINT,
    -- 'scheduled', 'completed', 'failed' or 'cancelled'
    status TEXT NOT NULL,
    -- the day of the next payment; of the last one known when there is none
    activation_date TEXT NOT NULL,
    -- the same while there is a next payment, NULL otherwise
    next_on TEXT,
    -- the payments of the next and of the last period: months since the year 0, and the first or second of the month
    next_period BIGINT,
    next_slot BIGINT,
    paid_period BIGINT,
    paid_slot BIGINT,
    inserted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX savings_contribution_by_fund ON savings_contribution (tenant_id, fund_id);
CREATE INDEX savings_contribution_by_next_day ON savings_contribution (tenant_id, next_on);

-- What moves, or was to move, the balance of a fund.
CREATE TABLE savings_transaction (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    fund_id UUID NOT NULL,
    -- 'contribution'
    kind TEXT NOT NULL,
    -- what it is a payment of
    source_id UUID NOT NULL,
    -- names the payment among those of its source, so that it is made once
    source_key TEXT NOT NULL,
    frequency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    description TEXT NOT NULL,
    occurred_on TEXT NOT NULL,
    -- 'pending', 'settled', 'failed' or 'returned'
    status TEXT NOT NULL,
    -- why it failed or was returned; empty otherwise
    reason TEXT NOT NULL,
    -- the payment over a rail; NULL when there is none
    payment_id UUID,
    -- when the built-in bank answers next; NULL when it does not
    answers_on TEXT,
    inserted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX savings_transaction_by_fund ON savings_transaction (tenant_id, fund_id, id);
CREATE UNIQUE INDEX savings_transaction_by_source ON savings_transaction (tenant_id, source_id, source_key);
CREATE INDEX savings_transaction_by_answer ON savings_transaction (tenant_id, answers_on);

-- What a tenant has set up.
CREATE TABLE savings_settings (
    tenant_id UUID NOT NULL,
    -- the external account from which contributions are pulled; NULL: none
    funding_account TEXT,
    PRIMARY KEY (tenant_id)
);

-- Maintenance of the savings API: one row, of the nil tenant, while it is on.
CREATE TABLE savings_maintenance (
    tenant_id UUID NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
