//! What listeners are told of members.

use florin_events::{NewEvent, append_in, kinds};
use florin_storage::Tx;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::entity::{ConnectionStatus, Member};
use crate::ConnectError;
use crate::job::ConnectJob;

fn event(kind: &'static str, member: &Member, at: Timestamp, more: Json) -> NewEvent {
    let mut data = json!({
        "member_guid": format!("MBR-{}", member.id),
        "user_guid": format!("USR-{}", member.user),
        "user_id": member.partner_user_id,
        "institution_guid": format!("INS-{}", member.institution),
        "institution_code": member.institution_code,
        "connection_status": member.status.code(),
        "connection_status_name": member.status.as_str(),
    });
    if let (Json::Object(data), Json::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    NewEvent { kind, resource: format!("connect_member:{}", member.id), occurred_at: at, data }
}

pub(crate) fn created_in(tx: &mut Tx, member: &Member, at: Timestamp) -> Result<(), ConnectError> {
    let event = event(kinds::CONNECT_MEMBER_CREATED, member, at, Json::Null);
    Ok(append_in(tx, member.tenant, &[event])?)
}

pub(crate) fn deleted_in(tx: &mut Tx, member: &Member, at: Timestamp) -> Result<(), ConnectError> {
    let event = event(kinds::CONNECT_MEMBER_DELETED, member, at, Json::Null);
    Ok(append_in(tx, member.tenant, &[event])?)
}

/// Tells of another status than `before`, and of a job that has read what it was to read.
pub(crate) fn changed_in(
    tx: &mut Tx,
    member: &Member,
    before: ConnectionStatus,
    done: Option<&ConnectJob>,
    at: Timestamp,
) -> Result<(), ConnectError> {
    let mut events = Vec::new();
    if member.status != before {
        let more = json!({
            "previous_connection_status": before.code(),
            "previous_connection_status_name": before.as_str(),
            "error_code": member.error.as_ref().map(|error| error.code.code()),
        });
        events.push(event(kinds::CONNECT_MEMBER_STATUS_CHANGED, member, at, more));
    }
    if let Some(job) = done {
        let more = json!({
            "job_guid": format!("JOB-{}", job.id),
            "job_type": job.job_type.code(),
            "is_background": job.is_background,
        });
        events.push(event(kinds::CONNECT_DATA_READY, member, at, more));
    }
    Ok(append_in(tx, member.tenant, &events)?)
}
