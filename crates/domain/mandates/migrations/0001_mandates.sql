-- A tenant's accounts at its direct-debit provider; at most one of them is active.
CREATE TABLE provider_account (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- 'live', 'sandbox', 'simulated' or 'custom'; only the last has a base URL of its own, else it is empty.
    environment TEXT NOT NULL,
    base_url TEXT NOT NULL,
    -- Whether the other side is our simulator, whose clock follows the tenant's.
    is_simulator BIGINT NOT NULL,
    -- Sealed.
    access_token BYTEA NOT NULL,
    webhook_secret BYTEA NOT NULL,
    -- The provider's id of the creditor; empty for the account's only one.
    creditor TEXT NOT NULL,
    -- Whose pages the end user sees: 'own' or 'provider'.
    pages TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    -- When it was taken out of use, in real time: what was begun on it is followed for some time.
    deactivated_at BIGINT,
    -- The provider's id of the last event that was pulled.
    event_cursor TEXT,
    -- The business date on which our payments were last compared with the provider's.
    compared_on TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

-- Whose the organisations at simulated providers are, each known by the SHA-256 of its access token.
CREATE TABLE simulated_organisation (
    tenant_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, token_hash)
);

CREATE UNIQUE INDEX simulated_organisation_by_token ON simulated_organisation (token_hash);

-- What end users have allowed: one row for each mandate of the provider.
CREATE TABLE mandate (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    end_user_id UUID NOT NULL,
    -- The provider's ids of the mandate and of its customer.
    reference TEXT NOT NULL,
    customer TEXT NOT NULL,
    status TEXT NOT NULL,
    is_disabled BIGINT NOT NULL,
    scheme TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- What the payer may be shown of the account; the number itself is at the provider alone.
    bank_name TEXT NOT NULL,
    account_ending TEXT NOT NULL,
    -- What stands on the payer's bank statement.
    statement_reference TEXT NOT NULL,
    replaced_by UUID,
    -- The provider's time of the last news of the status.
    told_at BIGINT NOT NULL,
    status_changed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE UNIQUE INDEX mandate_by_reference ON mandate (tenant_id, account_id, reference);
CREATE INDEX mandate_by_end_user ON mandate (tenant_id, end_user_id);

-- Mandates that end users are asked for, each by a link.
CREATE TABLE mandate_flow (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    -- SHA-256 of the link's token.
    token_hash BYTEA NOT NULL,
    end_user_id UUID NOT NULL,
    success_url TEXT NOT NULL,
    failure_url TEXT NOT NULL,
    -- What the page is filled in with; JSON.
    prefilled TEXT NOT NULL,
    pages TEXT NOT NULL,
    state TEXT NOT NULL,
    -- How often details were submitted: a part of the idempotency keys.
    submissions BIGINT NOT NULL,
    -- The details, sealed, from their submission until the provider has them.
    details BYTEA,
    -- Why it failed, for the end user's eyes; empty otherwise.
    reason TEXT NOT NULL,
    -- The provider's id of the billing request, once there is one, and the provider's page.
    billing_request TEXT,
    authorisation_url TEXT,
    mandate_id UUID,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE UNIQUE INDEX mandate_flow_by_token ON mandate_flow (token_hash);
CREATE INDEX mandate_flow_by_state ON mandate_flow (tenant_id, state);
CREATE INDEX mandate_flow_by_request ON mandate_flow (tenant_id, billing_request);
CREATE INDEX mandate_flow_by_end_user ON mandate_flow (tenant_id, end_user_id);

-- What has to be told to the provider of a payment: one row for each attempt.
CREATE TABLE direct_debit_sending (
    tenant_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    attempt BIGINT NOT NULL,
    mandate_id UUID NOT NULL,
    state TEXT NOT NULL,
    -- The last failure, for people.
    error TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, payment_id, attempt)
) /* hot */;

CREATE INDEX direct_debit_sending_by_state ON direct_debit_sending (tenant_id, state);

-- The provider's events, each once.
CREATE TABLE provider_event (
    tenant_id UUID NOT NULL,
    account_id UUID NOT NULL,
    -- The provider's id.
    event_id TEXT NOT NULL,
    -- The provider's time.
    created_at BIGINT NOT NULL,
    -- 'payments', 'mandates', ..., what happened, and the whole event; JSON.
    resource_type TEXT NOT NULL,
    action TEXT NOT NULL,
    body TEXT NOT NULL,
    -- 'waiting', 'done' or 'ignored'.
    state TEXT NOT NULL,
    -- How often what it is about was not to be found.
    tries BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, event_id)
) /* hot */;

CREATE INDEX provider_event_by_state ON provider_event (tenant_id, state);

-- Comparisons of our payments with the provider's, one for each span of days.
CREATE TABLE reconciliation (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    account_id UUID NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    ours BIGINT NOT NULL,
    theirs BIGINT NOT NULL,
    differences BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX reconciliation_by_days ON reconciliation (tenant_id, account_id, from_on, to_on);

CREATE TABLE reconciliation_line (
    tenant_id UUID NOT NULL,
    reconciliation_id UUID NOT NULL,
    line BIGINT NOT NULL,
    kind TEXT NOT NULL,
    payment_id UUID,
    reference TEXT,
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    PRIMARY KEY (tenant_id, reconciliation_id, line)
);
