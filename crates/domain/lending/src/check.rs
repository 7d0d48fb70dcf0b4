//! Collects every fault of a request before it is refused, in the words that Django REST clients know.

use florin_money::{Currency, Money, MoneyError, Rate};
use rust_decimal::Decimal;

use crate::FieldError;

/// The largest amount a request may name: 10^14 minor units (a trillion in a currency with cents). Ten thousand
/// such amounts still add up without overflow.
pub const MAX_AMOUNT_MINOR: i64 = 100_000_000_000_000;

/// The highest yearly rate, in percent.
pub const MAX_RATE_PERCENT: u32 = 10_000;

/// The most characters of a name.
pub const MAX_NAME_CHARS: usize = 255;

/// What a request says of a field. `Absent` keeps the current value in an update and takes the default elsewhere;
/// `Null` always takes the default, or is refused where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Given<T> {
    /// The field was not sent.
    #[default]
    Absent,
    /// The field was sent as null.
    Null,
    /// The field was sent with a value.
    Value(T),
}

impl<T> Given<T> {
    /// The value that was sent, if one was.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value that was sent, as something else.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(map(value)),
        }
    }

    /// The value that was sent, by reference.
    pub fn as_value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value that was sent, through `read`, or nothing; `None` when `read` finds it faulty.
    pub fn read<U>(&self, read: impl FnOnce(T) -> Option<U>) -> Option<Option<U>>
    where
        T: Clone,
    {
        match self.as_value() {
            None => Some(None),
            Some(value) => read(value.clone()).map(Some),
        }
    }

    /// Whether the field was sent, be it as null.
    pub fn is_given(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// What was sent, or `current` where nothing was.
    #[must_use]
    pub fn over(self, current: Self) -> Self {
        match self {
            Self::Absent => current,
            given => given,
        }
    }
}

impl<T> From<Option<T>> for Given<T> {
    /// `None` becomes `Absent`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

/// The faults found so far. A field that is already faulty collects no second complaint.
#[derive(Debug, Default)]
pub struct Check {
    faults: Vec<FieldError>,
}

impl Check {
    /// Starts with the faults that reading the request found (values of the wrong type).
    pub fn new(unreadable: Vec<FieldError>) -> Self {
        Self { faults: unreadable }
    }

    /// Records a fault, unless the field has one.
    pub fn fault(&mut self, field: &'static str, message: impl Into<String>) {
        if !self.is_faulty(field) {
            self.faults.push(FieldError::new(field, message));
        }
    }

    /// Whether the field has a fault.
    pub fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field == field)
    }

    /// `value` when nothing was wrong.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }

    /// The faults alone, to go on with elsewhere.
    pub fn into_faults(self) -> Vec<FieldError> {
        self.faults
    }

    /// A value that must be sent.
    pub fn required<T>(&mut self, field: &'static str, given: Given<T>) -> Option<T> {
        match given {
            Given::Value(value) => Some(value),
            Given::Absent => {
                self.fault(field, "This field is required.");
                None
            }
            Given::Null => {
                self.fault(field, "This field may not be null.");
                None
            }
        }
    }

    /// A value with a default that must not be sent as null.
    pub fn or_default<T>(&mut self, field: &'static str, given: Given<T>, default: T) -> T {
        match given {
            Given::Value(value) => value,
            Given::Absent => default,
            Given::Null => {
                self.fault(field, "This field may not be null.");
                default
            }
        }
    }

    /// A text that must not be blank. Spaces around it are dropped.
    pub fn not_blank(&mut self, field: &'static str, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            self.fault(field, "This field may not be blank.");
            return None;
        }
        self.short(field, text, MAX_NAME_CHARS)
    }

    /// A text of at most `most` characters, without control characters. Spaces around it are dropped.
    pub fn short(&mut self, field: &'static str, text: &str, most: usize) -> Option<String> {
        let text = text.trim();
        if text.chars().count() > most {
            self.fault(field, format!("Ensure this field has no more than {most} characters."));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.fault(field, "Control characters are not allowed.");
            return None;
        }
        Some(text.to_owned())
    }

    /// An amount from 0 (or above it, when `positive`) to [`MAX_AMOUNT_MINOR`], with no more decimals than the
    /// currency has.
    pub fn amount(
        &mut self,
        field: &'static str,
        value: Decimal,
        currency: Currency,
        positive: bool,
    ) -> Option<Money> {
        match Money::parse(&value.normalize().to_string(), currency) {
            Ok(money) if money.minor() < 0 || (positive && money.minor() == 0) => {
                let bound = if positive { "greater than 0" } else { "greater than or equal to 0" };
                self.fault(field, format!("Ensure this value is {bound}."));
                None
            }
            Ok(money) if money.minor() <= MAX_AMOUNT_MINOR => Some(money),
            Err(MoneyError::TooManyDecimals) => {
                let places = currency.exponent();
                self.fault(
                    field,
                    format!("Ensure that there are no more than {places} decimal places."),
                );
                None
            }
            _ if value.is_sign_negative() => {
                self.fault(field, "Ensure this value is greater than or equal to 0.");
                None
            }
            _ => {
                let most = Money::from_minor(MAX_AMOUNT_MINOR, currency);
                self.fault(field, format!("Ensure this value is less than or equal to {most}."));
                None
            }
        }
    }

    /// A yearly rate in percent, from 0 to [`MAX_RATE_PERCENT`], with at most 6 decimals.
    pub fn rate(&mut self, field: &'static str, value: Decimal) -> Option<Rate> {
        self.percent(field, value, MAX_RATE_PERCENT)
    }

    /// A percentage from 0 to `most`, with at most 6 decimals.
    pub fn percent(&mut self, field: &'static str, value: Decimal, most: u32) -> Option<Rate> {
        if value.is_sign_negative() && !value.is_zero() {
            self.fault(field, "Ensure this value is greater than or equal to 0.");
            return None;
        }
        if value > Decimal::from(most) {
            self.fault(field, format!("Ensure this value is less than or equal to {most}."));
            return None;
        }
        if value.normalize().scale() > 6 {
            self.fault(field, "Ensure that there are no more than 6 decimal places.");
            return None;
        }
        match Rate::from_percent(value.normalize()) {
            Ok(rate) => Some(rate),
            Err(_) => {
                self.fault(field, "A valid number is required.");
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub fn whole(&mut self, field: &'static str, value: i64, least: u32, most: u32) -> Option<u32> {
        if value < i64::from(least) {
            self.fault(field, format!("Ensure this value is greater than or equal to {least}."));
            return None;
        }
        match u32::try_from(value) {
            Ok(value) if value <= most => Some(value),
            _ => {
                self.fault(field, format!("Ensure this value is less than or equal to {most}."));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fault that one rule leaves, or what it accepted.
    fn outcome<T: std::fmt::Display>(rule: impl FnOnce(&mut Check) -> Option<T>) -> String {
        let mut check = Check::default();
        let value = rule(&mut check);
        match (value, check.faults.pop()) {
            (Some(value), None) => value.to_string(),
            (None, Some(fault)) => fault.message,
            (value, fault) => {
                panic!("both or neither: {:?} {fault:?}", value.map(|v| v.to_string()))
            }
        }
    }

    #[test]
    fn amounts() {
        let gbp = Currency::from_code("GBP").unwrap();
        let jpy = Currency::from_code("JPY").unwrap();
        let table = [
            ("1000", gbp, false, "1000.00"),
            ("1000.50", gbp, false, "1000.50"),
            ("1000.500", gbp, false, "1000.50"),
            ("0", gbp, false, "0.00"),
            ("0", gbp, true, "Ensure this value is greater than 0."),
            ("-1", gbp, false, "Ensure this value is greater than or equal to 0."),
            ("0.001", gbp, false, "Ensure that there are no more than 2 decimal places."),
            ("0.5", jpy, false, "Ensure that there are no more than 0 decimal places."),
            ("1000000000000", gbp, false, "1000000000000.00"),
            (
                "1000000000000.01",
                gbp,
                false,
                "Ensure this value is less than or equal to 1000000000000.00.",
            ),
            (
                "79228162514264337593543950335",
                gbp,
                false,
                "Ensure this value is less than or equal to 1000000000000.00.",
            ),
        ];
        for (text, currency, positive, expected) in table {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(
                outcome(|check| check.amount("f", value, currency, positive)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn percentages_and_whole_numbers() {
        let table = [
            ("0", "0"),
            ("12.5", "12.5"),
            ("100", "100"),
            ("0.000001", "0.000001"),
            ("0.0000001", "Ensure that there are no more than 6 decimal places."),
            ("-0.1", "Ensure this value is greater than or equal to 0."),
            ("100.1", "Ensure this value is less than or equal to 100."),
        ];
        for (text, expected) in table {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(outcome(|check| check.percent("f", value, 100)), expected, "{text}");
        }
        for (value, expected) in [
            (1, "1"),
            (31, "31"),
            (0, "Ensure this value is greater than or equal to 1."),
            (i64::MIN, "Ensure this value is greater than or equal to 1."),
            (32, "Ensure this value is less than or equal to 31."),
            (i64::MAX, "Ensure this value is less than or equal to 31."),
        ] {
            assert_eq!(outcome(|check| check.whole("f", value, 1, 31)), expected, "{value}");
        }
    }

    #[test]
    fn a_field_collects_one_fault() {
        let mut check = Check::new(vec![FieldError::new("a", "Not a valid string.")]);
        check.fault("a", "This field is required.");
        check.fault("b", "This field is required.");
        assert_eq!(
            check.finish(Some(())).unwrap_err(),
            vec![
                FieldError::new("a", "Not a valid string."),
                FieldError::new("b", "This field is required.")
            ]
        );
    }
}
