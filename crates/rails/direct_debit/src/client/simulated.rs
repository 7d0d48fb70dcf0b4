//! What only a simulator can be asked: see [`crate::simulator`].

use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Client;
use super::send::Call;
use crate::ApiError;
use crate::simulator::{Fault, Odds};
use crate::wire::Query;
use florin_crypto::Secret;

impl Client {
    /// Moves the simulated organisation's clock to a date; everything between happens. The same date again changes
    /// nothing.
    ///
    /// # Errors
    /// [`ApiError::Validation`] when the clock would go back, or as every call.
    pub async fn simulator_set_date(&self, date: Date) -> Result<(), ApiError> {
        self.control("clock", &json!({ "date": date })).await.map(|_| ())
    }

    /// Says where the simulated organisation's events are sent, and with which secret they are signed.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_set_webhook(&self, url: &str, secret: &Secret) -> Result<(), ApiError> {
        let body = json!({ "url": url, "secret": secret.expose() });
        self.control("webhook", &body).await.map(|_| ())
    }

    /// Sets which share of payments goes wrong.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_set_odds(&self, odds: Odds) -> Result<(), ApiError> {
        self.control("outcomes", &odds).await.map(|_| ())
    }

    /// Replaces the faults to come.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_set_faults(&self, faults: &[Fault]) -> Result<(), ApiError> {
        self.control("faults", &json!({ "faults": faults })).await.map(|_| ())
    }

    /// Sends the webhooks that are to be sent; answers how that went.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_deliver(&self) -> Result<Json, ApiError> {
        self.control("deliver", &json!({})).await
    }

    /// What the simulated organisation holds, in numbers.
    ///
    /// # Errors
    /// As every call.
    pub async fn simulator_state(&self) -> Result<Json, ApiError> {
        self.send(&Call::get("simulator/state".to_owned(), Query::new())).await
    }

    async fn control(&self, control: &str, body: &impl Serialize) -> Result<Json, ApiError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ApiError::Malformed { message: error.to_string() })?;
        self.send(&Call::post(format!("simulator/{control}"), body, None)).await
    }
}
