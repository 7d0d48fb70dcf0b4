//! The shapes of British details, as they are written and as they are stored. Pure: whether a postcode is served, a
//! sort code is a bank's or a company is registered is not looked up.

/// The United Kingdom's country code.
pub(crate) const COUNTRY: &str = "GB";

/// The characters of a number at Companies House.
const COMPANY_NUMBER_CHARS: usize = 8;
/// The digits of a sort code.
const SORT_CODE_DIGITS: usize = 6;

// The letters that each place of a postcode can have (BS 7666).
const FIRST: &[u8] = b"ABCDEFGHIJKLMNOPRSTUWYZ";
const SECOND: &[u8] = b"ABCDEFGHKLMNOPQRSTUVWXY";
const THIRD: &[u8] = b"ABCDEFGHJKPSTUW";
const FOURTH: &[u8] = b"ABEHMNPRVWXY";
const INWARD: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";

/// Whether British rules hold: also where the country is not known.
pub(crate) fn rules(country: Option<&str>) -> bool {
    country.is_none_or(|country| country.is_empty() || country == COUNTRY)
}

/// Whether a country's postal codes are Royal Mail's postcodes: the United Kingdom and the Crown Dependencies.
pub(crate) fn has_postcodes(country: &str) -> bool {
    matches!(country, COUNTRY | "GG" | "IM" | "JE")
}

/// A postcode in capitals with one space before its last three characters; none when it has not the form of one.
pub(crate) fn postcode(text: &str) -> Option<String> {
    let compact = compact(text)?;
    let (outward, inward) = compact.split_at_checked(compact.len().checked_sub(3)?)?;
    let is_inward = matches!(inward.as_bytes(), [digit, rest @ ..]
        if digit.is_ascii_digit() && rest.iter().all(|letter| INWARD.contains(letter)));
    // Girobank's is the one postcode that follows no rule.
    let is_postcode = compact == "GIR0AA" || (is_inward && is_outward(outward.as_bytes()));
    is_postcode.then(|| format!("{outward} {inward}"))
}

/// A9, A99, A9A, AA9, AA99 or AA9A.
fn is_outward(outward: &[u8]) -> bool {
    let Some((first, rest)) = outward.split_first() else { return false };
    if !FIRST.contains(first) {
        return false;
    }
    match rest {
        [digit] => digit.is_ascii_digit(),
        [digit, last] if digit.is_ascii_digit() => last.is_ascii_digit() || THIRD.contains(last),
        [second, digit] => SECOND.contains(second) && digit.is_ascii_digit(),
        [second, digit, last] => {
            SECOND.contains(second)
                && digit.is_ascii_digit()
                && (last.is_ascii_digit() || FOURTH.contains(last))
        }
        _ => false,
    }
}

/// A number at Companies House: eight digits (zeros in front may be left out), or eight letters and digits that begin
/// with a letter, such as `SC123456`.
pub(crate) fn company_number(text: &str) -> Option<String> {
    let compact = compact(text)?;
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    if digits == compact.len() && (1..=COMPANY_NUMBER_CHARS).contains(&digits) {
        return Some(format!("{compact:0>COMPANY_NUMBER_CHARS$}"));
    }
    let is_prefixed = compact.starts_with(|first: char| first.is_ascii_uppercase());
    // Registered societies end in up to three letters.
    (is_prefixed && compact.len() == COMPANY_NUMBER_CHARS && digits >= 3).then_some(compact)
}

/// The six digits of a sort code, written bare, as 12-34-56 or as 12 34 56.
pub(crate) fn sort_code(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', ' ']).collect();
    let is_shaped =
        parts.len() == 1 || (parts.len() == 3 && parts.iter().all(|part| part.len() == 2));
    let digits = parts.concat();
    let is_sort_code = is_shaped
        && digits.len() == SORT_CODE_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_sort_code.then_some(digits)
}

/// Letters and digits in capitals, without the spaces between them; none when there is anything else.
pub(crate) fn compact(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    let is_plain = compact.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then(|| compact.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> Option<String>, text: &str, expected: Option<&str>) {
        assert_eq!(rule(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn postcodes() {
        // The six forms, the examples of the lending document and the one exception.
        for text in [
            "M1 1AE", "B33 8TH", "W1A 0AX", "N1P 3BZ", "CR2 6XH", "DN55 1PT", "EC1A 1BB",
            "SW1Y 4JH", "SE1P 5LX", "CD2 4HD", "N2 4FY", "BF1 2AT", "JE2 3AB", "GIR 0AA",
        ] {
            check(postcode, text, Some(text));
        }
        check(postcode, "ec1a1bb", Some("EC1A 1BB"));
        check(postcode, "  m 1  1a e ", Some("M1 1AE"));
        check(postcode, "gir0aa", Some("GIR 0AA"));
        for text in [
            "",
            "M1",
            "1AE",
            "M1 1A",
            "M1 1AEE",
            "QM1 1AE",
            "V1 1AE",
            "X1 1AE",
            "CI2 6XH",
            "CJ2 6XH",
            "CZ2 6XH",
            "W1I 0AX",
            "EC1C 1BB",
            "M1 1CE",
            "M1 1AO",
            "M1 AAE",
            "MM 1AE",
            "MMM1 1AE",
            "M111 1AE",
            "M1-1AE",
            "12345",
            "SW1A 1AA1",
            "ÄÖ1 1AE",
            "GIR 0AB",
            "N2 4FY1",
            "0N2 4FY",
        ] {
            check(postcode, text, None);
        }
    }

    #[test]
    fn company_numbers() {
        check(company_number, "12345678", Some("12345678"));
        check(company_number, "1234567", Some("01234567"));
        check(company_number, "445790", Some("00445790"));
        check(company_number, "sc 123456", Some("SC123456"));
        for text in ["OC301234", "NI012345", "R0000123", "IP12345R", "RS007CUS"] {
            check(company_number, text, Some(text));
        }
        for text in [
            "",
            "123456789",
            "SC12345",
            "SC1234567",
            "ABCDEFGH",
            "1234567A",
            "12-34567",
            "ß1234567",
        ] {
            check(company_number, text, None);
        }
    }

    #[test]
    fn sort_codes() {
        for text in ["124354", "12-43-54", "12 43 54"] {
            check(sort_code, text, Some("124354"));
        }
        for text in [
            "",
            "12435",
            "1243-54",
            "12-4354",
            "-124354",
            "12-43-5x",
            "****54",
            "1-2-4354",
            "١٢٣٤٥٦",
        ] {
            check(sort_code, text, None);
        }
    }
}
