-- ACH origination: companies at their banks, the entries they want moved, the files that carry them, what comes back.

CREATE TABLE ach_origin (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    -- What stands in every file and batch; see the record layouts of the NACHA Operating Rules, Appendix Three.
    odfi TEXT NOT NULL,
    destination TEXT NOT NULL,
    destination_name TEXT NOT NULL,
    immediate_origin TEXT NOT NULL,
    origin_name TEXT NOT NULL,
    company_name TEXT NOT NULL,
    company_id TEXT NOT NULL,
    discretionary TEXT NOT NULL,
    -- Minutes by which the bank's cut-offs lie before the operator's.
    lead_minutes BIGINT NOT NULL,
    same_day BIGINT NOT NULL,
    -- How often an entry that came back for want of money is sent again (0 to 2), and after how many banking days.
    retries BIGINT NOT NULL,
    retry_days BIGINT NOT NULL,
    -- 'simulated' (the sandbox's bank answers) or 'real'.
    bank TEXT NOT NULL,
    -- Where files go; sealed JSON, NULL for nowhere.
    delivery BYTEA,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

-- What originators at one bank count together, whoever they are: trace numbers at the originating bank, files of a sender
-- to a destination. No tenant's: at a real bank the names of counters name none. Whoever counts holds the row.
CREATE TABLE ach_counter (
    name TEXT NOT NULL,
    -- Of trace numbers the last sequence, 1 to 9,999,999; of files 0: those are counted as they are kept.
    last BIGINT NOT NULL,
    PRIMARY KEY (name)
) /* hot */;

CREATE TABLE ach_entry (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    origin_id UUID NOT NULL,
    -- The payment whose money it moves; NULL for prenotes and reversals.
    payment_id UUID,
    -- The account, as the keeper of accounts knows it.
    reference TEXT NOT NULL,
    -- 'live', 'prenote' or 'reversal'
    kind TEXT NOT NULL,
    direction TEXT NOT NULL,
    amount BIGINT NOT NULL,
    sec TEXT NOT NULL,
    description TEXT NOT NULL,
    wanted_on TEXT NOT NULL,
    same_day BIGINT NOT NULL,
    routing TEXT NOT NULL,
    account BYTEA NOT NULL,
    account_ending TEXT NOT NULL,
    account_type TEXT NOT NULL,
    name BYTEA NOT NULL,
    -- 'waiting', 'in_file', 'settled', 'cleared', 'returned', 'cancelled'
    state TEXT NOT NULL,
    file_id UUID,
    trace TEXT,
    settles_on TEXT,
    -- The day after which no ordinary return comes.
    final_on TEXT,
    return_code TEXT NOT NULL,
    -- How often the same payment attempt was sent before.
    retry BIGINT NOT NULL,
    can_retry BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;
CREATE INDEX ach_entry_by_payment ON ach_entry (tenant_id, payment_id);
-- Numbers first: what comes back to a bank that several tenants share finds its owner by its number.
CREATE INDEX ach_entry_by_trace ON ach_entry (trace, tenant_id);

-- What entries wait for: their file, their settlement, the end of the time for returns. One row an entry.
CREATE TABLE ach_due (
    tenant_id UUID NOT NULL,
    -- 'file', 'settlement', 'final'
    what TEXT NOT NULL,
    due_on TEXT NOT NULL,
    entry_id UUID NOT NULL,
    origin_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, what, due_on, entry_id)
);

CREATE TABLE ach_file (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    origin_id UUID NOT NULL,
    -- 'out' or 'in'
    direction TEXT NOT NULL,
    -- Of outgoing files: the banking day and the window; of incoming ones the day of receipt and ''.
    day TEXT NOT NULL,
    slot TEXT NOT NULL,
    -- The calendar day that stands in the file: its modifier tells the files of that day apart.
    made_on TEXT NOT NULL,
    -- The key that makes a window's file, or an incoming file's content, exist once.
    once TEXT NOT NULL,
    name TEXT NOT NULL,
    modifier TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    content BYTEA NOT NULL,
    entries BIGINT NOT NULL,
    debits BIGINT NOT NULL,
    credits BIGINT NOT NULL,
    -- Of incoming files: what belongs to no entry of ours.
    unmatched BIGINT NOT NULL,
    -- 'built', 'handing', 'sent', 'received'
    state TEXT NOT NULL,
    -- Of outgoing files: the counters of its modifier and its trace numbers, and the first of these.
    sender TEXT,
    numbering TEXT,
    first_trace BIGINT,
    -- What the latest attempt to hand it over calls it in the mailbox until it gets its name.
    draft TEXT,
    -- The window that it has reached; NULL until it is sent.
    reached TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ach_file_once ON ach_file (tenant_id, once);
-- No two files of a sender to a destination are called alike on a day, and no two entries at a bank numbered alike.
CREATE UNIQUE INDEX ach_file_modifiers ON ach_file (sender, made_on, modifier);
CREATE UNIQUE INDEX ach_file_traces ON ach_file (numbering, made_on, first_trace);
-- What is not handed over yet.
CREATE INDEX ach_file_unsent ON ach_file (tenant_id, day) WHERE state IN ('built', 'handing');

-- What the simulated bank will answer, and when.
CREATE TABLE ach_answer (
    tenant_id UUID NOT NULL,
    due_on TEXT NOT NULL,
    id UUID NOT NULL,
    origin_id UUID NOT NULL,
    name TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, due_on, id)
);
