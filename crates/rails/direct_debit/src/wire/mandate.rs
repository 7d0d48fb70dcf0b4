//! Mandates.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Created, Metadata, Paging, Query, or_default, put, words};

words! {
    /// Where a mandate stands.
    MandateStatus {
        /// Somebody else has still to sign.
        PendingCustomerApproval = "pending_customer_approval",
        /// Not yet with the bank.
        PendingSubmission = "pending_submission",
        /// With the bank, which has not answered.
        Submitted = "submitted",
        /// Money can be collected.
        Active = "active",
        /// Put off by the payer.
        SuspendedByPayer = "suspended_by_payer",
        /// The bank refused it.
        Failed = "failed",
        /// Ended by the payer, their bank or the creditor.
        Cancelled = "cancelled",
        /// Ended because nothing was collected for 13 months.
        Expired = "expired",
        /// Used up.
        Consumed = "consumed",
        /// The provider does not allow it.
        Blocked = "blocked",
    }
}

impl MandateStatus {
    /// Whether payments can be created against it.
    pub const fn takes_payments(self) -> bool {
        matches!(
            self,
            Self::PendingCustomerApproval
                | Self::PendingSubmission
                | Self::Submitted
                | Self::Active
        )
    }
}

/// A payer's leave to collect from their account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mandate {
    /// `MD...`.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What stands on the payer's bank statement.
    #[serde(default)]
    pub reference: Option<String>,
    /// Where it stands.
    pub status: MandateStatus,
    /// `bacs`.
    #[serde(default, deserialize_with = "or_default")]
    pub scheme: String,
    /// The earliest day on which a payment that is created now can be charged; `None` when none can.
    #[serde(default)]
    pub next_possible_charge_date: Option<Date>,
    /// Whether every payment has to be approved.
    #[serde(default, deserialize_with = "or_default")]
    pub payments_require_approval: bool,
    /// Our own texts.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Who and what belongs to it.
    #[serde(default, deserialize_with = "or_default")]
    pub links: MandateLinks,
}

/// Who and what belongs to a mandate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateLinks {
    /// `CR...`.
    #[serde(default, deserialize_with = "or_default")]
    pub creditor: String,
    /// `CU...`.
    #[serde(default, deserialize_with = "or_default")]
    pub customer: String,
    /// `BA...`.
    #[serde(default, deserialize_with = "or_default")]
    pub customer_bank_account: String,
    /// The mandate that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_mandate: Option<String>,
}

/// Which mandates.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MandateFilter {
    /// Which page.
    pub paging: Paging,
    /// Made when.
    pub created_at: Created,
    /// Of this customer.
    pub customer: Option<String>,
    /// On this account.
    pub customer_bank_account: Option<String>,
    /// In one of these states; empty: any.
    pub status: Vec<MandateStatus>,
}

impl MandateFilter {
    pub(crate) fn query(&self) -> Query {
        let mut query = Query::new();
        self.paging.put(&mut query);
        self.created_at.put(&mut query);
        put(&mut query, "customer", self.customer.as_ref());
        put(&mut query, "customer_bank_account", self.customer_bank_account.as_ref());
        let states: Vec<&str> = self.status.iter().map(|status| status.as_str()).collect();
        put(&mut query, "status", (!states.is_empty()).then(|| states.join(",")));
        query
    }
}
