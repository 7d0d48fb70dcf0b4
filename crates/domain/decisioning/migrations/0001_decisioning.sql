-- What the decision engine works with, and what it decided.

-- A named input. Its name and kind stay as they are once is_used is 1: a rule names it, or it has a value.
CREATE TABLE input_source (
    tenant_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    name        TEXT   NOT NULL,
    -- boolean, number, string or date
    kind        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    -- partner (data points), provider (asked when an application is completed) or built_in (Florin knows it)
    origin      TEXT   NOT NULL,
    provider    TEXT,
    is_used     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX input_source_name ON input_source (tenant_id, name);

-- A value of an input source for an application; the one with the highest id counts.
CREATE TABLE data_point (
    tenant_id       UUID   NOT NULL,
    id              UUID   NOT NULL,
    application_id  UUID   NOT NULL,
    input_source_id UUID   NOT NULL,
    -- JSON: {"type", "value"}; numbers and dates as text
    value           TEXT   NOT NULL,
    -- who was asked; NULL when the partner sent it
    provider        TEXT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX data_point_application ON data_point (tenant_id, application_id, id);

-- Rules with weights. It stays as it is once activated_at is set, by itself or with an engine.
CREATE TABLE scorecard (
    tenant_id          UUID   NOT NULL,
    id                 UUID   NOT NULL,
    name               TEXT   NOT NULL,
    -- decimal as text
    threshold          TEXT   NOT NULL,
    stop_on_first_fail BIGINT NOT NULL,
    -- JSON: [{"name", "statement", "weight", "threshold", "reason"}], decimals as text
    rules              TEXT   NOT NULL,
    activated_at       BIGINT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Scorecards that must all pass. Version and scorecards stay as they are once activated_at is set.
CREATE TABLE risk_engine (
    tenant_id    UUID   NOT NULL,
    id           UUID   NOT NULL,
    version      TEXT   NOT NULL,
    is_active    BIGINT NOT NULL,
    -- when it was activated for the first time
    activated_at BIGINT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX risk_engine_version ON risk_engine (tenant_id, version);

CREATE TABLE risk_engine_scorecard (
    tenant_id      UUID   NOT NULL,
    risk_engine_id UUID   NOT NULL,
    position       BIGINT NOT NULL,
    scorecard_id   UUID   NOT NULL,
    PRIMARY KEY (tenant_id, risk_engine_id, position)
);

-- What chooses the engine of a product's applications.
CREATE TABLE risk_engine_selector (
    tenant_id  UUID   NOT NULL,
    id         UUID   NOT NULL,
    product_id UUID   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX risk_engine_selector_product ON risk_engine_selector (tenant_id, product_id);

CREATE TABLE risk_engine_choice (
    tenant_id      UUID   NOT NULL,
    selector_id    UUID   NOT NULL,
    position       BIGINT NOT NULL,
    risk_engine_id UUID   NOT NULL,
    -- decimal as text; 0 is a shadow: worked out and recorded, never deciding
    weight         TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, selector_id, position)
);

-- A completed application that waits for values that a provider has to be asked for.
CREATE TABLE decision_pending (
    tenant_id      UUID   NOT NULL,
    application_id UUID   NOT NULL,
    -- tells this completion from an earlier one
    completion_id  UUID   NOT NULL,
    risk_engine_id UUID   NOT NULL,
    -- JSON: ids of the engines that are worked out without deciding
    shadows        TEXT   NOT NULL,
    -- JSON: name -> {"type", "value"}, as they were when the application was completed
    inputs         TEXT   NOT NULL,
    -- JSON: [{"source", "name", "kind", "provider"}]
    awaited        TEXT   NOT NULL,
    completed_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, application_id)
);

-- A decision, with everything that is needed to make it again. Never changed.
CREATE TABLE decision (
    tenant_id      UUID   NOT NULL,
    id             UUID   NOT NULL,
    application_id UUID   NOT NULL,
    product_id     UUID   NOT NULL,
    end_user_id    UUID   NOT NULL,
    risk_engine_id UUID   NOT NULL,
    version        TEXT   NOT NULL,
    -- approved or declined
    decision       TEXT   NOT NULL,
    -- JSON: name -> {"type", "value"}
    inputs         TEXT   NOT NULL,
    -- JSON: whether approved, limits, assessment, reasons, shadows
    result         TEXT   NOT NULL,
    decided_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX decision_application ON decision (tenant_id, application_id, id);
CREATE INDEX decision_created ON decision (tenant_id, decided_at, id);
