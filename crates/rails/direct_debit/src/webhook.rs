//! The provider's webhooks: is it them, and what do they tell?
//!
//! A webhook is signed with the endpoint's secret: the `Webhook-Signature` header is the HMAC-SHA256 of the raw body in
//! lower-case hex. A body that does not fit is to be refused; one that fits is taken in by its events' ids, because the
//! same events come again after a failure, and in any order.

use std::fmt::Write as _;

use florin_crypto::{Secret, constant_time_eq};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::wire::Event;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "Webhook-Signature";
/// The provider puts no more events into one webhook.
pub const EVENTS_MAX: usize = 250;

/// What a webhook holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// At most [`EVENTS_MAX`], in any order.
    pub events: Vec<Event>,
    /// Of the delivery itself.
    #[serde(default)]
    pub meta: WebhookMeta,
}

/// Of the delivery itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookMeta {
    /// `WB...`; the same when it is delivered again. Older webhooks have none.
    #[serde(default)]
    pub webhook_id: Option<String>,
}

/// Why a webhook is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// It is not signed with our secret: to be refused, and nothing of it believed.
    #[error("the webhook's signature does not fit its body")]
    BadSignature,
    /// It is signed, and cannot be read.
    #[error("the webhook cannot be read: {0}")]
    Unreadable(String),
}

/// The signature of a body.
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(secret, body) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Whether the signature fits the body, told in a time that does not depend on where it differs. No secret fits an empty
/// one.
pub fn is_signed(secret: &Secret, body: &[u8], signature: &str) -> bool {
    !secret.expose().is_empty()
        && constant_time_eq(sign(secret, body).as_bytes(), signature.as_bytes())
}

/// Checks the signature and reads the body.
///
/// # Errors
/// [`WebhookError`].
pub fn parse(secret: &Secret, body: &[u8], signature: &str) -> Result<Webhook, WebhookError> {
    if !is_signed(secret, body, signature) {
        return Err(WebhookError::BadSignature);
    }
    read(body)
}

/// Reads a body whose signature was checked before.
///
/// # Errors
/// [`WebhookError::Unreadable`].
pub fn read(body: &[u8]) -> Result<Webhook, WebhookError> {
    let webhook: Webhook = serde_json::from_slice(body)
        .map_err(|error| WebhookError::Unreadable(error.to_string()))?;
    if webhook.events.len() > EVENTS_MAX {
        let text = format!("{} events, at most {EVENTS_MAX}", webhook.events.len());
        return Err(WebhookError::Unreadable(text));
    }
    Ok(webhook)
}

fn digest(secret: &Secret, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ResourceType;

    /// The example body and secret of the provider's own libraries' tests have the same shape.
    const BODY: &str = r#"{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":"subscription_created","description":"Subscription created via the API."},"metadata":{}},{"id":"EV00BD05TB8K63","created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}],"meta":{"webhook_id":"WB123"}}"#;

    #[test]
    fn signatures_table() {
        let secret = Secret::from_text("ED7D658C-D8EB-4941-948B-3973214F2D49");
        let good = sign(&secret, BODY.as_bytes());
        let check = |secret: &str, body: &str, signature: &str, expected: bool| {
            let secret = Secret::from_text(secret);
            assert_eq!(is_signed(&secret, body.as_bytes(), signature), expected, "{signature}");
        };
        check(secret.expose(), BODY, &good, true);
        check(secret.expose(), &format!("{BODY}\n"), &good, false);
        check("another", BODY, &good, false);
        check(secret.expose(), BODY, "", false);
        check(secret.expose(), BODY, &good[..63], false);
        check("", BODY, &sign(&Secret::from_text(""), BODY.as_bytes()), false);
        // RFC 4231, test case 2.
        let jefe = sign(&Secret::from_text("Jefe"), b"what do ya want for nothing?");
        assert_eq!(jefe, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_signed_body_is_read() {
        let secret = Secret::from_text("s");
        let webhook = parse(&secret, BODY.as_bytes(), &sign(&secret, BODY.as_bytes())).unwrap();
        assert_eq!(webhook.meta.webhook_id.as_deref(), Some("WB123"));
        assert_eq!(webhook.events.len(), 2);
        assert_eq!(webhook.events[0].resource_type, ResourceType::Subscriptions);
        assert_eq!(webhook.events[1].links.mandate.as_deref(), Some("MD000AMA19XGEC"));
        assert_eq!(webhook.events[1].details.cause, "mandate_created");
        assert_eq!(parse(&secret, BODY.as_bytes(), "00"), Err(WebhookError::BadSignature));
        assert!(matches!(read(b"[]"), Err(WebhookError::Unreadable(_))));
    }

    #[test]
    fn a_webhook_is_bounded() {
        let event = r#"{"id":"EV1","created_at":"2018-07-05T09:13:51.404Z","resource_type":"new_kind","action":"x"}"#;
        let of = |count: usize| format!(r#"{{"events":[{}]}}"#, vec![event; count].join(","));
        assert_eq!(read(of(EVENTS_MAX).as_bytes()).unwrap().events.len(), EVENTS_MAX);
        assert!(read(of(EVENTS_MAX + 1).as_bytes()).is_err());
    }
}
