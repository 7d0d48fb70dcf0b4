//! Decimal text to a scaled integer, exactly.

use crate::MoneyError;

/// Longer texts are refused unread: no honest amount needs more.
const MAX_LENGTH: usize = 64;

/// Reads a decimal number (`1000`, `-12.50`, `1e3`) as an integer of `10^-scale` units.
///
/// White space around the number is ignored. Decimals beyond `scale` are refused unless they are zeros, since
/// those lose nothing.
///
/// # Errors
/// [`MoneyError::NotANumber`], [`MoneyError::TooManyDecimals`], [`MoneyError::OutOfRange`].
pub(crate) fn scaled(text: &str, scale: u32) -> Result<i64, MoneyError> {
    let text = text.trim();
    if text.len() > MAX_LENGTH {
        return Err(MoneyError::OutOfRange);
    }
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (number, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], exponent(&unsigned[at + 1..])?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::NotANumber);
    }
    let digits: String = [whole, fraction].concat();
    // The number is digits x 10^(exponent - decimals); in units of 10^-scale that is a shift of the point.
    let shift = exponent - fraction.len() as i64 + i64::from(scale);
    let units = shifted(&digits, shift)?;
    i64::try_from(if negative { -units } else { units }).map_err(|_| MoneyError::OutOfRange)
}

/// The power of ten behind an `e`, held to a size whose effect on the range is already certain.
fn exponent(text: &str) -> Result<i64, MoneyError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MoneyError::NotANumber);
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(10_000);
    Ok(if text.starts_with('-') { -size } else { size })
}

/// `digits` x 10^`shift` as an integer.
fn shifted(digits: &str, shift: i64) -> Result<i128, MoneyError> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let dropped = usize::try_from(-shift).unwrap_or(0);
    let kept = digits.len().saturating_sub(dropped);
    if digits[kept..].bytes().any(|byte| byte != b'0') {
        return Err(MoneyError::TooManyDecimals);
    }
    let zeros = u32::try_from(shift.max(0)).map_err(|_| MoneyError::OutOfRange)?;
    let mantissa: i128 = digits[..kept].parse().map_err(|_| MoneyError::OutOfRange)?;
    let power = 10_i128.checked_pow(zeros).ok_or(MoneyError::OutOfRange)?;
    mantissa.checked_mul(power).ok_or(MoneyError::OutOfRange)
}
