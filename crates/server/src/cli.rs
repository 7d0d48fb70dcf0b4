//! The command line: what can be asked for, and its help.

mod accounts;
mod collections;
mod connect;
mod lending;
mod savings;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

pub use accounts::{
    AccountDecision, AllowedType, Bank, BankSet, Customer, Program, ProgramSettings, Routing,
    SftpSet, Verification, Way,
};
pub use collections::{Modulus, ModulusFiles};
pub use connect::{Institutions, OpenBanking, OpenBankingSet};
pub use lending::Refund;
pub use savings::{Maintenance, MaintenanceState, Plans, PlansFile, Prices, PricesFile};

use crate::settings::{CalendarGroup, DatabaseGroup, EVERYWHERE, Given, LogGroup, ServerGroup};

/// The embedded-finance core: lending on one double-entry ledger, in one binary.
///
/// Settings come from flags, then the environment (FLORIN_...), then the file of --config, then
/// defaults; each command's help lists its own.
#[derive(Debug, Parser)]
#[command(name = "florin", version, propagate_version = true, max_term_width = 100)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    /// A TOML file of settings: keys as the long flags, with underscores
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    #[arg(env = "FLORIN_CONFIG", hide_env_values = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// How and what is logged.
    #[command(flatten)]
    pub log: Given<LogGroup>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API; migrates the database first
    ///
    /// Prints one line with the address on standard output when it is ready. On SIGTERM or Ctrl-C
    /// requests under way are answered, then the server ends.
    Serve(Serve),
    /// Create and list tenants: the businesses that use this Florin
    #[command(subcommand, arg_required_else_help = true)]
    Tenant(Tenant),
    /// Create, list and revoke a tenant's API keys
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Create and look after a tenant's webhook endpoints
    #[command(subcommand, arg_required_else_help = true)]
    Webhook(Webhook),
    /// Print the repayment schedule of a term loan; needs no server and no database
    Quote(Quote),
    /// Look at NACHA files: print them as tables, check them; needs no server and no database
    #[command(subcommand, arg_required_else_help = true)]
    Ach(Ach),
    /// Create, list and change programs: what external accounts and transfers are allowed
    #[command(subcommand, arg_required_else_help = true)]
    Program(Program),
    /// Change what customers of programs may do
    #[command(subcommand, arg_required_else_help = true)]
    Customer(Customer),
    /// Load the directory of banks by their routing numbers
    #[command(subcommand, arg_required_else_help = true)]
    Routing(Routing),
    /// Load the table that British account numbers are checked by
    #[command(subcommand, arg_required_else_help = true)]
    Modulus(Modulus),
    /// Set up who originates ACH files at which bank; list, print and take in files
    #[command(subcommand, arg_required_else_help = true)]
    Bank(Bank),
    /// Load which banks end users can link
    #[command(subcommand, arg_required_else_help = true)]
    Institutions(Institutions),
    /// Set up a tenant's account at an open-banking provider
    #[command(subcommand, arg_required_else_help = true)]
    OpenBanking(OpenBanking),
    /// The 529 plans, their limits and since when
    #[command(subcommand, arg_required_else_help = true)]
    Plans(Plans),
    /// What units of savings plans' portfolios cost
    #[command(subcommand, arg_required_else_help = true)]
    Prices(Prices),
    /// Tell partners of the savings API to come back later, or serve them again
    Maintenance(Maintenance),
    /// List what borrowers have paid too much, and give it back
    #[command(subcommand, arg_required_else_help = true)]
    Refund(Refund),
    /// Prove the ledger
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(Ledger),
    /// Run the business day of every tenant up to a date
    ///
    /// Dates that were missed are run first, one after another, each exactly once. A running
    /// `florin serve` does the same by itself when a tenant's date turns. Tenants with a simulated
    /// clock are left out: theirs is moved through the API.
    DayEnd(DayEnd),
    /// Serve a simulated payment provider by itself, for tests of clients
    #[command(subcommand, arg_required_else_help = true)]
    Simulate(Simulate),
    /// Compare our payments with the direct-debit provider's and the ledger, print what differs
    ///
    /// The provider's latest news is taken in first; what is on its way by our payments is then
    /// compared with the ledger's account 1020. Ends with 1 when something differs. A running
    /// `florin serve` does the same every day for tenants on the real clock.
    Reconcile(Reconcile),
    /// Play the life of a loan over HTTP, from product to paid off, and print its tables
    Demo(Demo),
    /// Measure, beside the limit measured in the same run
    #[command(subcommand, arg_required_else_help = true)]
    Bench(Bench),
}

/// `florin simulate ...`.
#[derive(Debug, Subcommand)]
pub enum Simulate {
    /// A direct-debit provider that speaks GoCardless's HTTP
    ///
    /// Prints one line with the address on standard output when it is ready. Every access token is
    /// an organisation of its own; how payments end is chosen by magic values and odds.
    Gocardless(SimulateGocardless),
}

/// `florin simulate gocardless`.
#[derive(Debug, Args)]
pub struct SimulateGocardless {
    /// Where to serve HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7071")]
    pub listen: std::net::SocketAddr,
    /// A file in which it remembers what it was told; in memory when there is none
    #[arg(long, value_name = "PATH")]
    pub journal: Option<PathBuf>,
}

/// `florin reconcile`.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The first day on which a payment moves
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub from: Date,
    /// The last one
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub to: Date,
    /// Where the simulated provider is, for a tenant that uses it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070/simulator/gocardless")]
    pub simulator: String,
    /// Whose payments.
    #[command(flatten)]
    pub of: OfTenant,
}

/// `florin serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
    /// How it is served.
    #[command(flatten)]
    pub server: Given<ServerGroup>,
    /// Whose holidays count.
    #[command(flatten)]
    pub calendar_files: Given<CalendarGroup>,
}

/// `florin tenant ...`.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Create a tenant and print its keys, which are shown this once and stored hashed
    Create(TenantCreate),
    /// List the tenants
    List(TenantList),
}

/// `florin tenant create`.
#[derive(Debug, Args)]
pub struct TenantCreate {
    /// What people call the business
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Give it a simulated clock that starts at this date and moves only when told to (sandbox)
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub clock: Option<Date>,
    /// The currency of what is created without one
    #[arg(long, value_name = "CODE", default_value = "GBP")]
    pub currency: String,
    /// Where its business day turns
    #[arg(long, value_name = "ZONE", default_value = "Europe/London")]
    pub time_zone: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// `florin tenant list`.
#[derive(Debug, Args)]
pub struct TenantList {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// Which tenant a command is about.
#[derive(Debug, Args)]
pub struct OfTenant {
    /// The tenant's id or name; may be left out when there is only one tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
}

/// `florin key ...`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Create a key and print it, this once
    Create {
        /// Which API the key opens
        #[arg(long, value_enum, default_value = "lending")]
        surface: Surface,
        /// What the key may do: read, write or * for everything; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", default_value = "*")]
        scopes: Vec<String>,
        /// A network the key may be used from, such as 203.0.113.0/24; may be repeated
        #[arg(long = "allow-network", value_name = "NETWORK")]
        allow_networks: Vec<String>,
        /// Whose key.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List a tenant's keys, without the secrets
    List {
        /// Whose keys.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Revoke a key: within seconds no server takes it any more
    Revoke {
        /// The key's id, as `florin key list` prints it
        #[arg(value_name = "KEY_ID")]
        id: String,
        /// Whose key.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// The partner APIs that a key can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Surface {
    /// `X-Api-Key`
    Lending,
    /// Basic authentication
    #[value(alias = "external_accounts")]
    ExternalAccounts,
    /// A token
    Savings,
    /// Basic authentication of the partner's back end
    Connect,
}

/// `florin webhook ...`.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Create an endpoint and print its signing secret, this once
    Create {
        /// Where events are posted to
        #[arg(long, value_name = "URL")]
        url: String,
        /// The events it listens to, separated by commas; * is all of them
        #[arg(long, value_name = "EVENT", value_delimiter = ',', default_value = "*")]
        events: Vec<String>,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List a tenant's endpoints
    List {
        /// Whose endpoints.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Delete an endpoint; what was not delivered yet is dropped
    Delete {
        /// The endpoint's id
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Give an endpoint a new signing secret and print it, this once
    Rotate {
        /// The endpoint's id
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Send a test event to an endpoint (a running server delivers it)
    Test {
        /// The endpoint's id
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
    /// List what was or is to be delivered to an endpoint, newest first
    Deliveries {
        /// The endpoint's id
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Deliver an event once more
    Redeliver {
        /// The endpoint's id
        #[arg(value_name = "ENDPOINT_ID")]
        id: String,
        /// The delivery's id, as `florin webhook deliveries` prints it
        #[arg(value_name = "DELIVERY_ID")]
        delivery: String,
        /// Whose endpoint.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `florin quote`.
#[derive(Debug, Args)]
pub struct Quote {
    /// The amount lent, such as 12000 or 12000.00
    #[arg(long, value_name = "AMOUNT")]
    pub amount: String,
    /// The yearly interest rate in percent, such as 12 or 9.5
    #[arg(long, value_name = "PERCENT")]
    pub rate: String,
    /// How many instalments
    #[arg(long, visible_alias = "instalments", value_name = "N")]
    pub installments: u32,
    /// How the instalments are worked out
    #[arg(long, value_enum, default_value = "equal-principal")]
    pub method: Method,
    /// The day the money is paid out
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub disbursement_date: Date,
    /// The day of the first instalment; without it, the repayment day of the month after
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub first_repayment_date: Option<Date>,
    /// The day of the month of the instalments, 1 to 31, or first-business or last-business;
    /// without it, the day of the disbursement
    #[arg(long, value_name = "DAY")]
    pub day: Option<String>,
    /// What happens to an instalment that falls on a day without business
    #[arg(long, value_enum, default_value = "on-day")]
    pub holiday_scheduling: HolidayScheduling,
    /// How days are counted: actual/365, actual/360, actual/actual or 30/360
    #[arg(long, value_name = "NAME", default_value = "actual/365")]
    pub day_count: String,
    /// Whose holidays count: GB-ENG, US-FED or NONE
    #[arg(long, value_name = "NAME", default_value = "GB-ENG")]
    pub calendar: String,
    /// The currency
    #[arg(long, value_name = "CODE", default_value = "GBP")]
    pub currency: String,
    /// Instalments at the start in which nothing is paid
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub grace_instalments: u32,
    /// Instalments at the start in which interest alone is paid
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub principal_repayment_grace: u32,
    /// A fee of the disbursement: an amount such as 50, or a percentage of the amount lent such as
    /// 1.5%. It is due with the first instalment that is due, and counts in the annual rate
    #[arg(long, value_name = "FEE")]
    pub disbursement_fee: Vec<String>,
    /// Bank holidays bear no interest
    #[arg(long)]
    pub no_interest_on_holidays: bool,
    /// Print the JSON that the API answers
    #[arg(long)]
    pub json: bool,
    /// Whose holidays count.
    #[command(flatten)]
    pub calendar_files: Given<CalendarGroup>,
}

/// How the instalments of a term loan are worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The same principal each time
    #[value(alias = "equal-principal-payments", alias = "equal_principal_payments")]
    EqualPrincipal,
    /// The same total each time
    #[value(alias = "equal_instalments", alias = "equal-installments")]
    EqualInstalments,
    /// The same total each time, solved over the actual dates, so that the last one is level too
    #[value(alias = "exact-instalments", alias = "exact_instalments")]
    Exact,
}

/// What happens to an instalment that falls on a day without business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HolidayScheduling {
    /// It stays
    #[value(alias = "on_day")]
    OnDay,
    /// It moves to the last business day before
    #[value(alias = "last_business_day_before_the_day")]
    Before,
    /// It moves to the first business day after
    #[value(alias = "first_business_day_after_the_day")]
    After,
}

/// `florin ach ...`.
#[derive(Debug, Subcommand)]
pub enum Ach {
    /// Print a file as tables, and say what is wrong with it, if only a part of it can be read
    Inspect {
        /// The file; - reads standard input
        #[arg(value_name = "FILE")]
        path: PathBuf,
        /// Print account numbers whole; otherwise all but their ends are masked
        #[arg(long)]
        show_accounts: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check files: line, columns, field and rule of everything that is wrong with them
    ///
    /// Errors make a bank refuse the whole file, warnings are what careful writers avoid. Exits with
    /// 1 when a file has errors.
    Validate {
        /// The files; - reads standard input
        #[arg(value_name = "FILE", required = true)]
        paths: Vec<PathBuf>,
        /// Warnings count as errors
        #[arg(long)]
        strict: bool,
        /// Print one JSON object a file
        #[arg(long)]
        json: bool,
    },
}

/// `florin ledger ...`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Prove every balance from the postings, that every entry sums to zero, and funds' units from their trades
    ///
    /// Exits with 1 and names the first account, entry or fund that does not prove.
    Verify {
        /// Where the data live.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
    /// Print the balances of every account number
    TrialBalance {
        /// Whose ledger.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// `florin day-end`.
#[derive(Debug, Args)]
pub struct DayEnd {
    /// The last business date to run
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub date: Date,
    /// Only this tenant, by id or name; its clock may be a simulated one
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Where the data live.
    #[command(flatten)]
    pub database: Given<DatabaseGroup>,
    /// Whose holidays count.
    #[command(flatten)]
    pub calendar_files: Given<CalendarGroup>,
}

/// `florin demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// A running server to play against; without it, a temporary one in this process
    #[arg(long, value_name = "URL", requires = "api_key")]
    pub url: Option<String>,
    /// A lending key of a tenant with a simulated clock on that server
    #[arg(
        long,
        value_name = "KEY",
        requires = "url",
        env = "FLORIN_API_KEY",
        hide_env_values = true
    )]
    pub api_key: Option<String>,
}

/// `florin bench ...`.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Schedules of 360 instalments, worked out on one core
    Quotes {
        /// How long to measure
        #[arg(long, value_name = "N", default_value_t = 5)]
        seconds: u64,
    },
    /// Decisions of three scorecards of ten rules with their trace, made on one core
    Decisions {
        /// How long to measure
        #[arg(long, value_name = "N", default_value_t = 5)]
        seconds: u64,
    },
    /// NACHA entries written and read on one core, beside copying and summing their bytes
    Ach {
        /// Entries in the file
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        entries: u32,
        /// How long to measure each
        #[arg(long, value_name = "N", default_value_t = 3)]
        seconds: u64,
    },
    /// Durable POST /api/v1/transaction/ over HTTP, beside a bare handler and raw inserts
    Transactions {
        /// Clients that each keep one request under way
        #[arg(long, value_name = "N", default_value_t = 64)]
        clients: usize,
        /// How long to measure
        #[arg(long, value_name = "N", default_value_t = 10)]
        seconds: u64,
        /// Loans that the clients post to
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        loans: usize,
        /// Give every request a unique_key, as a careful client does
        #[arg(long)]
        unique_keys: bool,
        /// An empty database for the figures.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
    /// The business day over a generated book of term loans and revolving accounts
    DayEnd {
        /// Loans in the book
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        loans: usize,
        /// Business days to run
        #[arg(long, value_name = "N", default_value_t = 3)]
        days: u32,
        /// An empty database for the figures.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
    /// Pages and downloads of long lists over HTTP, with every kind of filter
    Lists {
        /// Loans in the list; as many transactions
        #[arg(long, value_name = "N", default_value_t = 1_000_000)]
        loans: usize,
        /// An empty database for the figures.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
    /// Serve a bare handler: the limit beside which `transactions` measures
    #[command(hide = true)]
    Bare,
    /// Bulk posting of two-legged entries through the ledger, beside raw inserts
    Ledger {
        /// Entries in a batch
        #[arg(long, value_name = "N", default_value_t = 8_189)]
        batch: usize,
        /// How long to measure
        #[arg(long, value_name = "N", default_value_t = 10)]
        seconds: u64,
        /// An empty database for the figures.
        #[command(flatten)]
        database: Given<DatabaseGroup>,
    },
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no date: write it as 2026-01-31"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_has_help() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} has no help");
            for arg in command.get_arguments() {
                let hidden = matches!(arg.get_id().as_str(), "help" | "version");
                assert!(hidden || arg.get_help().is_some(), "{path} {} has no help", arg.get_id());
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        let mut command = Cli::command();
        command.build();
        check(&command, "florin");
    }
}
