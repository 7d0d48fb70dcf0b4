//! Checks of what callers send, shared. Pure.

use crate::FieldFault;

const EMAIL_CHARS_MAX: usize = 254;
const URL_CHARS_MAX: usize = 2048;

/// Collects faults, so that all of them are told at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FieldFault>);

impl Faults {
    /// A fault of `field` unless the rule holds.
    pub(crate) fn require(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.0.push(FieldFault::new(field, message));
        }
    }

    /// Nothing, or every fault.
    pub(crate) fn done(self) -> Result<(), crate::ConnectError> {
        if self.0.is_empty() { Ok(()) } else { Err(crate::ConnectError::Invalid(self.0)) }
    }
}

/// Whether a text has `least` to `most` characters, none of them a control character.
pub(crate) fn is_text(text: &str, least: usize, most: usize) -> bool {
    let count = text.chars().count();
    (least..=most).contains(&count) && !text.chars().any(char::is_control)
}

/// Whether a text looks like an address that mail reaches.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    text.len() <= EMAIL_CHARS_MAX
        && !name.is_empty()
        && !host.starts_with('.')
        && host.contains('.')
        && !host.ends_with('.')
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>\"(),;".contains(c))
}

/// Whether a text is an address on the web: encrypted, or on this very machine.
pub(crate) fn is_web_url(url: &str) -> bool {
    url.len() <= URL_CHARS_MAX
        && host_of(url).is_some()
        && url.chars().all(|c| c.is_ascii_graphic() && !"\\\"<>".contains(c))
}

/// Whether a text is an origin: scheme and host, perhaps a port, and nothing behind.
pub(crate) fn is_origin(text: &str) -> bool {
    let rest = text.split_once("://").map(|(_, rest)| rest);
    is_web_url(text)
        && rest.is_some_and(|rest| !rest.contains(['/', '?', '#', ',', ';', '\'', '*']))
}

fn host_of(url: &str) -> Option<&str> {
    let (is_encrypted, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return None,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        let is_port = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
        if is_port { name } else { host }
    });
    let is_local = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    let is_name = name.starts_with('[')
        || name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    (!name.is_empty() && is_name && (is_encrypted || is_local)).then_some(host)
}

/// Whether a text is a language tag such as `en` or `en-GB`.
pub(crate) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let is_word = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
    };
    text.len() <= 35
        && matches!(first.len(), 2 | 3)
        && first.bytes().all(|c| c.is_ascii_alphabetic())
        && parts.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |text: &str, web: bool, origin: bool| {
            assert_eq!((is_web_url(text), is_origin(text)), (web, origin), "{text}");
        };
        check("https://app.example", true, true);
        check("https://app.example:8443", true, true);
        check("http://localhost:5173", true, true);
        check("http://127.0.0.1:5173", true, true);
        check("https://app.example/done?x=1#y", true, false);
        check("https://app.example/", true, false);
        check("http://app.example", false, false);
        for bad in [
            "",
            "app.example",
            "https://",
            "https://a b",
            "https://u@h.example",
            "ftp://x.example",
            "https://*",
        ] {
            check(bad, false, false);
        }
        check("javascript:alert(1)", false, false);
        check(&format!("https://a.example/{}", "x".repeat(2048)), false, false);
    }

    #[test]
    fn mail_and_languages() {
        for (text, expected) in [
            ("a@b.example", true),
            ("a@b", false),
            ("@b.example", false),
            ("a b@c.example", false),
            ("a", false),
        ] {
            assert_eq!(is_email(text), expected, "{text}");
        }
        for (text, expected) in [
            ("en", true),
            ("en-GB", true),
            ("zh-Hant-TW", true),
            ("e", false),
            ("en_GB", false),
            ("", false),
        ] {
            assert_eq!(is_language(text), expected, "{text}");
        }
    }
}
