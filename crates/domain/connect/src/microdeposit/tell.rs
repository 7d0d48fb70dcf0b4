//! What listeners are told of microdeposits.

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::json;

use super::entity::Microdeposit;
use crate::ConnectError;

/// Tells of a microdeposit that was created or has another status.
pub(super) fn changed_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    it: &Microdeposit,
) -> Result<(), ConnectError> {
    let event = NewEvent {
        kind: kinds::CONNECT_MICRODEPOSIT_UPDATED,
        resource: format!("microdeposit:{}", it.id),
        occurred_at: at,
        data: json!({
            "guid": format!("MIC-{}", it.id),
            "user_guid": format!("USR-{}", it.user),
            "status": it.status.code(),
            "status_name": it.status.as_str(),
            "reason": it.reason,
            "external_account_id": it.external_account.map(|account| account.number()),
        }),
    };
    Ok(append_in(tx, tenant, &[event])?)
}
