//! Money, rates and day counts: exact, checked, without floats.
//!
//! One rounding rule holds everywhere: **half up**, that is, to the nearest minor unit and a tie away from
//! zero, so that a reversal rounds to exactly the opposite of what it reverses ([`round_half_up`]).

mod accrual;
mod currency;
mod day_count;
mod error;
mod money;
mod parse;
mod rate;

pub use accrual::{denominator, numerator, round_half_up};
pub use currency::Currency;
pub use day_count::DayCount;
pub use error::MoneyError;
pub use money::Money;
pub use rate::Rate;
