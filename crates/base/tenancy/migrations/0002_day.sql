-- Where each tenant stands in time. One row a tenant: the last business date that is done, and,
-- while a day is being run, which day, which step and the last item that the step has dealt with.
-- The row is advanced in the transaction that does the work, so a day is run exactly once.
CREATE TABLE tenant_day (
    tenant_id     UUID   NOT NULL,
    business_date TEXT   NOT NULL,
    running_on    TEXT,
    step          BIGINT NOT NULL,
    after_id      UUID,
    PRIMARY KEY (tenant_id)
) /* hot */;
