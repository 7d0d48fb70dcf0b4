//! What the journal holds.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::state::{AgreementRow, RequisitionRow};

/// A change of an organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// The organisation's key.
    pub org: String,
    /// What changed.
    pub change: Change,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// The organisation is made, with the hash of its key.
    Secret(String),
    /// An agreement is there, or is different.
    Agreement(AgreementRow),
    /// A requisition is there, or is different.
    Requisition(RequisitionRow),
    /// An agreement is deleted.
    NoAgreement(Uuid),
    /// A requisition is deleted.
    NoRequisition(Uuid),
}
