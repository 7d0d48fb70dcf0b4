//! How much of a year bears interest.

use jiff::civil::Date;

use florin_calendar::{Calendar, Holidays};
use florin_money::DayCount;

use super::dates::Day;

/// The weight of the nights from `from` to `to` (`from` <= `to`) that bear interest, in units of a year divided
/// by [`DayCount::denominator`].
///
/// Each night belongs to the day that it follows. Without `interest_on_holidays` the night of a bank holiday
/// weighs nothing; a weekend's always counts. Additive over days, so daily accrual and a schedule's periods
/// agree.
pub fn accrual_weight(
    day_count: DayCount,
    calendar: Calendar,
    interest_on_holidays: bool,
    from: Date,
    to: Date,
) -> i64 {
    Weights { day_count, holidays: calendar.holidays(), interest_on_holidays }
        .between(Day::of(from), Day::of(to))
}

/// What weighs the nights of a schedule.
pub(super) struct Weights {
    pub(super) day_count: DayCount,
    pub(super) holidays: &'static Holidays,
    pub(super) interest_on_holidays: bool,
}

impl Weights {
    /// See [`accrual_weight`].
    #[inline]
    pub(super) fn between(&self, from: Day, to: Day) -> i64 {
        let whole = match self.day_count {
            DayCount::Actual365 | DayCount::Actual360 => i64::from(to.number - from.number),
            other => other.weight(from.date, to.date),
        };
        if self.interest_on_holidays { whole } else { whole - self.free(from, to) }
    }

    /// The weight of the nights of bank holidays.
    fn free(&self, from: Day, to: Day) -> i64 {
        let nights = self.holidays.count_bank_holidays(from.number, to.number);
        let night = |day: Date| day.tomorrow().map_or(0, |next| self.day_count.weight(day, next));
        match self.day_count {
            _ if nights == 0 => 0,
            DayCount::Actual365 | DayCount::Actual360 => i64::from(nights),
            DayCount::ActualActual if from.date.year() == to.date.year() => {
                i64::from(nights) * night(from.date)
            }
            // Nights of a leap year, and around a 31st, weigh differently.
            _ => self.holidays.bank_holidays(from.date, to.date).map(night).sum(),
        }
    }
}
