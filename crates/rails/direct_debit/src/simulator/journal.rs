//! What the journal holds.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::outcome::Odds;
use super::page::Form;
use super::request::ApiRequest;

/// A command to an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The organisation's key.
    pub org: String,
    /// The real time.
    pub at: Timestamp,
    /// What is commanded.
    #[serde(rename = "do")]
    pub command: Command,
}

/// What can change an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Command {
    /// A request of the provider's API.
    Request(ApiRequest),
    /// The clock is moved.
    Clock { date: Date },
    /// Webhooks go there from now on.
    Webhook { url: Option<String>, secret: String },
    /// The odds are these from now on.
    Outcomes(Odds),
    /// A payer has sent the form of a flow.
    Form { flow: String, form: Form },
    /// So many events were sent by webhook, or passed over.
    Delivered { to: usize },
}
