//! What each command does. A command opens the database, does one thing and prints it.

mod ach;
mod bank;
mod connect;
mod day_end;
mod key;
mod ledger;
mod modulus;
mod plans;
mod prices;
mod program;
mod quote;
mod reconcile;
mod refund;
mod simulate;
mod tenant;
mod webhook;

use std::path::Path;
use std::process::ExitCode;

use florin_crypto::Secret;
use florin_storage::Db;
use florin_tenancy::Tenant;

use crate::cli::Command;
use crate::failure::Failure;
use crate::settings::File;
use crate::{bench, demo, serve};

/// Runs a command.
///
/// # Errors
/// Whatever kept it from doing its work, with what to do next where that is known.
pub fn run(command: Command, file: &File) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(&args, file)?,
        Command::Tenant(args) => tenant::run(args, file)?,
        Command::Key(args) => key::run(args, file)?,
        Command::Webhook(args) => webhook::run(args, file)?,
        Command::Quote(args) => quote::run(&args, file)?,
        Command::Ach(args) => return ach::run(args),
        Command::Program(args) => program::run(args, file)?,
        Command::Customer(args) => program::customer(args, file)?,
        Command::Routing(args) => program::routing(args, file)?,
        Command::Bank(args) => bank::run(args, file)?,
        Command::Institutions(args) => connect::institutions(args, file)?,
        Command::OpenBanking(args) => connect::open_banking(args, file)?,
        Command::Plans(args) => plans::run(args, file)?,
        Command::Modulus(args) => modulus::run(args, file)?,
        Command::Prices(args) => prices::run(args, file)?,
        Command::Maintenance(args) => program::maintenance(&args, file)?,
        Command::Refund(args) => refund::run(args, file)?,
        Command::Ledger(args) => return ledger::run(args, file),
        Command::DayEnd(args) => day_end::run(&args, file)?,
        Command::Simulate(args) => simulate::run(&args)?,
        Command::Reconcile(args) => return reconcile::run(&args, file),
        Command::Demo(args) => demo::run(&args)?,
        Command::Bench(args) => bench::run(args, file)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints JSON on one line, so that it can be read line by line.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Carries out one asynchronous operation; commands do one thing after another.
fn wait<T>(operation: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(operation))
}

/// The tenant that a person means: by id, by name, or the only one there is.
fn find_tenant(db: &Db, wanted: Option<&str>) -> Result<Tenant, Failure> {
    let tenants = all_tenants(db)?;
    let advice = "`florin tenant list` shows the tenants; name one with --tenant.";
    let matching: Vec<&Tenant> = match wanted {
        None => tenants.iter().collect(),
        Some(text) => {
            let is_meant = |tenant: &&Tenant| tenant.id.to_string() == text || tenant.name == text;
            tenants.iter().filter(is_meant).collect()
        }
    };
    match (matching.as_slice(), wanted) {
        ([tenant], _) => Ok((*tenant).clone()),
        ([], None) => Err(Failure::new("the database holds no tenant")
            .advise("Create one with `florin tenant create --name NAME`.")),
        ([], Some(text)) => Err(Failure::new(format!("there is no tenant {text}")).advise(advice)),
        (_, None) => Err(Failure::usage("there are several tenants").advise(advice)),
        (_, Some(text)) => Err(Failure::usage(format!("several tenants are called {text}"))
            .advise("Name the one you mean by its id.")),
    }
}

/// Every tenant, in order of creation.
fn all_tenants(db: &Db) -> Result<Vec<Tenant>, Failure> {
    const AT_A_TIME: u32 = 1000;
    let mut all: Vec<Tenant> = Vec::new();
    loop {
        let after = all.last().map(|tenant| tenant.id);
        let page =
            db.read_blocking(move |tx| florin_tenancy::list_tenants_in(tx, after, AT_A_TIME))?;
        let is_last = page.len() < AT_A_TIME as usize;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// What a file holds, without the line's end that editors leave.
fn secret(flag: &str, path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("{flag}: {} cannot be read", path.display())).because(error)
    })?;
    // Private keys end with one.
    let is_key = text.starts_with("-----BEGIN");
    let shown = if is_key { text.as_str() } else { text.trim_end_matches(['\r', '\n']) };
    Ok(Secret::from_text(shown))
}
