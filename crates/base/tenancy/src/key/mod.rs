//! API keys: made from 256 random bits, shown once, stored hashed, revocable.

mod entity;
pub(crate) mod repo;

pub use entity::{ApiKey, Credential, Network, NewKey, Surface, TenantKeys};

use florin_ids::{ApiKeyId, TenantId};
use florin_storage::{Db, Tx};
use jiff::Timestamp;

use crate::{TenancyError, tenant};

/// A tenant has at most this many unrevoked keys.
pub const KEYS_MAX: u32 = 1000;

/// The SHA-256 of a presented credential. A plain hash is enough: there is nothing to guess in 256
/// random bits, and it is computed on every request.
pub fn credential_hash(presented: &str) -> [u8; 32] {
    florin_crypto::sha256(presented.as_bytes())
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
    let credential = fresh_credential(new.surface)?;
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
fn fresh_credential(surface: Surface) -> Result<Credential, TenancyError> {
    Ok(match surface {
        Surface::Lending => Credential::Lending { api_key: random_word::<32>("flk_")? },
        Surface::ExternalAccounts => Credential::ExternalAccounts {
            key: random_word::<16>("fek_")?,
            secret: random_word::<32>("fes_")?,
        },
        Surface::Savings => Credential::Savings { token: random_word::<32>("fst_")? },
        Surface::Connect => Credential::Connect {
            client_id: random_word::<16>("fci_")?,
            api_key: random_word::<32>("fck_")?,
        },
    })
}

fn random_word<const BYTES: usize>(prefix: &str) -> Result<String, TenancyError> {
    use base64::Engine;
    let bytes =
        florin_crypto::random_bytes::<BYTES>().map_err(|e| TenancyError::Random(Box::new(e)))?;
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    Ok(format!("{prefix}{encoded}"))
}
