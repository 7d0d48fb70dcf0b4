//! End user agreements, requisitions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{lenient, whole, words};

words! {
    /// A kind of data that an agreement covers.
    Scope {
        /// What is on the account.
        Balances = "balances",
        /// Number, owner, name.
        Details = "details",
        /// What came and went.
        Transactions = "transactions",
    }
}

words! {
    /// Where a requisition stands.
    RequisitionStatus {
        /// Made; nobody has followed the link.
        Created = "CR",
        /// The end user reads what they consent to.
        GivingConsent = "GC",
        /// The end user is with their bank.
        UndergoingAuthentication = "UA",
        /// The end user was not who they had to be, or had wrong credentials.
        Rejected = "RJ",
        /// The end user chooses accounts.
        SelectingAccounts = "SA",
        /// The bank grants access.
        GrantingAccess = "GA",
        /// Done: the accounts can be read.
        Linked = "LN",
        /// Suspended after too many failures.
        Suspended = "SU",
        /// The consent has run out.
        Expired = "EX",
        /// Not to be used any more (of the API's first version, still in its list).
        Error = "ER",
        /// Of the API's first version, still in its list.
        Identified = "ID",
    }
}

impl RequisitionStatus {
    /// Whether the end user is still on their way.
    pub const fn is_under_way(self) -> bool {
        matches!(
            self,
            Self::Created
                | Self::GivingConsent
                | Self::UndergoingAuthentication
                | Self::SelectingAccounts
                | Self::GrantingAccess
        )
    }
}

/// What an agreement is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewAgreement {
    /// The bank.
    pub institution_id: String,
    /// How many days back transactions are read; at most the bank's `transaction_total_days`.
    pub max_historical_days: u32,
    /// For how many days the consent holds; at most the bank's `max_access_valid_for_days`, 180 anywhere.
    pub access_valid_for_days: u32,
    /// What is read.
    pub access_scope: Vec<Scope>,
}

impl NewAgreement {
    /// To read everything of accounts at a bank.
    pub fn all(institution_id: &str, max_historical_days: u32, access_valid_for_days: u32) -> Self {
        Self {
            institution_id: institution_id.to_owned(),
            max_historical_days,
            access_valid_for_days,
            access_scope: Scope::ALL.to_vec(),
        }
    }
}

/// What an end user agrees to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Agreement {
    /// Its id.
    pub id: Uuid,
    /// The bank.
    #[serde(default, deserialize_with = "lenient")]
    pub institution_id: String,
    /// How many days back transactions are read.
    #[serde(default, deserialize_with = "whole")]
    pub max_historical_days: Option<u32>,
    /// For how many days it holds once it is accepted.
    #[serde(default, deserialize_with = "whole")]
    pub access_valid_for_days: Option<u32>,
    /// What is read.
    #[serde(default, deserialize_with = "lenient")]
    pub access_scope: Vec<Scope>,
    /// When the end user accepted it.
    #[serde(default, deserialize_with = "lenient")]
    pub accepted: Option<jiff::Timestamp>,
}

/// What a requisition is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRequisition {
    /// Where the end user comes back to, with `ref=` and perhaps `error=` and `details=` behind it.
    pub redirect: String,
    /// The bank.
    pub institution_id: String,
    /// The agreement; the provider's default of 90 days when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    /// Our name for it, unique within the provider's account; its own id when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The language of the provider's pages: two letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_language: Option<String>,
    /// Whether the end user chooses accounts on the provider's page.
    pub account_selection: bool,
}

/// A link at which an end user gives access to accounts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Requisition {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    #[serde(default)]
    pub status: RequisitionStatus,
    /// The bank.
    #[serde(default, deserialize_with = "lenient")]
    pub institution_id: String,
    /// Its agreement.
    #[serde(default, deserialize_with = "lenient")]
    pub agreement: Option<Uuid>,
    /// Our name for it, or its id.
    #[serde(default, deserialize_with = "lenient")]
    pub reference: String,
    /// The accounts, once it is linked. An id that is none is passed over.
    #[serde(default, deserialize_with = "ids")]
    pub accounts: Vec<Uuid>,
    /// Where the end user goes.
    #[serde(default, deserialize_with = "lenient")]
    pub link: String,
}

fn ids<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Uuid>, D::Error> {
    Ok(super::readable(deserializer)?.items)
}
