//! Numbers of bank accounts: how they look, and how they are shown. Pure.
//!
//! British numbers are held to their form. Whether the account fits the sort code (the modulus check) is looked up where
//! end users are written, because its table is an operator's; see [`florin_mandates::modulus`].

use std::fmt;

use super::entity::EndUser;
use super::uk;
use crate::check::{Check, Given};

/// Digits of an account number that its mask leaves.
const ACCOUNT_DIGITS_SHOWN: usize = 4;
/// Digits of a sort code that its mask leaves.
const SORT_CODE_DIGITS_SHOWN: usize = 2;
/// The digits that a British account number may have. It has 8; older ones have 6 or 7 and are filled with zeros by
/// whoever pays, some banks write 9 or 10, and the lending document's own example has 9.
const ACCOUNT_DIGITS: std::ops::RangeInclusive<usize> = 6..=10;
/// The letters and digits that another country's account number may have; an IBAN has up to 34.
const FOREIGN_ACCOUNT_CHARS: std::ops::RangeInclusive<usize> = 6..=34;
/// The letters and digits that another country's bank code may have.
const FOREIGN_BANK_CODE_CHARS: std::ops::RangeInclusive<usize> = 4..=12;

/// Digits (abroad also letters) of a bank account that would hurt if leaked: sealed at rest, masked in answers and in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct BankDigits {
    digits: String,
    shown: usize,
}

impl BankDigits {
    /// An account number.
    pub fn account(digits: impl Into<String>) -> Self {
        Self { digits: digits.into(), shown: ACCOUNT_DIGITS_SHOWN }
    }

    /// A sort code.
    pub fn sort_code(digits: impl Into<String>) -> Self {
        Self { digits: digits.into(), shown: SORT_CODE_DIGITS_SHOWN }
    }

    /// The digits themselves, for sealing and for payment files.
    pub fn expose(&self) -> &str {
        &self.digits
    }

    /// What answers show: four asterisks and the last digits.
    pub fn masked(&self) -> String {
        let hidden = self.digits.len().saturating_sub(self.shown);
        format!("****{}", self.digits.get(hidden..).unwrap_or_default())
    }
}

impl fmt::Debug for BankDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The text of a bank number, and whether it is what `current` has: sent as its mask, in the same country.
fn bank_text(
    given: Given<String>,
    country: Option<&str>,
    current: Option<(&EndUser, &BankDigits)>,
) -> (String, bool) {
    let text = given.value().unwrap_or_default().trim().to_owned();
    match current.filter(|(_, digits)| digits.masked() == text) {
        Some((end_user, digits)) => {
            let is_kept = country.is_none_or(|country| country == end_user.country);
            (digits.expose().to_owned(), is_kept)
        }
        None => (text, false),
    }
}

/// Digits (abroad also letters), or the mask of the current ones, or nothing.
pub(super) fn account_number(
    check: &mut Check,
    given: Given<String>,
    country: Option<&str>,
    current: Option<&EndUser>,
) -> Option<Option<BankDigits>> {
    let current = current.and_then(|user| Some((user, user.bank_account_number.as_ref()?)));
    let (text, is_kept) = bank_text(given, country, current);
    if text.is_empty() {
        return Some(None);
    }
    let is_british = uk::rules(country);
    let number = if is_kept {
        Some(text)
    } else if is_british {
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        Some(text).filter(|text| is_digits && ACCOUNT_DIGITS.contains(&text.len()))
    } else {
        uk::compact(&text).filter(|text| FOREIGN_ACCOUNT_CHARS.contains(&text.len()))
    };
    if number.is_none() {
        let message = if is_british {
            "Enter an account number of 6 to 10 digits."
        } else {
            "Enter an account number of 6 to 34 letters and digits."
        };
        check.fault("bank_account_number", message);
    }
    number.map(|number| Some(BankDigits::account(number)))
}

/// Six digits, bare or as 12-34-56 (abroad another bank code), or the mask of the current ones, or nothing.
pub(super) fn sort_code(
    check: &mut Check,
    given: Given<String>,
    country: Option<&str>,
    current: Option<&EndUser>,
) -> Option<Option<BankDigits>> {
    let current = current.and_then(|user| Some((user, user.sort_code.as_ref()?)));
    let (text, is_kept) = bank_text(given, country, current);
    if text.is_empty() {
        return Some(None);
    }
    let is_british = uk::rules(country);
    let code = if is_kept {
        Some(text)
    } else if is_british {
        uk::sort_code(&text)
    } else {
        uk::compact(&text.replace('-', ""))
            .filter(|text| FOREIGN_BANK_CODE_CHARS.contains(&text.len()))
    };
    if code.is_none() {
        let message = if is_british {
            "Enter a sort code of 6 digits, such as 124354 or 12-43-54."
        } else {
            "Enter a bank code of 4 to 12 letters and digits."
        };
        check.fault("sort_code", message);
    }
    code.map(|code| Some(BankDigits::sort_code(code)))
}
