//! The client: one method for each call of the provider's API.

mod answer;
mod calls;
mod send;
mod simulated;
mod tokens;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use florin_calendar::{Clock, SystemClock};
use florin_crypto::Secret;
use reqwest::Url;

use crate::ApiError;
use tokens::Tokens;

/// The provider. It has one system; test data is at its institution `SANDBOXFINANCE_SFIN0000`.
pub const LIVE_URL: &str = "https://bankaccountdata.gocardless.com";

/// Waits. Handed in, so that a test need not.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A user secret of the provider's account.
#[derive(Clone)]
pub struct Credentials {
    /// Its id.
    pub id: String,
    /// Its key.
    pub key: Secret,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// Limits of a client.
#[derive(Clone)]
pub struct ClientOptions {
    /// For one attempt, from connecting to the end of the answer. The provider asks the bank meanwhile.
    pub timeout: Duration,
    /// Attempts within one call, at least 1. Patience beyond these few belongs to the job that calls.
    pub attempts_max: u32,
    /// The pause after the first attempt; each later one is twice as long.
    pub pause: Duration,
    /// No pause is longer; a provider that asks for a longer one is left to the caller.
    pub pause_max: Duration,
    /// How pauses are made.
    pub sleep: Sleep,
    /// Tells when tokens expire.
    pub clock: Arc<dyn Clock>,
}

impl Default for ClientOptions {
    /// 3 attempts of at most 30 s each, half a second and a second apart.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            attempts_max: 3,
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(5),
            sleep: Arc::new(|pause| Box::pin(tokio::time::sleep(pause))),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("timeout", &self.timeout)
            .field("attempts_max", &self.attempts_max)
            .finish_non_exhaustive()
    }
}

/// A client of the provider's API for one user secret. Cheap to clone; the clones share one token. `Debug` shows neither
/// secret nor token.
///
/// Every method needs a Tokio runtime.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base_url: Url,
    credentials: Credentials,
    options: ClientOptions,
    tokens: Tokens,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url.as_str())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client at [`LIVE_URL`] or where a simulator is mounted.
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the URL is none or TLS cannot be used.
    pub fn new(
        base_url: &str,
        credentials: Credentials,
        options: ClientOptions,
    ) -> Result<Self, ApiError> {
        let http = http_client(options.timeout)?;
        Self::with_http(http, base_url, credentials, options)
    }

    /// The same over an existing pool of connections, for servers with many secrets; see [`http_client`].
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the URL is none.
    pub fn with_http(
        http: reqwest::Client,
        base_url: &str,
        credentials: Credentials,
        options: ClientOptions,
    ) -> Result<Self, ApiError> {
        let mut base_url = Url::parse(base_url)
            .map_err(|error| ApiError::Setup { message: format!("base URL: {error}") })?;
        if base_url.cannot_be_a_base() || !matches!(base_url.scheme(), "http" | "https") {
            return Err(ApiError::Setup { message: "base URL: http or https".to_owned() });
        }
        base_url.set_query(None);
        base_url.set_fragment(None);
        let tokens = Tokens::default();
        Ok(Self { inner: Arc::new(Inner { http, base_url, credentials, options, tokens }) })
    }

    /// Where it asks.
    pub fn base_url(&self) -> &str {
        self.inner.base_url.as_str().trim_end_matches('/')
    }
}

/// A pool of connections for [`Client::with_http`]: no redirects (they would take the token along), no proxy, an end to
/// every wait.
///
/// # Errors
/// [`ApiError::Setup`] when TLS cannot be used.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, ApiError> {
    let builder = || {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("Florin/", env!("CARGO_PKG_VERSION")))
    };
    builder().build().or_else(|error| {
        // A bare container has no CA certificates; a simulator spoken to in plain text works without them.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "no CA certificates: the open-banking provider cannot be reached until the system has them"
        );
        let bare = builder().tls_certs_only([]).build();
        bare.map_err(|error| ApiError::Setup { message: error.to_string() })
    })
}
