//! ISO 4217 currencies.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::MoneyError;

/// A currency of ISO 4217 that has minor units (gold and the testing code have none and are refused).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    iso: iso_currency::Currency,
    exponent: u8,
}

impl Currency {
    /// Pound sterling, the currency of a tenant that names no other.
    pub const GBP: Self = Self { iso: iso_currency::Currency::GBP, exponent: 2 };
    /// United States dollar.
    pub const USD: Self = Self { iso: iso_currency::Currency::USD, exponent: 2 };
    /// Euro.
    pub const EUR: Self = Self { iso: iso_currency::Currency::EUR, exponent: 2 };
    /// Japanese yen, which has no decimals.
    pub const JPY: Self = Self { iso: iso_currency::Currency::JPY, exponent: 0 };

    /// The currency of a three-letter code in capitals, such as `GBP`.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`].
    pub fn from_code(code: &str) -> Result<Self, MoneyError> {
        let iso = iso_currency::Currency::from_code(code).ok_or(MoneyError::UnknownCurrency)?;
        let exponent = iso.exponent().and_then(|digits| u8::try_from(digits).ok());
        Ok(Self { iso, exponent: exponent.ok_or(MoneyError::UnknownCurrency)? })
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.iso.code()
    }

    /// The number of decimals of a major unit: 2 for the pound, 0 for the yen, at most 4.
    pub fn exponent(self) -> u32 {
        u32::from(self.exponent)
    }

    /// Minor units in a major unit: 100 for the pound.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// By code, so that whatever is kept per currency comes in one order.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::from_code(code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_code(&code).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_exponents() {
        let cases: &[(&str, Option<u32>)] = &[
            ("GBP", Some(2)),
            ("USD", Some(2)),
            ("EUR", Some(2)),
            ("JPY", Some(0)),
            ("KWD", Some(3)),
            ("CLF", Some(4)),
            ("XAU", None),
            ("gbp", None),
            ("", None),
            ("POUND", None),
        ];
        for (code, exponent) in cases {
            let currency = Currency::from_code(code);
            assert_eq!(currency.ok().map(Currency::exponent), *exponent, "{code}");
            assert!(currency.is_err() || currency.is_ok_and(|found| found.code() == *code));
        }
    }

    #[test]
    fn constants_are_the_looked_up_ones() {
        for constant in [Currency::GBP, Currency::USD, Currency::EUR, Currency::JPY] {
            assert_eq!(Currency::from_code(constant.code()), Ok(constant));
        }
    }
}
