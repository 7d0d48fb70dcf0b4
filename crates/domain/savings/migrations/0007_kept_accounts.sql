-- Accounts that givers keep for their next gift.

-- The browser that has proven the gift's account and may keep it: the SHA-256 of its cookie; NULL where there is none.
ALTER TABLE savings_gift ADD COLUMN keeper BYTEA;

-- An account that was kept in a browser.
CREATE TABLE savings_kept_account (
    tenant_id UUID NOT NULL,
    -- the SHA-256 of the token that the browser holds; the token itself is nowhere else
    token_hash BYTEA NOT NULL,
    -- the gift that has proven the account
    gift_id UUID NOT NULL,
    -- among the external accounts
    account_id BIGINT NOT NULL,
    -- the giver, as of the last gift
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    -- the last business date on which it can be used
    expires_on TEXT NOT NULL,
    PRIMARY KEY (tenant_id, token_hash)
);

CREATE INDEX savings_kept_account_by_account ON savings_kept_account (tenant_id, account_id);
