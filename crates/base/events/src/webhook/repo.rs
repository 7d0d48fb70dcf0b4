use florin_ids::{DeliveryId, TenantId, WebhookEndpointId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::{Delivery, Endpoint};

const ENDPOINT: &str = "id, url, events, enabled, created_at, previous_until";
const DELIVERY: &str = "id, event_seq, event_id, event_kind, attempt, status_code, duration_ms, \
     error, attempted_at, next_attempt_at";

pub(super) fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: &Endpoint,
    secret: &[u8],
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO webhook_endpoint (tenant_id, id, url, events, secret, enabled, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tenant,
            endpoint.id,
            endpoint.url.as_str(),
            endpoint.events.join(" "),
            secret.to_vec(),
            endpoint.enabled,
            endpoint.created_at
        ],
    )?;
    Ok(())
}

/// In order of creation.
pub(super) fn list(
    tx: &mut Tx,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<Endpoint>, StorageError> {
    let sql = format!(
        "SELECT {ENDPOINT} FROM webhook_endpoint WHERE tenant_id = ?1 ORDER BY id LIMIT ?2"
    );
    tx.query(&sql, params![tenant, limit], read_endpoint)
}

pub(super) fn find(
    tx: &mut Tx,
    tenant: TenantId,
    id: WebhookEndpointId,
) -> Result<Option<Endpoint>, StorageError> {
    let sql = format!("SELECT {ENDPOINT} FROM webhook_endpoint WHERE tenant_id = ?1 AND id = ?2");
    tx.query_opt(&sql, params![tenant, id], read_endpoint)
}

/// The stored secrets of an endpoint.
pub(super) struct Secrets {
    pub(super) current: Vec<u8>,
    pub(super) previous: Option<Vec<u8>>,
    pub(super) previous_until: Option<Timestamp>,
}

pub(super) fn find_secrets(
    tx: &mut Tx,
    tenant: TenantId,
    id: WebhookEndpointId,
) -> Result<Option<Secrets>, StorageError> {
    tx.query_opt(
        "SELECT secret, previous_secret, previous_until FROM webhook_endpoint \
         WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
        |row| {
            Ok(Secrets {
                current: row.get("secret")?,
                previous: row.get("previous_secret")?,
                previous_until: row.get("previous_until")?,
            })
        },
    )
}

/// The secret that was current signs on beside the new one.
pub(super) fn rotate_secret(
    tx: &mut Tx,
    tenant: TenantId,
    id: WebhookEndpointId,
    secret: &[u8],
    previous_until: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE webhook_endpoint SET previous_secret = secret, previous_until = ?4, secret = ?3 \
         WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id, secret.to_vec(), previous_until],
    )
}

pub(super) fn disable(
    tx: &mut Tx,
    tenant: TenantId,
    id: WebhookEndpointId,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE webhook_endpoint SET enabled = 0 WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id],
    )
}

/// The endpoint and what is remembered of its deliveries.
pub(super) fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    id: WebhookEndpointId,
) -> Result<u64, StorageError> {
    tx.execute(
        "DELETE FROM webhook_delivery WHERE tenant_id = ?1 AND endpoint_id = ?2",
        params![tenant, id],
    )?;
    tx.execute("DELETE FROM webhook_endpoint WHERE tenant_id = ?1 AND id = ?2", params![tenant, id])
}

pub(super) fn insert_delivery(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    delivery: &Delivery,
) -> Result<(), StorageError> {
    tx.execute(
        "INSERT INTO webhook_delivery (tenant_id, endpoint_id, id, event_seq, event_id, \
         event_kind, attempt, status_code, duration_ms, error, attempted_at, next_attempt_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            tenant,
            endpoint,
            delivery.id,
            delivery.event_seq,
            delivery.event_id,
            delivery.event_kind.as_str(),
            delivery.attempt,
            delivery.status_code,
            delivery.duration_ms,
            delivery.error.clone(),
            delivery.attempted_at,
            delivery.next_attempt_at
        ],
    )?;
    Ok(())
}

/// The latest attempts first; `before` is where the previous page ended.
pub(super) fn list_deliveries(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    before: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>, StorageError> {
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery WHERE tenant_id = ?1 AND endpoint_id = ?2 \
         AND id < ?3 ORDER BY id DESC LIMIT ?4"
    );
    tx.query(&sql, params![tenant, endpoint, before, limit], read_delivery)
}

pub(super) fn find_delivery(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    id: DeliveryId,
) -> Result<Option<Delivery>, StorageError> {
    let sql = format!(
        "SELECT {DELIVERY} FROM webhook_delivery \
         WHERE tenant_id = ?1 AND endpoint_id = ?2 AND id = ?3"
    );
    tx.query_opt(&sql, params![tenant, endpoint, id], read_delivery)
}

fn read_endpoint(row: &Row) -> Result<Endpoint, StorageError> {
    let events: String = row.get("events")?;
    Ok(Endpoint {
        id: row.get("id")?,
        url: row.get("url")?,
        events: events.split_whitespace().map(str::to_owned).collect(),
        enabled: row.get("enabled")?,
        created_at: row.get("created_at")?,
        previous_until: row.get("previous_until")?,
    })
}

fn read_delivery(row: &Row) -> Result<Delivery, StorageError> {
    let attempt: i64 = row.get("attempt")?;
    let status_code: Option<i64> = row.get("status_code")?;
    Ok(Delivery {
        id: row.get("id")?,
        event_seq: row.get("event_seq")?,
        event_id: row.get("event_id")?,
        event_kind: row.get("event_kind")?,
        attempt: u32::try_from(attempt).unwrap_or(u32::MAX),
        status_code: status_code.and_then(|code| u32::try_from(code).ok()),
        duration_ms: row.get("duration_ms")?,
        error: row.get("error")?,
        attempted_at: row.get("attempted_at")?,
        next_attempt_at: row.get("next_attempt_at")?,
    })
}
