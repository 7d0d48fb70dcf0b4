//! The fees that a product charges by itself, and those it keeps ready for requests.

use florin_money::{Currency, Money, MoneyError, Rate};
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

/// A fee that an event brings about, with what it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventFee {
    /// Its name in the product.
    pub(crate) name: String,
    /// Its figure.
    pub(crate) charge: FeeCharge,
    /// What it comes to, in minor units; above 0.
    pub(crate) amount_minor: i64,
}

/// The fees of `fees` that `event` brings about, in the product's order, for an account that owes `balance_minor`
/// in total (principal, interest and fees) at that moment, what the event itself makes it owe included.
///
/// They are charged one after another: the balance that a percentage is taken of includes the fees before it.
/// Percentages are rounded half up; of an account in credit they are 0. A fee that comes to 0 is left out.
///
/// # Errors
/// [`MoneyError::OutOfRange`] when the balance leaves the range of minor units.
pub(crate) fn charges_on(
    fees: &[DefaultFee],
    event: FeeEvent,
    balance_minor: i64,
) -> Result<Vec<EventFee>, MoneyError> {
    let mut balance_minor = balance_minor;
    let mut charged = Vec::new();
    for fee in fees.iter().filter(|fee| fee.event == event) {
        let amount_minor = match fee.charge {
            FeeCharge::Flat(amount) => amount.minor(),
            FeeCharge::Percent(percent) => percent.of_minor(balance_minor.max(0))?,
        };
        if amount_minor > 0 {
            balance_minor =
                balance_minor.checked_add(amount_minor).ok_or(MoneyError::OutOfRange)?;
            charged.push(EventFee { name: fee.name.clone(), charge: fee.charge, amount_minor });
        }
    }
    Ok(charged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fee written as `disbursement 2.5 %` or `arrears 10.00`.
    fn fee(name: &str, text: &str) -> DefaultFee {
        let mut words = text.split(' ');
        let event = FeeEvent::parse(words.next().unwrap()).unwrap();
        let figure = words.next().unwrap();
        let charge = match words.next() {
            Some(_) => FeeCharge::Percent(Rate::parse(figure).unwrap()),
            None => {
                let gbp = Currency::from_code("GBP").unwrap();
                FeeCharge::Flat(Money::parse(figure, gbp).unwrap())
            }
        };
        DefaultFee { name: name.to_owned(), charge, event }
    }

    fn check(
        fees: &[&str],
        event: FeeEvent,
        balance_minor: i64,
        expected: Result<&[(&str, i64)], MoneyError>,
    ) {
        let names = ["a", "b", "c", "d"];
        let fees: Vec<_> = names.iter().zip(fees).map(|(name, text)| fee(name, text)).collect();
        let charged = charges_on(&fees, event, balance_minor);
        let pairs = |fee: EventFee| (fee.name, fee.amount_minor);
        let found = charged.map(|charged| charged.into_iter().map(pairs).collect::<Vec<_>>());
        let named = |pair: &(&str, i64)| (pair.0.to_owned(), pair.1);
        assert_eq!(found, expected.map(|expected| expected.iter().map(named).collect()));
    }

    #[test]
    fn fees_of_an_event() {
        use FeeEvent::{Arrears, Default, Disbursement};
        check(&[], Disbursement, 100_000, Ok(&[]));
        check(&["arrears 5", "default 6.50"], Disbursement, 100_000, Ok(&[]));
        check(&["arrears 5", "default 6.50"], Default, 0, Ok(&[("b", 650)]));
        check(&["ad_hoc 5", "arrears 0.01"], Arrears, -1, Ok(&[("b", 1)]));
        // A percentage is of the whole balance, half up.
        check(&["disbursement 1.5 %"], Disbursement, 120_000, Ok(&[("a", 1_800)]));
        check(&["disbursement 1 %"], Disbursement, 1_050, Ok(&[("a", 11)]));
        check(&["disbursement 1 %"], Disbursement, 1_049, Ok(&[("a", 10)]));
        // Each sees those before it, and only those of the same event.
        check(
            &["disbursement 10 %", "arrears 100", "disbursement 20.00", "disbursement 10 %"],
            Disbursement,
            100_000,
            Ok(&[("a", 10_000), ("c", 2_000), ("d", 11_200)]),
        );
        check(
            &["disbursement 20.00", "disbursement 10 %"],
            Disbursement,
            100_000,
            Ok(&[("a", 2_000), ("b", 10_200)]),
        );
        // What comes to nothing is not charged.
        check(&["default 0", "default 0 %", "default 1 %"], Default, 49, Ok(&[]));
        check(&["default 100 %", "default 3"], Default, -500, Ok(&[("b", 300)]));
        check(&["default 100 %"], Default, i64::MAX, Err(MoneyError::OutOfRange));
        check(&["default 0.01"], Default, i64::MAX, Err(MoneyError::OutOfRange));
    }
}
