//! Puts the crates together: which tables, which routes, which limits.

use std::sync::Arc;

use florin_calendar::{Calendar, HolidayOverrides};
use florin_crypto::KeyRing;
use florin_http::Mode;
use florin_storage::{Db, DbOptions, MigrationSet};

use crate::failure::Failure;
use crate::settings::{self, CalendarGroup, DatabaseGroup, File, Given};

/// Every crate's tables, in the order in which they refer to each other.
pub const MIGRATIONS: &[MigrationSet] = &[
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_lending::MIGRATIONS,
];

/// Opens the database that the settings name and brings its tables up to date.
///
/// # Errors
/// A bad setting, a database that cannot be reached, or one that is newer than this program.
pub fn open(given: &Given<DatabaseGroup>, file: &File) -> Result<Db, Failure> {
    let url = given.get(&settings::DATABASE, file, |text| {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|scheme| text.starts_with(scheme)).then(|| text.to_owned())
    })?;
    let options = DbOptions {
        read_connections: given.number(&settings::READ_CONNECTIONS, file, 1, 64)?,
        postgres_connections: given.number(&settings::POSTGRES_CONNECTIONS, file, 1, 1000)?,
        ..DbOptions::default()
    };
    let db = Db::open(&url, &options).map_err(|error| {
        Failure::new("the database cannot be opened").because(error).advise(
            "Check --database (FLORIN_DATABASE): the folder must exist, or the server must run \
             and take the user.",
        )
    })?;
    db.migrate(MIGRATIONS)
        .map_err(|error| Failure::new("the tables cannot be brought up to date").because(error))?;
    Ok(db)
}

/// Seals the data of sandboxes that have no key ring of their own. It stands here for everybody to
/// read, so production mode refuses to start with it.
const SANDBOX_RING: &str = "0:c2FuZGJveCBrZXksIHB1YmxpYywgbm90IHNlY3JldCE=";

/// The public keys of sandboxes without keys of their own.
///
/// # Errors
/// Never, as long as the constant is well formed.
pub fn sandbox_ring() -> Result<Arc<KeyRing>, Failure> {
    Ok(Arc::new(KeyRing::parse(SANDBOX_RING)?))
}

/// The keys that seal secrets and personal data; a sandbox without any gets a public one.
///
/// # Errors
/// A bad setting.
pub fn key_ring(given: &Given<DatabaseGroup>, file: &File) -> Result<Arc<KeyRing>, Failure> {
    given.get(&settings::KEY_RING, file, |text| {
        let text = if text.is_empty() { SANDBOX_RING } else { text };
        KeyRing::parse(text).ok().map(Arc::new)
    })
}

/// [`key_ring`] for a server in `mode`.
///
/// # Errors
/// A bad setting, or none in production mode.
pub fn key_ring_of(
    given: &Given<DatabaseGroup>,
    file: &File,
    mode: Mode,
) -> Result<Arc<KeyRing>, Failure> {
    let is_missing = given.get(&settings::KEY_RING, file, |text| Some(text.is_empty()))?;
    if is_missing && mode == Mode::Production {
        return Err(Failure::usage(
            "bad setting: key_ring is not set, and production mode needs it",
        )
        .advise(
            "Make a key with `printf '1:%s\\n' \"$(head -c 32 /dev/urandom | base64)\"`, keep it \
                 safe, and set it as FLORIN_KEY_RING.",
        ));
    }
    key_ring(given, file)
}

/// Corrects the calendars by the files that the settings name.
///
/// # Errors
/// A file that cannot be read or understood, named by its setting.
pub fn install_holidays(given: &Given<CalendarGroup>, file: &File) -> Result<(), Failure> {
    let files = [
        (&settings::HOLIDAYS_GB_ENG, Calendar::GbEng),
        (&settings::HOLIDAYS_US_FED, Calendar::UsFed),
    ];
    for (setting, calendar) in files {
        let overrides = given.get(setting, file, |path| match path {
            "" => Some(None),
            path => {
                let text = std::fs::read_to_string(path).ok()?;
                HolidayOverrides::parse(&text).ok().map(Some)
            }
        })?;
        if let Some(overrides) = overrides {
            calendar.install(&overrides)?;
        }
    }
    Ok(())
}
