//! The directory of routing numbers: which bank a number belongs to.
//!
//! A server begins with a small built-in table of well-known banks; `florin routing load` replaces what it says by the
//! Federal Reserve's own FedACH participant file, kept in a table. In the sandbox one more number is known, which has a
//! wrong check digit so that it can be nobody's.

mod builtin;
mod fedach;
pub(crate) mod repo;

use florin_ach::{RoutingError, RoutingNumber};
use florin_storage::{Db, StorageError, Tx};

pub use fedach::{Participant, parse};

use crate::ExternalAccountsError;
use crate::bank::BankDigits;

/// The document's magic routing number of the sandbox. Its check digit is wrong.
pub const SANDBOX_ROUTING: &str = "123456789";
/// The name that the document gives it.
pub const SANDBOX_BANK: &str = "COREPRO SANDBOX BANK";

/// What [`SANDBOX_ROUTING`] stands for in files: the same eight digits with the check digit that belongs to them.
pub fn sandbox_routing() -> RoutingNumber {
    RoutingNumber::with_check_digit(12_345_678).expect("eight digits have a check digit")
}

/// Why a routing number is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoutingFault {
    /// Absent, null or empty.
    Missing,
    /// Nothing but spaces.
    Blank,
    /// Something else than digits in it.
    NotNumeric(String),
    /// Digits that are no routing number.
    Malformed { given: String, reason: String },
    /// A sound number that the directory does not have.
    Unknown(String),
}

/// What became of looking a routing number up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lookup {
    Found {
        digits: String,
        bank: String,
    },
    /// A sound number of a program that asks no directory.
    NotLookedUp {
        digits: String,
    },
    Wrong(RoutingFault),
}

impl Lookup {
    pub fn bank(&self) -> Option<&str> {
        match self {
            Self::Found { bank, .. } => Some(bank),
            _ => None,
        }
    }

    /// A sound number that the directory does not have is taken as it is given.
    pub fn or_as_given(self, given: Option<&str>) -> Self {
        match (self, given) {
            (Self::Wrong(RoutingFault::Unknown(_)), Some(digits)) => {
                Self::NotLookedUp { digits: digits.trim().to_owned() }
            }
            (other, _) => other,
        }
    }

    pub fn digits(&self) -> Option<BankDigits> {
        match self {
            Self::Found { digits, .. } | Self::NotLookedUp { digits } => {
                Some(BankDigits::new(digits.as_str()))
            }
            Self::Wrong(_) => None,
        }
    }
}

/// Reads a routing number and, for a program with ACH via NACHA, finds its bank.
pub(crate) fn look_up_in(
    tx: &mut Tx,
    given: Option<&str>,
    is_nacha: bool,
    is_sandbox: bool,
) -> Result<Lookup, StorageError> {
    let digits = match read(given, is_nacha && is_sandbox) {
        Ok(digits) => digits,
        Err(fault) => return Ok(Lookup::Wrong(fault)),
    };
    if !is_nacha {
        return Ok(Lookup::NotLookedUp { digits });
    }
    Ok(match bank_of_in(tx, &digits)? {
        Some(bank) => Lookup::Found { digits, bank },
        None => Lookup::Wrong(RoutingFault::Unknown(format!(
            "{digits} is not in the routing directory."
        ))),
    })
}

/// Nine digits with a right check digit, or the sandbox's number where it is allowed.
fn read(given: Option<&str>, is_magic_allowed: bool) -> Result<String, RoutingFault> {
    let given = given.filter(|text| !text.is_empty()).ok_or(RoutingFault::Missing)?;
    let text = given.trim();
    if text.is_empty() {
        return Err(RoutingFault::Blank);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RoutingFault::NotNumeric(text.to_owned()));
    }
    if is_magic_allowed && text == SANDBOX_ROUTING {
        return Ok(text.to_owned());
    }
    let malformed = |error: RoutingError| {
        let reason = format!("{text}: {error}.");
        RoutingFault::Malformed { given: text.to_owned(), reason }
    };
    RoutingNumber::parse(text).map_err(malformed)?;
    Ok(text.to_owned())
}

/// The bank of a routing number: the sandbox's, the loaded file's, or the built-in table's.
pub(crate) fn bank_of_in(tx: &mut Tx, digits: &str) -> Result<Option<String>, StorageError> {
    if digits == SANDBOX_ROUTING || digits == sandbox_routing().to_string() {
        return Ok(Some(SANDBOX_BANK.to_owned()));
    }
    if let Some(name) = repo::name(tx, digits)? {
        return Ok(Some(name));
    }
    // A loaded file is the whole truth: what it does not list is no participant.
    if repo::is_loaded(tx)? {
        return Ok(None);
    }
    Ok(builtin::name(digits).map(str::to_owned))
}

/// What is known of a routing number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is none: not nine digits, or a wrong check digit.
    Unsound,
    /// A sound number that the directory does not have.
    Unlisted,
    /// The bank that it belongs to.
    Bank(String),
}

/// Looks a routing number up; the sandbox's own is a bank's there.
///
/// # Errors
/// The database's.
pub fn known_in(tx: &mut Tx, given: &str, is_sandbox: bool) -> Result<Known, StorageError> {
    Ok(match read(Some(given), is_sandbox) {
        Err(_) => Known::Unsound,
        Ok(digits) => bank_of_in(tx, &digits)?.map_or(Known::Unlisted, Known::Bank),
    })
}

/// What loading a directory did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Participants in the file.
    pub participants: usize,
}

/// Replaces the directory by the contents of a FedACH participant file. All or nothing.
///
/// # Errors
/// [`ExternalAccountsError::BadDirectory`] with the line that cannot be read.
pub async fn load(db: &Db, contents: &str) -> Result<Loaded, ExternalAccountsError> {
    let participants = parse(contents).map_err(ExternalAccountsError::BadDirectory)?;
    db.write(move |tx| {
        repo::replace(tx, &participants)?;
        Ok(Loaded { participants: participants.len() })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: Option<&str>, magic: bool, expected: Result<&str, RoutingFault>) {
        assert_eq!(read(given, magic), expected.map(str::to_owned), "{given:?}");
    }

    #[test]
    fn routing_numbers_are_held_to_their_check_digit() {
        check(Some(" 021000021 "), false, Ok("021000021"));
        check(Some("123456789"), true, Ok("123456789"));
        check(None, true, Err(RoutingFault::Missing));
        check(Some(""), true, Err(RoutingFault::Missing));
        check(Some("  "), true, Err(RoutingFault::Blank));
        check(Some("12345678a"), true, Err(RoutingFault::NotNumeric("12345678a".to_owned())));
        for wrong in ["123456789", "12345678", "0210000210", "021000022"] {
            let fault = read(Some(wrong), false).unwrap_err();
            assert!(matches!(fault, RoutingFault::Malformed { .. }), "{wrong}");
        }
        assert_eq!(sandbox_routing().to_string(), "123456780");
    }
}
