//! What a question to the partner's support is. Pure.

use florin_ids::{ConnectUserId, SupportTicketId};
use jiff::Timestamp;

use crate::check::is_email;
use crate::error::FieldFault;

const EMAIL_CHARS: usize = 254;
const TITLE_CHARS: usize = 200;
const MESSAGE_CHARS: usize = 10_000;

/// What an end user asks. Absent, null and blank are the same.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of SupportTicket, documented there")]
pub struct NewTicket {
    pub email: Option<String>,
    pub title: Option<String>,
    pub message: Option<String>,
}

/// A question of an end user to the partner's support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportTicket {
    /// Its id.
    pub id: SupportTicketId,
    /// Who asks.
    pub user: ConnectUserId,
    /// Where the answer goes; at most 254 characters.
    pub email: String,
    /// What it is about; at most 200 characters.
    pub title: String,
    /// The question; at most 10,000 characters.
    pub message: String,
    /// When it was asked.
    pub created_at: Timestamp,
}

impl NewTicket {
    /// The ticket.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(super) fn open(
        &self,
        id: SupportTicketId,
        user: ConnectUserId,
        at: Timestamp,
    ) -> Result<SupportTicket, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut required = |field: &'static str, given: &Option<String>, chars: usize| {
            let text = given.as_deref().unwrap_or_default().trim().to_owned();
            if text.is_empty() {
                faults.push(FieldFault::new(field, "This field is required."));
            } else if text.chars().count() > chars {
                let message = format!("At most {chars} characters are allowed.");
                faults.push(FieldFault::new(field, message));
            }
            text
        };
        let email = required("email", &self.email, EMAIL_CHARS);
        let title = required("title", &self.title, TITLE_CHARS);
        let message = required("message", &self.message, MESSAGE_CHARS);
        if !email.is_empty() && !is_email(&email) {
            faults.push(FieldFault::new("email", "Enter an email address."));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(SupportTicket { id, user, email, title, message, created_at: at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_checked() {
        let check = |email: &str, title: &str, message: &str, expected: &[&str]| {
            let some = |text: &str| Some(text.to_owned());
            let asked =
                NewTicket { email: some(email), title: some(title), message: some(message) };
            let made =
                asked.open(SupportTicketId::new(), ConnectUserId::new(), Timestamp::UNIX_EPOCH);
            let found: Vec<String> =
                made.err().into_iter().flatten().map(|fault| fault.field).collect();
            assert_eq!(found, expected, "{email} {title}");
        };
        check("ada@example.com", "Help", "It does not work.", &[]);
        check("", " ", "", &["email", "title", "message"]);
        check("ada", "Help", "?", &["email"]);
        check("ada@example.com", &"x".repeat(201), &"x".repeat(10_001), &["title", "message"]);
    }
}
