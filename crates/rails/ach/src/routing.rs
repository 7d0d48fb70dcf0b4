//! Routing numbers and trace numbers.

use std::fmt;
use std::str::FromStr;

/// An ABA routing number whose ninth digit checks the first eight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoutingNumber(u32);

/// Why text is no routing number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    /// Not nine digits.
    #[error("a routing number has nine digits")]
    NotNineDigits,
    /// The ninth digit does not follow from the first eight.
    #[error("the check digit is {found}, {expected} follows from the first eight digits")]
    CheckDigit {
        /// The digit that would be right, 0-9.
        expected: u8,
        /// The digit that stands there, 0-9.
        found: u8,
    },
}

impl RoutingNumber {
    /// The ninth digit that belongs to the first eight: their sum weighted 3, 7, 1, 3, 7, 1, 3, 7 is filled up to
    /// a multiple of ten (ABA Routing Number Policy; Appendix Three, "Check Digit").
    pub const fn check_digit(first_eight: u32) -> u8 {
        const WEIGHTS: [u32; 8] = [7, 3, 1, 7, 3, 1, 7, 3];
        let (mut rest, mut sum, mut place) = (first_eight, 0, 0);
        while place < 8 {
            sum += rest % 10 * WEIGHTS[place];
            rest /= 10;
            place += 1;
        }
        ((10 - sum % 10) % 10) as u8
    }

    /// The routing number that begins with these eight digits; `None` when they are more than eight.
    pub const fn with_check_digit(first_eight: u32) -> Option<Self> {
        if first_eight > 99_999_999 {
            return None;
        }
        Some(Self(first_eight * 10 + Self::check_digit(first_eight) as u32))
    }

    /// A number of up to nine digits, leading zeros left out.
    ///
    /// # Errors
    /// When it has more digits or its last one is wrong.
    pub const fn from_number(number: u32) -> Result<Self, RoutingError> {
        if number > 999_999_999 {
            return Err(RoutingError::NotNineDigits);
        }
        let (expected, found) = (Self::check_digit(number / 10), (number % 10) as u8);
        if expected == found {
            Ok(Self(number))
        } else {
            Err(RoutingError::CheckDigit { expected, found })
        }
    }

    /// Nine digits as they are printed on a check.
    ///
    /// # Errors
    /// When it is anything else, or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, RoutingError> {
        if text.len() != 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RoutingError::NotNineDigits);
        }
        Self::from_number(text.parse().map_err(|_| RoutingError::NotNineDigits)?)
    }

    /// All nine digits as a number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The first eight digits as a number: the "DFI identification" of records, and what entry hashes add up.
    pub const fn first_eight(self) -> u32 {
        self.0 / 10
    }

    /// Whether the first two digits belong to a range that the ABA hands out: 00 (government), 01-12 (the twelve
    /// Federal Reserve districts), 21-32 (thrifts), 61-72 (electronic), 80 (traveler's checks).
    pub const fn prefix_is_assigned(self) -> bool {
        matches!(self.0 / 10_000_000, 0..=12 | 21..=32 | 61..=72 | 80)
    }
}

impl fmt::Display for RoutingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl fmt::Debug for RoutingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RoutingNumber {
    type Err = RoutingError;

    fn from_str(text: &str) -> Result<Self, RoutingError> {
        Self::parse(text)
    }
}

/// The number of an entry, unique within a batch: the first eight digits of the originating bank's routing number
/// and a sequence of seven (Appendix Three, "Trace Number").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trace(u64);

impl Trace {
    const SEQUENCES: u64 = 10_000_000;

    /// The highest sequence within one bank's numbers.
    pub const MAX_SEQUENCE: u32 = 9_999_999;

    /// The trace of this bank's entry `sequence`; `None` above [`Trace::MAX_SEQUENCE`].
    pub fn new(bank: RoutingNumber, sequence: u32) -> Option<Self> {
        let sound = sequence <= Self::MAX_SEQUENCE;
        sound.then(|| Self(u64::from(bank.first_eight()) * Self::SEQUENCES + u64::from(sequence)))
    }

    /// The trace of this number; `None` when it has more than 15 digits.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < 100_000_000 * Self::SEQUENCES { Some(Self(number)) } else { None }
    }

    /// All 15 digits as a number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The first eight digits: which bank numbered the entry.
    pub const fn bank(self) -> u32 {
        (self.0 / Self::SEQUENCES) as u32
    }

    /// The last seven digits, which an addenda record repeats.
    pub const fn sequence(self) -> u32 {
        (self.0 % Self::SEQUENCES) as u32
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015}", self.0)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_agree_with_known_banks() {
        // Routing numbers that are printed on public pages of the banks and of the Federal Reserve.
        for text in [
            "011000015",
            "021000021",
            "026009593",
            "031201360",
            "061000104",
            "071000013",
            "091000019",
            "101000187",
            "111000025",
            "121000248",
            "121042882",
            "122000247",
            "231380104",
            "322271627",
        ] {
            let routing = RoutingNumber::parse(text).unwrap();
            assert_eq!(routing.to_string(), text);
            assert_eq!(RoutingNumber::with_check_digit(routing.first_eight()), Some(routing));
            assert!(routing.prefix_is_assigned(), "{text}");
        }
    }

    #[test]
    fn wrong_routing_numbers_say_why() {
        let check = |text: &str, error: RoutingError| {
            assert_eq!(RoutingNumber::parse(text), Err(error), "{text}");
        };
        check("121042881", RoutingError::CheckDigit { expected: 2, found: 1 });
        check("123456789", RoutingError::CheckDigit { expected: 0, found: 9 });
        check("12104288", RoutingError::NotNineDigits);
        check("1210428820", RoutingError::NotNineDigits);
        check("12104288X", RoutingError::NotNineDigits);
        check("+12104288", RoutingError::NotNineDigits);
        assert!(!RoutingNumber::with_check_digit(50_000_000).unwrap().prefix_is_assigned());
        assert_eq!(RoutingNumber::with_check_digit(100_000_000), None);
    }

    #[test]
    fn every_transposition_of_neighbours_but_five_apart_is_noticed() {
        let first = 12_345_607;
        let routing = RoutingNumber::with_check_digit(first).unwrap().to_string();
        for at in 0..8 {
            let mut digits: Vec<u8> = routing.bytes().collect();
            digits.swap(at, at + 1);
            let swapped = String::from_utf8(digits.clone()).unwrap();
            let apart = digits[at].abs_diff(digits[at + 1]);
            assert_eq!(RoutingNumber::parse(&swapped).is_ok(), matches!(apart, 0 | 5), "{swapped}");
        }
    }

    #[test]
    fn traces_have_a_bank_and_a_sequence() {
        let bank = RoutingNumber::parse("011000015").unwrap();
        let trace = Trace::new(bank, 7).unwrap();
        assert_eq!(trace.to_string(), "011000010000007");
        assert_eq!((trace.bank(), trace.sequence()), (1_100_001, 7));
        assert_eq!(Trace::new(bank, 10_000_000), None);
        assert_eq!(Trace::from_number(1_000_000_000_000_000), None);
    }
}
