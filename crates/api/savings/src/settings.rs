//! What a partner has set up. (Beyond the document.)

use axum::Json;
use axum::extract::State;
use florin_http::{ApiError, request_body};
use florin_savings::investment::Market;
use florin_savings::settings::Scheduling;
use florin_savings::{Given, Savings};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Partner};
use crate::docs::{BadInput, Refusals};
use crate::error::{Answer, Refusal};
use crate::input::{Reader, Whole};

request_body! {
    /// What is to change; what is left out stays.
    pub(crate) struct SettingsInput as "SettingsInput" {
        /// ID of the external account from which contributions are pulled and to which withdrawals are paid; `null` takes
        /// it away.
        funding_account: optional Whole,
        /// Where prices come from: `simulated` (they move), `flat` (a unit is always 10 dollars) or `loaded` (price files);
        /// only before a fund holds units.
        market: optional String,
        /// Who schedules the payments of contributions: `florin` (they are made on their days) or `partner` (only when
        /// they are asked for).
        scheduling: optional String,
    }
    example { "funding_account": 17, "market": "flat", "scheduling": "partner" }
}

/// What a partner has set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings, example = json!({"funding_account": 17, "market": "flat", "scheduling": "partner"}))]
pub(crate) struct SettingsBody {
    /// ID of the external account from which contributions are pulled, and to which withdrawals are paid, over the ACH
    /// rail.
    funding_account: Option<i64>,
    /// Where prices come from: `simulated`, `flat` or `loaded`.
    market: &'static str,
    /// Who schedules the payments of contributions: `florin` or `partner`.
    scheduling: &'static str,
}

async fn body(savings: &Savings, partner: &Partner) -> Answer<Json<SettingsBody>> {
    let Partner(caller) = partner;
    let account = savings.funding_account(caller).await;
    let account = account.map_err(|error| ApiError::internal(&error))?;
    let funding_account = account.and_then(|reference| reference.parse().ok());
    let market = savings.market(caller).await?.as_str();
    let scheduling = savings.scheduling(caller).await;
    let scheduling = scheduling.map_err(|error| ApiError::internal(&error))?.as_str();
    Ok(Json(SettingsBody { funding_account, market, scheduling }))
}

/// Get settings
///
/// (Beyond the document.)
#[utoipa::path(
    get, path = "/restapi/v1/settings", tag = "Settings", operation_id = "settings_get",
    responses((status = 200, description = "The settings.", body = SettingsBody), Refusals),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    partner: Partner,
) -> Answer<Json<SettingsBody>> {
    body(&savings, &partner).await
}

/// Update settings
///
/// The account has to be verified and open. (Beyond the document.)
#[utoipa::path(
    put, path = "/restapi/v1/settings", tag = "Settings", operation_id = "settings_update",
    request_body = SettingsInput,
    responses((status = 200, description = "The settings.", body = SettingsBody), BadInput, Refusals),
)]
pub(crate) async fn update(
    State(savings): State<Savings>,
    partner: Partner,
    Body(input): Body<SettingsInput>,
) -> Answer<Json<SettingsBody>> {
    let mut reader = Reader::default();
    let account = reader.whole("funding_account", input.funding_account);
    let market = reader.text("market", input.market);
    let scheduling = reader.text("scheduling", input.scheduling);
    let mut faults = reader.into_faults();
    let market = market.is_sent().then(|| market.value().and_then(|word| Market::parse(&word)));
    let scheduling =
        scheduling.is_sent().then(|| scheduling.value().and_then(|word| Scheduling::parse(&word)));
    if scheduling == Some(None) {
        faults.push("scheduling must be one of florin, partner".to_owned());
    }
    if market == Some(None) {
        faults.push("market must be one of simulated, flat, loaded".to_owned());
    }
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
    }
    if let Some(Some(market)) = market {
        savings.set_market(&partner.0, market).await?;
    }
    if account.is_sent() {
        let account = match account {
            Given::Value(account) => Some(account.to_string()),
            Given::Null | Given::Absent => None,
        };
        savings.set_funding_account(&partner.0, account).await?;
    }
    if let Some(Some(who)) = scheduling {
        savings.set_scheduling(&partner.0, who).await?;
    }
    body(&savings, &partner).await
}
