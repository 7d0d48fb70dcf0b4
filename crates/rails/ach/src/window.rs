//! Processing windows, effective dates and settlement, in the Federal Reserve's time.
//!
//! Source: FedACH processing schedule (frbservices.org): same-day files are due at 10:30, 14:45 and 16:45
//! Eastern and settle at 13:00, 17:00 and 18:00; what comes until 02:15 of the next calendar day settles on the
//! next banking day at 08:30. NACHA Operating Rules, Article Eight, "Banking Day", "Effective Entry Date",
//! "Same Day Entry".

use std::fmt;

use florin_calendar::Calendar;
use jiff::civil::{Date, DateTime, Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::Direction;

/// The days on which the Federal Reserve settles.
pub const CALENDAR: Calendar = Calendar::UsFed;

/// The most that a same-day entry may move: 1,000,000 dollars (Article Eight, "Same Day Entry").
pub const SAME_DAY_LIMIT_CENTS: u64 = 100_000_000;

/// Eastern time of a moment, by the rule in force since 2007: daylight saving from the second Sunday of March
/// to the first of November.
pub fn eastern(moment: Timestamp) -> DateTime {
    let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC);
    moment.to_zoned(zone).datetime()
}

/// A processing window of a banking day, in the order in which they close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// Due at 10:30, settles at 13:00.
    Morning,
    /// Due at 14:45, settles at 17:00.
    Afternoon,
    /// Due at 16:45, settles at 18:00.
    Evening,
    /// Due at 02:15 of the next calendar day, settles at 08:30 of the next banking day.
    NextDay,
}

impl Window {
    /// Every window of a day.
    pub const ALL: [Self; 4] = [Self::Morning, Self::Afternoon, Self::Evening, Self::NextDay];

    /// Whether what it takes settles on the same day.
    pub const fn is_same_day(self) -> bool {
        !matches!(self, Self::NextDay)
    }

    /// When what it takes settles, on its settlement date.
    pub const fn settles_at(self) -> Time {
        match self {
            Self::Morning => time(13, 0, 0, 0),
            Self::Afternoon => time(17, 0, 0, 0),
            Self::Evening => time(18, 0, 0, 0),
            Self::NextDay => time(8, 30, 0, 0),
        }
    }

    /// What the company descriptive date says to ask for the window (Appendix Three, "Company Descriptive
    /// Date"); nothing for the next day.
    pub const fn descriptive_date(self) -> &'static str {
        match self {
            Self::Morning => "SD1300",
            Self::Afternoon => "SD1700",
            Self::Evening => "SD1800",
            Self::NextDay => "",
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Morning => "same day 10:30",
            Self::Afternoon => "same day 14:45",
            Self::Evening => "same day 16:45",
            Self::NextDay => "next day",
        })
    }
}

/// Until when files are taken, in minutes after the midnight that begins the banking day, Eastern. The
/// originating bank's cut-offs lie before the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOffs {
    /// Morning, afternoon, evening, next day; ascending. The last may lie behind the next midnight.
    pub minutes: [u16; 4],
}

impl CutOffs {
    /// The operator's: 10:30, 14:45, 16:45 and 02:15 of the next calendar day.
    pub const OPERATOR: Self =
        Self { minutes: [10 * 60 + 30, 14 * 60 + 45, 16 * 60 + 45, 26 * 60 + 15] };

    /// Cut-offs that lie this many minutes before the operator's.
    pub const fn ahead_of_operator(minutes: u16) -> Self {
        let [morning, afternoon, evening, next] = Self::OPERATOR.minutes;
        Self {
            minutes: [
                morning.saturating_sub(minutes),
                afternoon.saturating_sub(minutes),
                evening.saturating_sub(minutes),
                next.saturating_sub(minutes),
            ],
        }
    }

    /// How long a window stays open.
    pub const fn of(&self, window: Window) -> u16 {
        self.minutes[window as usize]
    }
}

/// A window of a banking day: what a file is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The banking day on which the operator processes the file.
    pub day: Date,
    /// The window of that day.
    pub window: Window,
}

impl Slot {
    /// The first slot that a file handed over at this Eastern time still reaches; the minute of a cut-off is in
    /// time.
    pub fn reached_at(now: DateTime, cut_offs: &CutOffs) -> Self {
        let minute =
            u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let (today, yesterday) = (now.date(), before(now.date()));
        let late = minute + 24 * 60;
        if CALENDAR.is_business_day(yesterday) && late <= cut_offs.of(Window::NextDay) {
            return Self { day: yesterday, window: Window::NextDay };
        }
        let open = |window: &Window| minute <= cut_offs.of(*window);
        if let (true, Some(window)) =
            (CALENDAR.is_business_day(today), Window::ALL.into_iter().find(open))
        {
            return Self { day: today, window };
        }
        Self { day: CALENDAR.after(today), window: Window::Morning }
    }

    /// The next slot.
    pub fn next(self) -> Self {
        let later = Window::ALL.into_iter().find(|window| *window > self.window);
        match later {
            Some(window) => Self { day: self.day, window },
            None => Self { day: CALENDAR.after(self.day), window: Window::Morning },
        }
    }

    /// The last minute in which a file reaches the slot, Eastern.
    pub fn closes_at(self, cut_offs: &CutOffs) -> DateTime {
        let midnight = self.day.to_datetime(Time::midnight());
        midnight.saturating_add(i64::from(cut_offs.of(self.window)).minutes())
    }

    /// When the operator settles entries of a file in this slot that ask for a date. `same_day` says whether the
    /// entry is eligible, see [`is_same_day_eligible`].
    ///
    /// A date that is no banking day moves to the next one. A date that is reached or past settles today where
    /// window and entry allow it, otherwise on the next banking day.
    pub fn settles(self, effective_on: Option<Date>, same_day: bool) -> DateTime {
        let wanted = effective_on.map_or(self.day, |date| CALENDAR.on_or_after(date));
        let today = wanted <= self.day && same_day && self.window.is_same_day();
        if today {
            return self.day.to_datetime(self.window.settles_at());
        }
        let date = wanted.max(CALENDAR.after(self.day));
        date.to_datetime(Window::NextDay.settles_at())
    }

    /// The earliest effective date that the operator can keep.
    pub fn earliest_effective(self, same_day: bool) -> Date {
        if same_day && self.window.is_same_day() { self.day } else { CALENDAR.after(self.day) }
    }
}

/// Whether an entry may settle on the day on which it is sent. (International entries may not, and are none that
/// Florin sends.) Notifications and prenotes move nothing and may.
pub const fn is_same_day_eligible(amount_cents: u64) -> bool {
    amount_cents <= SAME_DAY_LIMIT_CENTS
}

/// The first banking day on which an entry may be handed over for its effective date: two banking days before
/// for credits, one for debits (Article Eight, "Effective Entry Date").
pub fn earliest_handover(effective_on: Date, direction: Direction) -> Date {
    let settles_on = CALENDAR.on_or_after(effective_on);
    CALENDAR.add_business_days(
        settles_on,
        match direction {
            Direction::Credit => -2,
            Direction::Debit => -1,
        },
    )
}

/// The last banking day whose next-day window still settles on the effective date.
pub fn last_next_day_handover(effective_on: Date) -> Date {
    CALENDAR.add_business_days(CALENDAR.on_or_after(effective_on), -1)
}

/// The day of the year that an operator writes into the settlement date of a batch.
pub fn day_of_year(date: Date) -> u16 {
    date.day_of_year().unsigned_abs()
}

/// The date of a day of the year, in the year that puts it nearest to `near`. `None` when the day is not 1-366,
/// or 366 and no year about has it.
pub fn date_of_day(day_of_year: u16, near: Date) -> Option<Date> {
    let year = near.year();
    let candidates = (year.saturating_sub(1)..=year.saturating_add(1)).filter_map(|year| {
        let ahead = i64::from(day_of_year.checked_sub(1)?);
        let date = Date::new(year, 1, 1).ok()?.checked_add(ahead.days()).ok()?;
        (date.year() == year).then_some(date)
    });
    candidates.min_by_key(|date| near.duration_until(*date).as_secs().abs())
}

fn before(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    const fn slot(year: i16, month: i8, day: i8, window: Window) -> Slot {
        Slot { day: date(year, month, day), window }
    }

    #[test]
    fn files_reach_the_next_window_that_is_open() {
        let check = |month, day, hour, minute, expected: Slot| {
            let now = datetime(2026, month, day, hour, minute, 59, 0);
            assert_eq!(Slot::reached_at(now, &CutOffs::OPERATOR), expected, "{now}");
        };
        // An ordinary Tuesday.
        check(11, 24, 3, 0, slot(2026, 11, 24, Window::Morning));
        check(11, 24, 10, 30, slot(2026, 11, 24, Window::Morning));
        check(11, 24, 10, 31, slot(2026, 11, 24, Window::Afternoon));
        check(11, 24, 14, 46, slot(2026, 11, 24, Window::Evening));
        check(11, 24, 16, 46, slot(2026, 11, 24, Window::NextDay));
        check(11, 25, 2, 15, slot(2026, 11, 24, Window::NextDay));
        check(11, 25, 2, 16, slot(2026, 11, 25, Window::Morning));
        // Thanksgiving, Thursday the 26th: the night after Wednesday is still Wednesday's.
        check(11, 26, 1, 0, slot(2026, 11, 25, Window::NextDay));
        check(11, 26, 12, 0, slot(2026, 11, 27, Window::Morning));
        // The weekend.
        check(11, 28, 1, 0, slot(2026, 11, 27, Window::NextDay));
        check(11, 28, 9, 0, slot(2026, 11, 30, Window::Morning));
        check(11, 30, 1, 0, slot(2026, 11, 30, Window::Morning));
        // Independence Day of 2026 is a Saturday: the Friday before is a banking day.
        check(7, 3, 9, 0, slot(2026, 7, 3, Window::Morning));
    }

    #[test]
    fn slots_follow_each_other_and_close() {
        let mut at = slot(2026, 11, 25, Window::Evening);
        let mut seen = Vec::new();
        for _ in 0..3 {
            at = at.next();
            seen.push(at);
        }
        let expected = [
            slot(2026, 11, 25, Window::NextDay),
            slot(2026, 11, 27, Window::Morning),
            slot(2026, 11, 27, Window::Afternoon),
        ];
        assert_eq!(seen, expected);
        let closes = expected[0].closes_at(&CutOffs::OPERATOR);
        assert_eq!(closes, datetime(2026, 11, 26, 2, 15, 0, 0));
        let bank = CutOffs::ahead_of_operator(90);
        assert_eq!(expected[1].closes_at(&bank), datetime(2026, 11, 27, 9, 0, 0, 0));
        for cut_offs in [bank, CutOffs::OPERATOR] {
            let mut at = slot(2026, 12, 23, Window::Morning);
            for _ in 0..20 {
                assert_eq!(Slot::reached_at(at.closes_at(&cut_offs), &cut_offs), at);
                at = at.next();
            }
        }
    }

    #[test]
    fn settlement_follows_date_window_and_holidays() {
        let check = |at: Slot, effective: Option<Date>, same_day, expected: DateTime| {
            assert_eq!(at.settles(effective, same_day), expected, "{at:?} {effective:?}");
        };
        let tuesday = slot(2026, 11, 24, Window::Morning);
        let today = Some(date(2026, 11, 24));
        check(tuesday, today, true, datetime(2026, 11, 24, 13, 0, 0, 0));
        check(
            slot(2026, 11, 24, Window::Evening),
            today,
            true,
            datetime(2026, 11, 24, 18, 0, 0, 0),
        );
        check(tuesday, today, false, datetime(2026, 11, 25, 8, 30, 0, 0));
        check(
            slot(2026, 11, 24, Window::NextDay),
            today,
            true,
            datetime(2026, 11, 25, 8, 30, 0, 0),
        );
        // A stale date, and none at all.
        check(tuesday, Some(date(2026, 11, 20)), true, datetime(2026, 11, 24, 13, 0, 0, 0));
        check(tuesday, Some(date(2026, 11, 20)), false, datetime(2026, 11, 25, 8, 30, 0, 0));
        check(tuesday, None, false, datetime(2026, 11, 25, 8, 30, 0, 0));
        // A date ahead is kept; on a holiday or weekend it moves to the next banking day.
        check(tuesday, Some(date(2026, 11, 25)), true, datetime(2026, 11, 25, 8, 30, 0, 0));
        check(tuesday, Some(date(2026, 11, 26)), true, datetime(2026, 11, 27, 8, 30, 0, 0));
        check(tuesday, Some(date(2026, 11, 28)), true, datetime(2026, 11, 30, 8, 30, 0, 0));
        // The day before a holiday that lies on a Monday (Columbus Day).
        let friday = slot(2026, 10, 9, Window::NextDay);
        check(friday, Some(date(2026, 10, 10)), false, datetime(2026, 10, 13, 8, 30, 0, 0));
        assert_eq!(friday.earliest_effective(true), date(2026, 10, 13));
        assert_eq!(tuesday.earliest_effective(true), date(2026, 11, 24));
        assert_eq!(tuesday.earliest_effective(false), date(2026, 11, 25));
    }

    #[test]
    fn entries_are_handed_over_in_time_and_not_too_early() {
        let check = |effective: Date, credit: Date, debit: Date| {
            assert_eq!(earliest_handover(effective, Direction::Credit), credit);
            assert_eq!(earliest_handover(effective, Direction::Debit), debit);
            assert_eq!(last_next_day_handover(effective), debit);
        };
        check(date(2026, 11, 25), date(2026, 11, 23), date(2026, 11, 24));
        check(date(2026, 11, 27), date(2026, 11, 24), date(2026, 11, 25));
        check(date(2026, 11, 29), date(2026, 11, 25), date(2026, 11, 27));
        check(date(2027, 1, 4), date(2026, 12, 30), date(2026, 12, 31));
        assert!(is_same_day_eligible(SAME_DAY_LIMIT_CENTS));
        assert!(!is_same_day_eligible(SAME_DAY_LIMIT_CENTS + 1));
    }

    #[test]
    fn eastern_time_keeps_daylight_saving() {
        let check = |utc: &str, local: DateTime| {
            assert_eq!(eastern(utc.parse().unwrap()), local, "{utc}");
        };
        check("2026-01-15T15:30:00Z", datetime(2026, 1, 15, 10, 30, 0, 0));
        check("2026-03-08T06:59:00Z", datetime(2026, 3, 8, 1, 59, 0, 0));
        check("2026-03-08T07:00:00Z", datetime(2026, 3, 8, 3, 0, 0, 0));
        check("2026-07-15T14:30:00Z", datetime(2026, 7, 15, 10, 30, 0, 0));
        check("2026-11-01T06:00:00Z", datetime(2026, 11, 1, 1, 0, 0, 0));
    }

    #[test]
    fn days_of_the_year_find_their_date() {
        let check = |day: u16, near: Date, expected: Option<Date>| {
            assert_eq!(date_of_day(day, near), expected, "{day} near {near}");
        };
        check(328, date(2026, 11, 23), Some(date(2026, 11, 24)));
        check(364, date(2027, 1, 4), Some(date(2026, 12, 30)));
        check(4, date(2026, 12, 30), Some(date(2027, 1, 4)));
        check(366, date(2028, 12, 30), Some(date(2028, 12, 31)));
        check(366, date(2026, 12, 30), None);
        check(0, date(2026, 12, 30), None);
        check(367, date(2028, 12, 30), None);
        assert_eq!(day_of_year(date(2026, 11, 24)), 328);
    }
}
