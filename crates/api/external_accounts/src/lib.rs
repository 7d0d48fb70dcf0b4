//! The external-account surface: wire types and handlers, one file an endpoint group. No rule and no SQL lives here: a
//! handler reads the request, calls the service and writes the answer.
//!
//! [`ExternalAccountsFace`] tells the door of the process how paths may be written here and how its own refusals look.

mod caller;
mod customer;
mod docs;
mod envelope;
mod external_account;
mod face;
mod input;
mod json;
mod program;
mod transaction;
mod transfer;
mod wire;

pub use face::ExternalAccountsFace;

use axum::Router;
use axum::extract::FromRef;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn;
use axum::routing::{any, get};
use florin_external_accounts::ExternalAccounts;
use florin_http::{HttpState, Routes};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

use crate::envelope::{Refused, seal};

/// What the handlers reach.
#[derive(Clone)]
pub struct ExternalAccountsApi {
    http: HttpState,
    accounts: ExternalAccounts,
}

impl ExternalAccountsApi {
    /// The API over a service.
    pub fn new(http: HttpState, accounts: ExternalAccounts) -> Self {
        Self { http, accounts }
    }
}

impl FromRef<ExternalAccountsApi> for HttpState {
    fn from_ref(api: &ExternalAccountsApi) -> Self {
        api.http.clone()
    }
}

/// The routes under `/externalAccount/`, `/customer/`, `/program/`, `/transfer/` and `/transaction/`, and their OpenAPI
/// document. To be served behind [`florin_http::Edge::with_faces`] with an [`ExternalAccountsFace`].
pub fn router(state: ExternalAccountsApi) -> (Router, OpenApi) {
    let (documented, document) = all_routes().split();
    let mut router = documented
        .route("/customer/getByTag", get(customer::get_by_query))
        .route("/customer/getByTag/{customerId}/{tag}", get(customer::get_named_by_tag))
        .route("/externalAccount/getByTag/{customerId}", get(external_account::get_by_query))
        .route(
            "/externalAccount/list/{customerId}/{externalAccountId}",
            get(external_account::list_one),
        );
    for first in face::WITH_OTHERS {
        for rest in ["{operation}", "{operation}/{*rest}"] {
            router = router.route(&format!("/{first}/{rest}"), any(other));
        }
    }
    (router.layer(from_fn(seal)).with_state(state), document)
}

/// The OpenAPI document "Florin external accounts API".
pub fn openapi() -> OpenApi {
    all_routes().split().1
}

fn all_routes() -> Routes<ExternalAccountsApi> {
    Routes::new(docs::Document::openapi())
        .with(routes!(program::get))
        .with(routes!(customer::create))
        .with(routes!(customer::get))
        .with(routes!(customer::get_by_tag))
        .with(routes!(external_account::create))
        .with(routes!(external_account::initiate))
        .with(routes!(external_account::verify))
        .with(routes!(external_account::update))
        .with(routes!(external_account::archive))
        .with(deactivate())
        .with(routes!(external_account::get))
        .with(routes!(external_account::get_by_tag))
        .with(routes!(external_account::list))
        .with(routes!(transfer::create))
        .with(routes!(transfer::void))
        .with(routes!(transaction::get))
        .with(routes!(transaction::list))
}

#[allow(deprecated, reason = "the operation is marked as deprecated in the document, and served")]
fn deactivate() -> florin_http::PathRoutes<ExternalAccountsApi> {
    routes!(external_account::deactivate)
}

/// A call that the original knows and Florin does not; or one that Florin knows, with too much in its path.
async fn other(uri: Uri) -> Refused {
    if face::is_operation(uri.path()) {
        return Refused::not_found();
    }
    Refused::common(StatusCode::NOT_IMPLEMENTED, 50501, "Not Implemented")
}
