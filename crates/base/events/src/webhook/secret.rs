//! Webhook secrets: how they look, how they are kept, how they sign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use florin_crypto::{KeyRing, random_bytes};
use florin_ids::WebhookEndpointId;

use crate::EventsError;

const PREFIX: &str = "whsec_";
/// The first byte of a stored secret that is not sealed; a sealed value begins with its format, 1.
const PLAIN: u8 = 0;
const CONTEXT: &str = "webhook_endpoint.secret";

/// A signing secret as Standard Webhooks writes it: `whsec_` and base64 of 32 random bytes. Shown
/// when it is made and never again.
#[derive(Clone)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    pub(super) fn generate() -> Self {
        WebhookSecret(format!("{PREFIX}{}", STANDARD.encode(random_bytes::<32>())))
    }

    /// The secret itself, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For the database: sealed when there is a key ring.
    pub(super) fn store(&self, ring: Option<&KeyRing>, endpoint: WebhookEndpointId) -> Vec<u8> {
        match ring {
            Some(ring) => ring.seal(CONTEXT, endpoint.uuid().as_bytes(), self.0.as_bytes()),
            None => [&[PLAIN], self.0.as_bytes()].concat(),
        }
    }

    pub(super) fn load(
        stored: &[u8],
        ring: Option<&KeyRing>,
        endpoint: WebhookEndpointId,
    ) -> Result<Self, EventsError> {
        let text = match (stored, ring) {
            ([PLAIN, plain @ ..], _) => plain.to_vec(),
            (sealed, Some(ring)) => ring.open(CONTEXT, endpoint.uuid().as_bytes(), sealed)?,
            (_, None) => return Err(EventsError::NoKeyRing),
        };
        String::from_utf8(text).map(WebhookSecret).map_err(|_| EventsError::BadSecret)
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The `webhook-signature` header: one signature a secret, newest first, parted by spaces.
pub(super) fn signature_header(
    secrets: &[WebhookSecret],
    message_id: &str,
    unix_seconds: i64,
    body: &[u8],
) -> Result<String, EventsError> {
    let sign = |secret: &WebhookSecret| {
        standardwebhooks::Webhook::new(secret.expose())
            .and_then(|webhook| webhook.sign(message_id, unix_seconds, body))
            .map_err(|_| EventsError::BadSecret)
    };
    let signatures: Result<Vec<String>, EventsError> = secrets.iter().map(sign).collect();
    Ok(signatures?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_plain_and_sealed() {
        let (ring, endpoint) = (KeyRing::generate(), WebhookEndpointId::new());
        let secret = WebhookSecret::generate();
        for stored in [secret.store(None, endpoint), secret.store(Some(&ring), endpoint)] {
            let loaded = WebhookSecret::load(&stored, Some(&ring), endpoint).unwrap();
            assert_eq!(loaded.expose(), secret.expose());
        }
        let sealed = secret.store(Some(&ring), endpoint);
        assert!(matches!(
            WebhookSecret::load(&sealed, None, endpoint),
            Err(EventsError::NoKeyRing)
        ));
        assert!(WebhookSecret::load(&sealed, Some(&ring), WebhookEndpointId::new()).is_err());
    }

    /// The example of the Standard Webhooks specification's reference libraries.
    #[test]
    fn signs_as_the_reference_does() {
        let secret = WebhookSecret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned());
        let header = signature_header(
            &[secret],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            br#"{"email":"test@example.com","username":"test_user"}"#,
        );
        assert_eq!(header.unwrap(), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }
}
