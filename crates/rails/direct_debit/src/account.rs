//! Bank accounts of the United Kingdom: a sort code and an account number. Formats only; see [`crate::modulus`] for the
//! check digits.

use std::fmt;

/// What is wrong with a sort code or an account number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Nothing was given.
    #[error("can't be blank")]
    Blank,
    /// Something other than digits (and, in a sort code, the usual separators).
    #[error("must be a number")]
    NotANumber,
    /// Another number of digits than it has.
    #[error("is the wrong length (should be {0} characters)")]
    WrongLength(usize),
}

/// The six digits that name a branch, such as `20-00-00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SortCode(u32);

impl SortCode {
    /// Reads six digits; spaces and hyphens between them are allowed.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        digits(text, 6, true).map(Self)
    }

    /// The digits as a number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The six digits without separators.
    pub fn digits(self) -> String {
        format!("{:06}", self.0)
    }
}

impl fmt::Display for SortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second, third) = (self.0 / 10_000, self.0 / 100 % 100, self.0 % 100);
        write!(f, "{first:02}-{second:02}-{third:02}")
    }
}

/// The eight digits of an account. `Debug` shows the last two.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountNumber(u32);

impl AccountNumber {
    /// Reads eight digits, or six or seven of an old account, which zeros go before. Spaces are allowed.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        let short = text.bytes().filter(u8::is_ascii_digit).count();
        digits(text, if (6..8).contains(&short) { short } else { 8 }, false).map(Self)
    }

    /// The digits as a number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The eight digits.
    pub fn digits(self) -> String {
        format!("{:08}", self.0)
    }

    /// The last two digits, which may be shown.
    pub fn ending(self) -> String {
        format!("{:02}", self.0 % 100)
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountNumber(..{})", self.ending())
    }
}

fn digits(text: &str, count: usize, hyphens: bool) -> Result<u32, AccountError> {
    let kept: String =
        text.chars().filter(|c| !(c.is_whitespace() || hyphens && *c == '-')).collect();
    if kept.is_empty() {
        return Err(AccountError::Blank);
    }
    if !kept.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AccountError::NotANumber);
    }
    if kept.len() != count {
        return Err(AccountError::WrongLength(count));
    }
    kept.parse().map_err(|_| AccountError::NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_codes_table() {
        let check = |text: &str, expected: Result<&str, AccountError>| {
            let found = SortCode::parse(text).map(|code| code.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        };
        check("200000", Ok("20-00-00"));
        check("20-00-00", Ok("20-00-00"));
        check(" 20 00 00 ", Ok("20-00-00"));
        check("000099", Ok("00-00-99"));
        check("", Err(AccountError::Blank));
        check("20000", Err(AccountError::WrongLength(6)));
        check("2000000", Err(AccountError::WrongLength(6)));
        check("2000O0", Err(AccountError::NotANumber));
        check("２００００0", Err(AccountError::NotANumber));
    }

    #[test]
    fn account_numbers_table() {
        let check = |text: &str, expected: Result<&str, AccountError>| {
            let found = AccountNumber::parse(text).map(AccountNumber::digits);
            assert_eq!(found, expected.map(str::to_owned), "{text}");
        };
        check("55779911", Ok("55779911"));
        check("5577 9911", Ok("55779911"));
        check("779911", Ok("00779911"));
        check("5779911", Ok("05779911"));
        check("79911", Err(AccountError::WrongLength(8)));
        check("557799110", Err(AccountError::WrongLength(8)));
        check("5577-9911", Err(AccountError::NotANumber));
        check("", Err(AccountError::Blank));
        let shown = format!("{:?}", AccountNumber::parse("55779911"));
        assert_eq!(shown, "Ok(AccountNumber(..11))");
    }
}
