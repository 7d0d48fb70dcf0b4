//! Puts the crates together: which tables, which routes, which limits.

use std::sync::LazyLock;

use florin_calendar::{Calendar, HolidayOverrides};
use florin_ledger::Account;
use florin_storage::{Db, DbOptions, MigrationSet};

use crate::failure::Failure;
use crate::settings::{self, CalendarGroup, DatabaseGroup, File, Given};

/// Every crate's tables, in the order in which they refer to each other.
pub const MIGRATIONS: &[MigrationSet] = &[
    florin_tenancy::MIGRATIONS,
    florin_jobs::MIGRATIONS,
    florin_events::MIGRATIONS,
    florin_ledger::MIGRATIONS,
    florin_payments::MIGRATIONS,
    florin_ach_origination::MIGRATIONS,
    florin_mandates::MIGRATIONS,
    florin_external_accounts::MIGRATIONS,
    florin_decisioning::MIGRATIONS,
    florin_connect::MIGRATIONS,
    florin_lending::MIGRATIONS,
    florin_savings::MIGRATIONS,
];

/// The chart of accounts of every domain, by number.
pub static CHART: LazyLock<Vec<Account>> = LazyLock::new(|| {
    let domains = [
        florin_lending::postings::CHART,
        florin_external_accounts::postings::CHART,
        florin_savings::postings::CHART,
    ];
    let mut chart = domains.concat();
    chart.sort_by_key(|account| account.no);
    chart
});

/// The database that the settings name.
///
/// # Errors
/// A bad setting.
pub fn database_url(given: &Given<DatabaseGroup>, file: &File) -> Result<String, Failure> {
    given.get(&settings::DATABASE, file, |text| {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|scheme| text.starts_with(scheme)).then(|| text.to_owned())
    })
}

/// Opens the database that the settings name and brings its tables up to date.
///
/// # Errors
/// A bad setting, a database that cannot be reached, or one that is newer than this program.
pub fn open(given: &Given<DatabaseGroup>, file: &File) -> Result<Db, Failure> {
    let url = database_url(given, file)?;
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
