-- Tenants: the businesses that call Florin. Nothing of one is ever visible to another.
CREATE TABLE tenant (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    -- The date that a simulated clock was last sent to; NULL: the tenant lives on the real clock.
    clock_target TEXT,
    -- 'simulated' (due instalments are collected by the built-in provider) or 'manual'.
    collections TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- Credentials, one row each. Only the SHA-256 of what a client presents is kept.
CREATE TABLE api_key (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    surface TEXT NOT NULL,
    credential_hash BYTEA NOT NULL,
    display_prefix TEXT NOT NULL,
    last_four TEXT NOT NULL,
    -- Space-separated; '*' is everything.
    scopes TEXT NOT NULL,
    -- Space-separated addresses and networks; '' is anywhere.
    allowed_networks TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);

-- The one look-up that does not know its tenant yet.
CREATE INDEX api_key_by_credential ON api_key (credential_hash);
