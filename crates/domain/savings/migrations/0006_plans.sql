-- The list of plans that an operator has loaded, the same for all tenants: of the nil tenant.

-- Which list it is; whoever changes it or counts on a plan of it holds this row.
CREATE TABLE savings_plan_list (
    tenant_id UUID NOT NULL,
    -- its date and what it was taken from; NULL while the built-in list counts
    as_of TEXT,
    sources TEXT,
    loaded_at BIGINT,
    PRIMARY KEY (tenant_id)
);

-- Every plan that was ever on a list, so that no id is used again for another one.
CREATE TABLE savings_plan (
    tenant_id UUID NOT NULL,
    id BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- 'direct' or 'advisor'
    sold TEXT NOT NULL,
    -- cents
    limit_minor BIGINT NOT NULL,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    is_listed BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
