-- Reversals know what they reverse, prenotes are found by their account; files of the bank that cannot be read are told of once.

-- Of a reversal: the entry whose money it takes back. Its payment is that entry's.
ALTER TABLE ach_entry ADD COLUMN reverses UUID;
CREATE INDEX ach_entry_by_reversed ON ach_entry (tenant_id, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX ach_entry_by_file ON ach_entry (tenant_id, file_id);
CREATE INDEX ach_entry_by_prenoted ON ach_entry (tenant_id, reference) WHERE kind = 'prenote';

-- What was found in a mailbox and cannot be read. A file that is still being written looks so once.
CREATE TABLE ach_unreadable (
    tenant_id UUID NOT NULL,
    sha256 BYTEA NOT NULL,
    name TEXT NOT NULL,
    sightings BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, sha256)
);

-- Requests under a key of the caller's: what was asked for, and what was made for it, as JSON.
CREATE TABLE ach_request (
    tenant_id UUID NOT NULL,
    unique_key TEXT NOT NULL,
    asked TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, unique_key)
);
