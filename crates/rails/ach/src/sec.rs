//! Standard Entry Class codes, service class codes, and the entry descriptions that the Rules give a meaning.

use std::fmt;

use crate::{Direction, Entry};

/// The Standard Entry Class of a batch: how its entries were authorised and whose accounts they reach
/// (Appendix Three, "Standard Entry Class Code").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sec {
    /// Prearranged payment and deposit: a consumer's account, authorised in writing.
    Ppd,
    /// Corporate credit or debit: a company's account.
    Ccd,
    /// Internet-initiated or mobile: a consumer's account, authorised on a page or between persons.
    Web,
    /// Telephone-initiated: a consumer's account, debits only.
    Tel,
    /// Notification of change: no money, only corrections.
    Cor,
}

impl Sec {
    /// Every class that Florin sends or takes.
    pub const ALL: [Self; 5] = [Self::Ppd, Self::Ccd, Self::Web, Self::Tel, Self::Cor];

    /// The three letters of the batch header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ppd => "PPD",
            Self::Ccd => "CCD",
            Self::Web => "WEB",
            Self::Tel => "TEL",
            Self::Cor => "COR",
        }
    }

    /// The class of these letters; `None` for classes that Florin neither sends nor takes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sec| sec.as_str() == text)
    }

    /// Whether the Rules know the class, Florin's or not.
    pub fn is_known(text: &str) -> bool {
        const OTHERS: &str =
            "ACK ADV ARC ATX BOC CIE CTX DNE ENR IAT MTE POP POS RCK SHR TRC TRX XCK";
        Self::parse(text).is_some() || OTHERS.split(' ').any(|other| other == text)
    }

    /// Whether a forward entry of the class may carry a payment addenda record (type 05): one at most.
    pub const fn may_carry_addenda(self) -> bool {
        matches!(self, Self::Ppd | Self::Ccd | Self::Web)
    }
}

impl fmt::Display for Sec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which directions a batch's entries have (Appendix Three, "Service Class Code").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceClass {
    /// 200: credits and debits.
    Mixed,
    /// 220: credits only.
    Credits,
    /// 225: debits only.
    Debits,
}

impl ServiceClass {
    /// The three digits of the batch header and control.
    pub const fn number(self) -> u16 {
        match self {
            Self::Mixed => 200,
            Self::Credits => 220,
            Self::Debits => 225,
        }
    }

    /// The class of this number. 280, of advices that an operator sends, is not among them.
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            200 => Some(Self::Mixed),
            220 => Some(Self::Credits),
            225 => Some(Self::Debits),
            _ => None,
        }
    }

    /// The narrowest class that admits these entries; [`ServiceClass::Mixed`] when there are none.
    pub fn of(entries: &[Entry]) -> Self {
        let any = |direction| entries.iter().any(|entry| entry.code.direction() == direction);
        match (any(Direction::Credit), any(Direction::Debit)) {
            (true, false) => Self::Credits,
            (false, true) => Self::Debits,
            _ => Self::Mixed,
        }
    }

    /// Whether an entry of this direction may stand in the batch.
    pub fn admits(self, direction: Direction) -> bool {
        match self {
            Self::Mixed => true,
            Self::Credits => direction == Direction::Credit,
            Self::Debits => direction == Direction::Debit,
        }
    }
}

impl fmt::Display for ServiceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mixed => "credits and debits",
            Self::Credits => "credits only",
            Self::Debits => "debits only",
        })
    }
}

/// Company entry descriptions that the Rules prescribe (Appendix Three, "Company Entry Description").
pub mod description {
    /// Micro-entries that verify an account.
    pub const MICRO_ENTRY: &str = "ACCTVERIFY";
    /// Entries that undo erroneous ones.
    pub const REVERSAL: &str = "REVERSAL";
    /// Entries sent again after a return R01 or R09.
    pub const RETRY: &str = "RETRY PYMT";
    /// A fee for a returned entry.
    pub const RETURN_FEE: &str = "RETURN FEE";
    /// Wages paid by PPD credit.
    pub const PAYROLL: &str = "PAYROLL";
    /// Goods bought on the internet, collected by WEB debit.
    pub const PURCHASE: &str = "PURCHASE";
}
