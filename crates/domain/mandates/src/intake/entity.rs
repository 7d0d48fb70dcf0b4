//! What the provider's events say. Pure.

use std::collections::BTreeMap;

use florin_payments::Told;
use jiff::Timestamp;
use serde::Deserialize;

use crate::mandate::MandateNews;
use florin_storage::words;

/// What our payments carry at the provider: our id under this name.
pub(crate) const PAYMENT_KEY: &str = "florin_payment";

words! {
    /// Where the dealing with an event stands.
    pub enum EventState {
        /// Not dealt with, or what it is about is not yet to be found.
        Waiting = "waiting",
        /// Dealt with.
        Done = "done",
        /// Nothing of ours.
        Ignored = "ignored",
    }
}

/// An event of the provider, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredEvent {
    /// The provider's id (`EV...`).
    pub id: String,
    /// The provider's time.
    pub created_at: Timestamp,
    pub resource_type: String,
    pub action: String,
    /// The whole event; JSON.
    pub body: String,
    /// How often what it is about was not to be found.
    pub tries: u32,
    /// When we learnt of it, in real time.
    pub received_at: Timestamp,
}

/// The parts of an event that we read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventBody {
    id: String,
    created_at: Timestamp,
    resource_type: String,
    action: String,
    #[serde(default)]
    pub links: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub details: Details,
    #[serde(default)]
    resource_metadata: Option<BTreeMap<String, String>>,
}

/// Why something happened, in the provider's words.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    pub cause: Option<String>,
}

impl EventBody {
    /// The text of a link; none when it is missing or null.
    pub(crate) fn link(&self, name: &str) -> Option<&str> {
        self.links.get(name)?.as_deref()
    }

    /// Our payment's id, when the event carries what the payment does.
    pub(crate) fn our_payment(&self) -> Option<&str> {
        self.resource_metadata.as_ref()?.get(PAYMENT_KEY).map(String::as_str)
    }

    /// Why, in one word; empty when it does not say.
    pub(crate) fn cause(&self) -> String {
        self.details.cause.clone().unwrap_or_default()
    }
}

impl StoredEvent {
    /// The event in this JSON; `None` when it is none.
    pub(crate) fn from_json(json: &serde_json::Value, now: Timestamp) -> Option<Self> {
        let body = EventBody::deserialize(json).ok()?;
        let is_sound = !body.id.is_empty() && body.id.len() <= 128;
        is_sound.then(|| Self {
            id: body.id,
            created_at: body.created_at,
            resource_type: body.resource_type,
            action: body.action,
            body: json.to_string(),
            tries: 0,
            received_at: now,
        })
    }

    /// The parts of it that we read; `None` for a hand-edited row.
    pub(crate) fn parsed(&self) -> Option<EventBody> {
        serde_json::from_str(&self.body).ok()
    }
}

/// The events of a webhook's body; `None` when it is none.
pub(crate) fn events_of(body: &[u8], now: Timestamp) -> Option<Vec<StoredEvent>> {
    #[derive(Deserialize)]
    struct Envelope {
        events: Vec<serde_json::Value>,
    }
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    Some(envelope.events.iter().filter_map(|event| StoredEvent::from_json(event, now)).collect())
}

/// What an event says of a payment; `None` when it is of no concern.
///
/// That a late failure or a charge-back was settled says no more than when it comes off a payout: the failure and the
/// charge-back themselves have events of their own.
pub(crate) fn told(action: &str) -> Option<Told> {
    Some(match action {
        "created" | "resubmission_requested" | "late_failure_settled" | "chargeback_settled" => {
            Told::Noted
        }
        "submitted" => Told::Submitted,
        "confirmed" => Told::Confirmed,
        "paid_out" => Told::PaidOut,
        "failed" => Told::Failed,
        "charged_back" => Told::ChargedBack,
        "chargeback_cancelled" => Told::ChargebackCancelled,
        "cancelled" | "customer_approval_denied" => Told::Cancelled,
        _ => return None,
    })
}

/// The place of an action among those that happen at the same time, as a sandbox makes them.
pub(crate) fn rank(action: &str) -> usize {
    const ORDER: [&str; 10] = [
        "created",
        "resubmission_requested",
        "submitted",
        "active",
        "confirmed",
        "paid_out",
        "failed",
        "charged_back",
        "chargeback_cancelled",
        "replaced",
    ];
    ORDER.iter().position(|other| *other == action).unwrap_or(ORDER.len())
}

/// What an event says of a mandate; `None` when it is of no concern.
pub(crate) fn news(action: &str) -> Option<MandateNews> {
    MandateNews::parse(action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_read_from_a_body() {
        let body = json!({ "events": [
            { "id": "EV1", "created_at": "2026-12-01T09:00:00.000Z", "resource_type": "payments", "action": "failed",
              "links": { "payment": "PM1", "parent_event": null },
              "details": { "origin": "bank", "cause": "insufficient_funds", "will_attempt_retry": true },
              "metadata": {}, "resource_metadata": { "florin_payment": "x" } },
            { "id": "EV2" },
            { "id": "EV3", "created_at": "2026-12-01T09:00:00Z", "resource_type": "mandates", "action": "replaced",
              "links": { "mandate": "MD1", "new_mandate": "MD2" } },
        ] });
        let events = events_of(body.to_string().as_bytes(), Timestamp::UNIX_EPOCH).expect("events");
        let ids: Vec<_> = events.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids, ["EV1", "EV3"]);
        let first = events[0].parsed().expect("a body");
        assert_eq!(first.link("payment"), Some("PM1"));
        assert_eq!(first.link("parent_event"), None);
        assert_eq!(
            (first.cause().as_str(), first.our_payment()),
            ("insufficient_funds", Some("x"))
        );
        assert_eq!(events[1].parsed().expect("a body").link("new_mandate"), Some("MD2"));
        for bad in ["", "[]", "{}", "{\"events\": 1}"] {
            assert!(events_of(bad.as_bytes(), Timestamp::UNIX_EPOCH).is_none(), "{bad}");
        }
    }

    #[test]
    fn actions_have_their_meaning() {
        let check = |action: &str, expected| assert_eq!(told(action), expected, "{action}");
        check("created", Some(Told::Noted));
        check("paid_out", Some(Told::PaidOut));
        check("late_failure_settled", Some(Told::Noted));
        check("customer_approval_denied", Some(Told::Cancelled));
        check("something_new", None);
        assert_eq!(news("reinstated"), Some(MandateNews::Reinstated));
        assert_eq!(news("something_new"), None);
    }
}
