//! How loans are collected and paid out: `/api/v1/collection-settings/`, and a loan's external account. Beyond the
//! document.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_http::{Faults, Input, JsonBody, LendingCaller, PathId, request_body};
use florin_ids::LoanId;
use florin_lending::{CollectionSettings, Lending, Payouts};
use florin_payments::RailKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::docs::{BadInput, Conflicting, Refusals, Unknown};
use crate::error::Answer;
use crate::loan::{LoanBody, shown_one};

/// How the tenant's loans are collected and paid out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CollectionSettings)]
pub(crate) struct SettingsBody {
    /// How often a direct debit is tried in all, the first time included.
    #[schema(example = 3)]
    attempts: u32,
    /// Business days between a failure and the next attempt.
    #[schema(example = 5)]
    retry_days: u32,
    /// Who pays disbursements out: `manual` (the partner, who tells with `apply`) or `provider`.
    #[schema(example = "manual")]
    payouts: &'static str,
}

impl From<CollectionSettings> for SettingsBody {
    fn from(settings: CollectionSettings) -> Self {
        Self {
            attempts: settings.attempts,
            retry_days: settings.retry_days,
            payouts: settings.payouts.as_str(),
        }
    }
}

request_body! {
    /// A change of the settings; what is left out stays.
    pub(crate) struct SettingsChange as "CollectionSettingsChange" {
        /// 1 to 5.
        attempts: optional i64,
        /// 1 to 30.
        retry_days: optional i64,
        /// `manual` or `provider`.
        payouts: optional String,
    }
    example { "attempts": 2, "payouts": "provider" }
}

impl SettingsChange {
    fn over(self, settings: CollectionSettings) -> Answer<CollectionSettings> {
        let mut faults = Faults::new();
        let mut number = |field, input, most, known| {
            let value = faults.optional(field, input);
            let value = faults.integer(field, value, 1..=most);
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(known)
        };
        let attempts = number("attempts", self.attempts, 5, settings.attempts);
        let retry_days = number("retry_days", self.retry_days, 30, settings.retry_days);
        let payouts = faults.optional("payouts", self.payouts);
        let payouts = faults.choice("payouts", payouts, Payouts::parse);
        faults.finish()?;
        let payouts = payouts.unwrap_or(settings.payouts);
        Ok(CollectionSettings { attempts, retry_days, payouts })
    }
}

/// Get the collection settings
#[utoipa::path(
    get, path = "/api/v1/collection-settings/", tag = "Collections", operation_id = "collection_settings_get",
    responses((status = 200, description = "The settings.", body = SettingsBody), Refusals),
)]
pub(crate) async fn get(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
) -> Answer<Json<SettingsBody>> {
    Ok(Json(lending.collection_settings(&caller).await?.into()))
}

/// Change the collection settings
///
/// They hold for what happens from now on.
#[utoipa::path(
    patch, path = "/api/v1/collection-settings/", tag = "Collections", operation_id = "collection_settings_update",
    request_body = SettingsChange,
    responses((status = 200, description = "The settings.", body = SettingsBody), BadInput, Refusals),
)]
pub(crate) async fn update(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    JsonBody(body): JsonBody<SettingsChange>,
) -> Answer<Json<SettingsBody>> {
    let settings = body.over(lending.collection_settings(&caller).await?)?;
    lending.set_collection_settings(&caller, settings).await?;
    Ok(Json(settings.into()))
}

request_body! {
    /// The external account that a loan is collected from and paid out to.
    pub(crate) struct ExternalAccountBody as "SetExternalAccount" {
        /// Number of a verified external account of the borrower, or `null` to collect from none.
        external_account: required i64,
    }
    example { "external_account": 12 }
}

/// Set the external account of a loan
///
/// Repayments are collected from it by ACH, and disbursements paid out to it where a provider pays out. Loans in dollars
/// take the borrower's newest verified account when they are made. With `null` nothing is collected by ACH any more, and
/// what is not yet with the bank is called off.
#[utoipa::path(
    post, path = "/api/v1/loan/{id}/set_external_account/", tag = "Collections",
    operation_id = "loan_set_external_account",
    params(("id" = Uuid, Path, description = "Loan ID.")),
    request_body = ExternalAccountBody,
    responses((status = 201, description = "The loan account.", body = LoanBody), BadInput, Unknown, Conflicting, Refusals),
)]
pub(crate) async fn set_external_account(
    State(lending): State<Lending>,
    LendingCaller(caller): LendingCaller,
    PathId(id): PathId<LoanId>,
    JsonBody(body): JsonBody<ExternalAccountBody>,
) -> Answer<(StatusCode, Json<LoanBody>)> {
    let loan = if matches!(body.external_account, Input::Null) {
        lending.stop_collecting(&caller, id, RailKind::Ach).await?
    } else {
        let mut faults = Faults::new();
        let account = faults.required("external_account", body.external_account);
        faults.finish()?;
        lending.set_external_account(&caller, id, account.unwrap_or_default()).await?
    };
    Ok((StatusCode::CREATED, Json(shown_one(&lending, &caller, loan).await?)))
}
