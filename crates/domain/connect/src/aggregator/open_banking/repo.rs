//! SQL of tenants' accounts at the open-banking provider. The secret is sealed here on the way in and opened on the way
//! out.

use florin_crypto::{KeyRing, Secret, hash_key};
use florin_ids::TenantId;
use florin_open_banking::Credentials;
use florin_storage::{Row, StorageError, Tx, params};

use super::account::OpenBankingAccount;
use crate::ConnectError;

/// The place that a sealed key opens at, with the tenant's id.
const KEY_CONTEXT: &str = "connect_open_banking.secret_key";

/// A tenant's account, with its key still sealed.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    pub account: OpenBankingAccount,
    secret_key: Vec<u8>,
}

impl Sealed {
    pub fn open(&self, keys: &KeyRing, tenant: TenantId) -> Result<Credentials, ConnectError> {
        let plain = keys.open(KEY_CONTEXT, tenant.uuid().as_bytes(), &self.secret_key)?;
        let text = String::from_utf8(plain).map_err(|_| ConnectError::BadSeal)?;
        Ok(Credentials { id: self.account.secret_id.clone(), key: Secret::from_text(text) })
    }

    /// Changes whenever anything of the account does.
    pub fn print(&self) -> [u8; 32] {
        let sealed: String = self.secret_key.iter().map(|byte| format!("{byte:02x}")).collect();
        hash_key(&format!("{}\n{}\n{sealed}", self.account.secret_id, self.account.base_url))
    }
}

/// Puts an account in the place of the one that is there.
pub(super) fn put(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    account: &OpenBankingAccount,
    key: &Secret,
) -> Result<(), StorageError> {
    let sealed = keys.seal(KEY_CONTEXT, tenant.uuid().as_bytes(), key.expose().as_bytes());
    tx.execute(
        "INSERT INTO connect_open_banking (tenant_id, base_url, secret_id, secret_key, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id) DO UPDATE SET base_url = excluded.base_url, \
         secret_id = excluded.secret_id, secret_key = excluded.secret_key, created_at = excluded.created_at",
        params![
            tenant,
            account.base_url.as_str(),
            account.secret_id.as_str(),
            sealed,
            account.created_at
        ],
    )?;
    Ok(())
}

/// Forgets the account; answers how many there were.
pub(super) fn delete(tx: &mut Tx, tenant: TenantId) -> Result<u64, StorageError> {
    tx.execute("DELETE FROM connect_open_banking WHERE tenant_id = ?1", params![tenant])
}

pub(super) fn get(tx: &mut Tx, tenant: TenantId) -> Result<Option<Sealed>, StorageError> {
    let sql = "SELECT * FROM connect_open_banking WHERE tenant_id = ?1";
    tx.query_opt(sql, params![tenant], read)
}

fn read(row: &Row<'_>) -> Result<Sealed, StorageError> {
    Ok(Sealed {
        account: OpenBankingAccount {
            base_url: row.get("base_url")?,
            secret_id: row.get("secret_id")?,
            created_at: row.get("created_at")?,
        },
        secret_key: row.get("secret_key")?,
    })
}
