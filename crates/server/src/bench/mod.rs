//! `florin bench`: figures beside the limit measured in the same run, as a ratio.

mod ach;
mod bare;
mod book;
mod day_end;
mod decisions;
mod ledger;
mod lists;
mod load;
mod quotes;
mod repo;
mod transactions;

use std::time::{Duration, Instant};

use florin_calendar::monotonic;

use crate::cli::Bench;
use crate::failure::Failure;
use crate::output::thousands;
use crate::settings::File;

/// Runs a benchmark.
///
/// # Errors
/// Whatever kept it from measuring.
pub fn run(args: Bench, file: &File) -> Result<(), Failure> {
    match args {
        Bench::Quotes { seconds } => quotes::run(Duration::from_secs(seconds)),
        Bench::Decisions { seconds } => decisions::run(Duration::from_secs(seconds)),
        Bench::Ach { entries, seconds } => ach::run(entries, Duration::from_secs(seconds)),
        Bench::Transactions { clients, seconds, loans, unique_keys, database } => {
            let plan = transactions::Plan {
                clients,
                time: Duration::from_secs(seconds),
                loans,
                unique_keys,
            };
            transactions::run(&plan, &database, file)
        }
        Bench::DayEnd { loans, days, database } => day_end::run(loans, days, &database, file),
        Bench::Ledger { batch, seconds, database } => {
            ledger::run(batch, Duration::from_secs(seconds), &database, file)
        }
        Bench::Lists { loans, database } => lists::run(loans, &database, file),
        Bench::Bare => bare::run(),
    }
}

/// Something counted over a time.
#[derive(Clone, Copy)]
struct Figure {
    count: u64,
    took: Duration,
}

impl Figure {
    /// What was counted since `started`.
    fn since(started: Instant, count: u64) -> Self {
        Self { count, took: monotonic().saturating_duration_since(started) }
    }

    fn per_second(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Prints `name: 12,345 things/s`.
fn print(name: &str, unit: &str, figure: Figure) {
    println!("{name:<44} {:>12} {unit}/s", thousands(figure.per_second() as u64));
}

/// Prints the figure as a share of the limit.
fn print_ratio(of: &str, figure: Figure, limit: Figure) {
    let share = 100.0 * figure.per_second() / limit.per_second().max(f64::MIN_POSITIVE);
    println!("{:<44} {share:>11.1} %", format!("share of {of}"));
}

/// The most memory that this process has held, in MB, where the system tells.
fn peak_memory_mb() -> Option<u64> {
    peak_memory_of("self")
}

/// The same of any process, by its number.
fn peak_memory_of(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
