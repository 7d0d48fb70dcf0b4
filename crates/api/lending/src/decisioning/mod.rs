//! The decision engine: input sources, data points, scorecards, risk engines, selectors and decisions; one file a
//! group.

pub(crate) mod backtest;
pub(crate) mod data_point;
pub(crate) mod decision;
mod fields;
pub(crate) mod input_source;
pub(crate) mod risk_engine;
pub(crate) mod scorecard;
pub(crate) mod selector;

use florin_decisioning as decisioning;
use florin_http::Routes;
use utoipa_axum::routes;

use crate::LendingApi;

/// Adds the decision engine's routes.
pub(crate) fn routes(routes: Routes<LendingApi>) -> Routes<LendingApi> {
    routes
        .with_list(
            routes!(input_source::list, input_source::create),
            decisioning::input_source::FIELDS,
        )
        .with(routes!(input_source::get, input_source::replace, input_source::update))
        .with_list(routes!(data_point::list, data_point::create), decisioning::data_point::FIELDS)
        .with(routes!(data_point::get, data_point::replace, data_point::update))
        .with_list(routes!(scorecard::list, scorecard::create), decisioning::scorecard::FIELDS)
        .with(routes!(scorecard::get, scorecard::replace, scorecard::update))
        .with(routes!(scorecard::activate))
        .with_list(
            routes!(risk_engine::list, risk_engine::create),
            decisioning::risk_engine::FIELDS,
        )
        .with(routes!(risk_engine::get, risk_engine::replace, risk_engine::update))
        .with(routes!(risk_engine::activate))
        .with(routes!(backtest::backtest))
        .with_list(routes!(selector::list, selector::create), decisioning::selector::FIELDS)
        .with(routes!(selector::get, selector::replace, selector::update))
        .with_list(routes!(decision::list), decisioning::decision::FIELDS)
        .with(routes!(decision::get))
        .with(routes!(decision::replay))
}
