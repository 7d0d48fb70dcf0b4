//! What a partner has set up. (Beyond the document.)

use axum::Json;
use axum::extract::State;
use florin_http::{ApiError, request_body};
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
        /// ID of the external account from which contributions are pulled; `null` takes it away.
        funding_account: optional Whole,
    }
    example { "funding_account": 17 }
}

/// What a partner has set up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings, example = json!({"funding_account": 17}))]
pub(crate) struct SettingsBody {
    /// ID of the external account from which contributions are pulled over the ACH rail.
    funding_account: Option<i64>,
}

async fn body(savings: &Savings, partner: &Partner) -> Answer<Json<SettingsBody>> {
    let Partner(caller) = partner;
    let account = savings.funding_account(caller).await;
    let account = account.map_err(|error| ApiError::internal(&error))?;
    let funding_account = account.and_then(|reference| reference.parse().ok());
    Ok(Json(SettingsBody { funding_account }))
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
    let faults = reader.into_faults();
    if !faults.is_empty() {
        return Err(Refusal::invalid(faults));
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
