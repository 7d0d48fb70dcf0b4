-- Movements of money over a rail, one row each, whatever the rail.
CREATE TABLE payment (
    tenant_id UUID NOT NULL,
    id UUID NOT NULL,
    -- 'direct_debit', 'ach' or 'transfer', and what the rail moves money with: a mandate, an account.
    rail TEXT NOT NULL,
    instrument TEXT NOT NULL,
    -- 'collect' or 'pay'.
    direction TEXT NOT NULL,
    purpose TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- Whose payment it is: a kind known to the domain that answers for it, and its id there.
    owner_kind TEXT NOT NULL,
    owner_id UUID NOT NULL,
    -- The day on which the owner wants the money to move, and the day that the rail has found.
    wanted_on TEXT NOT NULL,
    charge_on TEXT,
    counterparty TEXT NOT NULL,
    note TEXT NOT NULL,
    same_day BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- 1 for the first attempt; a retry is the same payment again.
    attempt BIGINT NOT NULL,
    -- The provider's own id, whether a reversal of it is on its way, and the provider's reason when it failed.
    reference TEXT,
    is_reversing BIGINT NOT NULL,
    reason TEXT NOT NULL,
    -- The provider's time of the last thing that it told us.
    told_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) /* hot */;

CREATE INDEX payment_by_owner ON payment (tenant_id, owner_id);
CREATE INDEX payment_by_reference ON payment (tenant_id, reference);
CREATE INDEX payment_by_charge_day ON payment (tenant_id, charge_on);
CREATE INDEX payment_by_instrument ON payment (tenant_id, instrument);

-- Payouts that the built-in payments provider has been asked for and has not answered.
CREATE TABLE payment_transfer (
    tenant_id UUID NOT NULL,
    payment_id UUID NOT NULL,
    PRIMARY KEY (tenant_id, payment_id)
);
