//! The partner's own lists: institutions, routing numbers that no deposits go to, end users' questions.

use axum::Json;
use axum::body::Body as RawBody;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use florin_connect::{ClientBlock, Connect};
use florin_http::{HttpState, ListParams, ListRequest, PageBody, body, request_body};
use serde::Serialize;
use utoipa::ToSchema;

use crate::browser::support::TicketBody;
use crate::caller::{Body, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::input::{Reader, plain_ids};

/// What loading came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoadedInstitutions)]
pub(crate) struct LoadedBody {
    /// In the file.
    rows: u32,
    /// Institutions of the partner's own.
    own: u32,
    /// Built-in ones that the file changes.
    changed: u32,
}

/// A bank that the partner wants no deposits sent to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientBlock)]
pub(crate) struct BlockBody {
    /// Nine digits.
    routing_number: String,
    /// For the partner's people.
    note: String,
}

impl From<ClientBlock> for BlockBody {
    fn from(it: ClientBlock) -> Self {
        Self { routing_number: it.routing_number, note: it.note }
    }
}

/// Banks that the partner wants no deposits sent to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientBlocks)]
pub(crate) struct BlocksEnvelope {
    /// By number.
    blocked_routing_numbers: Vec<BlockBody>,
}

request_body! {
    /// Why no deposits are sent to a bank.
    pub(crate) struct BlockInput as "NewClientBlock" {
        /// For the partner's people; at most 200 characters.
        note: optional String,
    }
    example {}
}

/// Load the partner's own list of institutions
///
/// A CSV or JSON file as the body; it takes the place of the list before. A fault in one line loads nothing.
#[utoipa::path(
    put, path = "/connect/v1/partner/institutions", tag = "Partner", operation_id = "institution_load",
    security(("Key" = [])),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "It was loaded.", body = LoadedBody), BadInput, Refusals),
)]
pub(crate) async fn load(
    State(connect): State<Connect>,
    State(http): State<HttpState>,
    Partner(caller): Partner,
    headers: HeaderMap,
    file: RawBody,
) -> Answer<Json<LoadedBody>> {
    let file = body::read(&headers, file, http.limits().body_bytes).await?;
    let loaded = connect.load_institutions(&caller, &file).await?;
    Ok(Json(LoadedBody { rows: loaded.rows, own: loaded.own, changed: loaded.changed }))
}

/// List the banks that no deposits are sent to
#[utoipa::path(
    get, path = "/connect/v1/partner/blocked_routing_numbers", tag = "Partner",
    operation_id = "own_block_list",
    security(("Key" = [])),
    responses((status = 200, description = "They.", body = BlocksEnvelope), Refusals),
)]
pub(crate) async fn blocked(
    State(connect): State<Connect>,
    Partner(caller): Partner,
) -> Answer<Json<BlocksEnvelope>> {
    let all = connect.blocked_routing_numbers(&caller).await?;
    let blocked_routing_numbers = all.into_iter().map(Into::into).collect();
    Ok(Json(BlocksEnvelope { blocked_routing_numbers }))
}

/// Send no deposits to a bank
#[utoipa::path(
    put, path = "/connect/v1/partner/blocked_routing_numbers/{routing_number}", tag = "Partner",
    operation_id = "own_block",
    security(("Key" = [])), params(("routing_number" = String, Path, description = "Nine digits.")),
    request_body = BlockInput,
    responses((status = 200, description = "None are sent there.", body = BlockBody), BadInput, Refusals),
)]
pub(crate) async fn block(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Path(number): Path<String>,
    Body(input): Body<BlockInput>,
) -> Answer<Json<BlockBody>> {
    let mut reader = Reader::default();
    let note = reader.take("note", input.note).unwrap_or_default();
    reader.done()?;
    Ok(Json(connect.block_routing_number(&caller, &number, &note).await?.into()))
}

/// Send deposits to a bank again
#[utoipa::path(
    delete, path = "/connect/v1/partner/blocked_routing_numbers/{routing_number}", tag = "Partner",
    operation_id = "own_unblock",
    security(("Key" = [])), params(("routing_number" = String, Path, description = "Nine digits.")),
    responses((status = 204, description = "It is off the list."), Unknown, Refusals),
)]
pub(crate) async fn unblock(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Path(number): Path<String>,
) -> Answer<StatusCode> {
    connect.unblock_routing_number(&caller, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List end users' questions
#[utoipa::path(
    get, path = "/connect/v1/partner/support_tickets", tag = "Partner",
    operation_id = "support_ticket_list",
    security(("Key" = [])), params(ListParams),
    responses((status = 200, description = "A page.", body = PageBody<TicketBody>), BadInput, Refusals),
)]
pub(crate) async fn tickets(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    request: ListRequest,
) -> Answer<Json<PageBody<TicketBody>>> {
    let query = plain_ids(&request).query(florin_connect::support::FIELDS, caller.currency)?;
    let page = connect.tickets(&caller, query.clone()).await?;
    Ok(Json(request.page(&query, page, TicketBody::from)))
}
