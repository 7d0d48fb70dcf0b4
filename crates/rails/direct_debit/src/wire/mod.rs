//! What the provider's API speaks: its words and its things, as they stand in JSON.
//!
//! Dates are `YYYY-MM-DD`, times are UTC, amounts are integers of the currency's smallest unit, ids are the provider's
//! texts (`MD...`, `PM...`). A word that is new to us is read as `Unknown` instead of failing the whole answer.

mod billing_request;
mod event;
mod mandate;
mod party;
mod payment;
mod payout;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

pub use billing_request::*;
pub use event::*;
pub use mandate::*;
pub use party::*;
pub use payment::*;
pub use payout::*;

/// Up to three texts of our own on a thing: keys of at most 50 characters, values of at most 500.
pub type Metadata = BTreeMap<String, String>;

/// Words of the provider, each with its text on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)+
            /// A word that is new to us.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl $name {
            /// Every known word.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire; `unknown` for one that is new to us.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown => "unknown",
                }
            }

            /// Reads a word; one that is new to us is [`Self::Unknown`].
            pub fn parse(text: &str) -> Self {
                let found = Self::ALL.iter().find(|word| word.as_str() == text);
                found.copied().unwrap_or(Self::Unknown)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// The cursor that leads to newer things; `None` on the first page.
    pub before: Option<String>,
    /// The cursor that leads to older things; `None` on the last page.
    pub after: Option<String>,
}

/// Which page of a list. The provider gives 50 things a page unless asked otherwise, at most 500.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging {
    /// Things that come before (are newer than) this id.
    pub before: Option<String>,
    /// Things that come after (are older than) this id.
    pub after: Option<String>,
    /// 1 to 500.
    pub limit: Option<u32>,
}

/// A span of creation times; each end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Later than this.
    pub gt: Option<Timestamp>,
    /// At this time or later.
    pub gte: Option<Timestamp>,
    /// Earlier than this.
    pub lt: Option<Timestamp>,
    /// At this time or earlier.
    pub lte: Option<Timestamp>,
}

/// Reads what may be missing: `null` means the same as nothing at all.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Pairs of a query string.
pub(crate) type Query = Vec<(String, String)>;

pub(crate) fn put(query: &mut Query, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        query.push((name.to_owned(), value.to_string()));
    }
}

impl Paging {
    pub(crate) fn put(&self, query: &mut Query) {
        put(query, "before", self.before.as_ref());
        put(query, "after", self.after.as_ref());
        put(query, "limit", self.limit);
    }
}

impl Created {
    /// From this time on.
    pub fn since(time: Timestamp) -> Self {
        Self { gte: Some(time), ..Self::default() }
    }

    pub(crate) fn put(&self, query: &mut Query) {
        for (name, time) in [("gt", self.gt), ("gte", self.gte), ("lt", self.lt), ("lte", self.lte)]
        {
            put(query, &format!("created_at[{name}]"), time);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The provider adds words and fields, and leaves out or nulls what does not apply.
    #[test]
    fn answers_are_read_leniently() {
        let event: Event = serde_json::from_value(json!({
            "id": "EV1", "created_at": "2026-01-01T00:00:00.000Z", "resource_type": "exports",
            "action": "created", "metadata": null, "details": { "origin": null, "new": 1 },
            "links": null,
        }))
        .unwrap();
        assert_eq!(event.resource_type, ResourceType::Unknown);
        let mandate: Mandate = serde_json::from_value(json!({
            "id": "MD1", "created_at": "2026-01-01T00:00:00.000Z", "status": "of_the_future",
            "scheme": null, "metadata": null, "payments_require_approval": null,
            "links": { "creditor": null, "customer": "CU1", "new": "NE1" },
        }))
        .unwrap();
        assert_eq!(mandate.status, MandateStatus::Unknown);
        assert_eq!(mandate.links.customer, "CU1");
        let payment: Payment = serde_json::from_value(json!({
            "id": "PM1", "created_at": "2026-01-01T00:00:00.000Z", "status": "confirmed",
            "amount": 100, "currency": "GBP", "amount_refunded": null, "retry_if_possible": null,
            "fx": { "exchange_rate": null }, "metadata": {}, "links": { "mandate": "MD1" },
        }))
        .unwrap();
        assert_eq!((payment.amount, payment.status), (100, PaymentStatus::Confirmed));
    }

    #[test]
    fn words_are_what_they_say() {
        for status in PaymentStatus::ALL {
            assert_eq!(PaymentStatus::parse(status.as_str()), *status);
            assert_eq!(json!(status), json!(status.as_str()));
        }
        assert_eq!(PaymentStatus::parse("x"), PaymentStatus::Unknown);
        assert_eq!(format!("{:>9}", MandateStatus::Active), "   active");
    }
}
