//! Times as the document writes them: in three ways.

use jiff::Timestamp;
use jiff::tz::TimeZone;

fn written(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// `2016-10-13T18:07:57.000Z`: of members, jobs, consents.
pub(crate) fn milliseconds(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// `2023-07-27T20:13:44+00:00`: of OAuth states, and of when deposits are expected.
pub(crate) fn seconds(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%S+00:00")
}

/// `1681151550`: of microdeposits.
pub(crate) fn epoch(at: Timestamp) -> String {
    at.as_second().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_of_one_time() {
        let at: Timestamp = "2023-04-10T18:25:50.123456Z".parse().expect("a time");
        assert_eq!(milliseconds(at), "2023-04-10T18:25:50.123Z");
        assert_eq!(seconds(at), "2023-04-10T18:25:50+00:00");
        assert_eq!(epoch(at), "1681151150");
    }
}
