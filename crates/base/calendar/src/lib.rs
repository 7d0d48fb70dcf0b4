//! Business days and the clock.
//!
//! This crate is the only one that reads the system clock; everything else takes a [`Clock`] or a date.

mod calendar;
mod clock;
mod day;
mod holidays;
mod overrides;

pub use calendar::{Calendar, CalendarError};
pub use clock::{Clock, FixedClock, SystemClock, monotonic, system_now};
pub use day::{date_of_epoch_day, epoch_day};
pub use holidays::Holidays;
pub use overrides::{HolidayOverrides, OverrideError};
