-- What falls due, what is late, monthly statements, and what was taken back.

-- The principal that the schedule leaves owed today (term loans).
ALTER TABLE loan ADD COLUMN planned BIGINT NOT NULL DEFAULT 0;
-- Principal repaid early that the schedule does not show yet: it is brought up to date when it is next needed.
ALTER TABLE loan ADD COLUMN early BIGINT NOT NULL DEFAULT 0;
-- 1 once an early repayment came off the last instalments: those that are left keep their totals.
ALTER TABLE loan ADD COLUMN keeps_totals BIGINT NOT NULL DEFAULT 0;
-- The due date of the oldest amount that is asked for and not yet paid; it may lie ahead (statements).
ALTER TABLE loan ADD COLUMN unpaid_since TEXT;
-- Statements closed so far, the balance of the last one, and when the next one is made.
ALTER TABLE loan ADD COLUMN statements BIGINT NOT NULL DEFAULT 0;
ALTER TABLE loan ADD COLUMN statement_closing BIGINT NOT NULL DEFAULT 0;
-- The day of the last statement; that of the first disbursement before there is one.
ALTER TABLE loan ADD COLUMN statement_on TEXT;
ALTER TABLE loan ADD COLUMN next_statement_on TEXT;

UPDATE loan SET planned = (
    SELECT i.principal + i.principal_after FROM loan_instalment i
    WHERE i.tenant_id = loan.tenant_id AND i.loan_id = loan.id AND i.due_on = loan.next_due_on
) WHERE next_due_on IS NOT NULL;

-- The statement period that a transaction belongs to, counted from 1; NULL for loans without statements.
ALTER TABLE loan_transaction ADD COLUMN period BIGINT;
-- When, and in which statement period, it failed or was reverted.
ALTER TABLE loan_transaction ADD COLUMN ended_on TEXT;
ALTER TABLE loan_transaction ADD COLUMN ended_period BIGINT;

-- Amounts that fell due (or will, for a statement) and were not paid by then. One paid in time leaves no row.
CREATE TABLE loan_due (
    tenant_id UUID   NOT NULL,
    loan_id   UUID   NOT NULL,
    due_on    TEXT   NOT NULL,
    -- minor units
    billed    BIGINT NOT NULL,
    unpaid    BIGINT NOT NULL,
    -- when nothing was left of it
    paid_on   TEXT,
    PRIMARY KEY (tenant_id, loan_id, due_on)
) /* hot */;

-- Monthly statements of revolving credit. The transactions are those of the loan with period = number.
CREATE TABLE loan_statement (
    tenant_id         UUID   NOT NULL,
    id                UUID   NOT NULL,
    loan_id           UUID   NOT NULL,
    number            BIGINT NOT NULL,
    currency          TEXT   NOT NULL,
    -- the day after the last statement (or of the first disbursement), and the day on which it was made
    period_from       TEXT   NOT NULL,
    period_to         TEXT   NOT NULL,
    -- minor units
    opening           BIGINT NOT NULL,
    closing_principal BIGINT NOT NULL,
    closing_interest  BIGINT NOT NULL,
    closing_fee       BIGINT NOT NULL,
    closing           BIGINT NOT NULL,
    minimum_repayment BIGINT NOT NULL,
    -- the part of the minimum that was not asked for before
    billed            BIGINT NOT NULL,
    due_on            TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX loan_statement_number ON loan_statement (tenant_id, loan_id, number);
