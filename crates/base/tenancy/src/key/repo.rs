use florin_ids::{ApiKeyId, TenantId};
use florin_storage::{Row, StorageError, Tx, params};
use jiff::Timestamp;

use super::entity::{ApiKey, Network, Surface};

const COLUMNS: &str = "tenant_id, id, surface, display_prefix, last_four, scopes, \
     allowed_networks, created_at, revoked_at";

pub(super) fn insert(tx: &mut Tx, key: &ApiKey, hash: &[u8; 32]) -> Result<(), StorageError> {
    let networks: Vec<String> = key.allowed_networks.iter().map(Network::to_string).collect();
    tx.execute(
        "INSERT INTO api_key (tenant_id, id, surface, credential_hash, display_prefix, last_four, \
         scopes, allowed_networks, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            key.tenant,
            key.id,
            key.surface.as_str(),
            hash.to_vec(),
            key.display_prefix.as_str(),
            key.last_four.as_str(),
            key.scopes.join(" "),
            networks.join(" "),
            key.created_at
        ],
    )?;
    Ok(())
}

/// The unrevoked key behind a presented credential, whoever's it is.
pub(crate) fn find_by_hash(tx: &mut Tx, hash: &[u8; 32]) -> Result<Option<ApiKey>, StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM api_key WHERE credential_hash = ?1 AND revoked_at IS NULL");
    tx.query_opt(&sql, params![hash.to_vec()], read)
}

pub(super) fn list(tx: &mut Tx, tenant: TenantId, limit: u32) -> Result<Vec<ApiKey>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM api_key WHERE tenant_id = ?1 ORDER BY id LIMIT ?2");
    tx.query(&sql, params![tenant, limit], read)
}

pub(super) fn count_active(tx: &mut Tx, tenant: TenantId) -> Result<i64, StorageError> {
    tx.query_one(
        "SELECT COUNT(*) AS keys FROM api_key WHERE tenant_id = ?1 AND revoked_at IS NULL",
        params![tenant],
        |row| row.get("keys"),
    )
}

/// Rows touched; a key that is already revoked keeps its first date.
pub(super) fn revoke(
    tx: &mut Tx,
    tenant: TenantId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    tx.execute(
        "UPDATE api_key SET revoked_at = COALESCE(revoked_at, ?3) \
         WHERE tenant_id = ?1 AND id = ?2",
        params![tenant, id, now],
    )
}

fn read(row: &Row) -> Result<ApiKey, StorageError> {
    let scopes: String = row.get("scopes")?;
    Ok(ApiKey {
        tenant: row.get("tenant_id")?,
        id: row.get("id")?,
        surface: row.parse("surface", "a surface", |name| Surface::parse(name).ok())?,
        display_prefix: row.get("display_prefix")?,
        last_four: row.get("last_four")?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        allowed_networks: row.parse("allowed_networks", "networks", parse_networks)?,
        created_at: row.get("created_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

fn parse_networks(text: &str) -> Option<Vec<Network>> {
    text.split_whitespace().map(|network| Network::parse(network).ok()).collect()
}
