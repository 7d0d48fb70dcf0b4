//! `florin plans`, `florin prices` and `florin maintenance`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::settings::{DatabaseGroup, Given};

/// `florin plans ...`.
#[derive(Debug, Subcommand)]
pub enum Plans {
    /// Load a list of plans in the place of the one that counts, for all tenants
    ///
    /// A line is id|state|sold|limit|name|display name, the limit in whole dollars; a comment says "# As of 2026-01-01."
    /// and another one "# Sources: ...". A file is loaded as a whole or not at all, and twice is as good as once. Plans
    /// that funds are with must be on it, and ids stay those of their plans.
    Load(PlansFile),
    /// The plans that count, their date and sources
    List {
        /// Print JSON, limits in cents
        #[arg(long, conflicts_with = "as_file")]
        json: bool,
        /// Print a file that can be loaded
        #[arg(long)]
        as_file: bool,
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
}

/// `florin plans load`.
#[derive(Debug, Args)]
pub struct PlansFile {
    /// The file
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// Take a list that is older than the one that counts
    #[arg(long)]
    pub older: bool,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// `florin prices ...`.
#[derive(Debug, Subcommand)]
pub enum Prices {
    /// Load a CSV file with the header portfolio,date,price
    ///
    /// A portfolio is the plan's id and the portfolio's label, such as 60:FDIC-Insured; a price is in dollars, with at most
    /// six decimals. A file is loaded as a whole or not at all, and twice is as good as once.
    Load(PricesFile),
    /// Correct prices that were loaded wrong, by a file of the same kind
    ///
    /// A price can be corrected so long as nothing was traded at it; what is worth what it said is valued anew at once. A
    /// file is taken as a whole or not at all.
    Correct {
        /// The file with the right prices.
        #[command(flatten)]
        file: PricesFile,
        /// Why, for whoever asks later
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The corrections that were made, the latest first
    Corrections {
        /// Print JSON, one line a correction
        #[arg(long)]
        json: bool,
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
}

/// A price file.
#[derive(Debug, Args)]
pub struct PricesFile {
    /// The file
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// Take prices of days to come: for tenants whose clock is moved
    #[arg(long)]
    pub future: bool,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// `florin maintenance`.
#[derive(Debug, Args)]
pub struct Maintenance {
    /// Whether partners of the savings API are told to come back later
    #[arg(value_name = "on|off")]
    pub state: MaintenanceState,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// Maintenance or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MaintenanceState {
    /// Requests are answered with 503
    On,
    /// Requests are served
    Off,
}
