//! The savings API: wire types and handlers under `/restapi/v1/`, one file an endpoint group. No rule and no SQL lives
//! here: a handler reads the request, calls the service and writes the answer.

mod caller;
mod contribution;
mod docs;
mod error;
mod face;
mod fund;
mod fund_input;
mod fund_page;
mod gate;
mod giving;
mod input;
mod page;
mod performance;
mod plan;
mod settings;
mod transaction;
mod user;
mod withdrawal;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
pub use face::SavingsFace;
use florin_http::{HttpState, Routes};
use florin_savings::Savings;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

/// What the handlers reach.
#[derive(Clone)]
pub struct SavingsApi {
    http: HttpState,
    savings: Savings,
    turnstile: giving::Turnstile,
    misses: giving::Turnstile,
}

impl SavingsApi {
    /// The API over a savings service.
    pub fn new(http: HttpState, savings: Savings) -> Self {
        let (turnstile, misses) = (giving::Turnstile::forms(), giving::Turnstile::misses());
        Self { http, savings, turnstile, misses }
    }
}

impl FromRef<SavingsApi> for HttpState {
    fn from_ref(api: &SavingsApi) -> Self {
        api.http.clone()
    }
}

impl FromRef<SavingsApi> for Savings {
    fn from_ref(api: &SavingsApi) -> Self {
        api.savings.clone()
    }
}

/// The routes under `/restapi/v1/` with their OpenAPI document, the page behind `establishment_url`, and funds' public
/// pages; to be put behind [`florin_http::Edge`], together with [`SavingsFace`].
pub fn router(state: SavingsApi) -> (Router, OpenApi) {
    let (router, document) = all_routes().split();
    let router = router
        .layer(from_fn_with_state(state.clone(), gate::gate))
        .merge(page::routes())
        .merge(giving::routes());
    (router.with_state(state), document)
}

/// The OpenAPI document "Florin savings API".
pub fn openapi() -> OpenApi {
    all_routes().split().1
}

fn all_routes() -> Routes<SavingsApi> {
    Routes::new(docs::Document::openapi())
        .with(routes!(user::search))
        .with(routes!(user::get))
        .with(routes!(user::register))
        .with(routes!(fund::create))
        .with(routes!(fund::link))
        .with(routes!(fund::get, fund::update))
        .with(routes!(withdrawal::initiate))
        .with(routes!(withdrawal::list))
        .with(routes!(transaction::list))
        .with(routes!(performance::get))
        .with(routes!(contribution::list, contribution::create))
        .with(routes!(contribution::get, contribution::update, contribution::cancel))
        .with(routes!(contribution::pay))
        .with(routes!(fund_page::get, fund_page::update))
        .with(routes!(fund_page::gifts))
        .with(routes!(fund_page::hide))
        .with(routes!(plan::list))
        .with(routes!(settings::get, settings::update))
}
