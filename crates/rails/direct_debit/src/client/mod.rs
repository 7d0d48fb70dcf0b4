//! The client: one method for each call of the provider's API.

mod answer;
mod calls;
mod send;
mod simulated;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use florin_crypto::Secret;
use reqwest::Url;

use crate::ApiError;

/// Where money moves.
pub const LIVE_URL: &str = "https://api.gocardless.com";
/// The provider's own sandbox.
pub const SANDBOX_URL: &str = "https://api-sandbox.gocardless.com";

/// The version of the API that is spoken.
pub(crate) const VERSION: &str = "2015-07-06";
/// A simulator has answered by then, on a busy machine too.
const SIMULATOR_TIMEOUT: Duration = Duration::from_secs(2);

/// Waits. Handed in, so that a test need not.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Limits of a client.
#[derive(Clone)]
pub struct ClientOptions {
    /// For one attempt, from connecting to the end of the answer.
    pub timeout: Duration,
    /// Attempts within one call, at least 1. Patience beyond these few belongs to the job that calls.
    pub attempts_max: u32,
    /// Whether a call that was not answered in time is repeated within the call, as other failures are.
    pub outlasts_silence: bool,
    /// The pause after the first attempt; each later one is twice as long.
    pub pause: Duration,
    /// No pause is longer; a provider that asks for a longer one is left to the caller.
    pub pause_max: Duration,
    /// How pauses are made.
    pub sleep: Sleep,
}

impl Default for ClientOptions {
    /// 3 attempts of at most 15 s each, a quarter and half a second apart.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            attempts_max: 3,
            outlasts_silence: true,
            pause: Duration::from_millis(250),
            pause_max: Duration::from_secs(2),
            sleep: Arc::new(|pause| Box::pin(tokio::time::sleep(pause))),
        }
    }
}

impl ClientOptions {
    /// The same for a simulator, which is on this machine and answers at once or not at all: a silence that was ordered
    /// must not hold up a clock that passes it every day.
    #[must_use]
    pub fn for_simulator(self) -> Self {
        Self { timeout: self.timeout.min(SIMULATOR_TIMEOUT), outlasts_silence: false, ..self }
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

/// A client of the provider's API for one organisation. Cheap to clone; `Debug` does not show the token.
///
/// Every method needs a Tokio runtime. Creations take an idempotency key: the same key with the same body makes the
/// thing once, however often and however much later it is repeated, and always answers it. Actions (cancel, retry,
/// fulfil...) that find their work already done answer the thing as it is.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    token: Secret,
    options: ClientOptions,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the organisation of `token` at [`LIVE_URL`], [`SANDBOX_URL`] or where a simulator is mounted.
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the URL is none or TLS cannot be used.
    pub fn new(base_url: &str, token: Secret, options: ClientOptions) -> Result<Self, ApiError> {
        let http = http_client(options.timeout)?;
        Self::with_http(http, base_url, token, options)
    }

    /// The same over an existing pool of connections, for servers with many organisations; see [`http_client`].
    ///
    /// # Errors
    /// [`ApiError::Setup`] when the URL is none.
    pub fn with_http(
        http: reqwest::Client,
        base_url: &str,
        token: Secret,
        options: ClientOptions,
    ) -> Result<Self, ApiError> {
        let mut base_url = Url::parse(base_url)
            .map_err(|error| ApiError::Setup { message: format!("base URL: {error}") })?;
        if base_url.cannot_be_a_base() || !matches!(base_url.scheme(), "http" | "https") {
            return Err(ApiError::Setup { message: "base URL: http or https".to_owned() });
        }
        base_url.set_query(None);
        base_url.set_fragment(None);
        Ok(Self { http, base_url, token, options })
    }

    /// Where it asks.
    pub fn base_url(&self) -> &str {
        self.base_url.as_str().trim_end_matches('/')
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
            "no CA certificates: the direct-debit provider cannot be reached until the system has them"
        );
        let bare = builder().tls_certs_only([]).build();
        bare.map_err(|error| ApiError::Setup { message: error.to_string() })
    })
}
