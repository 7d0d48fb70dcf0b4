//! Handles: the part of a fund's public address that is its own. Pure.

use florin_crypto::random_bytes;

use crate::SavingsError;
use crate::check::{Check, Given};

const MAX_BASE_CHARS: usize = 40;
const MIN_CHARS: usize = 3;
const MAX_CHARS: usize = 60;

/// First parts of addresses that are Florin's own, or that a page could be mistaken for.
const RESERVED: &[&str] = &[
    "about",
    "admin",
    "api",
    "assets",
    "connect",
    "console",
    "customer",
    "docs",
    "establish",
    "externalaccount",
    "favicon",
    "florin",
    "fund",
    "funds",
    "gift",
    "gifts",
    "health",
    "help",
    "home",
    "hooks",
    "index",
    "login",
    "logout",
    "mandates",
    "metrics",
    "openapi",
    "plan",
    "plans",
    "platform",
    "privacy",
    "program",
    "ready",
    "restapi",
    "robots",
    "sandbox",
    "savings",
    "signup",
    "simulator",
    "static",
    "status",
    "support",
    "terms",
    "transaction",
    "transfer",
    "www",
];

/// A new handle for a fund of this name: its letters and digits and, so that others can have the same name, some digits;
/// the more, the more `tries` have met a handle that was taken. They are as few as in the savings document, so a handle is
/// no secret.
pub(super) fn make(fund_name: &str, tries: u32) -> String {
    let letters = fund_name.chars().filter(char::is_ascii_alphanumeric).take(MAX_BASE_CHARS);
    let base: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let base = if base.is_empty() { "fund".to_owned() } else { base };
    let digits = 3 + tries.min(6);
    let number = u32::from_le_bytes(random_bytes()) % 10_u32.pow(digits);
    let width = usize::try_from(digits).unwrap_or_default();
    format!("{base}{number:0width$}")
}

/// A handle that somebody has chosen for a new fund, or none.
pub(super) fn perhaps(check: &mut Check, given: Given<String>) -> Option<Option<String>> {
    match given {
        Given::Absent | Given::Null => Some(None),
        given => chosen(check, given).map(Some),
    }
}

/// A handle that somebody has chosen: 3 to 60 letters, digits, hyphens and underscores, small letters being meant.
pub(super) fn chosen(check: &mut Check, given: Given<String>) -> Option<String> {
    const FIELD: &str = "handle";
    let text = check.text(FIELD, given, MAX_CHARS)?.to_ascii_lowercase();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if text.len() < MIN_CHARS || !text.bytes().all(is_plain) || text.starts_with(['-', '_']) {
        let what = format!(
            "must have {MIN_CHARS} to {MAX_CHARS} letters, digits, hyphens and underscores and begin with a letter or \
             digit"
        );
        check.fault(FIELD, &what);
        return None;
    }
    Some(text)
}

/// Refuses a handle that nobody can have.
pub(super) fn check_free(handle: &str) -> Result<(), SavingsError> {
    match is_reserved(handle) {
        true => Err(SavingsError::impossible("handle is reserved")),
        false => Ok(()),
    }
}

/// Whether nobody can have this handle.
pub(super) fn is_reserved(handle: &str) -> bool {
    RESERVED.contains(&handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_made_of_the_name() {
        let check = |name: &str, tries, base: &str, digits: usize| {
            let handle = make(name, tries);
            let rest = handle.strip_prefix(base).expect("the base");
            assert!(rest.len() == digits && rest.bytes().all(|b| b.is_ascii_digit()), "{handle}");
        };
        check("John's College Fund", 0, "johnscollegefund", 3);
        check("John's Fund 🎓", 2, "johnsfund", 5);
        check("日本 🎓", 0, "fund", 3);
        check("<script>alert(1)</script>", 0, "scriptalert1script", 3);
        check(&"x".repeat(100), 99, &"x".repeat(40), 9);
    }

    #[test]
    fn chosen_handles_are_plain_words() {
        let read = |text: &str| {
            let mut check = Check::default();
            let found = chosen(&mut check, text.into());
            check.finish(found)
        };
        assert_eq!(read("johnsfund489").as_deref(), Ok("johnsfund489"));
        assert_eq!(read(" Johns-Fund_2 ").as_deref(), Ok("johns-fund_2"));
        for bad in
            ["", "ab", "-abc", "a/b", "../etc", "a b c", "žlutý", "%2e%2e", "<b>", &"x".repeat(61)]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(RESERVED.windows(2).all(|pair| pair[0] < pair[1]), "sorted");
        assert!(is_reserved("restapi") && !is_reserved("johnsfund489"));
    }
}
