//! One call: its attempts and the pauses between them.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::Value as Json;

use super::Client;
use super::answer::{self, Answer};
use crate::ApiError;

/// No answer of the provider is longer: two years of a busy account are some 10 MB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Pairs of a query string.
pub(super) type Query = Vec<(&'static str, String)>;

/// What is asked.
pub(super) struct Call {
    method: Method,
    path: String,
    query: Query,
    body: Option<Vec<u8>>,
}

impl Call {
    pub fn get(path: impl Into<String>, query: Query) -> Self {
        Self { method: Method::GET, path: path.into(), query, body: None }
    }

    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ApiError::Malformed { message: error.to_string() })?;
        Ok(Self { method: Method::POST, path: path.into(), query: Query::new(), body: Some(body) })
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, path: path.into(), query: Query::new(), body: None }
    }
}

impl Client {
    /// Asks with a token, a few times when that can help. A token that is refused is replaced once.
    pub(super) async fn send(&self, call: &Call) -> Result<Json, ApiError> {
        let token = self.access_token().await?;
        let first = self.patiently(call, |call| self.send_once(call, Some(&token))).await;
        if !matches!(first, Err(ApiError::Credentials { .. })) {
            return first;
        }
        self.forget_token(&token).await;
        let token = self.access_token().await?;
        self.patiently(call, |call| self.send_once(call, Some(&token))).await
    }

    /// Asks again while that can help at once.
    pub(super) async fn patiently<'a, F>(
        &self,
        call: &'a Call,
        ask: impl Fn(&'a Call) -> F,
    ) -> Result<Json, ApiError>
    where
        F: Future<Output = Result<Json, ApiError>>,
    {
        let mut attempt = 0;
        loop {
            let failure = match ask(call).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            attempt += 1;
            let Some(pause) = self.pause_after(&failure, attempt) else { return Err(failure) };
            tracing::debug!(error = %failure, attempt, "the open-banking provider is asked again");
            (self.inner.options.sleep)(pause).await;
        }
    }

    /// How long to wait after the `attempt`th failure; `None` when the caller has to see it.
    fn pause_after(&self, failure: &ApiError, attempt: u32) -> Option<Duration> {
        let options = &self.inner.options;
        if !failure.repeat_at_once() || attempt >= options.attempts_max {
            return None;
        }
        match failure.retry_after() {
            Some(asked) if asked > options.pause_max => None,
            Some(asked) => Some(asked),
            None => {
                let doubled = options.pause.saturating_mul(1 << (attempt - 1).min(16));
                Some(florin_crypto::jitter(doubled.min(options.pause_max)))
            }
        }
    }

    /// Asks once.
    pub(super) async fn send_once(
        &self,
        call: &Call,
        token: Option<&str>,
    ) -> Result<Json, ApiError> {
        let inner = &self.inner;
        let mut request = inner
            .http
            .request(call.method.clone(), self.url(call)?)
            .timeout(inner.options.timeout)
            .header("Accept", "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, bearer(token)?);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await.map_err(|error| unreached(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read_body(response).await?;
        answer::read(&Answer { status, headers: &headers, body: &body })
    }

    fn url(&self, call: &Call) -> Result<Url, ApiError> {
        let failed = || ApiError::Setup { message: "base URL: no path can follow it".to_owned() };
        let mut url = self.inner.base_url.clone();
        // The provider's paths end with a slash: an empty segment.
        url.path_segments_mut()
            .map_err(|()| failed())?
            .pop_if_empty()
            .extend(["api", "v2"])
            .extend(call.path.split('/'));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(url)
    }
}

fn bearer(token: &str) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        ApiError::Malformed { message: "a token of characters that none can have".to_owned() }
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreached(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(ApiError::Malformed { message: "it is too long".to_owned() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause, which is the one that tells, without the URL.
fn unreached(error: &reqwest::Error) -> ApiError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let message = if error.is_timeout() {
        "no answer within the time limit".to_owned()
    } else {
        cause.to_string()
    };
    ApiError::Transient { message }
}
