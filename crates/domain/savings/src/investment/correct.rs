//! Correcting prices that were loaded wrong.
//!
//! A price can be corrected so long as nothing was traded at it: then all that follows from it is what holdings are worth,
//! and that is worked out anew at once. Units that were bought or sold at a wrong price are between the plan and the
//! owners of the funds; no program can say what is right then, so such a correction is refused.

use florin_payments::moment_in;
use florin_storage::{Db, StorageError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;

use super::file::{self, LoadError};
use super::market::{FilePrice, Market, market_in};
use super::portfolio::Portfolio;
use super::price::Price;
use super::{repo, trade};
use crate::SavingsError;
use crate::file_fault::FileFault;

/// The most characters of a reason.
pub const REASON_MAX_CHARS: usize = 500;

/// Why prices are corrected, and when.
#[derive(Debug, Clone)]
pub struct Correcting {
    /// In words, for whoever asks later: 1 to [`REASON_MAX_CHARS`] characters.
    pub reason: String,
    /// The last day whose price can be known.
    pub today: Date,
    /// The time.
    pub now: Timestamp,
}

/// What correcting prices came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// Prices that are other ones now.
    pub prices: u64,
    /// Holdings that were valued at one of them, and are valued anew.
    pub holdings: u64,
}

/// A price that was corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Of this portfolio.
    pub portfolio: Portfolio,
    /// Of this day.
    pub on: Date,
    /// What it was, in millionths of a dollar.
    pub was_micro: i64,
    /// What it became.
    pub is_micro: i64,
    /// Why.
    pub reason: String,
    /// When.
    pub corrected_at: Timestamp,
}

/// Corrects the prices of a file, all of them or none; those that are right already are passed over.
///
/// # Errors
/// [`LoadError::File`] with the faults: a price that is not known, and one that something was traded at.
pub async fn correct_prices(db: &Db, text: &str, how: Correcting) -> Result<Corrected, LoadError> {
    let found = file::parse(text, how.today).map_err(LoadError::File)?;
    let written = db.write(move |tx| correct_in(tx, &found, &how));
    written.await.map_err(|refused| match refused {
        Refused::File(faults) => LoadError::File(faults),
        Refused::Savings(error) => error.into(),
    })
}

/// Every correction, the latest first.
///
/// # Errors
/// The database's.
pub async fn corrections(db: &Db) -> Result<Vec<Correction>, SavingsError> {
    db.read(|tx| Ok(repo::corrections(tx)?)).await
}

/// Why the transaction was given up.
enum Refused {
    File(Vec<FileFault>),
    Savings(SavingsError),
}

impl From<SavingsError> for Refused {
    fn from(error: SavingsError) -> Self {
        Self::Savings(error)
    }
}

impl From<StorageError> for Refused {
    fn from(error: StorageError) -> Self {
        Self::Savings(error.into())
    }
}

fn correct_in(tx: &mut Tx, found: &[FilePrice], how: &Correcting) -> Result<Corrected, Refused> {
    let mut faults = Vec::new();
    let mut wrong: Vec<(FilePrice, Price)> = Vec::new();
    for asked in found {
        // Whoever trades at it waits from here on.
        match repo::hold_price(tx, &asked.portfolio, asked.price.on)? {
            Some(known) if known == asked.price => {}
            Some(known) => wrong.push((asked.clone(), known)),
            None => faults.push(fault(asked, "there is no price of this date to correct: load it")),
        }
    }
    for (asked, known) in &wrong {
        let trades = trades_at_in(tx, &asked.portfolio, *known)?;
        if trades > 0 {
            let what = match trades {
                1 => "one trade was made at the price".to_owned(),
                trades => format!("{trades} trades were made at the price"),
            };
            faults.push(fault(asked, &format!("{what}, which therefore stays")));
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.line);
        return Err(Refused::File(faults));
    }
    let mut holdings = 0;
    for (asked, known) in &wrong {
        repo::set_price(tx, &asked.portfolio, asked.price)?;
        repo::insert_correction(tx, &correction(asked, *known, how))?;
        holdings += value_in(tx, &asked.portfolio, *known, how.now)?;
    }
    Ok(Corrected { prices: wrong.len() as u64, holdings })
}

fn fault(asked: &FilePrice, what: &str) -> FileFault {
    FileFault { line: asked.line, column: 1, what: what.to_owned() }
}

fn correction(asked: &FilePrice, known: Price, how: &Correcting) -> Correction {
    Correction {
        portfolio: asked.portfolio.clone(),
        on: asked.price.on,
        was_micro: known.micro,
        is_micro: asked.price.micro,
        reason: how.reason.clone(),
        corrected_at: how.now,
    }
}

/// How many trades were made at a loaded price. Other tenants' markets may have had the same price of that day.
fn trades_at_in(tx: &mut Tx, portfolio: &Portfolio, price: Price) -> Result<i64, SavingsError> {
    let mut trades = 0;
    for (tenant, count) in repo::trades_at(tx, portfolio, price)? {
        if market_in(tx, tenant)? == Market::Loaded {
            trades += count;
        }
    }
    Ok(trades)
}

/// Values what is worth what the price said, as of each tenant's day; answers how many holdings that has changed.
fn value_in(
    tx: &mut Tx,
    portfolio: &Portfolio,
    was: Price,
    now: Timestamp,
) -> Result<u64, SavingsError> {
    let mut changed = 0;
    for (tenant, funds) in repo::holders_at(tx, portfolio, was)? {
        if market_in(tx, tenant)? == Market::Loaded {
            let moment = moment_in(tx, tenant, now)?;
            changed += trade::value_many_in(tx, tenant, moment, funds)? as u64;
        }
    }
    Ok(changed)
}
