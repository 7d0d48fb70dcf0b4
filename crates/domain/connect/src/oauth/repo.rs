//! SQL of ways through consent pages.

use florin_crypto::KeyRing;
use florin_ids::{ConnectUserId, MemberId, OauthStateId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::{AuthStatus, OauthErrorReason, OauthState};
use crate::ConnectError;
use crate::codes::read_code;

/// The place that sealed values open at, with the row's id.
const CONSENT: &str = "connect_oauth_state.consent";
/// A user has never more of them on a page.
const LIST_MAX: u32 = 100;

/// A way with the page that embeds Connect and what the aggregator needs.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub state: OauthState,
    pub origin: Option<String>,
    consent: Option<Vec<u8>>,
}

impl Way {
    /// What the aggregator needs when the end user comes back.
    pub(super) fn consent(&self, keys: &KeyRing) -> Result<Vec<u8>, ConnectError> {
        let Some(sealed) = &self.consent else { return Ok(vec![]) };
        Ok(keys.open(CONSENT, self.state.id.uuid().as_bytes(), sealed)?)
    }
}

pub(super) fn insert(
    tx: &mut Tx,
    keys: &KeyRing,
    state: &OauthState,
    origin: Option<&str>,
    consent: &[u8],
) -> Result<(), StorageError> {
    let sealed = keys.seal(CONSENT, state.id.uuid().as_bytes(), consent);
    tx.execute(
        "INSERT INTO connect_oauth_state (tenant_id, id, user_id, outbound_member_id, inbound_member_id, auth_status, \
         error_reason, url, origin, consent, first_retrieved_at, expires_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, NULL, ?5, NULL, ?6, ?7, ?8, NULL, ?9, ?10, ?10)",
        params![
            state.tenant,
            state.id,
            state.user,
            state.outbound_member,
            state.auth_status.code(),
            state.url.as_str(),
            origin,
            sealed,
            state.expires_at,
            state.created_at
        ],
    )?;
    Ok(())
}

/// Writes what of a way changes; what the aggregator needed is forgotten with its end.
pub(super) fn update(tx: &mut Tx, state: &OauthState) -> Result<(), StorageError> {
    let is_open = state.auth_status == AuthStatus::Pending;
    tx.execute(
        "UPDATE connect_oauth_state SET inbound_member_id = ?3, auth_status = ?4, error_reason = ?5, \
         first_retrieved_at = ?6, updated_at = ?7, consent = CASE WHEN ?8 = 1 THEN consent ELSE NULL END \
         WHERE tenant_id = ?1 AND id = ?2",
        params![
            state.tenant,
            state.id,
            state.inbound_member,
            state.auth_status.code(),
            state.error_reason.map(OauthErrorReason::code),
            state.first_retrieved_at,
            state.updated_at,
            i64::from(is_open)
        ],
    )?;
    Ok(())
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: OauthStateId,
) -> Result<Option<Way>, StorageError> {
    let sql = "SELECT * FROM connect_oauth_state WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The way, which nobody else changes until the transaction ends.
pub(super) fn hold(
    tx: &mut Tx,
    tenant: TenantId,
    id: OauthStateId,
) -> Result<Option<Way>, StorageError> {
    let sql = "SELECT * FROM connect_oauth_state WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The member's newest way that is open.
pub(super) fn open_of(
    tx: &mut Tx,
    tenant: TenantId,
    member: MemberId,
    now: Timestamp,
) -> Result<Option<Way>, StorageError> {
    let sql = "SELECT * FROM connect_oauth_state WHERE tenant_id = ?1 AND outbound_member_id = ?2 AND auth_status = ?3 \
         AND expires_at > ?4 ORDER BY id DESC LIMIT 1";
    tx.query_opt(sql, params![tenant, member, AuthStatus::Pending.code(), now], read)
}

/// A user's ways, newest first.
pub(super) fn of_user(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
) -> Result<Vec<Way>, StorageError> {
    let sql = "SELECT * FROM connect_oauth_state WHERE tenant_id = ?1 AND user_id = ?2 ORDER BY id DESC LIMIT ?3";
    tx.query(sql, params![tenant, user, LIST_MAX], read)
}

fn read(row: &Row<'_>) -> Result<Way, StorageError> {
    let reason: Option<i64> = row.get("error_reason")?;
    Ok(Way {
        state: OauthState {
            id: row.get("id")?,
            tenant: row.get("tenant_id")?,
            user: row.get("user_id")?,
            outbound_member: row.get("outbound_member_id")?,
            inbound_member: row.get("inbound_member_id")?,
            auth_status: read_code(row, "auth_status", AuthStatus::from_code)?,
            error_reason: reason.and_then(OauthErrorReason::from_code),
            url: row.get("url")?,
            first_retrieved_at: row.get("first_retrieved_at")?,
            expires_at: row.get("expires_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        },
        origin: row.get("origin")?,
        consent: row.get("consent")?,
    })
}
