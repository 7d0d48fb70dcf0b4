use florin_ids::TenantId;
use florin_money::Currency;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::TenancyError;

const NAME_CHARS_MAX: usize = 200;
const TIME_ZONE_DEFAULT: &str = "Europe/London";

/// How due instalments are collected for a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Collections {
    /// The built-in provider collects them, with outcomes chosen by documented magic values.
    Simulated,
    /// The tenant tells Florin what was collected.
    Manual,
}

impl Collections {
    /// The name in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Collections::Simulated => "simulated",
            Collections::Manual => "manual",
        }
    }

    /// From a column that only [`Collections::as_str`] writes.
    pub(crate) fn from_column(name: &str) -> Self {
        if name == "simulated" { Collections::Simulated } else { Collections::Manual }
    }

    /// The reverse of [`Collections::as_str`].
    pub fn parse(name: &str) -> Result<Self, TenancyError> {
        match name {
            "simulated" => Ok(Collections::Simulated),
            "manual" => Ok(Collections::Manual),
            other => Err(TenancyError::BadCollections(other.to_owned())),
        }
    }
}

/// One business that uses Florin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// UUID v7.
    pub id: TenantId,
    /// For people; 1 to 200 characters, not unique.
    pub name: String,
    /// What its products are in when they name no currency.
    pub currency: Currency,
    /// Where its business day begins and ends.
    pub time_zone: TimeZone,
    /// Some: the clock is simulated and was last sent to this date. None: the real clock.
    pub clock_target: Option<Date>,
    /// How due instalments are collected.
    pub collections: Collections,
    /// Real time.
    pub created_at: Timestamp,
}

impl Tenant {
    /// Whether the tenant's clock moves only when it is told to.
    pub fn is_simulated(&self) -> bool {
        self.clock_target.is_some()
    }

    /// The real calendar date where the tenant does business.
    pub fn date_at(&self, now: Timestamp) -> Date {
        now.to_zoned(self.time_zone.clone()).date()
    }

    /// The IANA name of the time zone, as stored.
    pub fn time_zone_name(&self) -> &str {
        self.time_zone.iana_name().unwrap_or("UTC")
    }
}

/// What a tenant is created from. `Default` plus a name is enough.
#[derive(Clone, Debug, Default)]
pub struct NewTenant {
    /// 1 to 200 characters after trimming.
    pub name: String,
    /// GBP when absent.
    pub currency: Option<Currency>,
    /// IANA name; Europe/London when absent.
    pub time_zone: Option<String>,
    /// The first business date of a simulated clock; absent: the real clock.
    pub clock: Option<Date>,
    /// When absent: simulated on a simulated clock, else manual. A sandbox says `Simulated`.
    pub collections: Option<Collections>,
}

impl NewTenant {
    /// The tenant that this request describes, or the first thing wrong with it.
    pub(crate) fn into_tenant(self, id: TenantId, now: Timestamp) -> Result<Tenant, TenancyError> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(TenancyError::BadName);
        }
        let zone = self.time_zone.as_deref().unwrap_or(TIME_ZONE_DEFAULT);
        let collections = self.collections.unwrap_or(match self.clock {
            Some(_) => Collections::Simulated,
            None => Collections::Manual,
        });
        Ok(Tenant {
            id,
            name,
            currency: self.currency.unwrap_or(Currency::GBP),
            time_zone: parse_time_zone(zone)?,
            clock_target: self.clock,
            collections,
            created_at: now,
        })
    }
}

/// A zone of the IANA database; offsets and POSIX rules are refused because they have no name.
pub(crate) fn parse_time_zone(name: &str) -> Result<TimeZone, TenancyError> {
    TimeZone::get(name)
        .ok()
        .filter(|zone| zone.iana_name().is_some())
        .ok_or_else(|| TenancyError::BadTimeZone(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: NewTenant, expected: Result<(&str, &str, Collections), &str>) {
        let now = Timestamp::UNIX_EPOCH;
        let got = new.into_tenant(TenantId::new(), now);
        match (got, expected) {
            (Ok(tenant), Ok((name, zone, collections))) => {
                assert_eq!(tenant.name, name);
                assert_eq!(tenant.time_zone_name(), zone);
                assert_eq!(tenant.collections, collections);
            }
            (Err(error), Err(text)) => assert_eq!(error.to_string(), text),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    fn named(name: &str) -> NewTenant {
        NewTenant { name: name.to_owned(), ..NewTenant::default() }
    }

    #[test]
    fn defaults_and_faults() {
        check(named(" Acme "), Ok(("Acme", "Europe/London", Collections::Manual)));
        let simulated = NewTenant { clock: Some(jiff::civil::date(2020, 1, 31)), ..named("Acme") };
        check(simulated, Ok(("Acme", "Europe/London", Collections::Simulated)));
        check(named("  "), Err("the name must have 1 to 200 characters"));
        let nowhere = NewTenant { time_zone: Some("Mars/Olympus".to_owned()), ..named("Acme") };
        check(
            nowhere,
            Err("\"Mars/Olympus\" is not a time zone; give an IANA name such as Europe/London"),
        );
    }

    #[test]
    fn the_date_is_the_tenants_own() {
        let new = NewTenant { time_zone: Some("Pacific/Auckland".to_owned()), ..named("Kiwi") };
        let tenant = new.into_tenant(TenantId::new(), Timestamp::UNIX_EPOCH).unwrap();
        let evening: Timestamp = "2026-11-21T18:00:00Z".parse().unwrap();
        assert_eq!(tenant.date_at(evening), jiff::civil::date(2026, 11, 22));
    }
}
