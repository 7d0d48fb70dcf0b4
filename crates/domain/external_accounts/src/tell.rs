//! What listeners are told.

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::ExternalAccountsError;
use crate::account::{AccountKind, ExternalAccount};
use crate::bank::BankDigits;
use crate::transfer::Transfer;

/// Tells of an account that was added or has changed.
pub(crate) fn account_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    account: &ExternalAccount,
) -> Result<(), ExternalAccountsError> {
    let event = NewEvent {
        kind: kinds::EXTERNAL_ACCOUNT_UPDATED,
        resource: format!("external_account:{}", account.id),
        occurred_at: at,
        data: account_data(account),
    };
    Ok(append_in(tx, tenant, &[event])?)
}

/// Tells what a notification of change has corrected, under the names that the original's event has; numbers are
/// masked.
pub(crate) fn correction_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    before: &ExternalAccount,
    after: &ExternalAccount,
) -> Result<(), ExternalAccountsError> {
    let masked = |digits: &Option<BankDigits>| digits.as_ref().map(BankDigits::masked);
    let changed = |before: &Option<BankDigits>, after: &Option<BankDigits>| {
        masked(after).filter(|_| before != after)
    };
    let event = NewEvent {
        kind: kinds::EXTERNAL_ACCOUNT_CORRECTED,
        resource: format!("external_account:{}", after.id),
        occurred_at: at,
        data: json!({
            "externalAccountId": after.id.number(),
            "customerId": after.customer.number(),
            "nocCode": after.noc_code,
            "createdDate": at.to_string(),
            "newAccountNumber": changed(&before.account_number, &after.account_number),
            "newRoutingNumber": changed(&before.routing_number, &after.routing_number),
            "newType": Some(after.kind).filter(|kind| *kind != before.kind).map(AccountKind::as_str),
            "originalAccountNumber": masked(&before.account_number),
            "originalRoutingNumber": masked(&before.routing_number),
            "originalAccountType": before.kind.as_str(),
        }),
    };
    Ok(append_in(tx, tenant, &[event])?)
}

/// Tells of transfers that were made or have changed.
pub(crate) fn transfers_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    transfers: &[&Transfer],
) -> Result<(), ExternalAccountsError> {
    let event = |transfer: &&Transfer| NewEvent {
        kind: kinds::TRANSFER_UPDATED,
        resource: format!("transfer:{}", transfer.id),
        occurred_at: at,
        data: transfer_data(transfer),
    };
    let events: Vec<NewEvent> = transfers.iter().map(event).collect();
    Ok(append_in(tx, tenant, &events)?)
}

fn account_data(account: &ExternalAccount) -> Json {
    json!({
        "externalAccountId": account.id.number(),
        "customerId": account.customer.number(),
        "tag": account.tag,
        "type": account.kind.as_str(),
        "status": account.status.as_str(),
        "statusDate": account.status_at.to_string(),
        "isLocked": account.is_locked(),
        "lockedReason": account.locked_reason,
        "debitsRefused": account.debits_refused,
        "nocCode": account.noc_code,
    })
}

fn transfer_data(transfer: &Transfer) -> Json {
    json!({
        "transactionId": transfer.id.number(),
        "customerId": transfer.customer.number(),
        "fromId": transfer.from().number(),
        "toId": transfer.to().number(),
        "tag": transfer.tag,
        "amount": transfer.amount.to_string(),
        "status": transfer.status.as_str(),
        "returnCode": transfer.return_code,
        "isCredit": transfer.is_credit(),
    })
}
