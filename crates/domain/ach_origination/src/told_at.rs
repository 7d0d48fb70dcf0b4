//! The times that payments are told with. What happens to an entry happens on days; within a day, files leave before
//! money settles, money settles before it comes back, and it is final last.

use jiff::Timestamp;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;

/// Entries leave with the file of this banking day.
pub(crate) fn submitted(day: Date) -> Timestamp {
    at(day, 6)
}

/// Entries settle on this day.
pub(crate) fn settled(day: Date) -> Timestamp {
    at(day, 13)
}

/// Entries come back on this day.
pub(crate) fn returned(day: Date) -> Timestamp {
    at(day, 14)
}

/// The time for returns ends with this day.
pub(crate) fn cleared(day: Date) -> Timestamp {
    at(day, 20)
}

fn at(day: Date, hour: i8) -> Timestamp {
    let zoned = day.to_datetime(time(hour, 0, 0, 0)).to_zoned(TimeZone::UTC);
    zoned.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}
