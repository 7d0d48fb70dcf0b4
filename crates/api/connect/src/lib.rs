//! The Connect surface: wire types and handlers under `/connect/`. No rule and no SQL lives here: a handler reads the
//! request, calls the service and writes the answer.
//!
//! [`browser`] holds what an end user's browser asks with a session; [`partner`] what the partner's back end asks with its
//! key; [`page`] the hosted page and the simulated bank's.

mod browser;
mod caller;
mod cors;
mod docs;
mod error;
mod face;
mod guid;
mod input;
mod page;
mod partner;
mod time;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::routing::options;
pub use face::ConnectFace;
use florin_connect::Connect;
use florin_http::{HttpState, Routes};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

use browser::{account, consent, institution, job, member, microdeposit, oauth, profile, support};
pub use page::hosted_page;
use partner::{data, list, session, share, user};

/// What the handlers reach.
#[derive(Clone)]
pub struct ConnectApi {
    http: HttpState,
    connect: Connect,
}

impl ConnectApi {
    /// The API over a service of linked accounts.
    pub fn new(http: HttpState, connect: Connect) -> Self {
        Self { http, connect }
    }
}

impl FromRef<ConnectApi> for HttpState {
    fn from_ref(api: &ConnectApi) -> Self {
        api.http.clone()
    }
}

impl FromRef<ConnectApi> for Connect {
    fn from_ref(api: &ConnectApi) -> Self {
        api.connect.clone()
    }
}

/// The routes under `/connect/` with their OpenAPI document, the hosted page and the simulated bank's; to be put behind
/// [`florin_http::Edge`], together with [`ConnectFace`].
pub fn router(state: ConnectApi) -> (Router, OpenApi) {
    let (mut browsers, document) = browser_routes(Routes::new(docs::Document::openapi())).split();
    // What no handler takes is refused beyond the layer, so that preflights need one.
    for path in document.paths.paths.keys() {
        browsers = browsers.route(path, options(cors::nothing));
    }
    let (partners, document) = partner_routes(Routes::new(document)).split();
    let router = browsers.layer(from_fn(cors::allow)).merge(partners).merge(page::routes());
    (router.with_state(state), document)
}

/// The OpenAPI document "Florin Connect API".
pub fn openapi() -> OpenApi {
    partner_routes(browser_routes(Routes::new(docs::Document::openapi()))).split().1
}

fn browser_routes(routes: Routes<ConnectApi>) -> Routes<ConnectApi> {
    routes
        .with(routes!(browser::session::get, browser::session::end))
        .with(routes!(member::list, member::add))
        .with(routes!(member::get, member::update, member::delete))
        .with(routes!(member::answer))
        .with(routes!(member::credentials))
        .with(routes!(member::accounts))
        .with(routes!(job::run))
        .with(routes!(job::get))
        .with(routes!(oauth::start))
        .with(routes!(oauth::window))
        .with(routes!(oauth::list))
        .with(routes!(oauth::get))
        .with(routes!(institution::search))
        .with(routes!(institution::popular))
        .with(routes!(institution::discovered))
        .with(routes!(institution::by_code))
        .with(routes!(institution::get))
        .with(routes!(institution::credentials))
        .with(routes!(account::create))
        .with(routes!(account::get, account::update))
        .with(routes!(microdeposit::create))
        .with(routes!(microdeposit::get, microdeposit::update))
        .with(routes!(microdeposit::refresh))
        .with(routes!(microdeposit::verify))
        .with(routes!(microdeposit::routing_number))
        .with(routes!(support::create))
        .with(routes!(profile::update))
        .with(routes!(consent::list, consent::give))
        .with(routes!(consent::revoke))
}

fn partner_routes(routes: Routes<ConnectApi>) -> Routes<ConnectApi> {
    routes
        .with(routes!(session::create))
        .with_list(routes!(user::list), florin_connect::user::FIELDS)
        .with(routes!(user::get, user::delete))
        .with(routes!(user::members))
        .with(routes!(user::delete_member))
        .with(routes!(user::refresh_member))
        .with(routes!(user::consents))
        .with(routes!(user::revoke_consent))
        .with(routes!(user::microdeposits))
        .with(routes!(data::accounts))
        .with(routes!(data::account))
        .with(routes!(data::transactions))
        .with(routes!(data::statements))
        .with(routes!(share::share))
        .with_list(routes!(list::tickets), florin_connect::support::FIELDS)
        .with(routes!(list::load))
        .with(routes!(list::blocked))
        .with(routes!(list::block, list::unblock))
}
