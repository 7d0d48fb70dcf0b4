-- Indexes for lists. Each begins with the tenant and ends with the id, so that a filtered list comes in its order
-- without sorting. A loan's day changes none of their columns.
CREATE INDEX end_user_kind ON end_user (tenant_id, kind, id);
CREATE INDEX end_user_last_name ON end_user (tenant_id, last_name, id);
CREATE INDEX end_user_email ON end_user (tenant_id, email, id);
CREATE INDEX end_user_mobile_number ON end_user (tenant_id, mobile_number, id);
CREATE INDEX end_user_postal_code ON end_user (tenant_id, postal_code, id);
CREATE INDEX end_user_created ON end_user (tenant_id, created_at, id);

CREATE INDEX application_status ON application (tenant_id, status, id);
CREATE INDEX application_product ON application (tenant_id, product_id, id);
CREATE INDEX application_loan ON application (tenant_id, loan_id, id);
CREATE INDEX application_amount ON application (tenant_id, amount, id);
CREATE INDEX application_created ON application (tenant_id, created_at, id);

CREATE INDEX loan_status ON loan (tenant_id, status, id);
CREATE INDEX loan_product ON loan (tenant_id, product_id, id);
CREATE INDEX loan_amount ON loan (tenant_id, amount, id);
CREATE INDEX loan_created ON loan (tenant_id, created_at, id);

-- Every day writes a row of interest for every loan, nearly always applied: those rows are in none of these.
CREATE INDEX loan_transaction_status ON loan_transaction (tenant_id, status, id) WHERE status <> 'applied';
CREATE INDEX loan_transaction_type ON loan_transaction (tenant_id, type, id) WHERE type <> 'interest';
CREATE INDEX loan_transaction_date ON loan_transaction (tenant_id, effective_on, id) WHERE type <> 'interest';
