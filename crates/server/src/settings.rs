//! Settings: a flag wins over the environment, that over the file of `--config`, that over the
//! default. A bad one is named with the place it came from and what would be right.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::failure::Failure;

/// One setting: how it is spelled in each place, and what stands when nobody sets it.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file; the flag is the same with dashes.
    pub key: &'static str,
    /// The environment variable.
    pub env: &'static str,
    /// What the help calls the value.
    pub value: &'static str,
    /// The value when nobody sets one.
    pub default: &'static str,
    /// One line for the help.
    pub help: &'static str,
    /// What a good value looks like, for the error about a bad one.
    pub expects: &'static str,
    /// A value that must not be printed back.
    pub secret: bool,
}

macro_rules! settings {
    ($($name:ident $key:literal $env:literal $value:literal $default:literal $secret:literal
       $help:literal $expects:literal;)*) => {
        $(
            #[doc = $help]
            pub static $name: Setting = Setting {
                key: $key, env: $env, value: $value, default: $default, help: $help,
                expects: $expects, secret: $secret,
            };
        )*
        /// Every setting there is.
        pub static ALL: &[&Setting] = &[$(&$name),*];
    };
}

settings! {
    DATABASE "database" "FLORIN_DATABASE" "URL" "sqlite:florin.db" true
        "Where the data live: sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME"
        "sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/NAME";
    READ_CONNECTIONS "read_connections" "FLORIN_READ_CONNECTIONS" "N" "4" false
        "Database connections for reads"
        "a number from 1 to 64";
    POSTGRES_CONNECTIONS "postgres_connections" "FLORIN_POSTGRES_CONNECTIONS" "N" "8" false
        "Database connections for writes on PostgreSQL (SQLite has one writer)"
        "a number from 1 to 1000";
    LISTEN "listen" "FLORIN_LISTEN" "ADDRESS:PORT" "127.0.0.1:7070" false
        "Where to serve HTTP; port 0 takes a free one"
        "an address and a port, such as 127.0.0.1:7070";
    MODE "mode" "FLORIN_MODE" "MODE" "sandbox" false
        "sandbox: clocks can be moved and webhooks may go to private addresses; production: neither"
        "sandbox or production";
    WORKERS "workers" "FLORIN_WORKERS" "N" "16" false
        "Jobs (webhook deliveries) worked on at a time; 0 leaves jobs and business days to other nodes"
        "a number from 0 to 256";
    PUBLIC_URL "public_url" "FLORIN_PUBLIC_URL" "URL" "" false
        "What clients type before the path, such as https://api.example.com; else taken from their Host header"
        "a URL such as https://api.example.com, without a path";
    BEHIND_PROXY "behind_proxy" "FLORIN_BEHIND_PROXY" "BOOL" "false" false
        "Whether a proxy in front sets X-Forwarded-For and X-Forwarded-Proto"
        "true or false";
    RATE_LIMIT "rate_limit" "FLORIN_RATE_LIMIT" "N" "by mode" false
        "Requests a second that one key may make; by mode: 100,000 in sandbox, 500 in production"
        "a number from 1 to 1000000";
    RATE_BURST "rate_burst" "FLORIN_RATE_BURST" "N" "by mode" false
        "Requests that one key may make at once after a pause; by mode: 100,000 in sandbox, 1,000 in production"
        "a number from 1 to 1000000";
    CONCURRENCY "concurrency" "FLORIN_CONCURRENCY" "N" "4096" false
        "Requests served at the same time; more are told to come back"
        "a number from 1 to 100000";
    BODY_LIMIT_BYTES "body_limit_bytes" "FLORIN_BODY_LIMIT_BYTES" "BYTES" "1048576" false
        "The largest request body taken"
        "a number from 1024 to 104857600";
    REQUEST_TIMEOUT_SECONDS "request_timeout_seconds" "FLORIN_REQUEST_TIMEOUT_SECONDS" "N" "30" false
        "How long a request may take before it is given up"
        "a number from 1 to 3600";
    SIMULATOR_JOURNAL "simulator_journal" "FLORIN_SIMULATOR_JOURNAL" "PATH" "beside the database" false
        "Where the sandbox's simulated direct-debit provider remembers what it was told; beside the database: a file of its own next to SQLite's, in memory otherwise"
        "the path of a file";
    TLS "tls" "FLORIN_TLS" "HOW" "by certificate" false
        "Whether TLS is spoken; by certificate: when --tls-cert and --tls-key are given; self-signed (sandbox only): with a certificate of our own making, kept there or beside SQLite's file; off: never"
        "by certificate, self-signed or off";
    TLS_CERT "tls_cert" "FLORIN_TLS_CERT" "PATH" "" false
        "A PEM file of the server's certificate followed by those of its issuers; read again on SIGHUP"
        "the path of a PEM file with certificates";
    TLS_KEY "tls_key" "FLORIN_TLS_KEY" "PATH" "" false
        "A PEM file of the certificate's private key; read again on SIGHUP"
        "the path of a PEM file with a private key";
    KEY_RING "key_ring" "FLORIN_KEY_RING" "RING" "" true
        "Keys that seal secrets in the database: NUMBER:BASE64 of 32 bytes, separated by commas; better set by environment or file than by flag"
        "NUMBER:BASE64 of 32 bytes, separated by commas, such as 1:AAAA...=";
    HOLIDAYS_GB_ENG "holidays_gb_eng" "FLORIN_HOLIDAYS_GB_ENG" "PATH" "" false
        "A file that adds (+YYYY-MM-DD) and removes (-YYYY-MM-DD) bank holidays of England and Wales"
        "a readable file with +YYYY-MM-DD or -YYYY-MM-DD on each line";
    HOLIDAYS_US_FED "holidays_us_fed" "FLORIN_HOLIDAYS_US_FED" "PATH" "" false
        "The same for the holidays of the Federal Reserve"
        "a readable file with +YYYY-MM-DD or -YYYY-MM-DD on each line";
    LOG "log" "FLORIN_LOG" "FILTER" "by command" false
        "What is logged to standard error: error, warn, info, debug, trace, or a list such as florin_lending=debug,info; by command: info for serve, warn for the others"
        "a level such as info, or a list such as florin_lending=debug,info";
    LOG_FORMAT "log_format" "FLORIN_LOG_FORMAT" "FORMAT" "text" false
        "How a log line is written: text or json"
        "text or json";
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Flag,
    Environment,
    File(PathBuf),
    Default,
}

impl Setting {
    fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    fn arg(&'static self) -> Arg {
        Arg::new(self.key)
            .long(self.flag())
            .env(self.env)
            .hide_env_values(true)
            .value_name(self.value)
            .help(match self.default {
                "" => self.help.to_owned(),
                default => format!("{} [default: {default}]", self.help),
            })
    }

    fn told(&self, source: &Source) -> String {
        match source {
            Source::Flag => format!("--{}", self.flag()),
            Source::Environment => format!("the environment variable {}", self.env),
            Source::File(path) => format!("{} in {}", self.key, path.display()),
            Source::Default => format!("the default of {}", self.key),
        }
    }

    fn fault(&self, value: &str, source: &Source) -> Failure {
        let place = self.told(source);
        let what = match self.secret {
            true => format!("bad setting: {place} is not understood"),
            false => format!("bad setting: {place} is \"{value}\""),
        };
        Failure::usage(what).advise(format!("Expected {}.", self.expects))
    }
}

/// The heading in the help of what every command takes.
pub const EVERYWHERE: &str = "Options of every command";

/// A group of settings that a command takes as flags.
pub trait Group {
    /// The settings of the group.
    const SETTINGS: &'static [&'static Setting];
    /// Whether the flags may stand before the subcommand too.
    const GLOBAL: bool = false;
}

/// Of every command that opens the database.
pub struct DatabaseGroup;
impl Group for DatabaseGroup {
    const SETTINGS: &'static [&'static Setting] =
        &[&DATABASE, &READ_CONNECTIONS, &POSTGRES_CONNECTIONS, &KEY_RING];
}

/// Of every command that counts business days.
pub struct CalendarGroup;
impl Group for CalendarGroup {
    const SETTINGS: &'static [&'static Setting] = &[&HOLIDAYS_GB_ENG, &HOLIDAYS_US_FED];
}

/// Of the server.
pub struct ServerGroup;
impl Group for ServerGroup {
    const SETTINGS: &'static [&'static Setting] = &[
        &LISTEN,
        &MODE,
        &WORKERS,
        &PUBLIC_URL,
        &BEHIND_PROXY,
        &RATE_LIMIT,
        &RATE_BURST,
        &CONCURRENCY,
        &BODY_LIMIT_BYTES,
        &REQUEST_TIMEOUT_SECONDS,
        &SIMULATOR_JOURNAL,
        &TLS,
        &TLS_CERT,
        &TLS_KEY,
    ];
}

/// Of every command.
pub struct LogGroup;
impl Group for LogGroup {
    const SETTINGS: &'static [&'static Setting] = &[&LOG, &LOG_FORMAT];
    const GLOBAL: bool = true;
}

/// What flags and environment said about a group's settings.
pub struct Given<G> {
    values: BTreeMap<&'static str, (String, Source)>,
    group: PhantomData<G>,
}

impl<G> fmt::Debug for Given<G> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets: the keys say enough.
        out.debug_set().entries(self.values.keys()).finish()
    }
}

impl<G: Group> Args for Given<G> {
    fn augment_args(command: Command) -> Command {
        command.args(G::SETTINGS.iter().map(|setting| {
            setting.arg().global(G::GLOBAL).help_heading(G::GLOBAL.then_some(EVERYWHERE))
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<G: Group> FromArgMatches for Given<G> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut values = BTreeMap::new();
        for setting in G::SETTINGS {
            let Some(value) = matches.get_one::<String>(setting.key) else { continue };
            let source = match matches.value_source(setting.key) {
                Some(ValueSource::EnvVariable) => Source::Environment,
                _ => Source::Flag,
            };
            values.insert(setting.key, (value.clone(), source));
        }
        Ok(Self { values, group: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings file: keys as [`Setting::key`], all at the top level.
#[derive(Debug, Default, Clone)]
pub struct File {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

impl File {
    /// Reads `path`, or nothing when no file was named.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or holds a key that is no setting.
    pub fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("bad setting: --config {} cannot be read", path.display()))
                .because(error)
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            Failure::usage(format!("bad setting: {} is not TOML", path.display())).because(error)
        })?;
        let mut values = BTreeMap::new();
        for (key, value) in table {
            if !ALL.iter().any(|setting| setting.key == key) {
                let known: Vec<&str> = ALL.iter().map(|setting| setting.key).collect();
                return Err(Failure::usage(format!(
                    "bad setting: {} holds \"{key}\", which is no setting",
                    path.display()
                ))
                .advise(format!("The settings are: {}.", known.join(", "))));
            }
            let text = match value {
                toml::Value::String(text) => text,
                other => other.to_string(),
            };
            values.insert(key, text);
        }
        Ok(Self { path: path.to_owned(), values })
    }
}

impl<G: Group> Given<G> {
    /// The value of `setting` with the place it came from.
    fn raw(&self, setting: &Setting, file: &File) -> (String, Source) {
        if let Some((value, source)) = self.values.get(setting.key) {
            return (value.clone(), source.clone());
        }
        match file.values.get(setting.key) {
            Some(value) => (value.clone(), Source::File(file.path.clone())),
            None => (setting.default.to_owned(), Source::Default),
        }
    }

    /// The value of `setting`, understood by `parse`.
    ///
    /// # Errors
    /// Names the setting, the place it came from and what would be right, when `parse` answers
    /// `None`.
    pub fn get<T>(
        &self,
        setting: &Setting,
        file: &File,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Failure> {
        let (value, source) = self.raw(setting, file);
        parse(&value).ok_or_else(|| setting.fault(&value, &source))
    }

    /// A whole number within `least..=most`.
    ///
    /// # Errors
    /// As [`Given::get`].
    pub fn number(
        &self,
        setting: &Setting,
        file: &File,
        least: usize,
        most: usize,
    ) -> Result<usize, Failure> {
        self.get(setting, file, |text| {
            text.parse().ok().filter(|number| (least..=most).contains(number))
        })
    }
}

/// Environment variables that look like settings and are none: most likely misspelled.
pub fn unknown_variables() -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the one reader of the environment")]
    let variables = std::env::vars_os();
    misspelled(variables.map(|(name, _)| name))
}

fn misspelled(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let known = |name: &str| {
        name == "FLORIN_CONFIG" || name == "FLORIN_API_KEY" || name.starts_with("FLORIN_TEST_")
    };
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with("FLORIN_") && !known(name))
        .filter(|name| !ALL.iter().any(|setting| setting.env == name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(flags: &[(&'static str, &str, Source)]) -> Given<ServerGroup> {
        let values = flags
            .iter()
            .map(|(key, value, source)| (*key, ((*value).to_owned(), source.clone())))
            .collect();
        Given { values, group: PhantomData }
    }

    fn file(text: &str) -> Result<File, Failure> {
        File::parse(Path::new("florin.toml"), text)
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let check = |flags: &[(&'static str, &str, Source)], text: &str, expected: usize| {
            let value = given(flags).number(&WORKERS, &file(text).unwrap(), 0, 256).unwrap();
            assert_eq!(value, expected);
        };
        check(&[], "", 16);
        check(&[], "workers = 7", 7);
        check(&[], "workers = \"7\"", 7);
        check(&[("workers", "9", Source::Flag)], "workers = 7", 9);
    }

    #[test]
    fn a_bad_setting_is_named_with_its_place() {
        let check = |flags: &[(&'static str, &str, Source)], text: &str, expected: &str| {
            let failure = given(flags).number(&WORKERS, &file(text).unwrap(), 0, 256).unwrap_err();
            assert_eq!(failure.exit_code(), 2);
            let expected = format!("florin: bad setting: {expected}");
            assert_eq!(failure.report(), format!("{expected}\n  Expected a number from 0 to 256."));
        };
        check(&[("workers", "many", Source::Flag)], "", "--workers is \"many\"");
        check(
            &[("workers", "-1", Source::Environment)],
            "",
            "the environment variable FLORIN_WORKERS is \"-1\"",
        );
        check(&[], "workers = 257", "workers in florin.toml is \"257\"");
    }

    #[test]
    fn a_secret_is_not_printed_back() {
        let failure = DATABASE.fault("mysql://root:hunter2@db", &Source::Environment);
        assert!(!failure.report().contains("hunter2"), "{}", failure.report());
        assert!(failure.report().contains("FLORIN_DATABASE is not understood"));
    }

    #[test]
    fn a_key_that_is_no_setting_is_refused() {
        let report = file("lisen = \"127.0.0.1:1\"").unwrap_err().report();
        assert!(report.contains("florin.toml holds \"lisen\", which is no setting"), "{report}");
        assert!(report.contains("listen"), "{report}");
    }

    #[test]
    fn misspelled_variables_are_found() {
        let names = ["FLORIN_LISTNE", "FLORIN_LISTEN", "FLORIN_TEST_POSTGRES", "PATH"];
        assert_eq!(misspelled(names.iter().map(OsString::from)), vec!["FLORIN_LISTNE"]);
    }

    #[test]
    fn every_setting_has_its_own_names() {
        for setting in ALL {
            assert_eq!(setting.env, format!("FLORIN_{}", setting.key.to_uppercase()));
        }
    }
}
