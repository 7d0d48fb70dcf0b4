//! What all surfaces share: the event log, webhooks, the accounts at payment providers with the comparisons, what is taken
//! back and asked for in the ACH network, and the trial balance under `/platform/v1/`, the sandbox clock under
//! `/sandbox/v1/`. Any key of a tenant opens it.

mod ach;
mod clock;
mod error;
mod event;
mod input;
mod ledger;
mod provider_account;
mod reconciliation;
mod refund;
mod state;
mod webhook;

pub use state::PlatformState;

use axum::Router;
use florin_http::Routes;
use utoipa::OpenApi;
use utoipa_axum::routes;

/// Title, tags and security of the document; the paths come from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Florin platform API",
        description = "The event log, webhooks, accounts at payment providers and the daily comparison with them, refunds of what borrowers have paid too much, reversals and prenotes of the ACH network, the ledger's trial balance and the sandbox clock. Any key of a tenant opens it: \
            `X-Api-Key` with a lending key, `Authorization: Basic` with an external-accounts or \
            connect key, `Authorization: TOKEN` with a savings token."
    ),
    tags(
        (name = "events", description = "What happened, told once in order"),
        (name = "webhooks", description = "Signed deliveries by the Standard Webhooks convention"),
        (name = "provider accounts", description = "The tenant's accounts at its direct-debit provider"),
        (name = "reconciliations", description = "Our payments beside the direct-debit provider's"),
        (name = "refunds", description = "What borrowers have paid too much, and giving it back"),
        (name = "ach", description = "Reversals and prenotes"),
        (name = "ledger", description = "What stands on the accounts"),
        (name = "clock", description = "The simulated clock of a sandbox tenant")
    ),
    modifiers(&Security)
)]
struct Document;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{
            ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        };
        let components = document.components.get_or_insert_with(Default::default);
        let header = |name| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)));
        let basic = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
        components.add_security_scheme("api_key", header("X-Api-Key"));
        components.add_security_scheme("basic", basic);
        components.add_security_scheme("token", header("Authorization"));
        let names = ["api_key", "basic", "token"];
        let any_of = names.map(|name| SecurityRequirement::new::<_, [&str; 0], &str>(name, []));
        document.security = Some(any_of.into());
    }
}

fn all() -> Routes<PlatformState> {
    Routes::new(Document::openapi())
        .with(routes!(event::list))
        .with(routes!(webhook::list, webhook::create))
        .with(routes!(webhook::get, webhook::delete))
        .with(routes!(webhook::rotate_secret))
        .with(routes!(webhook::send_test))
        .with(routes!(webhook::list_deliveries))
        .with(routes!(webhook::redeliver))
        .with(routes!(provider_account::list, provider_account::create))
        .with(routes!(
            provider_account::get,
            provider_account::update,
            provider_account::deactivate
        ))
        .with(routes!(reconciliation::list))
        .with(routes!(reconciliation::get))
        .with(routes!(refund::list_overpayments))
        .with(routes!(refund::list, refund::create))
        .with(routes!(refund::get))
        .with(routes!(refund::apply))
        .with(routes!(refund::cancel))
        .with(routes!(ach::reverse))
        .with(routes!(ach::prenote))
        .with(routes!(ledger::trial_balance))
        .with(routes!(clock::get))
        .with(routes!(clock::advance))
}

/// The routes, to be put behind [`florin_http::Edge`].
pub fn router(state: PlatformState) -> Router {
    all().split().0.with_state(state)
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    all().split().1
}
