//! What listeners are told of shared accounts.

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::json;

use super::Share;
use crate::ConnectError;

/// Tells of a linked account that is an external account now.
pub(super) fn shared_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    share: &Share,
) -> Result<(), ConnectError> {
    let event = NewEvent {
        kind: kinds::CONNECT_ACCOUNT_SHARED,
        resource: format!("connect_account:{}", share.account),
        occurred_at: at,
        data: json!({
            "account_guid": format!("ACC-{}", share.account),
            "user_guid": format!("USR-{}", share.user),
            "external_account_id": share.external_account.number(),
            "customer_id": share.customer.number(),
        }),
    };
    Ok(append_in(tx, tenant, &[event])?)
}
