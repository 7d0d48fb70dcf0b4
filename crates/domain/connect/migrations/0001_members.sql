-- End users of partners.
CREATE TABLE connect_user (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- The partner's own id.
    partner_id TEXT NOT NULL,
    email TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX connect_user_by_partner ON connect_user (tenant_id, partner_id);

-- Visits of end users.
CREATE TABLE connect_session (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- SHA-256 of the token.
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    mode TEXT NOT NULL,
    -- Words, separated by commas.
    products TEXT NOT NULL,
    -- What the end user is asked to agree to; words, separated by commas.
    purposes TEXT NOT NULL,
    origin TEXT,
    return_url TEXT,
    language TEXT NOT NULL,
    current_microdeposit UUID,
    current_member UUID,
    institution_code TEXT,
    enable_manual_accounts BIGINT NOT NULL,
    enable_microdeposits BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX connect_session_by_token ON connect_session (token_hash);
CREATE INDEX connect_session_by_id ON connect_session (id);
CREATE INDEX connect_session_by_user ON connect_session (tenant_id, user_id);
CREATE INDEX connect_session_by_end ON connect_session (expires_at);

-- A partner's own institutions, and what it changes of the built-in ones.
CREATE TABLE connect_institution (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    -- JSON of the row in the partner's file.
    body TEXT NOT NULL,
    -- No longer in the file; members of old remain.
    is_discontinued BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX connect_institution_by_code ON connect_institution (tenant_id, code);

-- A number that grows with each load, so that nodes notice that what they remember is old.
CREATE TABLE connect_institution_list (
    tenant_id UUID NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- End users' links to institutions.
CREATE TABLE connect_member (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    institution_id UUID NOT NULL,
    institution_code TEXT NOT NULL,
    -- Who reads it.
    aggregator TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Codes of connection_status.
    status BIGINT NOT NULL,
    is_being_aggregated BIGINT NOT NULL,
    is_oauth BIGINT NOT NULL,
    is_manual BIGINT NOT NULL,
    is_managed_by_user BIGINT NOT NULL,
    verification_is_enabled BIGINT NOT NULL,
    background_is_disabled BIGINT NOT NULL,
    -- JSON.
    use_cases TEXT NOT NULL,
    metadata TEXT,
    job_id UUID,
    -- What the bank asks; JSON.
    challenge TEXT,
    error_code BIGINT,
    -- Credentials, what a consent page left, what the running job has to remember: sealed.
    credentials BYTEA,
    consent BYTEA,
    job_state BYTEA,
    answers BYTEA,
    denials BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    aggregated_at BIGINT,
    succeeded_at BIGINT,
    -- Real time of the next refresh in the background.
    refresh_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE UNIQUE INDEX connect_member_by_institution ON connect_member (tenant_id, user_id, institution_id);

-- Runs of work on members.
CREATE TABLE connect_job (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    user_id UUID NOT NULL,
    job_type BIGINT NOT NULL,
    status BIGINT NOT NULL,
    progress BIGINT NOT NULL,
    stage TEXT NOT NULL,
    data_ready BIGINT NOT NULL,
    is_background BIGINT NOT NULL,
    is_for_verification BIGINT NOT NULL,
    -- What of what the bank tells is kept; words, separated by commas.
    products TEXT NOT NULL,
    -- Steps taken: the number of the next one.
    step BIGINT NOT NULL,
    -- Real times: of the end user's answer at the latest, and of the bank's being done.
    answer_by BIGINT,
    give_up_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX connect_job_by_member ON connect_job (tenant_id, member_id);

-- Ways through consent pages.
CREATE TABLE connect_oauth_state (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    outbound_member_id UUID NOT NULL,
    inbound_member_id UUID,
    auth_status BIGINT NOT NULL,
    error_reason BIGINT,
    url TEXT NOT NULL,
    -- The page that embeds Connect.
    origin TEXT,
    -- What the aggregator needs when the end user comes back: sealed.
    consent BYTEA,
    first_retrieved_at BIGINT,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX connect_oauth_state_by_user ON connect_oauth_state (tenant_id, user_id, id);
CREATE INDEX connect_oauth_state_by_member ON connect_oauth_state (tenant_id, outbound_member_id);

-- Accounts behind members.
CREATE TABLE connect_account (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    member_id UUID NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    account_type BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- Account number, routing number, IBAN; and the owners: sealed.
    numbers BYTEA,
    owners BYTEA,
    balance BIGINT NOT NULL,
    available BIGINT,
    credit_limit BIGINT,
    is_verified BIGINT NOT NULL,
    is_manual BIGINT NOT NULL,
    is_closed BIGINT NOT NULL,
    balance_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX connect_account_by_user ON connect_account (tenant_id, user_id, id);
CREATE UNIQUE INDEX connect_account_by_member ON connect_account (tenant_id, member_id, external_id);

-- What came and went on them. The id is derived from the account and the aggregator's name of it.
CREATE TABLE connect_transaction (
    tenant_id UUID NOT NULL,
    account_id UUID NOT NULL,
    posted_on TEXT NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT,
    description TEXT NOT NULL,
    merchant TEXT,
    category TEXT NOT NULL,
    is_pending BIGINT NOT NULL,
    -- Where it stands among those of its day, as the bank tells them.
    place BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, id)
);

CREATE INDEX connect_transaction_by_day ON connect_transaction (tenant_id, account_id, posted_on, place);

CREATE TABLE connect_statement (
    tenant_id UUID NOT NULL,
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    external_id TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    opening BIGINT NOT NULL,
    closing BIGINT NOT NULL,
    -- Sealed.
    content BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, account_id, id)
);
