//! What wants a person's look.

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::Timestamp;

use crate::AchError;

/// Tells listeners of something that Florin cannot settle by itself.
pub(crate) fn alert_in(
    tx: &mut Tx,
    tenant: TenantId,
    resource: String,
    data: serde_json::Value,
    at: Timestamp,
) -> Result<(), AchError> {
    let event = NewEvent { kind: kinds::ACH_ALERT, resource, occurred_at: at, data };
    append_in(tx, tenant, &[event])?;
    Ok(())
}
