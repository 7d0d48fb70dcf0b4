//! The fees that a product charges by itself, and those it keeps ready for requests.

use florin_money::{Currency, Money, Rate};
use rust_decimal::Decimal;

use super::words::{FeeEvent, FeeType};
use crate::FieldError;
use crate::check::{Check, Given};

/// The most fees of one product.
pub const MAX_FEES: usize = 100;

const FIELD: &str = "default_fees";

/// The figure of a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeCharge {
    /// This amount.
    Flat(Money),
    /// This percentage (0 to 100) of the account's balance.
    Percent(Rate),
}

impl FeeCharge {
    /// Whether the figure is an amount or a percentage.
    pub const fn kind(&self) -> FeeType {
        match self {
            Self::Flat(_) => FeeType::Flat,
            Self::Percent(_) => FeeType::Percent,
        }
    }

    /// The figure: the amount, or the percentage.
    pub fn figure(&self) -> Decimal {
        match self {
            Self::Flat(amount) => amount.to_decimal(),
            Self::Percent(percent) => percent.to_percent(),
        }
    }
}

/// A fee of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultFee {
    /// Its name, unique within the product.
    pub name: String,
    /// Its figure.
    pub charge: FeeCharge,
    /// When it is charged.
    pub event: FeeEvent,
}

/// The fees of a product, in the form they were given: the older document describes a list, the newer one prints
/// a single object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefaultFees {
    /// Whether one bare object was given instead of a list.
    pub is_single: bool,
    /// The fees, in the order given.
    pub fees: Vec<DefaultFee>,
}

/// What a request says of one fee.
#[derive(Debug, Clone, Default)]
pub struct FeeFields {
    /// `name`.
    pub name: Given<String>,
    /// `type`.
    pub kind: Given<FeeType>,
    /// `amount`: an amount in the product's currency, or a percentage.
    pub amount: Given<Decimal>,
    /// `event`; `ad_hoc` when absent.
    pub event: Given<FeeEvent>,
}

/// What a request says of a product's fees.
#[derive(Debug, Clone, Default)]
pub struct DefaultFeesFields {
    /// Whether one bare object was sent instead of a list.
    pub is_single: bool,
    /// The fees, in the order sent.
    pub fees: Vec<FeeFields>,
}

impl DefaultFeesFields {
    /// Checks every fee; faults are recorded on `default_fees` with the fee's place and field.
    pub(super) fn read(self, check: &mut Check, currency: Currency) -> Option<DefaultFees> {
        if self.fees.len() > MAX_FEES {
            check.fault(FIELD, format!("Ensure this field has no more than {MAX_FEES} elements."));
            return None;
        }
        let mut fees: Vec<DefaultFee> = Vec::with_capacity(self.fees.len());
        for (index, fields) in self.fees.into_iter().enumerate() {
            match fields.read(currency) {
                Ok(fee) if fees.iter().any(|known| known.name == fee.name) => {
                    check.fault(
                        FIELD,
                        format!("Fee {}: name: Another fee is called \"{}\".", index + 1, fee.name),
                    );
                    return None;
                }
                Ok(fee) => fees.push(fee),
                Err(faults) => {
                    let text: Vec<String> = faults
                        .into_iter()
                        .map(|fault| format!("{}: {}", fault.field, fault.message))
                        .collect();
                    check.fault(FIELD, format!("Fee {}: {}", index + 1, text.join(" ")));
                    return None;
                }
            }
        }
        Some(DefaultFees { is_single: self.is_single, fees })
    }
}

impl FeeFields {
    fn read(self, currency: Currency) -> Result<DefaultFee, Vec<FieldError>> {
        let mut check = Check::default();
        let name =
            check.required("name", self.name).and_then(|name| check.not_blank("name", &name));
        let kind = check.required("type", self.kind);
        let amount = check.required("amount", self.amount);
        let event = check.or_default("event", self.event, FeeEvent::AdHoc);
        let charge = match (kind, amount) {
            (Some(FeeType::Flat), Some(amount)) => {
                check.amount("amount", amount, currency, false).map(FeeCharge::Flat)
            }
            (Some(FeeType::Percent), Some(amount)) => {
                check.percent("amount", amount, 100).map(FeeCharge::Percent)
            }
            _ => None,
        };
        let fee = name.zip(charge).map(|(name, charge)| DefaultFee { name, charge, event });
        check.finish(fee)
    }
}

impl DefaultFees {
    /// The fees as a request would send them, so that an update can be laid over them.
    pub(super) fn to_fields(&self) -> DefaultFeesFields {
        let fees = self
            .fees
            .iter()
            .map(|fee| FeeFields {
                name: Given::Value(fee.name.clone()),
                kind: Given::Value(fee.charge.kind()),
                amount: Given::Value(fee.charge.figure()),
                event: Given::Value(fee.event),
            })
            .collect();
        DefaultFeesFields { is_single: self.is_single, fees }
    }
}
