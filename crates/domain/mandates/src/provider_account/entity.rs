//! A tenant's account at its direct-debit provider. Pure.

use florin_crypto::Secret;
use florin_ids::ProviderAccountId;
use jiff::Timestamp;

use crate::FieldFault;
use florin_storage::words;

const SECRET_CHARS_MAX: usize = 512;
const CREDITOR_CHARS_MAX: usize = 64;
const URL_CHARS_MAX: usize = 512;
/// What the address of our simulator ends with when it is mounted in the server.
const SIMULATOR_PATH: &str = "/simulator/gocardless";

words! {
    /// Which of the provider's systems an account is on.
    pub enum Environment {
        /// Where money moves.
        Live = "live",
        /// The provider's own sandbox.
        Sandbox = "sandbox",
        /// The simulator that runs beside this server.
        Simulated = "simulated",
        /// A base URL of its own.
        Custom = "custom",
    }
}

words! {
    /// Whose pages an end user gives a mandate on.
    pub enum Pages {
        /// Ours: the details are handed to the provider by us.
        Own = "own",
        /// The provider's: the end user is sent there and back.
        Provider = "provider",
    }
}

/// A tenant's account at its direct-debit provider, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// UUID v7.
    pub id: ProviderAccountId,
    /// Which of the provider's systems.
    pub environment: Environment,
    /// The base URL of a custom one; empty otherwise.
    pub base_url: String,
    /// Whether the other side is our simulator, whose clock follows the tenant's.
    pub is_simulator: bool,
    /// The provider's id of the creditor; empty for the account's only one.
    pub creditor: String,
    /// Whose pages end users see.
    pub pages: Pages,
    /// Whether it is the one in use.
    pub is_active: bool,
    /// The provider's id of the last event that was pulled.
    pub event_cursor: Option<String>,
    /// When it was set up, in real time.
    pub created_at: Timestamp,
}

/// What an account is set up from.
#[derive(Debug, Clone)]
pub struct NewProviderAccount {
    /// Which of the provider's systems.
    pub environment: Environment,
    /// For a custom one: where it is.
    pub base_url: Option<String>,
    /// Whether the other side is our simulator. Told from the environment and the address when not said.
    pub is_simulator: Option<bool>,
    /// The bearer token of the provider's API.
    pub access_token: Secret,
    /// What the provider signs its webhooks with.
    pub webhook_secret: Secret,
    /// The provider's id of the creditor, where the account has several.
    pub creditor: Option<String>,
    /// Whose pages end users see.
    pub pages: Pages,
}

/// The two secrets of an account.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub access_token: Secret,
    pub webhook_secret: Secret,
}

impl Secrets {
    /// What is wrong with them.
    pub(crate) fn faults(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        secret_fault(&mut faults, "access_token", self.access_token.expose());
        secret_fault(&mut faults, "webhook_secret", self.webhook_secret.expose());
        faults
    }
}

impl NewProviderAccount {
    /// The account, once everything is sound.
    ///
    /// # Errors
    /// Every field that is missing or malformed.
    pub(crate) fn read(
        self,
        id: ProviderAccountId,
        now: Timestamp,
    ) -> Result<(ProviderAccount, Secrets), Vec<FieldFault>> {
        let mut faults = Vec::new();
        let base_url = match (self.environment, self.base_url.as_deref().map(str::trim)) {
            (Environment::Custom, Some(url)) => {
                if let Some(fault) = url_fault(url) {
                    faults.push(FieldFault::new("base_url", fault));
                }
                url.trim_end_matches('/').to_owned()
            }
            (Environment::Custom, None) => {
                faults.push(FieldFault::new("base_url", "This field is required."));
                String::new()
            }
            (_, Some(url)) if !url.is_empty() => {
                let text = "Only a custom environment has a base URL of its own.";
                faults.push(FieldFault::new("base_url", text));
                String::new()
            }
            _ => String::new(),
        };
        let secrets =
            Secrets { access_token: self.access_token, webhook_secret: self.webhook_secret };
        faults.extend(secrets.faults());
        let creditor = self.creditor.unwrap_or_default().trim().to_owned();
        if creditor.len() > CREDITOR_CHARS_MAX || !creditor.chars().all(|c| c.is_ascii_graphic()) {
            faults.push(FieldFault::new("creditor", "Enter the provider's id of a creditor."));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let is_ours = match self.environment {
            Environment::Live | Environment::Sandbox => false,
            Environment::Simulated => true,
            Environment::Custom => {
                self.is_simulator.unwrap_or_else(|| base_url.ends_with(SIMULATOR_PATH))
            }
        };
        let account = ProviderAccount {
            id,
            environment: self.environment,
            base_url,
            is_simulator: is_ours,
            creditor,
            pages: self.pages,
            is_active: true,
            event_cursor: None,
            created_at: now,
        };
        Ok((account, secrets))
    }
}

/// What is wrong with a base URL.
fn url_fault(url: &str) -> Option<&'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_sound = rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty()
            && !host.contains('@')
            && rest.chars().all(|c| c.is_ascii_graphic() && !"?#\\\"<>".contains(c))
    });
    match () {
        () if url.len() > URL_CHARS_MAX => {
            Some("Ensure this field has no more than 512 characters.")
        }
        () if !is_sound => Some("Enter a valid URL."),
        () => None,
    }
}

fn secret_fault(faults: &mut Vec<FieldFault>, field: &'static str, text: &str) {
    if text.is_empty() {
        faults.push(FieldFault::new(field, "This field may not be blank."));
    } else if text.len() > SECRET_CHARS_MAX || !text.chars().all(|c| c.is_ascii_graphic()) {
        faults.push(FieldFault::new(field, "Enter the text that the provider shows."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(environment: Environment, base_url: Option<&str>) -> NewProviderAccount {
        NewProviderAccount {
            environment,
            base_url: base_url.map(str::to_owned),
            is_simulator: None,
            access_token: Secret::from_text("token"),
            webhook_secret: Secret::from_text("secret"),
            creditor: None,
            pages: Pages::Own,
        }
    }

    fn check(environment: Environment, base_url: Option<&str>, expected: Result<bool, &str>) {
        let read = new(environment, base_url).read(ProviderAccountId::new(), Timestamp::UNIX_EPOCH);
        let found = read.map(|(account, _)| account.is_simulator).map_err(|faults| faults[0].field);
        assert_eq!(found, expected, "{environment} {base_url:?}");
    }

    #[test]
    fn addresses_fit_their_environment() {
        use Environment::*;
        check(Live, None, Ok(false));
        check(Sandbox, None, Ok(false));
        check(Simulated, None, Ok(true));
        check(Live, Some("https://example.com"), Err("base_url"));
        check(Custom, None, Err("base_url"));
        check(Custom, Some("https://gocardless.example"), Ok(false));
        check(Custom, Some("http://127.0.0.1:9/simulator/gocardless/"), Ok(true));
        for bad in ["", "x", "ftp://a", "http://", "http://a b", "http://u@h", "https://h/?q"] {
            check(Custom, Some(bad), Err("base_url"));
        }
    }

    #[test]
    fn secrets_are_required() {
        let mut given = new(Environment::Live, None);
        given.access_token = Secret::from_text("");
        given.webhook_secret = Secret::from_text("a\nb");
        given.creditor = Some("C R".to_owned());
        let faults =
            given.read(ProviderAccountId::new(), Timestamp::UNIX_EPOCH).expect_err("three faults");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["access_token", "webhook_secret", "creditor"]);
    }
}
