-- Companies, the people assigned to them, and the addresses of end users.

-- Of end users that are companies; empty where nothing is known.
ALTER TABLE end_user ADD COLUMN company_name TEXT NOT NULL DEFAULT '';
ALTER TABLE end_user ADD COLUMN registration_number TEXT NOT NULL DEFAULT '';

-- Who has to do with a company, and as what. Both ids are those of end users.
CREATE TABLE company_person (
    tenant_id          UUID   NOT NULL,
    company_id         UUID   NOT NULL,
    id                 UUID   NOT NULL,
    end_user_id        UUID   NOT NULL,
    role               TEXT   NOT NULL,
    -- micro-percent; only of owners and partners
    ownership_percent  BIGINT,
    -- 1 for at most one row of a company
    is_primary_contact BIGINT NOT NULL,
    -- the first day of the role and the day on which it is over; NULL is "not known" and "not over"
    from_date          TEXT,
    until_date         TEXT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, company_id, id)
);

CREATE INDEX company_person_by_end_user ON company_person (tenant_id, end_user_id);

-- Where an end user lives or resides (moved_out is NULL, in at most one row of an end user) and did before. The
-- columns of the same names in end_user repeat the current one.
CREATE TABLE end_user_address (
    tenant_id      UUID   NOT NULL,
    end_user_id    UUID   NOT NULL,
    id             UUID   NOT NULL,
    address_line_1 TEXT   NOT NULL,
    address_line_2 TEXT   NOT NULL,
    address_line_3 TEXT   NOT NULL,
    city           TEXT   NOT NULL,
    postal_code    TEXT   NOT NULL,
    country        TEXT   NOT NULL,
    -- NULL where it is not known
    moved_in       TEXT,
    moved_out      TEXT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, end_user_id, id)
);

-- The history of the end users that are there begins with the address that they have; its id is theirs, which no
-- other address of theirs can have.
INSERT INTO end_user_address (tenant_id, end_user_id, id, address_line_1, address_line_2, address_line_3, city,
    postal_code, country, moved_in, moved_out, created_at, updated_at)
SELECT tenant_id, id, id, address_line_1, address_line_2, address_line_3, city, postal_code, country, NULL, NULL,
    updated_at, updated_at
FROM end_user
WHERE address_line_1 <> '' OR address_line_2 <> '' OR address_line_3 <> '' OR city <> '' OR postal_code <> ''
    OR country <> '';
