//! A yearly rate in percent.

use std::fmt;

use rust_decimal::Decimal;

use crate::{MoneyError, parse, round_half_up};

/// A rate in percent, 0 to 10,000, with at most six decimals, kept as an integer of millionths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate {
    micro_percent: i64,
}

const DECIMALS: u32 = 6;

impl Rate {
    /// The greatest rate: 10,000 %.
    pub const MAX: Self = Self { micro_percent: 10_000_000_000 };
    /// No interest.
    pub const ZERO: Self = Self { micro_percent: 0 };

    /// A rate in percent: 12.5 is twelve and a half percent.
    ///
    /// # Errors
    /// [`MoneyError::TooManyDecimals`] beyond six (zeros excepted), [`MoneyError::OutOfRange`].
    pub fn from_percent(percent: Decimal) -> Result<Self, MoneyError> {
        let reduced = percent.normalize();
        if reduced.scale() > DECIMALS {
            return Err(MoneyError::TooManyDecimals);
        }
        let power = 10_i128.pow(DECIMALS - reduced.scale());
        let micro = reduced.mantissa().checked_mul(power).ok_or(MoneyError::OutOfRange)?;
        Self::from_micro_percent(i64::try_from(micro).map_err(|_| MoneyError::OutOfRange)?)
    }

    /// A rate in millionths of a percent, as stored.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] below 0 or above [`Rate::MAX`].
    pub fn from_micro_percent(micro_percent: i64) -> Result<Self, MoneyError> {
        let rate = Self { micro_percent };
        if (Self::ZERO..=Self::MAX).contains(&rate) {
            Ok(rate)
        } else {
            Err(MoneyError::OutOfRange)
        }
    }

    /// Reads a rate in percent: `10`, `12.5`, `1e1`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooManyDecimals`], [`MoneyError::OutOfRange`].
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        Self::from_micro_percent(parse::scaled(text, DECIMALS)?)
    }

    /// The rate in millionths of a percent.
    pub const fn micro_percent(self) -> i64 {
        self.micro_percent
    }

    /// The rate in percent, without trailing zeros.
    pub fn to_percent(self) -> Decimal {
        Decimal::new(self.micro_percent, DECIMALS).normalize()
    }

    /// This percentage of an amount in minor units, half up: 1 % of 1050 is 11.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn of_minor(self, minor: i64) -> Result<i64, MoneyError> {
        round_half_up(i128::from(minor) * i128::from(self.micro_percent), 100 * 1_000_000)
    }
}

/// Percent without trailing zeros: `10`, `12.5`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_percent().to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parse_and_display() {
        let cases = [
            ("10", Ok((10_000_000, "10"))),
            ("12.50", Ok((12_500_000, "12.5"))),
            ("0", Ok((0, "0"))),
            ("0.000001", Ok((1, "0.000001"))),
            ("1e4", Ok((10_000_000_000, "10000"))),
            ("10000.000001", Err(MoneyError::OutOfRange)),
            ("-0.1", Err(MoneyError::OutOfRange)),
            ("0.0000001", Err(MoneyError::TooManyDecimals)),
            ("5%", Err(MoneyError::NotANumber)),
        ];
        for (text, expected) in cases {
            let rate = Rate::parse(text);
            let seen = rate.map(|rate| (rate.micro_percent(), rate.to_string()));
            assert_eq!(seen, expected.map(|(micro, shown)| (micro, shown.to_string())), "{text}");
        }
    }

    #[test]
    fn percentage_of_an_amount() {
        let cases =
            [("1", 1_050, 11), ("1", 1_049, 10), ("12.5", 4, 1), ("0", 9_999, 0), ("2.5", -20, -1)];
        for (rate, minor, expected) in cases {
            assert_eq!(
                Rate::parse(rate).unwrap().of_minor(minor),
                Ok(expected),
                "{rate} % of {minor}"
            );
        }
        assert_eq!(Rate::MAX.of_minor(i64::MAX), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn every_rate_round_trips(micro in 0..=10_000_000_000_i64) {
            let rate = Rate::from_micro_percent(micro)?;
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
            prop_assert_eq!(Rate::from_percent(rate.to_percent()), Ok(rate));
        }
    }
}
