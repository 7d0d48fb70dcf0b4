//! A product's fees on the wire: a list of objects, as the older document describes, or the one object with the
//! capitals that the newer one prints. They are answered in the form they were given.

use florin_http::{FromJson, Input, Message, serialize_number};
use florin_lending::product::{
    DefaultFee, DefaultFees, DefaultFeesFields, FeeCharge, FeeEvent, FeeFields, FeeType,
};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::reader::Reader;

/// The fees that a request sends.
#[derive(Debug, Clone)]
pub(crate) struct FeesInput(pub(crate) DefaultFeesFields);

impl FromJson for FeesInput {
    fn from_json(value: Value) -> Result<Self, Message> {
        match value {
            Value::Object(fee) => {
                Ok(Self(DefaultFeesFields { is_single: true, fees: vec![fee_of(fee, 1)?] }))
            }
            Value::Array(list) => {
                let fees = list.into_iter().enumerate().map(|(index, fee)| match fee {
                    Value::Object(fee) => fee_of(fee, index + 1),
                    _ => Err(format!("Fee {}: Expected an object.", index + 1).into()),
                });
                Ok(Self(DefaultFeesFields {
                    is_single: false,
                    fees: fees.collect::<Result<_, _>>()?,
                }))
            }
            _ => Err("Expected a list of fees, or one fee.".into()),
        }
    }

    fn schema() -> Schema {
        FeesBody::one_of()
    }
}

/// One fee, with its number for the fault. Names in small letters win over those with capitals.
fn fee_of(mut fee: Map<String, Value>, number: usize) -> Result<FeeFields, Message> {
    let mut reader = Reader::default();
    let mut field = |names: [&str; 2]| names.into_iter().find_map(|name| fee.remove(name));
    let fields = FeeFields {
        name: reader.take("name", input(field(["name", "Name"]))),
        kind: reader.word("type", input(field(["type", "Type"])), FeeType::parse),
        amount: reader.take("amount", input::<Decimal>(field(["amount", "Amount"]))),
        event: reader.word("event", input(field(["event", "Event"])), FeeEvent::parse),
    };
    let faults = reader.into_faults();
    if faults.is_empty() {
        return Ok(fields);
    }
    let texts: Vec<String> =
        faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
    Err(format!("Fee {number}: {}", texts.join(" ")).into())
}

fn input<T: FromJson>(value: Option<Value>) -> Input<T> {
    match value {
        None => Input::Missing,
        Some(Value::Null) => Input::Null,
        Some(value) => T::from_json(value).map_or_else(Input::Bad, Input::Ok),
    }
}

/// One fee of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FeeBody {
    /// Readable name for the fee.
    #[schema(example = "Disbursement Fee")]
    name: String,
    /// Whether `amount` is the fee (`flat`) or the percentage of the account balance (`percent`).
    #[serde(rename = "type")]
    #[schema(example = "flat")]
    kind: &'static str,
    /// The amount of the fee, or the percentage.
    #[serde(serialize_with = "number")]
    #[schema(value_type = f64, example = 1)]
    amount: Decimal,
    /// When the fee is applied: `disbursement`, `arrears`, `default` or `ad_hoc`.
    #[schema(example = "arrears")]
    event: &'static str,
}

/// One bare fee, with the capitals that it is printed with.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SingleFeeBody {
    /// Readable name for the fee.
    #[schema(example = "Disbursement Fee")]
    name: String,
    /// Whether `Amount` is the fee (`flat`) or the percentage of the account balance (`percent`).
    #[serde(rename = "type")]
    #[schema(example = "flat")]
    kind: &'static str,
    /// The amount of the fee, or the percentage.
    #[serde(rename = "Amount", serialize_with = "number")]
    #[schema(value_type = f64, example = 1)]
    amount: Decimal,
    /// When the fee is applied: `disbursement`, `arrears`, `default` or `ad_hoc`.
    #[serde(rename = "Event")]
    #[schema(example = "arrears")]
    event: &'static str,
}

/// The fees of a product, in the form they were given.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum FeesBody {
    /// One bare object.
    Single(SingleFeeBody),
    /// A list.
    List(Vec<FeeBody>),
}

impl FeesBody {
    /// The fees of a product on the wire.
    pub(crate) fn of(fees: DefaultFees) -> Self {
        let is_single = fees.is_single;
        let mut list = fees.fees.into_iter().map(|fee: DefaultFee| FeeBody {
            kind: fee.charge.kind().as_str(),
            amount: figure(&fee.charge),
            event: fee.event.as_str(),
            name: fee.name,
        });
        if is_single && let Some(FeeBody { name, kind, amount, event }) = list.next() {
            return Self::Single(SingleFeeBody { name, kind, amount, event });
        }
        Self::List(list.collect())
    }

    fn one_of() -> Schema {
        let list = ArrayBuilder::new().items(FeeBody::schema());
        let one_of =
            OneOfBuilder::new().item(Schema::Array(list.build())).item(SingleFeeBody::schema());
        Schema::OneOf(one_of.build())
    }
}

impl PartialSchema for FeesBody {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Self::one_of())
    }
}

impl ToSchema for FeesBody {}

fn figure(charge: &FeeCharge) -> Decimal {
    charge.figure().normalize()
}

fn number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_number(value, serializer)
}
