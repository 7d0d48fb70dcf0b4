//! When instalments fall due.

use jiff::civil::Date;

use florin_calendar::{Holidays, date_of_epoch_day, epoch_day};

use super::{HolidayRule, MAX_INSTALMENTS, RepaymentDay, ScheduleError, Terms};

/// The due dates of a loan, strictly ascending and after the disbursement. The rule stands at the head of the
/// module.
///
/// # Errors
/// [`ScheduleError::InstalmentCount`], [`ScheduleError::NoSuchDay`], [`ScheduleError::FirstRepaymentTooEarly`],
/// [`ScheduleError::DateOutOfRange`].
pub fn due_dates(terms: &Terms) -> Result<Vec<Date>, ScheduleError> {
    Ok(due_days(terms)?.into_iter().map(|day| day.date).collect())
}

/// A date with its number, so that neither is worked out from the other more than once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    pub(super) date: Date,
    /// See [`epoch_day`].
    pub(super) number: i32,
}

impl Day {
    #[inline]
    pub(super) fn of(date: Date) -> Self {
        Self { date, number: epoch_day(date) }
    }

    fn numbered(number: i32) -> Result<Self, ScheduleError> {
        let date = date_of_epoch_day(number).ok_or(ScheduleError::DateOutOfRange)?;
        Ok(Self { date, number })
    }
}

/// [`due_dates`], with their numbers.
pub(super) fn due_days(terms: &Terms) -> Result<Vec<Day>, ScheduleError> {
    if !(1..=MAX_INSTALMENTS).contains(&terms.instalments) {
        return Err(ScheduleError::InstalmentCount);
    }
    let (wanted, step) = repayment_day(terms.day_rule, terms.holiday_rule)?;
    let holidays = terms.calendar.holidays();
    let mut due_on = Vec::with_capacity(terms.instalments as usize);
    let mut previous = Day::of(terms.disbursed_on);
    let mut month = Month::of(previous);
    if let Some(first) = terms.first_repayment_on {
        if first <= terms.disbursed_on {
            return Err(ScheduleError::FirstRepaymentTooEarly);
        }
        month = Month::of(Day::of(first));
        let due = month.due(first.day(), holiday_step(terms.holiday_rule), holidays)?;
        previous = after(previous, due, holidays)?;
        due_on.push(previous);
    }
    while due_on.len() < terms.instalments as usize {
        month = month.next();
        previous = after(previous, month.due(wanted, step, holidays)?, holidays)?;
        due_on.push(previous);
    }
    Ok(due_on)
}

/// `due`, or the first business day after `previous` when the holiday rule moved it there or further back.
#[inline]
fn after(previous: Day, due: Day, holidays: &Holidays) -> Result<Day, ScheduleError> {
    if due.number > previous.number {
        return Ok(due);
    }
    Day::numbered(holidays.open_from(previous.number + 1, 1))
}

/// The day of the month that is wanted, and the way to a business day from it.
fn repayment_day(rule: RepaymentDay, holidays: HolidayRule) -> Result<(i8, i32), ScheduleError> {
    match rule {
        RepaymentDay::FirstBusinessDay => Ok((1, 1)),
        RepaymentDay::LastBusinessDay => Ok((31, -1)),
        RepaymentDay::DayOfMonth(day @ 1..=31) => Ok((day as i8, holiday_step(holidays))),
        RepaymentDay::DayOfMonth(_) => Err(ScheduleError::NoSuchDay),
    }
}

/// The way to a business day: back, on, or none.
fn holiday_step(rule: HolidayRule) -> i32 {
    match rule {
        HolidayRule::OnDay => 0,
        HolidayRule::BusinessDayBefore => -1,
        HolidayRule::BusinessDayAfter => 1,
    }
}

/// A calendar month.
#[derive(Clone, Copy)]
struct Month {
    year: i16,
    /// 1 to 12.
    month: i8,
    length: i8,
    /// The number of its first day.
    first: i32,
}

impl Month {
    fn of(day: Day) -> Self {
        let date = day.date;
        let first = day.number - i32::from(date.day()) + 1;
        Self { year: date.year(), month: date.month(), length: date.days_in_month(), first }
    }

    #[inline]
    fn next(self) -> Self {
        // A month beyond the last year is refused when a date in it is asked for.
        let december = self.month == 12;
        let year = if december { self.year.saturating_add(1) } else { self.year };
        let month = if december { 1 } else { self.month + 1 };
        Self {
            year,
            month,
            length: month_length(year, month),
            first: self.first + i32::from(self.length),
        }
    }

    /// Day `wanted` of this month, or its last day where it lacks that day; then the nearest business day in
    /// the direction of `step`, or the day itself for 0.
    #[inline]
    fn due(self, wanted: i8, step: i32, holidays: &Holidays) -> Result<Day, ScheduleError> {
        let mut number = self.first + i32::from(wanted.min(self.length)) - 1;
        if step != 0 {
            number = holidays.open_from(number, step);
        }
        match i8::try_from(number - self.first) {
            Ok(offset @ 0..) if offset < self.length => {
                let date = Date::new(self.year, self.month, offset + 1);
                Ok(Day { date: date.map_err(|_| ScheduleError::DateOutOfRange)?, number })
            }
            _ => Day::numbered(number),
        }
    }
}

#[inline]
fn month_length(year: i16, month: i8) -> i8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
