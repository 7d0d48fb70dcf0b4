//! `florin ledger`: proves the books and prints them.

use std::process::ExitCode;

use super::{find_tenant, print_json};
use crate::cli;
use crate::failure::Failure;
use crate::settings::File;
use crate::{trial_balance, wiring};

pub fn run(args: cli::Ledger, file: &File) -> Result<ExitCode, Failure> {
    match args {
        cli::Ledger::Verify { database } => {
            let db = wiring::open(&database, file)?;
            let proof = db.read_blocking(florin_ledger::verify_in)?;
            let units = db.read_blocking(florin_savings::investment::verify_in)?;
            db.close();
            if !proof.holds() {
                eprintln!("florin: the ledger does not prove: {proof}");
                return Ok(ExitCode::FAILURE);
            }
            if !units.holds() {
                eprintln!("florin: the units of funds do not prove: {units}");
                return Ok(ExitCode::FAILURE);
            }
            println!("The ledger is proven: {proof}; {units}.");
            Ok(ExitCode::SUCCESS)
        }
        cli::Ledger::TrialBalance { of } => {
            let db = wiring::open(&of.database, file)?;
            let tenant = find_tenant(&db, of.tenant.as_deref())?.id;
            let lines = trial_balance::read(&db, tenant)?;
            db.close();
            match of.json {
                true => print_json(&lines)?,
                false => println!("{}", trial_balance::shown(&lines)),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}
