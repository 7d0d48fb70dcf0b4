//! Members.

use axum::Json;
use axum::extract::State;
use florin_connect::{Connect, Detail, MemberChange, NewMember};
use florin_http::request_body;
use florin_ids::{InstitutionId, MemberId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::browser::member_wire::{CredentialsEnvelope, MemberEnvelope, MembersEnvelope};
use crate::caller::{Base, Body, Guid, Visit};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Credentials, Reader, Words};
use crate::partner::data::AccountsEnvelope;

request_body! {
    /// A new member.
    pub(crate) struct MemberInput as "NewMember" {
        /// `INS-...`
        institution_guid: optional String,
        /// Instead of `institution_guid`.
        institution_code: optional String,
        /// What the institution asks for.
        credentials: optional Credentials,
        /// On the bank's own page.
        is_oauth: optional bool,
        /// What for; at most 10 words.
        use_cases: optional Words,
        /// The partner's own notes, up to 2048 characters.
        metadata: optional String,
        /// No daily refresh.
        background_aggregation_is_disabled: optional bool,
    }
    example {
    "institution_guid": "INS-f1a3285d-e855-b68f-6aa7-8ae775c0e0e9",
    "credentials": [{"guid": "CRD-0a1b", "value": "demo"}, {"guid": "CRD-2c3d", "value": "secret"}]
}
}

impl MemberInput {
    fn read(self) -> Answer<NewMember> {
        let mut reader = Reader::default();
        let new = NewMember {
            institution: reader.guid::<InstitutionId>("institution_guid", self.institution_guid),
            institution_code: reader.take("institution_code", self.institution_code),
            credentials: reader
                .take("credentials", self.credentials)
                .map_or_else(Vec::new, |it| it.0),
            is_oauth: reader.take("is_oauth", self.is_oauth).unwrap_or(false),
            use_cases: reader.take("use_cases", self.use_cases).map_or_else(Vec::new, |it| it.0),
            metadata: reader.take("metadata", self.metadata),
            background_aggregation_is_disabled: reader
                .take("background_aggregation_is_disabled", self.background_aggregation_is_disabled)
                .unwrap_or(false),
        };
        reader.done().map(|()| new)
    }
}

request_body! {
    /// What of a member changes. What is left out stays.
    pub(crate) struct ChangeInput as "MemberChange" {
        /// All that the institution asks for.
        credentials: optional Credentials,
        /// What for; at most 10 words.
        use_cases: optional Words,
        /// The partner's own notes, up to 2048 characters.
        metadata: optional String,
        /// No daily refresh.
        background_aggregation_is_disabled: optional bool,
    }
    example {}
}

request_body! {
    /// Answers to what a bank asks.
    pub(crate) struct AnswersInput as "MfaAnswers" {
        /// By question: a text, or the guid of the option that was chosen.
        credentials: optional Credentials,
    }
    example {}
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deleted)]
pub(crate) struct DeletedBody {
    /// Its guid.
    pub(crate) guid: String,
}

/// Add a member
///
/// Links an institution. With credentials a job has to be run next; on a bank's own page the end user goes to
/// `oauth_window_uri` first.
#[utoipa::path(
    post, path = "/connect/v1/members", tag = "Members", operation_id = "member_add",
    security(("Session" = [])), request_body = MemberInput,
    responses(
        (status = 200, description = "The member.", body = MemberEnvelope),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn add(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Body(input): Body<MemberInput>,
) -> Answer<Json<MemberEnvelope>> {
    let member = connect.add_member(&visitor, input.read()?).await?;
    Ok(Json(MemberEnvelope::of(member, &base)))
}

/// Change a member
#[utoipa::path(
    put, path = "/connect/v1/members/{guid}", tag = "Members", operation_id = "member_update",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    request_body = ChangeInput,
    responses(
        (status = 200, description = "The member.", body = MemberEnvelope),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Guid(id): Guid<MemberId>,
    Body(input): Body<ChangeInput>,
) -> Answer<Json<MemberEnvelope>> {
    let mut reader = Reader::default();
    let change = MemberChange {
        credentials: reader.take("credentials", input.credentials).map(|it| it.0),
        use_cases: reader.take("use_cases", input.use_cases).map(|it| it.0),
        metadata: reader.take("metadata", input.metadata),
        background_aggregation_is_disabled: reader
            .take("background_aggregation_is_disabled", input.background_aggregation_is_disabled),
    };
    reader.done()?;
    let member = connect.update_member(&visitor, id, change).await?;
    Ok(Json(MemberEnvelope::of(member, &base)))
}

/// Answer what a bank asks
#[utoipa::path(
    put, path = "/connect/v1/members/{guid}/mfa", tag = "Members", operation_id = "member_answer",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    request_body = AnswersInput,
    responses(
        (status = 200, description = "The member; the job goes on.", body = MemberEnvelope),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn answer(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Guid(id): Guid<MemberId>,
    Body(input): Body<AnswersInput>,
) -> Answer<Json<MemberEnvelope>> {
    let mut reader = Reader::default();
    let answers = reader.take("credentials", input.credentials).map_or_else(Vec::new, |it| it.0);
    reader.done()?;
    let member = connect.answer_mfa(&visitor, id, answers).await?;
    Ok(Json(MemberEnvelope::of(member, &base)))
}

/// Delete a member
///
/// With its credentials and everything that was read by it.
#[utoipa::path(
    delete, path = "/connect/v1/members/{guid}", tag = "Members", operation_id = "member_delete",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses((status = 200, description = "It is gone.", body = DeletedBody), Unknown, Refusals),
)]
pub(crate) async fn delete(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MemberId>,
) -> Answer<Json<DeletedBody>> {
    connect.delete_member(&visitor, id).await?;
    Ok(Json(DeletedBody { guid: guid(id) }))
}

/// List members
///
/// The end user's, oldest first.
#[utoipa::path(
    get, path = "/connect/v1/members", tag = "Members", operation_id = "member_list",
    security(("Session" = [])),
    responses((status = 200, description = "The members.", body = MembersEnvelope), Refusals),
)]
pub(crate) async fn list(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
) -> Answer<Json<MembersEnvelope>> {
    Ok(Json(MembersEnvelope::of(connect.members(&visitor).await?, &base)))
}

/// Get a member
#[utoipa::path(
    get, path = "/connect/v1/members/{guid}", tag = "Members", operation_id = "member_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses((status = 200, description = "The member.", body = MemberEnvelope), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Guid(id): Guid<MemberId>,
) -> Answer<Json<MemberEnvelope>> {
    Ok(Json(MemberEnvelope::of(connect.member(&visitor, id).await?, &base)))
}

/// What a member's institution asks for
///
/// Never what was given.
#[utoipa::path(
    get, path = "/connect/v1/members/{guid}/credentials", tag = "Members",
    operation_id = "member_credentials",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses(
        (status = 200, description = "The fields.", body = CredentialsEnvelope), Unknown, Refusals
    ),
)]
pub(crate) async fn credentials(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MemberId>,
) -> Answer<Json<CredentialsEnvelope>> {
    Ok(Json(connect.member_credentials(&visitor, id).await?.into()))
}

/// A member's accounts
///
/// As the end user may see them: numbers are masked.
#[utoipa::path(
    get, path = "/connect/v1/members/{guid}/accounts", tag = "Members",
    operation_id = "member_accounts",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MBR-...`")),
    responses((status = 200, description = "The accounts.", body = AccountsEnvelope), Unknown, Refusals),
)]
pub(crate) async fn accounts(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MemberId>,
) -> Answer<Json<AccountsEnvelope>> {
    let accounts = connect.member_accounts(&visitor, id).await?;
    Ok(Json(AccountsEnvelope::of(accounts, Detail::Masked)))
}
