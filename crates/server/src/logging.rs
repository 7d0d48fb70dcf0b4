//! The log goes to standard error; standard output belongs to what a command prints.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::settings::{self, File, Given, LogGroup};

/// Sends the log to standard error in the form and to the extent that the settings say; unless they
/// say, a server tells what it does and a command only what goes wrong.
///
/// # Errors
/// Names the setting that is bad.
pub fn start(given: &Given<LogGroup>, file: &File, is_server: bool) -> Result<(), Failure> {
    let filter = given.get(&settings::LOG, file, |text| match (text, is_server) {
        ("by command", true) => EnvFilter::try_new("info").ok(),
        ("by command", false) => EnvFilter::try_new("warn").ok(),
        (text, _) => EnvFilter::try_new(text).ok(),
    })?;
    let is_json = given.get(&settings::LOG_FORMAT, file, |text| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start (several servers in one test process) keeps the first log.
    let _ = match is_json {
        true => builder.json().try_init(),
        false => builder.try_init(),
    };
    Ok(())
}
