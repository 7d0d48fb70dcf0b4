//! Change codes: which data of an entry a notification of change corrects, and how they stand in its field.

use std::fmt;

use crate::{RoutingError, RoutingNumber, Text, TextError, TransactionCode};

/// A change code C01-C14 of a notification of change, or C61-C69 of its refusal (Appendix Five).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeCode(u8);

const TITLES: &[(u8, &str)] = &[
    (1, "Incorrect account number"),
    (2, "Incorrect routing number"),
    (3, "Incorrect routing number and account number"),
    (4, "Incorrect individual name or company name"),
    (5, "Incorrect transaction code"),
    (6, "Incorrect account number and transaction code"),
    (7, "Incorrect routing number, account number and transaction code"),
    (8, "Incorrect foreign receiving bank (international entries)"),
    (9, "Incorrect individual identification number"),
    (10, "Incorrect company name"),
    (11, "Incorrect company identification"),
    (12, "Incorrect company name and company identification"),
    (13, "Addenda format error"),
    (14, "Incorrect class for an outbound international payment"),
    (61, "Refused: misrouted notification"),
    (62, "Refused: incorrect trace number"),
    (63, "Refused: incorrect company identification"),
    (64, "Refused: incorrect individual identification number"),
    (65, "Refused: incorrectly formatted corrected data"),
    (66, "Refused: incorrect discretionary data"),
    (67, "Refused: routing number not of the original entry"),
    (68, "Refused: account number not of the original entry"),
    (69, "Refused: incorrect transaction code"),
];

/// What a notification of change says the data should be. Only what its code corrects is present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// C02, C03, C07.
    pub routing: Option<RoutingNumber>,
    /// C01, C03, C06, C07.
    pub account: Option<Text<17>>,
    /// C05, C06, C07: of a forward entry, so that its kind of account is the right one.
    pub transaction_code: Option<TransactionCode>,
    /// C04.
    pub name: Option<Text<22>>,
    /// C09.
    pub individual_id: Option<Text<22>>,
    /// C08.
    pub foreign_bank: Option<Text<34>>,
    /// C10 and C12.
    pub company_name: Option<Text<16>>,
    /// C11 and C12.
    pub company_id: Option<Text<10>>,
    /// C14: the class that would be right.
    pub sec: Option<Text<3>>,
}

/// Why the corrected data of a notification cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionError {
    /// A part that the code calls for is missing.
    #[error("the corrected {0} is missing")]
    Missing(&'static str),
    /// The routing number is none.
    #[error("the corrected routing number is wrong: {0}")]
    Routing(RoutingError),
    /// The transaction code is not assigned.
    #[error("the corrected transaction code {0:?} is unknown")]
    TransactionCode(String),
    /// A part has characters or a length that its field does not take.
    #[error("the corrected {0} {1}")]
    Text(&'static str, TextError),
}

impl ChangeCode {
    /// The code of this number; `None` when it is not assigned.
    pub fn from_number(number: u8) -> Option<Self> {
        TITLES.iter().any(|(known, _)| *known == number).then_some(Self(number))
    }

    /// `C01`, in capitals.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('C').filter(|digits| {
            digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit())
        })?;
        Self::from_number(digits.parse().ok()?)
    }

    /// Every assigned code, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        TITLES.iter().map(|(number, _)| Self(*number))
    }

    /// The number after the C.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// A line for people.
    pub fn title(self) -> &'static str {
        TITLES.iter().find(|(number, _)| *number == self.0).map_or("", |(_, title)| title)
    }

    /// Whether it refuses a notification instead of making one (C61-C69).
    pub const fn is_refusal(self) -> bool {
        self.0 >= 61
    }

    /// Whether corrected data must be given: every notification but C13, which only says that addenda were
    /// unclear. A refusal repeats the data of the notification.
    pub const fn needs_data(self) -> bool {
        !self.is_refusal() && self.0 != 13
    }

    /// Reads the corrected data field of a notification. The columns are those of Appendix Five; where a bank has
    /// not kept to them, parts separated by spaces are taken in their order.
    ///
    /// # Errors
    /// When a part is missing or cannot be right.
    pub fn parse_corrected(self, data: &str) -> Result<Correction, CorrectionError> {
        let mut found = Correction::default();
        match self.0 {
            1 => found.account = Some(text(data, 0, "account number")?),
            2 => found.routing = Some(routing(data)?),
            3 => {
                found.routing = Some(routing(data)?);
                found.account = Some(text(data, 9, "account number")?);
            }
            4 => found.name = Some(text(data, 0, "name")?),
            5 => found.transaction_code = Some(transaction_code(data.trim())?),
            6 => {
                let (account, code) = account_and_code(data, 0, 17)?;
                (found.account, found.transaction_code) = (Some(account), Some(code));
            }
            7 => {
                found.routing = Some(routing(data)?);
                let (account, code) = account_and_code(data, 9, 26)?;
                (found.account, found.transaction_code) = (Some(account), Some(code));
            }
            8 => found.foreign_bank = Some(text(data, 0, "bank identification")?),
            9 => found.individual_id = Some(text(data, 0, "individual identification")?),
            10 => found.company_name = Some(text(data, 0, "company name")?),
            11 => found.company_id = Some(text(data, 0, "company identification")?),
            12 => {
                let end = data.len().min(16);
                let name = data.get(..end).unwrap_or(data);
                found.company_name = Some(text(name, 0, "company name")?);
                found.company_id = Some(text(data, end, "company identification")?);
            }
            14 => found.sec = Some(text(data, 0, "class")?),
            _ => {}
        }
        Ok(found)
    }

    /// The corrected data field that says this; the reverse of [`ChangeCode::parse_corrected`].
    ///
    /// # Errors
    /// When a part that the code calls for is not in `correction`.
    pub fn corrected_field(self, correction: &Correction) -> Result<Text<35>, CorrectionError> {
        let routing = || need(correction.routing, "routing number");
        let account = || need(correction.account, "account number");
        let code = || {
            let code = need(correction.transaction_code, "transaction code")?;
            Ok::<_, CorrectionError>(code.number())
        };
        let field = match self.0 {
            1 => account()?.to_string(),
            2 => routing()?.to_string(),
            3 => format!("{}   {}", routing()?, account()?),
            4 => need(correction.name, "name")?.to_string(),
            5 => code()?.to_string(),
            6 => format!("{:17}   {}", account()?, code()?),
            7 => format!("{}{:17}{}", routing()?, account()?, code()?),
            8 => need(correction.foreign_bank, "bank identification")?.to_string(),
            9 => need(correction.individual_id, "individual identification")?.to_string(),
            10 => need(correction.company_name, "company name")?.to_string(),
            11 => need(correction.company_id, "company identification")?.to_string(),
            12 => {
                let name = need(correction.company_name, "company name")?;
                let id = need(correction.company_id, "company identification")?;
                format!("{name:16}{id}")
            }
            14 => need(correction.sec, "class")?.to_string(),
            _ => String::new(),
        };
        Text::new(&field).map_err(|error| CorrectionError::Text("data", error))
    }
}

fn need<T>(part: Option<T>, what: &'static str) -> Result<T, CorrectionError> {
    part.ok_or(CorrectionError::Missing(what))
}

/// What stands from column `start` (counted from 0) on, trimmed.
fn text<const N: usize>(
    data: &str,
    start: usize,
    what: &'static str,
) -> Result<Text<N>, CorrectionError> {
    let found = Text::new(data.get(start..).unwrap_or("").trim());
    let found = found.map_err(|error| CorrectionError::Text(what, error))?;
    if found.is_empty() { Err(CorrectionError::Missing(what)) } else { Ok(found) }
}

fn routing(data: &str) -> Result<RoutingNumber, CorrectionError> {
    if data.trim().is_empty() {
        return Err(CorrectionError::Missing("routing number"));
    }
    RoutingNumber::parse(data.get(..9).unwrap_or(data)).map_err(CorrectionError::Routing)
}

fn transaction_code(text: &str) -> Result<TransactionCode, CorrectionError> {
    if text.is_empty() {
        return Err(CorrectionError::Missing("transaction code"));
    }
    let number = text.parse().ok().filter(|_| text.len() == 2);
    let code = number.and_then(TransactionCode::from_number);
    code.ok_or_else(|| CorrectionError::TransactionCode(text.to_owned()))
}

/// The account number from column `start` on, and behind it the transaction code: at its own columns from
/// `end` on, or wherever the last two digits stand apart.
fn account_and_code(
    data: &str,
    start: usize,
    end: usize,
) -> Result<(Text<17>, TransactionCode), CorrectionError> {
    let behind = data.get(end..).unwrap_or("").trim();
    if let Ok(code) = transaction_code(behind) {
        let account = data.get(start..end).unwrap_or("");
        return Ok((text(account, 0, "account number")?, code));
    }
    let parts = data.get(start..).unwrap_or("").trim();
    let Some((account, code)) = parts.rsplit_once(' ') else {
        return Err(CorrectionError::Missing("transaction code"));
    };
    Ok((text(account, 0, "account number")?, transaction_code(code)?))
}

impl fmt::Display for ChangeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:02}", self.0)
    }
}

impl fmt::Debug for ChangeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(number: u8) -> ChangeCode {
        ChangeCode::from_number(number).unwrap()
    }

    fn wanted(routing: &str, account: &str, code: u8) -> Correction {
        Correction {
            routing: RoutingNumber::parse(routing).ok(),
            account: Some(Text::new(account).unwrap()).filter(|text| !text.is_empty()),
            transaction_code: TransactionCode::from_number(code),
            ..Correction::default()
        }
    }

    #[test]
    fn corrected_data_are_read_and_written_by_code() {
        let check = |number: u8, data: &str, expected: &Correction| {
            let found = change(number).parse_corrected(data).unwrap();
            assert_eq!(&found, expected, "C{number:02} {data:?}");
            let field = change(number).corrected_field(&found).unwrap();
            assert_eq!(change(number).parse_corrected(field.as_str()).unwrap(), found);
        };
        check(1, "1918171614", &wanted("", "1918171614", 0));
        check(1, "00-12 34 5", &wanted("", "00-12 34 5", 0));
        check(2, "121042882", &wanted("121042882", "", 0));
        check(3, "121042882   98765", &wanted("121042882", "98765", 0));
        check(3, "121042882 98765", &wanted("121042882", "98765", 0));
        check(5, "32", &wanted("", "", 32));
        check(6, "98765               37", &wanted("", "98765", 37));
        check(6, "98765 37", &wanted("", "98765", 37));
        check(6, "12345678901234567   27", &wanted("", "12345678901234567", 27));
        check(7, "12104288298765            22", &wanted("121042882", "98765", 22));
        check(7, "1210428821234567890123456722", &wanted("121042882", "12345678901234567", 22));
        check(7, "121042882 98765 22", &wanted("121042882", "98765", 22));
        let name = Correction { name: Text::new("Ann Example").ok(), ..Correction::default() };
        check(4, "Ann Example", &name);
        let id = Correction { individual_id: Text::new("L-4711").ok(), ..Correction::default() };
        check(9, "L-4711", &id);
        let company = Correction {
            company_name: Text::new("Florin Inc").ok(),
            company_id: Text::new("1234567890").ok(),
            ..Correction::default()
        };
        check(12, "Florin Inc      1234567890", &company);
        check(13, "", &Correction::default());
        let sec = Correction { sec: Text::new("IAT").ok(), ..Correction::default() };
        check(14, "IAT", &sec);
    }

    #[test]
    fn unusable_data_say_why() {
        let check = |number: u8, data: &str, words: &str| {
            let error = change(number).parse_corrected(data).unwrap_err();
            assert_eq!(error.to_string(), words, "C{number:02} {data:?}");
        };
        check(1, "   ", "the corrected account number is missing");
        check(
            1,
            "123456789012345678",
            "the corrected account number has 18 characters, at most 17 fit",
        );
        check(2, "", "the corrected routing number is missing");
        check(
            2,
            "12104288",
            "the corrected routing number is wrong: a routing number has nine digits",
        );
        check(
            2,
            "121042881",
            "the corrected routing number is wrong: the check digit is 1, 2 follows from the first eight digits",
        );
        check(3, "121042882", "the corrected account number is missing");
        check(5, "20", "the corrected transaction code \"20\" is unknown");
        check(6, "98765", "the corrected transaction code is missing");
        check(7, "121042882", "the corrected transaction code is missing");
        check(
            7,
            "1é1042882",
            "the corrected routing number is wrong: a routing number has nine digits",
        );
    }

    #[test]
    fn codes_are_known_or_not() {
        assert_eq!(ChangeCode::all().count(), 23);
        for code in ChangeCode::all() {
            assert_eq!(ChangeCode::parse(&code.to_string()), Some(code));
            assert_eq!(code.is_refusal(), code.title().starts_with("Refused"));
        }
        for text in ["C00", "C15", "C60", "C70", "R01", "C1", "c01"] {
            assert_eq!(ChangeCode::parse(text), None, "{text}");
        }
        let missing = change(6).corrected_field(&wanted("", "1", 0)).unwrap_err();
        assert_eq!(missing, CorrectionError::Missing("transaction code"));
    }
}
