//! End users, as the partner reads them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::{Connect, ConnectUser};
use florin_http::{ListParams, ListRequest, PageBody};
use florin_ids::{ConnectUserId, ConsentId, MemberId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::browser::consent::{ConsentBody, ConsentsEnvelope};
use crate::browser::job::BegunBody;
use crate::browser::member::DeletedBody;
use crate::browser::member_wire::MembersEnvelope;
use crate::browser::microdeposit::MicrodepositBody;
use crate::caller::{Base, Guid, Guids, Partner};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::plain_ids;
use crate::time::milliseconds;

/// An end user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// `USR-...`
    guid: String,
    /// The partner's own id.
    id: String,
    /// E-mail address, if the partner told one.
    email: Option<String>,
    /// When they were first told of.
    created_at: String,
}

impl From<ConnectUser> for UserBody {
    fn from(it: ConnectUser) -> Self {
        Self {
            guid: guid(it.id),
            id: it.partner_id,
            email: it.email,
            created_at: milliseconds(it.created_at),
        }
    }
}

/// List end users
#[utoipa::path(
    get, path = "/connect/v1/users", tag = "Partner", operation_id = "user_list",
    security(("Key" = [])), params(ListParams),
    responses((status = 200, description = "A page.", body = PageBody<UserBody>), BadInput, Refusals),
)]
pub(crate) async fn list(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    request: ListRequest,
) -> Answer<Json<PageBody<UserBody>>> {
    let query = plain_ids(&request).query(florin_connect::user::FIELDS, caller.currency)?;
    let page = connect.users(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, UserBody::from)))
}

/// Get an end user
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}", tag = "Partner", operation_id = "user_get",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 200, description = "They.", body = UserBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guid(id): Guid<ConnectUserId>,
) -> Answer<Json<UserBody>> {
    Ok(Json(connect.user(&caller, id).await?.into()))
}

/// Delete an end user
///
/// With everything that is known of them.
#[utoipa::path(
    delete, path = "/connect/v1/users/{guid}", tag = "Partner", operation_id = "user_delete",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 204, description = "They are gone."), Unknown, Refusals),
)]
pub(crate) async fn delete(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guid(id): Guid<ConnectUserId>,
) -> Answer<StatusCode> {
    connect.delete_user(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List an end user's members
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/members", tag = "Partner", operation_id = "user_members",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 200, description = "Oldest first.", body = MembersEnvelope), Unknown, Refusals),
)]
pub(crate) async fn members(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    base: Base,
    Guid(id): Guid<ConnectUserId>,
) -> Answer<Json<MembersEnvelope>> {
    Ok(Json(MembersEnvelope::of(connect.members_of(&caller, id).await?, &base)))
}

/// Delete an end user's member
#[utoipa::path(
    delete, path = "/connect/v1/users/{guid}/members/{member}", tag = "Partner",
    operation_id = "user_member_delete",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("member" = String, Path, description = "`MBR-...`"),
    ),
    responses((status = 200, description = "It is gone.", body = DeletedBody), Unknown, Refusals),
)]
pub(crate) async fn delete_member(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, member): Guids<ConnectUserId, MemberId>,
) -> Answer<Json<DeletedBody>> {
    connect.delete_member_of(&caller, user, member).await?;
    Ok(Json(DeletedBody { guid: guid(member) }))
}

/// Refresh an end user's member now
///
/// Nobody is there to answer questions: a bank that asks leaves the member as it was.
#[utoipa::path(
    post, path = "/connect/v1/users/{guid}/members/{member}/refresh", tag = "Partner",
    operation_id = "user_member_refresh",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("member" = String, Path, description = "`MBR-...`"),
    ),
    responses(
        (status = 202, description = "The job that does it.", body = BegunBody),
        Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn refresh_member(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, member): Guids<ConnectUserId, MemberId>,
) -> Answer<(StatusCode, Json<BegunBody>)> {
    let job = connect.refresh_member_of(&caller, user, member).await?;
    Ok((StatusCode::ACCEPTED, Json(job.into())))
}

/// List an end user's consents
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/consents", tag = "Partner", operation_id = "user_consents",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 200, description = "The consents.", body = ConsentsEnvelope), Unknown, Refusals),
)]
pub(crate) async fn consents(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guid(user): Guid<ConnectUserId>,
) -> Answer<Json<ConsentsEnvelope>> {
    Ok(Json(connect.consents_of(&caller, user).await?.into()))
}

/// Take an end user's consent back
///
/// For the end user who told the partner so.
#[utoipa::path(
    delete, path = "/connect/v1/users/{guid}/consents/{consent}", tag = "Partner",
    operation_id = "user_consent_revoke",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("consent" = String, Path, description = "`CON-...`"),
    ),
    responses((status = 200, description = "The consent.", body = ConsentBody), Unknown, Refusals),
)]
pub(crate) async fn revoke_consent(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, consent): Guids<ConnectUserId, ConsentId>,
) -> Answer<Json<ConsentBody>> {
    Ok(Json(connect.revoke_consent_of(&caller, user, consent).await?.into()))
}

/// List an end user's microdeposits
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/micro_deposits", tag = "Partner",
    operation_id = "user_microdeposits",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 200, description = "They.", body = Vec<MicrodepositBody>), Unknown, Refusals),
)]
pub(crate) async fn microdeposits(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guid(user): Guid<ConnectUserId>,
) -> Answer<Json<Vec<MicrodepositBody>>> {
    let all = connect.microdeposits_of(&caller, user).await?;
    Ok(Json(all.into_iter().map(MicrodepositBody::from).collect()))
}
