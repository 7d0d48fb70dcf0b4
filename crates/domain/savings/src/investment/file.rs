//! Price files: what portfolios' units cost, day by day, as an operator loads it.
//!
//! A CSV file with the header `portfolio,date,price`. A portfolio's code that holds a comma or a quote stands in quotes. A
//! file is loaded as a whole or not at all; loading it twice is as good as once; a price that is known cannot become
//! another one, because funds have been traded at it.

use std::collections::BTreeMap;

use florin_calendar::Calendar;
use florin_storage::Db;
use jiff::civil::Date;

use super::market::{self, FilePrice};
use super::portfolio::Portfolio;
use super::price::{Price, parse_price_micro};
use crate::SavingsError;
use crate::check::parse_date;
use crate::file_fault::{FAULTS_MAX, FileFault};

const HEADER: [&str; 3] = ["portfolio", "date", "price"];
/// A cell of a line: where it begins, in characters from 1, and what it says.
type Cell = (usize, String);

/// Reads a price file; the days are business days up to `today`.
///
/// # Errors
/// The first faults, in the order of the file.
pub fn parse(text: &str, today: Date) -> Result<Vec<FilePrice>, Vec<FileFault>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines());
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    let header = lines.next().and_then(|(_, line)| cells(line).ok()).unwrap_or_default();
    if !header.iter().map(|(_, cell)| cell.as_str()).eq(HEADER) {
        let what = format!("the first line must be {}", HEADER.join(","));
        return Err(vec![FileFault { line: 1, column: 1, what }]);
    }
    let mut seen: BTreeMap<(Portfolio, Date), usize> = BTreeMap::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let fault = |(column, what): (usize, String)| FileFault { line, column, what };
        match read(text, today) {
            Ok((portfolio, price)) => {
                let first = *seen.entry((portfolio.clone(), price.on)).or_insert(line);
                if first != line {
                    let what = format!("the portfolio has a price of this date in line {first}");
                    faults.push(fault((1, what)));
                }
                found.push(FilePrice { line, portfolio, price });
            }
            Err(what) => faults.push(fault(what)),
        }
        if faults.len() == FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn read(line: &str, today: Date) -> Result<(Portfolio, Price), (usize, String)> {
    let cells = cells(line)?;
    let [(at, portfolio), (date_at, date), (price_at, price)] = cells.as_slice() else {
        let what = format!("{} columns are expected, here are {}", HEADER.len(), cells.len());
        return Err((1, what));
    };
    let code = "a portfolio's code is expected, such as 60:FDIC-Insured (the plan's id and the portfolio's label)";
    let portfolio = Portfolio::parse(portfolio).ok_or_else(|| (*at, code.to_owned()))?;
    let on = parse_date(date)
        .ok_or_else(|| (*date_at, "is not a valid date (YYYY-MM-DD)".to_owned()))?;
    if on > today {
        return Err((*date_at, "the date has not come yet".to_owned()));
    }
    if !Calendar::UsFed.is_business_day(on) {
        return Err((*date_at, "the date is no business day".to_owned()));
    }
    let digits = "a price is expected: dollars, at most six decimals, more than 0 and at most 5000";
    let micro = parse_price_micro(price).ok_or_else(|| (*price_at, digits.to_owned()))?;
    Ok((portfolio, Price { micro, on }))
}

/// The cells of a line, those in quotes without them.
fn cells(line: &str) -> Result<Vec<Cell>, (usize, String)> {
    let (mut cells, mut cell) = (Vec::new(), (1, String::new()));
    let (mut is_quoted, mut was_quoted) = (false, false);
    let mut signs = (1..).zip(line.chars()).peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' if is_quoted && signs.peek().is_some_and(|(_, next)| *next == '"') => {
                signs.next();
                cell.1.push('"');
            }
            '"' if is_quoted => (is_quoted, was_quoted) = (false, true),
            '"' if cell.1.is_empty() && !was_quoted => is_quoted = true,
            ',' if !is_quoted => {
                cells.push(std::mem::replace(&mut cell, (at + 1, String::new())));
                was_quoted = false;
            }
            _ if was_quoted || sign == '"' => {
                return Err((at, "a comma is expected here".to_owned()));
            }
            _ => cell.1.push(sign),
        }
    }
    if is_quoted {
        return Err((cell.0, "the quotes are not closed".to_owned()));
    }
    cells.push(cell);
    Ok(cells)
}

/// Why a price file was not loaded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is at fault.
    #[error("the price file is at fault")]
    File(Vec<FileFault>),
    /// The database failed.
    #[error("the prices could not be written")]
    Savings(#[from] SavingsError),
}

/// What loading a file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Prices in the file.
    pub prices: u64,
    /// Those that were not known before.
    pub new: u64,
}

/// Loads a price file, as a whole or not at all.
///
/// # Errors
/// [`LoadError::File`] with the faults, a price among them that is known to be another one.
pub async fn load_prices(db: &Db, text: &str, today: Date) -> Result<Loaded, LoadError> {
    let found = parse(text, today).map_err(LoadError::File)?;
    let prices = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let written = db.write(move |tx| {
        // A refusal is an error here, so that nothing of the file stays.
        match market::insert_prices_in(tx, &found).map_err(SavingsError::from)? {
            Ok(new) => Ok(new),
            Err(line) => Err(Refused::Line(line)),
        }
    });
    match written.await {
        Ok(new) => Ok(Loaded { prices, new }),
        Err(Refused::Line(line)) => {
            let what = "the portfolio is known to have had another price on this date".to_owned();
            Err(LoadError::File(vec![FileFault { line, column: 1, what }]))
        }
        Err(Refused::Savings(error)) => Err(error.into()),
    }
}

/// Why the transaction was given up.
enum Refused {
    Line(usize),
    Savings(SavingsError),
}

impl From<SavingsError> for Refused {
    fn from(error: SavingsError) -> Self {
        Self::Savings(error)
    }
}

impl From<florin_storage::StorageError> for Refused {
    fn from(error: florin_storage::StorageError) -> Self {
        Self::Savings(error.into())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let found = parse(text, date(2026, 11, 20)).expect_err("faults");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_file_is_read() {
        let text = "portfolio,date,price\n60:FDIC-Insured,2026-11-19,12.5\n\n\"7:A \"\"B\"\", C\",2026-11-20,0.000001\r\n";
        let found = parse(text, date(2026, 11, 20)).expect("no faults");
        let shown: Vec<_> =
            found.iter().map(|it| (it.line, it.portfolio.code(), it.price.micro)).collect();
        assert_eq!(shown, [(2, "60:FDIC-Insured", 12_500_000), (4, "7:A \"B\", C", 1)]);
    }

    #[test]
    fn every_fault_has_its_place() {
        let check = |line: &str, expected: &str| {
            assert_eq!(faults(&format!("portfolio,date,price\n{line}")), [expected], "{line}");
        };
        check("60:X,2026-11-19", "line 2, column 1: 3 columns are expected, here are 2");
        let code = "a portfolio's code is expected, such as 60:FDIC-Insured (the plan's id and the portfolio's label)";
        check("X,2026-11-19,1", &format!("line 2, column 1: {code}"));
        check("60:X,19.11.2026,1", "line 2, column 6: is not a valid date (YYYY-MM-DD)");
        check("60:X,2026-11-21,1", "line 2, column 6: the date has not come yet");
        check("60:X,2026-11-15,1", "line 2, column 6: the date is no business day");
        let price =
            "a price is expected: dollars, at most six decimals, more than 0 and at most 5000";
        check("60:X,2026-11-19,$1", &format!("line 2, column 17: {price}"));
        check("60:X,2026-11-19,0", &format!("line 2, column 17: {price}"));
        check("\"60:X,2026-11-19,1", "line 2, column 1: the quotes are not closed");
        check("\"60:X\"x,2026-11-19,1", "line 2, column 7: a comma is expected here");
        check(
            "60:X,2026-11-19,1\n60:X,2026-11-19,1",
            "line 3, column 1: the portfolio has a price of this date in line 2",
        );
        for bad in ["", "date,portfolio,price\n", "portfolio;date;price"] {
            assert_eq!(
                faults(bad),
                ["line 1, column 1: the first line must be portfolio,date,price"]
            );
        }
        assert_eq!(
            faults(&format!("portfolio,date,price\n{}", "x\n".repeat(100))).len(),
            FAULTS_MAX
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(portfolio,date,price\n)?\\PC{0,200}") {
            let _ = parse(&text, date(2026, 11, 20));
        }
    }
}
