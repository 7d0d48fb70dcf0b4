-- What happened to a tenant's things, in one gapless sequence a tenant. Append-only.
CREATE TABLE event (
    tenant_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    -- What it happened to, such as 'loan:UUID'; deliveries about one resource keep their order.
    resource TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    -- JSON.
    data TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

-- The last sequence number given out. Its row lock makes the order of numbers the order of commits.
CREATE TABLE event_counter (
    tenant_id UUID NOT NULL,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
) /* hot */;

-- Where a tenant wants to be told.
CREATE TABLE webhook_endpoint (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    url TEXT NOT NULL,
    -- Space-separated kinds; '*' is all.
    events TEXT NOT NULL,
    -- Sealed when the server has a key ring; the first byte tells.
    secret BYTEA NOT NULL,
    -- The secret before the last rotation; signs beside the new one until previous_until.
    previous_secret BYTEA,
    previous_until BIGINT,
    enabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Every attempt to deliver, for people to look at. What is still to be delivered is a job.
CREATE TABLE webhook_delivery (
    tenant_id UUID NOT NULL,
    endpoint_id UUID NOT NULL,
    id UUID NOT NULL,
    event_seq BIGINT NOT NULL,
    event_id UUID NOT NULL,
    event_kind TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    -- NULL: no answer arrived.
    status_code BIGINT,
    duration_ms BIGINT NOT NULL,
    -- NULL: delivered.
    error TEXT,
    attempted_at BIGINT NOT NULL,
    -- NULL: delivered, or given up.
    next_attempt_at BIGINT,
    PRIMARY KEY (tenant_id, endpoint_id, id)
);
