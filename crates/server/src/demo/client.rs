//! A partner's view of the API: JSON over HTTP with a key.

use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;

/// Moving a clock by years may take a while.
const TIME_OUT: Duration = Duration::from_secs(600);

/// Talks to one server with one key.
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    /// A client of the server at `url`, without a slash at the end.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(url: &str, key: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(TIME_OUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    /// Reads `path`.
    ///
    /// # Errors
    /// No server answers, or it refuses.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(self.http.get(format!("{}{path}", self.url)), path).await
    }

    /// Posts `body` to `path`.
    ///
    /// # Errors
    /// No server answers, or it refuses.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(self.http.post(format!("{}{path}", self.url)).json(body), path).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Result<Value, Failure> {
        let sent = request.header("X-Api-Key", &self.key).send().await;
        let answer = sent.map_err(|error| {
            Failure::new(format!("{} does not answer", self.url))
                .because(error.without_url())
                .advise("Is the server running? `florin serve` starts one.")
        })?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(Failure::new(format!("{path} was refused with {status}: {text}")));
        }
        serde_json::from_str(&text).map_err(|error| {
            Failure::new(format!("{path} did not answer with JSON")).because(error)
        })
    }
}
