//! `florin modulus`: the weight table of British account numbers, for the whole installation.

use std::path::Path;

use florin_calendar::system_now;
use florin_mandates::modulus::{self, LoadError, Loaded, Published, TableError, TableFile};
use jiff::tz::TimeZone;
use serde_json::json;

use super::{print_json, wait};
use crate::cli::{Modulus, ModulusFiles};
use crate::failure::Failure;
use crate::output::amount;
use crate::settings::File;
use crate::wiring;

/// What holds while there is no table.
const FORM_ALONE: &str = "account numbers are held to their form alone";

/// Loads a table, shows which one counts, or takes it away.
pub fn run(args: Modulus, file: &File) -> Result<(), Failure> {
    match args {
        Modulus::Load(args) => load(&args, file),
        Modulus::Show { json, database } => {
            let db = wiring::open(&database, file)?;
            let found = wait(modulus::loaded(&db))??;
            db.close();
            if json {
                return print_json(&found.map(wire));
            }
            match found {
                Some(table) => println!("{} Loaded at {:.0}.", told(&table), table.loaded_at),
                None => println!("There is no table: {FORM_ALONE}."),
            }
            Ok(())
        }
        Modulus::Remove { database } => {
            let db = wiring::open(&database, file)?;
            let was_there = wait(modulus::remove(&db))??;
            db.close();
            let what = if was_there { "The table is removed" } else { "There was no table" };
            println!("{what}: {FORM_ALONE}.");
            Ok(())
        }
    }
}

fn load(args: &ModulusFiles, file: &File) -> Result<(), Failure> {
    let weights = read(&args.path)?;
    let substitutes = args.substitutions.as_deref().map(read).transpose()?.unwrap_or_default();
    let now = system_now();
    let as_of = args.as_of.unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date());
    let published = Published { weights: &weights, substitutes: &substitutes, as_of };
    let db = wiring::open(&args.database, file)?;
    let loaded = wait(modulus::load(&db, published, now))?;
    db.close();
    println!("{}", told(&loaded.map_err(|error| refused(error, args))?));
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{} cannot be read", path.display())).because(error))
}

/// What a person is told of a refusal.
fn refused(error: LoadError, args: &ModulusFiles) -> Failure {
    let error: TableError = match error {
        LoadError::Table(error) => error,
        LoadError::Storage(error) => return error.into(),
    };
    let path = match (error.file, &args.substitutions) {
        (TableFile::Substitutes, Some(path)) => path,
        _ => &args.path,
    };
    Failure::new(format!("{} is at fault, and nothing was loaded", path.display()))
        .advise(error.to_string())
}

fn told(table: &Loaded) -> String {
    let count = |number: i64| amount(number, 0);
    format!(
        "Account numbers are checked by the table of {}: {} lines of weights, {} of substitutions.",
        table.as_of,
        count(table.lines),
        count(table.substitutes)
    )
}

fn wire(table: Loaded) -> serde_json::Value {
    json!({
        "as_of": table.as_of, "loaded_at": table.loaded_at, "lines": table.lines,
        "substitutions": table.substitutes,
    })
}
