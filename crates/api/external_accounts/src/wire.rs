//! Times and small shapes that several objects share.

use florin_external_accounts::{ExternalAccounts, Rejection};
use florin_tenancy::Caller;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::envelope::Refused;
use crate::json::{self, Fault};

/// What the document writes for a time that is not: `lockedDate` of what is not locked.
pub(crate) const NEVER: &str = "9999-12-31T23:59:59.999+00:00";

/// The time zone of the caller's program, which its clients are shown times in.
pub(crate) struct Zone(TimeZone);

impl Zone {
    pub(crate) async fn of(service: &ExternalAccounts, caller: &Caller) -> Result<Self, Refused> {
        let program = service.get_program(caller).await?;
        Ok(Self::named(&program.settings.time_zone))
    }

    pub(crate) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// `2014-02-25T15:21:16.152-06:00`.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        written(&at.to_zoned(self.0.clone()))
    }

    /// A time that may not have been.
    pub(crate) fn optional(&self, at: Option<Timestamp>) -> Option<String> {
        at.map(|at| self.time(at))
    }

    /// `lockedDate`.
    pub(crate) fn or_never(&self, at: Option<Timestamp>) -> String {
        self.optional(at).unwrap_or_else(|| NEVER.to_owned())
    }
}

/// A day as clients read it: its midnight in UTC.
pub(crate) fn day(date: Date) -> String {
    format!("{date}T00:00:00.000+00:00")
}

/// Always three decimals of a second and an offset with a colon: some clients read nothing else.
fn written(at: &Zoned) -> String {
    let (time, offset) = (at.strftime("%Y-%m-%dT%H:%M:%S"), at.strftime("%:z"));
    format!("{time}.{:03}{offset}", at.millisecond())
}

/// The number in a path; the document's rejection of it when it is none.
pub(crate) fn number(text: &str, rejection: impl FnOnce(&str) -> Fault) -> Result<i64, Refused> {
    text.trim().parse().map_err(|_| rejection(&json::echo(text)).into())
}

/// [`number`] for a customer's.
pub(crate) fn customer(text: &str) -> Result<i64, Refused> {
    number(text, |given| Fault::new(60001, format!("Customer id {given} is invalid.")))
}

/// A tag in the query, whatever the capitals of its name.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct ByTag(std::collections::BTreeMap<String, String>);

impl ByTag {
    /// The tag; empty when there is none.
    pub(crate) fn tag(self) -> String {
        let found = self.0.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("tag"));
        found.map(|(_, tag)| tag).unwrap_or_default()
    }
}

/// What a client that prints unset values writes for one.
pub(crate) fn is_absent(text: &str) -> bool {
    ["", "null", "undefined", "none"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

impl From<Rejection> for Fault {
    fn from(rejection: Rejection) -> Self {
        Self { code: rejection.code, message: rejection.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals_and_an_offset() {
        let check = |at: &str, zone: &str, expected: &str| {
            let at = at.parse().expect("a timestamp");
            assert_eq!(Zone::named(zone).time(at), expected);
        };
        check("2014-02-25T21:21:16.152Z", "America/Chicago", "2014-02-25T15:21:16.152-06:00");
        check("2014-07-25T21:21:16Z", "America/Chicago", "2014-07-25T16:21:16.000-05:00");
        check("2014-02-25T21:21:16.152999Z", "UTC", "2014-02-25T21:21:16.152+00:00");
        check("2014-02-25T21:21:16.1Z", "no such place", "2014-02-25T21:21:16.100+00:00");
        assert_eq!(day(jiff::civil::date(1976, 7, 4)), "1976-07-04T00:00:00.000+00:00");
    }
}
