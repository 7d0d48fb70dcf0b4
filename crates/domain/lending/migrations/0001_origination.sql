-- Products, end users and their applications.

-- A credit product. While is_draft is 1 it can change and be deleted; a published one stays as it is.
CREATE TABLE product (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    is_draft BIGINT NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- 1 when the partner chose the currency; else it is what the tenant's was when the product was configured
    is_currency_given BIGINT NOT NULL,
    -- minor units of the currency
    max_loan_amount BIGINT NOT NULL,
    default_loan_amount BIGINT NOT NULL,
    -- yearly, micro-percent
    max_interest_rate BIGINT NOT NULL,
    default_interest_rate BIGINT NOT NULL,
    installments BIGINT,
    default_grace_instalments BIGINT NOT NULL,
    principal_repayment_grace BIGINT NOT NULL,
    -- JSON: {"single": bool, "fees": [{"name", "type", "amount", "event"}]}, amounts as decimal text
    default_fees TEXT NOT NULL,
    -- days
    arrears_tolerance BIGINT NOT NULL,
    interest_calculation TEXT NOT NULL,
    early_repayment_recalculation TEXT NOT NULL,
    repayment_holiday_scheduling TEXT NOT NULL,
    calculate_interest_on_holidays BIGINT NOT NULL,
    repayment_date_type TEXT NOT NULL,
    repayment_date_period BIGINT NOT NULL,
    -- statement settings of revolving credit: micro-percent, minor units, days of the month
    minimum_repayment_percent BIGINT,
    minimum_repayment_amount BIGINT,
    statement_day BIGINT,
    repayment_due_day BIGINT,
    -- NULL where the partner leaves the choice to Florin
    day_count TEXT,
    calendar TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- A borrower. What would hurt if leaked is sealed with the row's id as associated data; NULL is "not known".
CREATE TABLE end_user (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    birth_date TEXT,
    address_line_1 TEXT NOT NULL,
    address_line_2 TEXT NOT NULL,
    address_line_3 TEXT NOT NULL,
    city TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    country TEXT NOT NULL,
    bank_account_number BYTEA,
    sort_code BYTEA,
    mobile_number TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- An end user's application for a product. loan_id is set when the loan is created; from then on the row stays.
CREATE TABLE application (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    status TEXT NOT NULL,
    product_id UUID NOT NULL,
    end_user_id UUID NOT NULL,
    currency TEXT NOT NULL,
    -- minor units of the currency
    amount BIGINT NOT NULL,
    installments BIGINT,
    -- yearly, micro-percent
    rate BIGINT NOT NULL,
    -- JSON object, as the partner sent it
    custom_fields TEXT NOT NULL,
    -- why it was declined; empty otherwise
    reason TEXT NOT NULL,
    loan_id UUID,
    -- when a decision was last made
    processed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX application_by_end_user ON application (tenant_id, end_user_id);
