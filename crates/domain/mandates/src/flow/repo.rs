//! SQL of mandate flows. The details that end users give are sealed here on the way in and opened on the way out.

use florin_crypto::KeyRing;
use florin_ids::{MandateFlowId, TenantId};
use florin_storage::{Field, Kind, ListQuery, Page, Row, StorageError, Tx, params};

use super::details::PayerDetails;
use super::entity::{FlowState, MandateFlow};
use crate::MandatesError;
use crate::provider_account::Pages;
use crate::words::WORD;

/// The fields that flows can be filtered and ordered by.
pub const FIELDS: &[Field] = &[
    Field { name: "id", column: "id", kind: Kind::Uuid },
    Field { name: "end_user", column: "end_user_id", kind: Kind::Uuid },
    Field { name: "state", column: "state", kind: Kind::Text },
    Field { name: "mandate", column: "mandate_id", kind: Kind::Uuid },
    Field { name: "created_at", column: "created_at", kind: Kind::Timestamp },
];

const LIST: &str = "SELECT * FROM mandate_flow WHERE tenant_id = ?1";
/// The place that sealed details open at, with the row's id.
const DETAILS_CONTEXT: &str = "mandate_flow.details";

pub(super) fn insert(
    tx: &mut Tx,
    flow: &MandateFlow,
    token_hash: [u8; 32],
) -> Result<(), StorageError> {
    let prefilled = serde_json::to_string(&flow.prefilled).unwrap_or_default();
    tx.execute(
        "INSERT INTO mandate_flow (tenant_id, id, account_id, token_hash, end_user_id, success_url, failure_url, \
         prefilled, pages, state, submissions, details, reason, billing_request, authorisation_url, mandate_id, \
         expires_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, NULL, '', NULL, NULL, NULL, ?11, ?12, ?12)",
        params![
            flow.tenant,
            flow.id,
            flow.account,
            token_hash,
            flow.end_user,
            flow.success_url.as_str(),
            flow.failure_url.as_str(),
            prefilled,
            flow.pages.as_str(),
            flow.state.as_str(),
            flow.expires_at,
            flow.created_at
        ],
    )?;
    Ok(())
}

/// Writes what of a flow changes. The details that it has are left alone.
pub(super) fn update(tx: &mut Tx, flow: &MandateFlow) -> Result<(), StorageError> {
    tx.execute(
        "UPDATE mandate_flow SET state = ?3, submissions = ?4, reason = ?5, billing_request = ?6, \
         authorisation_url = ?7, mandate_id = ?8, updated_at = ?9 WHERE tenant_id = ?1 AND id = ?2",
        params![
            flow.tenant,
            flow.id,
            flow.state.as_str(),
            flow.submissions,
            flow.reason.as_str(),
            flow.billing_request.as_deref(),
            flow.authorisation_url.as_deref(),
            flow.mandate,
            flow.updated_at
        ],
    )?;
    Ok(())
}

/// Keeps the details for the provider, sealed.
pub(super) fn keep_details(
    tx: &mut Tx,
    keys: &KeyRing,
    flow: &MandateFlow,
    details: &PayerDetails,
) -> Result<(), StorageError> {
    let plain = serde_json::to_vec(details).unwrap_or_default();
    let sealed = keys.seal(DETAILS_CONTEXT, flow.id.uuid().as_bytes(), &plain);
    let sql = "UPDATE mandate_flow SET details = ?3 WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![flow.tenant, flow.id, sealed])?;
    Ok(())
}

/// Forgets the details: the provider has them, or has refused them.
pub(super) fn forget_details(tx: &mut Tx, flow: &MandateFlow) -> Result<(), StorageError> {
    let sql = "UPDATE mandate_flow SET details = NULL WHERE tenant_id = ?1 AND id = ?2";
    tx.execute(sql, params![flow.tenant, flow.id])?;
    Ok(())
}

/// The details that were kept, if there are any.
pub(super) fn details(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    id: MandateFlowId,
) -> Result<Option<PayerDetails>, MandatesError> {
    let sql = "SELECT details FROM mandate_flow WHERE tenant_id = ?1 AND id = ?2";
    let sealed =
        tx.query_opt(sql, params![tenant, id], |row| row.get::<Option<Vec<u8>>>("details"))?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let plain = keys.open(DETAILS_CONTEXT, id.uuid().as_bytes(), &sealed)?;
    serde_json::from_slice(&plain).map(Some).map_err(|_| MandatesError::BadSeal)
}

pub(super) fn get(
    tx: &mut Tx,
    tenant: TenantId,
    id: MandateFlowId,
) -> Result<Option<MandateFlow>, StorageError> {
    let sql = "SELECT * FROM mandate_flow WHERE tenant_id = ?1 AND id = ?2";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The flow, which nobody else can change until the transaction ends.
pub(super) fn get_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    id: MandateFlowId,
) -> Result<Option<MandateFlow>, StorageError> {
    let sql = "SELECT * FROM mandate_flow WHERE tenant_id = ?1 AND id = ?2 FOR UPDATE";
    tx.query_opt(sql, params![tenant, id], read)
}

/// The flow that a token opens, whoever's it is.
pub(super) fn by_token(
    tx: &mut Tx,
    token_hash: [u8; 32],
) -> Result<Option<MandateFlow>, StorageError> {
    tx.query_opt("SELECT * FROM mandate_flow WHERE token_hash = ?1", params![token_hash], read)
}

/// The flow of a billing request.
pub(super) fn by_billing_request(
    tx: &mut Tx,
    tenant: TenantId,
    reference: &str,
) -> Result<Option<MandateFlow>, StorageError> {
    let sql = "SELECT * FROM mandate_flow WHERE tenant_id = ?1 AND billing_request = ?2 ORDER BY id LIMIT 1";
    tx.query_opt(sql, params![tenant, reference], read)
}

/// Flows whose details are on their way to the provider.
pub(super) fn submitted(
    tx: &mut Tx,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<MandateFlow>, StorageError> {
    let sql = "SELECT * FROM mandate_flow WHERE tenant_id = ?1 AND state = 'submitted' ORDER BY id LIMIT ?2";
    tx.query(sql, params![tenant, limit], read)
}

pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    query: &ListQuery,
) -> Result<Page<MandateFlow>, StorageError> {
    tx.list(LIST, params![tenant], query, read)
}

fn read(row: &Row<'_>) -> Result<MandateFlow, StorageError> {
    let prefilled: String = row.get("prefilled")?;
    Ok(MandateFlow {
        id: row.get("id")?,
        tenant: row.get("tenant_id")?,
        account: row.get("account_id")?,
        end_user: row.get("end_user_id")?,
        success_url: row.get("success_url")?,
        failure_url: row.get("failure_url")?,
        // Written by `insert`; a hand-edited row leaves the page empty.
        prefilled: serde_json::from_str(&prefilled).unwrap_or_default(),
        pages: row.parse("pages", WORD, Pages::parse)?,
        state: row.parse("state", WORD, FlowState::parse)?,
        submissions: row.get("submissions")?,
        reason: row.get("reason")?,
        billing_request: row.get("billing_request")?,
        authorisation_url: row.get("authorisation_url")?,
        mandate: row.get("mandate_id")?,
        expires_at: row.get("expires_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
