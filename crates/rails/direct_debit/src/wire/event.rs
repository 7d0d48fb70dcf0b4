//! Events: what the provider tells of by webhook and in its list of events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Created, Metadata, Paging, Query, or_default, put, words};

words! {
    /// What an event is about.
    ResourceType {
        /// A billing request.
        BillingRequests = "billing_requests",
        /// A creditor.
        Creditors = "creditors",
        /// A mandate.
        Mandates = "mandates",
        /// A payment.
        Payments = "payments",
        /// A payout.
        Payouts = "payouts",
        /// A refund.
        Refunds = "refunds",
        /// A subscription.
        Subscriptions = "subscriptions",
    }
}

/// Something that has happened at the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `EV...`: the same event is told again with the same id.
    pub id: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// What it is about.
    pub resource_type: ResourceType,
    /// What has happened: see [`crate::states`].
    pub action: String,
    /// Why.
    #[serde(default, deserialize_with = "or_default")]
    pub details: EventDetails,
    /// What the caller of the action gave with it.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// The metadata of what it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub resource_metadata: Metadata,
    /// What it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub links: EventLinks,
}

/// Why something has happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDetails {
    /// Who was the cause: `bank`, `gocardless`, `api`, `customer` or `payer`.
    #[serde(default, deserialize_with = "or_default")]
    pub origin: String,
    /// One word, such as `insufficient_funds`, `refer_to_payer`, `bank_account_closed`, `authorisation_disputed`.
    #[serde(default, deserialize_with = "or_default")]
    pub cause: String,
    /// For people.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// `bacs`, when the scheme was the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The scheme's code, such as `ARUDD-0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Of a failed payment: whether the provider tries again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub will_attempt_retry: Option<bool>,
}

/// What an event is about: which of them are set depends on the event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventLinks {
    /// `BRQ...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_request: Option<String>,
    /// `BRF...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_request_flow: Option<String>,
    /// `CR...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor: Option<String>,
    /// `CU...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// `BA...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_bank_account: Option<String>,
    /// `MD...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
    /// `MD...` made by the billing request that the event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandate_request_mandate: Option<String>,
    /// The account after a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_customer_bank_account: Option<String>,
    /// The mandate that took the place of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_mandate: Option<String>,
    /// `OR...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The event that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_event: Option<String>,
    /// `PM...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// `PO...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout: Option<String>,
    /// The account before a transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_customer_bank_account: Option<String>,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventFilter {
    /// Which page.
    pub paging: Paging,
    /// Happened when.
    pub created_at: Created,
    /// About things of this kind.
    pub resource_type: Option<ResourceType>,
    /// With this action; needs the kind.
    pub action: Option<String>,
    /// About this payment.
    pub payment: Option<String>,
    /// About this mandate.
    pub mandate: Option<String>,
    /// About this billing request.
    pub billing_request: Option<String>,
}

impl EventFilter {
    pub(crate) fn query(&self) -> Query {
        let mut query = Query::new();
        self.paging.put(&mut query);
        self.created_at.put(&mut query);
        put(&mut query, "resource_type", self.resource_type);
        put(&mut query, "action", self.action.as_ref());
        put(&mut query, "payment", self.payment.as_ref());
        put(&mut query, "mandate", self.mandate.as_ref());
        put(&mut query, "billing_request", self.billing_request.as_ref());
        query
    }
}
