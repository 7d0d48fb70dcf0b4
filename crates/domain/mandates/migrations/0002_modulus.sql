-- The weight table of the modulus check that an operator has loaded, the same for all tenants: of the nil tenant.

-- Which table it is: no row while none is loaded.
CREATE TABLE modulus_table (
    tenant_id UUID NOT NULL,
    -- The date of its publication.
    as_of TEXT NOT NULL,
    loaded_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- Its lines, each for the sort codes from the first to the last.
CREATE TABLE modulus_line (
    tenant_id UUID NOT NULL,
    first_code BIGINT NOT NULL,
    -- The order of lines: those of one sort code are checked in it.
    line BIGINT NOT NULL,
    last_code BIGINT NOT NULL,
    -- As it is published.
    text TEXT NOT NULL,
    PRIMARY KEY (tenant_id, first_code, line)
);

-- Sort codes that are checked as if they were others.
CREATE TABLE modulus_substitute (
    tenant_id UUID NOT NULL,
    code BIGINT NOT NULL,
    substitute BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, code)
);
