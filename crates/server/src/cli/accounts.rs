//! `florin program`, `florin customer`, `florin routing` and `florin bank`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{OfTenant, date};
use crate::settings::{DatabaseGroup, Given};

/// `florin program ...`.
#[derive(Debug, Subcommand)]
pub enum Program {
    /// Create a program for external accounts; a tenant's keys call its first one
    Create {
        /// What it allows.
        #[command(flatten)]
        settings: ProgramSettings,
        /// Have the tenant's keys call this one from now on
        #[arg(long)]
        default: bool,
        /// Whose program.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List the programs
    List {
        /// Whose programs.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Change a program; what is not named stays
    Change {
        /// Its number
        #[arg(value_name = "PROGRAM")]
        id: i64,
        /// What it allows.
        #[command(flatten)]
        settings: ProgramSettings,
        /// Whose program.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Have the tenant's keys call this program from now on
    Use {
        /// Its number
        #[arg(value_name = "PROGRAM")]
        id: i64,
        /// Whose program.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// How external accounts come to be verified.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Verification {
    /// The program vets them itself
    None,
    /// By trial deposits
    TrialDeposits,
    /// Either
    Any,
}

/// A type of external accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AllowedType {
    /// Checking accounts
    Checking,
    /// Savings accounts
    Savings,
    /// Prepaid cards
    Prepaid,
    /// No account can be added
    None,
}

/// What a program allows.
#[derive(Debug, Args)]
pub struct ProgramSettings {
    /// What people call it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How external accounts come to be verified
    #[arg(long, value_name = "HOW")]
    pub verification: Option<Verification>,
    /// Whether banks' names come from the routing directory
    #[arg(long, value_name = "BOOL")]
    pub nacha: Option<bool>,
    /// A type that external accounts may have, or none; may be repeated, and replaces those that are allowed
    #[arg(long = "allow-type", value_name = "TYPE")]
    pub allowed_types: Vec<AllowedType>,
    /// External accounts that a customer may have
    #[arg(long, value_name = "N")]
    pub accounts_max: Option<u32>,
    /// Archivals on a day after which a customer can add none
    #[arg(long, value_name = "N")]
    pub archivals_a_day: Option<u32>,
    /// Failed attempts after which a verification is locked
    #[arg(long, value_name = "N")]
    pub attempts: Option<u32>,
    /// Days after which a verification has expired
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
    /// What clients show dates in
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// For people
    #[arg(long, value_name = "URL")]
    pub website: Option<String>,
    /// Whether customers are verified as soon as they are created
    #[arg(long, value_name = "BOOL")]
    pub customers_start_verified: Option<bool>,
    /// The routing number of the program's bank; without a bank no money moves
    #[arg(long, value_name = "NUMBER", requires = "bank_name")]
    pub bank_routing: Option<String>,
    /// The name of the program's bank
    #[arg(long, value_name = "NAME", requires = "bank_routing")]
    pub bank_name: Option<String>,
    /// A limit of transfers in dollars, such as per-user-daily-withdraw=0.01..5000; may be repeated
    #[arg(long = "limit", value_name = "LIMIT=FROM..TO")]
    pub limits: Vec<String>,
}

/// `florin customer ...`.
#[derive(Debug, Subcommand)]
pub enum Customer {
    /// Change what a customer of a program may do
    Change {
        /// Its number
        #[arg(value_name = "CUSTOMER")]
        id: i64,
        /// Initiated, Unverified or Verified
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
        /// Whether it can act at all
        #[arg(long, value_name = "BOOL")]
        active: Option<bool>,
        /// Lock it for this reason
        #[arg(long, value_name = "REASON", conflicts_with = "unlock")]
        lock: Option<String>,
        /// Unlock it
        #[arg(long)]
        unlock: bool,
        /// The day on which it died
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
        deceased: Option<Date>,
        /// The lending borrower who is the same person: loans use the customer's accounts then
        #[arg(long, value_name = "ID")]
        end_user: Option<String>,
        /// Whose customer.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Decide about an external account of a customer
    Account {
        /// Its number
        #[arg(value_name = "ACCOUNT")]
        id: i64,
        /// What becomes of it
        #[arg(value_name = "WHAT")]
        decision: AccountDecision,
        /// Why, for lock and deny
        #[arg(long, value_name = "REASON", default_value = "")]
        reason: String,
        /// Whose account.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// What an operator decides about an external account.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AccountDecision {
    /// Nothing moves over it
    Lock,
    /// It can be used again, also for debits that its holder had denied
    Unlock,
    /// It is not its customer's
    Deny,
    /// It is verified without trial deposits
    Approve,
}

/// `florin routing ...`.
#[derive(Debug, Subcommand)]
pub enum Routing {
    /// Load the Federal Reserve's FedACH participant file: every bank's name by its routing number
    Load {
        /// The file
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
}

/// `florin bank ...`.
#[derive(Debug, Subcommand)]
pub enum Bank {
    /// Set up the company that originates ACH files at its bank, and put it in use
    Set(Box<BankSet>),
    /// List the tenant's originators
    List {
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List the files that were made and received
    Files {
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Print a file, byte for byte
    File {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Take back what was sent by mistake: a whole file of ours, or one entry
    ///
    /// The reversal is described REVERSAL and leaves with the next file. It has to settle within five banking days after
    /// what it takes back; payments have failed, for the reason "reversed", when it is final.
    #[command(group = clap::ArgGroup::new("mistake").required(true))]
    Reverse {
        /// The file's id: every entry of it that can be taken back
        #[arg(long, value_name = "ID", group = "mistake")]
        file: Option<String>,
        /// The entry's id, or its trace number of 15 digits, as it stands in the file
        #[arg(long, value_name = "ID|TRACE", group = "mistake")]
        entry: Option<String>,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Ask the bank of an external account whether the account is there, without moving money
    Prenote {
        /// The external account's number
        #[arg(long, value_name = "NUMBER")]
        account: String,
        /// What the entries after it will do
        #[arg(long, value_name = "WHICH", default_value = "collect")]
        direction: Way,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Take in a file that the bank has sent: returns and notifications of change
    TakeIn {
        /// The file
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Whose.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// Which way entries move money.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Way {
    /// From the account to us
    Collect,
    /// From us to the account
    Pay,
}

/// `florin bank set`.
#[derive(Debug, Args)]
pub struct BankSet {
    /// What people call it
    #[arg(long, value_name = "NAME", default_value = "Bank")]
    pub name: String,
    /// The originating bank's routing number
    #[arg(long, value_name = "NUMBER")]
    pub odfi: String,
    /// Where files go, when that is another bank
    #[arg(long, value_name = "NUMBER")]
    pub destination: Option<String>,
    /// The name of where files go
    #[arg(long, value_name = "NAME")]
    pub destination_name: String,
    /// Who sends files, as the bank assigned it; the bank's own number otherwise
    #[arg(long, value_name = "NUMBER")]
    pub immediate_origin: Option<String>,
    /// The sender's name
    #[arg(long, value_name = "NAME")]
    pub origin_name: String,
    /// The company's name, as receivers know it
    #[arg(long, value_name = "NAME")]
    pub company_name: String,
    /// The company's number, as the bank assigned it
    #[arg(long, value_name = "NUMBER")]
    pub company_id: String,
    /// Minutes by which the bank's cut-offs lie before the operator's
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub lead_minutes: u16,
    /// Use same-day windows
    #[arg(long)]
    pub same_day: bool,
    /// How often what came back for want of money is sent again, 0 to 2
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub retries: u8,
    /// Banking days between a return and the next attempt
    #[arg(long, value_name = "DAYS", default_value_t = 3)]
    pub retry_days: u8,
    /// A folder for our files, on this machine or, with --sftp-host, on the bank's
    #[arg(long, value_name = "PATH", requires = "inbound")]
    pub outbound: Option<String>,
    /// A folder in which the bank leaves its files
    #[arg(long, value_name = "PATH", requires = "outbound")]
    pub inbound: Option<String>,
    /// Do not try first whether the folders, or the bank's server, can be used from here
    #[arg(long, requires = "outbound")]
    pub unchecked: bool,
    /// The bank's SFTP server, when files go there.
    #[command(flatten)]
    pub sftp: SftpSet,
    /// Whose.
    #[command(flatten)]
    pub of: OfTenant,
}

/// The SFTP server of `florin bank set`.
#[derive(Debug, Args)]
#[command(next_help_heading = "The bank's SFTP server")]
pub struct SftpSet {
    /// Its name or address
    #[arg(long, value_name = "HOST", requires_all = ["outbound", "sftp_user", "sftp_host_key", "sftp_login"])]
    pub sftp_host: Option<String>,
    /// Its port
    #[arg(long, value_name = "PORT", default_value_t = 22)]
    pub sftp_port: u16,
    /// Who logs in
    #[arg(long, value_name = "NAME", requires = "sftp_host")]
    pub sftp_user: Option<String>,
    /// A file with the private key that logs in: OpenSSH's, Ed25519 or ECDSA
    #[arg(long, value_name = "FILE", requires = "sftp_host", group = "sftp_login")]
    pub sftp_key: Option<PathBuf>,
    /// A file with the passphrase of the private key
    #[arg(long, value_name = "FILE", requires = "sftp_key")]
    pub sftp_key_passphrase_file: Option<PathBuf>,
    /// A file with the password that logs in
    #[arg(long, value_name = "FILE", requires = "sftp_host", group = "sftp_login")]
    pub sftp_password_file: Option<PathBuf>,
    /// The fingerprint of the server's key, as the bank tells it and ssh-keygen -lf prints it
    #[arg(long, value_name = "SHA256:...", requires = "sftp_host")]
    pub sftp_host_key: Option<String>,
}
