//! `/platform/v1/provider-accounts`: the tenant's accounts at its direct-debit provider. Their secrets go in and never
//! come out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use florin_crypto::Secret;
use florin_http::{
    AnyCaller, ApiError, Detail, Faults, FieldErrors, JsonBody, base_url, request_body,
};
use florin_ids::ProviderAccountId;
use florin_mandates::{
    AccountChange, Environment, MandatesError, NewProviderAccount, Pages, ProviderAccount,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::PlatformState;
use crate::error::from_storage;
use crate::input::Ids;

/// The domain bounds secrets; this only keeps what is read small.
const TEXT_CHARS_MAX: usize = 1_024;

request_body! {
    /// An account to set up. It takes the place of the one in use, whose mandates are disabled.
    pub(crate) struct NewProviderAccountBody as "NewProviderAccount" {
        /// `live`, `sandbox` (the provider's own), `simulated` (beside this server) or, outside of production, `custom`
        /// with a `base_url`.
        environment: required String,
        /// For `custom`: where the provider's API is.
        base_url: optional String,
        /// The bearer token of the provider's API. Never shown again. Of a simulated provider it is a text of your
        /// choice that no other tenant uses.
        access_token: required String,
        /// What the provider signs its webhooks with. Never shown again.
        webhook_secret: required String,
        /// The provider's id of the creditor, where the account has several.
        creditor: optional String,
        /// Whose pages end users give mandates on: `own` (ours, the default) or `provider`.
        pages: optional String,
    }
    example { "environment": "sandbox", "access_token": "sandbox_token", "webhook_secret": "a-long-random-secret" }
}

request_body! {
    /// A change of an account that stays the same at the provider; what is left out stays.
    pub(crate) struct ProviderAccountChangeBody as "ProviderAccountChange" {
        /// A new token of the same organisation.
        access_token: optional String,
        /// A new secret of its webhooks.
        webhook_secret: optional String,
        /// `own` or `provider`.
        pages: optional String,
    }
    example { "access_token": "a_newer_token" }
}

/// An account at the direct-debit provider.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderAccount)]
pub(crate) struct ProviderAccountBody {
    #[schema(value_type = String, format = Uuid)]
    id: ProviderAccountId,
    /// The provider.
    #[schema(example = "gocardless")]
    provider: &'static str,
    /// `live`, `sandbox`, `simulated` or `custom`.
    #[schema(example = "sandbox")]
    environment: &'static str,
    /// Where the provider's API is, for `custom`; empty otherwise.
    #[schema(example = "")]
    base_url: String,
    /// The provider's id of the creditor; empty for the account's only one.
    #[schema(example = "")]
    creditor: String,
    /// Whose pages end users give mandates on: `own` or `provider`.
    #[schema(example = "own")]
    pages: &'static str,
    /// Whether it is the one in use; older ones are kept for what was begun on them.
    is_active: bool,
    /// Where the provider has to send its webhooks.
    #[schema(
        example = "https://florin.example/hooks/gocardless/0c1b8a0e-6f0b-7f5a-9d3e-2f0a4c6b8d10"
    )]
    webhook_url: String,
    /// Unix seconds.
    #[schema(example = 1_763_683_200)]
    created: i64,
}

/// The tenant's accounts, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderAccounts)]
pub(crate) struct ProviderAccountsBody {
    provider_accounts: Vec<ProviderAccountBody>,
}

impl ProviderAccountBody {
    fn of(account: ProviderAccount, parts: &Parts, state: &PlatformState) -> Self {
        let base = base_url(parts, &state.http);
        Self {
            id: account.id,
            provider: "gocardless",
            environment: account.environment.as_str(),
            base_url: account.base_url,
            creditor: account.creditor,
            pages: account.pages.as_str(),
            is_active: account.is_active,
            webhook_url: format!("{base}/hooks/gocardless/{}", account.id),
            created: account.created_at.as_second(),
        }
    }
}

impl NewProviderAccountBody {
    fn read(self) -> Result<NewProviderAccount, ApiError> {
        let mut faults = Faults::new();
        let environment = faults.required("environment", self.environment);
        let environment = word(&mut faults, "environment", environment, Environment::parse);
        let base_url = faults.nullable("base_url", self.base_url);
        let base_url = faults.text("base_url", base_url, TEXT_CHARS_MAX);
        let access_token = faults.required("access_token", self.access_token);
        let access_token = faults.text("access_token", access_token, TEXT_CHARS_MAX);
        let webhook_secret = faults.required("webhook_secret", self.webhook_secret);
        let webhook_secret = faults.text("webhook_secret", webhook_secret, TEXT_CHARS_MAX);
        let creditor = faults.nullable("creditor", self.creditor);
        let creditor = faults.text_or_blank("creditor", creditor, TEXT_CHARS_MAX);
        let pages = faults.optional("pages", self.pages);
        let pages = word(&mut faults, "pages", pages, Pages::parse);
        let (Some(environment), Some(access_token), Some(webhook_secret), true) =
            (environment, access_token, webhook_secret, faults.is_empty())
        else {
            return Err(faults.into());
        };
        Ok(NewProviderAccount {
            environment,
            base_url,
            is_simulator: None,
            access_token: Secret::from_text(access_token),
            webhook_secret: Secret::from_text(webhook_secret),
            creditor: creditor.filter(|creditor| !creditor.is_empty()),
            pages: pages.unwrap_or(Pages::Own),
        })
    }
}

impl ProviderAccountChangeBody {
    fn read(self) -> Result<AccountChange, ApiError> {
        let mut faults = Faults::new();
        let access_token = faults.optional("access_token", self.access_token);
        let access_token = faults.text("access_token", access_token, TEXT_CHARS_MAX);
        let webhook_secret = faults.optional("webhook_secret", self.webhook_secret);
        let webhook_secret = faults.text("webhook_secret", webhook_secret, TEXT_CHARS_MAX);
        let pages = faults.optional("pages", self.pages);
        let pages = word(&mut faults, "pages", pages, Pages::parse);
        faults.finish()?;
        Ok(AccountChange {
            access_token: access_token.map(Secret::from_text),
            webhook_secret: webhook_secret.map(Secret::from_text),
            pages,
        })
    }
}

fn word<T>(
    faults: &mut Faults,
    field: &'static str,
    text: Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = text?;
    let value = parse(&text);
    if value.is_none() {
        let shown: String = text.chars().take(100).collect();
        faults.add(field, format!("\"{shown}\" is not a valid choice."));
    }
    value
}

pub(crate) fn from_mandates(error: MandatesError) -> ApiError {
    match error {
        MandatesError::NotFound(_) => ApiError::not_found(),
        MandatesError::Conflict(detail) => ApiError::conflict(detail),
        MandatesError::Invalid(errors) => {
            errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
        }
        MandatesError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    }
}

/// List provider accounts.
#[utoipa::path(
    get,
    path = "/platform/v1/provider-accounts/",
    tag = "provider accounts",
    operation_id = "list_provider_accounts",
    responses(
        (status = 200, body = ProviderAccountsBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn list(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    parts: Parts,
) -> Result<Json<ProviderAccountsBody>, ApiError> {
    let accounts = state.mandates.list_accounts(&caller).await.map_err(from_mandates)?;
    let shown = accounts.into_iter().map(|it| ProviderAccountBody::of(it, &parts, &state));
    Ok(Json(ProviderAccountsBody { provider_accounts: shown.collect() }))
}

/// Set up a provider account.
///
/// It is in use from now on; the mandates of the one before are disabled, and `mandate_updated` tells of each. To change the secrets of
/// an account, change it instead.
#[utoipa::path(
    post,
    path = "/platform/v1/provider-accounts/",
    tag = "provider accounts",
    operation_id = "create_provider_account",
    request_body = NewProviderAccountBody,
    responses(
        (status = 201, body = ProviderAccountBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail)
    )
)]
pub(crate) async fn create(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    parts: Parts,
    JsonBody(body): JsonBody<NewProviderAccountBody>,
) -> Result<(StatusCode, Json<ProviderAccountBody>), ApiError> {
    let new = body.read()?;
    let account = state.mandates.set_account(&caller, new).await.map_err(from_mandates)?;
    Ok((StatusCode::CREATED, Json(ProviderAccountBody::of(account, &parts, &state))))
}

/// Get a provider account.
#[utoipa::path(
    get,
    path = "/platform/v1/provider-accounts/{id}/",
    tag = "provider accounts",
    operation_id = "get_provider_account",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, body = ProviderAccountBody),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn get(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<ProviderAccountId>,
    parts: Parts,
) -> Result<Json<ProviderAccountBody>, ApiError> {
    let account = state.mandates.get_account(&caller, id).await.map_err(from_mandates)?;
    Ok(Json(ProviderAccountBody::of(account, &parts, &state)))
}

/// Change a provider account.
///
/// Its mandates stay in use.
#[utoipa::path(
    patch,
    path = "/platform/v1/provider-accounts/{id}/",
    tag = "provider accounts",
    operation_id = "update_provider_account",
    params(("id" = uuid::Uuid, Path)),
    request_body = ProviderAccountChangeBody,
    responses(
        (status = 200, body = ProviderAccountBody),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn update(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<ProviderAccountId>,
    parts: Parts,
    JsonBody(body): JsonBody<ProviderAccountChangeBody>,
) -> Result<Json<ProviderAccountBody>, ApiError> {
    let change = body.read()?;
    let changed = state.mandates.change_account(&caller, id, change).await;
    Ok(Json(ProviderAccountBody::of(changed.map_err(from_mandates)?, &parts, &state)))
}

/// Take a provider account out of use.
///
/// What is under way on it goes on; nothing new is begun, and its mandates are disabled. It stays in the list.
#[utoipa::path(
    delete,
    path = "/platform/v1/provider-accounts/{id}/",
    tag = "provider accounts",
    operation_id = "deactivate_provider_account",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 404, body = Detail)
    )
)]
pub(crate) async fn deactivate(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    Ids(id): Ids<ProviderAccountId>,
) -> Result<StatusCode, ApiError> {
    state.mandates.deactivate_account(&caller, id).await.map_err(from_mandates)?;
    Ok(StatusCode::NO_CONTENT)
}
