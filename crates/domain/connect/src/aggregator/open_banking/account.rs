//! Tenants' accounts at the provider: user secrets, set by the operator.

use std::sync::Arc;

use florin_crypto::{Secret, blind_index};
use florin_ids::TenantId;
use florin_open_banking::{ApiError, Client, Credentials, LIVE_URL, http_client};
use florin_tenancy::Caller;
use jiff::Timestamp;

use super::{OpenBanking, repo};
use crate::{ConnectError, FieldFault};

const SECRET_CHARS_MAX: usize = 512;
const URL_CHARS_MAX: usize = 512;

/// A tenant's account at the provider, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBankingAccount {
    /// Where the provider is; empty for its own system.
    pub base_url: String,
    /// Id of the user secret.
    pub secret_id: String,
    /// Real time.
    pub created_at: Timestamp,
}

/// What an account is set up from: a user secret, as the provider's portal shows it.
#[derive(Debug, Clone)]
pub struct NewOpenBankingAccount {
    /// Where the provider is, when it is not its own system: a simulator.
    pub base_url: Option<String>,
    /// Id of the user secret.
    pub secret_id: String,
    /// Its key.
    pub secret_key: Secret,
}

/// The client for the account as it was when it was read.
#[derive(Clone)]
pub(super) struct Known {
    print: [u8; 32],
    client: Client,
}

impl OpenBanking {
    /// Sets up a tenant's account in the place of the one before, once the provider has accepted the secret. Members who
    /// were linked with another account have to agree anew.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field, also when the provider does not accept the secret;
    /// [`ConnectError::Unavailable`] when it cannot be asked.
    pub async fn set_account(
        &self,
        caller: &Caller,
        new: NewOpenBankingAccount,
    ) -> Result<OpenBankingAccount, ConnectError> {
        let base_url = new.base_url.as_deref().unwrap_or_default().trim().trim_end_matches('/');
        let faults = self.faults(&new, base_url);
        if !faults.is_empty() {
            return Err(ConnectError::Invalid(faults));
        }
        let account = OpenBankingAccount {
            base_url: base_url.to_owned(),
            secret_id: new.secret_id,
            created_at: caller.now,
        };
        let credentials =
            Credentials { id: account.secret_id.clone(), key: new.secret_key.clone() };
        let client = self.make_client(&account.base_url, credentials).map_err(|error| {
            ConnectError::invalid("base_url", format!("Enter a valid URL ({error})."))
        })?;
        client.check_credentials().await.map_err(|error| match error {
            ApiError::Credentials { .. } => {
                ConnectError::invalid("secret_key", "The provider does not accept this secret.")
            }
            ApiError::NotServed { message } => ConnectError::conflict(message),
            other => ConnectError::Unavailable(other.to_string()),
        })?;
        let (tenant, keys, key) = (caller.tenant, Arc::clone(&self.keys), new.secret_key);
        self.db
            .write(move |tx| {
                repo::put(tx, &keys, tenant, &account, &key)?;
                Ok(account.clone())
            })
            .await
    }

    /// A tenant's account.
    ///
    /// # Errors
    /// Storage only.
    pub async fn account(
        &self,
        caller: &Caller,
    ) -> Result<Option<OpenBankingAccount>, ConnectError> {
        let tenant = caller.tenant;
        self.db.read(move |tx| Ok(repo::get(tx, tenant)?.map(|sealed| sealed.account))).await
    }

    /// Forgets a tenant's account: its members can be read no longer. What they agreed to ends at the provider by itself.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`].
    pub async fn remove_account(&self, caller: &Caller) -> Result<(), ConnectError> {
        let tenant = caller.tenant;
        let touched = self.db.write(move |tx| Ok::<_, ConnectError>(repo::delete(tx, tenant)?));
        match touched.await? {
            0 => Err(ConnectError::NotFound("open-banking account")),
            _ => Ok(()),
        }
    }

    fn faults(&self, new: &NewOpenBankingAccount, base_url: &str) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if !base_url.is_empty() && !self.custom_hosts {
            let text = "This server talks to the provider's own system only.";
            faults.push(FieldFault::new("base_url", text));
        } else if base_url.len() > URL_CHARS_MAX {
            let text = format!("Ensure this field has no more than {URL_CHARS_MAX} characters.");
            faults.push(FieldFault::new("base_url", text));
        }
        for (field, text) in
            [("secret_id", new.secret_id.as_str()), ("secret_key", new.secret_key.expose())]
        {
            if text.is_empty() {
                faults.push(FieldFault::new(field, "This field may not be blank."));
            } else if text.len() > SECRET_CHARS_MAX || !text.chars().all(|c| c.is_ascii_graphic()) {
                faults.push(FieldFault::new(field, "Enter the text that the provider shows."));
            }
        }
        faults
    }

    /// The client for a tenant's account; the same one as long as the account is, because its clones share a token.
    pub(super) async fn client(&self, tenant: TenantId) -> Result<Client, Unready> {
        let held = self.db.read(move |tx| Ok::<_, ConnectError>(repo::get(tx, tenant)?)).await;
        let held = held.map_err(Unready::Ours)?;
        let print = held.as_ref().map_or([0; 32], repo::Sealed::print);
        if let Some(known) = self.known().get(&tenant).filter(|known| known.print == print) {
            return Ok(known.client.clone());
        }
        let client = match held {
            Some(sealed) => {
                let credentials = sealed.open(&self.keys, tenant).map_err(Unready::Ours)?;
                self.make_client(&sealed.account.base_url, credentials)
            }
            // A sandbox's tenant has an account of its own at the simulator, of which nothing need be kept.
            None => {
                let simulator = self.simulator.as_deref().ok_or(Unready::NoAccount)?;
                self.make_client(simulator, self.simulated(tenant))
            }
        };
        let client = client.map_err(Unready::Client)?;
        // Two who come at once make one each; the one that is kept serves whoever comes later.
        self.known().insert(tenant, Known { print, client: client.clone() });
        Ok(client)
    }

    fn simulated(&self, tenant: TenantId) -> Credentials {
        let index = blind_index(&self.keys, "connect_open_banking.simulated", &tenant.to_string());
        let key: String = index.iter().map(|byte| format!("{byte:02x}")).collect();
        Credentials { id: format!("tenant-{tenant}"), key: Secret::from_text(key) }
    }

    fn make_client(&self, base_url: &str, credentials: Credentials) -> Result<Client, ApiError> {
        let base_url = if base_url.is_empty() { LIVE_URL } else { base_url };
        let pool = match self.pool.get() {
            Some(pool) => pool.clone(),
            None => {
                let made = http_client(self.client_options.timeout)?;
                self.pool.get_or_init(|| made).clone()
            }
        };
        Client::with_http(pool, base_url, credentials, self.client_options.clone())
    }
}

/// Why the provider cannot even be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unready {
    /// The tenant has no account there.
    #[error("the tenant has no account at the open-banking provider")]
    NoAccount,
    /// We failed.
    #[error("the account at the open-banking provider cannot be read")]
    Ours(#[source] ConnectError),
    /// No client can be made.
    #[error("no client of the open-banking provider can be made")]
    Client(#[source] ApiError),
}
