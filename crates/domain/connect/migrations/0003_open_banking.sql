-- Tenants' accounts at the open-banking provider, one each.
CREATE TABLE connect_open_banking (
    tenant_id  UUID   NOT NULL,
    -- Empty for the provider's own system.
    base_url   TEXT   NOT NULL,
    secret_id  TEXT   NOT NULL,
    -- Sealed.
    secret_key BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
