//! Prices of units, and what units are worth. Pure, exact: whole numbers, rounded once.
//!
//! Units are counted in millionths, prices in millionths of a dollar. A fund's units are worth units times price, rounded
//! half up to the cent once.

use florin_money::{MoneyError, round_half_up};
use jiff::civil::Date;

/// The greatest price, in millionths of a dollar: beyond it a cent would buy less than a few millionths of a unit.
pub const MAX_PRICE_MICRO: i64 = 5_000_000_000;
/// What a unit costs on a portfolio's first day, and always in a flat market: 10 dollars.
pub const PAR_MICRO: i64 = 10_000_000;

/// Millionths of a unit times millionths of a dollar in a cent.
const MICROS_A_CENT: i128 = 1_000_000 * 1_000_000 / 100;

/// A price of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a dollar; more than 0, at most [`MAX_PRICE_MICRO`].
    pub micro: i64,
    /// The business day of which it is.
    pub on: Date,
}

/// What units are worth at a price, in cents.
///
/// # Errors
/// [`MoneyError::OutOfRange`].
pub fn value_minor(units_micro: i64, price_micro: i64) -> Result<i64, MoneyError> {
    round_half_up(i128::from(units_micro) * i128::from(price_micro), MICROS_A_CENT)
}

/// How many millionths of a unit money buys at a price, or has to be sold for it.
///
/// # Errors
/// [`MoneyError::OutOfRange`].
pub fn units_micro(amount_minor: i64, price_micro: i64) -> Result<i64, MoneyError> {
    round_half_up(i128::from(amount_minor) * MICROS_A_CENT, i128::from(price_micro))
}

/// `10.123456`: six decimals.
pub fn format_micro(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let (whole, rest) = (micro.unsigned_abs() / 1_000_000, micro.unsigned_abs() % 1_000_000);
    format!("{sign}{whole}.{rest:06}")
}

/// Reads a price: digits, perhaps a point and at most six more; more than 0 and at most 5,000.
pub fn parse_price_micro(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str, max: usize| {
        (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_digits(whole, 4) || !is_digits(rest, 6) {
        return None;
    }
    let micro = format!("{whole}{rest:0<6}").parse().ok()?;
    (1..=MAX_PRICE_MICRO).contains(&micro).then_some(micro)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices_are_read_and_written() {
        let check = |text: &str, micro: Option<i64>| {
            assert_eq!(parse_price_micro(text), micro, "{text:?}");
        };
        check("10", Some(10_000_000));
        check("10.1", Some(10_100_000));
        check("0.000001", Some(1));
        check("5000", Some(MAX_PRICE_MICRO));
        check("5000.000001", None);
        for bad in [
            "",
            "0",
            "0.0",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.1234567",
            "1e3",
            " 1",
            "12345",
            "1,5",
            "NaN",
        ] {
            check(bad, None);
        }
        assert_eq!(format_micro(10_100_000), "10.100000");
        assert_eq!(format_micro(-1), "-0.000001");
    }

    #[test]
    fn at_par_a_cent_is_a_thousandth_of_a_unit() {
        assert_eq!(units_micro(15_001, PAR_MICRO), Ok(15_001_000));
        assert_eq!(value_minor(15_001_000, PAR_MICRO), Ok(15_001));
        assert_eq!(value_minor(500, PAR_MICRO), Ok(1), "half a cent is rounded up");
        assert_eq!(value_minor(499, PAR_MICRO), Ok(0));
        assert!(units_micro(i64::MAX, 1).is_err());
    }

    proptest! {
        /// What is bought is worth what was paid for it, at every price.
        #[test]
        fn money_buys_its_worth(amount in 0_i64..=100_000_000_000, price in 1_000_i64..=MAX_PRICE_MICRO) {
            let units = units_micro(amount, price).expect("in range");
            prop_assert_eq!(value_minor(units, price), Ok(amount));
        }

        /// Two purchases are worth what one of both is worth, to the cent.
        #[test]
        fn purchases_add_up(
            one in 0_i64..=1_000_000_000,
            two in 0_i64..=1_000_000_000,
            price in 1_000_i64..=MAX_PRICE_MICRO,
        ) {
            let apart = units_micro(one, price).expect("in range") + units_micro(two, price).expect("in range");
            let worth = value_minor(apart, price).expect("in range");
            prop_assert!((worth - one - two).abs() <= 1);
        }

        #[test]
        fn prices_survive_the_way_through_text(micro in 1_i64..=MAX_PRICE_MICRO) {
            prop_assert_eq!(parse_price_micro(&format_micro(micro)), Some(micro));
        }
    }
}
