//! The business day: each tenant has a business date, and a day is run exactly once.
//!
//! A day is run in *steps* (lending, savings, ...), a step in *chunks*, a chunk in one transaction that
//! also moves the tenant's row in `tenant_day`. A crash therefore loses at most the chunk in flight,
//! and the next run goes on where the last one stopped. Several runners on one database are
//! harmless: each takes the row's lock, sees where the day stands and does the next chunk.
//!
//! While a day is being run the tenant stays open. An item (a loan) that the run has passed lives in
//! the new day, one that it has not reached still lives in the old: [`DayState::date_for`] tells
//! which. A business transaction holds the row with a shared lock ([`lock_shared_in`]), so that
//! the run cannot pass an item in the middle of a posting to it.

mod repo;
mod runner;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use florin_ids::TenantId;
use florin_storage::{StorageError, Tx};

use crate::{Collections, TenancyError};

pub use runner::{BetweenDays, DayContext, DayRunner, DayStep, DaysRun, Step, StepError};

/// Where a tenant stands in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayState {
    /// The tenant.
    pub tenant: TenantId,
    /// The last business date that is wholly done: the tenant's date between two runs.
    pub business_date: Date,
    /// The day being run, when one is.
    pub running_on: Option<Date>,
    /// The step that the run is in ([`Step::ORDINAL`]).
    pub step: i64,
    /// The last item that the step has dealt with; `None` at the step's start.
    pub after: Option<Uuid>,
    /// Whether the clock is simulated (moved by hand) rather than the system's.
    pub simulated: bool,
    /// Where a simulated clock is to go; equals the business date when it is there.
    pub clock_target: Option<Date>,
    /// Who collects repayments for the tenant.
    pub collections: Collections,
}

impl DayState {
    /// The date that an item lives in: the new day if the run has passed it, else the old one.
    pub fn date_for(&self, ordinal: i64, item: Uuid) -> Date {
        let Some(running_on) = self.running_on else { return self.business_date };
        let passed = match self.step.cmp(&ordinal) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => self.after.is_some_and(|after| item <= after),
            std::cmp::Ordering::Less => false,
        };
        if passed { running_on } else { self.business_date }
    }

    /// The time to store on what happens `now`: the real time or, under a simulated clock, the
    /// business date at the real time of day (UTC).
    pub fn stamp(&self, now: Timestamp) -> Timestamp {
        if self.simulated {
            stamp_on(self.running_on.unwrap_or(self.business_date), now)
        } else {
            now
        }
    }
}

/// `date` at the time of day (UTC) of `now`.
pub fn stamp_on(date: Date, now: Timestamp) -> Timestamp {
    let time = now.to_zoned(TimeZone::UTC).time();
    date.to_datetime(time).to_zoned(TimeZone::UTC).map_or(now, |zoned| zoned.timestamp())
}

/// Opens a new tenant's calendar on `date`: that day counts as done.
pub fn open_in(tx: &mut Tx, tenant: TenantId, date: Date) -> Result<(), StorageError> {
    repo::insert(tx, tenant, date)
}

/// Where the tenant stands; no lock.
pub fn state_in(tx: &mut Tx, tenant: TenantId) -> Result<DayState, TenancyError> {
    repo::state(tx, tenant, repo::Lock::None)?.ok_or(TenancyError::UnknownTenant(tenant))
}

/// Where the tenant stands, and it stays there until the transaction ends.
pub fn lock_shared_in(tx: &mut Tx, tenant: TenantId) -> Result<DayState, TenancyError> {
    repo::state(tx, tenant, repo::Lock::Shared)?.ok_or(TenancyError::UnknownTenant(tenant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn state(running: bool, step: i64, after: Option<Uuid>) -> DayState {
        DayState {
            tenant: TenantId::from_uuid(Uuid::nil()),
            business_date: date(2023, 1, 1),
            running_on: running.then(|| date(2023, 1, 2)),
            step,
            after,
            simulated: true,
            clock_target: None,
            collections: Collections::Simulated,
        }
    }

    #[test]
    fn an_item_lives_in_the_new_day_once_the_run_has_passed_it() {
        let (low, mid, high) = (Uuid::from_u128(1), Uuid::from_u128(5), Uuid::from_u128(9));
        let (old, new) = (date(2023, 1, 1), date(2023, 1, 2));
        let check = |state: DayState, item, expected| {
            assert_eq!(state.date_for(10, item), expected, "{state:?} {item}")
        };
        check(state(false, 0, None), low, old);
        check(state(true, 5, Some(high)), low, old);
        check(state(true, 10, None), low, old);
        check(state(true, 10, Some(mid)), low, new);
        check(state(true, 10, Some(mid)), mid, new);
        check(state(true, 10, Some(mid)), high, old);
        check(state(true, 20, None), high, new);
    }

    #[test]
    fn a_simulated_stamp_keeps_the_time_of_day() {
        let now: Timestamp = "2026-11-21T10:20:30Z".parse().expect("a timestamp");
        assert_eq!(state(false, 0, None).stamp(now).to_string(), "2023-01-01T10:20:30Z");
        let real = DayState { simulated: false, ..state(false, 0, None) };
        assert_eq!(real.stamp(now), now);
    }
}
