//! What the outside world sees of payments: the page on which an end user gives a direct-debit mandate
//! (`/mandates/{token}`), and where the provider tells its news (`/hooks/gocardless`).

mod hook;
mod page;

use std::sync::Arc;

use axum::Router;
use florin_crypto::KeyRing;
use florin_http::HttpState;
use florin_mandates::{Collector, Mandates};

/// What the handlers reach. Clones are cheap.
#[derive(Clone)]
pub struct PaymentsApi {
    http: HttpState,
    mandates: Mandates,
    collector: Collector,
    keys: Arc<KeyRing>,
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
        Self { http, mandates, collector, keys }
    }
}

/// The routes, to be put behind [`florin_http::Edge`]. What is unknown under `/mandates` is answered with a page.
pub fn router(state: PaymentsApi) -> Router {
    Router::new().merge(page::routes()).merge(hook::routes()).with_state(state)
}
