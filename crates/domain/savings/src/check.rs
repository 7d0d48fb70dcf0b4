//! Reading the fields of a request: what is missing or malformed is told in sentences that begin with the field's name,
//! all of them together.

use jiff::civil::Date;

/// The most characters of a name.
pub const MAX_NAME_CHARS: usize = 100;
/// The most characters of a line of an address.
pub const MAX_LINE_CHARS: usize = 100;
const MAX_EMAIL_CHARS: usize = 254;
const MAX_URL_CHARS: usize = 2_000;
/// Nobody has grown older than 122.
const MAX_AGE_YEARS: i16 = 130;

/// States, the district, territories and the post offices of the armed forces, as the postal service abbreviates them.
pub const STATES: &[&str] = &[
    "AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU",
    "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP", "MS",
    "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR", "RI", "SC",
    "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
];

/// A field of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It was not sent.
    #[default]
    Absent,
    /// It was sent as `null`.
    Null,
    /// It was sent.
    Value(T),
}

impl<T> Given<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether it was sent, be it as `null`.
    pub fn is_sent(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

impl From<&str> for Given<String> {
    fn from(text: &str) -> Self {
        Self::Value(text.to_owned())
    }
}

/// The faults of one request.
#[derive(Debug, Default)]
pub(crate) struct Check {
    faults: Vec<String>,
}

impl Check {
    /// Goes on from faults that were found before, such as fields of a wrong type.
    pub(crate) fn new(faults: Vec<String>) -> Self {
        Self { faults }
    }

    /// Notes a fault, `what` following the field's name. A field that is known to be at fault gets no second one.
    pub(crate) fn fault(&mut self, field: &str, what: &str) {
        let is_known = self
            .faults
            .iter()
            .any(|fault| fault.strip_prefix(field).is_some_and(|rest| rest.starts_with(' ')));
        if !is_known {
            self.faults.push(format!("{field} {what}"));
        }
    }

    /// The faults when there are any.
    pub(crate) fn finish<T>(self, found: Option<T>) -> Result<T, Vec<String>> {
        match found {
            Some(found) if self.faults.is_empty() => Ok(found),
            _ => Err(self.faults),
        }
    }

    /// A value that has to be there.
    pub(crate) fn required<T>(&mut self, field: &str, given: Given<T>) -> Option<T> {
        let value = given.value();
        if value.is_none() {
            self.fault(field, "is required");
        }
        value
    }

    /// A text that has to be there: trimmed, not empty, not too long, without control characters.
    pub(crate) fn text(&mut self, field: &str, given: Given<String>, max: usize) -> Option<String> {
        let text = self.required(field, given)?;
        let text = self.plain(field, &text, max)?;
        if text.is_empty() {
            self.fault(field, "is required");
            return None;
        }
        Some(text)
    }

    /// A text that may be missing; an empty one counts as missing.
    pub(crate) fn optional_text(
        &mut self,
        field: &str,
        given: Given<String>,
        max: usize,
    ) -> Option<Option<String>> {
        let Some(text) = given.value() else { return Some(None) };
        let text = self.plain(field, &text, max)?;
        Some(Some(text).filter(|text| !text.is_empty()))
    }

    /// A text of several lines that may be missing; an empty one counts as missing.
    pub(crate) fn prose(
        &mut self,
        field: &str,
        given: Given<String>,
        max: usize,
    ) -> Option<Option<String>> {
        let Some(text) = given.value() else { return Some(None) };
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        // Judged without its line breaks, each of which counts as the space that it stands for.
        self.plain(field, &lines.join(" "), max)?;
        Some(Some(lines.join("\n")).filter(|text| !text.is_empty()))
    }

    fn plain(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let text = text.trim();
        if text.chars().count() > max {
            self.fault(field, &format!("must have no more than {max} characters"));
            return None;
        }
        // The marks that turn the direction of writing can make a text look like another one.
        let is_hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        };
        if text.chars().any(is_hidden) {
            self.fault(field, "must not contain control characters");
            return None;
        }
        Some(text.to_owned())
    }

    /// A word of a list.
    pub(crate) fn word<T>(
        &mut self,
        field: &str,
        given: Given<String>,
        parse: impl FnOnce(&str) -> Option<T>,
        words: &[&str],
    ) -> Option<T> {
        let text = self.text(field, given, MAX_LINE_CHARS)?;
        let word = parse(&text);
        if word.is_none() {
            self.fault(field, &format!("must be one of {}", words.join(", ")));
        }
        word
    }

    /// A date as ISO 8601 writes it.
    pub(crate) fn date(&mut self, field: &str, given: Given<String>) -> Option<Date> {
        let text = self.text(field, given, MAX_LINE_CHARS)?;
        let date = parse_date(&text);
        if date.is_none() {
            self.fault(field, "is not a valid date (YYYY-MM-DD)");
        }
        date
    }

    /// The day on which somebody who lives today was born.
    pub(crate) fn birth_date(
        &mut self,
        field: &str,
        given: Given<String>,
        today: Date,
    ) -> Option<Date> {
        let date = self.date(field, given)?;
        if date > today {
            self.fault(field, "must not be in the future");
            return None;
        }
        if age_in_years(date, today) > MAX_AGE_YEARS {
            self.fault(field, &format!("must be within the last {MAX_AGE_YEARS} years"));
            return None;
        }
        Some(date)
    }

    /// A social security number that can have been given to somebody, as nine digits.
    pub(crate) fn ssn(&mut self, field: &str, given: Given<String>) -> Option<String> {
        let text = self.text(field, given, MAX_LINE_CHARS)?;
        let digits = ssn_digits(&text);
        if digits.is_none() {
            self.fault(field, "is not a valid social security number");
        }
        digits
    }

    /// A phone number of the North American numbering plan, as ten digits.
    pub(crate) fn phone(&mut self, field: &str, given: Given<String>) -> Option<String> {
        let text = self.text(field, given, MAX_LINE_CHARS)?;
        let digits = phone_digits(&text);
        if digits.is_none() {
            self.fault(field, "is not a valid phone number");
        }
        digits
    }

    /// A ZIP code, `94107` or `94107-1234`.
    pub(crate) fn zip(&mut self, field: &str, given: Given<String>) -> Option<String> {
        let text = self.text(field, given, MAX_LINE_CHARS)?;
        if is_zip(&text) {
            return Some(text);
        }
        self.fault(field, "is not a valid ZIP code");
        None
    }

    /// A state by its two letters.
    pub(crate) fn state(&mut self, field: &str, given: Given<String>) -> Option<String> {
        let text = self.text(field, given, MAX_LINE_CHARS)?.to_ascii_uppercase();
        if STATES.contains(&text.as_str()) {
            return Some(text);
        }
        self.fault(field, "is not a valid state (two letters, such as CA)");
        None
    }

    /// An email address.
    pub(crate) fn email(&mut self, field: &str, given: Given<String>) -> Option<String> {
        let text = self.text(field, given, MAX_EMAIL_CHARS)?;
        if is_email(&text) {
            return Some(text);
        }
        self.fault(field, "is not a valid email address");
        None
    }

    /// The address of a picture on the web, or nothing.
    pub(crate) fn url(&mut self, field: &str, given: Given<String>) -> Option<Option<String>> {
        self.address(field, given, is_web_url)
    }

    /// The address of a picture that a page over HTTPS can show, or nothing.
    pub(crate) fn photo(&mut self, field: &str, given: Given<String>) -> Option<Option<String>> {
        self.address(field, given, is_photo_url)
    }

    fn address(
        &mut self,
        field: &str,
        given: Given<String>,
        is_sound: impl FnOnce(&str) -> bool,
    ) -> Option<Option<String>> {
        let text = self.optional_text(field, given, MAX_URL_CHARS)?;
        if text.as_deref().is_none_or(is_sound) {
            return Some(text);
        }
        self.fault(field, "is not a valid URL (https://...)");
        None
    }
}

/// Full years of life. Whoever was born on 29 February has the birthday on 1 March in a common year.
pub(crate) fn age_in_years(born: Date, today: Date) -> i16 {
    let is_before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i16::from(is_before_birthday)
}

/// `YYYY-MM-DD` and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let is_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_shaped { text.parse().ok() } else { None }
}

/// Nine digits, with or without the hyphens. Never given: area 000, 666 and 900 to 999, group 00, serial 0000.
fn ssn_digits(text: &str) -> Option<String> {
    let digits: String = match text.len() {
        9 => text.to_owned(),
        11 if text.as_bytes()[3] == b'-' && text.as_bytes()[6] == b'-' => text.replace('-', ""),
        _ => return None,
    };
    if digits.len() != 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (area, group, serial) = (&digits[..3], &digits[3..5], &digits[5..]);
    let is_given = area != "000"
        && area != "666"
        && !area.starts_with('9')
        && group != "00"
        && serial != "0000";
    is_given.then_some(digits)
}

/// Ten digits with the usual signs between them, perhaps after a 1; area and exchange begin with 2 to 9.
fn phone_digits(text: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_digit() || b" +-().".contains(&b);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.len() {
        11 => digits.strip_prefix('1')?.to_owned(),
        _ => digits,
    };
    let is_number = digits.len() == 10
        && text.bytes().all(is_plain)
        && digits.as_bytes()[0] >= b'2'
        && digits.as_bytes()[3] >= b'2';
    is_number.then_some(digits)
}

fn is_zip(text: &str) -> bool {
    let is_digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        Some((zip, plus)) => is_digits(zip, 5) && is_digits(plus, 4),
        None => is_digits(text, 5),
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let is_local = !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && !local.chars().any(|c| c.is_whitespace() || "()<>[]:;,\\\"".contains(c));
    is_local && domain.contains('.') && domain.split('.').all(is_label)
}

/// `http` or `https`, a host, and nothing that a page would have to be protected from.
fn is_web_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = !host.is_empty()
        && !host.starts_with(['.', '-', ':'])
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    is_host && rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\`{}|^".contains(&b))
}

/// Over HTTPS, from a host whose name has a dot.
fn is_photo_url(text: &str) -> bool {
    let authority = text.strip_prefix("https://").and_then(|it| it.split(['/', '?', '#']).next());
    let is_public = authority.is_some_and(|authority| {
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let is_name = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        is_name && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    is_public && is_web_url(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn social_security_numbers() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(ssn_digits(text).as_deref(), expected, "{text}");
        };
        check("123456789", Some("123456789"));
        check("123-45-6789", Some("123456789"));
        check("899-99-9999", Some("899999999"));
        for text in [
            "",
            "12345678",
            "1234567890",
            "000456789",
            "666456789",
            "900456789",
            "123006789",
            "123450000",
            "12345678a",
            "1234-5-6789",
            "١٢٣٤",
            "123-456-789",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn phone_numbers() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(phone_digits(text).as_deref(), expected, "{text}");
        };
        check("5555555555", Some("5555555555"));
        check("+1 (415) 555-0100", Some("4155550100"));
        check("1-415-555-0100", Some("4155550100"));
        for text in
            ["", "555555555", "0155555555", "4150550100", "25555555555", "call me 5555555555"]
        {
            check(text, None);
        }
    }

    #[test]
    fn zip_codes_emails_and_addresses_of_pictures() {
        for good in ["94107", "00501", "94107-1234"] {
            assert!(is_zip(good), "{good}");
        }
        for bad in ["9410", "941077", "94107-", "94107-12", "9410a", "94107 1234"] {
            assert!(!is_zip(bad), "{bad}");
        }
        for good in ["user@example.com", "a.b+c@x-y.co.uk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["user", "@example.com", "a b@example.com", "a@b", "a@-b.com", "a@b..com"] {
            assert!(!is_email(bad), "{bad}");
        }
        for good in ["https://res.cloudinary.com/myphoto.png", "http://x.org:8080/a?b=c#d"] {
            assert!(is_web_url(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "data:image/png;base64,AA",
            "ftp://x.org/a",
            "https://x.org/\"onerror=alert(1)",
            "https://x.org/<b>",
            "https://x.org/a b",
            "//x.org",
            "https://user@x.org/",
            "https://é.org/",
        ] {
            assert!(!is_web_url(bad), "{bad}");
        }
    }

    #[test]
    fn photos_that_pages_can_show() {
        let check = |text: &str, expected: bool| assert_eq!(is_photo_url(text), expected, "{text}");
        check("https://res.cloudinary.com/johnsphoto.png", true);
        check("https://x.org:8443/a?b=c#d", true);
        for bad in [
            "http://x.org/a.png",
            "https://localhost/a.png",
            "https://x.org:1:2/a",
            "https://x..org/a",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn prose_has_lines() {
        let read = |text: &str| {
            let mut check = Check::default();
            let found = check.prose("description", text.into(), 10);
            check.finish(found)
        };
        assert_eq!(read(" one \r\n\r\ntwo\n"), Ok(Some("one\n\ntwo".to_owned())));
        assert_eq!(read(" \n "), Ok(None));
        for bad in ["one\u{0}two", "a\tb", "a\rb", "12345\n67890"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_fault_is_told_once() {
        let today = date(2026, 11, 21);
        let mut check = Check::new(vec!["amount must be an integer".to_owned()]);
        check.text("fund_name", Given::Absent, 10);
        check.text("fund_name", Given::Null, 10);
        check.text("fund", " ".into(), 10);
        check.text("a", "12345678901".into(), 10);
        check.text("b", "a\u{202E}b".into(), 10);
        check.required::<i64>("amount", Given::Absent);
        check.date("c", "2026-02-30".into());
        check.birth_date("d", "2026-11-22".into(), today);
        check.birth_date("e", "1890-01-01".into(), today);
        check.state("f", "XX".into());
        check.word("g", "x".into(), |_| None::<()>, &["y", "z"]);
        check.url("h", "javascript:0".into());
        let expected = [
            "amount must be an integer",
            "fund_name is required",
            "fund is required",
            "a must have no more than 10 characters",
            "b must not contain control characters",
            "c is not a valid date (YYYY-MM-DD)",
            "d must not be in the future",
            "e must be within the last 130 years",
            "f is not a valid state (two letters, such as CA)",
            "g must be one of y, z",
            "h is not a valid URL (https://...)",
        ];
        assert_eq!(check.finish(Some(())), Err(expected.map(str::to_owned).to_vec()));
    }
}
