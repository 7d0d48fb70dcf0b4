//! Consents, as the end user gives and revokes them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::{Connect, Consent, NewConsent};
use florin_http::request_body;
use florin_ids::ConsentId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Guid, Visit};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Reader, Words};
use crate::time::milliseconds;

request_body! {
    /// What an end user agrees to.
    pub(crate) struct ConsentInput as "NewConsent" {
        /// The version of the text that was shown.
        text_version: optional String,
        /// `account_data`, `credit_decision`, `payments`.
        purposes: optional Words,
    }
    example {"text_version": "2026-11-21", "purposes": ["account_data"]}
}

/// What an end user agreed to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub(crate) struct ConsentBody {
    /// `CON-...`
    guid: String,
    /// `USR-...`
    user_guid: String,
    /// The version of the text that was shown.
    text_version: String,
    /// What for.
    purposes: Vec<&'static str>,
    /// When.
    given_at: String,
    /// When it was taken back.
    revoked_at: Option<String>,
    /// `end_user` or `partner`.
    revoked_by: Option<&'static str>,
}

impl From<Consent> for ConsentBody {
    fn from(it: Consent) -> Self {
        Self {
            guid: guid(it.id),
            user_guid: guid(it.user),
            text_version: it.text_version,
            purposes: it.purposes.into_iter().map(|it| it.as_str()).collect(),
            given_at: milliseconds(it.given_at),
            revoked_at: it.revoked.map(|(at, _)| milliseconds(at)),
            revoked_by: it.revoked.map(|(_, by)| by.as_str()),
        }
    }
}

/// Consents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentsEnvelope)]
pub(crate) struct ConsentsEnvelope {
    /// Those that hold and those that were taken back.
    consents: Vec<ConsentBody>,
}

impl From<Vec<Consent>> for ConsentsEnvelope {
    fn from(all: Vec<Consent>) -> Self {
        Self { consents: all.into_iter().map(Into::into).collect() }
    }
}

/// Agree
///
/// To the text that was shown. What it says stands in the session.
#[utoipa::path(
    post, path = "/connect/v1/consents", tag = "End user", operation_id = "consent_give",
    security(("Session" = [])), request_body = ConsentInput,
    responses((status = 201, description = "The consent.", body = ConsentBody), BadInput, Refusals),
)]
pub(crate) async fn give(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Body(input): Body<ConsentInput>,
) -> Answer<(StatusCode, Json<ConsentBody>)> {
    let mut reader = Reader::default();
    let new = NewConsent {
        text_version: reader.take("text_version", input.text_version),
        purposes: reader.take("purposes", input.purposes).map_or_else(Vec::new, |it| it.0),
    };
    reader.done()?;
    let consent = connect.give_consent(&visitor, new).await?;
    Ok((StatusCode::CREATED, Json(consent.into())))
}

/// List consents
#[utoipa::path(
    get, path = "/connect/v1/consents", tag = "End user", operation_id = "consent_list",
    security(("Session" = [])),
    responses((status = 200, description = "The consents.", body = ConsentsEnvelope), Refusals),
)]
pub(crate) async fn list(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
) -> Answer<Json<ConsentsEnvelope>> {
    Ok(Json(connect.consents(&visitor).await?.into()))
}

/// Take a consent back
///
/// What was gathered for its purposes is deleted.
#[utoipa::path(
    delete, path = "/connect/v1/consents/{guid}", tag = "End user", operation_id = "consent_revoke",
    security(("Session" = [])), params(("guid" = String, Path, description = "`CON-...`")),
    responses((status = 200, description = "The consent.", body = ConsentBody), Unknown, Refusals),
)]
pub(crate) async fn revoke(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<ConsentId>,
) -> Answer<Json<ConsentBody>> {
    Ok(Json(connect.revoke_consent(&visitor, id).await?.into()))
}
