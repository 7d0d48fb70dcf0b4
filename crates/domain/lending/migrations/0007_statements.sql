-- What statements are read from, and loans that are behind are found by.

-- A repayment that failed after a statement had shown it, as it was before it was tried again: statements that were
-- issued go on showing it, and the one in which it failed goes on giving it back.
CREATE TABLE loan_transaction_attempt (
    tenant_id      UUID   NOT NULL,
    loan_id        UUID   NOT NULL,
    transaction_id UUID   NOT NULL,
    -- the statement periods in which it was made and failed
    period         BIGINT NOT NULL,
    ended_period   BIGINT NOT NULL,
    effective_on   TEXT   NOT NULL,
    ended_on       TEXT   NOT NULL,
    -- minor units
    principal      BIGINT NOT NULL,
    interest       BIGINT NOT NULL,
    fee            BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, loan_id, transaction_id, ended_period)
);

-- What was paid towards a statement. Loans without statements, and the interest of every night, are not in it.
CREATE INDEX loan_transaction_period ON loan_transaction (tenant_id, loan_id, period)
    WHERE period IS NOT NULL AND type <> 'interest';

-- Loans by the oldest due date that is unpaid. It changes only on loans that are behind and, monthly, on cards.
CREATE INDEX loan_unpaid_since ON loan (tenant_id, unpaid_since, id);
