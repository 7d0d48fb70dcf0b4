//! The access token: fetched once for everybody who waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::Mutex;

use super::Client;
use super::send::Call;
use crate::ApiError;
use crate::wire::TokenPair;

/// A token that holds for less than this is not begun with.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// What is held. The lock is held while the provider is asked, so that whoever needs a token meanwhile waits for that
/// answer instead of asking too.
#[derive(Default)]
pub(super) struct Tokens {
    held: Mutex<Held>,
    /// How often asking has failed.
    failures: AtomicU64,
}

#[derive(Default)]
struct Held {
    access: Option<Token>,
    refresh: Option<Token>,
    last_failure: Option<ApiError>,
}

#[derive(Clone)]
struct Token {
    text: Arc<str>,
    until: Timestamp,
}

impl Token {
    fn new(text: &str, seconds: i64, now: Timestamp) -> Option<Self> {
        let until = now.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        (!text.is_empty()).then(|| Self { text: text.into(), until })
    }

    fn holds(&self, now: Timestamp) -> bool {
        now.duration_until(self.until) > MARGIN
    }
}

impl Client {
    /// An access token that holds for a while.
    pub(super) async fn access_token(&self) -> Result<Arc<str>, ApiError> {
        let tokens = &self.inner.tokens;
        let failures = tokens.failures.load(Ordering::Acquire);
        let mut held = tokens.held.lock().await;
        let now = self.inner.options.clock.now();
        if let Some(token) = held.access.as_ref().filter(|token| token.holds(now)) {
            return Ok(token.text.clone());
        }
        // Whoever waited while another asked in vain shares that answer: a crowd would ask one by one otherwise.
        if let Some(failure) = &held.last_failure
            && tokens.failures.load(Ordering::Acquire) != failures
        {
            return Err(failure.clone());
        }
        let fetched = self.fetch_token(&mut held, now).await;
        held.last_failure = fetched.as_ref().err().cloned();
        if fetched.is_err() {
            tokens.failures.fetch_add(1, Ordering::AcqRel);
        }
        fetched
    }

    async fn fetch_token(&self, held: &mut Held, now: Timestamp) -> Result<Arc<str>, ApiError> {
        let mut found = None;
        if let Some(refresh) = held.refresh.take_if(|token| token.holds(now)) {
            match self.ask_token("token/refresh/", &json!({ "refresh": &*refresh.text })).await {
                Ok(pair) => {
                    held.refresh = Some(refresh);
                    found = Some(pair);
                }
                // Withdrawn before its time: the secrets themselves tell whether that is the end.
                Err(ApiError::Credentials { .. }) => {}
                Err(failure) => {
                    held.refresh = Some(refresh);
                    return Err(failure);
                }
            }
        }
        let pair = match found {
            Some(pair) => pair,
            None => {
                let secret = &self.inner.credentials;
                let body = json!({ "secret_id": secret.id, "secret_key": secret.key.expose() });
                let pair = self.ask_token("token/new/", &body).await?;
                held.refresh = Token::new(&pair.refresh, pair.refresh_expires, now);
                pair
            }
        };
        let token = Token::new(&pair.access, pair.access_expires, now).ok_or_else(|| {
            ApiError::Malformed { message: "a token of no length or no end".to_owned() }
        })?;
        let text = token.text.clone();
        held.access = Some(token);
        Ok(text)
    }

    async fn ask_token(&self, path: &str, body: &serde_json::Value) -> Result<TokenPair, ApiError> {
        let call = Call::post(path, body)?;
        self.patiently(&call, |call| self.send_once(call, None)).await.and_then(super::calls::typed)
    }

    /// Forgets a token that the provider does not accept any more, unless another is held by now.
    pub(super) async fn forget_token(&self, refused: &str) {
        let mut held = self.inner.tokens.held.lock().await;
        if held.access.as_ref().is_some_and(|token| &*token.text == refused) {
            *held = Held::default();
        }
    }
}
