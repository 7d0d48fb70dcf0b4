//! Closed lists of words and the integer ids of this surface.

/// Declares an enum whose values have a name in the database and on the wire.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$value_doc])* $value,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$value,)+];

            /// Its name in the database and in documents.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            /// The value of this name, whatever its capitals.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Declares integer ids: ascending per tenant. Each also has a UUID, made of the number and a tag, under which
/// payments and the ledger know it.
macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident = $tag:literal,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(i64);

        impl $name {
            const TAG: u64 = u64::from_be_bytes(*$tag);

            /// The id of this number.
            pub const fn from_number(number: i64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn number(self) -> i64 {
                self.0
            }

            /// The UUID that payments and the ledger know it by; unique within the tenant.
            pub const fn uuid(self) -> uuid::Uuid {
                uuid::Uuid::from_u64_pair(Self::TAG, self.0.cast_unsigned())
            }

            /// The id whose [`uuid`](Self::uuid) this is; `None` for any other.
            pub const fn from_uuid(uuid: uuid::Uuid) -> Option<Self> {
                match uuid.as_u64_pair() {
                    (Self::TAG, number) => Some(Self(number.cast_signed())),
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$name> for florin_storage::Value {
            fn from(id: $name) -> Self {
                Self::Int(id.0)
            }
        }

        impl florin_storage::FromValue for $name {
            fn from_value(
                value: florin_storage::ValueRef<'_>,
            ) -> Result<Self, florin_storage::Mismatch> {
                <i64 as florin_storage::FromValue>::from_value(value).map(Self)
            }
        }
    )+};
}

pub(crate) use named;

/// What the storage's reader says of a word that it does not know.
pub(crate) const WORD: &str = "a word of its list";

number_ids! {
    /// A customer's settlement account in the program, or an external account, or one of the program's own: they
    /// share their numbers, because a transfer names any of them by its number alone.
    AccountId = b"ea-acct\0",
    /// A customer.
    CustomerId = b"ea-cust\0",
    /// A program.
    ProgramId = b"ea-prog\0",
    /// A transfer, as a transaction of the customer.
    TransferId = b"ea-trans",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_uuids_go_together() {
        let id = AccountId::from_number(253);
        assert_eq!(AccountId::from_uuid(id.uuid()), Some(id));
        assert_eq!(CustomerId::from_uuid(id.uuid()), None);
        assert_eq!((id.number(), id.to_string().as_str()), (253, "253"));
    }
}
