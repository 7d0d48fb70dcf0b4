//! `florin prices`: what units of portfolios cost.

use florin_calendar::system_now;
use florin_savings::investment::correct::{
    Corrected, Correcting, Correction, REASON_MAX_CHARS, correct_prices, corrections,
};
use florin_savings::investment::file::{LoadError, load_prices};
use florin_savings::investment::price::format_micro;
use florin_savings::investment::{Market, markets};
use florin_storage::Db;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{all_tenants, print_json, wait};
use crate::cli::{Prices, PricesFile};
use crate::failure::Failure;
use crate::output::table;
use crate::settings::File;
use crate::wiring;

/// As many tenants are named; beyond, they are counted.
const NAMED_MAX: usize = 5;

/// Loads a price file, corrects by one, or shows what was corrected.
pub fn run(args: Prices, file: &File) -> Result<(), Failure> {
    match args {
        Prices::Load(args) => load(&args, file),
        Prices::Correct { file: args, reason } => correct(&args, reason, file),
        Prices::Corrections { json, database } => {
            let db = wiring::open(&database, file)?;
            let found = wait(corrections(&db))??;
            db.close();
            if json {
                return found.iter().try_for_each(|it| print_json(&wire(it)));
            }
            print(&found);
            Ok(())
        }
    }
}

fn load(args: &PricesFile, file: &File) -> Result<(), Failure> {
    let (contents, today) = read(args)?;
    let db = wiring::open(&args.database, file)?;
    let loaded = wait(load_prices(&db, &contents, today))?;
    let loaded = loaded.map_err(|error| refused(error, args, "loaded"))?;
    println!("{} prices are loaded, {} of them new.", loaded.prices, loaded.new);
    hint(&db)?;
    db.close();
    Ok(())
}

/// Tells of tenants that the prices of files mean nothing to: the sandbox's make their own unless it is said.
fn hint(db: &Db) -> Result<(), Failure> {
    let tenants = all_tenants(db)?;
    let ids = tenants.iter().map(|tenant| tenant.id).collect();
    let markets = wait(markets(db, ids))??;
    let others: Vec<String> = tenants
        .iter()
        .zip(markets)
        .filter(|(_, market)| *market != Market::Loaded)
        .map(|(tenant, market)| format!("{} ({market})", tenant.name))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    let mut named = others.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if others.len() > NAMED_MAX {
        named.push_str(&format!(" and {} more", others.len() - NAMED_MAX));
    }
    println!("These tenants have other prices: {named}.");
    println!(
        "One takes those of files from then on when it sends PUT /restapi/v1/settings {{\"market\": \"loaded\"}}, before a \
         fund of it holds units."
    );
    Ok(())
}

fn correct(args: &PricesFile, reason: String, file: &File) -> Result<(), Failure> {
    let reason = reason.trim().to_owned();
    let chars = reason.chars().count();
    if !(1..=REASON_MAX_CHARS).contains(&chars) || reason.chars().any(char::is_control) {
        let text = format!("--reason takes 1 to {REASON_MAX_CHARS} characters on one line");
        return Err(Failure::usage(text));
    }
    let (contents, today) = read(args)?;
    let db = wiring::open(&args.database, file)?;
    let how = Correcting { reason, today, now: system_now() };
    let corrected = wait(correct_prices(&db, &contents, how))?;
    db.close();
    let Corrected { prices, holdings } =
        corrected.map_err(|error| refused(error, args, "corrected"))?;
    println!("{prices} prices are corrected, {holdings} holdings are valued anew.");
    Ok(())
}

/// The file, and the last day whose price it can tell.
fn read(args: &PricesFile) -> Result<(String, Date), Failure> {
    let contents = std::fs::read_to_string(&args.path).map_err(|error| {
        Failure::new(format!("{} cannot be read", args.path.display())).because(error)
    })?;
    let today = match args.future {
        true => Date::MAX,
        false => system_now().to_zoned(TimeZone::UTC).date(),
    };
    Ok((contents, today))
}

fn refused(error: LoadError, args: &PricesFile, done: &str) -> Failure {
    match error {
        LoadError::File(faults) => {
            let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            if faults.iter().any(|it| it.what.ends_with("another price on this date")) {
                lines.push("`florin prices correct` puts a wrong price right.".to_owned());
            }
            let path = args.path.display();
            Failure::new(format!("{path} is at fault, and nothing of it was {done}"))
                .advise(lines.join("\n  "))
        }
        LoadError::Savings(error) => error.into(),
    }
}

fn wire(it: &Correction) -> serde_json::Value {
    json!({
        "portfolio": it.portfolio.code(), "date": it.on, "was": format_micro(it.was_micro),
        "is": format_micro(it.is_micro), "reason": it.reason, "corrected_at": it.corrected_at,
    })
}

fn print(found: &[Correction]) {
    let rows = found.iter().map(|it| {
        let (was, is) = (format_micro(it.was_micro), format_micro(it.is_micro));
        let at = format!("{:.0}", it.corrected_at);
        vec![it.portfolio.to_string(), it.on.to_string(), was, is, it.reason.clone(), at]
    });
    let header = ["portfolio", "date", "was", "is", "reason", "corrected at"];
    println!("{}", table(&header, &[2, 3], rows.collect()));
}
