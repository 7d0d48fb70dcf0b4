//! Numbers of bank accounts: how they are shown.

use std::fmt;

const DIGITS_SHOWN: usize = 4;

/// A routing number or an account number: sealed at rest, masked in answers and in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct BankDigits(String);

impl BankDigits {
    /// These digits.
    pub fn new(digits: impl Into<String>) -> Self {
        Self(digits.into())
    }

    /// The digits themselves, for sealing and for payment files.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Six asterisks and the last four digits (the document's `accountNumberMasked`).
    pub fn masked(&self) -> String {
        let hidden = self.0.chars().count().saturating_sub(DIGITS_SHOWN);
        let shown: String = self.0.chars().skip(hidden).collect();
        format!("******{shown}")
    }
}

impl fmt::Debug for BankDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::BankDigits;

    #[test]
    fn masks_show_the_last_four_digits() {
        for (digits, masked) in [("343434", "******3434"), ("12", "******12"), ("", "******")] {
            assert_eq!(BankDigits::new(digits).masked(), masked);
            assert_eq!(format!("{:?}", BankDigits::new(digits)), masked);
        }
    }
}
