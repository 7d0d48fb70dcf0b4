//! Payouts: what the provider sends to the creditor's bank account, and the scenario simulators of its sandbox.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Created, Paging, Query, or_default, words};

words! {
    /// Where a payout stands.
    PayoutStatus {
        /// Not yet sent.
        Pending = "pending",
        /// Sent.
        Paid = "paid",
        /// It came back.
        Bounced = "bounced",
    }
}

/// Money sent to the creditor: payments that were collected, less what came back of earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payout {
    /// `PO...`.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Pence, after fees.
    pub amount: i64,
    /// Pence of fees.
    #[serde(default, deserialize_with = "or_default")]
    pub deducted_fees: i64,
    /// `GBP`.
    pub currency: String,
    /// The day on which the money is there.
    #[serde(default)]
    pub arrival_date: Option<Date>,
    /// On the creditor's bank statement.
    #[serde(default)]
    pub reference: Option<String>,
    /// Where it stands.
    pub status: PayoutStatus,
}

words! {
    /// What one line of a payout is.
    PayoutItemKind {
        /// A payment that was collected.
        PaymentPaidOut = "payment_paid_out",
        /// A late failure of a payment that was paid out before; negative.
        PaymentFailed = "payment_failed",
        /// A payment that was charged back after it was paid out; negative.
        PaymentChargedBack = "payment_charged_back",
        /// A refund of a payment; negative.
        PaymentRefunded = "payment_refunded",
        /// The provider's fee; negative.
        GocardlessFee = "gocardless_fee",
    }
}

/// One line of a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutItem {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: PayoutItemKind,
    /// Pence with one decimal, such as `4500.0`.
    pub amount: String,
    /// What it is about.
    #[serde(default, deserialize_with = "or_default")]
    pub links: PayoutItemLinks,
}

/// What a line of a payout is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutItemLinks {
    /// `PM...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
}

/// Which payouts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PayoutFilter {
    /// Which page.
    pub paging: Paging,
    /// Made when.
    pub created_at: Created,
}

impl PayoutFilter {
    pub(crate) fn query(&self) -> Query {
        let mut query = Query::new();
        self.paging.put(&mut query);
        self.created_at.put(&mut query);
        query
    }
}

words! {
    /// What the provider's sandbox can make happen at once.
    Scenario {
        /// A mandate is submitted and accepted.
        MandateActivated = "mandate_activated",
        /// A mandate is submitted and refused.
        MandateFailed = "mandate_failed",
        /// A mandate is accepted and expires.
        MandateExpired = "mandate_expired",
        /// A mandate is accepted and moves to another bank.
        MandateTransferred = "mandate_transferred",
        /// A payment is submitted.
        PaymentSubmitted = "payment_submitted",
        /// A payment is collected.
        PaymentConfirmed = "payment_confirmed",
        /// A payment is collected and paid out.
        PaymentPaidOut = "payment_paid_out",
        /// A payment is not collected.
        PaymentFailed = "payment_failed",
        /// A payment is collected, paid out and charged back.
        PaymentChargedBack = "payment_charged_back",
        /// A payment is collected and paid out, and has failed after all.
        PaymentLateFailure = "payment_late_failure",
        /// The charge-back of a payment is given up. Our simulator's own: the provider's sandbox has none.
        PaymentChargebackCancelled = "payment_chargeback_cancelled",
    }
}
