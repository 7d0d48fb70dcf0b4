//! How much of a year bears interest.

use jiff::civil::Date;

use florin_calendar::Calendar;
use florin_money::DayCount;

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
    let whole = day_count.weight(from, to);
    if interest_on_holidays {
        return whole;
    }
    let holidays = calendar.holidays();
    let free = match (day_count, holidays.count_bank_holidays(from, to)) {
        (_, 0) => 0,
        (DayCount::Actual365 | DayCount::Actual360, nights) => nights,
        // Nights of a leap year, and around a 31st, weigh differently.
        _ => {
            let night = |day: Date| day.tomorrow().map_or(0, |next| day_count.weight(day, next));
            holidays.bank_holidays(from, to).map(night).sum()
        }
    };
    whole - free
}
