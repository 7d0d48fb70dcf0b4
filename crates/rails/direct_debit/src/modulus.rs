//! The check digits of accounts in the United Kingdom: VocaLink's modulus check.
//!
//! Which weights belong to which sort codes stands in a table that Pay.UK publishes under its own licence
//! (`valacdos.txt`, and `scsubtab.txt` for exception 5) and renews several times a year. It is not part of Florin:
//! operators who have it load it. Without it, or for a sort code that it does not hold, an account can only be checked
//! for its format.
//!
//! The rules are those of the specification "Validating Account Numbers", with its fourteen exceptions. Its letters: the
//! sort code is `u v w x y z`, the account number `a b c d e f g h`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::account::{AccountNumber, SortCode};

/// The fourteen digits `u v w x y z a b c d e f g h`.
type Digits = [u32; 14];
/// What each is multiplied with.
type Weights = [u32; 14];

const A: usize = 6;
const B: usize = 7;
const C: usize = 8;
const G: usize = 12;
const H: usize = 13;
/// Every weight is smaller.
const WEIGHT_END: u32 = 1000;

/// How the products are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// The sum, modulo 10.
    Mod10,
    /// The sum, modulo 11.
    Mod11,
    /// The sum of the products' digits, modulo 10 ("double alternate").
    DoubleAlternate,
}

/// One line of the table: how the accounts of a range of sort codes are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in its file, from 1.
    number: usize,
    first: u32,
    last: u32,
    method: Method,
    weights: Weights,
    exception: u32,
    text: String,
}

impl Line {
    /// The sort codes that it is for, as numbers.
    pub const fn codes(&self) -> RangeInclusive<u32> {
        self.first..=self.last
    }

    /// The line as it is published, with single blanks.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What the check tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The number belongs to the sort code, as far as digits can tell.
    Valid,
    /// There is no such account.
    Invalid,
    /// The table does not hold the sort code: the account may exist.
    Unknown,
}

/// One of the two files that a table is published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFile {
    /// `valacdos.txt`.
    Weights,
    /// `scsubtab.txt`.
    Substitutes,
}

/// Why a table cannot be read, or gone by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct TableError {
    /// Where the line is.
    pub file: TableFile,
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub fault: &'static str,
}

impl TableError {
    const fn of_weights(line: usize, fault: &'static str) -> Self {
        Self { file: TableFile::Weights, line, fault }
    }
}

/// The published weights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModulusTable {
    lines: Vec<Line>,
    /// Exception 5: sort codes that are checked as if they were others.
    substitutes: BTreeMap<u32, u32>,
}

impl ModulusTable {
    /// Reads the texts of `valacdos.txt` (first and last sort code, method, 14 weights, perhaps an exception: separated
    /// by blanks) and of `scsubtab.txt` (sort code and its substitute; may be empty), or a part of them.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn read(weights: &str, substitutes: &str) -> Result<Self, TableError> {
        let mut table = Self::default();
        for (number, text) in numbered(weights) {
            let line = read_line(number, text);
            table.lines.push(line.map_err(|fault| TableError::of_weights(number, fault))?);
        }
        for (number, line) in numbered(substitutes) {
            let codes: Vec<Option<u32>> = line.split_whitespace().map(sort_code).collect();
            let [Some(from), Some(to)] = codes[..] else {
                let fault = "expected two sort codes";
                return Err(TableError { file: TableFile::Substitutes, line: number, fault });
            };
            table.substitutes.insert(from, to);
        }
        Ok(table)
    }

    /// Whether accounts can be judged by the table: what is read of files that were cut off or forgotten would find
    /// fault with sound accounts.
    ///
    /// # Errors
    /// The first line that speaks against it.
    pub fn prove_whole(&self) -> Result<(), TableError> {
        let refuse = |line: &Line, fault| Err(TableError::of_weights(line.number, fault));
        if self.lines.is_empty() {
            return Err(TableError::of_weights(1, "there is no line with weights in the file"));
        }
        let substituted = self.lines.iter().find(|line| line.exception == 5);
        if let (Some(line), true) = (substituted, self.substitutes.is_empty()) {
            return refuse(line, "exception 5 takes the file of substitutes");
        }
        for (index, line) in self.lines.iter().enumerate() {
            let before = self.lines[..index].iter().filter(|it| it.codes().contains(&line.first));
            if before.count() > 1 {
                return refuse(line, "its first sort code has two lines before this one");
            }
        }
        Ok(())
    }

    /// The lines with weights, in the order of their file.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Sort codes and those that they are checked as.
    pub fn substitutes(&self) -> &BTreeMap<u32, u32> {
        &self.substitutes
    }

    /// Checks an account.
    pub fn check(&self, code: SortCode, account: AccountNumber) -> Verdict {
        let number = code.number();
        let lines: Vec<&Line> =
            self.lines.iter().filter(|line| line.codes().contains(&number)).collect();
        let digits = digits_of(number, account);
        let passes = match lines[..] {
            [] => return Verdict::Unknown,
            [only] => self.passes(only, digits),
            [first, second, ..] => {
                let either =
                    matches!((first.exception, second.exception), (2, 9) | (10, 11) | (12, 13));
                if either {
                    self.passes(first, digits) || self.passes(second, digits)
                } else {
                    self.passes(first, digits) && self.passes(second, digits)
                }
            }
        };
        if passes { Verdict::Valid } else { Verdict::Invalid }
    }

    fn passes(&self, line: &Line, digits: Digits) -> bool {
        let mut digits = digits;
        let mut weights = line.weights;
        let zero_to_b = |weights: &mut Weights| weights[..=B].fill(0);
        match line.exception {
            2 if digits[A] != 0 && digits[G] != 9 => {
                weights = [0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1];
            }
            2 if digits[A] != 0 => {
                weights = [0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1];
            }
            3 if matches!(digits[C], 6 | 9) => return true,
            5 => {
                let code = number_of(&digits);
                set_code(&mut digits, self.substitutes.get(&code).copied().unwrap_or(code));
            }
            // Accounts in foreign currencies have no check digit.
            6 if (4..=8).contains(&digits[A]) && digits[G] == digits[H] => return true,
            7 if digits[G] == 9 => zero_to_b(&mut weights),
            8 => set_code(&mut digits, 90_126),
            9 => set_code(&mut digits, 309_634),
            10 if matches!(digits[A], 0 | 9) && digits[B] == 9 && digits[G] == 9 => {
                zero_to_b(&mut weights);
            }
            _ => {}
        }
        let total = total(line.method, &weights, &digits);
        match (line.exception, line.method) {
            (1, _) => (total + 27).is_multiple_of(10),
            (4, _) => total % 11 == digits[G] * 10 + digits[H],
            (5, Method::DoubleAlternate) => (10 - total % 10) % 10 == digits[H],
            // A remainder of 1 has no check digit.
            (5, _) => total % 11 != 1 && (11 - total % 11) % 11 == digits[G],
            (14, _) => total.is_multiple_of(11) || passes_shifted(line, digits),
            (_, Method::Mod11) => total.is_multiple_of(11),
            _ => total.is_multiple_of(10),
        }
    }
}

/// Exception 14: an old number of seven digits, whose last one is 0, 1 or 9 and is not part of the check.
fn passes_shifted(line: &Line, mut digits: Digits) -> bool {
    if !matches!(digits[H], 0 | 1 | 9) {
        return false;
    }
    digits.copy_within(A..H, B);
    digits[A] = 0;
    total(line.method, &line.weights, &digits).is_multiple_of(11)
}

fn total(method: Method, weights: &Weights, digits: &Digits) -> u32 {
    let products = weights.iter().zip(digits).map(|(weight, digit)| weight * digit);
    match method {
        Method::Mod10 | Method::Mod11 => products.sum(),
        Method::DoubleAlternate => products.map(digit_sum).sum(),
    }
}

/// The sum of a product's digits: it has up to four.
fn digit_sum(number: u32) -> u32 {
    number / 1000 + number / 100 % 10 + number / 10 % 10 + number % 10
}

fn digits_of(code: u32, account: AccountNumber) -> Digits {
    let mut digits = [0; 14];
    set_code(&mut digits, code);
    let mut rest = account.number();
    for digit in digits[A..].iter_mut().rev() {
        *digit = rest % 10;
        rest /= 10;
    }
    digits
}

fn set_code(digits: &mut Digits, code: u32) {
    let mut rest = code;
    for digit in digits[..A].iter_mut().rev() {
        *digit = rest % 10;
        rest /= 10;
    }
}

fn number_of(digits: &Digits) -> u32 {
    digits[..A].iter().fold(0, |number, digit| number * 10 + digit)
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

fn sort_code(text: &str) -> Option<u32> {
    let is_code = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| text.parse().ok()).flatten()
}

fn read_line(number: usize, line: &str) -> Result<Line, &'static str> {
    let mut words = line.split_whitespace();
    let mut code = || words.next().and_then(sort_code).ok_or("expected a sort code");
    let (first, last) = (code()?, code()?);
    if first > last {
        return Err("the last sort code is before the first");
    }
    let method = match words.next() {
        Some("MOD10") => Method::Mod10,
        Some("MOD11") => Method::Mod11,
        Some("DBLAL") => Method::DoubleAlternate,
        _ => return Err("expected MOD10, MOD11 or DBLAL"),
    };
    let mut weights = [0; 14];
    for weight in &mut weights {
        let read = words.next().and_then(|word| word.parse().ok());
        *weight = read.filter(|weight| *weight < WEIGHT_END).ok_or("expected 14 weights")?;
    }
    let exception = match words.next() {
        None => 0,
        Some(word) => word
            .parse()
            .ok()
            .filter(|exception| (1..=14).contains(exception))
            .ok_or("this exception is not known")?,
    };
    if words.next().is_some() {
        return Err("too many words");
    }
    let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Line { number, first, last, method, weights, exception, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines whose weights agree with the examples that the specification prints, and some of our own to reach each
    /// exception.
    const TABLE: &str = "
        089000 089999 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1
        107999 107999 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1
        202959 202959 MOD11 0 0 0 0 0 0 0 7 6 5 4 3 2 1
        202959 202959 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1
        118765 118765 DBLAL 0 0 2 1 2 1 2 1 2 1 2 1 2 1 1
        309070 309070 MOD11 0 0 1 2 5 3 6 4 8 7 10 9 3 1 2
        309070 309070 MOD11 0 0 1 2 5 3 6 4 8 7 10 9 3 1 9
        820000 820000 MOD11 0 0 0 0 0 0 0 0 7 3 4 9 2 1
        820000 820000 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 3
        134020 134020 MOD11 0 0 0 7 5 9 8 4 6 3 5 2 0 0 4
        938611 938611 MOD11 7 6 5 4 3 2 7 6 5 4 3 2 0 0 5
        938611 938611 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 0 5
        200915 200915 MOD11 0 0 0 0 0 0 0 7 6 5 4 3 2 1 6
        772798 772798 MOD11 0 0 1 2 5 3 6 4 8 7 10 9 3 1 7
        086090 086090 MOD11 0 0 0 0 0 1 8 7 6 5 4 3 2 1 8
        180002 180002 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 14";

    fn check(code: &str, account: &str, expected: Verdict) {
        let table = ModulusTable::read(TABLE, "938611 938600\n\n").unwrap();
        let found =
            table.check(SortCode::parse(code).unwrap(), AccountNumber::parse(account).unwrap());
        assert_eq!(found, expected, "{code} {account}");
    }

    #[test]
    fn accounts_table() {
        use Verdict::{Invalid, Unknown, Valid};
        check("089999", "66374958", Valid);
        check("089999", "66374959", Invalid);
        check("107999", "88837491", Valid);
        check("107999", "88837493", Invalid);
        check("202959", "63748472", Valid);
        check("202959", "63748473", Invalid);
        check("999999", "63748472", Unknown);
        // Exceptions, each by its number.
        check("118765", "64371389", Valid); // 1
        check("118765", "64371388", Invalid);
        check("309070", "12345677", Valid); // 2, a not 0, g not 9
        check("309070", "99345694", Valid); // 2, a not 0, g = 9
        check("309070", "12345678", Invalid);
        check("134020", "63849203", Valid); // 4
        check("134020", "63849204", Invalid);
        check("200915", "41011166", Valid); // 6: a foreign currency
        check("772798", "99345694", Valid); // 7
        check("772798", "99345695", Invalid);
        check("180002", "00000190", Valid); // 14
        check("180002", "00000192", Invalid);
    }

    /// Exceptions whose printed examples need the published weights: told by the rule itself.
    #[test]
    fn substituted_sort_codes() {
        let table = ModulusTable::read(TABLE, "938611 938600").unwrap();
        let valid = |code: &str, accounts: std::ops::Range<u32>| -> Vec<u32> {
            let code = SortCode::parse(code).unwrap();
            let fits = |number: &u32| {
                let account = AccountNumber::parse(&format!("{number:08}")).unwrap();
                table.check(code, account) == Verdict::Valid
            };
            accounts.filter(fits).collect()
        };
        // 8: the sort code 090126 ends with 6, so one in eleven numbers fits, those with sum = 5 (mod 11).
        let fitting = valid("086090", 10_000_000..10_000_200);
        assert!((17..=19).contains(&fitting.len()), "{fitting:?}");
        // 5: both check digits follow from the others: at most one in a hundred fits.
        let fitting = valid("938611", 7_806_000..7_806_300);
        assert!((1..=3).contains(&fitting.len()), "{fitting:?}");
        // 3: with c = 6 the second check is not made.
        let with_six = valid("820000", 73_600_000..73_600_110);
        let with_five = valid("820000", 73_500_000..73_500_110);
        assert_eq!(with_six.len(), 10);
        assert!(with_five.len() < 5, "{with_five:?}");
    }

    #[test]
    fn broken_tables_are_refused_with_their_line() {
        let read = |weights: &str, substitutes: &str| {
            let table = ModulusTable::read(weights, substitutes);
            table.and_then(|table| table.prove_whole().map(|()| table))
        };
        let check = |text: &str, line: usize, fault: &str| {
            let found = read(text, "").unwrap_err();
            assert_eq!(
                (found.file, found.line, found.fault),
                (TableFile::Weights, line, fault),
                "{text}"
            );
        };
        check("\n\n", 1, "there is no line with weights in the file");
        check("x", 1, "expected a sort code");
        check("\n089000 089999 MOD12", 2, "expected MOD10, MOD11 or DBLAL");
        check("089000 089999 MOD10 1 2", 1, "expected 14 weights");
        check(
            "089000 089999 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1 99",
            1,
            "this exception is not known",
        );
        let line = "089000 089999 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1";
        check(&line.replace("089999", "088999"), 1, "the last sort code is before the first");
        check(&format!("{line} 5"), 1, "exception 5 takes the file of substitutes");
        let thrice = format!("{line}\n{line}\n\n{}", line.replace("089000", "089500"));
        check(&thrice, 4, "its first sort code has two lines before this one");
        let found = read(TABLE, "938611 938600\n938611").unwrap_err();
        assert_eq!((found.file, found.line), (TableFile::Substitutes, 2));
        assert_eq!(found.to_string(), "line 2: expected two sort codes");
        let table = read(TABLE, "938611 938600").unwrap();
        let text: Vec<&str> = table.lines().iter().map(Line::text).collect();
        assert_eq!(text[0], "089000 089999 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1");
        assert_eq!(text.len(), 16);
    }
}
