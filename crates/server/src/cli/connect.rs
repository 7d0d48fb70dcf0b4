//! `florin institutions` and `florin open-banking`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OfTenant;

/// `florin institutions ...`.
#[derive(Debug, Subcommand)]
pub enum Institutions {
    /// Load a tenant's own list; it takes the place of the list before, and a fault loads nothing
    Load {
        /// A CSV or JSON file
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Print the banks that the tenant's open-banking provider reads, as a file that can be loaded
    OpenBanking {
        /// Where the banks are: two letters, several times for several countries
        #[arg(long = "country", value_name = "CODE", required = true)]
        countries: Vec<String>,
        /// Where the simulated provider is, for a tenant without an account at the real one
        #[arg(long, value_name = "URL")]
        #[arg(default_value = "http://127.0.0.1:7070/simulator/open-banking")]
        simulator: String,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `florin open-banking ...`.
#[derive(Debug, Subcommand)]
pub enum OpenBanking {
    /// Set up a tenant's account at the provider; its secret is tried first, then sealed
    Set(OpenBankingSet),
    /// Print the tenant's account, without its key
    Show {
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Forget the tenant's account
    Remove {
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `florin open-banking set`.
#[derive(Debug, Args)]
pub struct OpenBankingSet {
    /// The id of the user secret
    #[arg(long, value_name = "ID")]
    pub secret_id: String,
    /// A file with the secret's key
    #[arg(long, value_name = "FILE")]
    pub secret_key_file: PathBuf,
    /// Where the provider is, when it is not its own system
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Whose.
    #[command(flatten)]
    pub of: OfTenant,
}
