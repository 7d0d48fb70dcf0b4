//! An amount of a currency.

use std::fmt;

use rust_decimal::Decimal;

use crate::{Currency, MoneyError, parse};

/// An amount in whole minor units (pence, cents) of its currency; may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units: 1050 of GBP is 10.50.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads an amount in major units: `1000`, `1000.00`, `-12.5`, `1e3`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooManyDecimals`] for more decimals than the currency has
    /// (zeros excepted), [`MoneyError::OutOfRange`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { minor: parse::scaled(text, currency.exponent())?, currency })
    }

    /// The amount of a decimal number of major units.
    ///
    /// # Errors
    /// As [`Money::parse`], without `NotANumber`.
    pub fn from_decimal(major: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let reduced = major.normalize();
        if reduced.scale() > exponent {
            return Err(MoneyError::TooManyDecimals);
        }
        let power = 10_i128.pow(exponent - reduced.scale());
        let minor = reduced.mantissa().checked_mul(power).ok_or(MoneyError::OutOfRange)?;
        let minor = i64::try_from(minor).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self { minor, currency })
    }

    /// The amount in major units, with the currency's decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// True for exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with_minor(self.minor.checked_add(other.minor))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::OutOfRange`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with_minor(self.minor.checked_sub(other.minor))
    }

    /// The opposite amount.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] for the smallest `i64`, which has no opposite.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with_minor(self.minor.checked_neg())
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }

    fn with_minor(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        Ok(Self { minor: minor.ok_or(MoneyError::OutOfRange)?, currency: self.currency })
    }
}

/// A plain decimal of major units with the currency's decimals: `1234.50`, `-0.07`, `1500` yen.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let (size, per_major) =
            (self.minor.unsigned_abs(), self.currency.minor_per_major().unsigned_abs());
        let text = match self.currency.exponent() as usize {
            0 => format!("{sign}{size}"),
            width => format!("{sign}{}.{:0width$}", size / per_major, size % per_major),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, currency: Currency, expected: Result<i64, MoneyError>) {
        assert_eq!(Money::parse(text, currency).map(Money::minor), expected, "{text:?} {currency}");
    }

    #[test]
    fn parse_table() {
        use MoneyError::{NotANumber, OutOfRange, TooManyDecimals};
        let pounds: &[(&str, Result<i64, MoneyError>)] = &[
            ("1000", Ok(100_000)),
            ("1000.00", Ok(100_000)),
            ("1e3", Ok(100_000)),
            ("1.5E+1", Ok(1_500)),
            ("15e-1", Ok(150)),
            ("  12.5 ", Ok(1_250)),
            ("+7", Ok(700)),
            ("-0.07", Ok(-7)),
            ("-0", Ok(0)),
            (".5", Ok(50)),
            ("5.", Ok(500)),
            ("0.010", Ok(1)),
            ("0e99999999999999999999", Ok(0)),
            ("92233720368547758.07", Ok(i64::MAX)),
            ("-92233720368547758.08", Ok(i64::MIN)),
            ("92233720368547758.08", Err(OutOfRange)),
            ("1e300", Err(OutOfRange)),
            ("1e99999999999999999999", Err(OutOfRange)),
            ("1e-99999999999999999999", Err(TooManyDecimals)),
            ("0.001", Err(TooManyDecimals)),
            ("1.005", Err(TooManyDecimals)),
            ("", Err(NotANumber)),
            (".", Err(NotANumber)),
            ("-", Err(NotANumber)),
            ("e3", Err(NotANumber)),
            ("1e", Err(NotANumber)),
            ("1e+-3", Err(NotANumber)),
            ("1,000", Err(NotANumber)),
            ("1_000", Err(NotANumber)),
            ("1 000", Err(NotANumber)),
            ("0x10", Err(NotANumber)),
            ("NaN", Err(NotANumber)),
            ("Infinity", Err(NotANumber)),
            ("--1", Err(NotANumber)),
            ("1.2.3", Err(NotANumber)),
            ("\u{0661}", Err(NotANumber)),
        ];
        for (text, expected) in pounds {
            check(text, Currency::GBP, *expected);
        }
        check(&"9".repeat(65), Currency::GBP, Err(OutOfRange));
        check("1500", Currency::JPY, Ok(1_500));
        check("1500.0", Currency::JPY, Ok(1_500));
        check("1500.5", Currency::JPY, Err(TooManyDecimals));
    }

    #[test]
    fn display_keeps_the_decimals_of_the_currency() {
        let cases = [
            (123_450, Currency::GBP, "1234.50"),
            (-7, Currency::GBP, "-0.07"),
            (0, Currency::USD, "0.00"),
            (1_500, Currency::JPY, "1500"),
            (i64::MIN, Currency::GBP, "-92233720368547758.08"),
        ];
        for (minor, currency, expected) in cases {
            assert_eq!(Money::from_minor(minor, currency).to_string(), expected);
        }
    }

    #[test]
    fn arithmetic_is_checked() {
        let (pound, dollar) =
            (Money::from_minor(100, Currency::GBP), Money::from_minor(100, Currency::USD));
        let most = Money::from_minor(i64::MAX, Currency::GBP);
        assert_eq!(pound.checked_add(pound), Ok(Money::from_minor(200, Currency::GBP)));
        assert_eq!(pound.checked_sub(pound), Ok(Money::zero(Currency::GBP)));
        assert_eq!(pound.checked_add(dollar), Err(MoneyError::CurrencyMismatch));
        assert_eq!(pound.checked_sub(dollar), Err(MoneyError::CurrencyMismatch));
        assert_eq!(most.checked_add(pound), Err(MoneyError::OutOfRange));
        let least = Money::from_minor(i64::MIN, Currency::GBP);
        assert_eq!(least.checked_sub(pound), Err(MoneyError::OutOfRange));
        assert_eq!(least.checked_neg(), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn display_and_parse_round_trip(minor: i64, code in prop::sample::select(vec!["GBP", "JPY", "KWD", "CLF"])) {
            let money = Money::from_minor(minor, Currency::from_code(code)?);
            prop_assert_eq!(Money::parse(&money.to_string(), money.currency()), Ok(money));
            prop_assert_eq!(Money::from_decimal(money.to_decimal(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9.eE ]{0,70}|\\PC{0,20}") {
            let _ = Money::parse(&text, Currency::GBP);
        }

        #[test]
        fn sums_are_exact_or_refused(a: i64, b: i64) {
            let sum = Money::from_minor(a, Currency::GBP).checked_add(Money::from_minor(b, Currency::GBP));
            let exact = i64::try_from(i128::from(a) + i128::from(b)).map_err(|_| MoneyError::OutOfRange);
            prop_assert_eq!(sum.map(Money::minor), exact);
        }
    }
}
