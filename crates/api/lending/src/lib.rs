//! The lending API: wire types and handlers under `/api/v1/`, one file an entity. No rule and no
//! SQL lives here: a handler reads the request, calls the service and writes the answer.

mod address;
mod application;
mod collections;
mod company;
mod decisioning;
mod docs;
mod end_user;
mod error;
mod explain;
mod fees;
mod loan;
mod mandate;
mod product;
mod quote;
mod reader;
mod revert;
mod schedule;
mod statement;
mod transaction;

use axum::Router;
use axum::extract::FromRef;
use florin_decisioning::Decisioning;
use florin_http::{HttpState, Routes};
use florin_lending::{self as lending, Lending};
use florin_mandates::{Mandates, mandate as mandates};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

/// What the handlers reach.
#[derive(Clone)]
pub struct LendingApi {
    http: HttpState,
    lending: Lending,
    mandates: Mandates,
}

impl LendingApi {
    /// The API over a lending service and the service of the mandates that loans are collected over.
    pub fn new(http: HttpState, lending: Lending, mandates: Mandates) -> Self {
        Self { http, lending, mandates }
    }
}

impl FromRef<LendingApi> for HttpState {
    fn from_ref(api: &LendingApi) -> Self {
        api.http.clone()
    }
}

impl FromRef<LendingApi> for Lending {
    fn from_ref(api: &LendingApi) -> Self {
        api.lending.clone()
    }
}

impl FromRef<LendingApi> for Decisioning {
    fn from_ref(api: &LendingApi) -> Self {
        api.lending.decisioning().clone()
    }
}

impl FromRef<LendingApi> for Mandates {
    fn from_ref(api: &LendingApi) -> Self {
        api.mandates.clone()
    }
}

/// The routes under `/api/v1/` and their OpenAPI document.
///
/// Paths are registered without a slash at the end; [`florin_http::Edge`] serves both forms.
pub fn router(state: LendingApi) -> (Router, OpenApi) {
    let (router, document) = all_routes().split();
    (router.with_state(state), document)
}

/// The OpenAPI document "Florin lending API".
pub fn openapi() -> OpenApi {
    all_routes().split().1
}

fn all_routes() -> Routes<LendingApi> {
    let routes = Routes::new(docs::Document::openapi())
        .with_alias("/api/v1/product/", "/api/v1/products/product/")
        .with_list(routes!(product::list, product::create), lending::product::FIELDS)
        .with(routes!(product::get, product::replace, product::update, product::delete))
        .with(routes!(product::publish))
        .with(routes!(quote::quote, quote::quote_post))
        .with_list(routes!(end_user::list, end_user::create), lending::end_user::FIELDS)
        .with(routes!(end_user::get, end_user::replace, end_user::update))
        .with_list(routes!(end_user::loans), lending::loan::FIELDS)
        .with_list(routes!(address::list, address::create), lending::address::FIELDS)
        .with(routes!(address::get, address::replace, address::update, address::delete))
        .with_list(routes!(company::list, company::create), lending::company::FIELDS)
        .with(routes!(company::get, company::replace, company::update, company::delete))
        .with_list(routes!(application::list, application::create), lending::application::FIELDS)
        .with(routes!(application::get, application::replace, application::update))
        .with(routes!(application::complete))
        .with(routes!(application::reopen))
        .with(routes!(application::withdraw))
        .with_list(routes!(loan::list, loan::create), lending::loan::FIELDS)
        .with(routes!(loan::get))
        .with(routes!(loan::schedule))
        .with(routes!(explain::payoff))
        .with(routes!(explain::explain))
        .with(routes!(loan::cancel))
        .with(routes!(loan::close))
        .with(routes!(loan::make_arrears))
        .with(routes!(loan::make_default))
        .with(routes!(loan::stop_interest_calculation))
        .with(routes!(loan::start_interest_calculation))
        .with_list(routes!(transaction::list, transaction::create), lending::transaction::FIELDS)
        .with(routes!(transaction::get))
        .with(routes!(transaction::apply))
        .with(routes!(transaction::retry))
        .with(routes!(revert::revert))
        .with(routes!(collections::get, collections::update))
        .with(routes!(collections::set_external_account))
        .with_list(routes!(mandate::list, mandate::start), mandates::FIELDS)
        .with(routes!(mandate::get))
        .with(routes!(mandate::manage_state))
        .with(routes!(mandate::get_flow))
        .with(routes!(mandate::set_of_loan))
        .with_list(routes!(statement::list), lending::statement::FIELDS)
        .with(routes!(statement::get));
    decisioning::routes(routes)
}
