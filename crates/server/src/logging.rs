//! The log goes to standard error; standard output belongs to what a command prints.

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::settings::{self, File, Given, LogGroup};

/// Sends the log to standard error in the form and to the extent that the settings say.
///
/// # Errors
/// Names the setting that is bad.
pub fn start(given: &Given<LogGroup>, file: &File) -> Result<(), Failure> {
    let filter = given.get(&settings::LOG, file, |text| EnvFilter::try_new(text).ok())?;
    let is_json = given.get(&settings::LOG_FORMAT, file, |text| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (several servers in one test process) keeps the first log.
    let _ = match is_json {
        true => builder.json().try_init(),
        false => builder.try_init(),
    };
    Ok(())
}
