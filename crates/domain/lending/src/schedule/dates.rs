//! When instalments fall due.

use jiff::civil::Date;

use florin_calendar::Holidays;

use super::{HolidayRule, MAX_INSTALMENTS, RepaymentDay, ScheduleError, Terms};

/// The due dates of a loan, strictly ascending and after the disbursement. The rule stands at the head of the
/// module.
///
/// # Errors
/// [`ScheduleError::InstalmentCount`], [`ScheduleError::NoSuchDay`], [`ScheduleError::FirstRepaymentTooEarly`],
/// [`ScheduleError::DateOutOfRange`].
pub fn due_dates(terms: &Terms) -> Result<Vec<Date>, ScheduleError> {
    if !(1..=MAX_INSTALMENTS).contains(&terms.instalments) {
        return Err(ScheduleError::InstalmentCount);
    }
    if matches!(terms.day_rule, RepaymentDay::DayOfMonth(day) if !(1..=31).contains(&day)) {
        return Err(ScheduleError::NoSuchDay);
    }
    if terms.first_repayment_on.is_some_and(|first| first <= terms.disbursed_on) {
        return Err(ScheduleError::FirstRepaymentTooEarly);
    }
    let holidays = terms.calendar.holidays();
    let mut due_on = Vec::with_capacity(terms.instalments as usize);
    let mut previous = terms.disbursed_on;
    let mut month = Month::of(terms.disbursed_on);
    for number in 1..=terms.instalments {
        month = month.next();
        let wanted = match terms.first_repayment_on {
            Some(first) if number == 1 => {
                month = Month::of(first);
                moved(first, terms.holiday_rule, holidays)
            }
            _ => month.due(terms, holidays)?,
        };
        let date = if wanted > previous { wanted } else { holidays.after(previous) };
        if date <= previous {
            return Err(ScheduleError::DateOutOfRange);
        }
        due_on.push(date);
        previous = date;
    }
    Ok(due_on)
}

/// Applies the holiday rule.
fn moved(date: Date, rule: HolidayRule, holidays: &Holidays) -> Date {
    match rule {
        HolidayRule::OnDay => date,
        HolidayRule::BusinessDayBefore => holidays.on_or_before(date),
        HolidayRule::BusinessDayAfter => holidays.on_or_after(date),
    }
}

/// A calendar month.
#[derive(Clone, Copy)]
struct Month {
    year: i16,
    /// 1 to 12.
    month: i8,
}

impl Month {
    fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    fn next(self) -> Self {
        if self.month == 12 {
            // Years end at 9999 and a schedule at 1,200 months, so the sum fits; the date is checked when made.
            Self { year: self.year.saturating_add(1), month: 1 }
        } else {
            Self { month: self.month + 1, ..self }
        }
    }

    /// When the terms' repayment falls due in this month.
    fn due(self, terms: &Terms, holidays: &Holidays) -> Result<Date, ScheduleError> {
        Ok(match terms.day_rule {
            RepaymentDay::FirstBusinessDay => holidays.on_or_after(self.day(1)?),
            RepaymentDay::LastBusinessDay => holidays.on_or_before(self.day(1)?.last_of_month()),
            RepaymentDay::DayOfMonth(day) => moved(self.day(day)?, terms.holiday_rule, holidays),
        })
    }

    /// The date of a day of this month, or of its last day where it lacks that day.
    fn day(self, day: u8) -> Result<Date, ScheduleError> {
        const IN_EVERY_MONTH: i8 = 28;
        let day = i8::try_from(day).unwrap_or(i8::MAX);
        let date = Date::new(self.year, self.month, day.min(IN_EVERY_MONTH));
        let date = date.map_err(|_| ScheduleError::DateOutOfRange)?;
        if day <= IN_EVERY_MONTH {
            return Ok(date);
        }
        let day = day.min(date.days_in_month());
        Date::new(self.year, self.month, day).map_err(|_| ScheduleError::DateOutOfRange)
    }
}
