//! Banks' own consent pages, as the end user's browser asks about them.

use axum::Json;
use axum::extract::State;
use florin_connect::{AuthStatus, Connect, OauthState};
use florin_ids::{MemberId, OauthStateId};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::caller::{Base, Guid, Parameters, Visit};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::time::seconds;

/// A way through a bank's consent page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthState)]
pub(crate) struct StateBody {
    /// `OAS-...`
    guid: String,
    /// 0 UNKNOWN, 1 PENDING, 2 SUCCESS, 3 ERRORED.
    auth_status: i64,
    /// When it began.
    created_at: String,
    /// 0 UNKNOWN, 1 CANCELLED, 2 DENIED, 3 IMPEDED, 4 PROVIDER, 5 SERVER, 6 SESSION.
    error_reason: Option<i64>,
    /// When it was first asked for.
    first_retrieved_at: Option<String>,
    /// The member that is linked.
    inbound_member_guid: Option<String>,
    /// The member that it began with.
    outbound_member_guid: String,
    /// When it last changed.
    updated_at: String,
    /// `USR-...`
    user_guid: String,
}

impl From<OauthState> for StateBody {
    fn from(state: OauthState) -> Self {
        Self {
            guid: guid(state.id),
            auth_status: state.auth_status.code(),
            created_at: seconds(state.created_at),
            error_reason: state.error_reason.map(|it| it.code()),
            first_retrieved_at: state.first_retrieved_at.map(seconds),
            inbound_member_guid: state.inbound_member.map(guid),
            outbound_member_guid: guid(state.outbound_member),
            updated_at: seconds(state.updated_at),
            user_guid: guid(state.user),
        }
    }
}

/// A way through a bank's consent page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthStateEnvelope)]
pub(crate) struct StateEnvelope {
    /// The way.
    oauth_state: StateBody,
}

/// Where the end user goes to agree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthWindow)]
pub(crate) struct WindowBody {
    /// The member's guid.
    guid: String,
    /// The bank's page.
    oauth_window_uri: String,
}

/// The end user goes to the bank's page
#[utoipa::path(
    post, path = "/connect/v1/members/{guid}/oauth_start", tag = "OAuth", operation_id = "oauth_start",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses(
        (status = 200, description = "Noted.", body = Object, example = json!({})),
        Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn start(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(member): Guid<MemberId>,
) -> Answer<Json<Value>> {
    connect.start_oauth(&visitor, member).await?;
    Ok(Json(json!({})))
}

/// The bank's page for a member
#[utoipa::path(
    get, path = "/connect/v1/members/{guid}/oauth_window_uri", tag = "OAuth",
    operation_id = "oauth_window",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses(
        (status = 200, description = "Where to go.", body = WindowBody), Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn window(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Guid(member): Guid<MemberId>,
) -> Answer<Json<WindowBody>> {
    let url = connect.oauth_window(&visitor, member).await?;
    Ok(Json(WindowBody { guid: guid(member), oauth_window_uri: base.absolute(&url) }))
}

/// List ways through banks' pages
///
/// The newest first.
#[utoipa::path(
    get, path = "/connect/v1/oauth_states", tag = "OAuth", operation_id = "oauth_state_list",
    security(("Session" = [])),
    params(
        ("outbound_member_guid" = Option<String>, Query, description = "Of this member."),
        ("auth_status" = Option<i64>, Query, description = "In this status; `oauth_status` means the same."),
    ),
    responses((status = 200, description = "The ways.", body = Vec<StateBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    query: Parameters,
) -> Answer<Json<Vec<StateBody>>> {
    let mut reader = Reader::default();
    let member = reader.guid_of::<MemberId>(&query, "outbound_member_guid");
    let name = if query.get("auth_status").is_some() { "auth_status" } else { "oauth_status" };
    let code: Option<i64> = reader.number(&query, name);
    let status = code.and_then(AuthStatus::from_code);
    if code.is_some() && status.is_none() {
        reader.fault(name, "Choose a number from 0 to 3.");
    }
    reader.done()?;
    let states = connect.oauth_states(&visitor, member, status).await?;
    Ok(Json(states.into_iter().map(StateBody::from).collect()))
}

/// Get a way through a bank's page
#[utoipa::path(
    get, path = "/connect/v1/oauth_states/{guid}", tag = "OAuth", operation_id = "oauth_state_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`OAS-...`")),
    responses((status = 200, description = "The way.", body = StateEnvelope), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<OauthStateId>,
) -> Answer<Json<StateEnvelope>> {
    let state = connect.oauth_state(&visitor, id).await?;
    Ok(Json(StateEnvelope { oauth_state: state.into() }))
}
