//! API keys: made from 256 random bits, shown once, stored hashed, revocable.

mod entity;
pub(crate) mod repo;

pub use entity::{ApiKey, Credential, Network, NewKey, Surface, TenantKeys};

use florin_crypto::generate_secret;
use florin_ids::{ApiKeyId, TenantId};
use florin_storage::{Db, Tx};
use jiff::Timestamp;

use crate::{TenancyError, tenant};

/// A tenant has at most this many unrevoked keys.
pub const KEYS_MAX: u32 = 1000;

/// The SHA-256 of a presented credential. A plain hash is enough: there is nothing to guess in 256
/// random bits, and it is computed on every request.
pub fn credential_hash(presented: &str) -> [u8; 32] {
    florin_crypto::hash_key(presented)
}

/// Makes a key for a tenant; the credential is in the answer and nowhere else.
pub async fn create_key(
    db: &Db,
    tenant: TenantId,
    new: NewKey,
    now: Timestamp,
) -> Result<(ApiKey, Credential), TenancyError> {
    db.write(move |tx| {
        tenant::get_tenant_in(tx, tenant)?;
        create_key_in(tx, tenant, new.clone(), now)
    })
    .await
}

/// [`create_key`] inside a caller's transaction, for a tenant that is known to exist.
pub fn create_key_in(
    tx: &mut Tx,
    tenant: TenantId,
    new: NewKey,
    now: Timestamp,
) -> Result<(ApiKey, Credential), TenancyError> {
    let allowed_networks = new.check()?;
    if repo::count_active(tx, tenant)? >= i64::from(KEYS_MAX) {
        return Err(TenancyError::TooManyKeys);
    }
    let credential = fresh_credential(new.surface);
    let presented = credential.presented();
    let (display_prefix, last_four) = entity::display_parts(&presented);
    let key = ApiKey {
        tenant,
        id: ApiKeyId::new(),
        surface: new.surface,
        display_prefix,
        last_four,
        scopes: new.scopes,
        allowed_networks,
        created_at: now,
        revoked_at: None,
    };
    repo::insert(tx, &key, &credential_hash(&presented))?;
    Ok((key, credential))
}

/// A tenant's keys in order of creation, revoked ones included.
pub async fn list_keys(db: &Db, tenant: TenantId) -> Result<Vec<ApiKey>, TenancyError> {
    db.read(move |tx| {
        tenant::get_tenant_in(tx, tenant)?;
        Ok(repo::list(tx, tenant, KEYS_MAX)?)
    })
    .await
}

/// Revokes a key: at once where this process caches it, within seconds on other nodes.
/// Revoking it again changes nothing.
pub async fn revoke_key(
    db: &Db,
    tenant: TenantId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<(), TenancyError> {
    let touched =
        db.write(move |tx| Ok::<_, TenancyError>(repo::revoke(tx, tenant, id, now)?)).await?;
    match touched {
        0 => Err(TenancyError::UnknownKey(id)),
        _ => Ok(()),
    }
}

/// The prefixes let a scanner recognise a leaked key; base64url never holds the `:` that parts a
/// Basic pair.
fn fresh_credential(surface: Surface) -> Credential {
    match surface {
        Surface::Lending => Credential::Lending { api_key: generate_secret("flk_") },
        Surface::ExternalAccounts => Credential::ExternalAccounts {
            key: generate_secret("fek_"),
            secret: generate_secret("fes_"),
        },
        Surface::Savings => Credential::Savings { token: generate_secret("fst_") },
        Surface::Connect => Credential::Connect {
            client_id: generate_secret("fci_"),
            api_key: generate_secret("fck_"),
        },
    }
}
