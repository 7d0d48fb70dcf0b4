-- Public pages, gifts, and accounts of their own that contributions are pulled from.

-- What the owner of a fund has decided about its public page; without a row, what is usual.
CREATE TABLE savings_page (
    tenant_id UUID NOT NULL,
    fund_id UUID NOT NULL,
    is_public BIGINT NOT NULL,
    shows_balance BIGINT NOT NULL,
    -- cents
    goal_minor BIGINT,
    PRIMARY KEY (tenant_id, fund_id)
);

-- What somebody gives to a fund. What becomes of its money stands in the fund's transaction.
CREATE TABLE savings_gift (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    fund_id UUID NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    message TEXT,
    -- cents
    amount_minor BIGINT NOT NULL,
    -- the giver agrees to be named on the page; the partner has taken the gift off it
    is_shown BIGINT NOT NULL,
    is_hidden BIGINT NOT NULL,
    -- the giver's account among the external accounts; NULL while it is still to be linked
    account_id BIGINT,
    -- a fingerprint of the numbers that were typed in; NULL of an account that is linked
    account_index BYTEA,
    -- what the giver has authorised, in the words that were shown
    authorisation TEXT NOT NULL,
    asked_on TEXT NOT NULL,
    -- NULL until the giver has proven the account
    transaction_id UUID,
    inserted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX savings_gift_by_fund ON savings_gift (tenant_id, fund_id, id);
CREATE INDEX savings_gift_by_account ON savings_gift (tenant_id, account_index, asked_on);

-- Whose accounts those of a customer of the bank program are.
CREATE TABLE savings_payer (
    tenant_id UUID NOT NULL,
    customer_id BIGINT NOT NULL,
    -- a user; a linked fund, which has none; or the one gift that its giver has authorised
    holder_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, customer_id)
);

-- The external account that a contribution is pulled from; NULL: the partner's.
ALTER TABLE savings_contribution ADD COLUMN account_id BIGINT;
