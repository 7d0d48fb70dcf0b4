//! What listeners are told of consents.

use std::collections::BTreeSet;

use florin_events::{NewEvent, append_in, kinds};
use florin_ids::TenantId;
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::json;

use super::entity::{Consent, Purpose, Revocation};
use crate::ConnectError;

fn words(purposes: &BTreeSet<Purpose>) -> Vec<&'static str> {
    purposes.iter().map(|purpose| purpose.as_str()).collect()
}

pub(super) fn given_in(
    tx: &mut Tx,
    tenant: TenantId,
    consent: &Consent,
) -> Result<(), ConnectError> {
    let event = NewEvent {
        kind: kinds::CONNECT_CONSENT_GIVEN,
        resource: format!("connect_user:{}", consent.user),
        occurred_at: consent.given_at,
        data: json!({
            "id": consent.id.to_string(),
            "user_guid": format!("USR-{}", consent.user),
            "text_version": consent.text_version,
            "purposes": words(&consent.purposes),
        }),
    };
    Ok(append_in(tx, tenant, &[event])?)
}

pub(super) fn revoked_in(
    tx: &mut Tx,
    tenant: TenantId,
    at: Timestamp,
    consent: &Consent,
    did: &Revocation,
) -> Result<(), ConnectError> {
    let event = NewEvent {
        kind: kinds::CONNECT_CONSENT_REVOKED,
        resource: format!("connect_user:{}", consent.user),
        occurred_at: at,
        data: json!({
            "id": consent.id.to_string(),
            "user_guid": format!("USR-{}", consent.user),
            "purposes": words(&consent.purposes),
            "no_longer_allowed": words(&did.no_longer_allowed),
            "revoked_by": consent.revoked.map(|(_, by)| by.as_str()),
        }),
    };
    Ok(append_in(tx, tenant, &[event])?)
}
