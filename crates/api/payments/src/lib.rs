//! What the outside world sees of payments: the page on which an end user gives a direct-debit mandate
//! (`/mandates/{token}`), and where the provider tells its news (`/hooks/gocardless`).

mod hook;
mod page;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use florin_crypto::KeyRing;
use florin_http::HttpState;
use florin_mandates::{Collector, Mandates};

/// How long a page waits for the provider: well within the time of a request, and before the job that goes on.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the handlers reach. Clones are cheap.
#[derive(Clone)]
pub struct PaymentsApi {
    http: HttpState,
    mandates: Mandates,
    collector: Collector,
    keys: Arc<KeyRing>,
    patience: Duration,
}

impl PaymentsApi {
    /// The pages over the mandates' service and the hooks over the collector that takes the provider's news in; `keys`
    /// seals what a page's hidden fields carry.
    pub fn new(
        http: HttpState,
        mandates: Mandates,
        collector: Collector,
        keys: Arc<KeyRing>,
    ) -> Self {
        Self { http, mandates, collector, keys, patience: PATIENCE }
    }

    /// The same with pages that wait so long for the provider, 8 seconds unless said: then they show that it goes on.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

/// The routes, to be put behind [`florin_http::Edge`]. What is unknown under `/mandates` is answered with a page.
pub fn router(state: PaymentsApi) -> Router {
    Router::new().merge(page::routes()).merge(hook::routes()).with_state(state)
}
