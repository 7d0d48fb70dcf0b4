//! Questions of end users to the partner's support: kept, and told to the partner.

mod entity;
mod repo;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::SupportTicketId;
use florin_storage::{ListQuery, Page};
use florin_tenancy::{Caller, day};
use serde_json::json;

pub use entity::{NewTicket, SupportTicket};
pub use repo::FIELDS;

pub(crate) use repo::delete_of_user;

use crate::{Connect, ConnectError, Visitor};

impl Connect {
    /// Keeps a question, and tells the partner.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field.
    pub async fn create_ticket(
        &self,
        visitor: &Visitor,
        new: NewTicket,
    ) -> Result<SupportTicket, ConnectError> {
        let (visitor, id) = (visitor.clone(), SupportTicketId::new());
        self.db()
            .write(move |tx| {
                let at = day::state_in(tx, visitor.tenant)?.stamp(visitor.now);
                let ticket = new.open(id, visitor.user, at).map_err(ConnectError::Invalid)?;
                repo::insert(tx, visitor.tenant, &ticket)?;
                append_in(tx, visitor.tenant, &[created(&ticket)])?;
                Ok(ticket)
            })
            .await
    }

    /// A page of the questions that `query` selects by [`FIELDS`], for the partner.
    ///
    /// # Errors
    /// Storage only.
    pub async fn tickets(
        &self,
        caller: &Caller,
        query: ListQuery,
    ) -> Result<Page<SupportTicket>, ConnectError> {
        let tenant = caller.tenant;
        self.db().read(move |tx| Ok(repo::list(tx, tenant, &query)?)).await
    }
}

fn created(ticket: &SupportTicket) -> NewEvent {
    NewEvent {
        kind: kinds::CONNECT_SUPPORT_TICKET_CREATED,
        resource: format!("connect_user:{}", ticket.user),
        occurred_at: ticket.created_at,
        data: json!({
            "guid": format!("TKT-{}", ticket.id),
            "user_guid": format!("USR-{}", ticket.user),
            "email": ticket.email,
            "title": ticket.title,
            "message": ticket.message,
        }),
    }
}
