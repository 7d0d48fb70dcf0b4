//! Return reason codes: what they mean, who sends them, until when, and what follows.

use std::fmt;

use super::return_table::TABLE;

/// A return reason code R01-R85 that the Rules assign (Appendix Four).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReturnCode(u8);

/// Who sends entries with a return code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The receiver's bank.
    ReceivingBank,
    /// The operator that sorts and settles the files.
    Operator,
    /// A federal agency, about an enrolment.
    Agency,
    /// The originator's bank, refusing a return.
    OriginatingBank,
    /// The gateway between this country and another.
    Gateway,
}

/// Until when an entry with a return code may arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeLimit {
    /// At the opening of this many banking days after the settlement of what it answers; for R23, after the
    /// receiver refused.
    BankingDays(u8),
    /// At the opening of the banking day after this many calendar days from settlement.
    CalendarDays(u8),
    /// With the operator's next file.
    NextFile,
    /// As the two banks agree, or at the sender's discretion.
    Open,
}

/// What a return asks of the originator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// The money was not there: the entry may be sent again, twice at most within 180 days.
    Retry,
    /// The account cannot be reached, or not any more: nothing may be sent until its data change.
    StopAccount,
    /// The receiver stopped this payment: it may go out again only with the receiver's consent.
    PaymentStopped,
    /// The receiver denies the authorisation: stop debits and look into it.
    Unauthorised,
    /// The entry differs from what was authorised: it may be corrected and sent anew within 60 days.
    NotAsAuthorised,
    /// The other side does not want the entry, or agreed to send it back.
    Refused,
    /// A mistake in the file or the entry: correct it.
    Malformed,
    /// About an automated enrolment with a federal agency.
    Enrolment,
    /// A return that the originating bank refuses.
    Dishonoured,
    /// A refusal that the receiving bank contests.
    Contested,
    /// About an international entry.
    International,
}

/// What the Rules say about a return code, in Florin's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReturnInfo {
    /// The number after the R.
    pub number: u8,
    /// A line for people.
    pub title: &'static str,
    /// Who sends it.
    pub sender: Sender,
    /// Until when.
    pub limit: TimeLimit,
    /// What it asks for.
    pub category: Category,
}

impl ReturnCode {
    /// The code of this number; `None` for numbers that are reserved or not assigned.
    pub fn from_number(number: u8) -> Option<Self> {
        TABLE.binary_search_by_key(&number, |info| info.number).ok().map(|_| Self(number))
    }

    /// `R01`, in capitals.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('R').filter(|digits| {
            digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit())
        })?;
        Self::from_number(digits.parse().ok()?)
    }

    /// Every assigned code, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|info| Self(info.number))
    }

    /// The number after the R.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Everything the table says about it.
    pub fn info(self) -> &'static ReturnInfo {
        let at = TABLE.binary_search_by_key(&self.0, |info| info.number).unwrap_or(0);
        &TABLE[at]
    }

    /// A line for people.
    pub fn title(self) -> &'static str {
        self.info().title
    }

    /// What it asks of the originator.
    pub fn category(self) -> Category {
        self.info().category
    }

    /// Whether the date of death belongs into the return (R14 and R15).
    pub const fn tells_of_death(self) -> bool {
        matches!(self.0, 14 | 15)
    }

    /// Whether the return counts against the unauthorised return rate, whose threshold is 0.5 % of an
    /// originator's debits in two months (Article Two, "Unauthorized Entry Return Rate Threshold").
    pub const fn counts_as_unauthorised(self) -> bool {
        matches!(self.0, 5 | 7 | 10 | 11 | 29 | 51)
    }

    /// Whether the return counts against the administrative return rate, whose level is 3 %.
    pub const fn counts_as_administrative(self) -> bool {
        matches!(self.0, 2..=4)
    }
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{:02}", self.0)
    }
}

impl fmt::Debug for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert_eq!(ReturnCode::all().count(), 70);
        for code in ReturnCode::all() {
            assert_eq!(code.info().number, code.number());
            assert_eq!(ReturnCode::parse(&code.to_string()), Some(code));
            assert!(!code.title().is_empty());
        }
        for text in ["R00", "R48", "R60", "R63", "R78", "R86", "R1", "r01", "C01", "R+1", ""] {
            assert_eq!(ReturnCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn families_have_their_senders_limits_and_consequences() {
        let check = |numbers: &[u8], sender: Sender, limit: TimeLimit| {
            for number in numbers {
                let info = ReturnCode::from_number(*number).unwrap().info();
                assert_eq!((info.sender, info.limit), (sender, limit), "R{number:02}");
            }
        };
        let two_days = TimeLimit::BankingDays(2);
        let bank = Sender::ReceivingBank;
        check(
            &[1, 2, 3, 4, 8, 9, 12, 14, 15, 16, 17, 20, 21, 22, 23, 24, 29, 39, 50],
            bank,
            two_days,
        );
        check(&[5, 7, 10, 11, 33, 37, 38, 51, 52, 53], bank, TimeLimit::CalendarDays(60));
        check(&[6, 31], bank, TimeLimit::Open);
        check(
            &[13, 18, 19, 25, 26, 27, 28, 30, 32, 34, 35, 36],
            Sender::Operator,
            TimeLimit::NextFile,
        );
        check(&[61, 62, 67, 68, 69, 70], Sender::OriginatingBank, TimeLimit::BankingDays(5));
        check(&[71, 72, 73, 74, 75, 76, 77], bank, two_days);
        check(&[40, 41, 42, 43, 44, 45, 46, 47], Sender::Agency, TimeLimit::Open);
        check(&[80, 81, 82, 83, 84], Sender::Gateway, TimeLimit::Open);
    }

    #[test]
    fn what_follows_from_a_return() {
        let check = |numbers: &[u8], category: Category| {
            for number in numbers {
                let code = ReturnCode::from_number(*number).unwrap();
                assert_eq!(code.category(), category, "{code}");
            }
        };
        check(&[1, 9], Category::Retry);
        check(&[2, 3, 4, 12, 13, 14, 15, 16, 20], Category::StopAccount);
        check(&[8, 38, 52], Category::PaymentStopped);
        check(&[5, 7, 10, 29, 51], Category::Unauthorised);
        check(&[11], Category::NotAsAuthorised);
        assert_eq!(ReturnCode::all().filter(|code| code.category() == Category::Retry).count(), 2);
    }
}
