//! Microdeposits.

use axum::Json;
use axum::extract::{Path, State};
use florin_connect::microdeposit::account_type;
use florin_connect::{
    BlockedRoutingNumber, Connect, Microdeposit, MicrodepositRefusal, NewMicrodeposit,
};
use florin_http::request_body;
use florin_ids::MicrodepositId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Guid, Parameters, Visit};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Reader, Written};
use crate::time::{epoch, seconds};

request_body! {
    /// The account that deposits are wanted to. In a change, what is left out stays.
    pub(crate) struct MicrodepositInput as "NewMicrodeposit" {
        /// What the end user calls it.
        account_name: optional String,
        /// 4 to 17 digits.
        account_number: optional Written,
        /// 1 checking, 2 savings.
        account_type: optional i64,
        /// Where the end user is told.
        email: optional String,
        /// The holder's.
        first_name: optional String,
        /// The holder's.
        last_name: optional String,
        /// Nine digits.
        routing_number: optional Written,
    }
    example {
    "account_name": "Test Checking", "account_number": "123456789", "account_type": 1, "routing_number": "123456789",
    "first_name": "First", "last_name": "Last", "email": "test@test.com"
}
}

impl MicrodepositInput {
    pub(crate) fn read(self) -> Answer<NewMicrodeposit> {
        let mut reader = Reader::default();
        let new = NewMicrodeposit {
            account_name: reader.take("account_name", self.account_name),
            account_number: reader.take("account_number", self.account_number).map(|it| it.0),
            account_type: reader.take("account_type", self.account_type),
            email: reader.take("email", self.email),
            first_name: reader.take("first_name", self.first_name),
            last_name: reader.take("last_name", self.last_name),
            routing_number: reader.take("routing_number", self.routing_number).map(|it| it.0),
        };
        reader.done().map(|()| new)
    }
}

/// Two deposits that prove an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Microdeposit)]
pub(crate) struct MicrodepositBody {
    /// What the end user calls the account.
    account_name: Option<String>,
    /// Masked.
    account_number: Option<String>,
    /// 1 checking, 2 savings.
    account_type: Option<i64>,
    /// Whether the bank tells of the account already.
    can_auto_verify: bool,
    /// When both deposits are there.
    deposit_expected_at: Option<String>,
    /// Where the end user is told.
    email: String,
    /// The holder's.
    first_name: String,
    /// `MIC-...`
    guid: String,
    /// The holder's.
    last_name: String,
    /// Nine digits.
    routing_number: Option<String>,
    /// 0 INITIATED, 1 REQUESTED, 2 DEPOSITED, 3 VERIFIED, 4 ERRORED, 5 DENIED, 6 PREVENTED, 7 CONFLICTED, 8 REJECTED,
    /// 9 PREINITIATED.
    status: i64,
    /// The name of `status`.
    status_name: &'static str,
    /// Why it has come to nothing.
    reason: String,
    /// In seconds since 1970, as text.
    updated_at: String,
    /// `USR-...`
    user_guid: String,
}

impl From<Microdeposit> for MicrodepositBody {
    fn from(it: Microdeposit) -> Self {
        let deposit_expected_at = it.deposit_expected_at().map(seconds);
        let (account_name, account_number, kind, routing_number) = match it.target {
            Some(target) => (
                Some(target.account_name),
                Some(target.account_number.masked()),
                account_type(target.kind),
                Some(target.routing_number),
            ),
            None => (None, None, None, None),
        };
        Self {
            account_name,
            account_number,
            account_type: kind,
            can_auto_verify: it.can_auto_verify,
            deposit_expected_at,
            email: it.holder.email,
            first_name: it.holder.first_name,
            guid: guid(it.id),
            last_name: it.holder.last_name,
            routing_number,
            status: it.status.code(),
            status_name: it.status.as_str(),
            reason: it.reason,
            updated_at: epoch(it.updated_at),
            user_guid: guid(it.user),
        }
    }
}

/// A microdeposit that did not come about, as far as a client shows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedMicrodeposit)]
pub(crate) struct RefusedMicrodeposit {
    /// The one that stands in the way.
    guid: Option<String>,
    /// 4 ERRORED, 6 PREVENTED, 7 CONFLICTED or 8 REJECTED.
    status: i64,
    /// The name of `status`.
    status_name: &'static str,
    /// As asked for.
    account_name: Option<String>,
    /// As asked for.
    account_type: Option<i64>,
    /// As asked for.
    routing_number: Option<String>,
    /// As asked for.
    first_name: Option<String>,
    /// As asked for.
    last_name: Option<String>,
    /// As asked for.
    email: Option<String>,
}

impl From<MicrodepositRefusal> for RefusedMicrodeposit {
    fn from(refused: MicrodepositRefusal) -> Self {
        let asked = refused.asked;
        Self {
            guid: refused.existing.map(guid),
            status: refused.status.code(),
            status_name: refused.status.as_str(),
            account_name: asked.account_name,
            account_type: asked.account_type,
            routing_number: asked.routing_number,
            first_name: asked.first_name,
            last_name: asked.last_name,
            email: asked.email,
        }
    }
}

request_body! {
    /// The amounts that the end user tells, in either order.
    pub(crate) struct AmountsInput as "MicrodepositAmounts" {
        /// Cents as text.
        deposit_amount_1: optional Written,
        /// Cents as text.
        deposit_amount_2: optional Written,
    }
    example {"deposit_amount_1": "05", "deposit_amount_2": "07"}
}

/// A bank that deposits are not sent to, or need not be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlockedRoutingNumber)]
pub(crate) struct BlockedBody {
    /// The number has no guid.
    guid: Option<String>,
    /// 0 INVALID, 1 BLOCKED, 2 CLIENT_BLOCKED, 3 IAV_PREFERRED.
    reason: i64,
    /// The name of `reason`.
    reason_name: &'static str,
}

/// Nothing for a routing number that deposits can be sent to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoutingNumberAnswer)]
pub(crate) struct RoutingBody {
    /// Why none are sent there, or need not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_routing_number: Option<BlockedBody>,
}

impl From<Option<BlockedRoutingNumber>> for RoutingBody {
    fn from(blocked: Option<BlockedRoutingNumber>) -> Self {
        let body = |it: BlockedRoutingNumber| BlockedBody {
            guid: None,
            reason: it.reason.code(),
            reason_name: it.reason.as_str(),
        };
        Self { blocked_routing_number: blocked.map(body) }
    }
}

/// Ask for deposits
#[utoipa::path(
    post, path = "/connect/v1/micro_deposits", tag = "Microdeposits",
    operation_id = "microdeposit_create",
    security(("Session" = [])), request_body = MicrodepositInput,
    responses(
        (status = 200, description = "They were asked for.", body = MicrodepositBody),
        BadInput, Conflict, Refusals
    ),
)]
pub(crate) async fn create(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Body(input): Body<MicrodepositInput>,
) -> Answer<Json<MicrodepositBody>> {
    Ok(Json(connect.create_microdeposit(&visitor, input.read()?).await?.into()))
}

/// Get a microdeposit
#[utoipa::path(
    get, path = "/connect/v1/micro_deposits/{guid}", tag = "Microdeposits",
    operation_id = "microdeposit_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MIC-...`")),
    responses((status = 200, description = "It.", body = MicrodepositBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MicrodepositId>,
) -> Answer<Json<MicrodepositBody>> {
    Ok(Json(connect.microdeposit(&visitor, id).await?.into()))
}

/// Change a microdeposit
///
/// Before the deposits have left.
#[utoipa::path(
    put, path = "/connect/v1/micro_deposits/{guid}", tag = "Microdeposits",
    operation_id = "microdeposit_update",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MIC-...`")),
    request_body = MicrodepositInput,
    responses(
        (status = 200, description = "It.", body = MicrodepositBody),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MicrodepositId>,
    Body(input): Body<MicrodepositInput>,
) -> Answer<Json<MicrodepositBody>> {
    Ok(Json(connect.update_microdeposit(&visitor, id, input.read()?).await?.into()))
}

/// Look where the deposits are
#[utoipa::path(
    post, path = "/connect/v1/micro_deposits/{guid}/refresh", tag = "Microdeposits",
    operation_id = "microdeposit_refresh",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MIC-...`")),
    responses((status = 200, description = "It.", body = MicrodepositBody), Unknown, Refusals),
)]
pub(crate) async fn refresh(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MicrodepositId>,
) -> Answer<Json<MicrodepositBody>> {
    Ok(Json(connect.refresh_microdeposit(&visitor, id).await?.into()))
}

/// Tell the amounts
///
/// In either order. Wrong ones lead to DENIED, and too many of them to PREVENTED.
#[utoipa::path(
    put, path = "/connect/v1/micro_deposits/{guid}/verify", tag = "Microdeposits",
    operation_id = "microdeposit_verify",
    security(("Session" = [])), params(("guid" = String, Path, description = "`MIC-...`")),
    request_body = AmountsInput,
    responses(
        (status = 200, description = "It.", body = MicrodepositBody),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn verify(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<MicrodepositId>,
    Body(input): Body<AmountsInput>,
) -> Answer<Json<MicrodepositBody>> {
    let mut reader = Reader::default();
    let mut amount =
        |field, given| reader.take(field, given).map(|Written(text)| text).unwrap_or_default();
    let first = amount("deposit_amount_1", input.deposit_amount_1);
    let second = amount("deposit_amount_2", input.deposit_amount_2);
    reader.done()?;
    Ok(Json(connect.verify_microdeposit(&visitor, id, (&first, &second)).await?.into()))
}

/// Whether deposits are sent to a bank
#[utoipa::path(
    get, path = "/connect/v1/blocked_routing_numbers/{routing_number}", tag = "Microdeposits",
    operation_id = "routing_number_verify",
    security(("Session" = [])),
    params(
        ("routing_number" = String, Path, description = "Nine digits."),
        ("include_identity" = Option<bool>, Query, description = "Whether the holder has to be proven too."),
    ),
    responses((status = 200, description = "Nothing, or why not.", body = RoutingBody), BadInput, Refusals),
)]
pub(crate) async fn routing_number(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Path(number): Path<String>,
    query: Parameters,
) -> Answer<Json<RoutingBody>> {
    let mut reader = Reader::default();
    let with_identity = reader.truth(&query, "include_identity").unwrap_or(false);
    reader.done()?;
    Ok(Json(connect.routing_number(&visitor, &number, with_identity).await?.into()))
}
