//! The instalment of an annuity.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use florin_money::Rate;

use super::ScheduleError;

/// Months a year times the units of a rate of 100 %: m = micro percent / this.
const MONTHLY_UNITS: i64 = 12 * 100 * 1_000_000;

/// Digits of the exact instalment that are trusted. The arithmetic keeps 28, its errors stay below the 25th;
/// rounding to 22 first makes a true tie a tie again, so that it goes up.
const TRUSTED_DIGITS: u32 = 22;

/// The equal instalment that repays `principal_minor` in `count` months: P m / (1 - (1+m)^-n) with m = yearly
/// rate / 12, in minor units, rounded half up. At a rate of 0 it is P/n.
///
/// # Errors
/// [`ScheduleError::AmountOutOfRange`], [`ScheduleError::InstalmentCount`] for a count of 0.
pub fn level_instalment(
    principal_minor: i64,
    rate: Rate,
    count: u32,
) -> Result<i64, ScheduleError> {
    if count == 0 {
        return Err(ScheduleError::InstalmentCount);
    }
    let exact = present_value_of_one(rate, count)
        .and_then(|each| Decimal::from(principal_minor).checked_div(each))
        .and_then(|exact| {
            exact.round_sf_with_strategy(TRUSTED_DIGITS, RoundingStrategy::MidpointAwayFromZero)
        });
    let rounded =
        exact.map(|exact| exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero));
    rounded.and_then(|rounded| rounded.to_i64()).ok_or(ScheduleError::AmountOutOfRange)
}

/// What `count` monthly payments of 1 are worth today: v + v^2 + .. + v^n with v = 1/(1+m).
///
/// The same as (1 - v^n) / m, but built by doubling (a of 2k = a of k x (1 + v^k)) from terms that are all
/// positive, so that no digits cancel at tiny rates and nothing overflows at huge ones.
fn present_value_of_one(rate: Rate, count: u32) -> Option<Decimal> {
    let units = Decimal::from(MONTHLY_UNITS);
    let discount = units.checked_div(units.checked_add(Decimal::from(rate.micro_percent()))?)?;
    let (mut sum, mut power) = (discount, discount);
    // The highest bit is the one payment to begin with; each lower bit doubles, and adds one when set.
    for bit in (0..count.ilog2()).rev() {
        sum = sum.checked_mul(power.checked_add(Decimal::ONE)?)?;
        power = power.checked_mul(power)?;
        if count >> bit & 1 == 1 {
            power = power.checked_mul(discount)?;
            sum = sum.checked_add(power)?;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(principal_minor: i64, rate: &str, count: u32, expected: Result<i64, ScheduleError>) {
        let rate = Rate::parse(rate).unwrap();
        let level = level_instalment(principal_minor, rate, count);
        assert_eq!(level, expected, "{principal_minor} at {rate} % in {count}");
    }

    #[test]
    fn level_instalments() {
        check(1_200_000, "12", 6, Ok(207_058));
        // A mortgage as every textbook has it: 200,000 at 6 % over 30 years.
        check(20_000_000, "6", 360, Ok(119_910));
        check(1_000, "0", 3, Ok(333));
        check(1_001, "0", 2, Ok(501));
        check(10_000, "0.06", 1, Ok(10_001)); // exactly 10,000.5
        check(5, "600", 2, Ok(5)); // exactly 4.5
        check(100, "10000", 1_200, Ok(833));
        check(1_200, "0.000001", 1_200, Ok(1));
        check(i64::MAX, "0", 1, Ok(i64::MAX));
        check(i64::MAX, "10000", 1, Err(ScheduleError::AmountOutOfRange));
        check(100, "1", 0, Err(ScheduleError::InstalmentCount));
    }
}
