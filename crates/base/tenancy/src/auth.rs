//! From a presented credential to its tenant.
//!
//! Every request of every surface passes here, so the way through is one SHA-256, one read lock of
//! one shard and one hash-map look-up. What the database said is believed for [`VALIDITY`], so that
//! a revocation reaches every node within that time; a credential that nobody owns is not
//! remembered, so that a flood of wrong keys cannot fill the memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use florin_calendar::monotonic;
use florin_ids::{ApiKeyId, TenantId};
use florin_storage::{Db, Tx};

use crate::key::{self, Network};
use crate::{Caller, Surface, TenancyError, Tenant, tenant};

pub use crate::key::credential_hash;

/// How long an answer of the database is believed.
pub const VALIDITY: Duration = Duration::from_secs(3);

const SHARDS: usize = 16;
const SHARD_ENTRIES_MAX: usize = 4096;

/// A credential that was presented and is good.
#[derive(Clone, Debug)]
pub struct AuthenticatedKey {
    /// Whose it is; up to [`VALIDITY`] old.
    pub tenant: Arc<Tenant>,
    /// Which key it was.
    pub key_id: ApiKeyId,
    /// Which API it opens.
    pub surface: Surface,
    scopes: Vec<String>,
    allowed_networks: Vec<Network>,
}

impl AuthenticatedKey {
    /// Whether the key may be used from this address.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.allowed_networks.is_empty()
            || self.allowed_networks.iter().any(|n| n.contains(address))
    }

    /// Whether the key is bound to addresses at all.
    pub fn is_bound_to_addresses(&self) -> bool {
        !self.allowed_networks.is_empty()
    }

    /// Whether the key may do what this scope names.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s == "*" || s == scope)
    }

    /// What a service method is called with.
    pub fn caller(&self, now: jiff::Timestamp) -> Caller {
        Caller { tenant: self.tenant.id, currency: self.tenant.currency, now }
    }
}

/// Looks credentials up, and remembers the good ones for a moment. Clones share one memory.
#[derive(Clone)]
pub struct Authenticator {
    db: Db,
    shards: Arc<[RwLock<Shard>; SHARDS]>,
}

type Shard = HashMap<[u8; 32], (Instant, Arc<AuthenticatedKey>)>;

impl Authenticator {
    /// An authenticator with nothing remembered.
    pub fn new(db: Db) -> Self {
        Authenticator { db, shards: Arc::new(std::array::from_fn(|_| RwLock::default())) }
    }

    /// The key behind what a client presented: an API key, a token, or `user:password` of a Basic
    /// pair. None when nobody owns it, it is revoked, or it opens another surface than the one
    /// asked for (None: any will do).
    pub async fn authenticate(
        &self,
        surface: Option<Surface>,
        presented: &str,
    ) -> Result<Option<Arc<AuthenticatedKey>>, TenancyError> {
        let hash = credential_hash(presented);
        let found = match self.remembered(&hash) {
            Some(key) => Some(key),
            None => self.look_up(hash).await?,
        };
        Ok(found.filter(|key| surface.is_none_or(|wanted| wanted == key.surface)))
    }

    /// Forgets what is remembered of a tenant, so that a change of it or of its keys shows at once
    /// on this node.
    pub fn forget(&self, tenant: TenantId) {
        for shard in self.shards.iter() {
            let mut entries = shard.write().unwrap_or_else(PoisonError::into_inner);
            entries.retain(|_, (_, key)| key.tenant.id != tenant);
        }
    }

    fn remembered(&self, hash: &[u8; 32]) -> Option<Arc<AuthenticatedKey>> {
        let entries = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        let (at, key) = entries.get(hash)?;
        (monotonic().duration_since(*at) < VALIDITY).then(|| Arc::clone(key))
    }

    async fn look_up(&self, hash: [u8; 32]) -> Result<Option<Arc<AuthenticatedKey>>, TenancyError> {
        // The time before the look-up: what is read can only be as old as that.
        let asked_at = monotonic();
        let found = self.db.read(move |tx| authenticate_in(tx, &hash)).await?;
        let Some(key) = found.map(Arc::new) else {
            let mut entries = self.shard(&hash).write().unwrap_or_else(PoisonError::into_inner);
            entries.remove(&hash);
            return Ok(None);
        };
        let mut entries = self.shard(&hash).write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= SHARD_ENTRIES_MAX {
            entries.retain(|_, (at, _)| asked_at.saturating_duration_since(*at) < VALIDITY);
        }
        if entries.len() < SHARD_ENTRIES_MAX {
            entries.insert(hash, (asked_at, Arc::clone(&key)));
        }
        Ok(Some(key))
    }

    fn shard(&self, hash: &[u8; 32]) -> &RwLock<Shard> {
        &self.shards[usize::from(hash[0]) % SHARDS]
    }
}

/// The key behind a credential's hash, straight from the database.
pub fn authenticate_in(
    tx: &mut Tx,
    hash: &[u8; 32],
) -> Result<Option<AuthenticatedKey>, TenancyError> {
    let Some(key) = key::repo::find_by_hash(tx, hash)? else {
        return Ok(None);
    };
    let tenant = tenant::get_tenant_in(tx, key.tenant)?;
    Ok(Some(AuthenticatedKey {
        tenant: Arc::new(tenant),
        key_id: key.id,
        surface: key.surface,
        scopes: key.scopes,
        allowed_networks: key.allowed_networks,
    }))
}
