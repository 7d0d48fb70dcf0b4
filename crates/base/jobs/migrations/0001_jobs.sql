-- Due work that survives a crash. A row is updated two or three times in its life.
CREATE TABLE job (
    tenant_id UUID NOT NULL,
    -- Version 7: it tells when the job was written.
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    -- The same work asked for twice is done once.
    idempotency_key TEXT NOT NULL,
    -- Jobs that share it run one after another, by sequence and then id. NULL: in any order.
    ordering_key TEXT,
    sequence BIGINT NOT NULL,
    -- JSON.
    payload TEXT NOT NULL,
    -- 0 ready, 1 running, 2 done, 3 dead.
    state BIGINT NOT NULL,
    -- Not before this: when it was asked for, or when its next attempt is.
    run_at BIGINT NOT NULL,
    -- When to look at it next: run_at or, behind another job, later; while running, the lease's end.
    due_at BIGINT NOT NULL,
    -- How often it was started; also the token that a lease is known by.
    attempts BIGINT NOT NULL,
    last_error TEXT,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE UNIQUE INDEX job_once ON job (tenant_id, kind, idempotency_key);

-- What is due, across tenants.
CREATE INDEX job_due ON job (due_at) WHERE state < 2;

-- Who stands in front of whom.
CREATE INDEX job_order ON job (tenant_id, ordering_key, sequence, id) WHERE state < 2;

-- What may be forgotten.
CREATE INDEX job_finished ON job (finished_at) WHERE state = 2;
