//! What can be wrong with an amount, a rate or a currency.

/// Why a text or a sum is not an amount. The texts are for people; callers match on the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number (`NaN`, `1,000`, an empty text).
    #[error("not a number")]
    NotANumber,
    /// The number has more decimals than the currency or the rate keeps; nothing is rounded silently.
    #[error("too many decimal places")]
    TooManyDecimals,
    /// The number or the result of the arithmetic does not fit.
    #[error("out of range")]
    OutOfRange,
    /// The text is not the ISO 4217 code of a currency with minor units.
    #[error("unknown currency")]
    UnknownCurrency,
    /// The text is not the name of a day count.
    #[error("unknown day count")]
    UnknownDayCount,
    /// Two amounts of different currencies cannot be added.
    #[error("different currencies")]
    CurrencyMismatch,
}
