//! `florin`, the only binary: settings, wiring, workers and commands.

mod bench;
mod cli;
mod commands;
mod demo;
mod failure;
mod givers;
mod health;
mod keys;
mod logging;
mod output;
mod serve;
mod services;
mod settings;
mod simulator;
mod tls;
mod trial_balance;
mod upkeep;
mod wiring;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{}", failure.report());
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let file = settings::File::read(cli.config.as_deref())?;
    logging::start(&cli.log, &file, matches!(cli.command, Command::Serve(_)))?;
    for name in settings::unknown_variables() {
        tracing::warn!(name, "an environment variable looks like a setting and is none");
    }
    commands::run(cli.command, &file)
}
