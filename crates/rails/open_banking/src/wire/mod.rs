//! What the provider's API speaks: its words and its things, as they stand in JSON.
//!
//! Dates are `YYYY-MM-DD`, times are UTC, amounts are decimal texts in major units. The provider passes on what banks
//! send, so almost everything may be missing or of another type than promised: such a field is read as if it were not
//! there, and a word that is new to us as `Unknown`, instead of failing the whole answer.

mod account;
mod institution;
mod requisition;
mod token;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

pub use account::*;
pub use institution::*;
pub use requisition::*;
pub use token::*;

/// Words of the provider, each with its text on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that is new to us, or none.
            #[default]
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

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
                Ok(word.as_str().map_or(Self::Unknown, Self::parse))
            }
        }
    };
}
pub(crate) use words;

/// Reads what may be missing, `null` or of another type: all three are nothing.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned + Default,
{
    let value = Json::deserialize(deserializer)?;
    Ok(T::deserialize(value).unwrap_or_default())
}

/// Reads a text that some banks send as a number, to the digit.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::String(text) => text,
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    })
}

/// Reads a whole number that the provider writes as a text: `"90"`.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::String(text) => text.trim().parse().ok(),
        Json::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        _ => None,
    })
}

/// Reads a list item by item: one that cannot be read does not spoil the others.
pub(crate) fn readable<'de, D, T>(deserializer: D) -> Result<Readable<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let Json::Array(values) = Json::deserialize(deserializer)? else {
        return Ok(Readable::default());
    };
    let total = values.len();
    let items: Vec<T> = values.into_iter().filter_map(|value| T::deserialize(value).ok()).collect();
    Ok(Readable { unreadable: total - items.len(), items })
}

/// The items of a list that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readable<T> {
    /// Those.
    pub items: Vec<T>,
    /// How many could not.
    pub unreadable: usize,
}

impl<T> Default for Readable<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: 0 }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_what_they_say() {
        for status in RequisitionStatus::ALL {
            assert_eq!(RequisitionStatus::parse(status.as_str()), *status);
            assert_eq!(json!(status), json!(status.as_str()));
        }
        assert_eq!(RequisitionStatus::parse("XX"), RequisitionStatus::Unknown);
        assert_eq!(format!("{:>4}", RequisitionStatus::Linked), "  LN");
    }

    #[test]
    fn banks_send_all_sorts() {
        let read = |text: &str| serde_json::from_str::<Transactions>(text).unwrap();
        let found = read(
            r#"{
            "booked": [
                { "transactionId": 17, "transactionAmount": { "amount": -12.50, "currency": "EUR" },
                  "creditorAccount": "none", "bookingDate": 5, "remittanceInformationUnstructuredArray": "x" },
                "nonsense",
                { "transactionAmount": null }
            ],
            "pending": null
        }"#,
        );
        assert_eq!((found.booked.items.len(), found.booked.unreadable), (2, 1));
        let first = &found.booked.items[0];
        assert_eq!(first.transaction_id, "17");
        assert_eq!(first.transaction_amount.amount, "-12.50", "numbers keep their digits");
        assert_eq!((first.booking_date.as_str(), first.creditor_account.is_none()), ("5", true));
        assert_eq!(found.booked.items[1].transaction_amount, Amount::default());
        assert!(found.pending.items.is_empty());
        let account: AccountDetails = serde_json::from_value(json!({
            "iban": null, "scan": "20000055779911", "linkedAccounts": 5, "cashAccountType": "WORLD",
        }))
        .unwrap();
        assert_eq!(account.scan, "20000055779911");
    }

    #[test]
    fn numbers_in_texts_table() {
        let check = |value: Json, expected: Option<u32>| {
            let institution: Institution = serde_json::from_value(json!({
                "id": "X", "name": "X", "transaction_total_days": value.clone(),
            }))
            .unwrap();
            assert_eq!(institution.transaction_total_days, expected, "{value}");
        };
        check(json!("90"), Some(90));
        check(json!(730), Some(730));
        check(json!("many"), None);
        check(json!(null), None);
        check(json!(-1), None);
    }
}
