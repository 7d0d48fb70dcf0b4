//! Consents, as the end user gives and revokes them.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::{Connect, Consent, NewConsent, Purpose, Revocation};
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
    /// What taking it back would do now; in the answer to that, what it did. `null` for one that is taken back.
    revocation: Option<RevocationBody>,
}

/// What taking a consent back does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Revocation)]
pub(crate) struct RevocationBody {
    /// Purposes that nothing allows any more.
    no_longer_allowed: Vec<&'static str>,
    /// Purposes of the consent that another one allows too.
    still_allowed: Vec<&'static str>,
    /// Links to banks that are deleted, with everything that was read by them.
    links: u64,
    /// External accounts that are put away: no money moves over them any more.
    external_accounts: u64,
}

impl From<Revocation> for RevocationBody {
    fn from(it: Revocation) -> Self {
        let words = |all: BTreeSet<Purpose>| all.into_iter().map(Purpose::as_str).collect();
        Self {
            no_longer_allowed: words(it.no_longer_allowed),
            still_allowed: words(it.still_allowed),
            links: it.links,
            external_accounts: it.external_accounts,
        }
    }
}

impl From<(Consent, Option<Revocation>)> for ConsentBody {
    fn from((it, revocation): (Consent, Option<Revocation>)) -> Self {
        Self {
            guid: guid(it.id),
            user_guid: guid(it.user),
            text_version: it.text_version,
            purposes: it.purposes.into_iter().map(|it| it.as_str()).collect(),
            given_at: milliseconds(it.given_at),
            revoked_at: it.revoked.map(|(at, _)| milliseconds(at)),
            revoked_by: it.revoked.map(|(_, by)| by.as_str()),
            revocation: revocation.map(Into::into),
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

impl From<Vec<(Consent, Option<Revocation>)>> for ConsentsEnvelope {
    fn from(all: Vec<(Consent, Option<Revocation>)>) -> Self {
        Self { consents: all.into_iter().map(Into::into).collect() }
    }
}

/// Agree
///
/// To the text that was shown, and to purposes that the session asks for. What it says stands in the session.
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
    Ok((StatusCode::CREATED, Json((consent, None).into())))
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
/// What rests on purposes that nothing else allows is deleted or put away; the answer says what that was.
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
