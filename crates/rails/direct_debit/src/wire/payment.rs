//! Payments.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Created, Metadata, Paging, Query, or_default, put, words};

words! {
    /// Where a payment stands.
    PaymentStatus {
        /// The payer has still to approve it.
        PendingCustomerApproval = "pending_customer_approval",
        /// Not yet with the bank.
        PendingSubmission = "pending_submission",
        /// With the bank.
        Submitted = "submitted",
        /// Collected.
        Confirmed = "confirmed",
        /// Part of a payout to the creditor.
        PaidOut = "paid_out",
        /// Taken back before it was submitted.
        Cancelled = "cancelled",
        /// The payer did not approve.
        CustomerApprovalDenied = "customer_approval_denied",
        /// Not collected, or returned soon after.
        Failed = "failed",
        /// The payer had it back from their bank.
        ChargedBack = "charged_back",
    }
}

/// What a payment is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPayment {
    /// Pence.
    pub amount: i64,
    /// `GBP`.
    pub currency: String,
    /// The day on which it is to be collected; as early as possible when left out. The provider moves a day without
    /// settlement to the next one with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge_date: Option<Date>,
    /// For people; the payer sees it in the announcement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// On the payer's bank statement, at most 10 characters for Bacs; few organisations may set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether the provider tries again by itself. We don't ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_if_possible: Option<bool>,
    /// Our own texts.
    #[serde(default, skip_serializing_if = "Metadata::is_empty", deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Over which mandate.
    pub links: NewPaymentLinks,
}

/// Over which mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPaymentLinks {
    /// `MD...`.
    pub mandate: String,
}

impl NewPayment {
    /// `pence` in pounds over a mandate, as early as possible.
    pub fn pounds(pence: i64, mandate: &str) -> Self {
        Self {
            amount: pence,
            currency: "GBP".to_owned(),
            charge_date: None,
            description: None,
            reference: None,
            retry_if_possible: None,
            metadata: Metadata::new(),
            links: NewPaymentLinks { mandate: mandate.to_owned() },
        }
    }
}

/// One collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// `PM...`.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The day on which it is collected.
    #[serde(default)]
    pub charge_date: Option<Date>,
    /// Pence.
    pub amount: i64,
    /// Pence given back by refunds.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_refunded: i64,
    /// `GBP`.
    pub currency: String,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// On the payer's bank statement.
    #[serde(default)]
    pub reference: Option<String>,
    /// `bacs`.
    #[serde(default)]
    pub scheme: Option<String>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Whether the provider tries again by itself.
    #[serde(default, deserialize_with = "or_default")]
    pub retry_if_possible: bool,
    /// Our own texts.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// What belongs to it.
    #[serde(default, deserialize_with = "or_default")]
    pub links: PaymentLinks,
}

/// What belongs to a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLinks {
    /// `MD...`.
    #[serde(default, deserialize_with = "or_default")]
    pub mandate: String,
    /// `CR...`.
    #[serde(default, deserialize_with = "or_default")]
    pub creditor: String,
    /// `PO...`, once it is paid out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payout: Option<String>,
}

/// Which payments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaymentFilter {
    /// Which page.
    pub paging: Paging,
    /// Made when.
    pub created_at: Created,
    /// Collected on this day or later.
    pub charge_date_from: Option<Date>,
    /// Collected on this day or earlier.
    pub charge_date_to: Option<Date>,
    /// Over this mandate.
    pub mandate: Option<String>,
    /// From this customer.
    pub customer: Option<String>,
    /// In this state.
    pub status: Option<PaymentStatus>,
}

impl PaymentFilter {
    pub(crate) fn query(&self) -> Query {
        let mut query = Query::new();
        self.paging.put(&mut query);
        self.created_at.put(&mut query);
        put(&mut query, "charge_date[gte]", self.charge_date_from);
        put(&mut query, "charge_date[lte]", self.charge_date_to);
        put(&mut query, "mandate", self.mandate.as_ref());
        put(&mut query, "customer", self.customer.as_ref());
        put(&mut query, "status", self.status);
        query
    }
}
