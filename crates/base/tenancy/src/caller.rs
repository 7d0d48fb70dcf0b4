use florin_ids::TenantId;
use florin_money::Currency;
use jiff::Timestamp;

/// On whose behalf, and when, a service method runs.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Every query is scoped by it.
    pub tenant: TenantId,
    /// The tenant's default currency, for what is created without one.
    pub currency: Currency,
    /// The real time, from the server's clock. The business date of a tenant is a row of its own.
    pub now: Timestamp,
}
