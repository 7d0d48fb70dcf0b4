//! What a partner has set up. (Beyond the document.)

use axum::Json;
use axum::extract::State;
use florin_http::{ApiError, request_body};
use florin_savings::investment::Market;
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
    }
    example { "funding_account": 17, "market": "flat" }
}

/// What a partner has set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings, example = json!({"funding_account": 17, "market": "flat"}))]
pub(crate) struct SettingsBody {
    /// ID of the external account from which contributions are pulled, and to which withdrawals are paid, over the ACH
    /// rail.
    funding_account: Option<i64>,
    /// Where prices come from: `simulated`, `flat` or `loaded`.
    market: &'static str,
}

async fn body(savings: &Savings, partner: &Partner) -> Answer<Json<SettingsBody>> {
    let Partner(caller) = partner;
    let account = savings.funding_account(caller).await;
    let account = account.map_err(|error| ApiError::internal(&error))?;
    let funding_account = account.and_then(|reference| reference.parse().ok());
    let market = savings.market(caller).await?.as_str();
    Ok(Json(SettingsBody { funding_account, market }))
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
    let mut faults = reader.into_faults();
    let market = market.is_sent().then(|| market.value().and_then(|word| Market::parse(&word)));
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
    body(&savings, &partner).await
}
