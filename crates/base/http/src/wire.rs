//! Exact amounts and rates on the wire: as JSON numbers written from the decimal text, never
//! through a float, or as JSON strings.

use std::fmt::Display;

use florin_money::{Money, Rate};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// An amount as a JSON number with the currency's decimals: `1000.00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyNumber(pub Money);

/// An amount as a JSON string with the currency's decimals: `"1000.00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyText(pub Money);

/// A yearly rate in percent as a JSON number: `12.5`, `10`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateNumber(pub Rate);

/// A yearly rate in percent as a JSON string: `"12.5"`, `"10"`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateText(pub Rate);

/// Writes a decimal text as a JSON number, digit for digit.
pub fn serialize_number<S: Serializer>(
    value: &impl Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string())
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

macro_rules! wire_type {
    ($name:ident, number, $example:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_number(&self.0, serializer)
            }
        }
        wire_type!(@schema $name, Type::Number, $example);
    };
    ($name:ident, text, $example:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        wire_type!(@schema $name, Type::String, $example);
    };
    (@schema $name:ident, $kind:expr, $example:literal) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let format = SchemaFormat::Custom("decimal".to_owned());
                let builder = ObjectBuilder::new()
                    .schema_type(SchemaType::new($kind))
                    .format(Some(format))
                    .examples([serde_json::json!($example)]);
                RefOr::T(Schema::Object(builder.build()))
            }
        }

        impl ToSchema for $name {}
    };
}

wire_type!(MoneyNumber, number, 1000.00);
wire_type!(MoneyText, text, "1000.00");
wire_type!(RateNumber, number, 12.5);
wire_type!(RateText, text, "12.5");

#[cfg(test)]
mod tests {
    use super::*;
    use florin_money::Currency;

    #[test]
    fn digits_arrive_as_they_are() {
        let gbp = Currency::from_code("GBP").expect("a known currency");
        let money = Money::from_minor(9_007_199_254_740_993, gbp);
        let json = |value: &dyn erased::Json| value.json();
        assert_eq!(json(&MoneyNumber(money)), "90071992547409.93");
        assert_eq!(json(&MoneyText(money)), "\"90071992547409.93\"");
        assert_eq!(json(&MoneyNumber(Money::from_minor(0, gbp))), "0.00");
        assert_eq!(json(&MoneyNumber(Money::from_minor(-5, gbp))), "-0.05");
        let rate = Rate::parse("12.50").expect("a rate");
        assert_eq!(json(&RateNumber(rate)), "12.5");
        assert_eq!(json(&RateText(Rate::parse("10").expect("a rate"))), "\"10\"");
    }

    mod erased {
        pub trait Json {
            fn json(&self) -> String;
        }

        impl<T: serde::Serialize> Json for T {
            fn json(&self) -> String {
                serde_json::to_string(self).expect("it serialises")
            }
        }
    }
}
