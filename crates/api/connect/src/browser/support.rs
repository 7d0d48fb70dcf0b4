//! Questions to the partner's support.

use axum::Json;
use axum::extract::State;
use florin_connect::{Connect, NewTicket, SupportTicket};
use florin_http::request_body;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Visit};
use crate::docs::{BadInput, Refusals};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::time::milliseconds;

request_body! {
    /// A question.
    pub(crate) struct TicketInput as "NewSupportTicket" {
        /// Where the answer goes.
        email: optional String,
        /// What it is about; at most 200 characters.
        title: optional String,
        /// The question; at most 10,000 characters.
        message: optional String,
    }
    example {}
}

/// A question to the partner's support.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SupportTicket)]
pub(crate) struct TicketBody {
    /// `TKT-...`
    guid: String,
    /// `USR-...`
    user_guid: String,
    /// Where the answer goes.
    email: String,
    /// What it is about.
    title: String,
    /// The question.
    message: String,
    /// When it was asked.
    created_at: String,
}

impl From<SupportTicket> for TicketBody {
    fn from(it: SupportTicket) -> Self {
        Self {
            guid: guid(it.id),
            user_guid: guid(it.user),
            email: it.email,
            title: it.title,
            message: it.message,
            created_at: milliseconds(it.created_at),
        }
    }
}

/// Ask the partner's support
#[utoipa::path(
    post, path = "/connect/v1/support_tickets", tag = "End user", operation_id = "support_ticket_create",
    security(("Session" = [])), request_body = TicketInput,
    responses((status = 200, description = "It was asked.", body = TicketBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Body(input): Body<TicketInput>,
) -> Answer<Json<TicketBody>> {
    let mut reader = Reader::default();
    let new = NewTicket {
        email: reader.take("email", input.email),
        title: reader.take("title", input.title),
        message: reader.take("message", input.message),
    };
    reader.done()?;
    Ok(Json(connect.create_ticket(&visitor, new).await?.into()))
}
