use axum::extract::FromRef;
use florin_ach_origination::Ach;
use florin_events::Webhooks;
use florin_http::HttpState;
use florin_ledger::Account;
use florin_lending::Lending;
use florin_mandates::Mandates;
use florin_tenancy::day::DayRunner;

/// What the platform's handlers reach. Clones are cheap.
#[derive(Clone)]
pub struct PlatformState {
    /// The database, the clock and who may call.
    pub http: HttpState,
    /// Webhook endpoints and their deliveries.
    pub webhooks: Webhooks,
    /// Accounts at the direct-debit provider.
    pub mandates: Mandates,
    /// Loans, for what borrowers have paid too much.
    pub lending: Lending,
    /// Reversals and prenotes.
    pub ach: Ach,
    /// Runs a tenant's business days, with the steps of every domain.
    pub days: DayRunner,
    /// The accounts of every domain, for their names.
    pub chart: &'static [Account],
}

impl FromRef<PlatformState> for HttpState {
    fn from_ref(state: &PlatformState) -> Self {
        state.http.clone()
    }
}
