//! What can be asked for about collections.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::date;
use crate::settings::{DatabaseGroup, Given};

/// `florin modulus ...`.
#[derive(Debug, Subcommand)]
pub enum Modulus {
    /// Load a table in the place of the one that counts, for all tenants
    ///
    /// The files are those that Pay.UK publishes, valacdos.txt and scsubtab.txt. They are loaded as a whole or not at all,
    /// and count at once on every server: sort codes and account numbers that do not go together are refused on the
    /// mandate page and for end users.
    Load(ModulusFiles),
    /// Which table counts
    Show {
        /// Print JSON; null where there is none
        #[arg(long)]
        json: bool,
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
    /// Take the table away: account numbers are then held to their form alone
    Remove {
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
}

/// `florin modulus load`.
#[derive(Debug, Args)]
pub struct ModulusFiles {
    /// The weights: valacdos.txt
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The sort codes that are checked as others: scsubtab.txt; needed where the weights name exception 5
    #[arg(long, value_name = "FILE")]
    pub substitutions: Option<PathBuf>,
    /// The date of the publication; without it, today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub as_of: Option<Date>,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}
