//! What every typed id can do.

/// Declares one newtype over [`uuid::Uuid`] for each name.
macro_rules! typed_ids {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(::uuid::Uuid);

        impl $name {
            /// A new id, greater than every id that this process made before.
            #[allow(clippy::new_without_default, reason = "a default that differs at each call would surprise")]
            pub fn new() -> Self {
                Self($crate::typed::next_uuid())
            }

            /// The id that this UUID stands for.
            pub const fn from_uuid(uuid: ::uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID.
            pub const fn uuid(self) -> ::uuid::Uuid {
                self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, ::uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for ::florin_storage::Value {
            fn from(id: $name) -> Self {
                Self::Uuid(id.0)
            }
        }

        impl ::florin_storage::FromValue for $name {
            fn from_value(value: ::florin_storage::ValueRef<'_>) -> Result<Self, ::florin_storage::Mismatch> {
                <::uuid::Uuid as ::florin_storage::FromValue>::from_value(value).map(Self)
            }
        }

        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                $crate::typed::uuid_schema()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    )+};
}

pub(crate) use typed_ids;

/// The next UUID v7 of this process.
#[allow(clippy::disallowed_methods, reason = "the door behind which ids are made")]
pub(crate) fn next_uuid() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// `{"type": "string", "format": "uuid"}`.
pub(crate) fn uuid_schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .into()
}

#[cfg(test)]
mod tests {
    use florin_storage::{FromValue, Value, ValueRef};
    use utoipa::ToSchema as _;

    use crate::{EntryId, LoanId, TransactionId};

    #[test]
    fn new_ids_ascend() {
        let ids: Vec<LoanId> = (0..10_000).map(|_| LoanId::new()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].uuid().get_version_num(), 7);
    }

    #[test]
    fn text_and_json_are_those_of_the_uuid() {
        let text = "0198c7c4-7d1e-7a55-9c11-0242ac120002";
        let id: LoanId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(format!("{id:?}"), format!("LoanId({text})"));
        assert!("not-an-id".parse::<LoanId>().is_err());
    }

    #[test]
    fn storage_keeps_them_as_uuids() {
        let id = LoanId::new();
        assert_eq!(Value::from(id), Value::Uuid(id.uuid()));
        assert_eq!(LoanId::from_value(ValueRef::Uuid(id.uuid())).ok(), Some(id));
        assert!(LoanId::from_value(ValueRef::Int(1)).is_err());
    }

    #[test]
    fn a_transaction_names_its_entry() {
        let id = TransactionId::new();
        assert_eq!(EntryId::from(id).uuid(), id.uuid());
    }

    #[test]
    fn the_schema_is_a_uuid_string() {
        assert_eq!(LoanId::name(), "LoanId");
        use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
        let RefOr::T(Schema::Object(schema)) = super::uuid_schema() else { panic!("inline") };
        assert!(matches!(schema.format, Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))));
    }
}
