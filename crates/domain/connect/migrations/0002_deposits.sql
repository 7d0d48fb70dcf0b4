-- What end users tell by hand, ask for and agree to.

-- What is kept of an end user beside their links; also the row that holds what they do at the same time.
CREATE TABLE connect_profile (
    tenant_id                    UUID   NOT NULL,
    user_id                      UUID   NOT NULL,
    -- The customer of external accounts who is this end user, once there is one.
    customer_id                  BIGINT,
    too_small_modal_dismissed_at BIGINT,
    -- JSON: the widget's flags, by name.
    flags                        TEXT   NOT NULL,
    updated_at                   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) /* hot */;

CREATE TABLE connect_microdeposit (
    tenant_id           UUID   NOT NULL,
    id                  UUID   NOT NULL,
    user_id             UUID   NOT NULL,
    -- 0 to 9, as clients know them.
    status              BIGINT NOT NULL,
    -- Why it has come to nothing; empty otherwise.
    reason              TEXT   NOT NULL,
    account_name        TEXT   NOT NULL,
    -- 1 is checking, 2 is savings; NULL while it is not known.
    account_type        BIGINT,
    -- Sealed: routing number and account number; and the fingerprint that finds them.
    numbers             BYTEA,
    number_index        BYTEA,
    first_name          TEXT   NOT NULL,
    last_name           TEXT   NOT NULL,
    email               TEXT   NOT NULL,
    -- The external account that the deposits go to, once they were asked for.
    external_account_id BIGINT,
    -- The banking day on which both deposits are there.
    expected_on         TEXT,
    -- 1 while time or the bank alone can change the status.
    is_open             BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX connect_microdeposit_by_user ON connect_microdeposit (tenant_id, user_id, id);
CREATE INDEX connect_microdeposit_by_account ON connect_microdeposit (tenant_id, external_account_id);
CREATE INDEX connect_microdeposit_open ON connect_microdeposit (tenant_id, is_open, id);

-- Banks that a partner does not want deposits sent to.
CREATE TABLE connect_blocked_routing (
    tenant_id  UUID   NOT NULL,
    routing    TEXT   NOT NULL,
    note       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, routing)
);

-- What an end user told of an account that no bank tells of.
CREATE TABLE connect_manual_account (
    tenant_id              UUID   NOT NULL,
    account_id             UUID   NOT NULL,
    user_id                UUID   NOT NULL,
    is_personal            BIGINT NOT NULL,
    credit_limit_minor     BIGINT,
    minimum_payment_minor  BIGINT,
    original_balance_minor BIGINT,
    -- Percent x 10^6.
    interest_rate          BIGINT,
    -- 1 to 31.
    payment_due_day        BIGINT,
    property_type          BIGINT,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE INDEX connect_manual_account_by_user ON connect_manual_account (tenant_id, user_id);

CREATE TABLE connect_support_ticket (
    tenant_id  UUID   NOT NULL,
    id         UUID   NOT NULL,
    user_id    UUID   NOT NULL,
    email      TEXT   NOT NULL,
    title      TEXT   NOT NULL,
    message    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX connect_support_ticket_by_user ON connect_support_ticket (tenant_id, user_id);

-- What an end user agreed to. A row stays after it was taken back: it says what was agreed, and when.
CREATE TABLE connect_consent (
    tenant_id    UUID   NOT NULL,
    id           UUID   NOT NULL,
    user_id      UUID   NOT NULL,
    session_id   UUID,
    text_version TEXT   NOT NULL,
    -- Words separated by commas.
    purposes     TEXT   NOT NULL,
    given_at     BIGINT NOT NULL,
    revoked_at   BIGINT,
    -- 'end_user' or 'partner'.
    revoked_by   TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX connect_consent_by_user ON connect_consent (tenant_id, user_id, id);

-- Linked accounts that are external accounts too.
CREATE TABLE connect_share (
    tenant_id           UUID   NOT NULL,
    account_id          UUID   NOT NULL,
    user_id             UUID   NOT NULL,
    external_account_id BIGINT NOT NULL,
    customer_id         BIGINT NOT NULL,
    -- 1 when the external account is Verified because of this.
    is_made             BIGINT NOT NULL,
    shared_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE INDEX connect_share_by_user ON connect_share (tenant_id, user_id);
CREATE INDEX connect_share_by_external_account ON connect_share (tenant_id, external_account_id);
