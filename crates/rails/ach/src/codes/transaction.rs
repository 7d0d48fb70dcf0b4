//! Transaction codes: kind of account, direction, and what the entry is for.

use std::fmt;

/// The kind of account that an entry reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountType {
    /// A demand account.
    Checking,
    /// A savings account.
    Savings,
    /// A bank's general ledger account.
    GeneralLedger,
    /// A loan account: credits, and debits that reverse them.
    Loan,
}

impl AccountType {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Checking, Self::Savings, Self::GeneralLedger, Self::Loan];
}

impl fmt::Display for AccountType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checking => "checking",
            Self::Savings => "savings",
            Self::GeneralLedger => "general ledger",
            Self::Loan => "loan",
        })
    }
}

/// Which way the money goes, seen from the receiver's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the account.
    Credit,
    /// From the account.
    Debit,
}

impl Direction {
    /// The other direction.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Credit => Self::Debit,
            Self::Debit => Self::Credit,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        })
    }
}

/// What an entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// It moves money.
    Live,
    /// It asks whether the account exists; no money.
    Prenote,
    /// It only carries remittance data; no money.
    ZeroDollar,
    /// It returns an entry, or notifies of a change.
    Return,
}

/// A transaction code (Appendix Three, "Transaction Code"): tens say the kind of account, units the rest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionCode(u8);

impl TransactionCode {
    /// The code of this number; `None` for numbers that the Rules do not assign.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            21..=24 | 26..=29 | 31..=34 | 36..=39 | 41..=44 | 46..=49 | 51..=56 => {
                Some(Self(number))
            }
            _ => None,
        }
    }

    /// The code of an entry that moves money. A debit of a loan account (55) may only stand in a reversal.
    pub const fn live(account: AccountType, direction: Direction) -> Self {
        match Self::coded(account, direction, Purpose::Live) {
            Some(code) => code,
            None => Self(27), // Every kind of account has both; see the test over all of them.
        }
    }

    /// The code for this; `None` where there is none (loan accounts have no prenote or zero-dollar debit).
    pub const fn coded(
        account: AccountType,
        direction: Direction,
        purpose: Purpose,
    ) -> Option<Self> {
        let tens = match account {
            AccountType::Checking => 20,
            AccountType::Savings => 30,
            AccountType::GeneralLedger => 40,
            AccountType::Loan => 50,
        };
        let units = match (purpose, direction) {
            (Purpose::Return, Direction::Credit) => 1,
            (Purpose::Live, Direction::Credit) => 2,
            (Purpose::Prenote, Direction::Credit) => 3,
            (Purpose::ZeroDollar, Direction::Credit) => 4,
            (Purpose::Return, Direction::Debit) => 6,
            (Purpose::Live, Direction::Debit) if tens == 50 => 5,
            (Purpose::Live, Direction::Debit) => 7,
            (Purpose::Prenote, Direction::Debit) => 8,
            (Purpose::ZeroDollar, Direction::Debit) => 9,
        };
        Self::from_number(tens + units)
    }

    /// The two digits.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The kind of account.
    pub const fn account(self) -> AccountType {
        match self.0 / 10 {
            2 => AccountType::Checking,
            3 => AccountType::Savings,
            4 => AccountType::GeneralLedger,
            _ => AccountType::Loan,
        }
    }

    /// Credit or debit.
    pub const fn direction(self) -> Direction {
        if self.0 % 10 < 5 { Direction::Credit } else { Direction::Debit }
    }

    /// What the entry is for.
    pub const fn purpose(self) -> Purpose {
        match self.0 % 10 {
            1 | 6 => Purpose::Return,
            3 | 8 => Purpose::Prenote,
            4 | 9 => Purpose::ZeroDollar,
            _ => Purpose::Live,
        }
    }

    /// The code under which an entry of this code is returned or corrected.
    pub const fn returned(self) -> Self {
        match self.direction() {
            Direction::Credit => Self(self.0 / 10 * 10 + 1),
            Direction::Debit => Self(self.0 / 10 * 10 + 6),
        }
    }

    /// The same entry for another kind of account; `None` where that kind has no such code.
    pub const fn for_account(self, account: AccountType) -> Option<Self> {
        Self::coded(account, self.direction(), self.purpose())
    }
}

impl fmt::Display for TransactionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account(), self.direction())?;
        match self.purpose() {
            Purpose::Live => Ok(()),
            Purpose::Prenote => f.write_str(" prenote"),
            Purpose::ZeroDollar => f.write_str(" zero-dollar"),
            Purpose::Return => f.write_str(" returned"),
        }
    }
}

impl fmt::Debug for TransactionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_what_they_mean() {
        let check = |number: u8, words: &str, returned: u8| {
            let code = TransactionCode::from_number(number).unwrap();
            assert_eq!((code.to_string().as_str(), code.returned().0), (words, returned));
        };
        check(22, "checking credit", 21);
        check(23, "checking credit prenote", 21);
        check(24, "checking credit zero-dollar", 21);
        check(27, "checking debit", 26);
        check(28, "checking debit prenote", 26);
        check(32, "savings credit", 31);
        check(37, "savings debit", 36);
        check(38, "savings debit prenote", 36);
        check(42, "general ledger credit", 41);
        check(47, "general ledger debit", 46);
        check(52, "loan credit", 51);
        check(55, "loan debit", 56);
        check(26, "checking debit returned", 26);
    }

    #[test]
    fn every_code_is_made_of_its_parts() {
        let known: Vec<u8> = (0..=u8::MAX)
            .filter(|number| TransactionCode::from_number(*number).is_some())
            .collect();
        assert_eq!(known.len(), 30);
        for number in known {
            let code = TransactionCode(number);
            let made = TransactionCode::coded(code.account(), code.direction(), code.purpose());
            assert_eq!(made, Some(code));
        }
        for account in AccountType::ALL {
            for direction in [Direction::Credit, Direction::Debit] {
                let code = TransactionCode::live(account, direction);
                assert_eq!((code.account(), code.direction()), (account, direction));
                assert_eq!(code.purpose(), Purpose::Live);
            }
        }
        let loan_prenote =
            TransactionCode::coded(AccountType::Loan, Direction::Debit, Purpose::Prenote);
        assert_eq!(loan_prenote, None);
    }
}
