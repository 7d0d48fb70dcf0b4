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
            db.close();
            if proof.holds() {
                println!("The ledger is proven: {proof}.");
                return Ok(ExitCode::SUCCESS);
            }
            eprintln!("florin: the ledger does not prove: {proof}");
            Ok(ExitCode::FAILURE)
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
