//! One call: its attempts and the pauses between them.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value as Json;

use super::answer::{self, Answer};
use super::{Client, VERSION};
use crate::ApiError;
use crate::wire::Query;

/// No answer of the provider is longer: a page holds at most 500 things.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What is asked.
pub(super) struct Call {
    method: Method,
    path: String,
    query: Query,
    body: Option<Vec<u8>>,
    key: Option<String>,
}

impl Call {
    pub fn get(path: String, query: Query) -> Self {
        Self { method: Method::GET, path, query, body: None, key: None }
    }

    pub fn post(path: String, body: Vec<u8>, key: Option<&str>) -> Self {
        let key = key.map(str::to_owned);
        Self { method: Method::POST, path, query: Query::new(), body: Some(body), key }
    }

    pub fn put(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::PUT, path, query: Query::new(), body: Some(body), key: None }
    }
}

impl Client {
    /// Asks, a few times when that can help, always with the same key.
    pub(super) async fn send(&self, call: &Call) -> Result<Json, ApiError> {
        let mut attempt = 0;
        loop {
            let failure = match self.send_once(call).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            attempt += 1;
            let pause = self.pause_after(&failure, attempt);
            let Some(pause) = pause else { return Err(failure) };
            tracing::debug!(error = %failure, attempt, "the direct-debit provider is asked again");
            (self.options.sleep)(pause).await;
        }
    }

    /// How long to wait after the `attempt`th failure; `None` when the caller has to see it.
    fn pause_after(&self, failure: &ApiError, attempt: u32) -> Option<Duration> {
        let is_given_up = *failure == ApiError::Silent && !self.options.outlasts_silence;
        if is_given_up || !failure.retry_can_help() || attempt >= self.options.attempts_max {
            return None;
        }
        match failure.retry_after() {
            Some(asked) if asked > self.options.pause_max => None,
            Some(asked) => Some(asked),
            None => {
                let doubled = self.options.pause.saturating_mul(1 << (attempt - 1).min(16));
                Some(florin_crypto::jitter(doubled.min(self.options.pause_max)))
            }
        }
    }

    /// Asks once.
    pub(super) async fn send_once(&self, call: &Call) -> Result<Json, ApiError> {
        let mut request = self
            .http
            .request(call.method.clone(), self.url(call)?)
            .timeout(self.options.timeout)
            .header(AUTHORIZATION, self.bearer()?)
            .header("GoCardless-Version", VERSION)
            .header("Accept", "application/json");
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
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
        let mut url = self.base_url.clone();
        url.path_segments_mut().map_err(|()| failed())?.pop_if_empty().extend(call.path.split('/'));
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        Ok(url)
    }

    fn bearer(&self) -> Result<HeaderValue, ApiError> {
        let text = format!("Bearer {}", self.token.expose());
        let mut value = HeaderValue::from_str(&text).map_err(|_| ApiError::Denied {
            message: "the access token holds characters that none can have".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
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
    if error.is_timeout() {
        return ApiError::Silent;
    }
    ApiError::Transient { message: cause.to_string() }
}
