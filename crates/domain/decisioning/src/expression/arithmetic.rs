//! Decimal arithmetic where every result is right or a failure.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Failure;
use super::limits::MAX_EXPONENT;
use super::program::Arithmetic;

/// `left` operator `right`.
pub(super) fn calculate(
    operation: Arithmetic,
    left: Decimal,
    right: Decimal,
) -> Result<Decimal, Failure> {
    match operation {
        Arithmetic::Add => left.checked_add(right).ok_or(Failure::Overflow),
        Arithmetic::Subtract => left.checked_sub(right).ok_or(Failure::Overflow),
        Arithmetic::Multiply => multiply(left, right),
        Arithmetic::Divide => divide(left, right),
        Arithmetic::FloorDivide => floor_divide(left, right),
        Arithmetic::Remainder => remainder(left, right),
        Arithmetic::Power => power(left, right),
    }
}

fn multiply(left: Decimal, right: Decimal) -> Result<Decimal, Failure> {
    let product = left.checked_mul(right).ok_or(Failure::Overflow)?;
    if product.is_zero() && !left.is_zero() && !right.is_zero() {
        return Err(Failure::Underflow);
    }
    Ok(product)
}

fn divide(left: Decimal, right: Decimal) -> Result<Decimal, Failure> {
    if right.is_zero() {
        return Err(Failure::DivisionByZero);
    }
    let quotient = left.checked_div(right).ok_or(Failure::Overflow)?;
    if quotient.is_zero() && !left.is_zero() {
        return Err(Failure::Underflow);
    }
    Ok(quotient)
}

/// The whole number at or below the quotient, as Python has it for its own numbers: -7 // 2 is -4.
fn floor_divide(left: Decimal, right: Decimal) -> Result<Decimal, Failure> {
    let rest = remainder(left, right)?;
    let multiple = left.checked_sub(rest).ok_or(Failure::Overflow)?;
    let quotient = multiple.checked_div(right).ok_or(Failure::Overflow)?;
    Ok(quotient.round())
}

/// What `//` leaves, with the sign of the divisor: -7 % 2 is 1.
fn remainder(left: Decimal, right: Decimal) -> Result<Decimal, Failure> {
    if right.is_zero() {
        return Err(Failure::DivisionByZero);
    }
    let rest = left.checked_rem(right).ok_or(Failure::Overflow)?;
    if !rest.is_zero() && rest.is_sign_negative() != right.is_sign_negative() {
        return rest.checked_add(right).ok_or(Failure::Overflow);
    }
    Ok(rest)
}

/// To a whole power; 0 ** 0 is 1.
fn power(base: Decimal, exponent: Decimal) -> Result<Decimal, Failure> {
    let exponent = match exponent.to_i64() {
        Some(whole) if exponent.is_integer() && whole.abs() <= MAX_EXPONENT => whole,
        _ => return Err(Failure::Exponent),
    };
    let times = exponent.unsigned_abs();
    if exponent >= 0 {
        return raise(base, times);
    }
    if base.is_zero() {
        return Err(Failure::DivisionByZero);
    }
    // Of the two ways to the same result, the one whose steps grow keeps its digits.
    if base.abs() < Decimal::ONE {
        return raise(divide(Decimal::ONE, base)?, times);
    }
    match raise(base, times) {
        Ok(raised) => divide(Decimal::ONE, raised),
        Err(Failure::Overflow) => Err(Failure::Underflow),
        Err(other) => Err(other),
    }
}

fn raise(base: Decimal, times: u64) -> Result<Decimal, Failure> {
    use rust_decimal::MathematicalOps;
    let raised = base.checked_powu(times).ok_or(Failure::Overflow)?;
    if raised.is_zero() && !base.is_zero() {
        return Err(Failure::Underflow);
    }
    Ok(raised)
}

/// To so many decimals, a tie to the even digit as Python does it: round(2.5) is 2.
pub(super) fn round(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven)
}
