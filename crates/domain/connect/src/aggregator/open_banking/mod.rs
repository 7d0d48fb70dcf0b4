//! Open banking: the banks of the United Kingdom and Europe, through GoCardless Bank Account Data.
//!
//! An institution with `aggregator: "open_banking"` names the provider's bank in `external_id`. It is linked on the
//! provider's and the bank's own pages only: [`Aggregator::authorize`] makes an agreement and a requisition, whose link is
//! the consent page, and what it answers as `grant` (which requisition of which tenant) is all that is kept of it.
//!
//! | what the provider says | what becomes of the job |
//! |---|---|
//! | requisition `LN` | accounts are read |
//! | `CR`, `GC`, `UA`, `SA`, `GA` | waits some time, then the end user has to agree |
//! | `RJ` | denied |
//! | `EX`, agreement expired, access expired or revoked, requisition unknown | the end user has to agree anew |
//! | `SU`, account suspended | impeded |
//! | account being processed | waits |
//! | too many requests | waits when it is short, otherwise the bank is unavailable |
//! | bank or provider down (5xx, no answer) | waits a few times, then the bank is down |
//! | account inactive | closed |
//! | account forbidden | access denied |
//! | secrets refused, plan used up, no account of the tenant | the bank is unavailable, and the operator's log says why |
//! | anything else | failed |
//!
//! Accounts fail one by one: a job that can read one of them goes on, and leaves the others as they were. Banks may be
//! asked four times a day for each account and kind of data, so that a job asks once for each, and remembers between its
//! steps what it has.

mod account;
mod banks;
mod consent;
mod map;
mod progress;
mod read;
mod repo;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use florin_crypto::KeyRing;
use florin_ids::TenantId;
use florin_open_banking::{ApiError, ClientOptions, HttpClient};
use florin_storage::Db;

use super::{
    Aggregator, Ask, Authorization, Authorize, BoxFuture, Grant, Outcome, Refusal, Returned,
};
use crate::error::in_full;

pub use account::{NewOpenBankingAccount, OpenBankingAccount};

use account::{Known, Unready};

/// What institutions name it by.
pub const NAME: &str = "open_banking";

/// Reads banks through the open-banking provider. Cheap to clone.
#[derive(Clone)]
pub struct OpenBanking {
    db: Db,
    keys: Arc<KeyRing>,
    /// Where tenants without an account of their own find one; `None` outside of a sandbox.
    simulator: Option<Arc<str>>,
    custom_hosts: bool,
    client_options: ClientOptions,
    pool: Arc<OnceLock<HttpClient>>,
    known: Arc<Mutex<HashMap<TenantId, Known>>>,
}

impl OpenBanking {
    /// An aggregator whose tenants' accounts are in `db`, sealed with `keys`. Accounts may be anywhere; see
    /// [`OpenBanking::without_custom_hosts`].
    pub fn new(db: Db, keys: Arc<KeyRing>) -> Self {
        Self {
            db,
            keys,
            simulator: None,
            custom_hosts: true,
            client_options: ClientOptions::default(),
            pool: Arc::default(),
            known: Arc::default(),
        }
    }

    /// The same with the simulated provider at this base URL (`http://127.0.0.1:8080/simulator/open-banking`), which
    /// serves every tenant that has no account of its own.
    #[must_use]
    pub fn with_simulator(self, base_url: &str) -> Self {
        Self { simulator: Some(base_url.trim_end_matches('/').into()), ..self }
    }

    /// The same with other limits of its requests.
    #[must_use]
    pub fn with_client_options(self, client_options: ClientOptions) -> Self {
        Self { client_options, pool: Arc::default(), known: Arc::default(), ..self }
    }

    /// The same for production: it talks to the provider's own system only.
    #[must_use]
    pub fn without_custom_hosts(self) -> Self {
        Self { custom_hosts: false, ..self }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<TenantId, Known>> {
        // Nothing panics while it is held; a map that is whole or empty is as good as another.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aggregator for OpenBanking {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(self.step(ask))
    }

    fn authorize<'a>(
        &'a self,
        ask: Authorize<'a>,
    ) -> BoxFuture<'a, Result<Authorization, Refusal>> {
        Box::pin(self.ask_consent(ask))
    }

    fn returned<'a>(&'a self, answer: Returned<'a>) -> BoxFuture<'a, Grant> {
        Box::pin(self.take_consent(answer))
    }

    fn forget<'a>(&'a self, grant: &'a [u8]) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.end_consent(grant))
    }
}

/// What a failure means for the member.
fn refusal(error: &ApiError) -> Refusal {
    match error {
        ApiError::ConsentOver { .. } | ApiError::NotFound { .. } => {
            Refusal::ReauthorizationRequired
        }
        ApiError::Suspended { .. } => Refusal::Impeded,
        ApiError::AccountInactive { .. } => Refusal::Closed,
        ApiError::Forbidden { .. } => Refusal::AccessDenied,
        ApiError::Bank { .. } | ApiError::Transient { .. } => Refusal::Down,
        ApiError::RateLimited { .. }
        | ApiError::Processing
        | ApiError::Credentials { .. }
        | ApiError::NotServed { .. }
        | ApiError::Setup { .. } => Refusal::Unavailable,
        ApiError::Validation { .. } | ApiError::Malformed { .. } => Refusal::Failed,
    }
}

/// The same, and the log tells it to whoever has to act: operators when it is about the tenant's account.
fn told(error: &ApiError, tenant: TenantId, doing: &'static str) -> Refusal {
    let is_of_operators = matches!(
        error,
        ApiError::Credentials { .. }
            | ApiError::NotServed { .. }
            | ApiError::Setup { .. }
            | ApiError::Validation { .. }
            | ApiError::Malformed { .. }
    );
    if is_of_operators {
        tracing::error!(%tenant, doing, error = in_full(error), "open banking failed");
    } else {
        tracing::info!(%tenant, doing, error = in_full(error), "open banking failed");
    }
    refusal(error)
}

/// What it means that the provider cannot even be asked.
fn unready(error: &Unready, tenant: TenantId) -> Refusal {
    tracing::error!(%tenant, error = in_full(error), "open banking cannot be used");
    match error {
        Unready::NoAccount | Unready::Client(_) => Refusal::Unavailable,
        Unready::Ours(_) => Refusal::Failed,
    }
}
