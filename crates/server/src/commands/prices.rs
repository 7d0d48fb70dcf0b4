//! `florin prices`: what units of portfolios cost.

use florin_calendar::system_now;
use florin_savings::investment::file::{LoadError, load_prices};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::wait;
use crate::cli;
use crate::failure::Failure;
use crate::settings::File;
use crate::wiring;

/// Loads a price file.
pub fn run(args: cli::Prices, file: &File) -> Result<(), Failure> {
    let cli::Prices::Load { path, future, database } = args;
    let contents = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(format!("{} cannot be read", path.display())).because(error)
    })?;
    let today = match future {
        true => Date::MAX,
        false => system_now().to_zoned(TimeZone::UTC).date(),
    };
    let db = wiring::open(&database, file)?;
    let loaded = wait(load_prices(&db, &contents, today))?;
    db.close();
    match loaded {
        Ok(loaded) => println!("{} prices are loaded, {} of them new.", loaded.prices, loaded.new),
        Err(LoadError::File(faults)) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let what = format!("{} is at fault, and nothing of it was loaded", path.display());
            return Err(Failure::new(what).advise(faults.join("\n  ")));
        }
        Err(LoadError::Savings(error)) => return Err(error.into()),
    }
    Ok(())
}
